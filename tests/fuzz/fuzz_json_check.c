/*
 * Arguments against a fixed signature.  Properties: what is accepted has every
 * required member, no unknown one, and values in range, judged here without
 * the signature; what is refused has a text.  A word that json_from_text()
 * takes is one that json_check() accepts.  json_text() gives what a strict
 * reader of JSON reads back.
 */
#include "lib/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char signature[] =
    "port:name mtu:int(68..65536) file:str? n:int? rate:num? on:bool? "
    "dir:in|out|both? options:obj? rows:list? extra:any?";
static const char *const members[] = {
	"port", "mtu",	   "file", "n",	    "rate",    "on",
	"dir",	"options", "rows", "extra", "unknown",
};

static void
want(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_in_range(const json_t *args)
{
	const char *port = json_string_value(json_object_get(args, "port"));
	json_int_t mtu = json_integer_value(json_object_get(args, "mtu"));
	const char *dir = json_str_or(args, "dir", "in");

	return port != NULL && port[0] != '\0' && strlen(port) <= 63 &&
	       strpbrk(port, "/ \nABCXYZ\"") == NULL && mtu >= 68 &&
	       mtu <= 65536 &&
	       (strcmp(dir, "in") == 0 || strcmp(dir, "out") == 0 ||
		strcmp(dir, "both") == 0);
}

static void
try_arguments(const uint8_t *data, size_t size)
{
	json_t *args = json_loadb((const char *)data, size,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	struct err err = ERR_INIT;
	size_t n_known = 0;

	if (args == NULL)
		return;
	if (json_check(args, signature, &err) < 0) {
		want(err.code < 0 && err.text[0] != '\0');
	} else {
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]);
		     i++)
			n_known += json_object_get(args, members[i]) != NULL;
		want(json_object_get(args, "unknown") == NULL);
		want(json_object_size(args) == n_known);
		want(is_in_range(args));
	}
	json_decref(args);
}

static void
try_words(const char *word)
{
	json_t *args = json_pack("{s:s, s:i}", "port", "a", "mtu", 1500);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct err err = ERR_INIT;
		json_t *value =
		    json_from_text(signature, members[i], word, &err);
		json_t *with;

		if (value == NULL) {
			want(err.code < 0 && err.text[0] != '\0');
			continue;
		}
		with = json_copy(args);
		json_object_set_new(with, members[i], value);
		want(json_check(with, signature, &err) == 0);
		json_decref(with);
	}
	json_decref(args);
}

static void
try_text(const uint8_t *data, size_t size)
{
	json_t *text = json_text(data, size);
	char *dump = json_dumps(text, JSON_ENCODE_ANY);
	json_t *back = json_loads(dump, JSON_DECODE_ANY, NULL);

	want(back != NULL && json_equal(back, text));
	want(json_string_length(text) >= size);
	json_decref(back);
	free(dump);
	json_decref(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *word = malloc(size + 1);

	if (word == NULL)
		return 0;
	if (size > 0)
		memcpy(word, data, size);
	word[size] = '\0';
	try_arguments(data, size);
	try_words(word);
	try_text(data, size);
	free(word);
	return 0;
}
