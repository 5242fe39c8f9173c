/*
 * ptytalk: holds a dialogue with a program on a terminal, and shows it.
 *
 *	ptytalk PROGRAM [ARG...] <DIALOGUE
 *
 * Lines of the dialogue, in which \n, \t and \xHH stand for such characters:
 *
 *	> TEXT    type it
 *	< TEXT    wait until the program has said it, since the last such line
 *	! COMMAND run a command of the shell meanwhile, with our output
 *	.         wait for the program's end
 *
 * Exits with the program's status; with 99 when it did not say what was waited
 * for.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, SAID_MAX = 1024 * 1024, LINE_MAX_SIZE = 4096 };

static char said[SAID_MAX + 1];
static size_t n_said, looked; /* behind what was waited for last */

static void
die(const char *what, const char *text)
{
	fprintf(stderr, "ptytalk: %s: %s\nit has said: %s\n", what, text,
		said + looked);
	exit(99);
}

/* Characters as they are meant, in place. */
static void
unescape(char *text)
{
	char *out = text;

	for (const char *p = text; *p != '\0'; p++) {
		unsigned code;

		if (*p != '\\') {
			*out++ = *p;
		} else if (*++p == 'n') {
			*out++ = '\n';
		} else if (*p == 't') {
			*out++ = '\t';
		} else if (*p == 'x' && sscanf(p + 1, "%2x", &code) == 1) {
			*out++ = (char)code;
			p += 2;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

/* What it says next.  Return: false when it has ended, or time is up. */
static bool
listen_to(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (poll(&pfd, 1, timeout_ms) <= 0)
		return false;
	n = read(fd, said + n_said, SAID_MAX - n_said);
	if (n <= 0)
		return false; /* EIO: nobody has the terminal any more */
	fwrite(said + n_said, 1, (size_t)n, stdout);
	fflush(stdout);
	n_said += (size_t)n;
	said[n_said] = '\0';
	return true;
}

static void
wait_for(int fd, const char *text)
{
	time_t end = time(NULL) + PATIENCE_MS / 1000;
	const char *at;

	while ((at = strstr(said + looked, text)) == NULL)
		if (time(NULL) >= end || !listen_to(fd, PATIENCE_MS))
			die("it never says", text);
	looked = (size_t)(at - said) + strlen(text);
}

static int
wait_for_end(int fd, pid_t pid)
{
	int status;

	while (listen_to(fd, PATIENCE_MS))
		;
	if (waitpid(pid, &status, 0) < 0)
		return 99;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	char line[LINE_MAX_SIZE];
	pid_t pid;
	int fd;

	if (argc < 2) {
		fputs("usage: ptytalk PROGRAM [ARG...] <DIALOGUE\n", stderr);
		return 99;
	}
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		return 99;
	if (pid == 0) {
		setenv("TERM", "xterm", 1);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *text = line + 2;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '.')
			return wait_for_end(fd, pid);
		if (line[0] == '\0' || line[1] != ' ')
			die("no line of a dialogue", line);
		if (line[0] == '!') {
			if (system(text) != 0)
				die("it failed", text);
			continue;
		}
		unescape(text);
		if (line[0] == '<')
			wait_for(fd, text);
		else if (write(fd, text, strlen(text)) < 0)
			die("cannot type", text);
	}
	return wait_for_end(fd, pid);
}
