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
 * A signature is a string of "name:type" words parted by single spaces, e.g.
 * "segment:name file:str? snaplen:int(64..65550)?".  A trailing '?' makes a
 * member optional.  Types:
 *   str            any text without NUL
 *   name           [a-z0-9][a-z0-9._-]*, at most JSON_NAME_MAX characters
 *   int, int(A..B) an integer, in A..B when given
 *   num            any finite number
 *   bool  obj  list  any
 *   a|b|c          one of these words (at least two)
 * An optional member that is null counts as absent.
 *
 * Signatures are written by programmers: the functions below assert that they
 * are well formed.
 */
enum { JSON_NAME_MAX = 63 };

/** json_signature_valid() - for signatures that come from elsewhere, such as a
 * plugin's */
bool json_signature_valid(const char *signature);
/** json_signature_has() - does it have the member @name? */
bool json_signature_has(const char *signature, const char *name);

/** json_all_optional() - @signature with each member optional, for what changes
 * some of them; returned owned */
char *json_all_optional(const char *signature);

/**
 * json_check() - are the members of @args those of @signature?
 * @args: a JSON object, or NULL for none
 *
 * Unknown members are refused, with the nearest known one as a hint.
 * Return: 0; -EINVAL with the member named.
 */
int json_check(const json_t *args, const char *signature, struct err *err);

/**
 * json_from_text() - @text, from a command line, as the type that @signature
 * gives to member @name
 *
 * Numbers are decimal; bool takes true/false, yes/no and on/off; obj and list
 * take JSON; any takes JSON, and what is not JSON as a string.
 *
 * Return: a value the caller owns, which json_check() accepts; NULL with @err
 *         set.
 */
json_t *json_from_text(const char *signature, const char *name,
		       const char *text, struct err *err);

/**
 * json_read_texts() - members of @args that are texts and ought to be something
 * else become that, as by json_from_text()
 *
 * Whether anything is missing or unknown is json_check()'s affair.
 * Return: returned owned; NULL with @err set.
 */
json_t *json_read_texts(const json_t *args, const char *signature,
			struct err *err);

/* The member @key of @obj.  Return: 0; -ENOENT when absent or null (the out
 * parameter is unchanged); -EINVAL for another type or range.  *@out of
 * json_get_str() is borrowed from @obj and holds no NUL. */
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

/**
 * json_text() - bytes that may not be UTF-8 as a JSON string
 *
 * Each byte that is not part of a valid character becomes U+FFFD, and so does
 * NUL, which our own readers of JSON refuse.
 *
 * Return: a string the caller owns; NULL when out of memory.
 */
json_t *json_text(const void *data, size_t size);

#endif /* LIB_JSON_H */
