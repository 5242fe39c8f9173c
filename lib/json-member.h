/* json-member: one "name:type" word of a signature and what it says about a
 * value; for lib/json alone. */
#ifndef LIB_JSON_MEMBER_H
#define LIB_JSON_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct json_type;

enum { JSON_MEMBER_TEXT_SIZE = 256 };

/* Points into the signature. */
struct json_member {
	const char *name;
	size_t name_len;
	const struct json_type *type;
	const char *words; /* "in|out|both", of words_len bytes */
	size_t words_len;
	int64_t min, max; /* of int */
	bool optional;
};

/** json_member_parse() - take the next member off *@signature
 * Return: 1; 0 at its end; -EINVAL. */
int json_member_parse(const char **signature, struct json_member *m);
bool json_member_holds(const struct json_member *m, const json_t *value);
/** json_member_from_text() - Return: a value the caller owns, which is still to
 * be asked whether it holds; NULL when @text cannot be one. */
json_t *json_member_from_text(const struct json_member *m, const char *text);
/** json_member_describe() - what a value "must be"; perhaps in @text */
const char *json_member_describe(const struct json_member *m,
				 char text[JSON_MEMBER_TEXT_SIZE]);

/** json_member_text() - the string of @value; NULL when it is none or has a NUL
 * inside */
const char *json_member_text(const json_t *value);

#endif /* LIB_JSON_MEMBER_H */
