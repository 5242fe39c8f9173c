/*
 * forwards: where processes of the host reach TCP ports of a guest: unix
 * sockets of mode 0600, and ports of 127.0.0.1.
 *
 * A caller gets through only if its process is this user's, which is known
 * before a byte is passed; unless the forward is public.  It is handed on to
 * a unix socket of the guest's control network.  Forwards live as long as the
 * run, whatever becomes of the guest: a caller who comes while that is not
 * there waits for FORWARDS_PATIENCE_MS; one who comes while it boots, until it
 * is up.
 */
#ifndef DRIVER_VM_FORWARDS_H
#define DRIVER_VM_FORWARDS_H

#include <stddef.h>

struct clock;
struct err;
struct event_base;
struct forwards;
struct plan_forward;

enum {
	FORWARDS_PATIENCE_MS = 5000,
	FORWARDS_CALLERS_MAX = 256, /* of one guest, at a time */
};

/* A line for the log: a place is open, or a caller was refused; borrowed. */
typedef void forwards_line_fn(const char *line, void *arg);

/**
 * forwards_path() - the unix socket of @node's control network that leads to
 * its port @guest
 * @run_dir: private and absolute
 *
 * It lies in a directory NODE.ports of its own.
 * Return: 0; -ENAMETOOLONG with @err set.
 */
int forwards_path(char *path, size_t size, const char *run_dir,
		  const char *node, unsigned guest, struct err *err);

/** forwards_new() - none yet; all is borrowed */
struct forwards *forwards_new(struct event_base *base, struct clock *clock,
			      const char *run_dir, const char *node,
			      forwards_line_fn *on_line, void *arg);
/**
 * forwards_add() - listen
 * @wanted: copied
 *
 * One that is there already is found again: the same place, or any port, or
 * any socket, that leads to the same port of the guest.
 *
 * Return: with port and path filled in, borrowed; NULL with @err set.
 */
const struct plan_forward *forwards_add(struct forwards *forwards,
					const struct plan_forward *wanted,
					struct err *err);
/** forwards_guests() - which ports of the guest are led to, each once
 * @ports: out, at least PLAN_FORWARDS_MAX; Return: how many */
size_t forwards_guests(const struct forwards *forwards, unsigned *ports);
/** forwards_free() - NULL is a no-op */
void forwards_free(struct forwards *forwards);

#endif /* DRIVER_VM_FORWARDS_H */
