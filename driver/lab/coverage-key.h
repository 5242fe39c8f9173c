/* coverage-key: the key `coverage` of a test file. */
#ifndef DRIVER_LAB_COVERAGE_KEY_H
#define DRIVER_LAB_COVERAGE_KEY_H

#include <jansson.h>

struct plan;
struct plan_coverage;
struct reader;

/** coverage_read() - its value into @plan->coverage */
void coverage_read(struct reader *r, const json_t *value, struct plan *plan);
/** coverage_complete() - when all nodes are known: which of them take part
 * @value: what coverage_read() was given; NULL: there is no such key */
void coverage_complete(struct reader *r, const json_t *value,
		       struct plan *plan);
/** coverage_free() - NULL is a no-op */
void coverage_free(struct plan_coverage *coverage);

#endif /* DRIVER_LAB_COVERAGE_KEY_H */
