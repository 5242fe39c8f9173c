#include "config.h"

#include "driver/report/report-child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver/report/junit/junit.h"
#include "driver/report/report.h"
#include "driver/report/story.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { NICENESS = 5 };

/* What the child says: a letter, and a text behind it up to the end. */
enum { SAYS_FINDINGS = 'F', SAYS_ERROR = 'E' };

/* ---- in the child ---- */

static void
say(int fd, char what, const char *text)
{
	size_t left = strlen(text);
	ssize_t n = write(fd, &what, 1);

	while (n > 0 && left > 0) {
		n = write(fd, text, left);
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
}

/* Signals do to it what they do to any process: nobody here hears of them. */
static void
restore_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
write_reports(void *arg, int fd)
{
	const char *dir = arg;
	struct err err = ERR_INIT;
	struct story *story = story_read(dir, &err);
	int ret = story != NULL ? 0 : -EIO;
	char *findings;

	if (ret == 0) {
		story_read_wire(story);
		ret = report_write_story(story, &err);
		if (junit_write_story(story, ret == 0 ? &err : NULL) < 0)
			ret = -EIO;
	}
	if (ret < 0) {
		say(fd, SAYS_ERROR, err.text);
		return ret;
	}
	findings = story_findings(story);
	say(fd, SAYS_FINDINGS, findings);
	free(findings);
	story_free(story);
	return 0;
}

/* What a child does, and says to @fd. */
typedef int child_fn(void *arg, int fd);

static void __attribute__((noreturn))
child(child_fn *work, void *arg, pid_t parent, int fd)
{
	restore_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	(void)!nice(NICENESS);
	_exit(work(arg, fd) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- who waits for it ---- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Up to its end.  What is too long is read, and forgotten.  Return: 0;
 * -ETIMEDOUT. */
static int
hear(int fd, int64_t end_ms, char *text, size_t size)
{
	char rest[512];
	size_t len = 0;

	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int64_t left_ms = end_ms - now_ms();
		size_t room = size - 1 - len;
		ssize_t n;

		if (left_ms <= 0)
			return -ETIMEDOUT;
		if (poll(&pfd, 1, (int)left_ms) <= 0)
			continue; /* a signal, or the time is up */
		n = read(fd, room > 0 ? text + len : rest,
			 room > 0 ? room : sizeof(rest));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (room > 0)
			len += (size_t)n;
	}
	text[len] = '\0';
	return 0;
}

/* Nothing else waits for this child.  Return: did it end as it should? */
static bool
reap(pid_t pid, bool kill_it, int *status)
{
	if (kill_it)
		kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(*status) && WEXITSTATUS(*status) == EXIT_SUCCESS;
}

static int
wait_for(pid_t pid, int fd, int deadline_ms, char *text, size_t size,
	 struct err *err)
{
	int status = 0;
	int ret = hear(fd, now_ms() + deadline_ms, text, size);

	if (reap(pid, ret < 0, &status) && ret == 0)
		return 0;
	if (ret == -ETIMEDOUT)
		return err_set(err, ret, "it took longer than %d s",
			       deadline_ms / 1000);
	if (WIFSIGNALED(status))
		return err_set(err, -EIO, "%s", strsignal(WTERMSIG(status)));
	return err_set(err, -EIO, "%s",
		       text[0] == SAYS_ERROR ? text + 1 : "it failed");
}

/* @text: what it has said */
static int
run_child(child_fn *work, void *arg, int deadline_ms, char *text, size_t size,
	  struct err *err)
{
	pid_t parent = getpid(), pid;
	int fds[2], ret;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	fflush(NULL); /* or the child's copies might be written, too */
	pid = fork();
	if (pid < 0) {
		ret = err_errno(err, "fork");
		close(fds[0]);
		close(fds[1]);
		return ret;
	}
	if (pid == 0) {
		close(fds[0]);
		child(work, arg, parent, fds[1]);
	}
	close(fds[1]);
	ret = wait_for(pid, fds[0], deadline_ms, text, size, err);
	close(fds[0]);
	return ret;
}

int
report_child_run(const char *dir, int deadline_ms,
		 char findings[static REPORT_FINDINGS_SIZE], struct err *err)
{
	char text[REPORT_FINDINGS_SIZE + 1] = "";
	char *arg = xstrdup(dir);
	int ret =
	    run_child(write_reports, arg, deadline_ms, text, sizeof(text), err);

	free(arg);
	findings[0] = '\0';
	if (ret < 0)
		return ret;
	if (text[0] == SAYS_FINDINGS)
		memcpy(findings, text + 1, strlen(text + 1) + 1);
	return 0;
}

/* ---- whatever else ---- */

struct errand {
	report_child_fn *work;
	const void *arg;
};

static int
do_errand(void *arg, int fd)
{
	const struct errand *errand = arg;
	struct err err = ERR_INIT;
	int ret = errand->work(errand->arg, &err);

	if (ret < 0)
		say(fd, SAYS_ERROR, err.text);
	return ret;
}

int
report_child_do(report_child_fn *work, const void *arg, int deadline_ms,
		struct err *err)
{
	char text[ERR_TEXT_SIZE + 1] = "";
	struct errand errand = { .work = work, .arg = arg };

	return run_child(do_errand, &errand, deadline_ms, text, sizeof(text),
			 err);
}
