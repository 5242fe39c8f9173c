/* junit-maker: what the parts of junit-run share while a run is made. */
#ifndef DRIVER_REPORT_JUNIT_JUNIT_MAKER_H
#define DRIVER_REPORT_JUNIT_JUNIT_MAKER_H

#include <stdbool.h>
#include <stddef.h>

struct junit_run;
struct story;

enum { JUNIT_NONE = -1 };

/* What is known of a case while it is made. */
struct junit_making {
	int step;	 /* the subtest's; JUNIT_NONE: "main" */
	size_t parent;	 /* the case around it */
	char *title;	 /* its name, which others may have, too; owned */
	int failed_step; /* the innermost step that it failed by; or none */
	bool failed_with_inner; /* with the error of a subtest of it */
};

struct junit_maker {
	const struct story *story;
	const char *word;  /* the run's result; static */
	const char *error; /* of the run; NULL: none */
	struct junit_run *run;
	struct junit_making *makings; /* of each case */
	size_t *case_of_step;	      /* of a subtest its own */
};

/** junit_make_cases() - the cases of all subtests, with their times and verdicts;
 * .run has "main", its verdict and its duration */
void junit_make_cases(struct junit_maker *maker);
/** junit_explain() - set .message and .detail of case @i, which failed; @last:
 * the last output in it */
void junit_explain(struct junit_maker *maker, size_t i, const char *last);
void junit_maker_fini(struct junit_maker *maker);

#endif /* DRIVER_REPORT_JUNIT_JUNIT_MAKER_H */
