/* What a word on an unfinished command line may become. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli-parse.h"
#include "lib/err.h"
#include "lib/xalloc.h"

const char *
cli_typed(const struct cli *cli)
{
	return cli->typed;
}

void
cli_candidate(const struct cli *cli, const char *text, const char *help)
{
	if (strncmp(text, cli->typed, strlen(cli->typed)) == 0)
		printf("%s%s\t%s\n", cli->attached != NULL ? cli->attached : "",
		       text, help != NULL ? help : "");
}

/* ---- values ---- */

/* Return: false: it knows nothing of it. */
static bool
ask_commands(const struct cli *cli, const char *value)
{
	bool known = false;

	for (int i = cli->path.n - 1; !known && i >= 0; i--) {
		const struct cli_command *c = cli->path.at[i];

		known = c->complete != NULL && c->complete(cli, value);
	}
	return known;
}

/* One of "FILE|-". */
static void
complete_alternative(const struct cli *cli, const char *value)
{
	if (!isupper((unsigned char)value[0]))
		cli_candidate(cli, value, NULL);
	else if (strncmp(value, "FILE", 4) == 0)
		puts(":file");
	else if (strncmp(value, "DIR", 3) == 0)
		puts(":dir");
	else
		ask_commands(cli, value);
}

void
cli_complete_value(const struct cli *cli, const char *value)
{
	char *copy = xstrdup(value), *rest = copy, *one;

	while ((one = strsep(&rest, "|")) != NULL)
		complete_alternative(cli, one);
	free(copy);
}

/* ---- options ---- */

static void
complete_option_name(const struct cli *cli)
{
	struct cli_visible v;

	cli_visible_init(&v, cli);
	for (size_t i = 0; i < v.n; i++) {
		char *text = xasprintf("--%s", v.names[i]);

		if (v.options[i]->help != NULL)
			cli_candidate(cli, text, v.options[i]->help);
		free(text);
	}
	cli_visible_fini(&v);
}

/* "--accel=k": the candidates are those of the value, with the name before
 * them. */
static void
complete_attached(struct cli *cli, const char *equals)
{
	size_t len = (size_t)(equals - cli->typed) - 2;
	struct cli_visible v;

	cli_visible_init(&v, cli);
	for (size_t i = 0; i < v.n; i++) {
		if (strlen(v.names[i]) != len || v.options[i]->value == NULL ||
		    memcmp(v.names[i], cli->typed + 2, len) != 0)
			continue;
		cli->attached = xasprintf("--%s=", v.names[i]);
		cli->typed = equals + 1;
		cli_complete_value(cli, v.options[i]->value);
		break;
	}
	cli_visible_fini(&v);
}

/* ---- commands and arguments ---- */

static void
complete_command_name(const struct cli *cli)
{
	const struct cli_command *c = cli_path_last(&cli->path)->subcommands;

	for (; c != NULL && c->name != NULL; c++)
		cli_candidate(cli, c->name, c->help);
}

/* The @i-th word of @args, "[FILE]...", without what is around it; the last one
 * stands for those that follow it.  Returned owned; NULL when there is none. */
static char *
argument_name(const char *args, int i)
{
	size_t len;

	for (;; i--, args += len) {
		args += strspn(args, " [");
		len = strcspn(args, " ].");
		if (len == 0)
			return NULL;
		if (i == 0 || strncmp(args + len, "...", 3) == 0 ||
		    strncmp(args + len, "]...", 4) == 0)
			return xasprintf("%.*s", (int)len, args);
		args += strspn(args + len, "].");
	}
}

static void
complete_argument(const struct cli *cli)
{
	const struct cli_command *command = cli_path_last(&cli->path);
	char *name;

	if (command->subcommands != NULL && cli->n_words == 0)
		complete_command_name(cli);
	if (command->otherwise != NULL && cli->n_words == 0)
		ask_commands(cli, NULL);
	if (command->run == NULL ||
	    (command->max_args >= 0 && cli->n_words >= command->max_args) ||
	    ask_commands(cli, NULL))
		return;
	name = argument_name(command->args != NULL ? command->args : "",
			     cli->n_words);
	if (name != NULL)
		cli_complete_value(cli, name);
	free(name);
}

int
cli_complete(struct cli *cli)
{
	char **last = cli->next;
	const char *equals;

	cli->unfinished = true;
	while (last[1] != NULL)
		last++;
	cli->typed = *last;
	*last = NULL; /* the end of those before it */
	if (cli_parse(cli) != CLI_GO_ON)
		return EXIT_OK; /* nothing can follow a mistake */
	equals = strchr(cli->typed, '=');
	if (cli->wanting != NULL)
		cli_complete_value(cli, cli->wanting->value);
	else if (cli->only_arguments || cli->typed[0] != '-')
		complete_argument(cli);
	else if (equals != NULL && strncmp(cli->typed, "--", 2) == 0)
		complete_attached(cli, equals);
	else
		complete_option_name(cli);
	return EXIT_OK;
}
