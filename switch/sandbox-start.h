/*
 * sandbox-start: from the command line and the configuration to the sandbox: what
 * they speak of is looked at, and plugins are loaded, before it closes.
 */
#ifndef SWITCH_SANDBOX_START_H
#define SWITCH_SANDBOX_START_H

#include <stdbool.h>

#include "switch/sandbox.h"

struct cli;
struct port_kind;

struct sandbox_start {
	enum sandbox wanted;
	struct sandbox_places *places; /* borrowed; more are added */
	const char *dir;	       /* the switch's, absolute */
	bool made_dir;		       /* so it will be removed */
	const char *config;	       /* absolute; or NULL */
	const struct cli *cli;
	const struct port_kind *const *kinds; /* NULL-ended */
};

/**
 * sandbox_start() - sandbox_enter(), with all that is known at the start
 *
 * What is wrong with the configuration or a plugin is left to who uses them.
 * Return: what is in force; -errno with @err set.
 */
int sandbox_start(const struct sandbox_start *start, struct err *err);

#endif /* SWITCH_SANDBOX_START_H */
