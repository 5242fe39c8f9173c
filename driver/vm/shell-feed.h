/*
 * shell-feed: the stdin of a command that is fed while it runs.  What is
 * written waits here; the guest asks for each piece when the command has
 * taken the one before, so that one that does not read holds up its own writer
 * and nothing else.  Inside of guest-shell only.
 */
#ifndef DRIVER_VM_SHELL_FEED_H
#define DRIVER_VM_SHELL_FEED_H

#include <stdbool.h>

struct evbuffer;

struct shell_feed {
	struct evbuffer *bytes; /* owned; NULL: the command is not fed */
	bool wanted;		/* the guest has asked for more */
	bool closed;		/* nothing will be added */
	bool ended;		/* the command takes no more */
};

#endif /* DRIVER_VM_SHELL_FEED_H */
