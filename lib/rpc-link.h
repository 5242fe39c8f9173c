/*
 * rpc-link: lines over a unix stream socket, both ways, with descriptors; what
 * client and server of rpc.h have in common.  Inside of lib only.
 *
 * Lines may arrive split and joined.  Descriptors that arrive belong to the
 * last line that has bytes in the chunk they came with: a sender sends a line
 * with descriptors in a message of its own, and the kernel ends a read behind
 * such a message.
 */
#ifndef LIB_RPC_LINK_H
#define LIB_RPC_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct event_base;
struct rpc_link;

/* The descriptors that came with a line.  What is left in it when on_line
 * returns is closed. */
struct rpc_fds {
	int fds[8]; /* RPC_FDS_MAX; -1: taken */
	size_t n;
};

/* @line: borrowed, without its LF and NUL-terminated; a line with a NUL inside
 * comes with its whole @len.  May call anything but rpc_link_free(). */
typedef void rpc_link_line_fn(char *line, size_t len, struct rpc_fds *fds,
			      void *arg);
/* The link is finished: @why is NULL at an orderly end of the peer.  Once, from
 * the loop, with nothing of the link on the stack: rpc_link_free() here. */
typedef void rpc_link_end_fn(const char *why, void *arg);

/**
 * rpc_link_new() - @fd: connected; taken, also on failure
 * Return: owned by the caller; NULL with errno set.
 */
struct rpc_link *rpc_link_new(struct event_base *base, int fd,
			      rpc_link_line_fn *on_line,
			      rpc_link_end_fn *on_end, void *arg);
/** rpc_link_send() - queue @len bytes, which end with LF
 * @fds: borrowed, duplicates travel; at most RPC_FDS_MAX
 *
 * No-op once closing.  Too much unread by the peer closes the link. */
void rpc_link_send(struct rpc_link *link, const char *line, size_t len,
		   const int *fds, size_t n_fds);
/** rpc_link_close() - no further line is delivered or sent; on_end follows from
 * the loop with @why, which is borrowed for good (a literal) */
void rpc_link_close(struct rpc_link *link, const char *why);
/** rpc_link_finish() - the same once everything queued has been sent */
void rpc_link_finish(struct rpc_link *link);
/** rpc_link_backlog() - bytes queued and not yet sent */
size_t rpc_link_backlog(const struct rpc_link *link);
/** rpc_link_fd() - borrowed */
int rpc_link_fd(const struct rpc_link *link);
void rpc_link_free(struct rpc_link *link);

/* ---- for a blocking socket as well ---- */

/** rpc_send_chunk() - one sendmsg(); Return: bytes sent or -errno */
long rpc_send_chunk(int fd, const char *data, size_t len, const int *fds,
		    size_t n_fds);

#endif /* LIB_RPC_LINK_H */
