#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/slirp-rig.h"
#include "tests/unit/unit.h"

static struct rig rig;

static void
set_up(void)
{
	rig_init(&rig);
}

static void
tear_down(void)
{
	rig_fini(&rig);
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* ---- the forward ---- */

START_TEST(an_arp_request_for_the_host_is_answered)
{
	rig_start(&rig, NULL);
	guest_ask_arp(&rig.guest, ADDR_HOST);
	ck_assert(guest_receive(&rig.guest));
	ck_assert(guest_is_arp(&rig.guest, 2, ADDR_HOST));
}
END_TEST

START_TEST(bytes_go_both_ways_through_a_forward)
{
	struct peer peer;
	char text[16];
	int fd;

	rig_start(&rig, NULL);
	fd = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	ck_assert_uint_eq(peer.addr, ADDR_HOST);
	rig_write(fd, "to the guest\n", 13);
	guest_read(&rig.guest, &peer, text, 13);
	ck_assert_mem_eq(text, "to the guest\n", 13);
	guest_write(&rig.guest, &peer, "from guest\n", 11);
	ck_assert_uint_eq(rig_read(fd, text, 11), 11);
	ck_assert_mem_eq(text, "from guest\n", 11);
	/* the guest's end reaches the host, the host's the guest */
	guest_close(&rig.guest, &peer, false);
	ck_assert_uint_eq(rig_read(fd, text, 1), 0);
	close(fd);
	guest_await_fin(&rig.guest, &peer);
}
END_TEST

START_TEST(a_guest_that_refuses_ends_the_connection)
{
	struct segment s;
	struct peer peer;
	char byte;
	int fd;

	rig_start(&rig, NULL);
	fd = rig_dial(&rig);
	guest_await_tcp(&rig.guest, &s);
	peer = (struct peer){ .addr = s.src,
			      .port = s.sport,
			      .guest_port = s.dport,
			      .ack = s.seq + 1 };
	guest_close(&rig.guest, &peer, true);
	ck_assert_uint_eq(rig_read(fd, &byte, 1), 0);
	close(fd);
}
END_TEST

/* ---- the end ---- */

START_TEST(the_end_of_the_stream_ends_it_with_0)
{
	rig_start(&rig, NULL);
	ck_assert(exists(rig.path));
	close(rig.guest.fd);
	rig.guest.fd = -1;
	ck_assert_int_eq(rig_join(&rig), 0);
	ck_assert(!exists(rig.path));
	ck_assert_str_eq(rig.text, "");
}
END_TEST

static const int end_signals[] = { SIGTERM, SIGINT, SIGHUP };

START_TEST(a_signal_ends_it_with_0_and_the_socket_is_gone)
{
	rig_start(&rig, NULL);
	kill(rig.pid, end_signals[_i]);
	ck_assert_int_eq(rig_join(&rig), 0);
	ck_assert(!exists(rig.path));
	ck_assert_str_eq(rig.text, "");
}
END_TEST

static const uint32_t broken[] = { 0, 69633, 0x80000000, 0xffffffff };

START_TEST(an_impossible_length_ends_it_with_4_and_a_reason)
{
	const uint32_t header = htonl(broken[_i]);
	char want[64];

	rig_start(&rig, NULL);
	guest_sync(&rig.guest);
	guest_send_raw(&rig.guest, &header, sizeof(header));
	ck_assert_int_eq(rig_join(&rig), 4);
	snprintf(want, sizeof(want), "announces a frame of %u bytes",
		 broken[_i]);
	ck_assert_ptr_nonnull(strstr(rig.text, want));
	ck_assert(!exists(rig.path));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_arp_request_for_the_host_is_answered, 0 },
		{ bytes_go_both_ways_through_a_forward, 0 },
		{ a_guest_that_refuses_ends_the_connection, 0 },
		{ the_end_of_the_stream_ends_it_with_0, 0 },
		{ a_signal_ends_it_with_0_and_the_socket_is_gone,
		  UNIT_ROWS(end_signals) },
		{ an_impossible_length_ends_it_with_4_and_a_reason,
		  UNIT_ROWS(broken) },
		{ NULL, 0 },
	};

	return unit_run("slirp", tests, set_up, tear_down);
}
