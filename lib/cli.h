/*
 * cli: command lines from a table: parsing, abbreviation, help.
 *
 * A program is a tree of commands.  Words are matched whole or by an
 * unambiguous beginning (`seg sh` = `segment show`).  Options stand anywhere
 * before "--" and after the command that has them, so those of the root stand
 * anywhere; short ones bundle; long ones take `--name value` and
 * `--name=value` and may be abbreviated unambiguously.  `-h`/`--help` at any
 * level prints help on stdout and ends with EXIT_OK; mistakes go to stderr,
 * name the word, suggest the nearest known one, and end with EXIT_USAGE.
 *
 * `prog --complete WORD...` prints what the last of the words may become, a
 * candidate and, after a tab, its help a line; ":file" and ":dir" stand for
 * names of files and of directories.  Shells ask so (completion/).  `prog
 * --manual TEMPLATE` makes a manual page of its template (lib/cli-manual.c).
 */
#ifndef LIB_CLI_H
#define LIB_CLI_H

#include <stdbool.h>
#include <stddef.h>

struct cli;

/* Ended by a row whose name is NULL. */
struct cli_option {
	const char *name;  /* "results" */
	char letter;	   /* or 0 */
	const char *value; /* "DIR" for help; NULL: takes none */
	const char *help;  /* one line; NULL: for the program's own calls, in no
			      help, manual or completion */
};

/* Ended by a row whose name is NULL. */
struct cli_command {
	const char *name;
	const char *args;		  /* "FILE..." for help; "" for none */
	const char *help;		  /* one line */
	const struct cli_option *options; /* or NULL */
	const struct cli_command *subcommands; /* or NULL */
	int min_args;
	int max_args; /* -1 = any number */
	/* The first `--` is an argument, too; it ends options all the same. */
	bool keeps_dashes;
	/* Return: the exit code.  NULL when there are only subcommands; a
	 * command with both runs when no subcommand word follows (a word that
	 * is none, nor nearly one, is its argument when it takes any). */
	int (*run)(const struct cli *cli);
	/* Beside subcommands: takes a word that is none of them, nor the
	 * beginning of one, as its first argument: what only its .run can know,
	 * which may end with cli_unknown_command().  Or NULL. */
	const struct cli_command *otherwise;
	/* Paragraphs below the options, wrapped to the width, with their own
	 * line ends kept; or NULL. */
	const char *details;
	const void *data; /* for cli_data() */
	/* Tells what a word may become, by cli_candidate() and
	 * cli_complete_value(); asked of the command and of those above it.
	 * @value: as it is called in a usage, "PORT"; NULL: the next argument of
	 *         the command
	 * Return: false: whatever its name says. */
	bool (*complete)(const struct cli *cli, const char *value);
};

/**
 * cli_main() - parse @argv and run what it names
 * @root:    .name is the program's name; its options hold everywhere
 * @version: printed by -V/--version, which every root has
 * @argv:    borrowed, like main()'s ended by NULL
 * @arg:     for cli_arg()
 *
 * Return: exit code for main() to return; EXIT_INFRA when what was printed on
 *         stdout could not be written, though the command itself succeeded.
 */
int cli_main(const struct cli_command *root, const char *version, int argc,
	     char **argv, void *arg);

/** cli_opt() - the value of option @name given last; "" for one that takes
 * none; NULL when not given.  Options of the command and of those above it. */
const char *cli_opt(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);
/** cli_opt_nth() - the @n-th value of a repeated option, or NULL */
const char *cli_opt_nth(const struct cli *cli, const char *name, size_t n);

int cli_n_args(const struct cli *cli);
/** cli_word() - the @i-th argument after the command's words, or NULL */
const char *cli_word(const struct cli *cli, int i);
void *cli_arg(const struct cli *cli);
/** cli_data() - .data of the command that runs */
const void *cli_data(const struct cli *cli);

/** cli_typed() - in .complete: what there is of the word */
const char *cli_typed(const struct cli *cli);
/** cli_candidate() - in .complete: the word may become @text; @help may be
 * NULL.  What does not begin as the word does is left out. */
void cli_candidate(const struct cli *cli, const char *text, const char *help);
/** cli_complete_value() - in .complete: it is a @value: "FILE", "auto|kvm" */
void cli_complete_value(const struct cli *cli, const char *value);

/** cli_unknown_command() - in .run of an .otherwise: the first argument is no
 * command; Return: EXIT_USAGE after telling so */
int cli_unknown_command(const struct cli *cli);
/** cli_usage_error() - "prog cmd: text" and where help is found, on stderr;
 * Return: EXIT_USAGE */
int cli_usage_error(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* LIB_CLI_H */
