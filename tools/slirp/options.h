/*
 * options: the command line of vdelab-slirp.
 */
#ifndef TOOLS_SLIRP_OPTIONS_H
#define TOOLS_SLIRP_OPTIONS_H

#include "lib/cli.h"
#include "tools/slirp/net-config.h"

struct err;

struct options {
	int fd;	      /* -1: stdin and stdout */
	int ready_fd; /* or -1 */
	struct net_config net;
};

extern const struct cli_option options_table[];

/**
 * options_read() - check what was given
 * @options: out; to be given to options_fini(), also after an error
 *
 * Return: 0; -EINVAL with @err set.
 */
int options_read(const struct cli *cli, struct options *options,
		 struct err *err);
void options_fini(struct options *options);

#endif /* TOOLS_SLIRP_OPTIONS_H */
