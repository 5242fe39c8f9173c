#include "config.h"

#include "lib/rpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/unit/rpc-rig.h"
#include "tests/unit/unit.h"

static struct rpc_rig rig;

static void
setup(void)
{
	rpc_rig_init(&rig);
}

static void
teardown(void)
{
	rpc_rig_fini(&rig);
}

START_TEST(a_line_that_is_too_long_closes_its_client_only)
{
	int fd = rpc_rig_connect(&rig), other = rpc_rig_connect(&rig);
	char *line = malloc(RPC_LINE_MAX + 1);
	int frame = snprintf(line, RPC_LINE_MAX, RPC_ECHO("%d"), 1, 1);

	/* as many spaces as fit are welcome */
	memset(line + frame - 1, ' ', RPC_LINE_MAX + 1 - (size_t)frame);
	line[RPC_LINE_MAX] = '\n';
	rpc_rig_send_bytes(&rig, fd, line, RPC_LINE_MAX + 1);
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "1"));
	line[RPC_LINE_MAX] = ' ';
	rpc_rig_send_bytes(&rig, fd, line, RPC_LINE_MAX + 1);
	ck_assert_ptr_null(rpc_rig_read_line(&rig, fd));
	rpc_rig_send_text(&rig, other, RPC_ECHO("2"));
	rpc_rig_assert_reply(&rig, other, RPC_RESULT("2", "2"));
	free(line);
	close(fd);
	close(other);
}
END_TEST

START_TEST(a_result_that_fits_no_line_is_an_error)
{
	/* what stands around the string */
	int rest = (int)strlen(RPC_RESULT("1", "\"\""));
	char line[256];
	int fd = rpc_rig_connect(&rig);

	snprintf(
	    line, sizeof(line),
	    RPC_REQUEST("1", "\"method\":\"big\",\"params\":{\"size\":%d}"),
	    RPC_LINE_MAX - rest);
	rpc_rig_send_text(&rig, fd, line);
	ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, fd));
	ck_assert_uint_eq(strlen(rig.text), RPC_LINE_MAX);
	snprintf(
	    line, sizeof(line),
	    RPC_REQUEST("1", "\"method\":\"big\",\"params\":{\"size\":%d}"),
	    RPC_LINE_MAX - rest + 1);
	rpc_rig_send_text(&rig, fd, line);
	rpc_rig_assert_reply(
	    &rig, fd,
	    RPC_ERROR("1", "-32000",
		      "the result takes 1048578 bytes and a line "
		      "holds 1048576: ask for less",
		      "EMSGSIZE"));
	close(fd);
}
END_TEST

START_TEST(haste_makes_no_backlog)
{
	int fd = rpc_rig_connect(&rig);

	for (int i = 0; i < 20; i++)
		rpc_rig_send_text(&rig, fd,
				  RPC_REQUEST("1",
					      "\"method\":\"big\","
					      "\"params\":{\"size\":900000}"));
	rpc_rig_settle(&rig);
	/* the second waits until the first one is read */
	ck_assert_uint_eq(rig.n_big, 1);
	for (int i = 0; i < 20; i++) {
		ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, fd));
		ck_assert_uint_gt(strlen(rig.text), 900000);
	}
	ck_assert_uint_eq(rig.n_big, 20);
	close(fd);
}
END_TEST

START_TEST(a_subscriber_that_does_not_read_is_closed)
{
	json_t *params = json_object();
	int lazy = rpc_rig_connect(&rig), busy = rpc_rig_connect(&rig);
	size_t n_lines = 0;

	memset(rig.text, 'x', 10000);
	json_object_set_new(params, "x", json_stringn(rig.text, 10000));
	rpc_rig_send_text(&rig, lazy,
			  RPC_REQUEST("1", "\"method\":\"rpc.subscribe\""));
	rpc_rig_assert_reply(&rig, lazy, RPC_RESULT("1", "true"));
	rpc_rig_send_text(&rig, busy,
			  RPC_REQUEST("1", "\"method\":\"rpc.subscribe\""));
	rpc_rig_assert_reply(&rig, busy, RPC_RESULT("1", "true"));
	for (int i = 0; i < 300; i++) {
		rpc_server_broadcast(rig.server, "event", params);
		ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, busy));
	}
	while (rpc_rig_read_line(&rig, lazy) != NULL)
		n_lines++;
	/* the backlog, and what the socket holds */
	ck_assert_uint_lt(n_lines, 300);
	ck_assert_uint_gt(n_lines, 0);
	json_decref(params);
	close(lazy);
	close(busy);
}
END_TEST

START_TEST(a_backlog_below_its_limit_is_delivered)
{
	json_t *params = json_object();
	int fd = rpc_rig_connect(&rig);
	const int n = RPC_BACKLOG_MAX / 10100;

	memset(rig.text, 'x', 10000);
	json_object_set_new(params, "x", json_stringn(rig.text, 10000));
	rpc_rig_send_text(&rig, fd,
			  RPC_REQUEST("1", "\"method\":\"rpc.subscribe\""));
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "true"));
	for (int i = 0; i < n; i++)
		rpc_server_broadcast(rig.server, "event", params);
	for (int i = 0; i < n; i++)
		ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, fd));
	rpc_rig_assert_silent(&rig, fd);
	json_decref(params);
	close(fd);
}
END_TEST

START_TEST(unfinished_calls_are_bounded)
{
	int fd = rpc_rig_connect(&rig);

	for (int i = 0; i < RPC_CALLS_MAX; i++)
		rpc_rig_send_text(&rig, fd, RPC_LATER("1"));
	rpc_rig_assert_silent(&rig, fd);
	ck_assert_uint_eq(rig.n_later, RPC_CALLS_MAX);
	rpc_rig_send_text(&rig, fd, RPC_LATER("2"));
	rpc_rig_assert_reply(
	    &rig, fd,
	    RPC_ERROR("2", "-32000",
		      "later: 256 earlier calls of this client are "
		      "unfinished",
		      "EBUSY"));
	rpc_reply(rig.later[0], NULL);
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "null"));
	rpc_rig_send_text(&rig, fd, RPC_LATER("2"));
	rpc_rig_assert_silent(&rig, fd);
	ck_assert_uint_eq(rig.n_later, RPC_CALLS_MAX + 1);
	for (size_t i = 1; i < rig.n_later; i++)
		rpc_reply(rig.later[i], NULL);
	close(fd);
}
END_TEST

START_TEST(clients_are_bounded)
{
	int fds[RPC_CONNS_MAX], fd;

	for (int i = 0; i < RPC_CONNS_MAX; i++)
		fds[i] = rpc_rig_connect(&rig);
	fd = rpc_rig_connect(&rig);
	rpc_rig_assert_reply(&rig, fd,
			     RPC_ERROR("null", "-32000",
				       "64 clients are connected already",
				       "EBUSY"));
	ck_assert_ptr_null(rpc_rig_read_line(&rig, fd));
	close(fd);
	rpc_rig_send_text(&rig, fds[RPC_CONNS_MAX - 1], RPC_ECHO("1"));
	rpc_rig_assert_reply(&rig, fds[RPC_CONNS_MAX - 1],
			     RPC_RESULT("1", "1"));
	close(fds[0]);
	rpc_rig_settle(&rig);
	fds[0] = rpc_rig_connect(&rig);
	rpc_rig_send_text(&rig, fds[0], RPC_ECHO("2"));
	rpc_rig_assert_reply(&rig, fds[0], RPC_RESULT("2", "2"));
	for (int i = 0; i < RPC_CONNS_MAX; i++)
		close(fds[i]);
}
END_TEST

START_TEST(clients_that_died_with_a_call_open_leave_room)
{
	int fd;

	for (int i = 0; i < RPC_CONNS_MAX; i++) {
		fd = rpc_rig_connect(&rig);
		rpc_rig_send_text(&rig, fd, RPC_LATER("1"));
		close(fd);
	}
	rpc_rig_settle(&rig);
	ck_assert_uint_eq(rig.n_later, RPC_CONNS_MAX);
	fd = rpc_rig_connect(&rig);
	rpc_rig_send_text(&rig, fd, RPC_ECHO("1"));
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "1"));
	for (size_t i = 0; i < rig.n_later; i++)
		rpc_reply(rig.later[i], NULL);
	close(fd);
}
END_TEST

START_TEST(without_descriptors_a_client_waits_and_the_loop_rests)
{
	struct clock *clock = clock_real_new(NULL);
	struct rlimit limit, tight;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t start_ms;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = limit;
	tight.rlim_cur = (rlim_t)fd + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&rig.address, rig.address_size), 0);
	start_ms = clock_now_ms(clock);
	/* one failure each time the loop has something to do */
	for (int i = 0; i < 4; i++)
		event_base_loop(rig.base, EVLOOP_ONCE);
	ck_assert_uint_ge(clock_now_ms(clock) - start_ms, 80);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	rpc_rig_send_text(&rig, fd, RPC_ECHO("1"));
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "1"));
	clock_free(clock);
	close(fd);
}
END_TEST

enum { SOMEBODY = 12345 };

/* Who the rig.server is, who the client is, and whether they talk.  Only root can
 * be both, so without root only the first row says something. */
static const struct {
	uid_t server, client;
	bool served;
} users[] = {
	{ SOMEBODY, SOMEBODY, true },
	{ SOMEBODY, 0, true },
	{ 0, SOMEBODY, false },
	{ SOMEBODY + 1, SOMEBODY, false },
};

START_TEST(only_our_own_user_and_root_are_served)
{
	bool is_root = geteuid() == 0;
	int fd;

	if (!is_root && _i > 0)
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert(!is_root || seteuid(users[_i].client) == 0);
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&rig.address, rig.address_size), 0);
	ck_assert(!is_root ||
		  (seteuid(0) == 0 && seteuid(users[_i].server) == 0));
	rpc_rig_settle(&rig);
	if (users[_i].served) {
		rpc_rig_send_text(&rig, fd, RPC_ECHO("1"));
		rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "1"));
	} else {
		rpc_rig_assert_reply(
		    &rig, fd,
		    RPC_ERROR("null", "-32000",
			      "clients of user 12345 are not served", "EPERM"));
		ck_assert_ptr_null(rpc_rig_read_line(&rig, fd));
	}
	ck_assert(!is_root || seteuid(0) == 0);
	close(fd);
}
END_TEST

START_TEST(a_socket_that_does_not_listen_is_refused)
{
	struct err err = ERR_INIT;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_ptr_null(
	    rpc_server_new(rig.base, fds[0], rpc_rig_find, &rig, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert(rpc_rig_has_ended(fds[1])); /* it was taken nevertheless */
	close(fds[1]);
	ck_assert_ptr_null(
	    rpc_server_new(rig.base, -1, rpc_rig_find, &rig, &err));
	ck_assert_int_eq(err.code, -EBADF);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_that_is_too_long_closes_its_client_only, 0 },
		{ a_result_that_fits_no_line_is_an_error, 0 },
		{ haste_makes_no_backlog, 0 },
		{ a_subscriber_that_does_not_read_is_closed, 0 },
		{ a_backlog_below_its_limit_is_delivered, 0 },
		{ unfinished_calls_are_bounded, 0 },
		{ clients_are_bounded, 0 },
		{ clients_that_died_with_a_call_open_leave_room, 0 },
		{ without_descriptors_a_client_waits_and_the_loop_rests, 0 },
		{ only_our_own_user_and_root_are_served, UNIT_ROWS(users) },
		{ a_socket_that_does_not_listen_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("rpc_limits", tests, setup, teardown);
}
