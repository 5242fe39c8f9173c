/*
 * options: the command line of vdelab-slirp.
 */
#ifndef TOOLS_SLIRP_OPTIONS_H
#define TOOLS_SLIRP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cli.h"

struct err;

struct forward {
	char *path; /* owned */
	uint16_t guest_port;
};

struct options {
	int net_fd;
	int ready_fd; /* or -1 */
	bool restricted;
	bool no_dhcp;
	struct forward *forwards; /* owned */
	size_t n_forwards;
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

/**
 * forward_parse() - take "PATH:PORT" apart
 *
 * PATH may hold colons itself.
 * Return: 0 with @forward->path for the caller to free; -EINVAL.
 */
int forward_parse(const char *text, struct forward *forward, struct err *err);

#endif /* TOOLS_SLIRP_OPTIONS_H */
