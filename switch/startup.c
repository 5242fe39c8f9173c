#include "config.h"

#include "switch/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"

/* The child has ended before it was ready, and has said why. */
static int
code_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_INFRA;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		log_error("killed by signal %d before it was ready",
			  WTERMSIG(status));
	return EXIT_INFRA;
}

int
startup_fork(int *exit_code)
{
	int fds[2];
	ssize_t n;
	pid_t pid;
	char byte;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		log_error("cannot go to the background: %m");
		*exit_code = EXIT_INFRA;
		return -1;
	}
	if (pid == 0) {
		close(fds[0]);
		setsid();
		return fds[1];
	}
	close(fds[1]);
	do
		n = read(fds[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	close(fds[0]);
	*exit_code = n == 1 ? EXIT_OK : code_of(pid);
	return -1;
}

static void
let_go_of_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || chdir("/") < 0)
		log_warn("cannot let go of the terminal: %m");
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static void
write_byte(int fd)
{
	if (write(fd, "\n", 1) < 0)
		log_debug("nobody waits for us to be ready: %m");
	close(fd);
}

void
startup_ready(int parent_fd, int ready_fd)
{
	if (ready_fd >= 0)
		write_byte(ready_fd);
	if (parent_fd >= 0) {
		let_go_of_terminal();
		write_byte(parent_fd);
	}
}

void
startup_raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("cannot raise the limit of descriptors: %m");
}
