/* report: the table for people, and the objects for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <jansson.h>

#include <stdbool.h>

#include "bench/compare.h"

struct bench;

/** report_machine() - the lines above the table */
void report_machine(const struct bench *bench, const json_t *machine);
void report_heading(void);
/** report_case() - a line for each check */
void report_case(const struct outcome *outcome);
/** report_sum() - the line below the table
 *
 * Return: is every target reached?
 */
bool report_sum(const struct outcome *outcomes, size_t n);

/** report_json() - Return: everything, raw results included; the caller's */
json_t *report_json(const struct bench *bench, json_t *machine,
		    const struct outcome *outcomes, size_t n);

#endif /* BENCH_REPORT_H */
