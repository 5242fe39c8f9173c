#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
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

/* ---- a guest towards the host ---- */

enum { SERVICE_PORT = 80, GUEST_PORT = 4000 };

/* A service of the host, at all its addresses. */
static int
open_service(int type, uint16_t port)
{
	const struct sockaddr_in addr = { .sin_family = AF_INET,
					  .sin_port = htons(port) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)),
			 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

/* Services of the host as a guest may try to name them. */
static const uint32_t inside[] = {
	ADDR_HOST,  ADDR_NAMESERVER, INADDR_LOOPBACK,
	0x7f123456, INADDR_ANY,	     0x00000001,
	0xffffffff, 0x0a0002ff,	     ADDR_GUEST + 1,
};

static void
try_to_reach(uint32_t addr, uint16_t guest_port)
{
	const struct segment syn = { .src = ADDR_GUEST,
				     .dst = addr,
				     .sport = guest_port,
				     .dport = SERVICE_PORT,
				     .seq = 1,
				     .flags = TCP_SYN };

	guest_send_tcp(&rig.guest, &syn);
	guest_send_udp(&rig.guest, ADDR_GUEST, guest_port, addr, SERVICE_PORT,
		       "hello", 5);
}

static bool
enter_netns(bool loopback)
{
	if (rig_enter_netns(loopback))
		return true;
	printf("# skipped: no network namespace: %s\n", strerror(errno));
	return false;
}

START_TEST(a_restricted_guest_reaches_no_service_of_the_host)
{
	int tcp, udp;
	char byte;

	if (!enter_netns(true))
		return;
	tcp = open_service(SOCK_STREAM, SERVICE_PORT);
	udp = open_service(SOCK_DGRAM, SERVICE_PORT);
	rig_start(&rig, "--restrict");
	for (int i = 0; i < UNIT_ROWS(inside); i++)
		try_to_reach(inside[i], (uint16_t)(GUEST_PORT + i));
	try_to_reach(RIG_OUTSIDE, GUEST_PORT - 1);
	guest_sync(&rig.guest);
	ck_assert_int_lt(accept(tcp, NULL, NULL), 0);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_lt(recv(udp, &byte, 1, 0), 0);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(a_restricted_guest_is_refused_at_once)
{
	struct peer peer;

	rig_start(&rig, "--restrict");
	ck_assert(!guest_connect(&rig.guest, GUEST_PORT, ADDR_HOST,
				 SERVICE_PORT, &peer));
}
END_TEST

/* A datagram to NULLaddr and NULLport reaches NULLudp, and its answer the guest. */
static void
answer_udp(int udp, uint32_t addr, uint16_t port)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	char text[16];

	guest_send_udp(&rig.guest, ADDR_GUEST, GUEST_PORT, addr, port, "hello",
		       5);
	guest_sync(&rig.guest);
	ck_assert_int_eq(recvfrom(udp, text, sizeof(text), 0,
				  (struct sockaddr *)&from, &size),
			 5);
	ck_assert_int_eq(
	    sendto(udp, "answer", 6, 0, (const struct sockaddr *)&from, size),
	    6);
	ck_assert_uint_eq(
	    guest_await_udp(&rig.guest, addr, port, text, sizeof(text)), 6);
	ck_assert_mem_eq(text, "answer", 6);
}

/* Also shows that the test above would see a connection if there were one. */
START_TEST(an_unrestricted_guest_reaches_all_but_loopback)
{
	struct sockaddr_in local;
	socklen_t size = sizeof(local);
	struct peer peer;
	int tcp, udp, fd;
	char text[6];

	if (!enter_netns(true))
		return;
	tcp = open_service(SOCK_STREAM, SERVICE_PORT);
	udp = open_service(SOCK_DGRAM, SERVICE_PORT);
	rig_start(&rig, NULL);
	for (int i = 0; i < UNIT_ROWS(inside); i++)
		try_to_reach(inside[i], (uint16_t)(GUEST_PORT + i));
	guest_sync(&rig.guest);
	ck_assert(guest_connect(&rig.guest, GUEST_PORT - 1, RIG_OUTSIDE,
				SERVICE_PORT, &peer));
	fd = accept(tcp, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&local, &size), 0);
	ck_assert_uint_eq(ntohl(local.sin_addr.s_addr), RIG_OUTSIDE);
	guest_write(&rig.guest, &peer, "hello", 5);
	ck_assert_uint_eq(rig_read(fd, text, 5), 5);
	ck_assert_mem_eq(text, "hello", 5);
	close(fd);
	guest_await_fin(&rig.guest, &peer);
	/* nothing else has come, before or since */
	ck_assert_int_lt(accept(tcp, NULL, NULL), 0);
	ck_assert_int_lt(recv(udp, text, 1, 0), 0);
	answer_udp(udp, RIG_OUTSIDE, SERVICE_PORT);
}
END_TEST

/* The list of name servers is another one for what the test starts. */
static bool
set_name_server(const char *line)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/resolv.conf", rig.dir);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	fputs(line, f);
	fclose(f);
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
	       mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0;
}

START_TEST(an_unrestricted_guest_reaches_the_hosts_name_server)
{
	enum { DNS_PORT = 53 };
	int udp;

	if (!enter_netns(true))
		return;
	ck_assert(set_name_server("nameserver 100.64.0.1\n"));
	udp = open_service(SOCK_DGRAM, DNS_PORT);
	rig_start(&rig, NULL);
	answer_udp(udp, ADDR_NAMESERVER, DNS_PORT);
}
END_TEST

/* ---- others on the host ---- */

/* Sockets in a table of /proc/net; of TCP those that listen. */
static unsigned
count_open(const char *table)
{
	char path[64], line[512];
	unsigned n = 0, state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/net/%s", table);
	f = fopen(path, "re");
	if (f == NULL)
		return 0; /* a kernel without IPv6 */
	while (fgets(line, sizeof(line), f) != NULL) {
		enum { TCP_LISTENS = 0x0a };

		if (sscanf(line, " %*d: %*s %*s %x", &state) == 1)
			n += strncmp(table, "tcp", 3) != 0 ||
			     state == TCP_LISTENS;
	}
	fclose(f);
	return n;
}

static unsigned
count_all_open(void)
{
	static const char *const tables[] = { "tcp", "tcp6", "udp",  "udp6",
					      "raw", "raw6", "icmp", "icmp6" };
	unsigned n = 0;

	for (int i = 0; i < UNIT_ROWS(tables); i++)
		n += count_open(tables[i]);
	return n;
}

static const char *const restrictions[] = { "--restrict", NULL };

START_TEST(no_port_of_the_host_is_opened)
{
	struct peer peer;
	int fd;

	if (!enter_netns(true))
		return;
	rig_start(&rig, restrictions[_i]);
	ck_assert_uint_eq(count_all_open(), 0);
	fd = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	ck_assert_uint_eq(count_all_open(), 0);
	close(fd);
	/* and one would be seen */
	open_service(SOCK_STREAM, SERVICE_PORT);
	open_service(SOCK_DGRAM, SERVICE_PORT);
	ck_assert_uint_eq(count_all_open(), 2);
}
END_TEST

START_TEST(without_loopback_it_says_what_is_missing)
{
	char forward[RIG_FORWARD_SIZE];
	const char *args[] = { "--restrict", "--hostfwd",
			       rig_forward(&rig, forward), NULL };

	if (!enter_netns(false))
		return;
	ck_assert(!rig_spawn(&rig, args, -1));
	ck_assert_int_eq(rig_join(&rig), 4);
	ck_assert_ptr_nonnull(strstr(rig.text, "is the interface lo up?"));
}
END_TEST

START_TEST(the_socket_is_its_owners_alone)
{
	mode_t mask = umask(0);
	struct stat st;

	rig_start(&rig, "--restrict");
	umask(mask);
	ck_assert_int_eq(lstat(rig.path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFSOCK | 0600);
}
END_TEST

/* ---- the process ---- */

/* What /proc says in NULLfile of the process behind NULLkey. */
static void
read_proc(const char *file, const char *key, char *value, size_t size)
{
	char path[64], line[256];
	FILE *f;

	value[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)rig.pid, file);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0)
			snprintf(value, size, "%s", line + strlen(key));
	}
	fclose(f);
}

START_TEST(it_runs_confined)
{
	char value[256];
	struct rlimit limit;
	struct stat st;

	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	limit.rlim_cur = limit.rlim_max; /* for it to lower again */
	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &limit), 0);
	rig_start(&rig, "--restrict");
	read_proc("status", "NoNewPrivs:", value, sizeof(value));
	ck_assert_str_eq(value, "\t1\n");
#ifndef SANITIZED
	read_proc("status", "Seccomp:", value, sizeof(value));
	ck_assert_str_eq(value, "\t2\n");
#endif
	read_proc("limits", "Max core file size", value, sizeof(value));
	ck_assert_str_eq(strtok(value, " "), "0");
	/* the files of a process that nobody may trace belong to root */
	snprintf(value, sizeof(value), "/proc/%d/mem", (int)rig.pid);
	ck_assert_int_eq(stat(value, &st), 0);
	ck_assert_uint_eq(st.st_uid, 0);
}
END_TEST

START_TEST(it_keeps_no_descriptor_it_was_not_given)
{
	char forward[RIG_FORWARD_SIZE];
	const char *args[] = { "--restrict", "--hostfwd",
			       rig_forward(&rig, forward), NULL };
	char byte;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert(rig_spawn(&rig, args, fds[1]));
	close(fds[1]);
	ck_assert_uint_eq(rig_read(fds[0], &byte, 1), 0);
}
END_TEST

START_TEST(a_lack_of_descriptors_makes_callers_wait)
{
	/* 0-2, stream, signals, listener and its port, two held back; then
	 * two for each connection that is let through */
	const struct rlimit few = { .rlim_cur = 12, .rlim_max = 12 };
	struct peer peers[3];
	int fds[3];
	char byte;

	rig_start(&rig, "--restrict");
	ck_assert_int_eq(prlimit(rig.pid, RLIMIT_NOFILE, &few, NULL), 0);
	for (int i = 0; i < 3; i++)
		fds[i] = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peers[0]);
	guest_accept(&rig.guest, RIG_PORT, &peers[1]);
	/* long enough for the third, were it let through */
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(guest_sync(&rig.guest), 0);
	/* an end on both sides makes room */
	guest_close(&rig.guest, &peers[0], false);
	ck_assert_uint_eq(rig_read(fds[0], &byte, 1), 0);
	close(fds[0]);
	guest_await_fin(&rig.guest, &peers[0]);
	guest_accept(&rig.guest, RIG_PORT, &peers[2]);
	close(fds[1]);
	close(fds[2]);
}
END_TEST

/* ---- a guest that floods ---- */

/* Read answers until the guest's SYN to NULLguest_port is refused.
 * Return: how many answers there were. */
static unsigned
count_answers(uint16_t guest_port)
{
	struct segment s;
	unsigned n = 0;

	for (;;) {
		ck_assert(guest_receive(&rig.guest));
		if (guest_parse_tcp(&rig.guest, &s)) {
			ck_assert_uint_eq(s.dport, guest_port);
			return n;
		}
		ck_assert(guest_is_arp(&rig.guest, 2, ADDR_HOST));
		n++;
	}
}

START_TEST(a_guest_that_does_not_read_loses_frames_and_is_told_of_once)
{
	enum {
		N_ASKED = 40000,
		N_READ = 8000,
		ANSWER_BYTES = 68,
		QUEUE_BYTES = 1 << 20
	};
	unsigned n;
	char *told;

	rig_start(&rig, "--restrict");
	for (int i = 0; i < N_ASKED; i++)
		guest_ask_arp(&rig.guest, ADDR_HOST);
	for (n = 0; n < N_READ; n++) /* makes room */
		ck_assert(guest_receive(&rig.guest));
	try_to_reach(ADDR_HOST, GUEST_PORT);
	n += count_answers(GUEST_PORT);
	ck_assert_uint_lt(n, N_ASKED);
	ck_assert_uint_ge(n * ANSWER_BYTES, QUEUE_BYTES - ANSWER_BYTES);
	guest_sync(&rig.guest);
	close(rig.guest.fd);
	rig.guest.fd = -1;
	ck_assert_int_eq(rig_join(&rig), 0);
	told = strstr(rig.text, "the guest does not take its frames");
	ck_assert_ptr_nonnull(told);
	ck_assert_ptr_null(strstr(told + 1, "the guest does not"));
}
END_TEST

/* Bytes of every sort, none of them meant well. */
START_TEST(a_guest_that_sends_rubbish_harms_nobody)
{
	uint32_t random = 12345;
	struct peer peer;
	int fd;

	rig_start(&rig, "--restrict");
	fd = rig_dial(&rig);
	guest_accept(&rig.guest, RIG_PORT, &peer);
	for (int i = 0; i < 20000; i++) {
		static uint8_t frame[2048];
		/* half of them look like Ethernet, IPv4 or ARP */
		static const uint8_t like[][2] = { { 0x08, 0x00 },
						   { 0x08, 0x06 },
						   { 0x86, 0xdd },
						   { 0x88, 0xf8 } };
		size_t len = 1 + (random >> 8) % sizeof(frame);

		for (size_t j = 0; j < len; j++) {
			random = random * 1664525 + 1013904223;
			frame[j] = (uint8_t)(random >> 24);
		}
		if (i % 2 == 0 && len >= 34) {
			memcpy(frame + 12, like[random >> 30], 2);
			frame[14] = 0x45;
		}
		guest_send(&rig.guest, frame, len);
	}
	guest_sync(&rig.guest);
	guest_write(&rig.guest, &peer, "x", 1);
	ck_assert_uint_eq(rig_read(fd, &(char){ 0 }, 1), 1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_restricted_guest_reaches_no_service_of_the_host, 0 },
		{ a_restricted_guest_is_refused_at_once, 0 },
		{ an_unrestricted_guest_reaches_all_but_loopback, 0 },
		{ an_unrestricted_guest_reaches_the_hosts_name_server, 0 },
		{ no_port_of_the_host_is_opened, UNIT_ROWS(restrictions) },
		{ without_loopback_it_says_what_is_missing, 0 },
		{ the_socket_is_its_owners_alone, 0 },
		{ it_runs_confined, 0 },
		{ it_keeps_no_descriptor_it_was_not_given, 0 },
		{ a_lack_of_descriptors_makes_callers_wait, 0 },
		{ a_guest_that_does_not_read_loses_frames_and_is_told_of_once,
		  0 },
		{ a_guest_that_sends_rubbish_harms_nobody, 0 },
		{ NULL, 0 },
	};

	return unit_run("slirp_walls", tests, set_up, tear_down);
}
