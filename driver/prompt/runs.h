/* runs: the runs of this user that go on now, by their control sockets. */
#ifndef DRIVER_PROMPT_RUNS_H
#define DRIVER_PROMPT_RUNS_H

#include <stddef.h>

#include <jansson.h>

struct err;

struct run_found {
	char *id;     /* "k3ZbQ1" */
	char *socket; /* the path of its control socket */
	json_t *info; /* run.info; NULL: it does not answer now */
};

struct runs {
	struct run_found *items; /* owned, with what is in them */
	size_t n;
};

/** runs_find() - all there are; a run that does not answer within two seconds
 * is found without its info
 * Return: 0; -errno with @err set.  runs_fini() in either case. */
int runs_find(struct runs *runs, struct err *err);
void runs_fini(struct runs *runs);
/**
 * runs_choose() - the one that is meant
 * @word: its ID, or its test's name, or the beginning of one of these; NULL:
 *        the only one there is
 *
 * Return: borrowed; NULL with @err set.
 */
const struct run_found *runs_choose(const struct runs *runs, const char *word,
				    struct err *err);

#endif /* DRIVER_PROMPT_RUNS_H */
