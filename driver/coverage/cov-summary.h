/*
 * cov-summary: what all machines of all tests have run together, and what only one
 * of them has, as text and for programs.
 */
#ifndef DRIVER_COVERAGE_COV_SUMMARY_H
#define DRIVER_COVERAGE_COV_SUMMARY_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "driver/coverage/data.h"

/* What one machine name, or one test, has run. */
struct cov_summary_part {
	char *name;
	struct cov_data *data; /* owned */
};

struct cov_summary {
	struct cov_data *all; /* owned */
	struct cov_summary_part *machines, *tests;
	size_t n_machines, n_tests;
	double fail_under; /* percent; 0: none */
};

/** cov_summary_add() - what @machine has counted in @test; @data: borrowed */
void cov_summary_add(struct cov_summary *summary, const char *test,
		     const char *machine, const struct cov_data *data,
		     cov_differs_fn *differs, void *arg);
/** cov_summary_fini() - it was zeroed at first */
void cov_summary_fini(struct cov_summary *summary);

void cov_summary_print(const struct cov_summary *summary, FILE *out);
/** cov_summary_json() - returned owned */
json_t *cov_summary_json(const struct cov_summary *summary);

#endif /* DRIVER_COVERAGE_COV_SUMMARY_H */
