/*
 * junit-output: what happened in each case of a run, as lines: its steps, what
 * its commands wrote, what the machines said meanwhile.
 */
#ifndef DRIVER_REPORT_JUNIT_JUNIT_OUTPUT_H
#define DRIVER_REPORT_JUNIT_JUNIT_OUTPUT_H

#include <stddef.h>

struct junit_case;
struct story;

/**
 * junit_output_fill() - set .out and .err of each of @cases, whose verdicts are
 * known
 * @case_of_step: of each of @story's steps the case it is in; of a subtest its
 *                own
 * @last:         of each case, set: the end of what its commands wrote, "" for
 *                nothing; owned by the caller
 */
void junit_output_fill(const struct story *story, const size_t *case_of_step,
		       struct junit_case *cases, size_t n_cases, char **last);

/** junit_step_title() - "client: succeed: ping -c1 server"; returned owned */
char *junit_step_title(const struct story *story, size_t step);

#endif /* DRIVER_REPORT_JUNIT_JUNIT_OUTPUT_H */
