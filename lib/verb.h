/*
 * verb: the commands of the switch as people write them, on the command line
 * of vdelabctl and in configuration files alike: `port add lab stream
 * path=/run/x`.  One table says which words are which method of the control
 * socket, and which of its parameters; this module reads words by that table
 * and does no I/O.
 *
 * The usage text of a row is its grammar:
 *
 *   PORT                  the next word is the parameter "port"
 *   state:block|unblock   the next word is "state"; people are shown what
 *                         follows the colon
 *   [DIRECTION]           may be left out, and so may all that follow
 *   vid VID               behind those, in any order: a keyword and its value
 *   [delay DELAY [JITTER]] keyword and value that may be left out
 *   [delay delay:TIME...] the value is all words up to the next keyword
 *   [pvid]                a keyword without value: "pvid" is true when given
 *   [KEY=VALUE...]        last: any more, of which only the signature knows
 *
 * A row with .rest takes all words behind `--` for that parameter, a list.
 *
 * Behind the arguments, keywords may be abbreviated unambiguously; one with a
 * single value may be written `vid=7`, and one without `pvid=no`.
 */
#ifndef LIB_VERB_H
#define LIB_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "lib/verb-usage.h"

struct cli_option;
struct err;

struct verb {
	const char *noun;
	const char *verb; /* NULL: the noun stands alone */
	const char *usage;
	const char *method;
	const char *help;    /* one line */
	const char *details; /* what else the manual says; plain text with
				`words` in backquotes; or NULL */
	/* Keywords that vdelabctl takes as options, too; ended by a NULL name;
	 * or NULL. */
	const struct cli_option *options;
	/* The parameter, an object, which takes each KEY=VALUE that the
	 * signature does not have, as texts for somebody who knows what they
	 * are to be; NULL: those stay beside the others. */
	const char *into;
	/* Parameters that are names of files, parted by spaces; of "plugin/"
	 * those values are that hold a slash; "-" is none.  Or NULL. */
	const char *files;
	/* The parameter, a list of texts, that words behind `--` are: a program
	 * and its arguments.  Or NULL. */
	const char *rest;
	bool asks; /* changes nothing, so has no place in a configuration */
};

struct verb_noun {
	const char *name;
	const char *help;    /* one line */
	const char *details; /* as of a verb; or NULL */
};

/** verb_row() - the @i-th row of all, those of a noun together; NULL behind the
 * last */
const struct verb *verb_row(size_t i);
/* Every noun, in the order of the manual; ended by a NULL name. */
extern const struct verb_noun verb_nouns[];

/**
 * verb_find() - the row that the first of @words name
 * @at: on failure, the index of the word at fault; @n: one is missing
 *
 * Both words may be abbreviated unambiguously; a noun alone means its `show`,
 * also when what follows is no verb, nor nearly one, and that takes as many
 * arguments.
 *
 * Return: how many words that took; -EINVAL with @err set.
 */
int verb_find(const char *const *words, size_t n, const struct verb **verb,
	      size_t *at, struct err *err);
/** verb_find_method() - the first row of @method, or NULL */
const struct verb *verb_find_method(const char *method);

/**
 * verb_check() - do @words, those behind noun and verb, fit the usage text?
 * Return: 0; -EINVAL with @err and @at set as by verb_find().
 */
int verb_check(const struct verb *verb, const char *const *words, size_t n,
	       size_t *at, struct err *err);
/**
 * verb_params() - the parameters that @words are
 * @signature: json_check()'s, of verb->method
 * @dir:       absolute; relative names of files begin there
 * @params:    returned owned; values are of the types that the signature
 *             gives; whether anything is missing or unknown is json_check()'s
 *             affair
 *
 * Return: 0; -EINVAL with @err and @at set as by verb_find().
 */
int verb_params(const struct verb *verb, const char *const *words, size_t n,
		const char *signature, const char *dir, json_t **params,
		size_t *at, struct err *err);

/* One of what may come next: a value, a keyword, or KEY=VALUE. */
typedef void verb_expect_fn(const struct usage_item *item, void *arg);
/** verb_expect() - what may follow @words; those may hold mistakes */
void verb_expect(const struct verb *verb, const char *const *words, size_t n,
		 verb_expect_fn *fn, void *arg);
/** verb_expect_value() - @word is "vid=", perhaps with more: what the rest is.
 * Return: false: it is something else. */
bool verb_expect_value(const struct verb *verb, const char *word,
		       struct usage_item *item);
/** verb_names() - has the usage the parameter called by the @len bytes at
 * @name? */
bool verb_names(const struct verb *verb, const char *name, size_t len);

/** verb_n_words() - how many arguments @verb takes at least and at most; -1:
 * any number */
void verb_n_words(const struct verb *verb, int *min, int *max);
/** verb_usage_text() - the usage text as people are shown it, returned owned */
char *verb_usage_text(const struct verb *verb);

#endif /* LIB_VERB_H */
