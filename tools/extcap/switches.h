/*
 * switches: the switches of this user that run, wherever they are.
 *
 * There is no register of them: the kernel lists the sockets that somebody
 * listens to, and the folder of the user those of other network namespaces.
 * Nothing is waited for long, and what does not answer is no switch.
 */
#ifndef TOOLS_EXTCAP_SWITCHES_H
#define TOOLS_EXTCAP_SWITCHES_H

#include <stddef.h>

enum {
	/* What a switch has to answer a question; it is one of many. */
	SWITCHES_ANSWER_MS = 500,
};

/* One of them, connected. */
struct found_switch {
	char *dir; /* absolute; owned */
	int fd;	   /* its control socket; owned */
};

struct switches {
	struct found_switch *list; /* by dir; owned */
	size_t n;
};

/** switches_find() - those that run now */
void switches_find(struct switches *switches);
void switches_fini(struct switches *switches);

/** switches_is_candidate() - is a line of /proc/net/unix that of a socket that
 * may be a switch's?
 * Return: the switch's directory, returned owned; NULL: it is not. */
char *switches_is_candidate(const char *line);

#endif /* TOOLS_EXTCAP_SWITCHES_H */
