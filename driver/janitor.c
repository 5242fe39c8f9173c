#include "config.h"

#include "driver/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

/* The driver's children take a moment to die and may still make or remove
 * files meanwhile: the switch closes its captures. */
enum { REMOVE_TRIES = 40, REMOVE_PAUSE_MS = 50 };

struct janitor {
	int fd; /* our end of the pipe */
	pid_t pid;
};

struct dir {
	struct dir *next;
	char path[];
};

static void
dir_add(struct dir **dirs, const char *path)
{
	size_t size = strlen(path) + 1;
	struct dir *dir = xcalloc(1, sizeof(*dir) + size);

	memcpy(dir->path, path, size);
	dir->next = *dirs;
	*dirs = dir;
}

static void
dir_remove(struct dir **dirs, const char *path)
{
	for (struct dir **link = dirs; *link != NULL; link = &(*link)->next) {
		struct dir *dir = *link;

		if (strcmp(dir->path, path) != 0)
			continue;
		*link = dir->next;
		free(dir);
		return;
	}
}

static void
remove_all(struct dir *dirs)
{
	const struct timespec pause = { .tv_nsec = REMOVE_PAUSE_MS * 1000000L };

	for (int i = 0; i < REMOVE_TRIES; i++) {
		bool left = false;

		for (struct dir *dir = dirs; dir != NULL; dir = dir->next) {
			sockpath_remove_tree(dir->path, NULL);
			left |= access(dir->path, F_OK) == 0;
		}
		/* Gone is not enough: a child that is still dying may make it
		 * again.  One quiet pause in which nothing appeared is. */
		if (!left && i > 0)
			return;
		nanosleep(&pause, NULL);
	}
}

/* Lines "+PATH" and "-PATH" until the driver's end is closed. */
static void
janitor_main(int fd)
{
	FILE *in = fdopen(fd, "r");
	struct dir *dirs = NULL;
	char line[PATH_MAX + 8];

	if (in == NULL)
		_exit(EXIT_FAILURE);
	while (fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '+')
			dir_add(&dirs, line + 1);
		else if (line[0] == '-')
			dir_remove(&dirs, line + 1);
	}
	if (dirs != NULL)
		remove_all(dirs);
	_exit(EXIT_SUCCESS);
}

static void
become_janitor(int fd)
{
	static const int ignored[] = { SIGINT,	SIGTERM, SIGHUP,
				       SIGQUIT, SIGPIPE, SIGTSTP };
	int null = open("/dev/null", O_RDWR);

	/* A session of its own: Ctrl-C and a kill of the driver's process
	 * group are not meant for it. */
	setsid();
	prctl(PR_SET_NAME, "vdelab-janitor");
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	/* Nobody may wait for our end of their pipe. */
	for (int std = 0; std <= 2 && null >= 0; std++)
		dup2(null, std);
	if (dup2(fd, 3) < 0)
		_exit(EXIT_FAILURE);
	close_range(4, ~0U, 0);
	if (chdir("/") < 0)
		_exit(EXIT_FAILURE);
	janitor_main(3);
}

struct janitor *
janitor_start(struct err *err)
{
	struct janitor *janitor;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		err_errno(err, "pipe");
		return NULL;
	}
	pid = fork();
	if (pid < 0) {
		err_errno(err, "fork");
		close(fds[0]);
		close(fds[1]);
		return NULL;
	}
	if (pid == 0)
		become_janitor(fds[0]);
	close(fds[0]);
	janitor = XNEW(struct janitor);
	janitor->fd = fds[1];
	janitor->pid = pid;
	return janitor;
}

static int
tell(struct janitor *janitor, char what, const char *dir)
{
	char line[PATH_MAX + 8];
	int n = snprintf(line, sizeof(line), "%c%s\n", what, dir);

	if (n < 0 || n >= (int)sizeof(line) || strchr(dir, '\n') != NULL)
		return -EINVAL;
	/* Shorter than PIPE_BUF, so whole or not at all. */
	return write(janitor->fd, line, (size_t)n) == n ? 0 : -errno;
}

int
janitor_watch(struct janitor *janitor, const char *dir, struct err *err)
{
	int ret = tell(janitor, '+', dir);

	return ret < 0 ? err_set(err, ret, "cannot tell the janitor of %s: %s",
				 dir, strerror(-ret))
		       : 0;
}

void
janitor_forget(struct janitor *janitor, const char *dir)
{
	(void)tell(janitor, '-', dir);
}

void
janitor_stop(struct janitor *janitor)
{
	if (janitor == NULL)
		return;
	close(janitor->fd);
	while (waitpid(janitor->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(janitor);
}
