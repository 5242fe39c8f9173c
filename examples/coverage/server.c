/* server: listens on port 7000, and keeps what it was told on its stdout.  It
 * never ends by itself. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"

/* A process writes its counters when it exits.  One that does not has to do it
 * from time to time: what was written then outlives it. */
#ifdef COVERAGE
void __gcov_dump(void);
void __gcov_reset(void);

static void
counters_write(void)
{
	__gcov_dump();
	__gcov_reset();
}
#else
#define counters_write() ((void)0)
#endif

static void
serve(int fd)
{
	char line[LINE_MAX_SIZE] = "", text[TEXT_MAX + 1];
	ssize_t n = read(fd, line, sizeof(line) - 1);
	const char *answer = "bad\n";

	if (n > 0 && protocol_decode(line, text) == 0) {
		puts(text);
		fflush(stdout);
		answer = "ok\n";
	}
	counters_write();
	if (write(fd, answer, strlen(answer)) < 0)
		perror("write");
	close(fd);
}

int
main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(7000) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int client;

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 5) < 0) {
		perror("port 7000");
		return 1;
	}
	while ((client = accept(fd, NULL, NULL)) >= 0)
		serve(client);
	return 1;
}
