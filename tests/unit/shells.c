#include "config.h"

#include "tests/unit/shells.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

const struct shell_kind shell_kinds[] = {
	{ .name = "dash", .program = "dash" },
	{ .name = "dash on a terminal, beside busybox",
	  .program = "dash",
	  .beside_busybox = true,
	  .terminal = true },
	{ .name = "busybox ash", .program = "busybox", .busybox = true },
	{ .name = "busybox ash on a terminal",
	  .program = "busybox",
	  .busybox = true,
	  .terminal = true },
	{ .name = "bash", .program = "bash", .untidy = true },
	{ .name = "bash on a terminal",
	  .program = "bash",
	  .terminal = true,
	  .untidy = true },
};
const int n_shell_kinds = sizeof(shell_kinds) / sizeof(shell_kinds[0]);

/* All that guest-shell.sh may use, and what the tests' commands use. */
static const char *const commands[] = {
	"awk",	  "base64", "cat",   "chmod",  "cut",  "dd", "echo",
	"head",	  "kill",   "mkdir", "mkfifo", "mv",   "od", "rm",
	"setsid", "sleep",  "stty",  "touch",  "true", "wc", "yes",
};

enum { END_MS = 120000, POLL_MS = 20 };

static bool
find_program(const char *name, char *path)
{
	const char *dirs[] = { "/bin", "/usr/bin", "/sbin", "/usr/sbin" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, PATH_MAX, "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static bool
has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; at != NULL && *at != '\0';) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, word, n) == 0)
			return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

/* dir/bin: `sh` and the commands, as links. */
static bool
make_bin(const struct far_shell *far, const struct shell_kind *kind,
	 const char *without)
{
	char target[PATH_MAX], link[PATH_MAX + 64];

	snprintf(link, sizeof(link), "%s/bin", far->dir);
	ck_assert_int_eq(mkdir(link, 0700), 0);
	if (!find_program(kind->program, target))
		return false;
	snprintf(link, sizeof(link), "%s/bin/sh", far->dir);
	ck_assert_int_eq(symlink(target, link), 0);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (has_word(without, commands[i]))
			continue;
		if (!kind->busybox && !find_program(commands[i], target))
			continue;
		snprintf(link, sizeof(link), "%s/bin/%s", far->dir,
			 commands[i]);
		ck_assert_int_eq(symlink(target, link), 0);
	}
	if (kind->beside_busybox && find_program("busybox", target)) {
		snprintf(link, sizeof(link), "%s/bin/busybox", far->dir);
		ck_assert_int_eq(symlink(target, link), 0);
	}
	return true;
}

static void
sleep_ms(unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
			      .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static void
remove_dir(const char *dir)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf '%s' '%s-'", dir, dir);
	ck_assert_int_eq(system(command), 0);
}

/* Where the functions of guest-shell.sh may keep their files: not in /run when
 * they cannot make any there, and what is there is another user's. */
static size_t
n_run_dirs(void)
{
	return access("/run", W_OK) == 0 ? 2 : 1;
}

static void
run_dir(size_t i, pid_t pid, char *path, size_t size)
{
	snprintf(path, size, "%s/vdelab.%d", i == 0 ? "/tmp" : "/run",
		 (int)pid);
}

/* In the child. */
static void
become_shell(const struct far_shell *far, int fd, unsigned delay_ms)
{
	char path[128], mark[128], sh[128];
	char *env[] = { path, mark, NULL };

	snprintf(path, sizeof(path), "PATH=%s/bin", far->dir);
	snprintf(mark, sizeof(mark), "FAR_SHELL=%s", far->dir);
	for (size_t i = 0; i < n_run_dirs(); i++) {
		run_dir(i, getpid(), sh, sizeof(sh));
		remove_dir(sh); /* of a killed test whose pid we have got */
	}
	snprintf(sh, sizeof(sh), "%s/bin/sh", far->dir);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	setsid();
	if (far->tty[0] != '\0') {
		fd = open(far->tty, O_RDWR); /* the controlling terminal */
		if (fd < 0)
			_exit(127);
	}
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	for (int i = 3; i < 64; i++)
		close(i);
	sleep_ms(delay_ms);
	execle(sh, "sh", (char *)NULL, env);
	_exit(127);
}

static int
open_terminal(struct far_shell *far)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(grantpt(fd), 0);
	ck_assert_int_eq(unlockpt(fd), 0);
	ck_assert_int_eq(ptsname_r(fd, far->tty, sizeof(far->tty)), 0);
	return fd;
}

bool
far_shell_start(struct far_shell *far, const struct shell_kind *kind,
		const char *without, unsigned delay_ms)
{
	int fds[2] = { -1, -1 };

	*far = (struct far_shell){ .dir = "/tmp/far-shell.XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(far->dir));
	far->untidy = kind->untidy;
	if (!make_bin(far, kind, without)) {
		remove_dir(far->dir);
		return false;
	}
	if (kind->terminal)
		fds[0] = open_terminal(far);
	else
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	far->fd = fds[0];
	far->pid = fork();
	ck_assert_int_ge(far->pid, 0);
	if (far->pid == 0)
		become_shell(far, fds[1], delay_ms);
	if (fds[1] >= 0)
		close(fds[1]);
	return true;
}

pid_t
far_shell_find(const struct far_shell *far)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (found == 0 && (entry = readdir(proc)) != NULL) {
		char path[300], env[16384];
		ssize_t n;
		int fd;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/environ", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		n = read(fd, env, sizeof(env));
		close(fd);
		if (n > 0 &&
		    memmem(env, (size_t)n, far->dir, strlen(far->dir)) != NULL)
			found = (pid_t)atoi(entry->d_name);
	}
	closedir(proc);
	return found;
}

static bool
shell_has_ended(struct far_shell *far)
{
	for (unsigned ms = 0; ms < END_MS; ms += POLL_MS) {
		if (waitpid(far->pid, NULL, WNOHANG) == far->pid)
			return true;
		sleep_ms(POLL_MS);
	}
	return false;
}

/* Processes end a little later than the shell. */
static pid_t
find_left(const struct far_shell *far)
{
	pid_t left = far_shell_find(far);

	for (unsigned ms = 0; left > 0 && ms < END_MS; ms += POLL_MS) {
		if (far->untidy)
			kill(left, SIGKILL);
		sleep_ms(POLL_MS);
		left = far_shell_find(far);
	}
	return left;
}

void
far_shell_end(struct far_shell *far)
{
	char path[128];
	pid_t left;

	ck_assert(shell_has_ended(far));
	left = find_left(far);
	remove_dir(far->dir);
	if (left > 0)
		kill(left, SIGKILL);
	ck_assert_int_eq(left, 0);
	for (size_t i = 0; i < n_run_dirs(); i++) {
		run_dir(i, far->pid, path, sizeof(path));
		if (far->untidy)
			remove_dir(path);
		ck_assert_int_ne(access(path, F_OK), 0);
		strcat(path, "-"); /* as it is called while it is removed */
		if (far->untidy)
			remove_dir(path);
		ck_assert_int_ne(access(path, F_OK), 0);
	}
}
