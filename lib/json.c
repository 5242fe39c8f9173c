#include "lib/json.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json-member.h"
#include "lib/nearest.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

enum {
	KEY_SHOWN = 64,	  /* bytes of a foreign key in a message */
	VALUE_SHOWN = 40, /* bytes of a foreign string in a message */
	VALUE_TEXT_SIZE = 64,
};

/* ---- signatures ---- */

bool
json_signature_valid(const char *signature)
{
	struct json_member m;
	int ret;

	do
		ret = json_member_parse(&signature, &m);
	while (ret > 0);
	return ret == 0;
}

/* The next member of a signature that is known to be valid; false at its
 * end. */
static bool
next_member(const char **signature, struct json_member *m)
{
	int ret = json_member_parse(signature, m);

	assert(ret >= 0);
	return ret > 0;
}

static bool
find_member(const char *signature, const char *name, struct json_member *m)
{
	while (next_member(&signature, m)) {
		if (strlen(name) == m->name_len &&
		    memcmp(name, m->name, m->name_len) == 0)
			return true;
	}
	return false;
}

bool
json_signature_has(const char *signature, const char *name)
{
	struct json_member m;

	return find_member(signature, name, &m);
}

char *
json_all_optional(const char *signature)
{
	/* each word grows by one character at most */
	char *all = xcalloc(strlen(signature) + 1, 2);
	char *at = all;

	for (const char *p = signature; *p != '\0'; p++) {
		bool ends = p[1] == ' ' || p[1] == '\0';

		*at++ = *p;
		if (ends && *p != '?')
			*at++ = '?';
	}
	return all;
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
	const char *s;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		s = json_member_text(value);
		return s != NULL ? describe_text(s, text)
				 : "a string with a NUL inside";
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

static int
refuse_value(const struct json_member *m, const char *value, struct err *err)
{
	char type[JSON_MEMBER_TEXT_SIZE];

	return err_set(err, -EINVAL, "\"%.*s\" must be %s, not %s",
		       (int)m->name_len, m->name, json_member_describe(m, type),
		       value);
}

static int
refuse_text(const struct json_member *m, const char *text, struct err *err)
{
	char shown[VALUE_TEXT_SIZE];

	if (!is_utf8(text))
		return err_set(err, -EINVAL, "\"%.*s\" is not UTF-8",
			       (int)m->name_len, m->name);
	return refuse_value(m, describe_text(text, shown), err);
}

static int
check_value(const struct json_member *m, const json_t *value, struct err *err)
{
	char text[VALUE_TEXT_SIZE];

	if (json_member_holds(m, value))
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
	struct json_member m;

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
	struct json_member m;
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
	struct json_member m;

	if (!find_member(signature, name, &m)) {
		refuse_unknown(name, signature, err);
		return NULL;
	}
	value = json_member_from_text(&m, text);
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

json_t *
json_read_texts(const json_t *args, const char *signature, struct err *err)
{
	json_t *read = json_object(), *value;
	struct json_member m;
	const char *key;

	json_object_foreach((json_t *)args, key, value)
	{
		bool is_other = json_is_string(value) &&
				find_member(signature, key, &m) &&
				!json_member_holds(&m, value);

		if (is_other)
			value = json_from_text(signature, key,
					       json_string_value(value), err);
		else
			json_incref(value);
		if (value == NULL) {
			json_decref(read);
			return NULL;
		}
		json_object_set_new(read, key, value);
	}
	return read;
}

/* ---- getters ---- */

/* The member @key of @obj, of the type that @m has.  Return: 0; -ENOENT;
 * -EINVAL. */
static int
get(const json_t *obj, const char *key, struct json_member *m,
    const json_t **value, struct err *err)
{
	m->name = key;
	m->name_len = strlen(key);
	*value = json_object_get(obj, key);
	if (*value == NULL || json_is_null(*value))
		return err_set(err, -ENOENT, "missing \"%s\"", key);
	return check_value(m, *value, err);
}

/* A member of the type that @signature, "x:int", gives to its only one. */
static struct json_member
member_of(const char *signature)
{
	struct json_member m;

	next_member(&signature, &m);
	return m;
}

int
json_get_str(const json_t *obj, const char *key, const char **out,
	     struct err *err)
{
	struct json_member m = member_of("x:str");
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
	struct json_member m = member_of("x:int");
	const json_t *value;
	int ret;

	m.min = min;
	m.max = max;
	ret = get(obj, key, &m, &value, err);
	if (ret == 0)
		*out = json_integer_value(value);
	return ret;
}

int
json_get_bool(const json_t *obj, const char *key, bool *out, struct err *err)
{
	struct json_member m = member_of("x:bool");
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
