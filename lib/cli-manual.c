/*
 * A manual page from its template and the tables of the program it is about.
 *
 * Lines of the template that begin with @ are replaced:
 *
 *   @options COMMAND...@  the options of that command (none: the program's), as
 *                         items of a list.  Until @end@, blocks that begin with
 *                         @NAME say in mdoc(7) what is to be said of option
 *                         NAME instead of its help.
 *   @synopsis COMMAND...@ the options and arguments of that command, as lines of
 *                         a synopsis
 *   @commands@            every command: one section a noun
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli-parse.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { LINE_SIZE = 1024, BLOCKS_MAX = 64, COLUMNS = 78 };

/* ---- plain text as mdoc ---- */

/* @len bytes of @text as one argument of a macro. */
static void
put_argument(const char *text, size_t len)
{
	fputs(" \"", stdout);
	if (len > 0 && len <= 3 && isupper((unsigned char)text[0]))
		fputs("\\&", stdout); /* else it might be a macro itself */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			fputs("\\(dq", stdout);
		else if (text[i] == '\\')
			fputs("\\e", stdout);
		else
			putchar(text[i]);
	}
	putchar('"');
}

/* The @len bytes at @word, at the beginning of a line when @column is 0. */
static void
put_plain_word(const char *word, size_t len, size_t column)
{
	if (column == 0 && (word[0] == '.' || word[0] == '\''))
		fputs("\\&", stdout);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", stdout);
		else
			putchar(word[i]);
	}
}

/* A run of plain text, in lines; a new sentence is a new line. */
static void
put_run(const char *text, size_t len)
{
	const char *end = text + len;
	size_t column = 0;

	while (text < end) {
		size_t word = 0;

		if (*text == ' ') {
			text++;
			continue;
		}
		while (text + word < end && text[word] != ' ')
			word++;
		if (column > 0 && column + 1 + word > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		if (column > 0)
			putchar(' ');
		put_plain_word(text, word, column);
		column += word + 1;
		text += word;
		if (text[-1] == '.' && text < end) {
			putchar('\n');
			column = 0;
		}
	}
	if (column > 0)
		putchar('\n');
}

/* `words` at *text, with what stands close around. */
static void
put_code(const char **text, bool paren)
{
	const char *code = *text + 1;
	size_t len = strcspn(code, "`");
	const char *behind = code + len + (code[len] == '`');
	size_t n_behind = strcspn(behind, " `\n");

	fputs(paren ? ".Ql (" : ".Ql", stdout);
	put_argument(code, len);
	if (n_behind > 0 && strspn(behind, ".,;:)?!") < n_behind) {
		fputs(" Ns", stdout); /* `path=`PATH */
		put_argument(behind, n_behind);
	} else {
		for (size_t i = 0; i < n_behind; i++)
			printf(" %c", behind[i]);
	}
	putchar('\n');
	*text = behind + n_behind;
}

/* One paragraph; an indented one is an example. */
static void
put_line(const char *text, size_t len)
{
	const char *end = text + len;

	if (strspn(text, " ") > 0) {
		text += strspn(text, " ");
		fputs(".Dl", stdout);
		put_argument(text, (size_t)(end - text));
		putchar('\n');
		return;
	}
	while (text < end) {
		size_t run = strcspn(text, "`\n");
		bool paren =
		    run > 0 && text[run] == '`' && text[run - 1] == '(';

		put_run(text, run - paren);
		text += run;
		if (*text != '`' || text >= end)
			continue;
		put_code(&text, paren);
	}
}

static void
put_text(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "\n");

		put_line(text, len);
		text += len;
		if (*text == '\0' || *++text == '\0')
			return;
		if (*text != ' ')
			puts(".Pp");
	}
}

/* A line of help as a sentence. */
static void
put_sentence(const char *help)
{
	char *text = xasprintf("%s.", help);

	text[0] = (char)toupper((unsigned char)text[0]);
	put_text(text);
	free(text);
}

/* ---- usages as mdoc ---- */

static bool
is_word_char(const char *c)
{
	return isalnum((unsigned char)*c) || *c == '_' || *c == '-' ||
	       (*c == '.' && isalnum((unsigned char)c[1])); /* 802.1q */
}

/* How long the word at @text is; its kind by its first character. */
static size_t
word_len(const char *text)
{
	size_t len = 0;

	if (strncmp(text, "...", 3) == 0)
		return 3;
	while (is_word_char(text + len))
		len++;
	return len > 0 ? len : 1;
}

static bool
is_delimiter(const char *text, size_t len)
{
	return len == 1 && strchr("|,.:;?!", text[0]) != NULL;
}

static void
put_word(const char *text, size_t len)
{
	if (text[0] == '[') {
		fputs("Oo", stdout);
	} else if (text[0] == ']') {
		fputs("Oc", stdout);
	} else if (text[0] == '-' && len > 1) {
		printf("Fl %.*s", (int)len - 1, text + 1);
	} else if (isupper((unsigned char)text[0])) {
		fputs("Ar ", stdout);
		for (size_t i = 0; i < len; i++)
			putchar(tolower((unsigned char)text[i]));
	} else if (isalnum((unsigned char)text[0]) || text[0] == '-') {
		printf("Cm %.*s", (int)len, text);
	} else {
		printf("%s%.*s", is_delimiter(text, len) ? "" : "No ", (int)len,
		       text);
	}
}

/* "[PORT] in|out"; @lead stands before it.  The line goes on. */
static void
put_usage(const char *lead, const char *usage)
{
	bool close = false; /* to the word before */

	while (*usage != '\0') {
		size_t len;

		if (*usage == ' ') {
			usage++;
			close = false;
			continue;
		}
		len = word_len(usage);
		fputs(lead, stdout);
		lead = " ";
		if (close && *usage != ']' && usage[-1] != '[' &&
		    (*usage == '|' || !is_delimiter(usage, len)))
			fputs("Ns ", stdout);
		put_word(usage, len);
		usage += len;
		close = true;
	}
}

/* ---- options ---- */

/* What a template says of an option. */
struct block {
	char name[LINE_SIZE];
	char *text; /* owned */
	bool used;
};

static void
put_option_item(const struct cli_option *o)
{
	fputs(".It", stdout);
	if (o->letter != 0)
		printf(" Fl %c ,", o->letter);
	printf(" Fl -%s", o->name);
	if (o->value != NULL)
		put_usage(" ", o->value);
	putchar('\n');
}

static void
put_options(const struct cli_option *options, struct block *blocks, size_t n)
{
	for (const struct cli_option *o = options; o != NULL && o->name != NULL;
	     o++) {
		size_t i = 0;

		if (o->help == NULL)
			continue;
		while (i < n && strcmp(blocks[i].name, o->name) != 0)
			i++;
		put_option_item(o);
		if (i < n) {
			fputs(blocks[i].text, stdout);
			blocks[i].used = true;
		} else {
			put_sentence(o->help);
		}
	}
}

/* ---- synopses ---- */

/* The letters of options without value in one, then all others. */
static void
put_synopsis(const struct cli_command *command)
{
	const struct cli_option *o;
	bool letters = false;

	for (o = command->options; o != NULL && o->name != NULL; o++) {
		if (o->letter == 0 || o->value != NULL || o->help == NULL)
			continue;
		printf(letters ? "%c" : ".Op Fl %c", o->letter);
		letters = true;
	}
	if (letters)
		putchar('\n');
	for (o = command->options; o != NULL && o->name != NULL; o++) {
		if (o->help == NULL || (o->letter != 0 && o->value == NULL))
			continue;
		if (o->letter != 0)
			printf(".Op Fl %c", o->letter);
		else
			printf(".Op Fl -%s", o->name);
		if (o->value != NULL)
			put_usage(" ", o->value);
		putchar('\n');
	}
	if (command->args != NULL && command->args[0] != '\0') {
		put_usage(".", command->args);
		putchar('\n');
	}
}

/* ---- commands ---- */

/* @above: options that have been told. */
static void
put_command(const char *noun, const struct cli_command *c,
	    const struct cli_option *above)
{
	printf(".It Cm %s", noun);
	if (strcmp(noun, c->name) != 0)
		printf(" Cm %s", c->name);
	if (c->args != NULL && c->args[0] != '\0')
		put_usage(" ", c->args);
	putchar('\n');
	put_sentence(c->help);
	if (c->details != NULL)
		put_text(c->details);
	if (c->options != NULL && c->options != above) {
		puts(".Bl -tag -width Ds");
		put_options(c->options, NULL, 0);
		puts(".El");
	}
}

/* Does it do anything but what a command below it does? */
static bool
stands_alone(const struct cli_command *c)
{
	const struct cli_command *sub = c->subcommands;

	for (; sub != NULL && sub->name != NULL; sub++) {
		if (sub->run == c->run && sub->data == c->data)
			return false;
	}
	return c->run != NULL && (c->subcommands == NULL ||
				  (c->args != NULL && c->args[0] != '\0'));
}

static void
put_commands(const struct cli_command *commands)
{
	for (const struct cli_command *c = commands; c->name != NULL; c++) {
		const struct cli_command *sub = c->subcommands;

		printf(".Ss %s\n", c->name);
		if (!stands_alone(c) && c->details != NULL)
			put_text(c->details);
		puts(".Bl -tag -width Ds");
		if (stands_alone(c))
			put_command(c->name, c, NULL);
		for (; sub != NULL && sub->name != NULL; sub++)
			put_command(c->name, sub, c->options);
		puts(".El");
	}
}

/* ---- templates ---- */

struct template
{
	const char *path;
	FILE *file;
	int n_lines; /* read so far */
	char line[LINE_SIZE];
};

static int
complain(const struct template *t, const char *what, const char *word)
{
	fprintf(stderr, "%s:%d: %s%s\n", t->path, t->n_lines, what, word);
	return EXIT_INFRA;
}

/* Return: false at the end. */
static bool
next_line(struct template *t)
{
	if (fgets(t->line, sizeof(t->line), t->file) == NULL)
		return false;
	t->n_lines++;
	return true;
}

/* "@NAME" and "@options a b@": what stands behind the first @, without a last
 * one; NULL: another line.  In t->line. */
static char *
directive(struct template *t)
{
	size_t len;

	if (t->line[0] != '@')
		return NULL;
	len = strcspn(t->line, "\n");
	if (len > 1 && t->line[len - 1] == '@')
		len--;
	t->line[len] = '\0';
	return t->line + 1;
}

/* Blocks up to @end@.  Return: exit code. */
static int
read_blocks(struct template *t, struct block *blocks, size_t *n)
{
	while (next_line(t)) {
		const char *word = directive(t);
		char *longer;

		if (word != NULL && strcmp(word, "end") == 0)
			return EXIT_OK;
		if (word != NULL) {
			if (*n == BLOCKS_MAX)
				return complain(t, "too many blocks", "");
			blocks[*n] = (struct block){ .text = xstrdup("") };
			snprintf(blocks[*n].name, LINE_SIZE, "%s", word);
			++*n;
			continue;
		}
		if (*n == 0)
			return complain(t, "of which option is this?", "");
		longer = xasprintf("%s%s", blocks[*n - 1].text, t->line);
		free(blocks[*n - 1].text);
		blocks[*n - 1].text = longer;
	}
	return complain(t, "@end@ is missing", "");
}

/* The command of @root that @words name, none or several behind a space; NULL:
 * there is none. */
static const struct cli_command *
find_command(const struct cli_command *root, char *words)
{
	const char *word;

	if (words[0] == '\0')
		return root;
	words++;
	while ((word = strsep(&words, " ")) != NULL) {
		const struct cli_command *c = root->subcommands;

		while (c != NULL && c->name != NULL &&
		       strcmp(c->name, word) != 0)
			c++;
		if (c == NULL || c->name == NULL)
			return NULL;
		root = c;
	}
	return root;
}

/* Return: exit code. */
static int
replace_options(struct template *t, const struct cli_command *command)
{
	struct block blocks[BLOCKS_MAX];
	size_t n = 0;
	int code;

	code = read_blocks(t, blocks, &n);
	if (code == EXIT_OK)
		put_options(command->options, blocks, n);
	for (size_t i = 0; i < n; i++) {
		if (code == EXIT_OK && !blocks[i].used)
			code = complain(t, "there is no option --",
					blocks[i].name);
		free(blocks[i].text);
	}
	return code;
}

static bool
is_word(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(word, name, len) == 0;
}

static int
replace_line(struct template *t, const struct cli_command *root)
{
	char *word = directive(t);
	const struct cli_command *command;
	size_t len;

	if (word == NULL) {
		fputs(t->line, stdout);
		return EXIT_OK;
	}
	len = strcspn(word, " ");
	if (is_word(word, len, "commands")) {
		put_commands(root->subcommands);
		return EXIT_OK;
	}
	if (!is_word(word, len, "options") && !is_word(word, len, "synopsis"))
		return complain(t, "unknown directive @", word);
	command = find_command(root, word + len);
	if (command == NULL)
		return complain(t, "there is no such command", "");
	if (is_word(word, len, "options"))
		return replace_options(t, command);
	put_synopsis(command);
	return EXIT_OK;
}

int
cli_manual(const struct cli_command *root, const char *template)
{
	struct template t = { .path = template };
	int code = EXIT_OK;

	t.file = fopen(template, "r");
	if (t.file == NULL)
		return complain(&t, "cannot read it: ", strerror(errno));
	while (code == EXIT_OK && next_line(&t))
		code = replace_line(&t, root);
	fclose(t.file);
	return code;
}
