/*
 * control-manual: doc/control-api.md from its template and the tables that the
 * switch itself works with.  Runs when the switch is built.
 *
 * A line @methods@, @kinds@ or @events@ of the template is replaced.
 */
#include <stdio.h>
#include <string.h>

#include "switch/kinds.h"
#include "switch/methods/methods.h"
#include "switch/ports/port-provider.h"

enum { COLUMNS = 80 };

/* Prints @text, filling lines. */
static void
put_paragraph(const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > 0 && column + 1 + len > COLUMNS) {
			putchar('\n');
			column = 0;
		} else if (column > 0) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	puts("\n");
}

/* A summary as a sentence. */
static void
put_sentence(const char *summary)
{
	char text[256];

	snprintf(text, sizeof(text), "%s.", summary);
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	put_paragraph(text);
}

static void
put_params(const char *params)
{
	if (params[0] != '\0')
		printf("    %s\n\n", params);
}

static void
put_method(const struct rpc_method *m)
{
	char result[1024];

	printf("### %s\n\n", m->name);
	put_params(m->params);
	put_sentence(m->summary);
	snprintf(result, sizeof(result), "→ %s", m->result);
	put_paragraph(result);
	if (m->details != NULL)
		put_paragraph(m->details);
}

static void
put_methods(void)
{
	for (size_t i = 0; method_tables[i] != NULL; i++) {
		const struct rpc_method *m = method_tables[i];

		for (; m->name != NULL; m++)
			put_method(m);
		if (i == 0) /* whose noun it shares */
			put_method(&method_subscribe);
	}
}

static void
put_kinds(void)
{
	for (const struct port_kind *const *k = port_kinds; *k != NULL; k++) {
		printf("### %s\n\n", (*k)->name);
		if ((*k)->params != NULL)
			put_params((*k)->params);
		put_sentence((*k)->summary);
		if ((*k)->details != NULL)
			put_paragraph((*k)->details);
	}
}

static void
put_events(void)
{
	for (const struct control_event *e = control_events; e->name != NULL;
	     e++) {
		printf("### Event %s\n\n", e->name);
		put_params(e->data);
		put_sentence(e->summary);
		if (e->details != NULL)
			put_paragraph(e->details);
	}
}

static const struct {
	const char *line;
	void (*put)(void);
} tables[] = {
	{ "@methods@\n", put_methods },
	{ "@kinds@\n", put_kinds },
	{ "@events@\n", put_events },
};

static void
put_line(const char *line)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(line, tables[i].line) == 0) {
			tables[i].put();
			return;
		}
	}
	fputs(line, stdout);
}

int
main(int argc, char **argv)
{
	char line[1024];
	FILE *template;

	if (argc != 2) {
		fputs("usage: control-manual TEMPLATE\n", stderr);
		return 2;
	}
	template = fopen(argv[1], "r");
	if (template == NULL) {
		perror(argv[1]);
		return 1;
	}
	while (fgets(line, sizeof(line), template) != NULL)
		put_line(line);
	fclose(template);
	return fflush(stdout) == 0 ? 0 : 1;
}
