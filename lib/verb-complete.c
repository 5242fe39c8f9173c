/* What may follow the words of a verb. */
#include <assert.h>
#include <string.h>

#include "lib/verb.h"

/* The keyword that @word is or begins with, up to '='; -1: none. */
static int
keyword_of(const struct usage *usage, const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < usage->n; i++) {
		const struct usage_item *item = &usage->items[i];

		if (item->kind == USAGE_KEYWORD && strlen(item->name) == len &&
		    memcmp(item->name, word, len) == 0)
			return (int)i;
	}
	return -1;
}

void
verb_expect(const struct verb *verb, const char *const *words, size_t n,
	    verb_expect_fn *fn, void *arg)
{
	bool given[USAGE_ITEMS_MAX] = { false };
	size_t needed, n_values, taken = 0; /* values behind .. */
	int keyword = -1;		    /* .. this; -1: before all */
	struct usage usage;
	int ret = usage_parse(verb->usage, &usage);

	assert(ret == 0);
	(void)ret;
	n_values = usage_n_values(&usage, keyword, &needed);
	for (size_t i = 0; verb->rest != NULL && i < n; i++) {
		if (strcmp(words[i], "--") == 0)
			return; /* a program's, of which nothing is known */
	}
	for (size_t i = 0; i < n; i++) {
		int k = taken < needed ? -1 : keyword_of(&usage, words[i]);

		if (k >= 0) {
			given[k] = true;
			keyword = k;
			n_values = usage_n_values(&usage, k, &needed);
			taken = strchr(words[i], '=') != NULL;
		} else {
			taken++; /* or a setting: then all are */
		}
	}
	if (taken < n_values)
		fn(&usage.items[(size_t)(keyword + 1) + taken], arg);
	if (taken < needed)
		return;
	for (size_t i = 0; i < usage.n; i++) {
		if (usage.items[i].kind != USAGE_VALUE && !given[i])
			fn(&usage.items[i], arg);
	}
}

bool
verb_expect_value(const struct verb *verb, const char *word,
		  struct usage_item *item)
{
	struct usage usage;
	size_t needed;
	int k;

	if (strchr(word, '=') == NULL || usage_parse(verb->usage, &usage) < 0)
		return false;
	k = keyword_of(&usage, word);
	if (k < 0 || usage_n_values(&usage, k, &needed) == 0)
		return false;
	*item = usage.items[k + 1];
	return true;
}

bool
verb_names(const struct verb *verb, const char *name, size_t len)
{
	struct usage usage;

	if (usage_parse(verb->usage, &usage) < 0)
		return false;
	for (size_t i = 0; i < usage.n; i++) {
		if (strlen(usage.items[i].name) == len &&
		    memcmp(usage.items[i].name, name, len) == 0)
			return true;
	}
	return false;
}
