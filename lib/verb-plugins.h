/* verb-plugins: the commands that are methods of the plugins that come with
 * the switch; the second part of the table of verb. */
#ifndef LIB_VERB_PLUGINS_H
#define LIB_VERB_PLUGINS_H

#include <stddef.h>

struct verb;

/** verb_plugin_row() - NULL behind the last */
const struct verb *verb_plugin_row(size_t i);

#endif /* LIB_VERB_PLUGINS_H */
