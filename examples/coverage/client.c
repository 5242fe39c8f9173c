/* client: says its arguments to the server, one after the other, and prints what
 * that answers. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"

static int
say(const char *address, const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(7000) };
	char line[LINE_MAX_SIZE], answer[16];
	int len = protocol_encode(text, line);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ssize_t n;

	if (len < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    write(fd, line, (size_t)len) != len) {
		perror(address);
		return 1;
	}
	n = read(fd, answer, sizeof(answer));
	if (n > 0)
		fwrite(answer, 1, (size_t)n, stdout);
	close(fd);
	return n > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	int failed = argc < 3;

	for (int i = 2; i < argc; i++)
		failed |= say(argv[1], argv[i]);
	return failed;
}
