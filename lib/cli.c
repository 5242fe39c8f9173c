#include "lib/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli-parse.h"
#include "lib/err.h"
#include "lib/nearest.h"
#include "lib/xalloc.h"

/* For the scripts in completion/, and for the build of man/; in no help. */
static const char complete_option[] = "--complete";
static const char manual_option[] = "--manual";

/* ---- mistakes ---- */

static int __attribute__((format(printf, 2, 0)))
usage_verror(const struct cli *cli, const char *fmt, va_list ap)
{
	if (cli->unfinished)
		return EXIT_USAGE;
	fflush(stdout); /* what was printed before comes before */
	cli_path_print(stderr, &cli->path);
	fputs(": ", stderr);
	vfprintf(stderr, fmt, ap);
	fputs("\nTry '", stderr);
	cli_path_print(stderr, &cli->path);
	fputs(" --help'.\n", stderr);
	return EXIT_USAGE;
}

int
cli_usage_error(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	usage_verror(cli, fmt, ap);
	va_end(ap);
	return EXIT_USAGE;
}

/* ---- names ---- */

/* Tell why nearest_match() found none or several. */
static int
mismatch(const struct cli *cli, int why, const char *kind, const char *dashes,
	 const char *word, size_t len, const char *const *names)
{
	char *typed = xasprintf("%.*s", (int)len, word);
	const char *near = nearest_word(typed, names);
	char *list;

	if (why == NEAREST_SEVERAL) {
		list = nearest_list(word, len, names, dashes);
		cli_usage_error(cli, "%s '%s%s' is ambiguous: %s", kind, dashes,
				typed, list);
		free(list);
	} else if (near != NULL) {
		cli_usage_error(cli, "unknown %s '%s%s', did you mean '%s%s'?",
				kind, dashes, typed, dashes, near);
	} else {
		cli_usage_error(cli, "unknown %s '%s%s'", kind, dashes, typed);
	}
	free(typed);
	return EXIT_USAGE;
}

/* ---- commands and arguments ---- */

/* The names of @commands, ended by NULL; the array is returned owned. */
static const char **
command_names(const struct cli_command *commands)
{
	const char **names;
	size_t n = 0;

	while (commands[n].name != NULL)
		n++;
	names = xcalloc(n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = commands[i].name;
	return names;
}

static void
take_argument(struct cli *cli, const char *word)
{
	cli->words =
	    xrealloc(cli->words, (size_t)cli->n_words + 1, sizeof(*cli->words));
	cli->words[cli->n_words++] = word;
}

/* A word is a subcommand as long as there are any, then an argument. */
static int
take_word(struct cli *cli, const char *word)
{
	const struct cli_command *command = cli_path_last(&cli->path);
	int ret = CLI_GO_ON;
	const char **names;
	int i;

	if (command->subcommands == NULL || cli->n_words > 0) {
		take_argument(cli, word);
		return CLI_GO_ON;
	}
	names = command_names(command->subcommands);
	i = nearest_match(word, strlen(word), names);
	if (i >= 0) {
		assert(cli->path.n < CLI_DEPTH_MAX);
		cli->path.at[cli->path.n++] = &command->subcommands[i];
	} else if (i == NEAREST_NONE && command->run != NULL &&
		   command->max_args != 0 &&
		   nearest_word(word, names) == NULL) {
		take_argument(cli, word);
	} else if (i == NEAREST_NONE && command->otherwise != NULL) {
		assert(cli->path.n < CLI_DEPTH_MAX);
		cli->path.at[cli->path.n++] = command->otherwise;
		take_argument(cli, word);
	} else {
		ret =
		    mismatch(cli, i, "command", "", word, strlen(word), names);
	}
	free(names);
	return ret;
}

int
cli_unknown_command(const struct cli *cli)
{
	struct cli above = *cli;
	const char *word = cli->words[0];
	const char **names;
	int ret;

	above.path.n--;
	names = command_names(cli_path_last(&above.path)->subcommands);
	ret = mismatch(&above, NEAREST_NONE, "command", "", word, strlen(word),
		       names);
	free(names);
	return ret;
}

/* ---- options ---- */

static void
add_visible(struct cli_visible *v, const struct cli_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		size_t i = 0;

		while (i < v->n && strcmp(v->names[i], options->name) != 0)
			i++;
		if (i < v->n)
			continue;
		v->options =
		    xrealloc(v->options, v->n + 1, sizeof(*v->options));
		v->names = xrealloc(v->names, v->n + 2, sizeof(*v->names));
		v->options[v->n] = options;
		v->names[v->n++] = options->name;
		v->names[v->n] = NULL;
	}
}

void
cli_visible_init(struct cli_visible *v, const struct cli *cli)
{
	*v = (struct cli_visible){ 0 };
	for (int i = cli->path.n - 1; i >= 0; i--)
		add_visible(v, cli->path.at[i]->options);
	add_visible(v, cli_builtin_options);
}

void
cli_visible_fini(struct cli_visible *v)
{
	free(v->options);
	free(v->names);
}

/* Does a command somewhere below @command have this option?  @name may be NULL,
 * and @letter 0. */
static bool
is_option_below(const struct cli_command *command, const char *name, size_t len,
		char letter)
{
	const struct cli_command *sub = command->subcommands;

	for (; sub != NULL && sub->name != NULL; sub++) {
		const struct cli_option *o = sub->options;

		for (; o != NULL && o->name != NULL; o++) {
			if (letter != 0 && o->letter == letter)
				return true;
			if (name != NULL && strlen(o->name) == len &&
			    memcmp(o->name, name, len) == 0)
				return true;
		}
		if (is_option_below(sub, name, len, letter))
			return true;
	}
	return false;
}

/* Record @option with @value; -h and -V are obeyed at once. */
static int
give(struct cli *cli, const struct cli_option *option, const char *value)
{
	bool builtin = option == &cli_builtin_options[0] ||
		       option == &cli_builtin_options[1];

	if (builtin && cli->unfinished)
		return CLI_GO_ON;
	if (option == &cli_builtin_options[0]) {
		cli_help_print(stdout, &cli->path);
		return EXIT_OK;
	}
	if (option == &cli_builtin_options[1]) {
		printf("%s %s\n", cli->path.at[0]->name, cli->version);
		return EXIT_OK;
	}
	cli->given =
	    xrealloc(cli->given, cli->n_given + 1, sizeof(*cli->given));
	cli->given[cli->n_given++] =
	    (struct cli_given){ .option = option, .value = value };
	return CLI_GO_ON;
}

/* @option takes a value: @attached, or else the next word. */
static int
give_with_value(struct cli *cli, const struct cli_option *option,
		const char *attached)
{
	if (attached == NULL && *cli->next == NULL && cli->unfinished) {
		cli->wanting = option;
		return CLI_GO_ON;
	}
	if (attached == NULL && *cli->next == NULL)
		return cli_usage_error(cli, "option '--%s' needs a value: %s",
				       option->name, option->value);
	return give(cli, option, attached != NULL ? attached : *cli->next++);
}

/* @text follows the two dashes: "name" or "name=value". */
static int
take_long(struct cli *cli, const char *text)
{
	size_t len = strcspn(text, "=");
	const char *attached = text[len] == '=' ? text + len + 1 : NULL;
	const struct cli_option *option;
	struct cli_visible v;
	int ret;
	int i;

	cli_visible_init(&v, cli);
	i = nearest_match(text, len, v.names);
	option = i >= 0 ? v.options[i] : NULL;
	if (option != NULL && option->value != NULL)
		ret = give_with_value(cli, option, attached);
	else if (option != NULL && attached != NULL)
		ret = cli_usage_error(cli, "option '--%s' takes no value",
				      option->name);
	else if (option != NULL)
		ret = give(cli, option, "");
	else if (i == NEAREST_NONE &&
		 is_option_below(cli_path_last(&cli->path), text, len, 0))
		ret = cli_usage_error(
		    cli, "option '--%.*s' must come after its command",
		    (int)len, text);
	else
		ret = mismatch(cli, i, "option", "--", text, len, v.names);
	cli_visible_fini(&v);
	return ret;
}

static const struct cli_option *
find_letter(const struct cli_visible *v, char letter)
{
	for (size_t i = 0; i < v->n; i++) {
		if (v->options[i]->letter == letter)
			return v->options[i];
	}
	return NULL;
}

/* @text follows the one dash: letters, the last of which may have its value
 * attached. */
static int
take_letters(struct cli *cli, const char *text)
{
	int ret = CLI_GO_ON;
	struct cli_visible v;

	cli_visible_init(&v, cli);
	while (ret == CLI_GO_ON && *text != '\0') {
		char letter = *text++;
		const struct cli_option *option = find_letter(&v, letter);

		if (option == NULL && is_option_below(cli_path_last(&cli->path),
						      NULL, 0, letter)) {
			ret = cli_usage_error(
			    cli, "option '-%c' must come after its command",
			    letter);
		} else if (option == NULL) {
			ret = cli_usage_error(cli, "unknown option '-%c'",
					      letter);
		} else if (option->value != NULL) {
			ret = give_with_value(cli, option,
					      *text != '\0' ? text : NULL);
			break;
		} else {
			ret = give(cli, option, "");
		}
	}
	cli_visible_fini(&v);
	return ret;
}

/* ---- the whole line ---- */

static void
end_options(struct cli *cli, const char *dashes)
{
	cli->only_arguments = true;
	if (cli_path_last(&cli->path)->keeps_dashes)
		take_argument(cli, dashes);
}

int
cli_parse(struct cli *cli)
{
	int ret = CLI_GO_ON;

	while (ret == CLI_GO_ON && *cli->next != NULL) {
		const char *word = *cli->next++;

		if (cli->only_arguments)
			take_argument(cli, word);
		else if (word[0] != '-' || word[1] == '\0')
			ret = take_word(cli, word);
		else if (word[1] != '-')
			ret = take_letters(cli, word + 1);
		else if (word[2] != '\0')
			ret = take_long(cli, word + 2);
		else
			end_options(cli, word);
	}
	return ret;
}

void
cli_fini(struct cli *cli)
{
	free(cli->given);
	free(cli->words);
	free(cli->attached);
}

/* May the command that was named run with what it was given? */
static int
check_arguments(const struct cli *cli)
{
	const struct cli_command *command = cli_path_last(&cli->path);
	const char **names;
	char *list;

	if (command->run == NULL) {
		names = command_names(command->subcommands);
		list = nearest_list("", 0, names, "");
		cli_usage_error(cli, "a command is missing, one of: %s", list);
		free(list);
		free(names);
		return EXIT_USAGE;
	}
	if (cli->n_words < command->min_args)
		return cli_usage_error(cli, "an argument is missing: %s",
				       command->args);
	if (command->max_args > 0 && cli->n_words > command->max_args &&
	    command->subcommands != NULL && !cli->only_arguments)
		return cli_usage_error(
		    cli, "unexpected argument '%s', for '%s' is no command",
		    cli->words[command->max_args], cli->words[0]);
	if (command->max_args >= 0 && cli->n_words > command->max_args)
		return cli_usage_error(cli, "unexpected argument '%s'",
				       cli->words[command->max_args]);
	return CLI_GO_ON;
}

/* Output that did not arrive, say on a full disk, is no success. */
static int
finish_stdout(const struct cli *cli, int code)
{
	bool failed_before = ferror(stdout) != 0; /* errno is lost */
	bool fails_now = fflush(stdout) != 0;

	if (!failed_before && !fails_now)
		return code;
	fprintf(stderr, "%s: cannot write to standard output%s%s\n",
		cli->path.at[0]->name, fails_now ? ": " : "",
		fails_now ? strerror(errno) : "");
	return code == EXIT_OK ? EXIT_INFRA : code;
}

int
cli_main(const struct cli_command *root, const char *version, int argc,
	 char **argv, void *arg)
{
	struct cli cli = {
		.path = { .at = { root }, .n = 1 },
		.version = version,
		.arg = arg,
		.next = argv + (argc > 0 ? 1 : 0),
	};
	int code;

	if (argc > 2 && strcmp(argv[1], complete_option) == 0) {
		cli.next++;
		code = finish_stdout(&cli, cli_complete(&cli));
		cli_fini(&cli);
		return code;
	}
	if (argc == 3 && strcmp(argv[1], manual_option) == 0)
		return finish_stdout(&cli, cli_manual(root, argv[2]));
	code = cli_parse(&cli);
	if (code == CLI_GO_ON)
		code = check_arguments(&cli);
	if (code == CLI_GO_ON)
		code = cli_path_last(&cli.path)->run(&cli);
	code = finish_stdout(&cli, code);
	cli_fini(&cli);
	return code;
}

/* ---- what a command asks ---- */

const char *
cli_opt(const struct cli *cli, const char *name)
{
	for (size_t i = cli->n_given; i > 0; i--) {
		if (strcmp(cli->given[i - 1].option->name, name) == 0)
			return cli->given[i - 1].value;
	}
	return NULL;
}

bool
cli_has(const struct cli *cli, const char *name)
{
	return cli_opt(cli, name) != NULL;
}

const char *
cli_opt_nth(const struct cli *cli, const char *name, size_t n)
{
	for (size_t i = 0; i < cli->n_given; i++) {
		if (strcmp(cli->given[i].option->name, name) == 0 && n-- == 0)
			return cli->given[i].value;
	}
	return NULL;
}

int
cli_n_args(const struct cli *cli)
{
	return cli->n_words;
}

const char *
cli_word(const struct cli *cli, int i)
{
	return i >= 0 && i < cli->n_words ? cli->words[i] : NULL;
}

void *
cli_arg(const struct cli *cli)
{
	return cli->arg;
}

const void *
cli_data(const struct cli *cli)
{
	return cli_path_last(&cli->path)->data;
}
