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

/**
 * confine_process() - no new privileges, no core, no tracing by others, a
 * bound on memory, no files, and only the system calls that slirp_net_run() and
 * the end make; there is no way back
 * @restricted: as in slirp_net_new(); then no connection can be opened either
 * @sockets:    paths that may be removed; borrowed
 *
 * In a build with sanitizers memory, files and system calls are left alone:
 * their run-time needs more than this program.
 */
int confine_process(bool restricted, const char *const *sockets,
		    size_t n_sockets, struct err *err);

#endif /* TOOLS_SLIRP_CONFINE_H */
