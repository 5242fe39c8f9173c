/*
 * The module of libvdeplug 4 that opens vdelab://NET/SEGMENT: every program
 * that speaks VDE attaches to a segment with it.
 *
 * It asks the switch, over its control socket, for a port on one end of a
 * socketpair that it brings along: a port with a name and a VLAN from its
 * first frame on, which goes when the client does, however that ends.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>
#include <libvdeplug_mod.h>

#include "lib/err.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"
#include "tools/vdeplug/locator.h"

enum {
	ANSWER_MS = 5000,
	SOCKET_BYTES = 1024 * 1024,
	FORGOTTEN_MAX = 8192, /* frames; of SOCKET_BYTES, however short */
	NOTHING = 1,	      /* of vde_recv: no frame, and not the end */
};

/* As libvdeplug wants a connection to begin. */
struct vdelab_conn {
	void *handle;
	struct vdeplug_module *module;
	int fd; /* frames; owned */
};

/* libvdeplug finds it by this name. */
extern struct vdeplug_module vdeplug_ops;

/* ---- opening ---- */

/* Return: 0, with @result returned owned; -errno. */
static int
ask(int control, const char *method, json_t *params, const int *fd,
    json_t **result, struct err *err)
{
	*result = rpc_call_sync(control, method, params, fd, fd != NULL,
				ANSWER_MS, err);
	return *result != NULL ? 0 : err->code;
}

static int
add_port(int control, const struct locator *l, int fd, json_t **port,
	 struct err *err)
{
	json_t *params = json_pack("{s:s, s:s, s:I}", "segment", l->segment,
				   "kind", "dgram", "mtu", (json_int_t)l->mtu);

	if (l->port[0] != '\0')
		json_object_set_new(params, "name", json_string(l->port));
	return ask(control, "port.add", params, &fd, port, err);
}

/* A VLAN means something where the segment has VLANs.  Return: 0; -errno. */
static int
check_mode(int control, const char *segment, struct err *err)
{
	const char *mode;
	json_t *list;
	int ret = ask(control, "segment.show",
		      json_pack("{s:s}", "segment", segment), NULL, &list, err);

	if (ret < 0)
		return ret;
	mode =
	    json_string_value(json_object_get(json_array_get(list, 0), "mode"));
	if (mode == NULL || strcmp(mode, "8021q") != 0)
		ret = err_set(err, -EINVAL,
			      "vid= is for segments in mode 8021q, and %s is "
			      "in mode %s",
			      segment, mode != NULL ? mode : "?");
	json_decref(list);
	return ret;
}

/* A port begins in the VLAN of its segment, and would stay in it beside its
 * own.  Return: 0; -errno. */
static int
set_vid(int control, const char *name, uint16_t vid, struct err *err)
{
	json_t *result;
	int ret = ask(control, "vlan.del",
		      json_pack("{s:s, s:s}", "port", name, "vid", "0-4094"),
		      NULL, &result, err);

	json_decref(result);
	if (ret < 0)
		return ret;
	ret = ask(control, "vlan.add",
		  json_pack("{s:s, s:i, s:b, s:b}", "port", name, "vid",
			    (int)vid, "pvid", 1, "untagged", 1),
		  NULL, &result, err);
	json_decref(result);
	return ret;
}

/* What came before the port was in its VLAN is of another's.  As much as ever
 * fits into the socket; it is not for ever that frames come. */
static void
forget_frames(int fd)
{
	char octet;

	for (int i = 0; i < FORGOTTEN_MAX; i++) {
		if (recv(fd, &octet, 1, MSG_DONTWAIT) <= 0)
			return;
	}
}

/* What the port is to have beyond being there. */
static int
set_port(int control, const struct locator *l, const char *name,
	 const char *description, struct err *err)
{
	json_t *result;
	int ret;

	/* foreign text: if it is not UTF-8, the port has none */
	if (description != NULL && description[0] != '\0' &&
	    ask(control, "port.set",
		json_pack("{s:s, s:s}", "port", name, "description",
			  description),
		NULL, &result, err) == 0)
		json_decref(result);
	if (l->vid == 0)
		return 0;
	ret = check_mode(control, l->segment, err);
	return ret == 0 ? set_vid(control, name, l->vid, err) : ret;
}

/* Return: 0: @fd's other end is a port of the segment; -errno. */
static int
attach(const struct locator *l, const char *description, int fd,
       struct err *err)
{
	char path[SOCKPATH_MAX + 1];
	json_t *port = NULL;
	int control, ret = locator_socket(l, path, sizeof(path), err);

	if (ret < 0)
		return ret;
	control = sockpath_connect(path, SOCK_STREAM, err);
	if (control < 0)
		return control;
	ret = add_port(control, l, fd, &port, err);
	if (ret == 0)
		ret = set_port(control, l,
			       json_string_value(json_object_get(port, "name")),
			       description, err);
	json_decref(port);
	close(control);
	return ret;
}

static void
enlarge(int fd)
{
	int bytes = SOCKET_BYTES;

	/* as far as the system allows */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static VDECONN *
vdelab_open(char *given, char *description, int version,
	    struct vde_open_args *args)
{
	struct err err = ERR_INIT;
	struct vdelab_conn *conn;
	struct locator l;
	int fds[2], ret;

	(void)version;
	(void)args; /* port numbers, modes and groups are VDE's own */
	conn = calloc(1, sizeof(*conn));
	if (conn == NULL)
		return NULL;
	ret = locator_parse(&l, given, &err);
	if (ret == 0 &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		ret = err_errno(&err, "socketpair");
	if (ret < 0)
		goto fail;
	enlarge(fds[0]);
	enlarge(fds[1]);
	ret = attach(&l, description, fds[1], &err);
	close(fds[1]);
	if (ret == 0) {
		if (l.vid != 0)
			forget_frames(fds[0]);
		conn->fd = fds[0];
		return (VDECONN *)conn;
	}
	close(fds[0]);
fail:
	/* clients know errno only, and say no more than "failed" */
	fprintf(stderr, "vdelab://%s: %s\n", given, err.text);
	free(conn);
	errno = -ret;
	return NULL;
}

/* ---- frames ---- */

static ssize_t
vdelab_recv(VDECONN *vde, void *buf, size_t len, int flags)
{
	struct vdelab_conn *conn = (struct vdelab_conn *)vde;
	ssize_t n;

	(void)flags;
	n = recv(conn->fd, buf, len, MSG_TRUNC);
	/* a part of a frame is none */
	return n > (ssize_t)len ? NOTHING : n;
}

static ssize_t
vdelab_send(VDECONN *vde, const void *buf, size_t len, int flags)
{
	struct vdelab_conn *conn = (struct vdelab_conn *)vde;

	(void)flags;
	return send(conn->fd, buf, len, MSG_NOSIGNAL);
}

static int
vdelab_datafd(VDECONN *vde)
{
	return ((struct vdelab_conn *)vde)->fd;
}

/* The end comes by .vde_datafd, too. */
static int
vdelab_ctlfd(VDECONN *vde)
{
	(void)vde;
	return -1;
}

static int
vdelab_close(VDECONN *vde)
{
	struct vdelab_conn *conn = (struct vdelab_conn *)vde;

	close(conn->fd);
	free(conn);
	return 0;
}

__attribute__((visibility("default"))) struct vdeplug_module vdeplug_ops = {
	.vde_open_real = vdelab_open,
	.vde_recv = vdelab_recv,
	.vde_send = vdelab_send,
	.vde_datafd = vdelab_datafd,
	.vde_ctlfd = vdelab_ctlfd,
	.vde_close = vdelab_close,
};
