#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "switch/ports/port-provider.h"
#include "tests/unit/vde-rig.h"

enum { REQUEST_TIMEOUT_MS = 2000, HALF_OPEN_MAX = 64, IGNORED_MAX = 4096 };

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
	expect_frame(&alice, frame, sizeof(frame));
	send_frame(&alice, frame, sizeof(frame));
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

	ck_assert_int_eq(send(alice.ctl, junk, IGNORED_MAX, 0), IGNORED_MAX);
	rig_settle(&rig);
	ck_assert_uint_eq(rig.n_removed, 0);
	ck_assert_int_eq(send(alice.ctl, junk, 1, 0), 1);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert(has_ended(alice.ctl));
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

/* The server's end gets the descriptor behind ours. */
static bool
is_served_with(int n_behind)
{
	struct rlimit saved, low;
	bool served;
	int fd;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &saved), 0);
	fd = connect_ctl();
	low = saved;
	low.rlim_cur = (rlim_t)(fd + 1 + n_behind);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (int i = 0; i < 20 && !has_ended(fd); i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	served = !has_ended(fd);
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &saved), 0);
	return served;
}

START_TEST(the_last_descriptors_are_left_for_control)
{
	ck_assert(!is_served_with(12));
	ck_assert(is_served_with(13));
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
		{ the_last_descriptors_are_left_for_control, 0 },
		{ leftovers_of_a_dead_switch_are_removed_and_nothing_else, 0 },
		{ a_directory_too_long_for_clients_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_vde", tests, vde_setup, vde_teardown);
}
