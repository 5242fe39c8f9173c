/*
 * answer: what the console of a vde_switch says, taken apart.
 *
 *	greeting, several lines
 *	(empty line)
 *	vde$ COMMAND
 *	3021 port/+ 07			an event; may come at any time
 *	0000 DATA END WITH '.'
 *	lines
 *	.
 *	1000 Success			or 1 and an errno
 *
 * and again from the empty line on.  Scripts (load) have several answers before
 * the prompt; the first that is no success counts.  Pure: no descriptor.
 */
#ifndef COMPAT_ANSWER_H
#define COMPAT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ANSWER_LINE_MAX = 8192, /* longer ones are no console's */
	ANSWER_TEXT_SIZE = 256,
};

/* @line: of what the command shows; borrowed, without its newline */
typedef void answer_fn(const char *line, void *arg);

struct answer {
	answer_fn *data;  /* what is shown; or NULL */
	answer_fn *event; /* "3021 port/+ 07"; or NULL */
	void *arg;
	bool in_data;
	bool greeted; /* the first prompt has come */
	bool has_code;
	int code;		     /* 0, or an errno */
	char text[ANSWER_TEXT_SIZE]; /* "File exists" */
	size_t len;
	char rest[ANSWER_LINE_MAX + 1]; /* a line that has no end yet */
};

/** answer_init() - before the greeting; see struct answer for the others */
void answer_init(struct answer *answer, answer_fn *data, answer_fn *event,
		 void *arg);
/** answer_next() - a command has been sent */
void answer_next(struct answer *answer);

/**
 * answer_feed() - @len octets have come
 *
 * Return: 1 it is ready for a command: at first, or the answer is complete and
 *         in .code and .text; 0 more must come; -EPROTO it is no console.
 */
int answer_feed(struct answer *answer, const char *data, size_t len);
/** answer_end() - nothing more will come
 * Return: 1 when that is an answer, that to logout or shutdown; -EPROTO. */
int answer_end(struct answer *answer);

#endif /* COMPAT_ANSWER_H */
