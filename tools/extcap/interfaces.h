/*
 * interfaces: the segments and ports of switches, as Wireshark is told of
 * them: "vdelab:default:lab" is a segment of the switch in the user's folder
 * called default, "vdelab:default:lab:vde0" a port of it.
 */
#ifndef TOOLS_EXTCAP_INTERFACES_H
#define TOOLS_EXTCAP_INTERFACES_H

#include <stdio.h>

#include "tools/extcap/switches.h"

struct interface {
	char *id;      /* owned, as all of these */
	char *display; /* for people; without braces */
	char *segment;
	char *port; /* NULL: the whole segment */
	int fd;	    /* its switch's control socket; borrowed */
};

struct interfaces {
	struct interface *list; /* segments, each with its ports; owned */
	size_t n;
};

/** interfaces_find() - those of @switches, whose connections are used */
void interfaces_find(struct interfaces *interfaces,
		     const struct switches *switches);
void interfaces_fini(struct interfaces *interfaces);
/** interfaces_get() - by id; NULL if unknown; borrowed */
const struct interface *interfaces_get(const struct interfaces *interfaces,
				       const char *id);
/** interfaces_id() - of a segment, or of a port unless @port is NULL; the same
 * for one switch whatever others there are; returned owned
 * @runtime_dir: where switches of this user usually live */
char *interfaces_id(const char *dir, const char *runtime_dir,
		    const char *segment, const char *port);
/** interfaces_print() - as `--extcap-interfaces` is answered */
void interfaces_print(const struct interfaces *interfaces, FILE *out);

#endif /* TOOLS_EXTCAP_INTERFACES_H */
