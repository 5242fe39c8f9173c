/*
 * confine: take from this process what it does not need, before it reads the
 * first byte of a guest that may be hostile.
 */
#ifndef TOOLS_SLIRP_CONFINE_H
#define TOOLS_SLIRP_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/**
 * confine_fds() - close all descriptors above 2 but these
 * @keep: may name -1 and those below 3, which stay anyway; borrowed
 * @n_keep: at most CONFINE_KEEP_MAX
 */
enum { CONFINE_KEEP_MAX = 8 };
int confine_fds(const int *keep, size_t n_keep, struct err *err);

/* What the work needs.  All is borrowed. */
struct confine_needs {
	bool restricted;   /* no connection is ever opened */
	bool ipv6;	   /* sockets of it */
	bool unix_sockets; /* connections to them */
	const char *tftp;  /* reading files below this directory; or NULL */
	const char *more;  /* making sockets in this directory; or NULL */
	const char *const *sockets; /* paths that may be removed */
	size_t n_sockets;
};

/**
 * confine_process() - no new privileges, no core, no tracing by others, a
 * bound on memory, no files but those, and only the system calls that
 * slirp_net_run() and the end make; there is no way back
 *
 * In a build with sanitizers memory, files and system calls are left alone:
 * their run-time needs more than this program.
 */
int confine_process(const struct confine_needs *needs, struct err *err);

#endif /* TOOLS_SLIRP_CONFINE_H */
