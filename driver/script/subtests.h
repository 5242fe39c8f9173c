/* subtests: which subtests a test file has, as far as can be read off it. */
#ifndef DRIVER_SCRIPT_SUBTESTS_H
#define DRIVER_SCRIPT_SUBTESTS_H

#include <jansson.h>

struct ast;

/** subtests_find() - the names in calls of subtest("NAME", ...), in order, each
 * once, become members of @names, a list.  Those that are worked out do not. */
void subtests_find(const struct ast *ast, json_t *names);

#endif /* DRIVER_SCRIPT_SUBTESTS_H */
