/*
 * sandbox-places: the places in the file system that --sandbox=strict leaves
 * open: those that are known before anybody attaches.
 */
#ifndef SWITCH_SANDBOX_PLACES_H
#define SWITCH_SANDBOX_PLACES_H

#include <stdbool.h>

#include <jansson.h>

struct err;
struct sandbox_places;

enum { SANDBOX_PLACES_MAX = 1024 };

struct sandbox_places *sandbox_places_new(void);
/** sandbox_places_free() - NULL is a no-op */
void sandbox_places_free(struct sandbox_places *places);

/** sandbox_places_add() - the directory (or file) @path, for all uses
 * Return: 0; -errno with @err set: there is none, or there are too many. */
int sandbox_places_add(struct sandbox_places *places, const char *path,
		       struct err *err);
/**
 * sandbox_places_add_named() - where @path, which somebody has named, leads: a
 * directory or a device itself; of anything else, which may be made, removed
 * and made again, the directory
 *
 * What is not absolute names nothing, and the root directory is not opened for
 * a file in it.
 */
void sandbox_places_add_named(struct sandbox_places *places, const char *path);
/** sandbox_places_add_values() - the same of all texts in @value, at any
 * depth */
void sandbox_places_add_values(struct sandbox_places *places,
			       const json_t *value);

/** sandbox_places_add_parent() - directories in that of @path, which is
 * absolute, may be removed when they are empty: @path is one of them */
void sandbox_places_add_parent(struct sandbox_places *places, const char *path);

/* @removal: directories in it may be removed, and nothing else */
typedef int sandbox_place_fn(const char *path, bool removal, void *arg);
/** sandbox_places_each() - call @fn until it returns another value than 0
 * Return: that value, or 0. */
int sandbox_places_each(const struct sandbox_places *places,
			sandbox_place_fn *fn, void *arg);

#endif /* SWITCH_SANDBOX_PLACES_H */
