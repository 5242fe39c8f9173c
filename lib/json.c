#include "lib/json.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/nearest.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

enum {
	KEY_SHOWN = 64,	  /* bytes of a foreign key in a message */
	VALUE_SHOWN = 40, /* bytes of a foreign string in a message */
	VALUE_TEXT_SIZE = 64,
	TYPE_TEXT_SIZE = 256,
};

/* One "name:type" word of a signature; points into it. */
struct member {
	const char *name;
	size_t name_len;
	const struct type *type;
	const char *words; /* "in|out|both", of words_len bytes */
	size_t words_len;
	int64_t min, max; /* of int */
	bool optional;
};

struct type {
	const char *name;
	const char *what; /* "must be ..." */
	bool (*holds)(const json_t *value, const struct member *m);
	/* Returned owned, or NULL: @text cannot be one.  What comes back is
	 * still to be asked whether it holds. */
	json_t *(*from_text)(const char *text);
};

/* ---- types ---- */

/* The string of @value; NULL when it is none or has a NUL inside. */
static const char *
text_of(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != json_string_length(value))
		return NULL;
	return text;
}

static bool
is_str(const json_t *value, const struct member *m)
{
	(void)m;
	return text_of(value) != NULL;
}

static bool
is_name(const json_t *value, const struct member *m)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const char *text = text_of(value);
	size_t len;

	(void)m;
	if (text == NULL || strspn(text, first) == 0)
		return false;
	len = strspn(text, rest);
	return text[len] == '\0' && len <= JSON_NAME_MAX;
}

static bool
is_int(const json_t *value, const struct member *m)
{
	return json_is_integer(value) && json_integer_value(value) >= m->min &&
	       json_integer_value(value) <= m->max;
}

static bool
is_num(const json_t *value, const struct member *m)
{
	(void)m;
	return json_is_number(value) && isfinite(json_number_value(value));
}

static bool
is_bool(const json_t *value, const struct member *m)
{
	(void)m;
	return json_is_boolean(value);
}

static bool
is_obj(const json_t *value, const struct member *m)
{
	(void)m;
	return json_is_object(value);
}

static bool
is_list(const json_t *value, const struct member *m)
{
	(void)m;
	return json_is_array(value);
}

static bool
is_any(const json_t *value, const struct member *m)
{
	(void)m;
	return value != NULL;
}

static bool
is_word(const json_t *value, const struct member *m)
{
	const char *text = text_of(value);
	const char *end = m->words + m->words_len;
	size_t len;

	if (text == NULL)
		return false;
	for (const char *at = m->words; at < end; at += len + 1) {
		len = strcspn(at, "|? ");
		if (strlen(text) == len && memcmp(text, at, len) == 0)
			return true;
	}
	return false;
}

static json_t *
int_from_text(const char *text)
{
	char *end;
	long long n;

	/* strtoll() would skip space, which nobody means */
	if (strspn(text, "+-0123456789") != strlen(text))
		return NULL;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0)
		return NULL;
	return json_integer(n);
}

static json_t *
num_from_text(const char *text)
{
	json_t *value = int_from_text(text);
	char *end;
	double d;

	if (value != NULL)
		return value;
	/* no hexadecimals, no "inf" */
	if (strspn(text, "+-.eE0123456789") != strlen(text))
		return NULL;
	d = strtod(text, &end);
	if (end == text || *end != '\0')
		return NULL;
	return json_real(d); /* NULL unless finite */
}

static json_t *
bool_from_text(const char *text)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {
		{ "true", true },   { "yes", true }, { "on", true },
		{ "false", false }, { "no", false }, { "off", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].text) == 0)
			return json_boolean(words[i].value);
	}
	return NULL;
}

static json_t *
value_from_text(const char *text)
{
	return json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}

static json_t *
any_from_text(const char *text)
{
	json_t *value = value_from_text(text);

	return value != NULL ? value : json_string(text);
}

static const struct type types[] = {
	{ "str", "a string", is_str, json_string },
	{ "name",
	  "a name (a-z and 0-9, then also . _ -; at most 63 characters)",
	  is_name, json_string },
	{ "int", "an integer", is_int, int_from_text },
	{ "num", "a number", is_num, num_from_text },
	{ "bool", "true or false", is_bool, bool_from_text },
	{ "obj", "an object", is_obj, value_from_text },
	{ "list", "a list", is_list, value_from_text },
	{ "any", "a value", is_any, any_from_text },
};
static const struct type type_word = { "word", NULL, is_word, json_string };

/* ---- signatures ---- */

/* "(A..B)", all of @text up to @end.  Return: 0; -EINVAL. */
static int
parse_range(const char *text, const char *end, struct member *m)
{
	char *at;

	if (*text != '(')
		return -EINVAL;
	errno = 0;
	m->min = strtoll(text + 1, &at, 10);
	if (at == text + 1 || strncmp(at, "..", 2) != 0)
		return -EINVAL;
	text = at + 2;
	m->max = strtoll(text, &at, 10);
	if (at == text || *at != ')' || at + 1 != end || errno != 0)
		return -EINVAL;
	return m->min <= m->max ? 0 : -EINVAL;
}

/* "a|b|c", all of @text up to @end.  Return: 0; -EINVAL. */
static int
parse_words(const char *text, const char *end, struct member *m)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = 0;

	m->type = &type_word;
	m->words = text;
	m->words_len = (size_t)(end - text);
	for (;; text++) {
		size_t len = strspn(text, allowed);

		if (len == 0)
			return -EINVAL;
		n++;
		text += len;
		if (text == end)
			return n >= 2 ? 0 : -EINVAL;
		if (*text != '|')
			return -EINVAL;
	}
}

static int
parse_type(const char *text, const char *end, struct member *m)
{
	m->min = INT64_MIN;
	m->max = INT64_MAX;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t len = strlen(types[i].name);

		if (strncmp(text, types[i].name, len) != 0)
			continue;
		m->type = &types[i];
		if (text + len == end)
			return 0;
		if (m->type->holds == is_int && text[len] == '(')
			return parse_range(text + len, end, m);
	}
	return parse_words(text, end, m);
}

/* Take the next member off *@signature.  Return: 1; 0 at its end; -EINVAL. */
static int
parse_member(const char **signature, struct member *m)
{
	const char *text = *signature;
	const char *end = text + strcspn(text, " ");

	if (*text == '\0')
		return 0;
	*signature = end;
	if (*end == ' ') {
		(*signature)++;
		if (**signature == '\0')
			return -EINVAL;
	}
	*m = (struct member){ .name = text, .name_len = strcspn(text, ": ") };
	text += m->name_len;
	if (m->name_len == 0 || *text++ != ':')
		return -EINVAL;
	m->optional = end > text && end[-1] == '?';
	if (m->optional)
		end--;
	return parse_type(text, end, m) == 0 ? 1 : -EINVAL;
}

bool
json_signature_valid(const char *signature)
{
	struct member m;
	int ret;

	do
		ret = parse_member(&signature, &m);
	while (ret > 0);
	return ret == 0;
}

/* The next member of a signature that is known to be valid; false at its
 * end. */
static bool
next_member(const char **signature, struct member *m)
{
	int ret = parse_member(signature, m);

	assert(ret >= 0);
	return ret > 0;
}

static bool
find_member(const char *signature, const char *name, struct member *m)
{
	while (next_member(&signature, m)) {
		if (strlen(name) == m->name_len &&
		    memcmp(name, m->name, m->name_len) == 0)
			return true;
	}
	return false;
}

/* ---- messages ---- */

static bool
is_utf8(const char *text)
{
	size_t left = strlen(text);
	size_t n;

	for (; left > 0; text += n, left -= n) {
		n = utf8_len(text, left);
		if (n == 0)
			return false;
	}
	return true;
}

/* How many bytes of @text make at most @max without cutting a character. */
static int
shown_len(const char *text, size_t max)
{
	size_t len = 0;

	while (text[len] != '\0') {
		size_t n = utf8_len(text + len, strnlen(text + len, 4));

		if (n == 0 || len + n > max)
			break;
		len += n;
	}
	return (int)len;
}

static const char *
describe_text(const char *s, char text[VALUE_TEXT_SIZE])
{
	int len = shown_len(s, VALUE_SHOWN);

	snprintf(text, VALUE_TEXT_SIZE, "\"%.*s\"%s", len, s,
		 s[len] != '\0' ? "..." : "");
	return text;
}

static const char *
describe_value(const json_t *value, char text[VALUE_TEXT_SIZE])
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		if (text_of(value) == NULL)
			return "a string with a NUL inside";
		return describe_text(text_of(value), text);
	case JSON_INTEGER:
		snprintf(text, VALUE_TEXT_SIZE, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		return text;
	case JSON_REAL:
		snprintf(text, VALUE_TEXT_SIZE, "%g", json_real_value(value));
		return text;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "null";
	}
	return "something else";
}

/* "in, out or both" from "in|out|both" */
static void
describe_words(const struct member *m, char text[TYPE_TEXT_SIZE])
{
	const char *end = m->words + m->words_len;
	size_t used = 0;
	size_t len;

	text[0] = '\0';
	for (const char *at = m->words; at < end; at += len + 1) {
		const char *glue;

		len = strcspn(at, "|? ");
		glue = at == m->words ? "" : at + len == end ? " or " : ", ";
		used += (size_t)snprintf(text + used, TYPE_TEXT_SIZE - used,
					 "%s%.*s", glue, (int)len, at);
		if (used >= TYPE_TEXT_SIZE)
			return;
	}
}

static const char *
describe_type(const struct member *m, char text[TYPE_TEXT_SIZE])
{
	if (m->type->holds == is_word)
		describe_words(m, text);
	else if (m->min != INT64_MIN || m->max != INT64_MAX)
		snprintf(text, TYPE_TEXT_SIZE,
			 "an integer in %" PRId64 "..%" PRId64, m->min, m->max);
	else
		return m->type->what;
	return text;
}

static int
refuse_value(const struct member *m, const char *value, struct err *err)
{
	char type_text[TYPE_TEXT_SIZE];

	return err_set(err, -EINVAL, "\"%.*s\" must be %s, not %s",
		       (int)m->name_len, m->name, describe_type(m, type_text),
		       value);
}

static int
refuse_text(const struct member *m, const char *text, struct err *err)
{
	char shown[VALUE_TEXT_SIZE];

	if (!is_utf8(text))
		return err_set(err, -EINVAL, "\"%.*s\" is not UTF-8",
			       (int)m->name_len, m->name);
	return refuse_value(m, describe_text(text, shown), err);
}

static int
check_value(const struct member *m, const json_t *value, struct err *err)
{
	char text[VALUE_TEXT_SIZE];

	if (m->type->holds(value, m))
		return 0;
	return refuse_value(m, describe_value(value, text), err);
}

static int
refuse_unknown(const char *name, const char *signature, struct err *err)
{
	int shown = shown_len(name, KEY_SHOWN);
	/* the names, cut out of a copy of the signature */
	char *text = xstrdup(signature);
	const char **names = xcalloc(strlen(signature) + 1, sizeof(*names));
	const char *at = signature;
	const char *nearest;
	struct member m;

	for (size_t n = 0; next_member(&at, &m); n++) {
		names[n] = text + (m.name - signature);
		text[m.name - signature + (ptrdiff_t)m.name_len] = '\0';
	}
	nearest = nearest_word(name, names);
	if (nearest != NULL)
		err_set(err, -EINVAL,
			"unknown member \"%.*s\"; did you mean \"%s\"?", shown,
			name, nearest);
	else
		err_set(err, -EINVAL, "unknown member \"%.*s\"; known: %s",
			shown, name, *signature != '\0' ? signature : "none");
	free(names);
	free(text);
	return -EINVAL;
}

/* ---- checks ---- */

int
json_check(const json_t *args, const char *signature, struct err *err)
{
	struct member m;
	void *it;

	if (args != NULL && !json_is_object(args))
		return err_set(
		    err, -EINVAL, "the arguments must be an object, not %s",
		    json_is_array(args) ? "a list" : "a single value");
	/* First, for a misspelt name explains a missing one.  The iterator
	 * only reads, but jansson's prototype lacks the const. */
	for (it = json_object_iter((json_t *)args); it != NULL;
	     it = json_object_iter_next((json_t *)args, it)) {
		const char *key = json_object_iter_key(it);

		if (!find_member(signature, key, &m))
			return refuse_unknown(key, signature, err);
	}
	while (next_member(&signature, &m)) {
		json_t *value = json_object_getn(args, m.name, m.name_len);
		int ret;

		if (value == NULL || (json_is_null(value) && m.optional)) {
			if (m.optional)
				continue;
			return err_set(err, -EINVAL, "missing \"%.*s\"",
				       (int)m.name_len, m.name);
		}
		ret = check_value(&m, value, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

json_t *
json_from_text(const char *signature, const char *name, const char *text,
	       struct err *err)
{
	json_t *value;
	struct member m;

	if (!find_member(signature, name, &m)) {
		refuse_unknown(name, signature, err);
		return NULL;
	}
	value = m.type->from_text(text);
	if (value == NULL) {
		refuse_text(&m, text, err);
		return NULL;
	}
	if (check_value(&m, value, err) < 0) {
		json_decref(value);
		return NULL;
	}
	return value;
}

/* ---- getters ---- */

/* The member @key of @obj, of the type that @m has.  Return: 0; -ENOENT;
 * -EINVAL. */
static int
get(const json_t *obj, const char *key, struct member *m, const json_t **value,
    struct err *err)
{
	m->name = key;
	m->name_len = strlen(key);
	*value = json_object_get(obj, key);
	if (*value == NULL || json_is_null(*value))
		return err_set(err, -ENOENT, "missing \"%s\"", key);
	return check_value(m, *value, err);
}

static struct member
member_of_type(const char *type, int64_t min, int64_t max)
{
	struct member m = { .name = "" };

	parse_type(type, type + strlen(type), &m);
	m.min = min;
	m.max = max;
	return m;
}

int
json_get_str(const json_t *obj, const char *key, const char **out,
	     struct err *err)
{
	struct member m = member_of_type("str", INT64_MIN, INT64_MAX);
	const json_t *value;
	int ret = get(obj, key, &m, &value, err);

	if (ret == 0)
		*out = json_string_value(value);
	return ret;
}

int
json_get_int(const json_t *obj, const char *key, int64_t min, int64_t max,
	     int64_t *out, struct err *err)
{
	struct member m = member_of_type("int", min, max);
	const json_t *value;
	int ret = get(obj, key, &m, &value, err);

	if (ret == 0)
		*out = json_integer_value(value);
	return ret;
}

int
json_get_bool(const json_t *obj, const char *key, bool *out, struct err *err)
{
	struct member m = member_of_type("bool", INT64_MIN, INT64_MAX);
	const json_t *value;
	int ret = get(obj, key, &m, &value, err);

	if (ret == 0)
		*out = json_is_true(value);
	return ret;
}

const char *
json_str_or(const json_t *obj, const char *key, const char *otherwise)
{
	json_get_str(obj, key, &otherwise, NULL);
	return otherwise;
}

int64_t
json_int_or(const json_t *obj, const char *key, int64_t otherwise)
{
	json_get_int(obj, key, INT64_MIN, INT64_MAX, &otherwise, NULL);
	return otherwise;
}

bool
json_bool_or(const json_t *obj, const char *key, bool otherwise)
{
	json_get_bool(obj, key, &otherwise, NULL);
	return otherwise;
}

json_t *
json_text(const void *data, size_t size)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	const char *in = data;
	json_t *string;
	char *out;
	size_t used = 0;

	if (size > SIZE_MAX / 3)
		return NULL;
	out = malloc(size > 0 ? 3 * size : 1);
	if (out == NULL)
		return NULL;
	while (size > 0) {
		size_t n = *in != '\0' ? utf8_len(in, size) : 0;

		if (n > 0) {
			memcpy(out + used, in, n);
			used += n;
		} else {
			memcpy(out + used, replacement, 3);
			used += 3;
			n = 1;
		}
		in += n;
		size -= n;
	}
	string = json_stringn_nocheck(out, used);
	free(out);
	return string;
}
