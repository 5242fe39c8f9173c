/* Who gets through to a guest's port: tcp-owner and forwards, with a listening
 * socket in the place of the control network's. */
#include "config.h"

#include "driver/vm/forwards.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/vm/tcp-owner.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 120000, STRANGER = 61001, BIG = 3 * 1024 * 1024 };

/* ---- the kernel's table ---- */

static const char table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
    "retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 "
    "00000000  1000        0 11 1 0 100 0 0 10 0\n"
    "   1: 0100007F:A001 0100007F:1F90 01 00000000:00000000 00:00000000 "
    "00000000  1001        0 12 1 0 20 4 30 10 -1\n"
    "   2: 0100007F:A002 0100007F:1F90 04 00000000:00000000 01:00000014 "
    "00000000     0        0 0 2 0 20 4 30 10 -1\n"
    "   3: 0100007F:A003 0100007F:1F90 06 00000000:00000000 03:00000014 "
    "00000000     0        0 0 3 0\n"
    "  14: 0100007F:A004 0100007F:1F90 05 00000000:00000000 00:00000000 "
    "00000000 4294967294        0 15 1 0 20 4 30 10 -1\n"
    " garbage\n"
    "  15: 0100007F:A005 0100007F:1F90 01 00000000:0000\n"
    "  16: 0100007F:A006 0100007F:1F90 02 00000000:00000000 00:00000000 "
    "00000000  1001        0 17 1 0 20 4 30 10 -1\n";

/* Addresses in the table are those of a little-endian host. */
static const struct {
	uint16_t port;
	bool found;
	uid_t uid;
} lines[] = {
	{ 0xa001, true, 1001 },
	{ 0xa002, false, 0 }, /* closed by its process: of nobody */
	{ 0xa003, false, 0 }, /* TIME-WAIT */
	{ 0xa004, true, 4294967294 },
	{ 0xa005, false, 0 }, /* cut short */
	{ 0xa006, false, 0 }, /* SYN-SENT */
	{ 0xa007, false, 0 },
};

static bool
find(const char *text, bool ipv6, uint16_t port, uid_t *uid)
{
	const struct tcp_end local = { htonl(INADDR_LOOPBACK), htons(port) };
	const struct tcp_end remote = { htonl(INADDR_LOOPBACK), htons(8080) };
	FILE *f = fmemopen((char *)text, strlen(text), "r");
	bool found;

	ck_assert_ptr_nonnull(f);
	found = tcp_owner_find(f, ipv6, &local, &remote, uid);
	fclose(f);
	return found;
}

START_TEST(the_owner_of_a_connected_socket_is_found)
{
	uid_t uid = 0;

	if (htonl(1) == 1)
		return; /* the table above is of another kind of host */
	ck_assert_int_eq(find(table, false, lines[_i].port, &uid),
			 lines[_i].found);
	if (lines[_i].found)
		ck_assert_uint_eq(uid, lines[_i].uid);
}
END_TEST

START_TEST(a_socket_of_ipv6_may_have_a_connection_over_ipv4)
{
	static const char text[] =
	    "   1: 0000000000000000FFFF00000100007F:A001 "
	    "0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 "
	    "00:00000000 00000000  1002        0 12 1 0 20 4 30 10 -1\n";
	uid_t uid = 0;

	if (htonl(1) == 1)
		return;
	ck_assert(find(text, true, 0xa001, &uid));
	ck_assert_uint_eq(uid, 1002);
	ck_assert(!find(text, true, 0xa002, &uid));
}
END_TEST

/* ---- forwards ---- */

static char dir[64], lines_told[8192];
static struct event_base *base;
static struct clock *real_clock;
static struct forwards *forwards;
static int guest; /* listens as the control network does for port 80 */
static struct err err;

static void
on_line(const char *line, void *arg)
{
	(void)arg;
	strncat(lines_told, line, sizeof(lines_told) - strlen(lines_told) - 2);
	strcat(lines_told, "\n");
}

static void
open_guest(void)
{
	char path[SOCKPATH_MAX + 1];

	ck_assert_int_eq(forwards_path(path, sizeof(path), dir, "m", 80, NULL),
			 0);
	guest = sockpath_listen(path, SOCK_STREAM, 0600, &err);
	ck_assert_msg(guest >= 0, "%s", err.text);
}

static void
setup(void)
{
	char path[96];

	snprintf(dir, sizeof(dir), "/tmp/test-forwards-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/m.ports", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	base = event_base_new();
	real_clock = clock_real_new(base);
	forwards = forwards_new(base, real_clock, dir, "m", on_line, NULL);
	open_guest();
}

static void
teardown(void)
{
	if (guest >= 0)
		close(guest);
	forwards_free(forwards);
	clock_free(real_clock);
	event_base_free(base);
	ck_assert_int_eq(sockpath_remove_tree(dir, NULL), 0);
}

static const struct plan_forward *
add(bool is_socket, unsigned port, bool is_public)
{
	const struct plan_forward wanted = { .guest = 80,
					     .is_socket = is_socket,
					     .port = port,
					     .is_public = is_public };
	const struct plan_forward *place =
	    forwards_add(forwards, &wanted, &err);

	ck_assert_msg(place != NULL, "%s", err.text);
	return place;
}

static int
dial(const struct plan_forward *place)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)place->port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd;

	if (place->is_socket)
		return sockpath_connect(place->path, SOCK_STREAM, NULL);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* Turn the loop until @fd is readable; false: never. */
static bool
spin_until_readable(int fd, unsigned ms)
{
	uint64_t end_ms = clock_now_ms(real_clock) + ms;

	while (!is_readable(fd)) {
		if (clock_now_ms(real_clock) >= end_ms)
			return false;
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	return true;
}

static int
accept_caller(void)
{
	int fd;

	ck_assert(spin_until_readable(guest, PATIENCE_MS));
	fd = accept4(guest, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
expect_text(int fd, const char *text)
{
	char got[64];
	size_t n = 0;

	while (n < strlen(text)) {
		ssize_t k;

		ck_assert(spin_until_readable(fd, PATIENCE_MS));
		k = read(fd, got + n, strlen(text) - n);
		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	ck_assert_mem_eq(got, text, n);
}

static void
expect_end(int fd)
{
	char c;

	ck_assert(spin_until_readable(fd, PATIENCE_MS));
	ck_assert_int_le(read(fd, &c, 1), 0);
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 (ssize_t)strlen(text));
}

START_TEST(bytes_and_ends_go_both_ways)
{
	int caller = dial(add(_i == 0, 0, false)), callee;

	ck_assert_int_ge(caller, 0);
	say(caller, "request");
	shutdown(caller, SHUT_WR);
	callee = accept_caller();
	expect_text(callee, "request");
	expect_end(callee);
	say(callee, "answer");
	expect_text(caller, "answer");
	close(callee);
	expect_end(caller);
	close(caller);
}
END_TEST

START_TEST(a_reader_that_is_slow_holds_the_writer_up)
{
	int caller = dial(add(true, 0, false)), callee;
	static char chunk[64 * 1024];
	size_t n_sent = 0, n_read = 0;
	ssize_t n;

	callee = accept_caller();
	for (int idle = 0; idle < 50;) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		n = send(caller, chunk, sizeof(chunk), MSG_DONTWAIT);
		idle = n > 0 ? 0 : idle + 1;
		n_sent += n > 0 ? (size_t)n : 0;
		ck_assert_uint_lt(n_sent, BIG);
	}
	close(caller);
	while (n_read < n_sent) {
		ck_assert(spin_until_readable(callee, PATIENCE_MS));
		n = read(callee, chunk, sizeof(chunk));
		ck_assert_int_gt(n, 0);
		n_read += (size_t)n;
	}
	expect_end(callee);
	close(callee);
}
END_TEST

/* Dials as another user, who writes, and tells whether any byte came back. */
static pid_t
stranger(const struct plan_forward *place)
{
	pid_t pid = fork();
	char c;
	int fd;

	ck_assert_int_ge(pid, 0);
	if (pid != 0)
		return pid;
	if (setresgid(STRANGER, STRANGER, STRANGER) < 0 ||
	    setresuid(STRANGER, STRANGER, STRANGER) < 0)
		_exit(100);
	fd = dial(place);
	if (fd < 0)
		_exit(101); /* the socket's file keeps it out */
	(void)send(fd, "stolen", 6, MSG_NOSIGNAL);
	_exit(read(fd, &c, 1) > 0 ? 1 : 0);
}

static int
status_of(pid_t pid)
{
	uint64_t end_ms = clock_now_ms(real_clock) + PATIENCE_MS;
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_uint_lt(clock_now_ms(real_clock), end_ms);
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	return WEXITSTATUS(status);
}

START_TEST(another_user_gets_no_byte_through)
{
	const struct plan_forward *port, *path;
	struct stat st;

	port = add(false, 0, false);
	path = add(true, 0, false);
	ck_assert_int_eq(stat(path->path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	if (geteuid() != 0)
		return; /* nobody else to be */
	ck_assert_int_eq(status_of(stranger(port)), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0); /* so that only the file does */
	ck_assert_int_eq(status_of(stranger(path)), 101);
	ck_assert(!is_readable(guest));
	ck_assert_ptr_nonnull(strstr(lines_told, "it is user 61001"));
}
END_TEST

START_TEST(even_one_who_may_open_the_socket_is_refused)
{
	const struct plan_forward *path = add(true, 0, false);

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod(path->path, 0666), 0);
	ck_assert_int_eq(status_of(stranger(path)), 0);
	ck_assert(!is_readable(guest));
}
END_TEST

START_TEST(anybody_gets_through_to_what_is_public)
{
	const struct plan_forward *port = add(false, 0, true);
	int callee;
	pid_t pid;

	if (geteuid() != 0)
		return;
	pid = stranger(port);
	callee = accept_caller();
	expect_text(callee, "stolen");
	say(callee, "x");
	ck_assert_int_eq(status_of(pid), 1);
	close(callee);
}
END_TEST

START_TEST(refusals_are_told_ten_times)
{
	const struct plan_forward *port = add(false, 0, false);
	size_t n = 0;

	if (geteuid() != 0)
		return;
	for (int i = 0; i < 12; i++)
		status_of(stranger(port));
	for (const char *p = lines_told; (p = strstr(p, "refused")) != NULL;
	     p++)
		n++;
	ck_assert_uint_eq(n, 10);
}
END_TEST

START_TEST(a_caller_waits_for_the_guest)
{
	int caller, callee;

	close(guest);
	caller = dial(add(false, 0, false));
	say(caller, "early");
	ck_assert(!spin_until_readable(caller, 200));
	open_guest();
	callee = accept_caller();
	expect_text(callee, "early");
	close(callee);
	close(caller);
}
END_TEST

START_TEST(but_not_for_ever)
{
	uint64_t start_ms = clock_now_ms(real_clock);
	int caller;

	close(guest);
	guest = -1;
	caller = dial(add(true, 0, false));
	expect_end(caller);
	ck_assert_uint_ge(clock_now_ms(real_clock) - start_ms,
			  FORWARDS_PATIENCE_MS - 100);
	close(caller);
}
END_TEST

START_TEST(what_is_there_is_found_again)
{
	const struct plan_forward *port = add(false, 0, false);
	const struct plan_forward *path = add(true, 0, false);
	unsigned guests[PLAN_FORWARDS_MAX];

	ck_assert_uint_gt(port->port, 0);
	ck_assert_ptr_eq(add(false, 0, false), port);
	ck_assert_ptr_eq(add(false, port->port, false), port);
	ck_assert_ptr_eq(add(true, 0, false), path);
	ck_assert_ptr_ne(add(false, 0, true), port);
	ck_assert_uint_eq(forwards_guests(forwards, guests), 1);
	ck_assert_uint_eq(guests[0], 80);
}
END_TEST

START_TEST(a_port_in_use_is_an_error_with_a_remedy)
{
	const struct plan_forward *port = add(false, 0, false);
	const struct plan_forward wanted = { .guest = 81, .port = port->port };

	ck_assert_ptr_null(forwards_add(forwards, &wanted, &err));
	ck_assert_int_eq(err.code, -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.text, "`host = 0`"));
}
END_TEST

START_TEST(there_is_a_bound_on_forwards)
{
	struct plan_forward wanted = { .is_socket = true };

	for (unsigned i = 0; i < PLAN_FORWARDS_MAX; i++) {
		wanted.guest = 1000 + i;
		ck_assert_ptr_nonnull(forwards_add(forwards, &wanted, &err));
	}
	wanted.guest = 1;
	ck_assert_ptr_null(forwards_add(forwards, &wanted, &err));
	ck_assert_int_eq(err.code, -ENOSPC);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_owner_of_a_connected_socket_is_found, UNIT_ROWS(lines) },
		{ a_socket_of_ipv6_may_have_a_connection_over_ipv4, 0 },
		{ bytes_and_ends_go_both_ways, 2 },
		{ a_reader_that_is_slow_holds_the_writer_up, 0 },
		{ another_user_gets_no_byte_through, 0 },
		{ even_one_who_may_open_the_socket_is_refused, 0 },
		{ anybody_gets_through_to_what_is_public, 0 },
		{ refusals_are_told_ten_times, 0 },
		{ a_caller_waits_for_the_guest, 0 },
		{ but_not_for_ever, 0 },
		{ what_is_there_is_found_again, 0 },
		{ a_port_in_use_is_an_error_with_a_remedy, 0 },
		{ there_is_a_bound_on_forwards, 0 },
		{ NULL, 0 },
	};

	return unit_run("forwards", tests, setup, teardown);
}
