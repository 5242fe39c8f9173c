#include "config.h"

#include "lib/process-fork.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/process.h"
#include "lib/xalloc.h"

/* What the child does, in this order; on failure it reports where it was. */
enum step { STEP_STDIO, STEP_KEEP, STEP_CWD, STEP_EXEC };

enum { FD3 = 3 };

struct report {
	enum step step;
	int code; /* errno */
};

/* Everything the child needs, made before the fork: another thread may hold
 * the lock of malloc() while we fork, and nobody would unlock it there. */
struct launch {
	char *path; /* owned, as all that is not const */
	char *const *argv;
	const char **envp;
	const char *cwd; /* or NULL */
	const int *stdio;
	int fd3;       /* or -1 */
	int *open_fds; /* ascending, all that stays open beside 0-2 */
	size_t n_open_fds;
	int report_fd; /* one of open_fds */
	int death_signal;
	pid_t parent;
};

/* ---- before the fork ---- */

/* Look @name up in @dirs, "A:B", of which an empty one is the current.
 * Return: 0 with *@path owned by the caller; -ENOENT; -EACCES. */
static int
search(const char *name, const char *dirs, char **path)
{
	int ret = -ENOENT;

	for (;;) {
		size_t len = strcspn(dirs, ":");
		char *candidate = xasprintf("%.*s/%s", len > 0 ? (int)len : 1,
					    len > 0 ? dirs : ".", name);
		struct stat st;

		if (stat(candidate, &st) == 0 && S_ISREG(st.st_mode)) {
			if (access(candidate, X_OK) == 0) {
				*path = candidate;
				return 0;
			}
			ret = -EACCES;
		}
		free(candidate);
		if (dirs[len] == '\0')
			return ret;
		dirs += len + 1;
	}
}

/* Find the program while PATH and the directory are still the caller's. */
static int
find_program(const struct process_spec *spec, char **path, struct err *err)
{
	const char *name = spec->argv[0];
	const char *dirs = getenv("PATH");
	char *here;
	int ret = 0;

	if (strchr(name, '/') != NULL)
		*path = xstrdup(name);
	else
		ret = search(name, dirs != NULL ? dirs : "/usr/bin:/bin", path);
	if (ret == -EACCES)
		return err_set(err, ret,
			       "%s: found in PATH, but this user may "
			       "not execute it",
			       name);
	if (ret < 0)
		return err_set(err, ret,
			       "%s: no such program in PATH; is it installed?",
			       name);
	if ((*path)[0] == '/' || spec->cwd == NULL)
		return 0;
	here = getcwd(NULL, 0);
	if (here == NULL) {
		ret = err_errno(err, "%s: current directory", name);
	} else {
		char *relative = *path;

		*path = xasprintf("%s/%s", here, relative);
		free(relative);
	}
	free(here);
	return ret;
}

static bool
sets_key(const char *const *entries, const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (; *entries != NULL; entries++) {
		if (strncmp(*entries, entry, len) == 0 &&
		    (*entries)[len] == '=')
			return true;
	}
	return false;
}

/* Our environment and @added, in which later entries win; the strings stay
 * where they are, the array is returned owned. */
static const char **
make_env(const char *const *added)
{
	static const char *const nothing[] = { NULL };
	const char **envp;
	size_t n = 0, used = 0;

	if (added == NULL)
		added = nothing;
	while (environ[n] != NULL)
		n++;
	for (size_t i = 0; added[i] != NULL; i++)
		n++;
	envp = xcalloc(n + 1, sizeof(*envp));
	for (size_t i = 0; environ[i] != NULL; i++) {
		if (!sets_key(added, environ[i]))
			envp[used++] = environ[i];
	}
	for (; *added != NULL; added++) {
		if (!sets_key(added + 1, *added))
			envp[used++] = *added;
	}
	return envp;
}

static int
compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int
prepare(struct launch *l, const struct process_spec *spec, const char *name,
	int report_fd, struct err *err)
{
	int ret;

	for (size_t i = 0; i < spec->n_keep_fds; i++) {
		if (spec->keep_fds[i] <= STDERR_FILENO)
			return err_set(err, -EINVAL,
				       "%s: descriptor %d cannot be kept, "
				       "0-2 are its standard streams",
				       name, spec->keep_fds[i]);
		if (spec->keep_fds[i] == FD3 && spec->fd3 >= 0)
			return err_set(err, -EINVAL,
				       "%s: descriptor 3 cannot be kept, it is "
				       "to be another",
				       name);
	}
	ret = find_program(spec, &l->path, err);
	if (ret < 0)
		return ret;
	l->argv = (char *const *)spec->argv; /* exec does not change them */
	l->envp = make_env(spec->env);
	l->cwd = spec->cwd;
	l->fd3 = spec->fd3;
	l->n_open_fds = spec->n_keep_fds + 1 + (l->fd3 >= 0);
	l->open_fds = xcalloc(l->n_open_fds, sizeof(*l->open_fds));
	for (size_t i = 0; i < spec->n_keep_fds; i++)
		l->open_fds[i] = spec->keep_fds[i];
	l->open_fds[spec->n_keep_fds] = report_fd;
	if (l->fd3 >= 0)
		l->open_fds[spec->n_keep_fds + 1] = FD3;
	qsort(l->open_fds, l->n_open_fds, sizeof(*l->open_fds), compare_fds);
	l->report_fd = report_fd;
	l->death_signal =
	    spec->death_signal != 0 ? spec->death_signal : SIGKILL;
	l->parent = getpid();
	return 0;
}

/* Children of a process that ignores SIGCHLD are reaped by the kernel, and
 * their status is lost.  Whoever started us may have left it ignored. */
static void
keep_exit_statuses(void)
{
	struct sigaction sa;

	sigaction(SIGCHLD, NULL, &sa);
	if (sa.sa_handler != SIG_IGN && (sa.sa_flags & SA_NOCLDWAIT) == 0)
		return;
	if (sa.sa_handler == SIG_IGN)
		sa.sa_handler = SIG_DFL;
	sa.sa_flags &= ~SA_NOCLDWAIT;
	sigaction(SIGCHLD, &sa, NULL);
}

/* ---- in the child: only what is safe in a signal handler ---- */

static void __attribute__((noreturn))
die(const struct launch *l, enum step step)
{
	struct report report = { .step = step, .code = errno };

	if (write(l->report_fd, &report, sizeof(report)) < 0)
		_exit(126); /* the parent is gone: nobody is told */
	_exit(127);
}

static void
reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	sigemptyset(&sa.sa_mask);
	for (int signo = 1; signo < NSIG; signo++)
		sigaction(signo, &sa, NULL); /* KILL and STOP refuse */
}

static void
place_fds(const struct launch *l)
{
	int sources[4] = { l->stdio[0], l->stdio[1], l->stdio[2], l->fd3 };
	int n = l->fd3 >= 0 ? 4 : 3;

	/* Away from 0-3 first: one may be the source of another. */
	for (int fd = 0; fd < n; fd++) {
		sources[fd] = fcntl(sources[fd], F_DUPFD_CLOEXEC, FD3 + 1);
		if (sources[fd] < 0)
			die(l, STEP_STDIO);
	}
	for (int fd = 0; fd < n; fd++) {
		if (dup2(sources[fd], fd) < 0)
			die(l, STEP_STDIO);
	}
}

static void
close_others(const struct launch *l)
{
	unsigned first = 3;

	for (size_t i = 0; i < l->n_open_fds; i++) {
		unsigned fd = (unsigned)l->open_fds[i];

		if (l->open_fds[i] != l->report_fd &&
		    fcntl(l->open_fds[i], F_SETFD, 0) < 0)
			die(l, STEP_KEEP);
		if (fd > first && close_range(first, fd - 1, 0) < 0)
			die(l, STEP_KEEP);
		if (fd >= first)
			first = fd + 1;
	}
	if (close_range(first, ~0U, 0) < 0)
		die(l, STEP_KEEP);
}

static void __attribute__((noreturn)) child_main(const struct launch *l)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, l->death_signal);
	if (getppid() != l->parent)
		_exit(126); /* it died before it could have been noticed */
	setpgid(0, 0);
	reset_signals();
	place_fds(l);
	close_others(l);
	if (l->cwd != NULL && chdir(l->cwd) < 0)
		die(l, STEP_CWD);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(l->path, l->argv, (char *const *)l->envp);
	die(l, STEP_EXEC);
}

/* ---- after the fork ---- */

static int
report_failure(const struct launch *l, const char *name,
	       const struct report *report, struct err *err)
{
	errno = report->code;
	switch (report->step) {
	case STEP_STDIO:
		return err_errno(err, "%s: setting up its standard streams",
				 name);
	case STEP_KEEP:
		return err_errno(err, "%s: setting up its descriptors", name);
	case STEP_CWD:
		return err_errno(err, "%s: its directory %s", name, l->cwd);
	case STEP_EXEC:
		break;
	}
	if (report->code == ENOENT && access(l->path, F_OK) == 0)
		return err_set(err, -ENOENT,
			       "%s: the interpreter of %s does not exist", name,
			       l->path);
	errno = report->code;
	return err_errno(err, "%s: cannot execute %s", name, l->path);
}

/* Read the report; end of file means that exec has closed the pipe.  Return:
 * 0; -errno, the child is reaped then. */
static int
await_exec(const struct launch *l, const char *name, int fd, pid_t pid,
	   struct err *err)
{
	struct report report;
	siginfo_t info;
	ssize_t n;

	do
		n = read(fd, &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(report))
		return 0;
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	return report_failure(l, name, &report, err);
}

/* A pipe whose writing end is above 3, where the child does not overwrite it,
 * and which exec closes. */
static int
make_report_pipe(int fds[2])
{
	int high;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	high = fcntl(fds[1], F_DUPFD_CLOEXEC, FD3 + 1);
	if (high < 0) {
		int ret = -errno;

		close(fds[0]);
		close(fds[1]);
		return ret;
	}
	close(fds[1]);
	fds[1] = high;
	return 0;
}

pid_t
process_fork(const struct process_spec *spec, const char *name,
	     const int stdio[3], struct err *err)
{
	struct launch l = { .stdio = stdio };
	sigset_t all, before;
	int pipe_fds[2];
	pid_t pid = -1;
	int ret = make_report_pipe(pipe_fds);

	if (ret < 0)
		return err_set(err, ret, "%s: cannot make a pipe: %s", name,
			       strerror(-ret));
	ret = prepare(&l, spec, name, pipe_fds[1], err);
	if (ret < 0)
		goto out;
	keep_exit_statuses();
	/* Our handlers must not run in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		child_main(&l);
	ret = pid < 0 ? err_errno(err, "%s: cannot fork", name) : 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(pipe_fds[1]);
	pipe_fds[1] = -1;
	if (ret == 0)
		ret = await_exec(&l, name, pipe_fds[0], pid, err);
out:
	close(pipe_fds[0]);
	if (pipe_fds[1] >= 0)
		close(pipe_fds[1]);
	free(l.path);
	free(l.envp);
	free(l.open_fds);
	return ret < 0 ? ret : pid;
}
