/*
 * command: the words of the console.  A row's path must begin the line; what
 * follows is the argument, also without a blank in between.  The first row that
 * fits is the one, in the order of the tables.
 */
#ifndef FACE_COMMAND_H
#define FACE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evbuffer;
struct session;

/* What a command may say instead of 0 or an errno. */
enum command_end {
	COMMAND_NOT = 0,
	COMMAND_LOGOUT = -1,
	COMMAND_SHUTDOWN = -2,
};

enum {
	COMMAND_DATA = 1 << 0,	 /* shows something */
	COMMAND_CLIENT = 1 << 1, /* means somebody who listens: EBADF else */
};

/**
 * command_fn - do it
 * @arg: what follows the path, without blanks in front; borrowed
 * @out: for COMMAND_DATA: what to show, whole lines
 *
 * Return: 0; an errno, positive; enum command_end.
 */
typedef int command_fn(struct session *session, const char *arg,
		       struct evbuffer *out);

/* Ended by a NULL path. */
struct command {
	const char *path;
	const char *syntax;
	const char *help;
	command_fn *fn; /* NULL: the title of a menu */
	unsigned flags;
};

/* One a noun, ended by NULL. */
extern const struct command ds_commands[], general_commands[], debug_commands[],
    plugin_commands[], hash_commands[], fstp_commands[], port_commands[],
    vlan_commands[];
extern const struct command *const command_tables[];

/** command_find() - the command that @line begins with
 * @arg: out, its argument
 *
 * Return: NULL when there is none.
 */
const struct command *command_find(const char *line, const char **arg);

/** command_print() - one line, without its newline */
void command_print(struct evbuffer *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- arguments ---- */

/** command_number() - one decimal number, 0 when nothing is said
 * Return: false for anything else. */
bool command_number(const char *arg, int *value);
/** command_numbers() - exactly @n numbers, parted by blanks; 0x10 and 020 are
 * 16 */
bool command_numbers(const char *arg, int *values, size_t n);

#endif /* FACE_COMMAND_H */
