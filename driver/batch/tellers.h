/*
 * tellers: who else is told of the tests of a batch, beside a person: a reader
 * of TAP, and the CI service that runs us.
 */
#ifndef DRIVER_BATCH_TELLERS_H
#define DRIVER_BATCH_TELLERS_H

#include <stdbool.h>
#include <stddef.h>

#include "driver/batch/ci-github.h"
#include "driver/batch/ci-gitlab.h"
#include "driver/batch/tap-tests.h"

struct batch_record;

struct tellers {
	const struct batch_record *batch; /* borrowed */
	bool tap;			  /* --tap: on stdout */
	bool github;			  /* GITHUB_ACTIONS is "true" */
	bool gitlab;			  /* GITLAB_CI is set */
	struct tap_tests tap_tests;
	struct ci_github ci_github;
	struct ci_gitlab ci_gitlab;
};

/** tellers_begin() - @out: where everything goes but TAP */
void tellers_begin(struct tellers *tellers, const struct batch_record *batch,
		   bool tap, FILE *out);
/** tellers_print_begins(), tellers_print_ends() - what is printed in between is
 * of one run of a test, @label, alone */
void tellers_print_begins(struct tellers *tellers, const char *label);
void tellers_print_ends(struct tellers *tellers);
/** tellers_ended() - test @i is over, with all its runs */
void tellers_ended(struct tellers *tellers, size_t i);
/** tellers_end() - all are; @why: nothing more can be done; NULL: all is done */
void tellers_end(struct tellers *tellers, const char *why);
/** tellers_bail_out() - to a reader of TAP: not even the beginning was made */
void tellers_bail_out(const char *why);

#endif /* DRIVER_BATCH_TELLERS_H */
