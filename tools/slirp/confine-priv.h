/*
 * confine-priv: the parts of confine_process().
 */
#ifndef TOOLS_SLIRP_CONFINE_PRIV_H
#define TOOLS_SLIRP_CONFINE_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/**
 * confine_files() - leave nothing of the file system but the removal of
 * @sockets and, unless @restricted, reading where the name servers are listed
 *
 * Return: 0, also on a kernel without Landlock; -errno.
 */
int confine_files(bool restricted, const char *const *sockets, size_t n_sockets,
		  struct err *err);

/** confine_calls() - install the filter of system calls */
int confine_calls(bool restricted, struct err *err);

#endif /* TOOLS_SLIRP_CONFINE_PRIV_H */
