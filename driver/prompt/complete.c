#include "driver/prompt/complete.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "driver/prompt/commands.h"
#include "driver/script/lua-library.h"
#include "driver/script/methods.h"
#include "lib/json.h"
#include "lib/xalloc.h"

/* What is being typed: "client.eth1:se", or behind a quote. */
struct tail {
	const char *base; /* before the last '.' or ':' */
	size_t base_len;
	char sep; /* that; 0: there is none */
	const char *word;
	size_t len;
};

static void
add(struct completion *c, const struct tail *tail, const char *word,
    const char *suffix)
{
	if (strncmp(word, tail->word, tail->len) != 0)
		return;
	c->words = xrealloc(c->words, c->n + 1, sizeof(*c->words));
	c->words[c->n++] = xasprintf("%s%s", word, suffix);
}

/* ---- what there is ---- */

static const json_t *
find_machine(const json_t *info, const char *name, size_t len)
{
	const json_t *machines = json_object_get(info, "machines");
	json_t *machine;
	size_t i;

	json_array_foreach(machines, i, machine)
	{
		const char *known = json_str_or(machine, "name", "");

		if (strlen(known) != len)
			continue;
		/* A '-' of a name is a '_' in Lua. */
		for (size_t k = 0; k < len; k++)
			if (known[k] != name[k] &&
			    !(known[k] == '-' && name[k] == '_'))
				goto other;
		return machine;
	other:;
	}
	if (len == strlen("machine") && strncmp(name, "machine", len) == 0 &&
	    json_array_size(machines) == 1)
		return json_array_get(machines, 0);
	return NULL;
}

static void
add_names(const json_t *info, struct completion *c, const struct tail *tail,
	  const char *suffix)
{
	json_t *machine, *segment;
	size_t i;

	json_array_foreach(json_object_get(info, "machines"), i, machine)
	{
		char *name = xstrdup(json_str_or(machine, "name", ""));

		for (char *p = name; *p != '\0'; p++)
			if (*p == '-')
				*p = '_';
		add(c, tail, name, suffix);
		free(name);
	}
	json_array_foreach(json_object_get(info, "segments"), i, segment)
	    add(c, tail, json_string_value(segment), suffix);
}

/* @functions: f(), else values. */
static void
add_methods(struct completion *c, const struct tail *tail,
	    enum method_owner owner, bool functions)
{
	const struct method *m;

	for (size_t i = 0; (m = methods_at(i)) != NULL; i++)
		if (m->owner == owner && (m->params != NULL) == functions)
			add(c, tail, m->name, functions ? "(" : "");
}

static bool
is_segment(const json_t *info, const char *name, size_t len)
{
	json_t *segment;
	size_t i;

	json_array_foreach(json_object_get(info, "segments"), i, segment)
	{
		const char *known = json_string_value(segment);

		if (strlen(known) == len && strncmp(known, name, len) == 0)
			return true;
	}
	return false;
}

/* What stands before ':' or '.'; METHOD_N_OWNERS: nobody knows. */
static enum method_owner
owner_of(const json_t *info, const struct tail *tail)
{
	const char *dot = memchr(tail->base, '.', tail->base_len);

	if (dot != NULL)
		return find_machine(info, tail->base,
				    (size_t)(dot - tail->base)) != NULL
			   ? METHOD_PORT
			   : METHOD_N_OWNERS;
	if (find_machine(info, tail->base, tail->base_len) != NULL)
		return METHOD_MACHINE;
	if (is_segment(info, tail->base, tail->base_len))
		return METHOD_SEGMENT;
	return METHOD_N_OWNERS;
}

static void
add_members(const json_t *info, struct completion *c, const struct tail *tail)
{
	enum method_owner owner = owner_of(info, tail);
	char *name = strndup(tail->base, tail->base_len);
	const struct lua_library *library = lua_library_find(name);
	json_t *nic;
	size_t i;

	free(name);
	if (library != NULL && tail->sep == '.') {
		for (i = 0; library->members[i] != NULL; i++)
			add(c, tail, library->members[i], "");
		return;
	}
	if (owner == METHOD_N_OWNERS) {
		/* A variable: it may hold any object. */
		for (int o = METHOD_GLOBAL + 1; o < METHOD_N_OWNERS; o++)
			add_methods(c, tail, (enum method_owner)o,
				    tail->sep == ':');
		return;
	}
	add_methods(c, tail, owner, tail->sep == ':');
	if (owner != METHOD_MACHINE || tail->sep != '.')
		return;
	json_array_foreach(
	    json_object_get(find_machine(info, tail->base, tail->base_len),
			    "nics"),
	    i, nic) add(c, tail, json_str_or(nic, "name", ""), "");
}

static void
add_globals(const json_t *info, struct completion *c, const struct tail *tail,
	    bool begins_line)
{
	static const char *const typed[] = { "help(", "locals", "run_subtest(",
					     "subtests()", "test_script()" };
	static const char *const keywords[] = {
		"and",	    "do",     "else", "elseif", "end",	 "false", "for",
		"function", "if",     "in",   "local",	"nil",	 "not",	  "or",
		"repeat",   "return", "then", "true",	"until", "while",
	};
	const struct lua_library *libraries = lua_libraries();

	add_names(info, c, tail, "");
	add_methods(c, tail, METHOD_GLOBAL, true);
	add_methods(c, tail, METHOD_GLOBAL, false);
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		add(c, tail, typed[i], "");
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		add(c, tail, keywords[i], "");
	for (size_t i = 0; libraries[0].members[i] != NULL; i++)
		if (islower((unsigned char)libraries[0].members[i][0]))
			add(c, tail, libraries[0].members[i], "(");
	for (size_t i = 1; libraries[i].name != NULL; i++)
		add(c, tail, libraries[i].name, ".");
	if (!begins_line)
		return;
	for (size_t i = 0; prompt_command_at(i) != NULL; i++)
		add(c, tail, prompt_command_at(i), " ");
}

/* ---- what is wanted ---- */

/* Is the end of the line inside of a string?  Then @tail is what it holds. */
static bool
find_quoted(const char *line, size_t len, struct tail *tail)
{
	char quote = '\0';

	for (size_t i = 0; i < len; i++) {
		if (quote == '\0' && (line[i] == '"' || line[i] == '\'')) {
			quote = line[i];
			tail->word = &line[i + 1];
		} else if (quote != '\0' && line[i] == '\\') {
			i++;
		} else if (line[i] == quote) {
			quote = '\0';
		}
	}
	tail->len = (size_t)(line + len - tail->word);
	tail->base = line;
	tail->base_len = tail->word > line ? (size_t)(tail->word - line) : 0;
	return quote != '\0';
}

static bool
ends_with(const struct tail *tail, const char *word)
{
	size_t len = strlen(word);

	/* The quote itself is the last of it. */
	return tail->base_len > len &&
	       strncmp(tail->base + tail->base_len - 1 - len, word, len) == 0;
}

static void
add_texts(const json_t *info, struct completion *c, const struct tail *tail)
{
	const struct method *m;
	json_t *name;
	size_t i;

	if (ends_with(tail, "run_subtest(")) {
		json_array_foreach(json_object_get(info, "subtests"), i, name)
		    add(c, tail, json_string_value(name), "");
	} else if (ends_with(tail, "help(")) {
		for (i = 0; (m = methods_at(i)) != NULL; i++)
			add(c, tail, m->name, "");
	}
}

static void
find_tail(const char *line, size_t len, struct tail *tail)
{
	const char *end = line + len, *p = end;

	*tail = (struct tail){ .base = end, .word = end };
	while (p > line && (isalnum((unsigned char)p[-1]) || p[-1] == '_' ||
			    p[-1] == '.' || p[-1] == ':'))
		p--;
	tail->base = tail->word = p;
	for (const char *q = p; q < end; q++) {
		if (*q != '.' && *q != ':')
			continue;
		tail->sep = *q;
		tail->base_len = (size_t)(q - p);
		tail->word = q + 1;
	}
	tail->len = (size_t)(end - tail->word);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort(struct completion *c)
{
	size_t n = 0;

	if (c->n == 0)
		return;
	qsort(c->words, c->n, sizeof(*c->words), by_text);
	for (size_t i = 0; i < c->n; i++) {
		if (n > 0 && strcmp(c->words[n - 1], c->words[i]) == 0)
			free(c->words[i]);
		else
			c->words[n++] = c->words[i];
	}
	c->n = n;
}

void
complete_line(const json_t *info, const char *line, size_t len,
	      struct completion *c)
{
	const char *word = line;
	struct tail tail = { .word = line };

	*c = (struct completion){ .n = 0 };
	if (find_quoted(line, len, &tail)) {
		add_texts(info, c, &tail);
	} else {
		find_tail(line, len, &tail);
		while (word < tail.base && *word == ' ')
			word++;
		if (tail.sep != '\0')
			add_members(info, c, &tail);
		else if (prompt_command_takes(word, (size_t)(tail.base - word)))
			add_names(info, c, &tail, "");
		else
			add_globals(info, c, &tail, word == tail.base);
	}
	c->typed = tail.len;
	sort(c);
}

size_t
complete_common(const struct completion *c)
{
	size_t len = c->n > 0 ? strlen(c->words[0]) : 0;

	for (size_t i = 1; i < c->n; i++)
		for (size_t k = 0; k < len; k++)
			if (c->words[i][k] != c->words[0][k])
				len = k;
	return len;
}

void
complete_fini(struct completion *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->words[i]);
	free(c->words);
	*c = (struct completion){ .n = 0 };
}
