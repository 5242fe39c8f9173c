/*
 * test-file: a test file, run and understood: its plan, and the Lua state that
 * holds its test_script.  Or the description of a test that Nix has built
 * (driver/lab/nixos.h), whose script is not Lua's.
 *
 * The state is closed in: no files, no processes, no bytecode, no finalizers;
 * lua_libraries() lists what there is.  It may use TEST_FILE_MEMORY_MAX bytes,
 * and compute for a limited time at a stretch (test_file_compute_for()).
 *
 * Globals are strict from the beginning: reading one that does not exist, and
 * making one by assignment, are errors.  The run time adds its own with
 * lua_rawset() on the table of globals before the script runs.
 *
 * The extra space of the state (lua_getextraspace()) is taken; see
 * test_file_from().
 */
#ifndef DRIVER_SCRIPT_TEST_FILE_H
#define DRIVER_SCRIPT_TEST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct lua_State;
struct nixos;
struct plan;
struct plan_problems;
struct test_file;

enum {
	TEST_FILE_SIZE_MAX = 1024 * 1024,
	TEST_FILE_MEMORY_MAX = 256 * 1024 * 1024,
	TEST_FILE_LOAD_MS = 2000,     /* for running the file itself */
	TEST_FILE_COMPUTE_MS = 30000, /* for a script, between two waits */
};

/**
 * test_file_load() - everything about a test file that can be known before a
 * guest starts: read it, run it, make its plan, check its script
 * @path: as the user gave it; names the file in every message
 *
 * Return: owned by the caller; NULL with at least one problem added, each with
 * its line, and in order.
 */
struct test_file *test_file_load(const char *path,
				 struct plan_problems *problems);
void test_file_free(struct test_file *file);

/** test_file_plan() - borrowed until test_file_free() */
const struct plan *test_file_plan(const struct test_file *file);
/** test_file_nixos() - the description that the file is, without its plan and
 * script; borrowed until test_file_free(); NULL: it is Lua */
const struct nixos *test_file_nixos(const struct test_file *file);
/** test_file_lua() - the main state, with an empty stack; borrowed until
 * test_file_free().  Do not run the script on it: make a coroutine. */
struct lua_State *test_file_lua(const struct test_file *file);
/** test_file_push_script() - the function test_script onto @L's stack; @L is
 * the main state or a coroutine of it */
void test_file_push_script(const struct test_file *file, struct lua_State *L);

/**
 * test_file_source() - the @i'th file that the test is made of, itself the first
 * @path: as messages call it; @path and @text are borrowed until
 *        test_file_free()
 *
 * Return: false past the last.
 */
bool test_file_source(const struct test_file *file, size_t i, const char **path,
		      const char **text, size_t *size);
/**
 * test_file_place() - the place that @message, an error of Lua, begins with:
 * "nat.lua:12: ..."
 * @path: borrowed until test_file_free()
 *
 * Return: the line; 0: it begins with none of this test's files.
 */
int test_file_place(const struct test_file *file, const char *message,
		    const char **path);

/** test_file_is_python() - is its test_script a Python script? */
bool test_file_is_python(const struct test_file *file);
/** test_file_subtests() - the names of subtests that are written down in the
 * file as texts, in order, each once; a list, returned owned */
json_t *test_file_subtests(const struct test_file *file);

/**
 * test_file_compute_for() - from now on Lua may compute for @limit_ms, then
 * whatever runs fails with an error that names its line; 0 ends the watch
 *
 * Call it before each lua_resume().  An error of this kind cannot be caught
 * for good: it comes again until the next call.  Holds for the main state and
 * every coroutine made from it.
 */
void test_file_compute_for(struct test_file *file, uint64_t limit_ms);

/** test_file_from() - the file whose state @L belongs to; borrowed */
struct test_file *test_file_from(struct lua_State *L);

#endif /* DRIVER_SCRIPT_TEST_FILE_H */
