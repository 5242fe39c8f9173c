/*
 * mgmtclient: a program that manages a switch by libvdemgmt.
 *
 *	mgmtclient SOCKET VLAN OTHER-VLAN: both exist, VLAN+9 does not
 */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvdemgmt.h>

enum { PATIENCE_MS = 60000 };

static int n_events;

static void
require(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "mgmtclient: not so: %s\n", what);
	exit(1);
}

static void
on_event(const char *event, const int tag, const char *data)
{
	printf("event %s %d %s\n", event, tag, data);
	n_events++;
}

/* Return: the answer's number. */
static int
ask(struct vdemgmt *conn, const char *command, struct vdemgmt_out *out)
{
	int code = vdemgmt_sendcmd(conn, command, out);

	printf("%s: %d\n", command, code);
	return code;
}

static int
has(char **list, const char *word)
{
	for (; *list != NULL; list++) {
		if (strcmp(*list, word) == 0)
			return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct vdemgmt_out out = { NULL, 0 };
	struct pollfd pfd = { .events = POLLIN };
	struct vdemgmt *conn, *other;
	char command[64];
	char **commands;

	require(argc == 4, "usage: mgmtclient SOCKET VLAN OTHER-VLAN");
	conn = vdemgmt_open(argv[1]);
	require(conn != NULL, "it connects");
	require(strncmp(vdemgmt_getversion(conn), "2.3", 3) == 0,
		"the greeting has a version");
	require(strcmp(vdemgmt_getprompt(conn), "vde$ ") == 0,
		"the greeting ends with a prompt");

	snprintf(command, sizeof(command), "vlan/create %s", argv[2]);
	require(ask(conn, command, NULL) == 17, "a VLAN is there already");
	snprintf(command, sizeof(command), "vlan/print %s", argv[3]);
	require(ask(conn, command, &out) == 0 && out.sz > 0,
		"a VLAN can be shown");
	require(memmem(out.buf, out.sz, "VLAN 00", 7) != NULL,
		"and it is that one");
	vdemgmt_rstout(&out);

	commands = vdemgmt_commandlist(conn);
	require(commands != NULL, "there is help");
	require(has(commands, "port/print") && has(commands, "showinfo"),
		"commands are found in the help");
	require(!has(commands, "port"), "menus are not taken for commands");
	vdemgmt_freecommandlist(commands);

	require(vdemgmt_asyncreg(conn, "port/+", on_event) == 0,
		"events can be asked for");
	other = vdemgmt_open(argv[1]);
	require(other != NULL, "there may be several");
	require(ask(other, "port/create 29", NULL) == 0, "a port is made");
	pfd.fd = vdemgmt_getfd(conn);
	require(poll(&pfd, 1, PATIENCE_MS) == 1, "and told of");
	vdemgmt_asyncrecv(conn);
	require(n_events == 1, "in a way that is understood");
	vdemgmt_asyncunreg(conn, "port/+");
	require(ask(conn, "port/remove 29", NULL) == 0, "a port is removed");
	vdemgmt_close(other);
	vdemgmt_close(conn);
	return 0;
}
