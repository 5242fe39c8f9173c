/*
 * Any line is a command or a mistake with a word and a text; a line whose words
 * are in order has parameters or a mistake that only their types can tell; and
 * before each of its words something was expected.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/verb.h"
#include "lib/words.h"
#include "lib/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int truth)
{
	if (!truth)
		abort();
}

static void
count(const struct usage_item *item, void *arg)
{
	require(item->kind == USAGE_SETTINGS || item->name[0] != '\0');
	++*(size_t *)arg;
}

/* "port:str? vid:str? ...": all that the usage names, of a type that any text
 * is. */
static char *
make_signature(const struct verb *verb)
{
	char *signature = xstrdup("other:int?");
	struct usage usage;

	require(usage_parse(verb->usage, &usage) == 0);
	for (size_t i = 0; i < usage.n; i++) {
		const struct usage_item *item = &usage.items[i];
		char *longer;

		if (item->kind == USAGE_SETTINGS)
			continue;
		longer = xasprintf("%s %s:str?", signature, item->name);
		free(signature);
		signature = longer;
	}
	return signature;
}

static void
try_params(const struct verb *verb, const char *const *words, size_t n)
{
	char *signature = make_signature(verb);
	struct err err = ERR_INIT;
	json_t *params;
	size_t at = SIZE_MAX;
	int checked = verb_check(verb, words, n, &at, &err);
	int ret;

	require(checked == 0 || (at <= n && err.text[0] != '\0'));
	ret = verb_params(verb, words, n, signature, "/", &params, &at, &err);
	require((ret == 0) == json_is_object(params));
	require(ret < 0 || checked == 0);
	require(ret == 0 || (at <= n && err.text[0] != '\0'));
	for (size_t i = 0; checked == 0 && i < n; i++) {
		size_t expected = 0;

		verb_expect(verb, words, i, count, &expected);
		require(expected > 0);
	}
	json_decref(params);
	free(signature);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = xcalloc(size + 1, 1);
	const struct verb *verb;
	struct err err = ERR_INIT;
	struct words words;
	size_t at = SIZE_MAX;
	int n;

	memcpy(line, data, size);
	if (words_split(line, &words, &err) == 0) {
		n = verb_find(words.word, words.n, &verb, &at, &err);
		if (n > 0)
			try_params(verb, words.word + n, words.n - (size_t)n);
		else
			require(at <= words.n && err.text[0] != '\0');
		words_fini(&words);
	}
	free(line);
	return 0;
}
