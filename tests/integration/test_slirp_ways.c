/* The ways in and out of a user network beside the forward of test_slirp.c. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sockpath.h"
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

/* ---- datagrams ---- */

static const int types[] = { SOCK_SEQPACKET, SOCK_DGRAM };

START_TEST(frames_are_datagrams_where_the_socket_has_them)
{
	struct peer peer;
	char text[16];
	int fd;

	rig.type = types[_i];
	rig_start(&rig, "--restrict");
	/* nothing of these is a frame of its own length */
	guest_send(&rig.guest, "x", 1);
	fd = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	rig_write(fd, "to the guest\n", 13);
	guest_read(&rig.guest, &peer, text, 13);
	ck_assert_mem_eq(text, "to the guest\n", 13);
	guest_write(&rig.guest, &peer, "from guest\n", 11);
	ck_assert_uint_eq(rig_read(fd, text, 11), 11);
	ck_assert_mem_eq(text, "from guest\n", 11);
	close(fd);
}
END_TEST

/* What does not fit the socket waits for its turn in order. */
START_TEST(datagrams_wait_for_a_guest_that_reads_late)
{
	enum { N = 2000 };
	unsigned n;

	rig.type = types[_i];
	rig_start(&rig, "--restrict");
	for (int i = 0; i < N; i++)
		guest_ask_arp(&rig.guest, ADDR_HOST);
	for (n = 0; n < N; n++) {
		ck_assert(guest_receive(&rig.guest));
		ck_assert(guest_is_arp(&rig.guest, 2, ADDR_HOST));
	}
}
END_TEST

START_TEST(the_end_of_connected_datagrams_ends_it_with_0)
{
	rig.type = SOCK_SEQPACKET;
	rig_start(&rig, "--restrict");
	close(rig.guest.fd);
	rig.guest.fd = -1;
	ck_assert_int_eq(rig_join(&rig), 0);
	ck_assert_str_eq(rig.text, "");
}
END_TEST

/* The other end of SOCK_DGRAM is missed when something goes there. */
START_TEST(a_lost_end_of_datagrams_ends_it_with_0_when_it_writes)
{
	rig.type = SOCK_DGRAM;
	rig_start(&rig, "--restrict");
	close(rig.guest.fd);
	rig.guest.fd = -1;
	close(rig_dial(&rig)); /* makes it ask for the guest */
	ck_assert_int_eq(rig_join(&rig), 0);
	ck_assert_str_eq(rig.text, "");
}
END_TEST

/* ---- ports of the host ---- */

/* A port of 127.0.0.1 that was free a moment ago. */
static uint16_t
find_port(int type)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(addr);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &size), 0);
	close(fd);
	return ntohs(addr.sin_port);
}

static int
dial(int type, uint16_t port)
{
	const struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static const char *const restrictions[] = { "--restrict", NULL };

START_TEST(a_port_of_the_host_leads_to_one_of_the_guest)
{
	uint16_t port = find_port(SOCK_STREAM);
	char forward[64], text[5];
	const char *args[] = { "--hostfwd", forward, restrictions[_i], NULL };
	struct peer peer;
	int fd;

	snprintf(forward, sizeof(forward), "tcp:127.0.0.1:%u-10.0.2.15:80",
		 port);
	rig_start_with(&rig, args);
	fd = dial(SOCK_STREAM, port);
	rig_write(fd, "early", 5);
	guest_accept(&rig.guest, 80, &peer);
	guest_read(&rig.guest, &peer, text, 5);
	ck_assert_mem_eq(text, "early", 5);
	guest_write(&rig.guest, &peer, "there", 5);
	ck_assert_uint_eq(rig_read(fd, text, 5), 5);
	ck_assert_mem_eq(text, "there", 5);
	close(fd);
	guest_await_fin(&rig.guest, &peer);
}
END_TEST

/* Ask for a forward; Return: @answer, "" when all is well. */
static const char *
ask_for(int fd, const char *forward, char answer[static 512])
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	ck_assert_int_gt(send(fd, forward, strlen(forward), 0), 0);
	ck_assert_int_eq(poll(&p, 1, GUEST_WAIT_MS), 1);
	n = recv(fd, answer, 511, 0);
	ck_assert_int_ge(n, 0);
	answer[n] = '\0';
	return answer;
}

START_TEST(a_forward_may_come_later)
{
	char number[16], forward[PATH_MAX + 32], path[PATH_MAX], text[512];
	const char *args[] = { "--more-fd", number,	      "--more-dir",
			       rig.dir,	    restrictions[_i], NULL };
	struct peer peer;
	int fds[2], fd;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds),
			 0);
	snprintf(number, sizeof(number), "%d", fds[1]);
	ck_assert(rig_spawn(&rig, args, fds[1]));
	close(fds[1]);
	/* elsewhere, or no unix socket, or no forward */
	ck_assert_str_ne(ask_for(fds[0], "unix:/tmp/x-:80", text), "");
	ck_assert_str_ne(ask_for(fds[0], "tcp::8080-:80", text), "");
	ck_assert_str_ne(ask_for(fds[0], "nonsense", text), "");
	for (unsigned port = 80; port <= 81; port++) {
		snprintf(path, sizeof(path), "%s/%u", rig.dir, port);
		snprintf(forward, sizeof(forward), "unix:%s-:%u", path, port);
		ck_assert_str_eq(ask_for(fds[0], forward, text), "");
		fd = sockpath_connect(path, SOCK_STREAM, NULL);
		ck_assert_int_ge(fd, 0);
		rig_write(fd, "early", 5);
		guest_accept(&rig.guest, (uint16_t)port, &peer);
		guest_read(&rig.guest, &peer, text, 5);
		ck_assert_mem_eq(text, "early", 5);
		/* the connection stays while the next forward comes */
	}
	snprintf(forward, sizeof(forward), "unix:%s-:1", path);
	ck_assert_str_ne(ask_for(fds[0], forward, text), "");
	close(fds[0]);
	kill(rig.pid, SIGTERM);
	ck_assert_int_eq(rig_join(&rig), 0);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* Nobody is at 10.0.2.16: who calls there keeps nobody else waiting. */
START_TEST(each_guest_is_waited_for_alone)
{
	char first[RIG_FORWARD_SIZE], second[PATH_MAX + 32], path[PATH_MAX];
	const char *args[] = { "--hostfwd",  rig_forward(&rig, first),
			       "--hostfwd",  second,
			       "--restrict", NULL };
	struct pollfd p = { .events = POLLIN };
	struct peer peer;
	char text[5];
	int fd;

	snprintf(path, sizeof(path), "%s/second", rig.dir);
	snprintf(second, sizeof(second), "unix:%s-10.0.2.16:%d", path,
		 RIG_PORT);
	rig_start_with(&rig, args);
	p.fd = sockpath_connect(path, SOCK_STREAM, NULL);
	ck_assert_int_ge(p.fd, 0);
	do
		ck_assert(guest_receive(&rig.guest));
	while (!guest_is_arp(&rig.guest, 1, ADDR_GUEST + 1));
	for (int i = 0; i < 2; i++) {
		fd = rig_dial(&rig);
		guest_accept(&rig.guest, RIG_PORT, &peer);
		guest_write(&rig.guest, &peer, "there", 5);
		ck_assert_uint_eq(rig_read(fd, text, 5), 5);
		close(fd);
		guest_await_fin(&rig.guest, &peer);
	}
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	close(p.fd);
}
END_TEST

START_TEST(a_port_in_use_is_named)
{
	uint16_t port = find_port(SOCK_STREAM);
	const struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	char forward[64], name[32];
	const char *args[] = { "--hostfwd", forward, NULL };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)),
			 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	snprintf(forward, sizeof(forward), "tcp::%u-:80", port);
	ck_assert(!rig_spawn(&rig, args, -1));
	ck_assert_int_eq(rig_join(&rig), 4);
	snprintf(name, sizeof(name), "tcp:127.0.0.1:%u", port);
	ck_assert_ptr_nonnull(strstr(rig.text, name));
	close(fd);
}
END_TEST

START_TEST(datagrams_to_a_port_of_the_host_reach_the_guest_and_back)
{
	uint16_t port = find_port(SOCK_DGRAM), from;
	char forward[64], text[16];
	const char *args[] = { "--hostfwd", forward, "--host-loopback", NULL };
	enum { SPORT_AT = 14 + 20 };
	int fd;

	snprintf(forward, sizeof(forward), "udp::%u-:53", port);
	rig_start_with(&rig, args);
	fd = dial(SOCK_DGRAM, port);
	rig_write(fd, "query", 5);
	do { /* a question for us comes first, from no port */
		ck_assert(guest_receive(&rig.guest));
		guest_answer_arp(&rig.guest);
	} while (rig.guest.frame[23] != 17 || rig.guest.frame[12] != 8 ||
		 rig.guest.frame[13] != 0);
	ck_assert_mem_eq(rig.guest.frame + SPORT_AT + 8, "query", 5);
	from = (uint16_t)(rig.guest.frame[SPORT_AT] << 8 |
			  rig.guest.frame[SPORT_AT + 1]);
	guest_send_udp(&rig.guest, ADDR_GUEST, 53, ADDR_HOST, from, "answer",
		       6);
	ck_assert_uint_eq(rig_read(fd, text, 6), 6);
	ck_assert_mem_eq(text, "answer", 6);
	close(fd);
}
END_TEST

/* ---- a socket of the host as a service at its address ---- */

START_TEST(guests_reach_a_unix_socket_at_the_hosts_address)
{
	char service[PATH_MAX + 32], text[6];
	const char *args[] = { "--guestfwd", service, NULL };
	struct peer peers[2];
	int listener, fds[2];

	listener = sockpath_listen(rig.path, SOCK_STREAM, 0600, NULL);
	ck_assert_int_ge(listener, 0);
	snprintf(service, sizeof(service), "6000-unix:%s", rig.path);
	rig_start_with(&rig, args);
	for (int i = 0; i < 2; i++) {
		struct pollfd p = { .fd = listener, .events = POLLIN };

		ck_assert(guest_connect(&rig.guest, (uint16_t)(4000 + i),
					ADDR_HOST, 6000, &peers[i]));
		ck_assert_int_eq(poll(&p, 1, GUEST_WAIT_MS), 1);
		fds[i] = accept(listener, NULL, NULL);
		ck_assert_int_ge(fds[i], 0);
	}
	for (int i = 0; i < 2; i++) {
		guest_write(&rig.guest, &peers[i], "hello", 5);
		ck_assert_uint_eq(rig_read(fds[i], text, 5), 5);
		ck_assert_mem_eq(text, "hello", 5);
		rig_write(fds[i], "answer", 6);
		guest_read(&rig.guest, &peers[i], text, 6);
		ck_assert_mem_eq(text, "answer", 6);
		close(fds[i]);
		guest_await_fin(&rig.guest, &peers[i]);
	}
	close(listener);
}
END_TEST

/* ---- files ---- */

enum {
	TFTP_PORT = 69,
	TFTP_CLIENT = 2000,
	TFTP_RRQ = 1,
	TFTP_DATA = 3,
	TFTP_ACK = 4,
	TFTP_ERROR = 5,
	TFTP_BLOCK = 512,
	TFTP_HEADER = 4,
};

static void
write_file(const char *name, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", rig.dir, name);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < len; i++)
		fputc((int)(i * 7 % 251), f);
	fclose(f);
}

static void
tftp_send(const void *data, size_t len)
{
	guest_send_udp(&rig.guest, ADDR_GUEST, TFTP_CLIENT, ADDR_HOST,
		       TFTP_PORT, data, len);
}

static size_t
tftp_receive(uint8_t *data, size_t size)
{
	return guest_await_udp(&rig.guest, ADDR_HOST, TFTP_PORT, data, size);
}

static void
tftp_ask(const char *name)
{
	char request[256] = { 0, TFTP_RRQ };
	size_t len = 2 + (size_t)snprintf(request + 2, sizeof(request) - 2,
					  "%s%coctet", name, '\0');

	tftp_send(request, len + 1);
}

START_TEST(a_guest_reads_a_file_by_tftp)
{
	enum { SIZE = 2 * TFTP_BLOCK + 100 };
	const char *args[] = { "--tftp", rig.dir, restrictions[_i], NULL };
	uint8_t data[TFTP_HEADER + TFTP_BLOCK];
	size_t got = 0, len;

	write_file("boot", SIZE);
	rig_start_with(&rig, args);
	tftp_ask("boot");
	do {
		len = tftp_receive(data, sizeof(data));
		ck_assert_uint_ge(len, TFTP_HEADER);
		ck_assert_uint_eq(data[1], TFTP_DATA);
		len -= TFTP_HEADER;
		for (size_t i = 0; i < len; i++)
			ck_assert_uint_eq(data[TFTP_HEADER + i],
					  (got + i) * 7 % 251);
		got += len;
		data[1] = TFTP_ACK;
		tftp_send(data, TFTP_HEADER);
	} while (len == TFTP_BLOCK);
	ck_assert_uint_eq(got, SIZE);
}
END_TEST

/* Another one is a file that this process may read. */
static const char *const others[] = { "missing", "../other", "link",
				      "/etc/passwd" };

START_TEST(no_other_file_is_read_by_tftp)
{
	char dir[PATH_MAX], path[PATH_MAX + 8];
	const char *args[] = { "--tftp", dir, NULL };
	uint8_t data[TFTP_HEADER + TFTP_BLOCK];

	write_file("other", 100);
	snprintf(dir, sizeof(dir), "%s/files", rig.dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
#ifndef SANITIZED /* where files are not confined */
	snprintf(path, sizeof(path), "%s/link", dir);
	ck_assert_int_eq(symlink("../other", path), 0);
#else
	(void)path;
#endif
	rig_start_with(&rig, args);
	tftp_ask(others[_i]);
	ck_assert_uint_ge(tftp_receive(data, sizeof(data)), TFTP_HEADER);
	ck_assert_uint_eq(data[1], TFTP_ERROR);
}
END_TEST

START_TEST(without_a_directory_there_is_no_tftp)
{
	uint8_t data[TFTP_HEADER + TFTP_BLOCK];

	rig_start(&rig, NULL);
	tftp_ask("/etc/passwd");
	ck_assert_uint_ge(tftp_receive(data, sizeof(data)), TFTP_HEADER);
	ck_assert_uint_eq(data[1], TFTP_ERROR);
}
END_TEST

/* ---- the size of packets ---- */

static const struct {
	const char *option;
	size_t len; /* of the longest segment: libslirp makes room for the
		       headers of IPv6 */
} mtus[] = {
	{ "--mtu=1500", 1500 - 60 },
	{ "--mtu=576", 576 - 60 },
};

START_TEST(segments_are_as_long_as_the_mtu_lets_them)
{
	static char text[8000], got[sizeof(text)];
	struct segment s;
	struct peer peer;
	size_t at = 0, most = 0;
	int fd;

	rig_start(&rig, mtus[_i].option);
	fd = rig_dial(&rig);
	memset(text, 'm', sizeof(text));
	rig_write(fd, text, sizeof(text));
	guest_accept(&rig.guest, RIG_PORT, &peer);
	while (at < sizeof(text)) {
		guest_await_tcp(&rig.guest, &s);
		if (s.len == 0 || s.seq != peer.ack)
			continue;
		most = s.len > most ? s.len : most;
		memcpy(got + at, s.payload, s.len);
		at += s.len;
		peer.ack += (uint32_t)s.len;
		guest_acknowledge(&rig.guest, &peer);
	}
	ck_assert_mem_eq(got, text, sizeof(text));
	ck_assert_uint_eq(most, mtus[_i].len);
	close(fd);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ frames_are_datagrams_where_the_socket_has_them,
		  UNIT_ROWS(types) },
		{ datagrams_wait_for_a_guest_that_reads_late,
		  UNIT_ROWS(types) },
		{ the_end_of_connected_datagrams_ends_it_with_0, 0 },
		{ a_lost_end_of_datagrams_ends_it_with_0_when_it_writes, 0 },
		{ a_port_of_the_host_leads_to_one_of_the_guest,
		  UNIT_ROWS(restrictions) },
		{ a_forward_may_come_later, UNIT_ROWS(restrictions) },
		{ each_guest_is_waited_for_alone, 0 },
		{ a_port_in_use_is_named, 0 },
		{ datagrams_to_a_port_of_the_host_reach_the_guest_and_back, 0 },
		{ guests_reach_a_unix_socket_at_the_hosts_address, 0 },
		{ a_guest_reads_a_file_by_tftp, UNIT_ROWS(restrictions) },
		{ no_other_file_is_read_by_tftp, UNIT_ROWS(others) },
		{ without_a_directory_there_is_no_tftp, 0 },
		{ segments_are_as_long_as_the_mtu_lets_them, UNIT_ROWS(mtus) },
		{ NULL, 0 },
	};

	return unit_run("slirp_ways", tests, set_up, tear_down);
}
