/* withpair: run a command that has a pair of connected unix sockets, frames
 * kept apart, as its descriptors 5 and 6. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int type = SOCK_DGRAM, fds[2];

	if (argc > 1 && strcmp(argv[1], "--seqpacket") == 0) {
		type = SOCK_SEQPACKET;
		argv++;
		argc--;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: withpair [--seqpacket] COMMAND...\n");
		return 2;
	}
	/* 3 and 4 could be among those that dup2() is to make. */
	if (socketpair(AF_UNIX, type, 0, fds) < 0 || dup2(fds[0], 15) < 0 ||
	    dup2(fds[1], 16) < 0 || dup2(15, 5) < 0 || dup2(16, 6) < 0) {
		perror("withpair");
		return 1;
	}
	close(15);
	close(16);
	for (int i = 0; i < 2; i++) {
		if (fds[i] != 5 && fds[i] != 6)
			close(fds[i]);
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
