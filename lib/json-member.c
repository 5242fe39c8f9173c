#include "lib/json-member.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"

struct json_type {
	const char *name;
	const char *what; /* "must be ..." */
	bool (*holds)(const json_t *value, const struct json_member *m);
	/* Returned owned, or NULL: @text cannot be one.  What comes back is
	 * still to be asked whether it holds. */
	json_t *(*from_text)(const char *text);
};

/* ---- types ---- */

const char *
json_member_text(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != json_string_length(value))
		return NULL;
	return text;
}

static bool
is_str(const json_t *value, const struct json_member *m)
{
	(void)m;
	return json_member_text(value) != NULL;
}

static bool
is_name(const json_t *value, const struct json_member *m)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const char *text = json_member_text(value);
	size_t len;

	(void)m;
	if (text == NULL || strspn(text, first) == 0)
		return false;
	len = strspn(text, rest);
	return text[len] == '\0' && len <= JSON_NAME_MAX;
}

static bool
is_int(const json_t *value, const struct json_member *m)
{
	return json_is_integer(value) && json_integer_value(value) >= m->min &&
	       json_integer_value(value) <= m->max;
}

static bool
is_num(const json_t *value, const struct json_member *m)
{
	(void)m;
	return json_is_number(value) && isfinite(json_number_value(value));
}

static bool
is_bool(const json_t *value, const struct json_member *m)
{
	(void)m;
	return json_is_boolean(value);
}

static bool
is_obj(const json_t *value, const struct json_member *m)
{
	(void)m;
	return json_is_object(value);
}

static bool
is_list(const json_t *value, const struct json_member *m)
{
	(void)m;
	return json_is_array(value);
}

static bool
is_any(const json_t *value, const struct json_member *m)
{
	(void)m;
	return value != NULL;
}

static bool
is_word(const json_t *value, const struct json_member *m)
{
	const char *text = json_member_text(value);
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

static const struct json_type types[] = {
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
static const struct json_type type_word = { "word", NULL, is_word,
					    json_string };

/* ---- signatures ---- */

/* "(A..B)", all of @text up to @end.  Return: 0; -EINVAL. */
static int
parse_range(const char *text, const char *end, struct json_member *m)
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
parse_words(const char *text, const char *end, struct json_member *m)
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
parse_type(const char *text, const char *end, struct json_member *m)
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

int
json_member_parse(const char **signature, struct json_member *m)
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
	*m = (struct json_member){ .name = text,
				   .name_len = strcspn(text, ": ") };
	text += m->name_len;
	if (m->name_len == 0 || *text++ != ':')
		return -EINVAL;
	m->optional = end > text && end[-1] == '?';
	if (m->optional)
		end--;
	return parse_type(text, end, m) == 0 ? 1 : -EINVAL;
}

/* "in, out or both" from "in|out|both" */
static void
describe_words(const struct json_member *m, char text[JSON_MEMBER_TEXT_SIZE])
{
	const char *end = m->words + m->words_len;
	size_t used = 0;
	size_t len;

	text[0] = '\0';
	for (const char *at = m->words; at < end; at += len + 1) {
		const char *glue;

		len = strcspn(at, "|? ");
		glue = at == m->words ? "" : at + len == end ? " or " : ", ";
		used +=
		    (size_t)snprintf(text + used, JSON_MEMBER_TEXT_SIZE - used,
				     "%s%.*s", glue, (int)len, at);
		if (used >= JSON_MEMBER_TEXT_SIZE)
			return;
	}
}

const char *
json_member_describe(const struct json_member *m,
		     char text[JSON_MEMBER_TEXT_SIZE])
{
	if (m->type->holds == is_word)
		describe_words(m, text);
	else if (m->min != INT64_MIN || m->max != INT64_MAX)
		snprintf(text, JSON_MEMBER_TEXT_SIZE,
			 "an integer in %" PRId64 "..%" PRId64, m->min, m->max);
	else
		return m->type->what;
	return text;
}

bool
json_member_holds(const struct json_member *m, const json_t *value)
{
	return m->type->holds(value, m);
}

json_t *
json_member_from_text(const struct json_member *m, const char *text)
{
	return m->type->from_text(text);
}
