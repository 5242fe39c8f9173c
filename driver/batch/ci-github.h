/* ci-github: what GitHub Actions is told of the tests of a batch: a group of
 * lines for each, an error for each that failed, and the job's summary. */
#ifndef DRIVER_BATCH_CI_GITHUB_H
#define DRIVER_BATCH_CI_GITHUB_H

#include <stdio.h>

struct batch_record;
struct outcome;

enum { CI_TOKEN_SIZE = 33, CI_SUMMARY_ROWS_MAX = 500 };

struct ci_github {
	FILE *out;	       /* borrowed */
	const char *workspace; /* NULL: not told; borrowed */
	const char *summary;   /* the file; likewise */
	char token[CI_TOKEN_SIZE];
};

/** ci_github_init() - for variables that getenv() gives */
void ci_github_init(struct ci_github *github, FILE *out);
/** ci_github_print_begins(), ci_github_print_ends() - around what test @label
 * prints */
void ci_github_print_begins(struct ci_github *github, const char *label);
void ci_github_print_ends(struct ci_github *github);
/** ci_github_ended() - @outcome was read with its story if it is not good */
void ci_github_ended(struct ci_github *github, const struct outcome *outcome);
/** ci_github_end() - append to the job's summary */
void ci_github_end(struct ci_github *github, const struct batch_record *batch);

#endif /* DRIVER_BATCH_CI_GITHUB_H */
