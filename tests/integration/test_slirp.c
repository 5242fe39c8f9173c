#include "config.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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
	rig_start(&rig, "--restrict");
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

	rig_start(&rig, "--restrict");
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

	rig_start(&rig, "--restrict");
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

START_TEST(a_guest_may_write_to_a_caller_who_has_gone)
{
	struct segment s;
	struct peer peer;
	int fd;

	rig_start(&rig, "--restrict");
	fd = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	close(fd);
	guest_await_fin(&rig.guest, &peer);
	s = (struct segment){ .src = ADDR_GUEST,
			      .dst = peer.addr,
			      .sport = RIG_PORT,
			      .dport = peer.port,
			      .seq = peer.seq,
			      .ack = peer.ack,
			      .flags = TCP_ACK,
			      .payload = "late",
			      .len = 4 };
	guest_send_tcp(&rig.guest, &s);
	for (int i = 0; i < 3; i++)
		guest_sync(&rig.guest);
	close(rig.guest.fd);
	rig.guest.fd = -1;
	ck_assert_int_eq(rig_join(&rig), 0);
}
END_TEST

START_TEST(more_than_the_buffers_hold_goes_through_unharmed)
{
	enum { SIZE = 1 << 20, PIECE = 1 << 14 };
	static uint8_t out[PIECE], in[PIECE];
	struct peer peer;
	int fd;

	rig_start(&rig, "--restrict");
	fd = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	for (size_t done = 0; done < SIZE; done += PIECE) {
		for (size_t i = 0; i < PIECE; i++)
			out[i] = (uint8_t)((done + i) * 2654435761u >> 24);
		rig_write(fd, out, PIECE);
		guest_read(&rig.guest, &peer, in, PIECE);
		ck_assert_mem_eq(in, out, PIECE);
		for (size_t at = 0; at < PIECE; at += 1024)
			guest_write(&rig.guest, &peer, out + at, 1024);
		ck_assert_uint_eq(rig_read(fd, in, PIECE), PIECE);
		ck_assert_mem_eq(in, out, PIECE);
	}
	close(fd);
}
END_TEST

START_TEST(each_forward_leads_to_its_port)
{
	char other[PATH_MAX], first[RIG_FORWARD_SIZE], second[RIG_FORWARD_SIZE];
	const char *args[] = { "--hostfwd", first,	  "--hostfwd",
			       second,	    "--restrict", NULL };
	struct peer peers[2];
	char byte;
	int fds[2];

	snprintf(other, sizeof(other), "%s/other", rig.dir);
	rig_forward(&rig, first);
	snprintf(second, sizeof(second), "unix:%s-10.0.2.15:%d", other, 65535);
	ck_assert(rig_spawn(&rig, args, -1));
	fds[0] = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peers[0]);
	memcpy(rig.path, other, sizeof(other));
	fds[1] = rig_dial(&rig);
	guest_accept(&rig.guest, 65535, &peers[1]);
	guest_write(&rig.guest, &peers[1], "b", 1);
	guest_write(&rig.guest, &peers[0], "a", 1);
	ck_assert_uint_eq(rig_read(fds[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 'a');
	ck_assert_uint_eq(rig_read(fds[1], &byte, 1), 1);
	ck_assert_int_eq(byte, 'b');
}
END_TEST

/* ---- a guest that is not up ---- */

/* Await @n ARP requests for the guest's address and nothing else. */
static void
await_questions(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		ck_assert(guest_receive(&rig.guest));
		ck_assert(guest_is_arp(&rig.guest, 1, ADDR_GUEST));
	}
}

START_TEST(a_caller_waits_until_the_guest_answers)
{
	struct peer peer;
	char text[5];
	int fd;

	rig_start(&rig, "--restrict");
	fd = rig_dial(&rig);
	rig_write(fd, "early", 5);
	await_questions(3);
	guest_accept(&rig.guest, RIG_PORT, &peer); /* answers the next */
	guest_read(&rig.guest, &peer, text, 5);
	ck_assert_mem_eq(text, "early", 5);
	close(fd);
}
END_TEST

START_TEST(each_caller_makes_it_ask_again)
{
	struct peer peer;
	int fds[2];

	rig_start(&rig, "--restrict");
	fds[0] = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	guest_sync(&rig.guest);
	/* the guest boots anew */
	fds[1] = rig_dial(&rig);
	await_questions(2);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(many_may_wait_and_all_are_let_through)
{
	enum { N = 8 };
	struct peer peers[N];
	int fds[N];

	rig_start(&rig, "--restrict");
	for (int i = 0; i < N; i++)
		fds[i] = rig_dial(&rig);
	for (int i = 0; i < N; i++)
		guest_accept(&rig.guest, RIG_PORT, &peers[i]);
	for (int i = 0; i < N; i++) {
		char byte;

		guest_write(&rig.guest, &peers[i], "x", 1);
		ck_assert_uint_eq(rig_read(fds[i], &byte, 1), 1);
		close(fds[i]);
	}
}
END_TEST

/* ---- DHCP ---- */

enum {
	DHCP_SERVER = 67,
	DHCP_CLIENT = 68,
	DHCP_OPTIONS_AT = 240,
	DHCP_SIZE = 300,
	OPTION_MASK = 1,
	OPTION_ROUTER = 3,
	OPTION_NAMESERVER = 6,
	OPTION_TYPE = 53,
	OPTION_END = 255,
};

static void
send_discover(void)
{
	static const uint8_t everything[] = { 0x63, 0x82,	 0x53,
					      0x63, OPTION_TYPE, 1,
					      1,    OPTION_END };
	uint8_t message[DHCP_SIZE] = { 1, 1, 6, 0, 0xaa, 0xbb, 0xcc, 0xdd };

	memcpy(message + 28, "\x52\x54\x00\x12\x00\x01", 6);
	memcpy(message + DHCP_OPTIONS_AT - 4, everything, sizeof(everything));
	guest_send_udp(&rig.guest, 0, DHCP_CLIENT, 0xffffffff, DHCP_SERVER,
		       message, sizeof(message));
}

/* The value of an option of the message in the last frame, or NULL. */
static const uint8_t *
find_option(uint8_t want, size_t *len)
{
	enum { MESSAGE_AT = 14 + 20 + 8 };
	const uint8_t *at = rig.guest.frame + MESSAGE_AT + DHCP_OPTIONS_AT;
	const uint8_t *end = rig.guest.frame + rig.guest.len;

	while (at + 1 < end && *at != OPTION_END && at + 2 + at[1] <= end) {
		*len = at[1];
		if (*at == want)
			return at + 2;
		at += 2 + at[1];
	}
	return NULL;
}

static const struct {
	const char *option;
	const char *router, *nameserver; /* four octets, or NULL */
} leases[] = {
	{ "--restrict", NULL, NULL },
	{ NULL, "\x0a\0\2\2", "\x0a\0\2\3" },
};

static void
check_option(uint8_t option, const char *want)
{
	size_t len = 0;
	const uint8_t *value = find_option(option, &len);

	if (want == NULL) {
		ck_assert_ptr_null(value);
		return;
	}
	ck_assert_ptr_nonnull(value);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(value, want, 4);
}

START_TEST(dhcp_offers_the_address_and_no_way_out_when_restricted)
{
	enum { YIADDR_AT = 14 + 20 + 8 + 16, XID_AT = 14 + 20 + 8 + 4 };
	const uint8_t *type;
	size_t len = 0;

	rig_start(&rig, leases[_i].option);
	send_discover();
	ck_assert(guest_receive(&rig.guest));
	ck_assert_uint_ge(rig.guest.len, 14 + 20 + 8 + DHCP_OPTIONS_AT);
	ck_assert_mem_eq(rig.guest.frame + XID_AT, "\xaa\xbb\xcc\xdd", 4);
	ck_assert_mem_eq(rig.guest.frame + YIADDR_AT, "\x0a\0\2\x0f", 4);
	type = find_option(OPTION_TYPE, &len);
	ck_assert_ptr_nonnull(type);
	ck_assert_uint_eq(*type, 2); /* offer */
	check_option(OPTION_MASK, "\xff\xff\xff\0");
	check_option(OPTION_ROUTER, leases[_i].router);
	check_option(OPTION_NAMESERVER, leases[_i].nameserver);
}
END_TEST

START_TEST(a_name_server_is_there_only_without_restriction)
{
	rig_start(&rig, leases[_i].option);
	guest_ask_arp(&rig.guest, ADDR_NAMESERVER);
	guest_ask_arp(&rig.guest, ADDR_HOST);
	ck_assert(guest_receive(&rig.guest));
	ck_assert(guest_is_arp(&rig.guest, 2,
			       leases[_i].nameserver != NULL ? ADDR_NAMESERVER
							     : ADDR_HOST));
}
END_TEST

/* ---- the start ---- */

/* Start with a forward to @path; Return: the exit status. */
static int
fail_with(const char *path, const char *option)
{
	char forward[RIG_FORWARD_SIZE];
	const char *args[] = { "--hostfwd", forward, option, NULL };

	snprintf(forward, sizeof(forward), "unix:%s-:%d", path, RIG_PORT);
	ck_assert(!rig_spawn(&rig, args, -1));
	return rig_join(&rig);
}

START_TEST(a_path_too_long_is_an_error_that_says_so)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%0*d", rig.dir, 107, 0);
	ck_assert_int_eq(fail_with(path, NULL), 4);
	ck_assert_ptr_nonnull(strstr(rig.text, "107"));
}
END_TEST

START_TEST(a_directory_that_is_missing_is_an_error_that_names_it)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/missing/shell", rig.dir);
	ck_assert_int_eq(fail_with(path, NULL), 4);
	ck_assert_ptr_nonnull(strstr(rig.text, path));
}
END_TEST

static int
make_pipe(void)
{
	int fds[2];

	return pipe(fds) == 0 ? fds[0] : -1;
}

static int
make_unconnected(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static const struct {
	int (*make)(void);
	const char *why;
} no_streams[] = {
	{ make_pipe, "Socket operation on non-socket" },
	{ make_unconnected, "not connected" },
};

START_TEST(what_is_no_connected_stream_is_an_error_that_names_it)
{
	int fd = no_streams[_i].make();
	char option[32];

	ck_assert_int_ge(fd, 0);
	/* the second --fd counts */
	snprintf(option, sizeof(option), "--fd=%d", fd);
	ck_assert_int_eq(fail_with(rig.path, option), 4);
	snprintf(option, sizeof(option), "descriptor %d", fd);
	ck_assert_ptr_nonnull(strstr(rig.text, option));
	ck_assert_ptr_nonnull(strstr(rig.text, no_streams[_i].why));
	ck_assert(!exists(rig.path));
}
END_TEST

START_TEST(a_socket_in_use_stays_with_its_owner)
{
	struct rig other;
	struct peer peer;
	int fd;

	rig_start(&rig, "--restrict");
	other = rig;
	ck_assert_int_eq(fail_with(rig.path, NULL), 4);
	ck_assert_ptr_nonnull(strstr(rig.text, rig.path));
	close(rig.guest.fd);
	close(rig.stderr_fd);
	rig = other;
	fd = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	close(fd);
}
END_TEST

START_TEST(a_socket_left_by_a_killed_one_is_replaced)
{
	rig_start(&rig, "--restrict");
	kill(rig.pid, SIGKILL);
	ck_assert_int_eq(rig_join(&rig), 128 + SIGKILL);
	ck_assert(exists(rig.path));
	close(rig.guest.fd);
	close(rig.stderr_fd);
	rig_start(&rig, "--restrict");
	close(rig_dial(&rig));
}
END_TEST

START_TEST(a_file_in_the_way_is_left_alone)
{
	FILE *f = fopen(rig.path, "we");

	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert_int_eq(fail_with(rig.path, NULL), 4);
	ck_assert_ptr_nonnull(strstr(rig.text, rig.path));
	ck_assert(exists(rig.path));
}
END_TEST

START_TEST(a_wrong_command_line_ends_with_2)
{
	const char *args[] = { "--hostfwd", "x", NULL };

	ck_assert(!rig_spawn(&rig, args, -1));
	ck_assert_int_eq(rig_join(&rig), 2);
	ck_assert_ptr_nonnull(strstr(rig.text, "unix:PATH-[GUEST]:PORT"));
}
END_TEST

/* ---- the end ---- */

START_TEST(the_end_of_the_stream_ends_it_with_0)
{
	rig_start(&rig, "--restrict");
	ck_assert(exists(rig.path));
	close(rig.guest.fd);
	rig.guest.fd = -1;
	ck_assert_int_eq(rig_join(&rig), 0);
	ck_assert(!exists(rig.path));
	ck_assert_str_eq(rig.text, "");
}
END_TEST

START_TEST(qemu_may_end_with_frames_unread)
{
	struct pollfd p;

	rig_start(&rig, "--restrict");
	guest_ask_arp(&rig.guest, ADDR_HOST);
	p = (struct pollfd){ .fd = rig.guest.fd, .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, GUEST_WAIT_MS), 1);
	close(rig.guest.fd);
	rig.guest.fd = -1;
	ck_assert_int_eq(rig_join(&rig), 0);
	ck_assert_str_eq(rig.text, "");
}
END_TEST

static const int end_signals[] = { SIGTERM, SIGINT, SIGHUP };

START_TEST(a_signal_ends_it_with_0_and_the_socket_is_gone)
{
	rig_start(&rig, "--restrict");
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

	rig_start(&rig, "--restrict");
	guest_sync(&rig.guest);
	guest_send_raw(&rig.guest, &header, sizeof(header));
	ck_assert_int_eq(rig_join(&rig), 4);
	snprintf(want, sizeof(want), "announces a frame of %u octets",
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
		{ a_guest_may_write_to_a_caller_who_has_gone, 0 },
		{ more_than_the_buffers_hold_goes_through_unharmed, 0 },
		{ each_forward_leads_to_its_port, 0 },
		{ a_caller_waits_until_the_guest_answers, 0 },
		{ each_caller_makes_it_ask_again, 0 },
		{ many_may_wait_and_all_are_let_through, 0 },
		{ dhcp_offers_the_address_and_no_way_out_when_restricted,
		  UNIT_ROWS(leases) },
		{ a_name_server_is_there_only_without_restriction,
		  UNIT_ROWS(leases) },
		{ a_path_too_long_is_an_error_that_says_so, 0 },
		{ a_directory_that_is_missing_is_an_error_that_names_it, 0 },
		{ what_is_no_connected_stream_is_an_error_that_names_it,
		  UNIT_ROWS(no_streams) },
		{ a_socket_in_use_stays_with_its_owner, 0 },
		{ a_socket_left_by_a_killed_one_is_replaced, 0 },
		{ a_file_in_the_way_is_left_alone, 0 },
		{ a_wrong_command_line_ends_with_2, 0 },
		{ the_end_of_the_stream_ends_it_with_0, 0 },
		{ qemu_may_end_with_frames_unread, 0 },
		{ a_signal_ends_it_with_0_and_the_socket_is_gone,
		  UNIT_ROWS(end_signals) },
		{ an_impossible_length_ends_it_with_4_and_a_reason,
		  UNIT_ROWS(broken) },
		{ NULL, 0 },
	};

	return unit_run("slirp", tests, set_up, tear_down);
}
