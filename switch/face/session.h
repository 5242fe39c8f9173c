/*
 * session: one dialogue with the console: commands in, answers out.
 *
 * An answer is one line "1NNN TEXT", NNN being an errno, 000 for success;
 * commands that show something put it before that line, between "0000 DATA END
 * WITH '.'" and ".".  What a session has asked to be told (debug/add) comes in
 * between as "3TTT ...".  A session knows nothing of descriptors: whoever owns
 * it feeds it, and sends what is in .out.
 */
#ifndef FACE_SESSION_H
#define FACE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/err.h"
#include "switch/face/lines.h"

struct evbuffer;
struct face;
struct timer;

enum {
	SESSION_SCRIPT_DEPTH_MAX = 8, /* of scripts that load scripts */
	SESSION_SCRIPTS_MAX = 64,     /* that one command leads to */
	/* A rest without a newline becomes a command after this time. */
	SESSION_GRACE_MS = 100,
};

enum session_kind {
	SESSION_SOCKET,	  /* of the management socket */
	SESSION_TERMINAL, /* our own standard input and output */
	SESSION_QUIET,	  /* commands of a file, for nobody to see */
};

struct session {
	struct face *face;
	enum session_kind kind;
	bool prompts; /* shows when it is ready for a command */
	bool ended;   /* hears no more commands; .out is to be sent still */
	unsigned script_depth;
	unsigned n_scripts; /* since the one at depth 0 */
	uint32_t debug;	    /* 1 << enum debug_category */
	struct lines lines;
	struct timer *grace;
	struct evbuffer *out; /* NULL for a quiet one */
	struct err error;     /* .text: says more than errno, of this command */
	/* There is more in .out, or .ended has been set; or NULL.  Runs within
	 * anything that may tell a session something: must not free it. */
	void (*wake)(void *arg);
	void *wake_arg;
	TAILQ_ENTRY(session) link;
};

struct session *session_new(struct face *face, enum session_kind kind,
			    bool prompts, void (*wake)(void *arg), void *arg);
/** session_free() - NULL is a no-op */
void session_free(struct session *session);

/** session_greet() - the greeting, and the prompt */
void session_greet(struct session *session);
/** session_feed() - @len octets of what its client says */
void session_feed(struct session *session, const char *data, size_t len);
/** session_hang_up() - nothing more will be said */
void session_hang_up(struct session *session);

/** session_run() - one command, and its answer
 * Return: 0, the errno of the answer, or an enum command_end */
int session_run(struct session *session, const char *line);
/** session_load() - run the commands in the file @path, told like this:
 * "vde[PATH]: COMMAND"
 *
 * Return: 0; -errno with @err set when it cannot be read, -ELOOP for one script
 * too many.  A quiet session's commands that fail are logged. */
int session_load(struct session *session, const char *path, struct err *err);

void session_tell(struct session *session, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* FACE_SESSION_H */
