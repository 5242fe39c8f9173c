/* options: the command line of vdelab-switch, taken apart. */
#ifndef SWITCH_OPTIONS_H
#define SWITCH_OPTIONS_H

#include <stdbool.h>

#include "lib/cli.h"
#include "lib/log.h"
#include "switch/access.h"
#include "switch/sandbox.h"

struct err;
struct sandbox_places;

struct options {
	const char *dir;    /* NULL: the default one; borrowed */
	const char *config; /* NULL: none; borrowed */
	bool check_config;
	struct segment_access access;
	bool daemon;
	int ready_fd; /* or -1 */
	unsigned spin_us;
	unsigned n_workers;
	enum sandbox sandbox;
	struct sandbox_places *places; /* of --sandbox-dir; owned */
	enum log_level log_level;
};

/* For struct cli_command. */
extern const struct cli_option options_table[];

/** options_read() - check everything that can be checked before anything is
 * set up
 *
 * Return: 0; -EINVAL with @err set.  In either case options_fini() frees what
 * it has made.
 */
int options_read(const struct cli *cli, struct options *options,
		 struct err *err);

void options_fini(struct options *options);
/** options_add_place() - leave the directory @path, absolute or from where we
 * are, open under --sandbox=strict
 * Return: 0; -EINVAL with @err set. */
int options_add_place(struct options *options, const char *path,
		      struct err *err);

/** options_read_spin() - what --spin takes, in microseconds
 * Return: 0; -EINVAL with @err set. */
int options_read_spin(const char *text, unsigned *us, struct err *err);

/** options_read_workers() - what --workers takes; likewise */
int options_read_workers(const char *text, unsigned *n_workers,
			 struct err *err);

/* NAME[:SEGMENT][,key=value]... taken apart */
struct plugin_option {
	char *text; /* what the others point into, owned */
	const char *plugin;
	const char *segment;   /* or NULL */
	const char **settings; /* NULL-ended, owned */
};

/** plugin_option_init() - Return: 0; -EINVAL with @err set */
int plugin_option_init(struct plugin_option *option, const char *text,
		       struct err *err);
void plugin_option_fini(struct plugin_option *option);

#endif /* SWITCH_OPTIONS_H */
