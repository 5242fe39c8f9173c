/* What words of vdelabctl may become: by the usage of its verbs, and by asking
 * the switch for the names of what it has. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/paths.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

enum { PATIENCE_MS = 5000 }; /* of somebody who presses a key */

struct completion {
	const struct cli *cli;
	const struct verb *verb;
	const char *const *words; /* behind the verb, but for the typed one */
	size_t n_words;
	const char *prefix; /* "port=" stands before each candidate */
};

static void
offer(const struct completion *c, const char *text, const char *help)
{
	char *full = xasprintf("%s%s", c->prefix, text);

	cli_candidate(c->cli, full, help);
	free(full);
}

/* ---- names that the switch knows ---- */

/* Return: what it answers, returned owned; NULL without complaint. */
static json_t *
ask(const struct cli *cli, const char *method)
{
	json_t *result = NULL;
	struct ctl ctl;

	if (ctl_try(&ctl, cli))
		result = rpc_call_sync(ctl.fd, method, NULL, NULL, 0,
				       PATIENCE_MS, NULL);
	ctl_close(&ctl);
	return result;
}

/* What the rows of @method's list have in @key; @help: another member. */
static void
offer_rows(const struct completion *c, const char *method, const char *key,
	   const char *help)
{
	json_t *list = ask(c->cli, method);
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		char *text = ctl_value_text(json_object_get(row, key));

		if (text != NULL)
			offer(c, text, json_str_or(row, help, NULL));
		free(text);
	}
	json_decref(list);
}

static void
offer_segments(const struct completion *c)
{
	offer_rows(c, "segment.show", "name", "mode");
}

static void
offer_ports(const struct completion *c)
{
	offer_rows(c, "port.show", "name", "segment");
}

/* Those that can be added by hand have parameters, be they none. */
static void
offer_kinds(const struct completion *c)
{
	json_t *list = ask(c->cli, "port.kinds");
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		if (json_object_get(row, "params") != NULL)
			offer(c, json_str_or(row, "name", ""),
			      json_str_or(row, "summary", NULL));
	}
	json_decref(list);
}

/* Of what `NOUN show` lists. */
static void
offer_ids(const struct completion *c)
{
	char *method;

	if (c->verb == NULL)
		return;
	method = xasprintf("%s.show", c->verb->noun);
	offer_rows(c, method, "id", "summary");
	free(method);
}

/* Those that came with the switch; others are files. */
static void
offer_plugins(const struct completion *c)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	puts(":file");
	if (paths_find(PATHS_PLUGINS, "capture.so", path, sizeof(path), NULL) <
	    0)
		return;
	*strrchr(path, '/') = '\0';
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *dot = strrchr(entry->d_name, '.');

		if (dot == NULL || strcmp(dot, ".so") != 0)
			continue;
		*dot = '\0';
		offer(c, entry->d_name, NULL);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
offer_nouns(const struct completion *c)
{
	for (const struct verb_noun *n = verb_nouns; n->name != NULL; n++)
		offer(c, n->name, n->help);
}

/* ---- values ---- */

/* By the name of the parameter. */
static const struct {
	const char *name;
	void (*offer)(const struct completion *c);
} values[] = {
	{ "id", offer_ids },	 { "kind", offer_kinds },
	{ "noun", offer_nouns }, { "plugin", offer_plugins },
	{ "port", offer_ports }, { "segment", offer_segments },
};

static bool
offer_value(const struct completion *c, const char *name)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcasecmp(values[i].name, name) == 0) {
			values[i].offer(c);
			return true;
		}
	}
	return false;
}

/* "in|out|both" */
static void
offer_words(const struct completion *c, const struct usage_item *item)
{
	char *copy = xasprintf("%.*s", (int)item->shown_len, item->shown);
	char *rest = copy, *one;

	while ((one = strsep(&rest, "|")) != NULL) {
		if (!isupper((unsigned char)one[0]))
			offer(c, one, NULL);
	}
	free(copy);
}

/* ---- by the usage ---- */

/* What the words say so far, returned owned; NULL while there is a mistake. */
static json_t *
params_so_far(const struct completion *c, const char *signature)
{
	json_t *params;
	size_t at;

	verb_params(c->verb, c->words, c->n_words, signature, "/", &params, &at,
		    NULL);
	return params;
}

/* Is it a parameter of other @kinds of port, and not of the one of @params? */
static bool
is_of_other_kinds(const json_t *kinds, const json_t *params, const char *key)
{
	const char *kind = json_str_or(params, "kind", "");
	bool is_known = false, is_of_others = false;
	const json_t *row;
	size_t i;

	json_array_foreach(kinds, i, row)
	{
		bool has =
		    json_signature_has(json_str_or(row, "params", ""), key);

		if (strcmp(json_str_or(row, "name", ""), kind) != 0) {
			is_of_others = is_of_others || has;
			continue;
		}
		if (has)
			return false;
		is_known = true;
	}
	return is_known && is_of_others;
}

static void
offer_setting(const struct completion *c, const char *key)
{
	char *text = xasprintf("%s=", key);

	offer(c, text, NULL);
	free(text);
}

/* "path=", for each parameter that the usage does not name; once a port has a
 * kind, for none that other kinds have. */
static void
offer_settings(const struct completion *c)
{
	json_t *methods = ask(c->cli, "rpc.methods"), *kinds = NULL, *params;
	const char *signature = "";
	const json_t *row;
	size_t i;

	json_array_foreach(methods, i, row)
	{
		if (strcmp(json_str_or(row, "name", ""), c->verb->method) == 0)
			signature = json_str_or(row, "params", "");
	}
	if (strcmp(c->verb->method, "port.add") == 0)
		kinds = ask(c->cli, "port.kinds");
	params = params_so_far(c, signature);
	while (*signature != '\0') {
		size_t len = strcspn(signature, ":");
		char *key = xasprintf("%.*s", (int)len, signature);

		if (!verb_names(c->verb, key, len) &&
		    !is_of_other_kinds(kinds, params, key))
			offer_setting(c, key);
		free(key);
		signature += strcspn(signature, " ");
		signature += strspn(signature, " ");
	}
	json_decref(params);
	json_decref(kinds);
	json_decref(methods);
}

static void
offer_item(const struct usage_item *item, void *arg)
{
	const struct completion *c = arg;

	if (item->kind == USAGE_KEYWORD)
		offer(c, item->name, NULL);
	else if (item->kind == USAGE_SETTINGS)
		offer_settings(c);
	else if (strcmp(item->name, "file") == 0)
		puts(":file");
	else if (!offer_value(c, item->name))
		offer_words(c, item);
}

static void
offer_next(struct completion *c, const char *const *words, size_t n)
{
	const char *typed = cli_typed(c->cli);
	struct usage_item item;
	char *prefix;

	c->words = words;
	c->n_words = n;
	if (!verb_expect_value(c->verb, typed, &item)) {
		verb_expect(c->verb, words, n, offer_item, c);
		return;
	}
	prefix = xasprintf("%.*s", (int)strcspn(typed, "=") + 1, typed);
	c->prefix = prefix;
	offer_item(&item, c);
	free(prefix);
}

/* The arguments before the word that is typed; the array is returned owned. */
static const char **
words_of(const struct cli *cli, size_t *n)
{
	const char **words;

	*n = (size_t)cli_n_args(cli);
	words = xcalloc(*n + 1, sizeof(*words));
	for (size_t i = 0; i < *n; i++)
		words[i] = cli_word(cli, (int)i);
	return words;
}

bool
ctl_complete(const struct cli *cli, const char *value)
{
	struct completion c = { .cli = cli,
				.verb = cli_data(cli),
				.prefix = "" };
	const char **words;
	size_t n;

	if (value != NULL)
		return offer_value(&c, value);
	if (c.verb == NULL) {
		ctl_complete_instances(cli);
		return false;
	}
	words = words_of(cli, &n);
	offer_next(&c, words, n);
	free(words);
	return true;
}

void
ctl_complete_settings(const struct cli *cli, const char *method, size_t n)
{
	const struct verb verb = { .usage = "[KEY=VALUE...]",
				   .method = method };
	size_t n_all;
	const char **words = words_of(cli, &n_all);
	const struct completion c = { .cli = cli,
				      .verb = &verb,
				      .words = words + n,
				      .n_words = n_all - n,
				      .prefix = "" };

	offer_settings(&c);
	free(words);
}

/* ---- `watch COMMAND` ---- */

/* Nouns, or the verbs of @noun, that show something. */
static void
offer_asking(const struct completion *c, const char *noun)
{
	const struct verb *v;
	const char *last = "";

	for (size_t i = 0; (v = verb_row(i)) != NULL; i++) {
		if (!v->asks)
			continue;
		if (noun == NULL && strcmp(last, v->noun) != 0)
			offer(c, v->noun, v->help);
		else if (noun != NULL && v->verb != NULL &&
			 strcmp(noun, v->noun) == 0)
			offer(c, v->verb, v->help);
		last = v->noun;
	}
}

bool
ctl_complete_watch(const struct cli *cli, const char *value)
{
	struct completion c = { .cli = cli, .prefix = "" };
	const char **words;
	size_t n, at;
	int taken;

	if (value != NULL)
		return false;
	words = words_of(cli, &n);
	taken = verb_find(words, n, &c.verb, &at, NULL);
	if (n == 0)
		offer_asking(&c, NULL);
	if (n == 1 && taken == 1)
		offer_asking(&c, c.verb->noun);
	if (taken > 0)
		offer_next(&c, words + taken, n - (size_t)taken);
	free(words);
	return true;
}

/* ---- `call METHOD` ---- */

bool
ctl_complete_call(const struct cli *cli, const char *value)
{
	const struct completion c = { .cli = cli, .prefix = "" };
	const char *method = cli_word(cli, 0);

	if (value != NULL)
		return false;
	if (method == NULL)
		offer_rows(&c, "rpc.methods", "name", "summary");
	else
		ctl_complete_settings(cli, method, 1);
	return true;
}
