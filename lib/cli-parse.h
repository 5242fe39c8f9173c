/* cli-parse: a command line being read; a part of cli. */
#ifndef LIB_CLI_PARSE_H
#define LIB_CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/cli-help.h"

/* What cli_parse() returns beside an exit code. */
enum { CLI_GO_ON = -1 };

struct cli_given {
	const struct cli_option *option;
	const char *value; /* borrowed from argv; "" when it takes none */
};

struct cli {
	struct cli_path path;
	const char *version;
	void *arg;
	char **next; /* in argv, which ends by NULL: not yet taken */
	struct cli_given *given; /* in the order of the command line, owned */
	size_t n_given;
	const char **words; /* arguments, borrowed from argv; array owned */
	int n_words;
	bool only_arguments; /* "--" has come */
	/* A line that is still being typed: mistakes are nobody's business, and
	 * help is not asked for. */
	bool unfinished;
	const struct cli_option *wanting; /* its value, which ends there */
	const char *typed;		  /* the word that is being typed */
	char *attached; /* "--name=", of which it is the rest; owned; or NULL */
};

/** cli_parse() - take all of .next
 * Return: CLI_GO_ON; an exit code after telling on stderr, or after --help. */
int cli_parse(struct cli *cli);
void cli_fini(struct cli *cli);

/* The options that may stand here, nearest command first, without those that
 * a nearer one hides. */
struct cli_visible {
	const struct cli_option **options; /* owned array */
	const char **names;		   /* owned array, ended by NULL */
	size_t n;
};

void cli_visible_init(struct cli_visible *v, const struct cli *cli);
void cli_visible_fini(struct cli_visible *v);

/** cli_complete() - what the last word of .next may become; the words before
 * it stand as they are.  Return: exit code. */
int cli_complete(struct cli *cli);

/** cli_manual() - the manual page of which @template is a file (cli-manual.c), on
 * stdout.  Return: exit code after telling on stderr. */
int cli_manual(const struct cli_command *root, const char *template);

#endif /* LIB_CLI_PARSE_H */
