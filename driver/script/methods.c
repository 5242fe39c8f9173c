#include "driver/script/methods.h"

#include <stdlib.h>
#include <string.h>

#include "driver/script/method-tables.h"
#include "lib/nearest.h"
#include "lib/xalloc.h"

static const struct method *const tables[] = {
	methods_machine, methods_unit,	 methods_command, methods_ways,
	methods_network, methods_screen, methods_lab,	  methods_global,
};
enum { N_TABLES = sizeof(tables) / sizeof(tables[0]) };

const char *
method_owner_name(enum method_owner owner)
{
	static const char *const names[METHOD_N_OWNERS] = {
		[METHOD_GLOBAL] = "global",	  [METHOD_MACHINE] = "machine",
		[METHOD_SEGMENT] = "segment",	  [METHOD_PORT] = "port",
		[METHOD_WATCH] = "watch",	  [METHOD_COMMAND] = "command",
		[METHOD_CONDITION] = "condition",
	};

	return names[owner];
}

const struct method *
methods_at(size_t i)
{
	for (size_t t = 0; t < N_TABLES; t++)
		for (const struct method *m = tables[t]; m->name != NULL; m++)
			if (i-- == 0)
				return m;
	return NULL;
}

static bool
belongs(const struct method *method, enum method_owner owner)
{
	return owner == METHOD_N_OWNERS ? method->owner != METHOD_GLOBAL
					: method->owner == owner;
}

const struct method *
methods_find(enum method_owner owner, const char *name)
{
	for (size_t t = 0; t < N_TABLES; t++)
		for (const struct method *m = tables[t]; m->name != NULL; m++)
			if (belongs(m, owner) && strcmp(m->name, name) == 0)
				return m;
	return NULL;
}

const char *
methods_nearest(enum method_owner owner, const char *word)
{
	const struct method *m;
	const char **words, *near;
	size_t n = 0;

	while (methods_at(n) != NULL)
		n++;
	words = xcalloc(n + 1, sizeof(*words));
	n = 0;
	for (size_t i = 0; (m = methods_at(i)) != NULL; i++)
		if (belongs(m, owner))
			words[n++] = m->name;
	near = nearest_word(word, words);
	free(words);
	return near;
}

enum method_kind
method_value_kind(enum method_owner owner)
{
	static const enum method_kind kinds[] = {
		[METHOD_MACHINE] = VALUE_MACHINE,
		[METHOD_SEGMENT] = VALUE_SEGMENT,
		[METHOD_PORT] = VALUE_PORT,
		[METHOD_WATCH] = VALUE_WATCH,
		[METHOD_COMMAND] = VALUE_COMMAND,
		[METHOD_CONDITION] = VALUE_CONDITION,
	};

	return kinds[owner];
}

bool
methods_are_in(const char *table)
{
	size_t len = strlen(table);
	const struct method *m;

	for (size_t i = 0; (m = methods_at(i)) != NULL; i++)
		if (m->owner == METHOD_GLOBAL &&
		    strncmp(m->name, table, len) == 0 && m->name[len] == '.')
			return true;
	return false;
}

/* @text with what follows added; @text is taken. */
static char *
append(char *text, const char *a, const char *b, const char *c)
{
	char *longer = xasprintf("%s%s%s%s", text, a, b, c);

	free(text);
	return longer;
}

char *
method_usage(const struct method *method)
{
	char *text = xstrdup(method->name);
	const char *params = method->params;
	const char *options = method->options;
	struct method_param param;
	const char *sep = "";

	if (params == NULL)
		return text;
	text = append(text, "(", "", "");
	while (method_param_next(&params, &param)) {
		text =
		    append(text, sep, param.name, param.repeated ? "..." : "");
		sep = ", ";
	}
	if (options != NULL) {
		text = append(text, sep, "{ ", "");
		for (sep = ""; method_param_next(&options, &param); sep = ", ")
			text = append(text, sep, param.name, "=");
		text = append(text, " }", "", "");
		sep = ", ";
	}
	if (method->body)
		text = append(text, sep, "function", "");
	return append(text, ")", "", "");
}
