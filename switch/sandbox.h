/*
 * sandbox: what the switch takes from itself before anybody attaches
 * (doc/sandbox.md says what that means to users).
 *
 * auto takes what no function of the switch, nor any program that it runs,
 * ever needs.  strict leaves what forwarding needs: no programs, no new code,
 * no files but in some places.
 */
#ifndef SWITCH_SANDBOX_H
#define SWITCH_SANDBOX_H

#include <stddef.h>

struct err;
struct sandbox_places;

enum sandbox {
	SANDBOX_OFF, /* or the kernel has no means */
	SANDBOX_AUTO,
	SANDBOX_STRICT,
};

/** sandbox_read() - Return: 0; -EINVAL with @err set */
int sandbox_read(const char *text, enum sandbox *sandbox, struct err *err);
const char *sandbox_name(enum sandbox sandbox);

/**
 * sandbox_enter() - confine this process, and all that it will start, for ever
 * @wanted: strict wants that there is one thread, and that the plugins are
 *          loaded
 * @places: what strict leaves of the file system; borrowed
 *
 * Return: what is in force, for auto SANDBOX_OFF where the kernel cannot; for
 *         strict -errno with @err set.
 */
int sandbox_enter(enum sandbox wanted, const struct sandbox_places *places,
		  struct err *err);

/** sandbox_explain() - to @err, when it says that something is not allowed and
 * the sandbox may be the reason, add that and the remedy, once */
void sandbox_explain(enum sandbox sandbox, struct err *err);

/** sandbox_filter_calls() - the part of sandbox_enter() that installs the
 * filter of system calls
 * Return: 0; -errno. */
int sandbox_filter_calls(enum sandbox sandbox);

#endif /* SWITCH_SANDBOX_H */
