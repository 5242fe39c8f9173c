/* Descriptors that a service manager passes on, and ports made of them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "switch/inherited.h"
#include "switch/port-store.h"
#include "switch/service-manager.h"
#include "switch/switch.h"
#include "tests/unit/unit.h"

enum { FIRST = 200, TEXT_SIZE = 512, ORDINARY_UID = 65534 };

static char dir[64];
static struct inherited *in;
static int n_passed;

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vdelab-inherited-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	unsetenv("LISTEN_FDNAMES");
	unsetenv("NOTIFY_SOCKET");
}

static void
teardown(void)
{
	inherited_free(in);
	sockpath_remove_tree(dir, NULL);
}

static const char *
in_dir(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s", dir, name);
	return text;
}

/* @fd goes where the next descriptor is looked for. */
static void
pass(int fd)
{
	ck_assert_int_ge(fd, 0);
	fcntl(fd, F_SETFL, 0); /* blocking, as managers pass them */
	ck_assert_int_ge(dup2(fd, FIRST + n_passed++), 0);
	close(fd);
}

static void
set_number(const char *name, int value)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", value);
	setenv(name, text, 1);
}

/* @names may be NULL */
static void
inherit(const char *names)
{
	struct err err = ERR_INIT;

	set_number("LISTEN_PID", (int)getpid());
	set_number("LISTEN_FDS", n_passed);
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
	in = inherited_new(FIRST, &err);
	ck_assert_msg(in != NULL, "%s", err.text);
}

static int
listener_at(const char *name)
{
	return sockpath_listen(in_dir(name), SOCK_STREAM, 0600, NULL);
}

/* Is @fd the listener at @name, ready for a loop? */
static void
check_listener(int fd, const char *name)
{
	int client, accepted;

	ck_assert_int_ge(fd, 0);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	client = sockpath_connect(in_dir(name), SOCK_STREAM, NULL);
	ck_assert_int_ge(client, 0);
	accepted = accept(fd, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	close(accepted);
	close(client);
	close(fd);
}

/* ---- listeners ---- */

START_TEST(they_are_found_by_name_whatever_their_path)
{
	pass(listener_at("x"));
	pass(listener_at("y"));
	inherit("lab.ctl:control");
	check_listener(inherited_listener(in, "control", in_dir("z"), NULL),
		       "y");
	check_listener(inherited_listener(in, "lab.ctl", in_dir("y"), NULL),
		       "x");
}
END_TEST

static const char *const no_names[] = { NULL, "", "a.socket:a.socket", "one",
					"::::" };

START_TEST(without_a_name_of_ours_they_are_found_by_path)
{
	pass(listener_at("x"));
	pass(listener_at("y"));
	inherit(no_names[_i]);
	check_listener(inherited_listener(in, "control", in_dir("y"), NULL),
		       "y");
	check_listener(inherited_listener(in, "lab.ctl", in_dir("x"), NULL),
		       "x");
	ck_assert_int_eq(inherited_listener(in, "control", in_dir("z"), NULL),
			 -ENOENT);
}
END_TEST

START_TEST(one_can_be_had_again_after_it_was_closed)
{
	pass(listener_at("x"));
	inherit("control");
	check_listener(inherited_listener(in, "control", "/", NULL), "x");
	check_listener(inherited_listener(in, "control", "/", NULL), "x");
}
END_TEST

START_TEST(another_path_to_the_same_socket_is_the_same)
{
	char link[128];

	pass(listener_at("x"));
	ck_assert_int_eq(symlink(".", in_dir("link")), 0);
	inherit(NULL);
	snprintf(link, sizeof(link), "%s", in_dir("link/x"));
	check_listener(inherited_listener(in, "control", link, NULL), "x");
}
END_TEST

static int
not_a_listener(int which)
{
	int fds[2] = { -1, -1 };
	struct sockaddr_un addr;

	switch (which) {
	case 0:
		return sockpath_listen(in_dir("d"), SOCK_DGRAM, 0600, NULL);
	case 1: /* connected, so it accepts nothing */
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		close(fds[1]);
		return fds[0];
	case 2: /* without a path: anybody might connect */
		fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
		ck_assert_int_eq(
		    bind(fds[0],
			 (struct sockaddr *)&(struct sockaddr_storage){
			     .ss_family = AF_UNIX },
			 sizeof(sa_family_t)),
		    0);
		ck_assert_int_eq(listen(fds[0], 1), 0);
		return fds[0];
	case 3: /* bound, and nothing more */
		ck_assert_int_eq(sockpath_fill(&addr, in_dir("b"), NULL), 0);
		fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
		ck_assert_int_eq(
		    bind(fds[0], (struct sockaddr *)&addr, sizeof(addr)), 0);
		return fds[0];
	default:
		return open("/dev/null", O_RDWR);
	}
}

START_TEST(what_cannot_be_listened_on_is_refused_by_name)
{
	struct err err = ERR_INIT;

	pass(not_a_listener(_i));
	inherit("control");
	ck_assert_int_eq(
	    inherited_listener(in, "control", in_dir("control"), &err),
	    -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "control"));
	inherited_warn_unused(in);
}
END_TEST

/* ---- the environment ---- */

START_TEST(the_environment_is_used_up)
{
	pass(listener_at("x"));
	inherit("control");
	ck_assert_ptr_null(getenv("LISTEN_PID"));
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
}
END_TEST

static const struct {
	const char *pid, *fds;
} not_ours[] = { { NULL, "1" }, { "1", "1" }, { "x", "1" }, { "", "1" } };

START_TEST(what_is_for_another_process_is_left_alone)
{
	struct err err = ERR_INIT;

	pass(listener_at("x"));
	fcntl(FIRST, F_SETFD, 0);
	unsetenv("LISTEN_PID");
	if (not_ours[_i].pid != NULL)
		setenv("LISTEN_PID", not_ours[_i].pid, 1);
	setenv("LISTEN_FDS", not_ours[_i].fds, 1);
	in = inherited_new(FIRST, &err);
	ck_assert_ptr_nonnull(in);
	ck_assert_int_eq(inherited_listener(in, "control", in_dir("x"), NULL),
			 -ENOENT);
	ck_assert_int_eq(fcntl(FIRST, F_GETFD), 0);
}
END_TEST

static const char *const bad_counts[] = { "x", "-1", "8193", "", "2" };

START_TEST(a_count_that_cannot_be_is_told)
{
	struct err err = ERR_INIT;

	pass(listener_at("x")); /* one, not two */
	set_number("LISTEN_PID", (int)getpid());
	setenv("LISTEN_FDS", bad_counts[_i], 1);
	in = inherited_new(FIRST, &err);
	ck_assert_ptr_null(in);
	ck_assert_ptr_nonnull(strstr(err.text, "LISTEN_FDS"));
}
END_TEST

/* A manager makes them as root; those of a switch of root's are its own. */
START_TEST(one_whose_mode_cannot_be_set_is_not_removed)
{
	static const struct port_kind *const kinds[] = { &port_kind_stream,
							 NULL };
	struct switch_config config = {
		.kinds = kinds,
		.dir = dir,
		.access = { .mode = 0666, .dir_mode = 0711 },
	};
	struct err err = ERR_INIT;
	struct vswitch *sw;

	if (geteuid() != 0) /* nobody else can give files away */
		return;
	ck_assert_int_eq(chown(dir, ORDINARY_UID, (gid_t)-1), 0);
	ck_assert_int_eq(mkdir(in_dir("lab"), 0711), 0);
	ck_assert_int_eq(chown(in_dir("lab"), ORDINARY_UID, (gid_t)-1), 0);
	pass(listener_at("lab/stream"));
	inherit("lab.stream");
	config.base = switch_base_new();
	config.clock = clock_virtual_new(0);
	config.inherited = in;
	ck_assert_int_eq(seteuid(ORDINARY_UID), 0);
	sw = switch_new(&config);
	ck_assert_ptr_null(switch_add_segment(sw, "lab", &err));
	ck_assert_ptr_nonnull(strstr(err.text, "cannot set the mode"));
	ck_assert_int_eq(access(in_dir("lab/stream"), F_OK), 0);
	switch_free(sw);
	ck_assert_int_eq(seteuid(0), 0);
	clock_free(config.clock);
	event_base_free(config.base);
}
END_TEST

/* ---- ports that outlive a process ---- */

struct kept_priv {
	int fd;
};

static void *
kept_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	struct kept_priv *priv;

	(void)port;
	(void)params;
	if (fd < 0) {
		err_set(err, -EINVAL, "it needs a descriptor");
		return NULL;
	}
	priv = calloc(1, sizeof(*priv));
	ck_assert_ptr_nonnull(priv);
	priv->fd = fd;
	return priv;
}

static size_t
kept_transmit(void *priv, struct frame *const *frames, size_t n)
{
	(void)priv;
	(void)frames;
	return n;
}

static int
kept_fd(const void *priv)
{
	return ((const struct kept_priv *)priv)->fd;
}

static void
kept_close(void *arg)
{
	struct kept_priv *priv = arg;

	close(priv->fd);
	free(priv);
}

static const struct port_kind kept_kind = {
	.name = "kept",
	.summary = "goes on with its descriptor",
	.params = "",
	.open = kept_open,
	.transmit = kept_transmit,
	.keep_fd = kept_fd,
	.close = kept_close,
};

struct store_rig {
	struct event_base *base;
	struct clock *clock;
	struct service_manager *sm;
	struct vswitch *sw;
	struct port_store *store;
	int manager;
};

static void
store_rig_init(struct store_rig *r)
{
	static const struct port_kind *const kinds[] = { &kept_kind, NULL };
	struct switch_config config = { .kinds = kinds };

	r->manager = sockpath_listen(in_dir("notify"), SOCK_DGRAM, 0600, NULL);
	setenv("NOTIFY_SOCKET", in_dir("notify"), 1);
	r->base = switch_base_new();
	r->clock = clock_virtual_new(0);
	r->sm = service_manager_new();
	config.base = r->base;
	config.clock = r->clock;
	r->sw = switch_new(&config);
	r->store = port_store_new(r->sw, r->sm, in);
}

static void
store_rig_fini(struct store_rig *r)
{
	port_store_free(r->store);
	switch_free(r->sw);
	service_manager_free(r->sm);
	clock_free(r->clock);
	event_base_free(r->base);
	close(r->manager);
}

static void
expect_told(const struct store_rig *r, const char *want)
{
	char text[TEXT_SIZE];
	ssize_t n = recv(r->manager, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n < 0 ? 0 : n] = '\0';
	ck_assert_str_eq(text, want);
}

START_TEST(a_port_is_kept_while_it_lives)
{
	struct store_rig r;
	struct segment *segment;
	struct port *port;

	inherit(NULL);
	store_rig_init(&r);
	segment = switch_add_segment(r.sw, "lab", NULL);
	port = switch_add_port(segment, &kept_kind, "a.eth0", 1500, NULL,
			       open("/dev/null", O_RDWR), NULL);
	ck_assert_ptr_nonnull(port);
	expect_told(&r, "FDSTORE=1\nFDNAME=port/kept/lab/a.eth0/1500");
	switch_remove_port(port, "a test says so");
	expect_told(&r, "FDSTOREREMOVE=1\nFDNAME=port/kept/lab/a.eth0/1500");
	store_rig_fini(&r);
}
END_TEST

START_TEST(at_the_end_it_stays_kept)
{
	struct store_rig r;

	inherit(NULL);
	store_rig_init(&r);
	switch_add_port(switch_add_segment(r.sw, "lab", NULL), &kept_kind, "a",
			1500, NULL, open("/dev/null", O_RDWR), NULL);
	expect_told(&r, "FDSTORE=1\nFDNAME=port/kept/lab/a/1500");
	store_rig_fini(&r);
	r.manager = sockpath_listen(in_dir("notify2"), SOCK_DGRAM, 0600, NULL);
	expect_told(&r, "");
	close(r.manager);
}
END_TEST

START_TEST(it_comes_back_with_name_segment_and_mtu)
{
	struct store_rig r;
	struct port *port;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	pass(pair[0]);
	inherit("port/kept/lab/a.eth0/1400");
	store_rig_init(&r);
	port = switch_find_port(r.sw, "a.eth0");
	ck_assert_ptr_nonnull(port);
	ck_assert(port->restored);
	ck_assert_uint_eq(port->mtu, 1400);
	ck_assert_str_eq(port->segment->name, "lab");
	ck_assert(port->segment->restored);
	ck_assert_int_eq(write(kept_fd(port->priv), "x", 1), 1);
	ck_assert_int_eq(recv(pair[1], &(char){ 0 }, 1, MSG_DONTWAIT), 1);
	switch_remove_port(port, "a test says so");
	expect_told(&r, "FDSTOREREMOVE=1\nFDNAME=port/kept/lab/a.eth0/1400");
	close(pair[1]);
	store_rig_fini(&r);
}
END_TEST

static const char *const bad_names[] = {
	"port/kept/lab/a",	  "port/kept/lab/a/67",
	"port/kept/lab/a/65537",  "port/kept/lab/a/1500x",
	"port/kept/lab/A/1500",	  "port/kept/../a/1500",
	"port/other/lab/a/1500",  "port/",
	"port/kept/lab//1500",	  "port/kept/lab/a/",
	"port/kept/lab/a/1500/x",
};

START_TEST(what_cannot_be_restored_is_given_up)
{
	char want[TEXT_SIZE];
	struct store_rig r;

	pass(open("/dev/null", O_RDWR));
	inherit(bad_names[_i]);
	store_rig_init(&r);
	ck_assert_uint_eq(r.sw->n_ports, 0);
	snprintf(want, sizeof(want), "FDSTOREREMOVE=1\nFDNAME=%s",
		 bad_names[_i]);
	expect_told(&r, want);
	store_rig_fini(&r);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ they_are_found_by_name_whatever_their_path, 0 },
		{ without_a_name_of_ours_they_are_found_by_path,
		  UNIT_ROWS(no_names) },
		{ one_can_be_had_again_after_it_was_closed, 0 },
		{ another_path_to_the_same_socket_is_the_same, 0 },
		{ what_cannot_be_listened_on_is_refused_by_name, 5 },
		{ the_environment_is_used_up, 0 },
		{ what_is_for_another_process_is_left_alone,
		  UNIT_ROWS(not_ours) },
		{ a_count_that_cannot_be_is_told, UNIT_ROWS(bad_counts) },
		{ one_whose_mode_cannot_be_set_is_not_removed, 0 },
		{ a_port_is_kept_while_it_lives, 0 },
		{ at_the_end_it_stays_kept, 0 },
		{ it_comes_back_with_name_segment_and_mtu, 0 },
		{ what_cannot_be_restored_is_given_up, UNIT_ROWS(bad_names) },
		{ NULL, 0 },
	};

	return unit_run("inherited", tests, setup, teardown);
}
