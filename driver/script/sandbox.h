/*
 * sandbox: a Lua state that can compute and nothing else: the libraries of
 * lua-library.h, strict globals, a limit on memory and one on time.
 */
#ifndef DRIVER_SCRIPT_SANDBOX_H
#define DRIVER_SCRIPT_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

struct lua_State;
struct sandbox;

/**
 * sandbox_new() - @memory_max in bytes; Return: NULL when memory is short
 * @arg: for sandbox_arg()
 */
struct sandbox *sandbox_new(size_t memory_max, void *arg);
void sandbox_free(struct sandbox *sandbox);
struct lua_State *sandbox_lua(const struct sandbox *sandbox);
/** sandbox_compute_for() - see test_file_compute_for() */
void sandbox_compute_for(struct sandbox *sandbox, uint64_t limit_ms);
/** sandbox_arg() - @arg of the sandbox that @L, or any coroutine, lives in */
void *sandbox_arg(struct lua_State *L);

#endif /* DRIVER_SCRIPT_SANDBOX_H */
