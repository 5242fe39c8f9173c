/*
 * confine-priv: the parts of confine_process().
 */
#ifndef TOOLS_SLIRP_CONFINE_PRIV_H
#define TOOLS_SLIRP_CONFINE_PRIV_H

struct confine_needs;
struct err;

/**
 * confine_files() - leave nothing of the file system but the removal of
 * .sockets, the making of more, reading below .tftp and, unless .restricted, where the name servers
 * are listed
 *
 * Return: 0, also on a kernel without Landlock; -errno.
 */
int confine_files(const struct confine_needs *needs, struct err *err);

/** confine_calls() - install the filter of system calls */
int confine_calls(const struct confine_needs *needs, struct err *err);

#endif /* TOOLS_SLIRP_CONFINE_PRIV_H */
