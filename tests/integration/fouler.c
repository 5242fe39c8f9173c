/* fouler: a client of the switch with no manners, for tests of what it does to
 * others. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_LEN = 60, TRAIN = 32 };

static const char usage[] =
    "Usage: fouler SOCKET ACTION\n"
    "  knock N       connect and hang up, N times\n"
    "  hold N        connect N times, and stay until killed\n"
    "  stump HEX     say so much of a request or frame, then be killed\n"
    "  invent N      to a stream socket: frames of N stations to themselves\n"
    "  storm         to a stream socket: broadcasts, until killed\n";

static int
connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
must_connect(const char *path)
{
	int fd = connect_to(path);

	if (fd >= 0)
		return fd;
	perror(path);
	exit(EXIT_FAILURE);
}

/* As QEMU would: a length, then the frame. */
struct wire_frame {
	uint32_t len;
	uint8_t octets[FRAME_LEN];
} __attribute__((packed));

static void
send_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = send(fd, at, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			perror("send");
			exit(EXIT_FAILURE);
		}
		at += n;
		size -= (size_t)n;
	}
}

static struct wire_frame
make_frame(uint32_t station, bool broadcast)
{
	struct wire_frame frame = { .len = htonl(FRAME_LEN) };

	frame.octets[6] = 0x06; /* local, one station */
	station = htonl(station);
	memcpy(&frame.octets[8], &station, sizeof(station));
	if (broadcast)
		memset(frame.octets, 0xff, 6);
	else
		memcpy(frame.octets, &frame.octets[6], 6);
	frame.octets[12] = 0x88;
	frame.octets[13] = 0xb5;
	return frame;
}

static void
knock(const char *path, long n)
{
	while (n > 0) {
		int fd = connect_to(path);

		if (fd >= 0)
			close(fd);
		n -= fd >= 0 || errno != EAGAIN;
	}
}

static void
hold(const char *path, long n)
{
	while (n-- > 0)
		must_connect(path); /* kept on purpose */
	puts("attached");
	fflush(stdout);
	pause();
}

static void
stump(const char *path, const char *hex)
{
	int fd = must_connect(path);

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		unsigned octet;
		uint8_t byte;

		if (sscanf(hex, "%2x", &octet) != 1)
			exit(2);
		byte = (uint8_t)octet;
		send_all(fd, &byte, 1);
	}
	raise(SIGKILL);
}

static void
invent(const char *path, long n)
{
	int fd = must_connect(path);
	struct wire_frame train[TRAIN];
	long made = 0;

	while (made < n) {
		for (int i = 0; i < TRAIN; i++)
			train[i] = make_frame((uint32_t)made++, false);
		send_all(fd, train, sizeof(train));
	}
	close(fd);
}

static void
storm(const char *path)
{
	int fd = must_connect(path);
	struct wire_frame train[TRAIN];

	for (int i = 0; i < TRAIN; i++)
		train[i] = make_frame(1, true);
	puts("attached");
	fflush(stdout);
	for (;;)
		send_all(fd, train, sizeof(train));
}

int
main(int argc, char **argv)
{
	const char *action = argc > 2 ? argv[2] : "";
	const char *word = argc > 3 ? argv[3] : "";

	if (strcmp(action, "knock") == 0)
		knock(argv[1], atol(word));
	else if (strcmp(action, "hold") == 0)
		hold(argv[1], atol(word));
	else if (strcmp(action, "stump") == 0)
		stump(argv[1], word);
	else if (strcmp(action, "invent") == 0)
		invent(argv[1], atol(word));
	else if (strcmp(action, "storm") == 0)
		storm(argv[1]);
	else
		return fputs(usage, stderr), 2;
	return EXIT_SUCCESS;
}
