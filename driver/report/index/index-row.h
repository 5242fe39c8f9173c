/* index-row: a test as a line of the table of tests. */
#ifndef DRIVER_REPORT_INDEX_INDEX_ROW_H
#define DRIVER_REPORT_INDEX_INDEX_ROW_H

#include <stdint.h>
#include <stdio.h>

#include "driver/batch/record.h"

struct index_row {
	const struct test_record *test;
	enum run_result result;
	uint64_t duration_ms; /* of the last try; of repetitions their median */
	unsigned rank;	      /* what is worse comes first, from 0 */
};

void index_row_init(struct index_row *row, const struct batch_record *record,
		    const struct test_record *test);
/** index_row_compare() - for qsort() */
int index_row_compare(const void *a, const void *b);
/** index_row_put() - @longest_ms: what the longest bar stands for */
void index_row_put(const struct index_row *row,
		   const struct batch_record *record, uint64_t longest_ms,
		   FILE *file);

/** index_result_class() - "good", "bad", "warn" or "none" */
const char *index_result_class(enum run_result result);

#endif /* DRIVER_REPORT_INDEX_INDEX_ROW_H */
