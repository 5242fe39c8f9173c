#include "lib/verb.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/nearest.h"
#include "lib/verb-usage.h"
#include "lib/xalloc.h"

/* A line being read. */
struct reader {
	const struct verb *verb;
	const char *const *words;
	size_t n;
	size_t next; /* word */
	size_t *at;  /* the word at fault */
	struct err *err;
	struct usage usage;
	const char *keywords[USAGE_ITEMS_MAX + 1]; /* NULL-ended */
	uint8_t item_of[USAGE_ITEMS_MAX];	   /* of each */
	bool given[USAGE_ITEMS_MAX];		   /* items */
	const char *signature; /* NULL: the words are only checked */
	const char *dir;
	json_t *params;
};

/* ---- mistakes ---- */

static int __attribute__((format(printf, 3, 4)))
fail(struct reader *r, size_t at, const char *fmt, ...)
{
	va_list ap;

	*r->at = at;
	va_start(ap, fmt);
	err_vset(r->err, -EINVAL, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Tell why nearest_match() found no one @word of @words. */
static int
fail_match(int why, const char *kind, const char *word,
	   const char *const *words, struct err *err)
{
	const char *near = nearest_word(word, words);
	char *list;

	if (why != NEAREST_SEVERAL && near != NULL)
		return err_set(err, -EINVAL,
			       "unknown %s '%s', did you mean '%s'?", kind,
			       word, near);
	list =
	    nearest_list(why == NEAREST_SEVERAL ? word : "",
			 why == NEAREST_SEVERAL ? strlen(word) : 0, words, "");
	err_set(err, -EINVAL,
		why == NEAREST_SEVERAL ? "%s '%s' is ambiguous: %s"
				       : "unknown %s '%s'; there are: %s",
		kind, word, list);
	free(list);
	return -EINVAL;
}

/* ---- noun and verb ---- */

enum { NOUNS_MAX = 64 };

/* Return: index into verb_nouns; -EINVAL with @err set. */
static int
find_noun(const char *word, struct err *err)
{
	const char *names[NOUNS_MAX + 1] = { NULL };
	int i;

	for (i = 0; verb_nouns[i].name != NULL; i++) {
		assert(i < NOUNS_MAX);
		names[i] = verb_nouns[i].name;
	}
	i = nearest_match(word, strlen(word), names);
	return i >= 0 ? i : fail_match(i, "command", word, names, err);
}

/* The rows of @noun that have verbs: their names, ended by NULL, and the row
 * that begins them.  Return: their number. */
static size_t
list_verbs(const char *noun, const char *names[NOUNS_MAX + 1],
	   const struct verb *rows[NOUNS_MAX], const struct verb **alone)
{
	const struct verb *v;
	size_t n = 0;

	*alone = NULL;
	for (size_t i = 0; (v = verb_row(i)) != NULL; i++) {
		if (strcmp(v->noun, noun) != 0)
			continue;
		if (v->verb == NULL) {
			*alone = v;
			continue;
		}
		assert(n < NOUNS_MAX);
		names[n] = v->verb;
		rows[n++] = v;
		if (*alone == NULL && strcmp(v->verb, "show") == 0)
			*alone = v;
	}
	names[n] = NULL;
	return n;
}

static bool
takes_words(const struct verb *verb, size_t n)
{
	int min, max;

	verb_n_words(verb, &min, &max);
	return max < 0 || n <= (size_t)max;
}

int
verb_find(const char *const *words, size_t n, const struct verb **verb,
	  size_t *at, struct err *err)
{
	const char *names[NOUNS_MAX + 1];
	const struct verb *rows[NOUNS_MAX];
	int noun, i;
	size_t n_verbs;

	*at = 0;
	if (n == 0)
		return err_set(err, -EINVAL, "a command is missing");
	noun = find_noun(words[0], err);
	if (noun < 0)
		return noun;
	*at = 1;
	n_verbs = list_verbs(verb_nouns[noun].name, names, rows, verb);
	i = n > 1 ? nearest_match(words[1], strlen(words[1]), names)
		  : NEAREST_NONE;
	if (i >= 0) {
		*verb = rows[i];
		return 2;
	}
	if (*verb != NULL && (n == 1 || n_verbs == 0))
		return 1;
	if (*verb != NULL && i == NEAREST_NONE && takes_words(*verb, n - 1) &&
	    nearest_word(words[1], names) == NULL)
		return 1;
	return fail_match(i, "command", n > 1 ? words[1] : "", names, err);
}

const struct verb *
verb_find_method(const char *method)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_row(i)) != NULL; i++) {
		if (strcmp(v->method, method) == 0)
			return v;
	}
	return NULL;
}

/* ---- parameters ---- */

/* Does the list @files hold @name, for a value like @text? */
static bool
is_file(const char *files, const char *name, const char *text)
{
	size_t len = strlen(name);

	while (files != NULL && *files != '\0') {
		size_t word = strcspn(files, " ");
		bool if_slash = files[word - 1] == '/';

		if (word - if_slash == len && strncmp(files, name, len) == 0)
			return !if_slash || strchr(text, '/') != NULL;
		files += word + strspn(files + word, " ");
	}
	return false;
}

/* Of a value of which no signature knows, only the looks are known.
 * @typed: will it be taken for what it looks like?  Else it stays a text. */
static json_t *
guess(const char *text, bool typed)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	if (json_is_string(value) ||
	    (typed && (json_is_number(value) || json_is_boolean(value))))
		return value;
	json_decref(value);
	return json_text(text, strlen(text));
}

/* Parameter @name of @to is what @text means; it comes from word @at. */
static int
set(struct reader *r, json_t *to, const char *name, const char *text, size_t at)
{
	char *path = NULL;
	json_t *value;

	if (r->signature == NULL)
		return 0;
	if (json_object_get(to, name) != NULL)
		return fail(r, at, "%s is given twice", name);
	if (text[0] != '/' && text[0] != '\0' && strcmp(text, "-") != 0 &&
	    is_file(r->verb->files, name, text))
		text = path = xasprintf("%s/%s", r->dir, text);
	if (to == r->params && json_signature_has(r->signature, name))
		value = json_from_text(r->signature, name, text, r->err);
	else
		value = guess(text, to == r->params);
	free(path);
	*r->at = at;
	if (value == NULL)
		return -EINVAL;
	json_object_set_new(to, name, value);
	return 0;
}

/* The object that parameter @name is a member of; borrowed. */
static json_t *
home_of(struct reader *r, const char *name)
{
	const char *into = r->verb->into;
	json_t *home;

	if (into == NULL || json_signature_has(r->signature, name))
		return r->params;
	home = json_object_get(r->params, into);
	if (home == NULL) {
		home = json_object();
		json_object_set_new(r->params, into, home);
	}
	return home;
}

/* The word @at, "key=value", of which no keyword knows. */
static int
set_setting(struct reader *r, size_t at)
{
	const char *word = r->words[at];
	const char *equals = strchr(word, '=');
	char *key;
	int ret;

	if (equals == NULL || equals == word)
		return fail(r, at, "'%s' is not of the form key=value", word);
	if (r->signature == NULL)
		return 0;
	key = xasprintf("%.*s", (int)(equals - word), word);
	ret = set(r, home_of(r, key), key, equals + 1, at);
	free(key);
	return ret;
}

/* ---- the words by the usage ---- */

/* The keyword that @word is, or, as "vid=7", begins with; then *value is "7",
 * otherwise NULL.  Return: an item; -1. */
static int
whole_keyword(const struct reader *r, const char *word, const char **value)
{
	size_t len = strcspn(word, "=");
	int i = nearest_match(word, len, r->keywords);
	size_t needed;
	int item;

	if (i < 0 || strlen(r->keywords[i]) != len)
		return -1;
	item = r->item_of[i];
	*value = word[len] == '=' ? word + len + 1 : NULL;
	usage_n_values(&r->usage, item, &needed);
	return *value != NULL && needed > 1 ? -1 : item;
}

static int
fail_missing(struct reader *r, const struct usage_item *item)
{
	return fail(r, r->n, "an argument is missing: %.*s",
		    (int)item->shown_len, item->shown);
}

/* All words up to the next keyword, with blanks between them, are parameter
 * @name. */
static int
read_phrase(struct reader *r, const char *name)
{
	char *text = xstrdup(r->words[r->next]), *longer;
	size_t at = r->next++;
	const char *value;
	int ret;

	while (r->next < r->n &&
	       whole_keyword(r, r->words[r->next], &value) < 0) {
		longer = xasprintf("%s %s", text, r->words[r->next++]);
		free(text);
		text = longer;
	}
	ret = set(r, r->params, name, text, at);
	free(text);
	return ret;
}

/* The values behind item @i (-1: those before all keywords), of which the first
 * may be @attached to its keyword. */
static int
read_values(struct reader *r, int i, const char *attached)
{
	size_t needed, n = usage_n_values(&r->usage, i, &needed);
	int ret = 0;

	for (size_t k = 0; ret == 0 && k < n; k++) {
		const struct usage_item *item =
		    &r->usage.items[(size_t)(i + 1) + k];
		const char *value;

		if (k == 0 && attached != NULL) {
			ret = set(r, r->params, item->name, attached,
				  r->next - 1);
			continue;
		}
		if (r->next == r->n && k < needed)
			return fail_missing(r, item);
		if (r->next == r->n ||
		    (k >= needed &&
		     whole_keyword(r, r->words[r->next], &value) >= 0))
			break;
		if (item->phrase) {
			ret = read_phrase(r, item->name);
			continue;
		}
		ret = set(r, r->params, item->name, r->words[r->next], r->next);
		r->next++;
	}
	return ret;
}

static int
read_keyword(struct reader *r, int i, const char *attached)
{
	const struct usage_item *item = &r->usage.items[i];
	size_t at = r->next++, needed;

	if (r->given[i])
		return fail(r, at, "%s is given twice", item->name);
	r->given[i] = true;
	if (usage_n_values(&r->usage, i, &needed) == 0)
		return set(r, r->params, item->name,
			   attached != NULL ? attached : "true", at);
	return read_values(r, i, attached);
}

/* One of the words behind those that have their places. */
static int
read_word(struct reader *r)
{
	const char *word = r->words[r->next], *attached = NULL;
	const struct usage *usage = &r->usage;
	int i = whole_keyword(r, word, &attached);

	if (i >= 0)
		return read_keyword(r, i, attached);
	if (usage->n > 0 && usage->items[usage->n - 1].kind == USAGE_SETTINGS)
		return set_setting(r, r->next++);
	if (r->keywords[0] == NULL)
		return fail(r, r->next, "unexpected argument '%s'", word);
	i = nearest_match(word, strlen(word), r->keywords);
	if (i >= 0)
		return read_keyword(r, r->item_of[i], NULL);
	*r->at = r->next;
	return fail_match(i, "word", word, r->keywords, r->err);
}

static int
read_words(struct reader *r)
{
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < r->usage.n; i++) {
		if (r->usage.items[i].kind != USAGE_KEYWORD)
			continue;
		r->item_of[n] = (uint8_t)i;
		r->keywords[n++] = r->usage.items[i].name;
	}
	ret = read_values(r, -1, NULL);
	while (ret == 0 && r->next < r->n)
		ret = read_word(r);
	for (size_t i = 0; ret == 0 && i < r->usage.n; i++) {
		const struct usage_item *item = &r->usage.items[i];

		if (item->kind == USAGE_KEYWORD && !item->optional &&
		    !r->given[i])
			ret =
			    fail(r, r->n, "a word is missing: %s", item->name);
	}
	return ret;
}

/* ---- the words behind "--" ---- */

/* Return: the index of "--" in @words; @n without. */
static size_t
find_rest(const struct verb *verb, const char *const *words, size_t n)
{
	size_t i = 0;

	while (i < n && (verb->rest == NULL || strcmp(words[i], "--") != 0))
		i++;
	return i;
}

/* Words from @first on are the list r->verb->rest: a program, which is a file
 * when there is a slash in its name, and its arguments. */
static int
set_rest(struct reader *r, const char *const *words, size_t first, size_t n)
{
	const char *name = r->verb->rest;
	json_t *list, *to;

	if (first == n)
		return fail(r, n, "a program is missing behind --");
	if (r->signature == NULL)
		return 0;
	to = home_of(r, name);
	if (json_object_get(to, name) != NULL)
		return fail(r, first, "%s is given twice", name);
	list = json_array();
	for (size_t i = first; i < n; i++) {
		bool is_path = i == first && words[i][0] != '/' &&
			       strchr(words[i], '/') != NULL;
		char *path =
		    is_path ? xasprintf("%s/%s", r->dir, words[i]) : NULL;
		const char *text = is_path ? path : words[i];

		json_array_append_new(list, json_text(text, strlen(text)));
		free(path);
	}
	json_object_set_new(to, name, list);
	return 0;
}

int
verb_params(const struct verb *verb, const char *const *words, size_t n,
	    const char *signature, const char *dir, json_t **params, size_t *at,
	    struct err *err)
{
	size_t n_own = find_rest(verb, words, n);
	struct reader r = { .verb = verb,
			    .words = words,
			    .n = n_own,
			    .at = at,
			    .err = err,
			    .signature = signature,
			    .dir = dir };
	int ret = usage_parse(verb->usage, &r.usage);

	assert(ret == 0);
	*at = n;
	*params = r.params = json_object();
	ret = read_words(&r);
	if (ret == 0 && n_own < n)
		ret = set_rest(&r, words, n_own + 1, n);
	if (ret < 0) {
		json_decref(r.params);
		*params = NULL;
	}
	return ret;
}

int
verb_check(const struct verb *verb, const char *const *words, size_t n,
	   size_t *at, struct err *err)
{
	json_t *params;
	int ret = verb_params(verb, words, n, NULL, NULL, &params, at, err);

	json_decref(params);
	return ret;
}

/* ---- for people ---- */

void
verb_n_words(const struct verb *verb, int *min, int *max)
{
	struct usage usage;
	size_t needed, n;
	int ret = usage_parse(verb->usage, &usage);

	assert(ret == 0);
	(void)ret;
	n = usage_n_values(&usage, -1, &needed);
	*min = (int)needed;
	*max = n == usage.n && verb->rest == NULL ? (int)n : -1;
}

char *
verb_usage_text(const struct verb *verb)
{
	static const char rest[] = " [-- PROGRAM [ARGUMENT]...]";
	size_t used = 0;
	const char *in = verb->usage;
	char *text = xcalloc(strlen(in) + sizeof(rest), 1);

	while (*in != '\0') {
		size_t brackets = strspn(in, "[");
		size_t word = brackets + strcspn(in + brackets, " ");
		const char *colon = memchr(in, ':', word);

		memcpy(text + used, in, brackets);
		used += brackets;
		if (colon != NULL)
			brackets = (size_t)(colon + 1 - in);
		memcpy(text + used, in + brackets, word - brackets);
		used += word - brackets;
		in += word;
		if (*in == ' ')
			text[used++] = *in++;
	}
	if (verb->rest != NULL)
		memcpy(text + used, rest, sizeof(rest));
	return text;
}
