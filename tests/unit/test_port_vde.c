#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vde-proto.h"
#include "tests/unit/port-rig.h"

enum { REQUEST_TIMEOUT_MS = 2000, HALF_OPEN_MAX = 64, IGNORED_MAX = 4096 };

/* A VDE client made by hand. */
struct client {
	int ctl;
	int data;
	char path[108];	       /* of .data */
	struct sockaddr_un at; /* of the switch's data socket */
};

static struct rig rig;
static struct client a, b;
static unsigned n_clients;

/* ---- clients ---- */

static int
connect_ctl(void)
{
	char path[128];
	struct err err = ERR_INIT;
	int fd;

	snprintf(path, sizeof(path), "%s/ctl", rig.dir);
	fd = sockpath_connect(path, SOCK_STREAM, &err);
	ck_assert_msg(fd >= 0, "%s", err.text);
	return fd;
}

static void
client_init(struct client *c)
{
	struct err err = ERR_INIT;

	snprintf(c->path, sizeof(c->path), "%s/client.%u", rig.top,
		 n_clients++);
	c->data = sockpath_listen(c->path, SOCK_DGRAM, 0700, &err);
	ck_assert_msg(c->data >= 0, "%s", err.text);
	c->ctl = connect_ctl();
}

/* The request of @version for port @port; Return: its octets in @wire. */
static size_t
request(const struct client *c, unsigned version, uint32_t port,
	uint8_t wire[static VDE_REQUEST_MAX])
{
	static const char description[] = "test pid=1";
	uint32_t head[3] = { 0xfeedface, version, port << 8 };
	struct sockaddr_un addr;
	size_t len = 0;

	ck_assert_int_eq(sockpath_fill(&addr, c->path, NULL), 0);
	if (version == 1)
		head[1] = 0;
	memcpy(wire, head, sizeof(head));
	len = version == 1 ? 14 : 12; /* v1: a MAC instead of the type */
	memcpy(wire + len, &addr, sizeof(addr));
	len += sizeof(addr);
	memcpy(wire + len, description, sizeof(description) - 1);
	return len + sizeof(description) - 1;
}

static void
client_ask(struct client *c, unsigned version, uint32_t port)
{
	uint8_t wire[VDE_REQUEST_MAX];
	size_t len = request(c, version, port, wire);

	ck_assert_int_eq(send(c->ctl, wire, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Return: was the client accepted? Refused ones see the end. */
static bool
client_hear(struct client *c)
{
	ssize_t n;

	RIG_UNTIL(&rig, rig_readable(c->ctl));
	n = recv(c->ctl, &c->at, sizeof(c->at), MSG_DONTWAIT);
	ck_assert(n <= 0 || n == VDE_REPLY_SIZE);
	if (n <= 0)
		return false;
	ck_assert_int_eq(
	    connect(c->data, (struct sockaddr *)&c->at, sizeof(c->at)), 0);
	unlink(c->path); /* as libvdeplug 4 does */
	return true;
}

static void
client_attach(struct client *c, unsigned version, uint32_t port)
{
	client_init(c);
	client_ask(c, version, port);
	ck_assert_msg(client_hear(c), "the client was refused");
}

static void
client_leave(struct client *c)
{
	if (c->ctl >= 0)
		close(c->ctl);
	if (c->data >= 0)
		close(c->data);
	unlink(c->path);
	c->ctl = c->data = -1;
}

static bool
has_ended(int fd)
{
	char c;

	return rig_readable(fd) && recv(fd, &c, 1, MSG_DONTWAIT) <= 0;
}

static void
setup(void)
{
	rig_up(&rig, 0);
	client_attach(&a, 3, 0);
	client_attach(&b, 3, 0);
}

static void
teardown(void)
{
	client_leave(&a);
	client_leave(&b);
	rig_settle(&rig);
	ck_assert_uint_eq(rig.segment->n_ports, 0);
	rig_down(&rig);
}

static void
send_frame(struct client *c, const void *frame, size_t len)
{
	for (;;) {
		ssize_t n = send(c->data, frame, len, MSG_DONTWAIT);

		if (n == (ssize_t)len)
			return;
		ck_assert_int_eq(errno, EAGAIN);
		ck_assert(rig_turn(&rig));
	}
}

static void
expect_frame(struct client *c, const uint8_t *want, size_t len)
{
	static uint8_t got[FRAME_LEN_MAX + 1];
	size_t wire_len = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;
	ssize_t n;

	RIG_UNTIL(&rig, rig_readable(c->data));
	n = recv(c->data, got, sizeof(got), MSG_DONTWAIT);
	ck_assert_int_eq(n, (ssize_t)wire_len);
	ck_assert_int_eq(memcmp(got, want, len), 0);
	for (size_t i = len; i < wire_len; i++)
		ck_assert_uint_eq(got[i], 0);
}

/* ---- the handshake ---- */

static const struct {
	unsigned version;
	uint32_t port;
} asked[] = { { 1, 0 }, { 3, 0 }, { 3, 7 }, { 3, 0xffffff } };

START_TEST(a_client_is_attached)
{
	struct client c;
	struct stat st;
	uint8_t frame[100];

	client_attach(&c, asked[_i].version, asked[_i].port);
	ck_assert_int_eq(c.at.sun_family, AF_UNIX);
	ck_assert_int_eq(strncmp(c.at.sun_path, rig.dir, strlen(rig.dir)), 0);
	ck_assert_int_eq(lstat(c.at.sun_path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	rig_fill(frame, sizeof(frame), 0, 3, 1);
	send_frame(&c, frame, sizeof(frame));
	expect_frame(&a, frame, sizeof(frame));
	send_frame(&a, frame, sizeof(frame));
	expect_frame(&c, frame, sizeof(frame));
	client_leave(&c);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert(lstat(c.at.sun_path, &st) < 0);
}
END_TEST

START_TEST(a_numbered_port_is_named_after_its_number)
{
	struct client c;
	const struct port *port;

	client_attach(&c, 3, 42);
	port = rig_port(&rig, "vde42");
	ck_assert_str_eq(port->peer.description, "test pid=1");
	ck_assert_int_eq(port->peer.pid, getpid());
	ck_assert_uint_eq(port->peer.uid, geteuid());
	client_leave(&c);
}
END_TEST

START_TEST(a_client_that_comes_back_at_once_gets_its_name_again)
{
	struct client c;

	client_attach(&c, 3, 42);
	for (int i = 0; i < 20; i++) {
		client_leave(&c);
		client_attach(&c, 3, 42);
		ck_assert_str_eq(rig.last_name, "vde42");
	}
	client_leave(&c);
}
END_TEST

START_TEST(a_request_may_come_in_two_pieces)
{
	uint8_t wire[VDE_REQUEST_MAX];
	unsigned version = _i == 0 ? 3 : 1;
	size_t fixed = _i == 0 ? VDE_V3_FIXED : VDE_V1_FIXED;
	struct client c;

	for (size_t cut = 1; cut <= fixed; cut += 11) {
		size_t len;

		client_init(&c);
		len = request(&c, version, 0, wire);
		ck_assert_int_eq(send(c.ctl, wire, cut, 0), (ssize_t)cut);
		rig_settle(&rig);
		if (cut < fixed) {
			ck_assert(!rig_readable(c.ctl));
			send(c.ctl, wire + cut, len - cut, 0);
		}
		ck_assert(client_hear(&c));
		client_leave(&c);
	}
}
END_TEST

START_TEST(a_request_may_come_octet_by_octet)
{
	uint8_t wire[VDE_REQUEST_MAX];
	struct client c;
	size_t len;

	client_init(&c);
	len = request(&c, 3, 0, wire);
	for (size_t i = 0; i < len; i++) {
		ck_assert_int_eq(rig_readable(c.ctl), i >= VDE_V3_FIXED);
		ck_assert_int_eq(send(c.ctl, wire + i, 1, 0), 1);
		rig_settle(&rig);
	}
	ck_assert(client_hear(&c));
	client_leave(&c);
}
END_TEST

START_TEST(talk_after_the_request_is_ignored_up_to_a_limit)
{
	static const char junk[IGNORED_MAX];

	ck_assert_int_eq(send(a.ctl, junk, IGNORED_MAX, 0), IGNORED_MAX);
	rig_settle(&rig);
	ck_assert_uint_eq(rig.n_removed, 0);
	ck_assert_int_eq(send(a.ctl, junk, 1, 0), 1);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert(has_ended(a.ctl));
	ck_assert_ptr_nonnull(strstr(rig.last_reason, "talks"));
}
END_TEST

/* ---- refusals ---- */

static void
make_nothing(const char *path)
{
	unlink(path);
}

static void
make_file(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void
make_link(const char *path)
{
	char real[128];

	snprintf(real, sizeof(real), "%s.real", path);
	ck_assert_int_eq(rename(path, real), 0);
	ck_assert_int_eq(symlink(real, path), 0);
}

static void
make_stale(const char *path)
{
	int fd;

	unlink(path);
	fd = sockpath_listen(path, SOCK_DGRAM, 0700, NULL);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void
make_stream(const char *path)
{
	unlink(path);
	close(sockpath_listen(path, SOCK_STREAM, 0700, NULL));
}

static void
make_closed(const char *path)
{
	ck_assert_int_eq(chmod(path, 0), 0);
}

static void
make_foreign(const char *path)
{
	rig_be_root();
	ck_assert_int_eq(chown(path, 1, 1), 0);
	rig_be_ordinary();
}

static const struct {
	void (*make)(const char *path);
	const char *why;
	bool needs_root;
} bad_sockets[] = {
	{ make_nothing, "No such file", false },
	{ make_file, "is not a socket", false },
	{ make_link, "is not a socket", false },
	{ make_stale, "not held by anybody", false },
	{ make_stream, "", false },
	{ make_closed, "mode 0000", false },
	{ make_foreign, "belongs to user 1", true },
};

/* What the log said since log_to_pipe(). */
static int log_fd;

static void
log_to_pipe(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	log_fd = fds[0];
	log_set_level(LOG_WARN);
	log_set_fd(fds[1]);
	rig.n_fds += 2;
}

static const char *
logged(void)
{
	static char text[4096];
	ssize_t n = read(log_fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(a_bad_data_socket_is_refused_with_the_reason_and_no_leak)
{
	int n_fds;
	struct client c;
	const char *text;

	if (bad_sockets[_i].needs_root && !rig_has_root())
		return;
	log_to_pipe();
	n_fds = rig_count_fds();
	client_init(&c);
	bad_sockets[_i].make(c.path);
	client_ask(&c, 3, 0);
	ck_assert(!client_hear(&c));
	text = logged();
	ck_assert_msg(strstr(text, bad_sockets[_i].why) != NULL, "%s", text);
	ck_assert_msg(strstr(text, "segment lab: VDE client refused") != NULL,
		      "%s", text);
	client_leave(&c);
	rig_settle(&rig);
	ck_assert_int_eq(rig_count_fds(), n_fds);
	ck_assert_uint_eq(rig.n_added, 2);
}
END_TEST

START_TEST(two_hundred_refusals_leave_nothing_behind)
{
	int n_fds = rig_count_fds(), n_files = rig_count_files(rig.dir);

	for (unsigned i = 0; i < 200; i++) {
		struct client c;
		uint8_t wire[VDE_REQUEST_MAX];
		size_t len;

		client_init(&c);
		len = request(&c, i % 2 == 0 ? 3 : 1, 0, wire);
		if (i % 5 == 0)
			wire[0] ^= 1; /* the magic */
		else if (i % 5 == 1)
			wire[4] = 2; /* the version */
		else if (i % 5 == 2)
			len = i % 122; /* cut off, then gone */
		else
			unlink(c.path);
		if (len > 0)
			ck_assert_int_eq(send(c.ctl, wire, len, 0),
					 (ssize_t)len);
		if (i % 5 == 2)
			shutdown(c.ctl, SHUT_WR);
		ck_assert(!client_hear(&c));
		client_leave(&c);
	}
	rig_settle(&rig);
	ck_assert_int_eq(rig_count_fds(), n_fds);
	ck_assert_int_eq(rig_count_files(rig.dir), n_files);
	ck_assert_uint_eq(rig.segment->n_ports, 2);
	ck_assert_uint_eq(rig.n_added, 2);
}
END_TEST

/* ---- those who take their time ---- */

START_TEST(a_silent_client_is_closed_after_two_seconds)
{
	int early = connect_ctl(), late;

	rig_settle(&rig);
	clock_advance(rig.clock, 500 * NS_PER_MS);
	late = connect_ctl();
	rig_settle(&rig);
	clock_advance(rig.clock, (REQUEST_TIMEOUT_MS - 500) * NS_PER_MS - 1);
	rig_settle(&rig);
	ck_assert(!has_ended(early));
	clock_advance(rig.clock, 1);
	rig_settle(&rig);
	ck_assert(has_ended(early));
	clock_advance(rig.clock, 500 * NS_PER_MS - 1);
	rig_settle(&rig);
	ck_assert(!has_ended(late));
	clock_advance(rig.clock, 1);
	rig_settle(&rig);
	ck_assert(has_ended(late));
	close(early);
	close(late);
	ck_assert_uint_eq(rig.n_removed, 0); /* who is attached may be silent */
}
END_TEST

START_TEST(too_many_half_open_connections_cost_the_oldest)
{
	int fds[HALF_OPEN_MAX + 1];
	struct client c;

	for (int i = 0; i < HALF_OPEN_MAX; i++) {
		fds[i] = connect_ctl();
		rig_settle(&rig);
	}
	for (int i = 0; i < HALF_OPEN_MAX; i++)
		ck_assert(!has_ended(fds[i]));
	fds[HALF_OPEN_MAX] = connect_ctl();
	rig_settle(&rig);
	for (int i = 0; i <= HALF_OPEN_MAX; i++)
		ck_assert_int_eq(has_ended(fds[i]), i == 0);
	client_attach(&c, 3, 0); /* who speaks gets in nevertheless */
	client_leave(&c);
	for (int i = 0; i <= HALF_OPEN_MAX; i++)
		close(fds[i]);
}
END_TEST

START_TEST(without_descriptors_a_client_is_refused_and_the_switch_recovers)
{
	struct rlimit saved, low;
	struct client c;
	int fd;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &saved), 0);
	fd = connect_ctl();
	low = saved;
	low.rlim_cur = (rlim_t)fd + 1; /* there is no other */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	RIG_UNTIL(&rig, has_ended(fd));
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &saved), 0);
	clock_advance(rig.clock, 100 * NS_PER_MS);
	client_attach(&c, 3, 0);
	client_leave(&c);
}
END_TEST

/* ---- frames ---- */

static const size_t crossing[] = { 14,	 59,   60,   61,    1514, 1518,
				   2047, 2048, 2049, 65549, 65550 };

START_TEST(a_frame_crosses_whole_both_ways)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = crossing[_i];

	rig_fill(frame, len, 0, 1, 3);
	send_frame(&a, frame, len);
	expect_frame(&b, frame, len);
	rig_fill(frame, len, 1, 2, 9);
	send_frame(&b, frame, len);
	expect_frame(&a, frame, len);
}
END_TEST

static const struct {
	size_t len;
	enum drop_reason reason;
} dropped[] = {
	{ 1, DROP_RUNT },
	{ 13, DROP_RUNT },
	{ 65551, DROP_OVERSIZE },
	{ 100000, DROP_OVERSIZE },
};

START_TEST(a_frame_of_a_bad_length_is_counted_and_the_next_one_passes)
{
	static uint8_t bad[100000];
	uint8_t good[100];

	rig_fill(bad, dropped[_i].len, 0, 1, 3);
	rig_fill(good, sizeof(good), 0, 1, 4);
	send_frame(&a, bad, dropped[_i].len);
	send_frame(&a, good, sizeof(good));
	expect_frame(&b, good, sizeof(good));
	ck_assert_uint_eq(rig_drops(&rig, dropped[_i].reason), 1);
}
END_TEST

START_TEST(an_empty_datagram_means_nothing)
{
	uint8_t frame[60];

	ck_assert_int_eq(send(a.data, "", 0, 0), 0);
	rig_fill(frame, sizeof(frame), 0, 1, 4);
	send_frame(&a, frame, sizeof(frame));
	expect_frame(&b, frame, sizeof(frame));
	ck_assert_uint_eq(rig_drops(&rig, DROP_RUNT), 0);
}
END_TEST

/* Bursts of every size, small and large frames mixed: the depth of the drain
 * goes up and down on the way. */
START_TEST(bursts_keep_their_order)
{
	static uint8_t frame[FRAME_LEN_MAX];
	unsigned n_sent = 0, n_seen = 0;

	for (unsigned burst = 1; burst <= 150; burst++) {
		for (unsigned i = 0; i < burst % 97; i++) {
			size_t len =
			    n_sent % 41 == 40 ? 9000 : 60 + n_sent % 99;

			rig_fill(frame, len, 0, 1, n_sent++);
			send_frame(&a, frame, len);
		}
		while (n_seen < n_sent) {
			size_t len =
			    n_seen % 41 == 40 ? 9000 : 60 + n_seen % 99;

			rig_fill(frame, len, 0, 1, n_seen++);
			expect_frame(&b, frame, len);
		}
	}
	ck_assert_uint_gt(n_seen, 5000);
}
END_TEST

static const size_t flooding[] = { 60, 1514, 9000, 65550 };

START_TEST(a_slow_reader_loses_frames_but_no_part_of_one)
{
	static uint8_t frame[FRAME_LEN_MAX], got[FRAME_LEN_MAX + 1];
	size_t len = flooding[_i];
	unsigned n_sent = 0, n_got = 0, next = 0;
	uint64_t n_lost;

	while (rig_drops(&rig, DROP_QUEUE_FULL) < 10) {
		rig_fill(frame, len, 0, 1, n_sent);
		memcpy(frame + 14, &n_sent, sizeof(n_sent));
		send_frame(&a, frame, len);
		n_sent++;
		rig_turn(&rig);
	}
	rig_settle(&rig);
	n_lost = rig_drops(&rig, DROP_QUEUE_FULL);
	for (; n_got < n_sent - n_lost; n_got++) {
		unsigned number;
		ssize_t n;

		RIG_UNTIL(&rig, rig_readable(b.data));
		n = recv(b.data, got, sizeof(got), MSG_DONTWAIT);
		ck_assert_int_eq(n, (ssize_t)len);
		memcpy(&number, got + 14, sizeof(number));
		ck_assert_uint_ge(number, next);
		next = number + 1;
		rig_fill(frame, len, 0, 1, number);
		memcpy(frame + 14, &number, sizeof(number));
		ck_assert_int_eq(memcmp(got, frame, len), 0);
	}
	rig_settle(&rig);
	ck_assert(!rig_readable(b.data));
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 0);
}
END_TEST

START_TEST(frames_for_a_dead_socket_are_counted_not_fatal)
{
	uint8_t frame[60];

	close(b.data);
	b.data = -1;
	rig_fill(frame, sizeof(frame), 0, 1, 4);
	for (int i = 0; i < 3; i++)
		send_frame(&a, frame, sizeof(frame));
	RIG_UNTIL(&rig, rig_drops(&rig, DROP_SEND_ERROR) == 3);
	ck_assert_uint_eq(rig.n_removed, 0);
	client_leave(&b);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

/* ---- several clients of one port ---- */

START_TEST(a_port_shared_by_two_clients_is_one_port)
{
	struct client c, d;
	uint8_t frame[60];

	client_attach(&c, 3, 9);
	client_attach(&d, 3, 9);
	ck_assert_uint_eq(rig.segment->n_ports, 3);
	ck_assert_str_ne(c.at.sun_path, d.at.sun_path);
	rig_fill(frame, sizeof(frame), 0, 1, 1);
	send_frame(&a, frame, sizeof(frame));
	expect_frame(&b, frame, sizeof(frame));
	expect_frame(&c, frame, sizeof(frame));
	expect_frame(&d, frame, sizeof(frame));
	rig_fill(frame, sizeof(frame), 0, 3, 2);
	send_frame(&c, frame, sizeof(frame));
	expect_frame(&a, frame, sizeof(frame));
	expect_frame(&b, frame, sizeof(frame));
	rig_settle(&rig);
	ck_assert(!rig_readable(d.data));
	client_leave(&c); /* the port stays */
	rig_settle(&rig);
	ck_assert_uint_eq(rig.n_removed, 0);
	rig_fill(frame, sizeof(frame), 0, 1, 3);
	send_frame(&a, frame, sizeof(frame));
	expect_frame(&d, frame, sizeof(frame));
	client_leave(&d);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

static json_int_t
missed_by(const struct port *port, size_t i)
{
	json_t *show = json_object();
	json_int_t n;

	port_kind_vde.describe(port_priv(port), show);
	ck_assert_int_eq(json_integer_value(json_object_get(show, "number")),
			 9);
	n = json_integer_value(json_object_get(
	    json_array_get(json_object_get(show, "clients"), i), "missed"));
	json_decref(show);
	return n;
}

START_TEST(a_slow_client_of_a_shared_port_misses_what_the_other_gets)
{
	static uint8_t frame[9000];
	struct client fast, slow;
	const struct port *port;

	client_attach(&slow, 3, 9);
	client_attach(&fast, 3, 9);
	port = rig_port(&rig, "vde9");
	client_leave(&b);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	for (unsigned i = 0; missed_by(port, 0) < 5; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		send_frame(&a, frame, sizeof(frame));
		expect_frame(&fast, frame, sizeof(frame));
	}
	ck_assert_int_eq(missed_by(port, 1), 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_QUEUE_FULL), 0);
	client_leave(&fast);
	client_leave(&slow);
}
END_TEST

START_TEST(frames_do_not_wait_for_a_client_that_has_left)
{
	static uint8_t frame[9000];
	struct segment_stats stats = { .queued = 0 };
	struct client slow, deaf;

	client_attach(&slow, 3, 9);
	client_attach(&deaf, 3, 9);
	client_leave(&b);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	close(deaf.data);
	deaf.data = -1;
	for (unsigned i = 0; stats.queued == 0; i++) {
		rig_fill(frame, sizeof(frame), 0, 1, i);
		send_frame(&a, frame, sizeof(frame));
		rig_settle(&rig);
		segment_read_stats(rig.segment, &stats);
	}
	client_leave(&slow);
	rig_settle(&rig);
	segment_read_stats(rig.segment, &stats);
	ck_assert_uint_eq(stats.queued, 0);
	ck_assert_uint_eq(stats.drops[DROP_SEND_ERROR], 1);
	client_leave(&deaf);
	RIG_UNTIL(&rig, rig.n_removed == 2);
}
END_TEST

START_TEST(one_port_has_a_limited_number_of_clients)
{
	enum { MAX = 16 };
	struct client c[MAX], extra;

	for (int i = 0; i < MAX; i++)
		client_attach(&c[i], 3, 9);
	client_init(&extra);
	client_ask(&extra, 3, 9);
	ck_assert(!client_hear(&extra));
	client_leave(&extra);
	ck_assert_uint_eq(rig.n_removed, 0);
	for (int i = 0; i < MAX; i++)
		client_leave(&c[i]);
	RIG_UNTIL(&rig, rig.n_removed == 1);
}
END_TEST

START_TEST(another_user_cannot_join_a_port)
{
	struct client c, other;

	if (!rig_has_root())
		return;
	client_attach(&c, 3, 9);
	rig_be_root();
	client_init(&other);
	ck_assert_int_eq(chmod(other.path, 0777), 0);
	client_ask(&other, 3, 9);
	rig_be_ordinary();
	ck_assert(!client_hear(&other));
	ck_assert_uint_eq(rig.segment->n_ports, 3);
	rig_be_root();
	client_leave(&other);
	rig_be_ordinary();
	client_leave(&c);
}
END_TEST

/* ---- the directory ---- */

START_TEST(leftovers_of_a_dead_switch_are_removed_and_nothing_else)
{
	static const struct {
		const char *name;
		bool stays;
	} files[] = {
		{ "003.17", false },	   { "000.1", false },
		{ ".00042-00000", false }, { ".4194304-7", false },
		{ "003.x", true },	   { "notes.1", true },
		{ ".12", true },	   { "12", true },
		{ "003.17.2", true },
	};
	char top[] = "/tmp/vdelab-test-XXXXXX", dir[64], path[128];
	struct err err = ERR_INIT;
	void *listener;

	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/d", top);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		close(sockpath_listen(path, SOCK_DGRAM, 0600, &err));
	}
	snprintf(path, sizeof(path), "%s/007.7", dir); /* not a socket */
	make_file(path);
	listener = port_kind_vde.listen(&rig.segment->port_site, dir, &err);
	ck_assert_msg(listener != NULL, "%s", err.text);
	ck_assert_int_eq(access(path, F_OK), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
		ck_assert_msg((access(path, F_OK) == 0) == files[i].stays, "%s",
			      path);
	}
	port_kind_vde.unlisten(listener);
	snprintf(path, sizeof(path), "%s/ctl", dir);
	ck_assert(access(path, F_OK) < 0);
	ck_assert_int_eq(sockpath_remove_tree(top, NULL), 0);
}
END_TEST

START_TEST(a_directory_too_long_for_clients_is_refused)
{
	enum { LIMIT = 92 };
	char top[] = "/tmp/vdelab-test-XXXXXX", dir[LIMIT + 2];
	struct err err = ERR_INIT;
	void *listener;

	ck_assert_ptr_nonnull(mkdtemp(top));
	memset(dir, 'd', sizeof(dir));
	memcpy(dir, top, strlen(top));
	dir[strlen(top)] = '/';
	for (int extra = 0; extra < 2; extra++) {
		dir[LIMIT + extra] = '\0';
		ck_assert_int_eq(mkdir(dir, 0700), 0);
		listener =
		    port_kind_vde.listen(&rig.segment->port_site, dir, &err);
		ck_assert_int_eq(listener != NULL, extra == 0);
		if (listener != NULL)
			port_kind_vde.unlisten(listener);
		dir[LIMIT + extra] = 'd';
	}
	ck_assert_msg(strstr(err.text, "at most 92") != NULL, "%s", err.text);
	ck_assert_int_eq(sockpath_remove_tree(top, NULL), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_client_is_attached, UNIT_ROWS(asked) },
		{ a_numbered_port_is_named_after_its_number, 0 },
		{ a_client_that_comes_back_at_once_gets_its_name_again, 0 },
		{ a_request_may_come_in_two_pieces, 2 },
		{ a_request_may_come_octet_by_octet, 0 },
		{ talk_after_the_request_is_ignored_up_to_a_limit, 0 },
		{ a_bad_data_socket_is_refused_with_the_reason_and_no_leak,
		  UNIT_ROWS(bad_sockets) },
		{ two_hundred_refusals_leave_nothing_behind, 0 },
		{ a_silent_client_is_closed_after_two_seconds, 0 },
		{ too_many_half_open_connections_cost_the_oldest, 0 },
		{ without_descriptors_a_client_is_refused_and_the_switch_recovers,
		  0 },
		{ a_frame_crosses_whole_both_ways, UNIT_ROWS(crossing) },
		{ a_frame_of_a_bad_length_is_counted_and_the_next_one_passes,
		  UNIT_ROWS(dropped) },
		{ an_empty_datagram_means_nothing, 0 },
		{ bursts_keep_their_order, 0 },
		{ a_slow_reader_loses_frames_but_no_part_of_one,
		  UNIT_ROWS(flooding) },
		{ frames_for_a_dead_socket_are_counted_not_fatal, 0 },
		{ a_port_shared_by_two_clients_is_one_port, 0 },
		{ a_slow_client_of_a_shared_port_misses_what_the_other_gets,
		  0 },
		{ frames_do_not_wait_for_a_client_that_has_left, 0 },
		{ one_port_has_a_limited_number_of_clients, 0 },
		{ another_user_cannot_join_a_port, 0 },
		{ leftovers_of_a_dead_switch_are_removed_and_nothing_else, 0 },
		{ a_directory_too_long_for_clients_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_vde", tests, setup, teardown);
}
