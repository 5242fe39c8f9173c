/*
 * rpc-framing: lines with descriptors over a unix stream socket, for both
 * sides of lib/rpc.  Does no waiting: every function does what is possible now.
 */
#ifndef LIB_RPC_FRAMING_H
#define LIB_RPC_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "lib/rpc.h"

/* Descriptors on their way; owned. */
struct rpc_fds {
	int fd[RPC_FDS_MAX];
	size_t n;
};

/** rpc_fds_dup() - fill @fds with duplicates of @from, close-on-exec
 * Return: 0; -EINVAL for more than RPC_FDS_MAX; -errno; @fds is empty then. */
int rpc_fds_dup(struct rpc_fds *fds, const int *from, size_t n);
void rpc_fds_close(struct rpc_fds *fds);

/* ---- receiving ---- */

/* The line that is being received.  All zero is an empty one. */
struct rpc_inbox {
	char *line; /* owned */
	size_t len; /* of line so far, its LF included */
	size_t size;
	struct rpc_fds fds; /* that came with its bytes */
	bool fds_lost;	    /* more than RPC_FDS_MAX came; the rest is closed */
};

/**
 * rpc_inbox_read() - take what has arrived of one line, nothing behind it
 *
 * Return: 1: the line is complete, use it and call rpc_inbox_clear();
 *         0: more has to arrive;
 *         -ENODATA: the peer will send no more, an unfinished line is lost;
 *         -EMSGSIZE: the line is longer than RPC_LINE_MAX;
 *         -EMFILE: descriptors could not be received;
 *         other -errno.
 */
int rpc_inbox_read(struct rpc_inbox *in, int fd);
/** rpc_inbox_clear() - make ready for the next line; descriptors that are still
 * here are closed */
void rpc_inbox_clear(struct rpc_inbox *in);

/* ---- sending ---- */

struct rpc_out_line;
STAILQ_HEAD(rpc_out_list, rpc_out_line);

struct rpc_outbox {
	struct rpc_out_list lines;
	size_t n_bytes; /* still to be sent */
};

void rpc_outbox_init(struct rpc_outbox *out);
void rpc_outbox_clear(struct rpc_outbox *out);
/**
 * rpc_outbox_put() - queue a line
 * @line: @len bytes with their LF, from malloc(); taken
 * @fds:  moved away, to travel with the first byte of the line; or NULL
 */
void rpc_outbox_put(struct rpc_outbox *out, char *line, size_t len,
		    struct rpc_fds *fds);
/** rpc_outbox_send() - Return: 0 when all is sent; -EAGAIN; other -errno */
int rpc_outbox_send(struct rpc_outbox *out, int fd);

#endif /* LIB_RPC_FRAMING_H */
