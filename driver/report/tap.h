/*
 * tap: results in the words of the Test Anything Protocol, version 14
 * (https://testanything.org/tap-version-14-specification.html).
 *
 * A writer, nothing more.  Descriptions are one line, in which what would begin
 * a directive is escaped; diagnostics are YAML, two columns in, all texts in
 * double quotes; subtests are four columns in, before their test point.
 */
#ifndef DRIVER_REPORT_TAP_H
#define DRIVER_REPORT_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TAP_DESCRIPTION_MAX = 400, TAP_MESSAGE_MAX = 16 * 1024 };

/* A test point; texts are borrowed, and may hold anything. */
struct tap_point {
	bool ok;
	const char *description;
	const char *skip;     /* why it was not run; NULL: it was */
	const char *message;  /* what it died of; NULL: nothing */
	const char *severity; /* "fail", "error"; NULL: none */
	const char *file;     /* the place; NULL: not known */
	long long line;
	double duration_ms; /* negative: not known */
	/* Of several runs; 0: there was one. */
	size_t n_runs, n_passed;
};

/** tap_version() - 14; 13 for a reader that would refuse 14, though nothing
 * else is new to it: TAP::Parser of Perl says so in TAP_VERSION
 * @understood: that variable's value, or NULL */
int tap_version(const char *understood);
/** tap_begin() - the version and the plan; with 0 tests @why they are skipped
 */
void tap_begin(FILE *out, int version, size_t n_tests, const char *why);
/** tap_subtests() - what follows, until as many points as that, lies in the
 * test @description; @depth: how deep that one lies, from 0 */
void tap_subtests(FILE *out, int depth, const char *description, size_t n);
/** tap_point() - test @number of those at @depth, from 1 */
void tap_point(FILE *out, int depth, size_t number,
	       const struct tap_point *point);
/** tap_comment() - a line for people */
void tap_comment(FILE *out, int depth, const char *text);
/** tap_bail_out() - nothing more will come */
void tap_bail_out(FILE *out, const char *why);

#endif /* DRIVER_REPORT_TAP_H */
