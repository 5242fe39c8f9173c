/* What the service manager is told, by a fake one. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/sockpath.h"
#include "switch/service-manager.h"
#include "tests/unit/unit.h"

enum { TEXT_SIZE = 512, WATCHDOG_MS = 1000 };

static char dir[64], path[128];
static int manager; /* its socket */
static struct clock *clock;
static struct service_manager *sm;

static void
setup(void)
{
	struct sockaddr_un addr;

	snprintf(dir, sizeof(dir), "/tmp/vdelab-manager-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(sockpath_fill(&addr, path, NULL), 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	clock = clock_virtual_new(0);
	setenv("NOTIFY_SOCKET", path, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void
start(void)
{
	sm = service_manager_new();
	service_manager_start(sm, clock);
}

static void
teardown(void)
{
	service_manager_free(sm);
	clock_free(clock);
	close(manager);
	sockpath_remove_tree(dir, NULL);
}

/* Return: the length of the next message, -1 when there is none. */
static ssize_t
receive(char text[static TEXT_SIZE], int *fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { text, TEXT_SIZE - 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(manager, &msg, 0);

	text[n < 0 ? 0 : n] = '\0';
	*fd = -1;
	if (n >= 0 && CMSG_FIRSTHDR(&msg) != NULL)
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(*fd));
	return n;
}

static void
expect(const char *want)
{
	char text[TEXT_SIZE];
	int fd;

	receive(text, &fd);
	ck_assert_str_eq(text, want);
	ck_assert_int_eq(fd, -1);
}

static void
expect_nothing(void)
{
	char text[TEXT_SIZE];
	int fd;

	ck_assert_msg(receive(text, &fd) < 0, "got \"%s\"", text);
}

START_TEST(each_state_is_one_message)
{
	char text[TEXT_SIZE];
	int fd;

	start();
	ck_assert(service_manager_there(sm));
	service_manager_ready(sm, "%d segments", 3);
	expect("READY=1\nSTATUS=3 segments");
	service_manager_status(sm, "fine");
	expect("STATUS=fine");
	service_manager_reloading(sm);
	ck_assert_int_gt(receive(text, &fd), 0);
	ck_assert_int_eq(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	ck_assert_int_ne(text[27], '\0');
	service_manager_stopping(sm);
	expect("STOPPING=1");
	expect_nothing();
}
END_TEST

START_TEST(a_status_stays_one_line)
{
	start();
	service_manager_status(sm, "%s", "a\nREADY=1\x01");
	expect("STATUS=a READY=1 ");
}
END_TEST

START_TEST(the_environment_is_not_for_our_children)
{
	setenv("WATCHDOG_USEC", "1000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	start();
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
}
END_TEST

static const char *const no_addresses[] = { NULL, "", "relative", "vsock:2:3" };

START_TEST(without_a_manager_nothing_happens)
{
	if (no_addresses[_i] != NULL)
		setenv("NOTIFY_SOCKET", no_addresses[_i], 1);
	else
		unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000000", 1);
	start();
	ck_assert(!service_manager_there(sm));
	service_manager_ready(sm, "x");
	service_manager_store(sm, "x", 0);
	clock_advance(clock, 10 * NS_PER_S);
	expect_nothing();
}
END_TEST

START_TEST(a_stored_descriptor_goes_along_with_its_name)
{
	char text[TEXT_SIZE], byte = 0;
	int pair[2], fd;

	start();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	service_manager_store(sm, "port/dgram/lab/a", pair[0]);
	receive(text, &fd);
	ck_assert_str_eq(text, "FDSTORE=1\nFDNAME=port/dgram/lab/a");
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	close(fd);
	close(pair[0]);
	close(pair[1]);
	service_manager_unstore(sm, "port/dgram/lab/a");
	expect("FDSTOREREMOVE=1\nFDNAME=port/dgram/lab/a");
}
END_TEST

/* ---- the watchdog ---- */

START_TEST(it_is_pinged_twice_in_its_time)
{
	setenv("WATCHDOG_USEC", "1000000", 1);
	start();
	expect("WATCHDOG=1");
	clock_advance(clock, WATCHDOG_MS / 2 * NS_PER_MS - 1);
	expect_nothing();
	clock_advance(clock, 1);
	expect("WATCHDOG=1");
	clock_advance(clock, WATCHDOG_MS / 2 * NS_PER_MS);
	expect("WATCHDOG=1");
}
END_TEST

START_TEST(a_watchdog_for_this_process_is_pinged)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	start();
	expect("WATCHDOG=1");
}
END_TEST

static const struct {
	const char *usec, *pid;
} no_watchdogs[] = {
	{ "0", NULL },	{ "x", NULL },	    { "", NULL },
	{ "-1", NULL }, { "1000000", "1" }, { "1000000", "x" },
};

START_TEST(no_watchdog_is_not_pinged)
{
	setenv("WATCHDOG_USEC", no_watchdogs[_i].usec, 1);
	if (no_watchdogs[_i].pid != NULL)
		setenv("WATCHDOG_PID", no_watchdogs[_i].pid, 1);
	start();
	clock_advance(clock, 10 * NS_PER_S);
	expect_nothing();
}
END_TEST

/* ---- a manager that is busy ---- */

/* Return: how many messages its socket takes. */
static int
fill(void)
{
	struct sockaddr_un addr;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int n = 0;

	sockpath_fill(&addr, path, NULL);
	while (sendto(fd, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)) ==
	       1)
		n++;
	close(fd);
	return n;
}

START_TEST(what_it_cannot_take_is_sent_later_in_order)
{
	char text[TEXT_SIZE], byte = 0;
	int pair[2], fd, n;

	start();
	n = fill();
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	service_manager_store(sm, "a", pair[0]);
	close(pair[0]); /* its owner is gone before it can be sent */
	service_manager_status(sm, "later");
	clock_advance(clock, SERVICE_RETRY_MS * NS_PER_MS);
	while (n-- > 0)
		expect("x");
	expect_nothing();
	clock_advance(clock, SERVICE_RETRY_MS * NS_PER_MS - 1);
	expect_nothing();
	service_manager_stopping(sm); /* there is room, but others wait */
	expect_nothing();
	clock_advance(clock, 1);
	receive(text, &fd);
	ck_assert_str_eq(text, "FDSTORE=1\nFDNAME=a");
	ck_assert_int_eq(write(pair[1], "y", 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'y');
	close(fd);
	close(pair[1]);
	expect("STATUS=later");
	expect("STOPPING=1");
	expect_nothing();
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	int n;

	start();
	n = fill();
	for (int i = 0; i < SERVICE_WAITING_MAX + 10; i++)
		service_manager_status(sm, "%d", i);
	while (n-- > 0)
		expect("x");
	n = 0;
	for (int i = 0; i < SERVICE_WAITING_MAX; i++) {
		char text[TEXT_SIZE];
		int fd;

		if (receive(text, &fd) < 0) {
			clock_advance(clock, SERVICE_RETRY_MS * NS_PER_MS);
			ck_assert_int_gt(receive(text, &fd), 0);
		}
		ck_assert_int_eq(atoi(text + strlen("STATUS=")), n++);
	}
	clock_advance(clock, SERVICE_RETRY_MS * NS_PER_MS);
	expect_nothing();
}
END_TEST

START_TEST(a_manager_that_is_gone_costs_nothing)
{
	start();
	unlink(path);
	service_manager_status(sm, "nobody hears it");
	service_manager_stopping(sm);
	clock_advance(clock, NS_PER_S);
	expect_nothing();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_state_is_one_message, 0 },
		{ a_status_stays_one_line, 0 },
		{ the_environment_is_not_for_our_children, 0 },
		{ without_a_manager_nothing_happens, UNIT_ROWS(no_addresses) },
		{ a_stored_descriptor_goes_along_with_its_name, 0 },
		{ it_is_pinged_twice_in_its_time, 0 },
		{ a_watchdog_for_this_process_is_pinged, 0 },
		{ no_watchdog_is_not_pinged, UNIT_ROWS(no_watchdogs) },
		{ what_it_cannot_take_is_sent_later_in_order, 0 },
		{ what_waits_is_bounded, 0 },
		{ a_manager_that_is_gone_costs_nothing, 0 },
		{ NULL, 0 },
	};

	return unit_run("service-manager", tests, setup, teardown);
}
