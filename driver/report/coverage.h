/*
 * coverage: one report of what the machines of many runs have counted
 * (doc/coverage.md).
 */
#ifndef DRIVER_REPORT_COVERAGE_H
#define DRIVER_REPORT_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct coverage_outcome {
	bool any;	/* some run had a coverage; else nothing was written */
	bool is_html;	/* index.html and cobertura.xml are there */
	double percent; /* of all lines */
	size_t lines;
	double fail_under; /* the highest that a test asks for; 0: none */
};

/**
 * coverage_trace() - make of what a run has collected what other hosts can read,
 * beside it
 * @dir: the results of one run; one that has collected nothing is left alone
 *
 * Takes long; gcov is needed, and the build tree, as it was.
 * Return: 0; -errno with @err set.
 */
int coverage_trace(const char *dir, struct err *err);

/**
 * coverage_merge() - one report of many runs
 * @dirs: results of runs, or directories that hold some, up to two levels down;
 *        nothing in them is changed
 * @out:  a directory, which must not exist, or be such a report: it is replaced
 *
 * Writes summary.txt, summary.json and trace.json (of gcovr's format), and if
 * gcovr is there index.html and cobertura.xml.  What cannot be read is left
 * out, with a warning.  Takes long.
 * Return: 0 with @outcome; -errno with @err set.
 */
int coverage_merge(const char *const *dirs, size_t n, const char *out,
		   struct coverage_outcome *outcome, struct err *err);

/**
 * coverage_is_enough() - is what was counted as much as tests ask for?
 * Tells on stderr what came of it, and where the report is.
 */
bool coverage_is_enough(const struct coverage_outcome *outcome,
			const char *out);

#endif /* DRIVER_REPORT_COVERAGE_H */
