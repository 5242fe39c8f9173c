/*
 * lines: what a client of the console says, cut into commands.
 *
 * A command ends with a newline; several may come at once, one may come in
 * pieces.  Some clients never send the newline (vdeterm): whoever feeds decides
 * when a rest that just lies there is a command as well.
 */
#ifndef FACE_LINES_H
#define FACE_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { LINES_MAX = 4096 }; /* octets of a command, without its newline */

struct lines {
	size_t len;    /* of the rest */
	bool too_long; /* what comes up to the newline is lost */
	char rest[LINES_MAX + 1];
};

/**
 * lines_fn - one command
 * @line: without its end of line; NULL when it was too long, or holds a NUL
 *
 * Return: false to hear no more of what has been fed.
 */
typedef bool lines_fn(char *line, void *arg);

/** lines_feed() - @len more octets; all that are commands by now go to @fn */
void lines_feed(struct lines *lines, const char *data, size_t len, lines_fn *fn,
		void *arg);
/** lines_is_open() - is there a rest? */
bool lines_is_open(const struct lines *lines);
/** lines_end() - the rest, if there is one, is a command */
void lines_end(struct lines *lines, lines_fn *fn, void *arg);

#endif /* FACE_LINES_H */
