/*
 * look: how what a person reads looks: colours, ticks or words, lines that are
 * drawn again in place.  Decided once, handed around.
 *
 * --color decides; without it NO_COLOR (any value but "": none), then
 * CLICOLOR_FORCE (any but "" and "0": always), then whether a terminal reads.
 * https://no-color.org, https://bixense.com/clicolors
 */
#ifndef DRIVER_REPORT_LOOK_H
#define DRIVER_REPORT_LOOK_H

#include <stdbool.h>
#include <stdio.h>

struct cli;

struct look {
	FILE *out; /* borrowed */
	bool color;
	bool unicode; /* a terminal with ticks and crosses; else words */
	bool compact; /* somebody watches: only what matters gets a line */
	bool live;    /* and lines at the bottom tell what goes on */
	bool verbose; /* all that happens gets a line */
};

enum look_role {
	LOOK_GOOD,
	LOOK_BAD,
	LOOK_ODD, /* neither: flaky, slow, not run */
	LOOK_HEAD,
	LOOK_FAINT,
	N_LOOK_ROLES
};

/* What the value of --color is called in a usage. */
#define LOOK_COLOR_VALUE "auto|always|never"

typedef char *look_getenv_fn(const char *name);

/**
 * look_choose() - for what goes to @out
 * @color:  the value of --color; NULL: auto
 * @getenv: getenv(), or a test's
 *
 * Return: 0; -EINVAL when @color is none of LOOK_COLOR_VALUE.
 */
int look_choose(struct look *look, FILE *out, const char *color,
		look_getenv_fn *getenv);
/** look_of_cli() - the same with the options --color and --verbose of @cli and
 * our environment.  Return: 0, or EXIT_USAGE after telling why. */
int look_of_cli(struct look *look, FILE *out, const struct cli *cli);

/** look_begin() - what makes what follows look like @role, "" without colour;
 * look_end() ends it */
const char *look_begin(const struct look *look, enum look_role role);
const char *look_end(const struct look *look);
/** look_mark() - a tick or a cross, or words of two letters */
const char *look_mark(const struct look *look, bool good);

/** look_is_utf8() - does the environment say that terminals show UTF-8? */
bool look_is_utf8(look_getenv_fn *getenv);

#endif /* DRIVER_REPORT_LOOK_H */
