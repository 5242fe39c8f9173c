/*
 * consoletalk: holds a dialogue with a switch's console, and shows it.
 *
 *	consoletalk SOCKET <DIALOGUE
 *
 * Each line is a command: it is sent, and what is told up to the next prompt is
 * printed under "> COMMAND".  "%run SHELL-COMMAND" runs that, "%await TEXT"
 * shows what is told up to a line that holds the text, "%raw TEXT" sends the
 * text without a newline ("\n" is one), "%rest" shows what is told until
 * nothing is for a moment, "%end" all until the other side closes.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, MOMENT_MS = 600, TOLD_MAX = 1024 * 1024 };

/* The descriptor of a client that was told of last: @ID in a command. */
static char last_id[16] = "0";

static const char prompt[] = "\nvde$ ";
static char told[TOLD_MAX];
static size_t n_told;

static int
connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ret = -1;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	/* a socket is there some time before anybody listens on it */
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		ret = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
		if (ret == 0 || errno != ECONNREFUSED)
			break;
		poll(NULL, 0, 1);
	}
	if (fd < 0 || ret < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* One read more.  Return: 1; 0 at the end; -1 when nothing comes in time. */
static int
hear(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (n_told == sizeof(told) - 1 || poll(&pfd, 1, timeout_ms) != 1)
		return -1;
	n = read(fd, told + n_told, sizeof(told) - 1 - n_told);
	if (n <= 0)
		return 0;
	n_told += (size_t)n;
	told[n_told] = '\0';
	return 1;
}

/* "... Port 01 FD  6 ..." */
static void
note_id(void)
{
	const char *p = told;
	unsigned id;

	while ((p = strstr(p, " FD ")) != NULL) {
		p += strlen(" FD ");
		if (sscanf(p, "%u", &id) == 1)
			snprintf(last_id, sizeof(last_id), "%u", id);
	}
}

static void
show(void)
{
	note_id();
	fwrite(told, 1, n_told, stdout);
	printf("\n");
	fflush(stdout);
	n_told = 0;
	told[0] = '\0';
}

static bool
ends_with_prompt(void)
{
	size_t len = strlen(prompt);

	return n_told >= len && strcmp(told + n_told - len, prompt) == 0;
}

static void
until_prompt(int fd)
{
	while (!ends_with_prompt()) {
		int ret = hear(fd, PATIENCE_MS);

		if (ret < 0)
			snprintf(told + n_told, sizeof(told) - n_told,
				 "<silence>");
		if (ret < 0)
			n_told += strlen("<silence>");
		if (ret <= 0)
			break;
	}
	show();
}

static void
await(int fd, const char *text)
{
	while (strstr(told, text) == NULL ||
	       strchr(strstr(told, text), '\n') == NULL) {
		if (hear(fd, PATIENCE_MS) <= 0) {
			printf("<no %s>\n", text);
			break;
		}
	}
	show();
}

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		perror("send");
}

static void
say_raw(int fd, const char *text)
{
	char out[1024];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(out) - 1; text++) {
		if (text[0] == '\\' && text[1] == 'n') {
			out[n++] = '\n';
			text++;
		} else {
			out[n++] = *text;
		}
	}
	out[n] = '\0';
	say(fd, out);
}

static void
do_line(int fd, char *line)
{
	printf("> %s\n", line);
	fflush(stdout);
	if (strncmp(line, "%run ", 5) == 0) {
		if (system(line + 5) != 0)
			printf("<failed>\n");
	} else if (strncmp(line, "%await ", 7) == 0) {
		await(fd, line + 7);
	} else if (strncmp(line, "%raw ", 5) == 0) {
		say_raw(fd, line + 5);
	} else if (strcmp(line, "%rest") == 0) {
		while (hear(fd, MOMENT_MS) > 0)
			;
		show();
	} else if (strcmp(line, "%end") == 0) {
		while (hear(fd, PATIENCE_MS) > 0)
			;
		show();
	} else {
		char *id = strstr(line, "@ID");

		if (id != NULL)
			strcpy(id, last_id);
		strcat(line, "\n"); /* there was one */
		say(fd, line);
		until_prompt(fd);
	}
}

int
main(int argc, char **argv)
{
	char line[8192];
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: consoletalk SOCKET <DIALOGUE\n");
		return 2;
	}
	fd = connect_to(argv[1]);
	printf("> (greeting)\n");
	until_prompt(fd);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		do_line(fd, line);
	}
	close(fd);
	return 0;
}
