#include "config.h"

#include "lib/sockpath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

enum { NOBODY = 65534 };

static char dir[64]; /* of this test alone, the working directory too */
static struct err err;

/* Everything runs as an ordinary user: root may do what these tests forbid. */
static void
setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/sockpath-XXXXXX",
		 tmp != NULL && strlen(tmp) < 32 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
		ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
		ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
		prctl(PR_SET_DUMPABLE, 1); /* LeakSanitizer traces us */
	}
	ck_assert_int_eq(chdir(dir), 0);
	umask(022);
}

static void
teardown(void)
{
	ck_assert_int_eq(sockpath_remove_tree(dir, &err), 0);
	ck_assert_int_lt(access(dir, F_OK), 0);
}

/* "DIR/@name", in one of a few buffers */
static const char *
in_dir(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void
make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void
make_dir(const char *path, mode_t mode)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

#define check_err(want, part)                                                  \
	do {                                                                   \
		ck_assert_int_eq(err.code, want);                              \
		if (strstr(err.text, part) == NULL)                            \
			ck_abort_msg("'%s' lacks '%s'", err.text, part);       \
	} while (0)

/* ---- addresses ---- */

START_TEST(a_path_of_107_bytes_is_an_address)
{
	char path[110];
	struct sockaddr_un addr;

	memset(path, 'p', sizeof(path));
	path[107] = '\0';
	ck_assert_int_eq(SOCKPATH_MAX, 107);
	ck_assert_int_eq(sockpath_fill(&addr, path, &err), 0);
	ck_assert_int_eq(addr.sun_family, AF_UNIX);
	ck_assert_str_eq(addr.sun_path, path);
}
END_TEST

START_TEST(a_path_of_108_bytes_is_too_long)
{
	char path[110];
	struct sockaddr_un addr;

	memset(path, 'p', sizeof(path));
	path[108] = '\0';
	ck_assert_int_eq(sockpath_fill(&addr, path, &err), -ENAMETOOLONG);
	check_err(-ENAMETOOLONG, "has 108 bytes and may have 107");
	ck_assert_int_eq(sockpath_listen(path, SOCK_STREAM, 0600, &err),
			 -ENAMETOOLONG);
	ck_assert_int_eq(sockpath_connect(path, SOCK_STREAM, &err),
			 -ENAMETOOLONG);
}
END_TEST

START_TEST(an_empty_path_is_no_address)
{
	struct sockaddr_un addr;

	ck_assert_int_eq(sockpath_fill(&addr, "", NULL), -EINVAL);
}
END_TEST

/* ---- run-time directory ---- */

START_TEST(the_runtime_dir_is_below_xdg_runtime_dir)
{
	char path[PATH_MAX];

	setenv("XDG_RUNTIME_DIR", dir, 1);
	ck_assert_int_eq(sockpath_runtime_dir(path, sizeof(path), &err), 0);
	ck_assert_str_eq(path, in_dir("vdelab"));
	ck_assert_uint_eq(mode_of(path), 0700);
	/* again, when it exists */
	ck_assert_int_eq(sockpath_runtime_dir(path, sizeof(path), &err), 0);
}
END_TEST

static const char *const no_runtime_dir[] = { NULL, "", "relative" };

START_TEST(without_xdg_runtime_dir_it_is_in_tmp)
{
	char path[PATH_MAX];
	char want[64];
	bool existed;

	if (no_runtime_dir[_i] == NULL)
		unsetenv("XDG_RUNTIME_DIR");
	else
		setenv("XDG_RUNTIME_DIR", no_runtime_dir[_i], 1);
	snprintf(want, sizeof(want), "/tmp/vdelab-%u", (unsigned)geteuid());
	existed = exists(want);
	ck_assert_int_eq(sockpath_runtime_dir(path, sizeof(path), &err), 0);
	ck_assert_str_eq(path, want);
	if (!existed)
		rmdir(want); /* fails when in use by now, as it should */
}
END_TEST

START_TEST(a_runtime_dir_that_others_may_write_is_refused)
{
	char path[PATH_MAX];

	setenv("XDG_RUNTIME_DIR", dir, 1);
	make_dir("vdelab", 0770);
	ck_assert_int_eq(sockpath_runtime_dir(path, sizeof(path), &err),
			 -EPERM);
	check_err(-EPERM, "XDG_RUNTIME_DIR: others may write to directory");
}
END_TEST

START_TEST(a_runtime_dir_that_does_not_fit_is_not_made)
{
	char path[PATH_MAX];
	size_t len = strlen(in_dir("vdelab"));

	setenv("XDG_RUNTIME_DIR", dir, 1);
	ck_assert_int_eq(sockpath_runtime_dir(path, len, &err), -ENAMETOOLONG);
	ck_assert(!exists("vdelab"));
	ck_assert_int_eq(sockpath_runtime_dir(path, len + 1, &err), 0);
}
END_TEST

/* ---- directories ---- */

static const struct {
	mode_t mode;
	mode_t umask;
} modes[] = {
	{ 0700, 022 }, { 0755, 022 },	{ 0755, 077 },
	{ 0777, 022 }, { 02770, 0777 }, { 0700, 0 },
};

START_TEST(a_new_directory_has_its_mode_whatever_the_umask)
{
	umask(modes[_i].umask & 0077); /* of parents we must be able to enter */
	ck_assert_int_eq(
	    sockpath_make_dir(in_dir("a/b/c"), modes[_i].mode, &err), 0);
	ck_assert_uint_eq(mode_of("a/b/c"), modes[_i].mode);
	ck_assert_uint_eq(mode_of("a/b"), 0700);
	ck_assert_uint_eq(mode_of("a"), 0700);
}
END_TEST

START_TEST(an_existing_directory_is_accepted_as_it_is)
{
	ck_assert_int_eq(sockpath_make_dir(in_dir("d"), 0700, &err), 0);
	ck_assert_int_eq(sockpath_make_dir(in_dir("d"), 0755, &err), 1);
	ck_assert_uint_eq(mode_of("d"), 0700);
}
END_TEST

static const struct {
	mode_t existing;
	mode_t wanted;
	int ret;
} acceptance[] = {
	{ 0700, 0700, 1 },	{ 0755, 0700, 1 },	{ 0770, 0700, -EPERM },
	{ 0720, 0700, -EPERM }, { 0702, 0700, -EPERM }, { 01777, 0700, -EPERM },
	{ 02770, 02770, 1 },	{ 0770, 0770, 1 },	{ 0772, 0770, -EPERM },
};

START_TEST(who_else_may_write_decides_over_an_existing_directory)
{
	make_dir("d", acceptance[_i].existing);
	ck_assert_int_eq(
	    sockpath_make_dir(in_dir("d"), acceptance[_i].wanted, &err),
	    acceptance[_i].ret);
	ck_assert_uint_eq(mode_of("d"), acceptance[_i].existing);
}
END_TEST

START_TEST(a_directory_of_another_user_is_refused)
{
	ck_assert_int_eq(sockpath_make_dir("/usr", 0700, &err), -EPERM);
	check_err(-EPERM, "directory /usr belongs to user 0, not to us");
}
END_TEST

START_TEST(a_symbolic_link_is_no_directory)
{
	make_dir("real", 0700);
	ck_assert_int_eq(symlink("real", "link"), 0);
	ck_assert_int_eq(sockpath_make_dir(in_dir("link"), 0700, &err),
			 -ENOTDIR);
	/* a slash would make open() follow it */
	ck_assert_int_eq(sockpath_make_dir(in_dir("link/"), 0700, &err),
			 -ENOTDIR);
	check_err(-ENOTDIR, "cannot use");
	/* above the last component it is followed */
	ck_assert_int_eq(sockpath_make_dir(in_dir("link/d"), 0700, &err), 0);
	ck_assert(exists("real/d"));
}
END_TEST

START_TEST(a_dangling_link_is_not_filled_in)
{
	ck_assert_int_eq(symlink("missing", "link"), 0);
	ck_assert_int_lt(sockpath_make_dir(in_dir("link"), 0700, &err), 0);
	ck_assert(!exists("missing"));
}
END_TEST

START_TEST(a_file_in_the_way_is_named)
{
	make_file("f");
	ck_assert_int_eq(sockpath_make_dir(in_dir("f"), 0700, &err), -ENOTDIR);
	ck_assert_int_eq(sockpath_make_dir(in_dir("f/d"), 0700, &err),
			 -ENOTDIR);
	check_err(-ENOTDIR, "/f is not a directory");
}
END_TEST

START_TEST(a_parent_that_everybody_may_write_must_be_sticky)
{
	make_dir("open", 0777);
	ck_assert_int_eq(sockpath_make_dir(in_dir("open/d"), 0700, &err),
			 -EPERM);
	check_err(-EPERM, "/open: chmod o-w");
	ck_assert(!exists("open/d"));
	ck_assert_int_eq(sockpath_make_dir(in_dir("open/a/b"), 0700, &err),
			 -EPERM);
	ck_assert_int_eq(chmod("open", 01777), 0);
	ck_assert_int_eq(sockpath_make_dir(in_dir("open/d"), 0700, &err), 0);
}
END_TEST

START_TEST(the_working_directory_is_a_parent_too)
{
	ck_assert_int_eq(sockpath_make_dir("d", 0700, &err), 0);
	ck_assert_int_eq(chmod(".", 0777), 0);
	ck_assert_int_eq(sockpath_make_dir("e", 0700, &err), -EPERM);
	ck_assert(!exists("e"));
	ck_assert_int_eq(chmod(".", 0700), 0);
}
END_TEST

START_TEST(slashes_do_not_matter)
{
	ck_assert_int_eq(sockpath_make_dir(in_dir("a//b///"), 0700, &err), 0);
	ck_assert_int_eq(sockpath_make_dir(in_dir("a/b"), 0700, &err), 1);
}
END_TEST

START_TEST(paths_that_name_nothing_are_refused)
{
	static char path[PATH_MAX + 2];

	ck_assert_int_eq(sockpath_make_dir("", 0700, &err), -EINVAL);
	ck_assert_int_eq(sockpath_make_dir("/", 0700, &err), -EINVAL);
	ck_assert_int_eq(sockpath_remove_tree("", &err), -EINVAL);
	ck_assert_int_eq(sockpath_remove_tree("//", &err), -EINVAL);
	memset(path, 'x', PATH_MAX);
	ck_assert_int_eq(sockpath_make_dir(path, 0700, &err), -ENAMETOOLONG);
	ck_assert_int_eq(sockpath_remove_tree(path, &err), -ENAMETOOLONG);
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_says_why)
{
	make_dir("ro", 0500);
	ck_assert_int_eq(sockpath_make_dir(in_dir("ro/d"), 0700, &err),
			 -EACCES);
	check_err(-EACCES, "cannot make directory");
	ck_assert_int_eq(sockpath_make_dir(in_dir("ro/a/b"), 0700, &err),
			 -EACCES);
	check_err(-EACCES, "/ro/a: Permission denied");
}
END_TEST

/* ---- locks ---- */

START_TEST(a_lock_names_its_owner_to_those_who_come_later)
{
	char text[32];
	int fd = sockpath_lock("lock", &err);
	FILE *file;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_uint_eq(mode_of("lock"), 0600);
	file = fopen("lock", "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	ck_assert_int_eq(atol(text), getpid());
	fclose(file);

	ck_assert_int_eq(sockpath_lock("lock", &err), -EBUSY);
	snprintf(text, sizeof(text), "lock is held by process %d", getpid());
	check_err(-EBUSY, text);
	close(fd);
	fd = sockpath_lock("lock", &err);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(a_longer_pid_in_an_old_lock_leaves_no_trace)
{
	char text[32] = "";
	FILE *file = fopen("lock", "w");
	int fd;

	ck_assert_ptr_nonnull(file);
	fputs("123456789012345\n", file);
	fclose(file);
	fd = sockpath_lock("lock", &err);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
	ck_assert_int_eq(atol(text), getpid());
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	close(fd);
}
END_TEST

START_TEST(an_owner_that_has_not_written_yet_is_respected)
{
	int fd = sockpath_lock("lock", &err);

	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(sockpath_lock("lock", &err), -EBUSY);
	check_err(-EBUSY, "lock is held by another process");
	close(fd);
}
END_TEST

START_TEST(a_lock_file_that_was_removed_is_no_lock)
{
	int old = sockpath_lock("lock", &err);
	int fd;

	ck_assert_int_eq(unlink("lock"), 0);
	fd = sockpath_lock("lock", &err);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sockpath_lock("lock", &err), -EBUSY);
	close(old);
	ck_assert_int_eq(sockpath_lock("lock", &err), -EBUSY);
	close(fd);
}
END_TEST

/* Stands in for libc's, so that a test can act between open() and flock(). */
static bool unlink_before_flock;

int
flock(int fd, int operation)
{
	if (unlink_before_flock) {
		unlink_before_flock = false;
		unlink("lock");
	}
	return (int)syscall(SYS_flock, fd, operation);
}

START_TEST(a_lock_file_removed_while_we_take_it_is_made_anew)
{
	int fd;

	make_file("lock");
	ck_assert_int_eq(chmod("lock", 0600), 0);
	unlink_before_flock = true;
	fd = sockpath_lock("lock", &err);
	ck_assert_int_ge(fd, 0);
	ck_assert(!unlink_before_flock);
	ck_assert(exists("lock"));
	ck_assert_int_eq(sockpath_lock("lock", &err), -EBUSY);
	close(fd);
}
END_TEST

START_TEST(only_a_plain_file_of_ours_is_a_lock)
{
	make_file("f");
	ck_assert_int_eq(symlink("f", "link"), 0);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	make_dir("d", 0700);
	ck_assert_int_eq(sockpath_lock("link", &err), -ELOOP);
	ck_assert_int_eq(sockpath_lock("fifo", &err), -EPERM);
	check_err(-EPERM, "fifo is not a plain file");
	ck_assert_int_eq(sockpath_lock("d", &err), -EISDIR);
	ck_assert_int_eq(sockpath_lock("missing/lock", &err), -ENOENT);
}
END_TEST

/* ---- sockets ---- */

static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };

START_TEST(a_socket_listens_with_its_mode_and_lets_clients_in)
{
	int type = types[_i];
	int fd, client;

	fd = sockpath_listen("s", type, 0600, &err);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_uint_eq(mode_of("s"), 0600);
	client = sockpath_connect("s", type, &err);
	ck_assert_int_ge(client, 0);
	ck_assert_int_ne(fcntl(client, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(client, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(write(client, "x", 1), 1);
	if (type != SOCK_DGRAM) {
		int conn = accept(fd, NULL, NULL);

		ck_assert_int_ge(conn, 0);
		close(conn);
	} else {
		char byte;

		ck_assert_int_eq(read(fd, &byte, 1), 1);
	}
	close(client);
	close(fd);
}
END_TEST

static const struct {
	mode_t mode;
	mode_t umask;
} socket_modes[] = {
	{ 0600, 0 }, { 0600, 0777 }, { 0660, 077 }, { 0777, 022 }, { 0660, 0 },
};

START_TEST(the_mode_of_a_socket_does_not_depend_on_the_umask)
{
	int fd;

	umask(socket_modes[_i].umask);
	fd = sockpath_listen("s", SOCK_STREAM, socket_modes[_i].mode, &err);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(umask(022), socket_modes[_i].umask); /* put back */
	ck_assert_uint_eq(mode_of("s"), socket_modes[_i].mode);
	close(fd);
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
	int type = types[_i];
	int fd = sockpath_listen("s", type, 0600, &err);
	int client;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert(exists("s"));
	ck_assert_int_eq(sockpath_connect("s", type, &err), -ECONNREFUSED);
	check_err(-ECONNREFUSED, "s: nobody listens there any more");
	fd = sockpath_listen("s", type, 0600, &err);
	ck_assert_int_ge(fd, 0);
	client = sockpath_connect("s", type, &err);
	ck_assert_int_ge(client, 0);
	close(client);
	close(fd);
}
END_TEST

/* Every type against a live socket of every type. */
START_TEST(a_live_socket_is_left_alone)
{
	int live_type = types[_i / 3];
	int type = types[_i % 3];
	int fd = sockpath_listen("s", live_type, 0600, &err);
	int client;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sockpath_listen("s", type, 0600, &err), -EADDRINUSE);
	check_err(-EADDRINUSE, "another process listens on s");
	client = sockpath_connect("s", live_type, &err);
	ck_assert_int_ge(client, 0);
	if (type != live_type)
		ck_assert_int_eq(sockpath_connect("s", type, &err),
				 -EPROTOTYPE);
	close(client);
	close(fd);
}
END_TEST

/* A listener that never accepts, at "s", with its queue full. */
static int
make_stuck_listener(int clients[static 8])
{
	struct sockaddr_un addr;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int n = 0;

	ck_assert_int_eq(sockpath_fill(&addr, "s", &err), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	do {
		ck_assert_int_lt(n, 8);
		clients[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	} while (
	    connect(clients[n++], (struct sockaddr *)&addr, sizeof(addr)) == 0);
	ck_assert_int_eq(errno, EAGAIN);
	return fd;
}

START_TEST(a_listener_too_busy_to_accept_is_live)
{
	int clients[8];

	make_stuck_listener(clients);
	ck_assert_int_eq(sockpath_listen("s", SOCK_STREAM, 0600, &err),
			 -EADDRINUSE);
}
END_TEST

START_TEST(connecting_to_a_stuck_listener_ends)
{
	int clients[8];

	make_stuck_listener(clients);
	ck_assert_int_eq(sockpath_connect("s", SOCK_STREAM, &err), -ETIMEDOUT);
	check_err(-ETIMEDOUT, "cannot connect to s: whoever listens");
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
	int fd = sockpath_listen("live", SOCK_STREAM, 0600, &err);

	make_file("f");
	make_dir("d", 0700);
	ck_assert_int_eq(symlink("live", "link"), 0);
	ck_assert_int_eq(symlink("missing", "dangling"), 0);
	ck_assert_int_eq(sockpath_listen("f", SOCK_STREAM, 0600, &err),
			 -EEXIST);
	check_err(-EEXIST, "f is in the way and not a socket");
	ck_assert_int_eq(sockpath_listen("d", SOCK_STREAM, 0600, &err),
			 -EEXIST);
	ck_assert_int_eq(sockpath_listen("link", SOCK_STREAM, 0600, &err),
			 -EEXIST);
	ck_assert_int_eq(sockpath_listen("dangling", SOCK_STREAM, 0600, &err),
			 -EEXIST);
	ck_assert(exists("f") && exists("d") && exists("link"));
	ck_assert(exists("dangling") && !exists("missing"));
	close(fd);
}
END_TEST

START_TEST(a_socket_that_may_not_be_asked_is_left_alone)
{
	int fd = sockpath_listen("s", SOCK_STREAM, 0, &err);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sockpath_listen("s", SOCK_STREAM, 0600, &err),
			 -EACCES);
	ck_assert(exists("s"));
	close(fd);
}
END_TEST

START_TEST(where_there_is_no_directory_there_is_no_socket)
{
	ck_assert_int_eq(sockpath_listen("none/s", SOCK_STREAM, 0600, &err),
			 -ENOENT);
	check_err(-ENOENT, "none/s: No such file or directory");
	ck_assert_int_eq(sockpath_connect("s", SOCK_STREAM, &err), -ENOENT);
	check_err(-ENOENT, "cannot connect to s: No such file");
}
END_TEST

/* ---- removal ---- */

START_TEST(a_tree_of_everything_is_removed_and_links_are_not_followed)
{
	int fd;

	make_dir("keep", 0700);
	make_file("keep/f");
	make_dir("t", 0700);
	make_dir("t/a", 0700);
	make_dir("t/a/b", 0700);
	make_dir("t/empty", 0700);
	make_file("t/a/b/f");
	make_file("t/.hidden");
	make_file("t/..two");
	ck_assert_int_eq(symlink("../keep", "t/link"), 0);
	ck_assert_int_eq(symlink("missing", "t/a/dangling"), 0);
	ck_assert_int_eq(mkfifo("t/a/fifo", 0600), 0);
	fd = sockpath_listen("t/a/s", SOCK_STREAM, 0600, &err);
	ck_assert_int_ge(fd, 0);
	close(fd);

	ck_assert_int_eq(sockpath_remove_tree("t//", &err), 0);
	ck_assert(!exists("t"));
	ck_assert(exists("keep/f"));
}
END_TEST

START_TEST(what_does_not_exist_is_removed_already)
{
	ck_assert_int_eq(sockpath_remove_tree("missing", &err), 0);
	ck_assert_int_eq(sockpath_remove_tree("missing/too", &err), 0);
}
END_TEST

START_TEST(a_file_or_a_link_is_removed_as_such)
{
	make_dir("d", 0700);
	make_file("d/f");
	make_file("f");
	ck_assert_int_eq(symlink("d", "link"), 0);
	ck_assert_int_eq(sockpath_remove_tree("f", &err), 0);
	ck_assert_int_eq(sockpath_remove_tree("link/", &err), 0);
	ck_assert(!exists("f") && !exists("link"));
	ck_assert(exists("d/f"));
}
END_TEST

START_TEST(many_entries_are_all_removed)
{
	char name[32];

	make_dir("t", 0700);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "t/file-%d", i);
		make_file(name);
	}
	ck_assert_int_eq(sockpath_remove_tree("t", &err), 0);
	ck_assert(!exists("t"));
}
END_TEST

START_TEST(what_cannot_be_removed_is_told_and_the_rest_goes)
{
	make_dir("t", 0700);
	make_dir("t/locked", 0700);
	make_file("t/locked/f");
	ck_assert_int_eq(chmod("t/locked", 0500), 0);
	make_dir("t/a", 0700);
	make_file("t/a/f");
	make_file("t/z");
	ck_assert_int_eq(sockpath_remove_tree("t", &err), -EACCES);
	ck_assert_str_eq(err.text,
			 "cannot remove t/locked/f: Permission denied");
	ck_assert(exists("t/locked/f"));
	ck_assert(!exists("t/a") && !exists("t/z"));
	ck_assert_int_eq(chmod("t/locked", 0700), 0);
}
END_TEST

/* A chain of @n directories, "t/t/.../t"; the working directory stays. */
static void
make_chain(int n)
{
	for (int i = 0; i < n; i++) {
		ck_assert_int_eq(mkdir("t", 0700), 0);
		ck_assert_int_eq(chdir("t"), 0);
	}
	ck_assert_int_eq(chdir(dir), 0);
}

START_TEST(sixty_four_levels_are_removed_and_more_are_refused)
{
	make_chain(64);
	ck_assert_int_eq(sockpath_remove_tree("t", &err), 0);
	ck_assert(!exists("t"));
	make_chain(65);
	ck_assert_int_eq(sockpath_remove_tree("t", &err), -ELOOP);
	check_err(-ELOOP, "too many levels");
	ck_assert_int_eq(sockpath_remove_tree("t/t", &err), 0);
	ck_assert_int_eq(sockpath_remove_tree("t", &err), 0);
}
END_TEST

START_TEST(another_file_system_is_not_entered)
{
	make_dir("t", 0700);
	make_dir("t/mnt", 0700);
	make_file("t/f");
	/* Some machines let ordinary users mount nothing. */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
	    mount("tmpfs", "t/mnt", "tmpfs", 0, "mode=0777") < 0)
		return;
	ck_assert_int_eq(sockpath_remove_tree("t", &err), -EXDEV);
	check_err(-EXDEV, "cannot remove t/mnt: it is a mount point");
	ck_assert(exists("t/mnt"));
	ck_assert(!exists("t/f"));
	ck_assert_int_eq(umount("t/mnt"), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_path_of_107_bytes_is_an_address, 0 },
		{ a_path_of_108_bytes_is_too_long, 0 },
		{ an_empty_path_is_no_address, 0 },
		{ the_runtime_dir_is_below_xdg_runtime_dir, 0 },
		{ without_xdg_runtime_dir_it_is_in_tmp,
		  UNIT_ROWS(no_runtime_dir) },
		{ a_runtime_dir_that_others_may_write_is_refused, 0 },
		{ a_runtime_dir_that_does_not_fit_is_not_made, 0 },
		{ a_new_directory_has_its_mode_whatever_the_umask,
		  UNIT_ROWS(modes) },
		{ an_existing_directory_is_accepted_as_it_is, 0 },
		{ who_else_may_write_decides_over_an_existing_directory,
		  UNIT_ROWS(acceptance) },
		{ a_directory_of_another_user_is_refused, 0 },
		{ a_symbolic_link_is_no_directory, 0 },
		{ a_dangling_link_is_not_filled_in, 0 },
		{ a_file_in_the_way_is_named, 0 },
		{ a_parent_that_everybody_may_write_must_be_sticky, 0 },
		{ the_working_directory_is_a_parent_too, 0 },
		{ slashes_do_not_matter, 0 },
		{ paths_that_name_nothing_are_refused, 0 },
		{ a_directory_that_cannot_be_made_says_why, 0 },
		{ a_lock_names_its_owner_to_those_who_come_later, 0 },
		{ a_longer_pid_in_an_old_lock_leaves_no_trace, 0 },
		{ an_owner_that_has_not_written_yet_is_respected, 0 },
		{ a_lock_file_that_was_removed_is_no_lock, 0 },
		{ a_lock_file_removed_while_we_take_it_is_made_anew, 0 },
		{ only_a_plain_file_of_ours_is_a_lock, 0 },
		{ a_socket_listens_with_its_mode_and_lets_clients_in,
		  UNIT_ROWS(types) },
		{ the_mode_of_a_socket_does_not_depend_on_the_umask,
		  UNIT_ROWS(socket_modes) },
		{ a_stale_socket_is_replaced, UNIT_ROWS(types) },
		{ a_live_socket_is_left_alone,
		  UNIT_ROWS(types) * UNIT_ROWS(types) },
		{ a_listener_too_busy_to_accept_is_live, 0 },
		{ connecting_to_a_stuck_listener_ends, 0 },
		{ what_is_no_socket_is_left_alone, 0 },
		{ a_socket_that_may_not_be_asked_is_left_alone, 0 },
		{ where_there_is_no_directory_there_is_no_socket, 0 },
		{ a_tree_of_everything_is_removed_and_links_are_not_followed,
		  0 },
		{ what_does_not_exist_is_removed_already, 0 },
		{ a_file_or_a_link_is_removed_as_such, 0 },
		{ many_entries_are_all_removed, 0 },
		{ what_cannot_be_removed_is_told_and_the_rest_goes, 0 },
		{ sixty_four_levels_are_removed_and_more_are_refused, 0 },
		{ another_file_system_is_not_entered, 0 },
		{ NULL, 0 },
	};

	return unit_run("sockpath", tests, setup, teardown);
}
