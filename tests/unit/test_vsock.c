#include "config.h"

#include "driver/vm/vsock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

static struct err err;
static int n_taken; /* how many addresses somebody else has */
static int n_asked;
static uint64_t last_cid;

static int
fake_set(int fd, uint64_t cid)
{
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_ne(cid, last_cid);
	ck_assert_uint_ge(cid, 3);
	ck_assert_uint_lt(cid, UINT32_MAX);
	last_cid = cid;
	return n_asked++ < n_taken ? -EADDRINUSE : 0;
}

static int
fail_to_set(int fd, uint64_t cid)
{
	(void)fd;
	(void)cid;
	n_asked++;
	return -EINVAL;
}

START_TEST(an_address_that_somebody_has_is_passed_over)
{
	uint32_t cid = 0;
	int fd;

	n_taken = 5;
	fd = vsock_reserve("/dev/null", fake_set, &cid, &err);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(n_asked, 6);
	ck_assert_uint_eq(cid, last_cid);
	close(fd);
}
END_TEST

START_TEST(it_is_not_tried_for_ever)
{
	uint32_t cid;

	n_taken = 1000;
	ck_assert_int_eq(vsock_reserve("/dev/null", fake_set, &cid, &err),
			 -EADDRINUSE);
	ck_assert_int_eq(n_asked, 64);
	n_asked = 0;
	ck_assert_int_eq(vsock_reserve("/dev/null", fail_to_set, &cid, &err),
			 -EINVAL);
	ck_assert_int_eq(n_asked, 1);
}
END_TEST

START_TEST(a_host_without_vsock_is_told_with_the_remedy)
{
	uint32_t cid;

	ck_assert_int_eq(vsock_reserve("/nonexistent", NULL, &cid, &err),
			 -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent: No such file"));
	ck_assert_ptr_nonnull(strstr(err.text, "module vhost_vsock"));
	ck_assert_ptr_nonnull(strstr(err.text, "\"virtio\""));
}
END_TEST

/* ---- connecting: to a unix socket, which goes the same way ---- */

static struct event_base *base;
static struct vsock_dial *dial;
static int result;
static bool done;

static void
on_dialled(int fd, void *arg)
{
	ck_assert_ptr_eq(arg, &done);
	ck_assert(!done);
	done = true;
	result = fd;
	vsock_dial_free(dial);
	dial = NULL;
}

static void
dial_and_wait(const struct sockaddr_un *address)
{
	dial = vsock_dial_address(base, (const struct sockaddr *)address,
				  sizeof(*address), on_dialled, &done);
	ck_assert(!done); /* not before the caller has what it returns */
	while (!done)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

START_TEST(who_listens_is_connected_to)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), peer;
	char octet;

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
		 "test_vsock-%ld", (long)getpid());
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	base = event_base_new();
	dial_and_wait(&address);
	ck_assert_int_ge(result, 0);
	peer = accept(listener, NULL, NULL);
	ck_assert_int_eq(write(peer, "x", 1), 1);
	ck_assert_int_eq(read(result, &octet, 1), 1);
	close(result);
	close(peer);
	close(listener);
	event_base_free(base);
}
END_TEST

START_TEST(where_nobody_listens_that_is_told)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
				       .sun_path = "/nonexistent/x" };

	base = event_base_new();
	dial_and_wait(&address);
	ck_assert_int_eq(result, -ENOENT);
	event_base_free(base);
}
END_TEST

START_TEST(an_attempt_may_be_given_up)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
				       .sun_path = "/nonexistent/x" };

	base = event_base_new();
	dial = vsock_dial_address(base, (struct sockaddr *)&address,
				  sizeof(address), on_dialled, &done);
	vsock_dial_free(dial);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert(!done);
	/* where there is no vsock at all, too */
	dial = vsock_dial(base, 1, on_dialled, &done);
	vsock_dial_free(dial);
	vsock_dial_free(NULL);
	event_base_free(base);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_address_that_somebody_has_is_passed_over, 0 },
		{ it_is_not_tried_for_ever, 0 },
		{ a_host_without_vsock_is_told_with_the_remedy, 0 },
		{ who_listens_is_connected_to, 0 },
		{ where_nobody_listens_that_is_told, 0 },
		{ an_attempt_may_be_given_up, 0 },
		{ NULL, 0 },
	};

	return unit_run("vsock", tests, NULL, NULL);
}
