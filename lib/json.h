/*
 * json: what the project needs beside jansson itself: typed getters whose
 * errors name the key, and one check of arguments against a written-down
 * signature.
 */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;

/*
 * A signature is a string of "name:type" words parted by spaces, e.g.
 * "segment:name file:str? snaplen:int(64..65550)?".  A trailing '?' makes a
 * member optional.  Types:
 *   str            any text without NUL
 *   name           [a-z0-9][a-z0-9._-]*, at most 63 characters
 *   int, int(A..B) an integer, in A..B when given
 *   num            any finite number
 *   bool  obj  list  any
 *   a|b|c          one of these words (at least two)
 */

/**
 * json_check() - are the members of @args those of @signature?
 * @args: a JSON object, or NULL for none
 *
 * Unknown members are refused, with the nearest known one as a hint.
 * Return: 0; -EINVAL with the member named.
 */
int json_check(const json_t *args, const char *signature, struct err *err);

/** json_from_text() - @text, from a command line, as the type that
 * @signature gives to member @name
 *
 * Return: a value the caller owns; NULL with @err set.
 */
json_t *json_from_text(const char *signature, const char *name,
		       const char *text, struct err *err);

/* The member @key of @obj.  Return: 0; -ENOENT when absent or null (the out
 * parameter is unchanged); -EINVAL for another type or range. */
int json_get_str(const json_t *obj, const char *key, const char **out,
		 struct err *err);
int json_get_int(const json_t *obj, const char *key, int64_t min, int64_t max,
		 int64_t *out, struct err *err);
int json_get_bool(const json_t *obj, const char *key, bool *out,
		  struct err *err);

/** json_str_or() - the member @key as text, or @otherwise; never fails */
const char *json_str_or(const json_t *obj, const char *key,
			const char *otherwise);
int64_t json_int_or(const json_t *obj, const char *key, int64_t otherwise);
bool json_bool_or(const json_t *obj, const char *key, bool otherwise);

/** json_text() - bytes that may not be UTF-8 as a JSON string: each byte that
 * is not part of a valid sequence becomes U+FFFD; returned owned */
json_t *json_text(const void *data, size_t size);

#endif /* LIB_JSON_H */
