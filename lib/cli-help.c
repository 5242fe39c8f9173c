#include "lib/cli-help.h"

#include <string.h>

enum {
	COLUMNS = 80,
	INDENT = 2,
	/* The left side of a table is as wide as its longest entry up to this;
	 * a longer one has a line of its own. */
	LEFT_MAX = 30,
};

const struct cli_option cli_builtin_options[] = {
	{ "help", 'h', NULL, "print this help and exit" },
	{ "version", 'V', NULL, "print the version and exit" },
	{ NULL, 0, NULL, NULL },
};

void
cli_path_print(FILE *out, const struct cli_path *path)
{
	for (int i = 0; i < path->n; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", path->at[i]->name);
}

/* Print the words of @text up to its end or newline, from column @column on,
 * going on at column @indent in the next line when a word does not fit; ends
 * the line.  Return: what follows the newline, or the end. */
static const char *
put_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	size_t start = column; /* no word yet in this line */

	for (;;) {
		size_t space, len;

		space = strspn(text, " ");
		len = strcspn(text + space, " \n");
		if (len == 0) {
			text += space;
			break;
		}
		if (column == start)
			space = 0;
		if (column > start && column + space + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = start = indent;
			space = 0;
		}
		text += strspn(text, " ");
		fprintf(out, "%*s%.*s", (int)space, "", (int)len, text);
		column += space + len;
		text += len;
	}
	fputc('\n', out);
	return *text == '\n' ? text + 1 : text;
}

/* A row of a table: @left as it is, @help beginning in column @column. */
static void
put_row(FILE *out, const char *left, const char *help, size_t column)
{
	size_t len = INDENT + strlen(left);

	fprintf(out, "%*s%s", INDENT, "", left);
	if (len + INDENT > column)
		fprintf(out, "\n%*s", (int)column, "");
	else
		fprintf(out, "%*s", (int)(column - len), "");
	put_wrapped(out, help, column, column);
}

/* "-o, --output FILE" */
static const char *
option_left(const struct cli_option *option, char *text, size_t size)
{
	char letter[] = "-x, ";

	letter[1] = option->letter;
	snprintf(text, size, "%s--%s%s%s", option->letter ? letter : "    ",
		 option->name, option->value != NULL ? " " : "",
		 option->value != NULL ? option->value : "");
	return text;
}

static void
widen(size_t *width, size_t len)
{
	if (len <= LEFT_MAX && len > *width)
		*width = len;
}

static void
put_options(FILE *out, const char *title, const struct cli_option *options,
	    size_t column)
{
	char left[COLUMNS];

	if (options == NULL || options->name == NULL)
		return;
	fprintf(out, "\n%s:\n", title);
	for (; options->name != NULL; options++)
		if (options->help != NULL)
			put_row(out, option_left(options, left, sizeof(left)),
				options->help, column);
}

static void
put_commands(FILE *out, const struct cli_command *commands)
{
	const struct cli_command *c;
	size_t width = 0;

	for (c = commands; c->name != NULL; c++)
		widen(&width, strlen(c->name));
	fputs("\nCommands:\n", out);
	for (c = commands; c->name != NULL; c++)
		put_row(out, c->name, c->help, INDENT + width + INDENT);
}

/* Where the help of options begins: the same in all of their tables. */
static size_t
option_column(const struct cli_path *path)
{
	const struct cli_option *o;
	char left[COLUMNS];
	size_t width = 0;

	for (int i = 0; i < path->n; i++) {
		o = path->at[i]->options;
		for (; o != NULL && o->name != NULL; o++)
			if (o->help != NULL)
				widen(&width, strlen(option_left(
						  o, left, sizeof(left))));
	}
	for (o = cli_builtin_options; o->name != NULL; o++)
		widen(&width, strlen(option_left(o, left, sizeof(left))));
	return INDENT + width + INDENT;
}

static void
put_usage_line(FILE *out, const char *lead, const struct cli_path *path,
	       const char *args)
{
	static const char options[] = " [OPTION]...";
	size_t column = strlen(lead);

	fputs(lead, out);
	cli_path_print(out, path);
	fputs(options, out);
	for (int i = 0; i < path->n; i++)
		column += strlen(path->at[i]->name) + (i > 0);
	column += strlen(options);
	if (args == NULL || args[0] == '\0') {
		fputc('\n', out);
		return;
	}
	fputc(' ', out);
	put_wrapped(out, args, column + 1, strlen(lead) + 4);
}

static void
put_usage(FILE *out, const struct cli_path *path)
{
	const struct cli_command *command = cli_path_last(path);
	const char *lead = "Usage: ";

	if (command->run != NULL) {
		put_usage_line(out, lead, path, command->args);
		lead = "       ";
	}
	if (command->subcommands != NULL)
		put_usage_line(out, lead, path, "COMMAND [ARGUMENT]...");
}

/* Lines stay lines, those that are too long are wrapped under their own
 * indentation. */
static void
put_details(FILE *out, const char *details)
{
	fputc('\n', out);
	while (*details != '\0') {
		size_t indent = strspn(details, " ");

		fprintf(out, "%*s", (int)indent, "");
		details = put_wrapped(out, details, indent, indent);
	}
}

void
cli_help_print(FILE *out, const struct cli_path *path)
{
	const struct cli_command *command = cli_path_last(path);
	size_t column = option_column(path);

	put_usage(out, path);
	if (command->help != NULL) {
		fputc('\n', out);
		put_wrapped(out, command->help, 0, 0);
	}
	if (command->subcommands != NULL)
		put_commands(out, command->subcommands);
	put_options(out, "Options", command->options, column);
	for (int i = path->n - 2; i >= 0; i--) {
		char title[COLUMNS];

		snprintf(title, sizeof(title), "Options of every %s command",
			 path->at[i]->name);
		put_options(out, title, path->at[i]->options, column);
	}
	put_options(out, "Everywhere", cli_builtin_options, column);
	if (command->details != NULL)
		put_details(out, command->details);
}
