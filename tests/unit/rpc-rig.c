#include "config.h"

#include "tests/unit/rpc-rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/json.h"
#include "tests/unit/unit.h"

/* ---- methods ---- */

static void
echo_value(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)arg;
	rpc_reply(call, json_incref(json_object_get(params, "value")));
}

static void
always_fail(struct rpc_call *call, const json_t *params, void *arg)
{
	(void)params;
	(void)arg;
	rpc_fail(call, -ENOENT, "no \"such\" thing \xff");
}

static void
leave_for_later(struct rpc_call *call, const json_t *params, void *arg)
{
	struct rpc_rig *rig = arg;

	(void)params;
	rig->later[rig->n_later++] = call;
}

/* A string of @size bytes. */
static void
big(struct rpc_call *call, const json_t *params, void *arg)
{
	size_t size = (size_t)json_int_or(params, "size", 0);
	char *bytes = malloc(size + 1);
	struct rpc_rig *rig = arg;

	memset(bytes, 'x', size);
	rpc_reply(call, json_stringn(bytes, size));
	free(bytes);
	rig->n_big++;
}

/* Writes into the first descriptor; leaves the others. */
static void
write_to(struct rpc_call *call, const json_t *params, void *arg)
{
	int fd = rpc_call_take_fd(call);

	(void)params;
	(void)arg;
	if (fd < 0) {
		rpc_fail(call, fd, "a descriptor to write to is missing");
		return;
	}
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(write(fd, "hello", 5), 5);
	close(fd);
	rpc_reply(call, NULL);
}

/* Takes the first descriptor and does not close it. */
static void
keep(struct rpc_call *call, const json_t *params, void *arg)
{
	struct rpc_rig *rig = arg;

	(void)params;
	rig->kept_fd = rpc_call_take_fd(call);
	rpc_reply(call, NULL);
}

static void
who(struct rpc_call *call, const json_t *params, void *arg)
{
	const struct rpc_peer *peer = rpc_call_peer(call);

	(void)params;
	(void)arg;
	rpc_reply(call, json_pack("[i, i]", (int)peer->pid, (int)peer->uid));
}

static const struct rpc_method methods[] = {
	{ .name = "echo", .params = "value:any?", .fn = echo_value },
	{ .name = "fail", .params = "", .fn = always_fail },
	{ .name = "later", .params = "", .fn = leave_for_later },
	{ .name = "big", .params = "size:int(0..2000000)", .fn = big },
	{ .name = "write", .params = "", .fn = write_to },
	{ .name = "keep", .params = "", .fn = keep },
	{ .name = "who", .params = "", .fn = who },
	{ .name = NULL },
};

const struct rpc_method *
rpc_rig_find(const char *name, void **arg, void *find_arg)
{
	*arg = find_arg;
	return rpc_find_in_table(methods, name);
}

/* ---- the frame ---- */

void
rpc_rig_init(struct rpc_rig *rig)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr *address = (struct sockaddr *)&rig->address;
	struct err err = ERR_INIT;

	rig->base = event_base_new();
	rig->text = malloc(RPC_RIG_TEXT_MAX + 1);
	rig->address.sun_family = AF_UNIX; /* the kernel picks a name */
	ck_assert_int_eq(bind(fd, address, sizeof(sa_family_t)), 0);
	rig->address_size = sizeof(rig->address);
	ck_assert_int_eq(getsockname(fd, address, &rig->address_size), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	rig->server = rpc_server_new(rig->base, fd, rpc_rig_find, rig, &err);
	ck_assert_msg(rig->server != NULL, "%s", err.text);
}

void
rpc_rig_fini(struct rpc_rig *rig)
{
	rpc_server_free(rig->server);
	event_base_free(rig->base);
	free(rig->text);
}

void
rpc_rig_settle(struct rpc_rig *rig)
{
	for (int i = 0; i < 50; i++)
		event_base_loop(rig->base, EVLOOP_NONBLOCK);
}

int
rpc_rig_connect(struct rpc_rig *rig)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&rig->address, rig->address_size),
	    0);
	rpc_rig_settle(rig);
	return fd;
}

void
rpc_rig_send_bytes(struct rpc_rig *rig, int fd, const char *bytes, size_t size)
{
	time_t until = time(NULL) + RPC_RIG_PATIENCE_S;

	while (size > 0) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		ck_assert(n > 0 || errno == EAGAIN);
		ck_assert(time(NULL) < until);
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
		event_base_loop(rig->base, EVLOOP_NONBLOCK);
	}
}

void
rpc_rig_send_text(struct rpc_rig *rig, int fd, const char *text)
{
	rpc_rig_send_bytes(rig, fd, text, strlen(text));
}

const char *
rpc_rig_read_line(struct rpc_rig *rig, int fd)
{
	time_t until = time(NULL) + RPC_RIG_PATIENCE_S;
	size_t len = 0;

	for (;;) {
		/* look first: what is behind the line belongs to the next */
		ssize_t n = recv(fd, rig->text + len, RPC_RIG_TEXT_MAX - len,
				 MSG_DONTWAIT | MSG_PEEK);
		const char *end;

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return NULL;
		if (n < 0) {
			ck_assert_msg(time(NULL) < until, "no reply");
			event_base_loop(rig->base, EVLOOP_NONBLOCK);
			continue;
		}
		end = memchr(rig->text + len, '\n', (size_t)n);
		if (end != NULL)
			n = end - (rig->text + len) + 1;
		ck_assert_int_eq(recv(fd, rig->text + len, (size_t)n, 0), n);
		len += (size_t)n;
		ck_assert_uint_lt(len, RPC_RIG_TEXT_MAX);
		if (end != NULL) {
			rig->text[len - 1] = '\0';
			return rig->text;
		}
	}
}

void
rpc_rig_assert_reply(struct rpc_rig *rig, int fd, const char *want)
{
	const char *line = rpc_rig_read_line(rig, fd);

	ck_assert_msg(line != NULL, "closed instead of %s", want);
	ck_assert_str_eq(line, want);
}

void
rpc_rig_assert_silent(struct rpc_rig *rig, int fd)
{
	char byte;

	rpc_rig_settle(rig);
	ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

void
rpc_rig_send_with_fd(int to, const char *line, int fd)
{
	char control[CMSG_SPACE(sizeof(int))]
	    __attribute__((aligned(sizeof(struct cmsghdr)))) = { 0 };
	struct cmsghdr *cmsg = (struct cmsghdr *)control;
	struct iovec iov = { .iov_base = (char *)line,
			     .iov_len = strlen(line) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	ck_assert_int_eq(sendmsg(to, &msg, 0), (ssize_t)strlen(line));
}

bool
rpc_rig_has_ended(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP) != 0;
}
