/* pipepeer: programs behind the plugin pipe, good ones and bad ones, by name. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FD = 3, HEADER_LEN = 24, MESSAGE_MAX = HEADER_LEN + 65550 };

static uint8_t message[MESSAGE_MAX];
static size_t size;

/* The next frame's message.  Return: 0 at the end. */
static int
next_frame(void)
{
	ssize_t n;

	do
		n = recv(FD, message, sizeof(message), 0);
	while (n > 0 && message[1] != 'F');
	size = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void
set_len(uint8_t *header, size_t len)
{
	for (int i = 0; i < 4; i++)
		header[12 + i] = (uint8_t)(len >> (24 - 8 * i));
}

/* Answers for the frame whose header is @header. */
static void
answer(const uint8_t *header, char type)
{
	uint8_t reply[HEADER_LEN];

	memcpy(reply, header, sizeof(reply));
	reply[1] = (uint8_t)type;
	set_len(reply, 0);
	if (send(FD, reply, sizeof(reply), MSG_NOSIGNAL) < 0)
		exit(1);
}

static void
pass_all(void)
{
	while (next_frame())
		answer(message, 'p');
}

static void
drop_all(void)
{
	while (next_frame())
		answer(message, 'd');
}

/* The last octet is inverted: twice is not at all. */
static void
change(void)
{
	while (next_frame()) {
		message[1] = 'c';
		message[size - 1] ^= 0xff;
		if (send(FD, message, size, MSG_NOSIGNAL) < 0)
			exit(1);
	}
}

/* Whatever has come is answered backwards. */
static void
backwards(void)
{
	static uint8_t headers[64][HEADER_LEN];
	struct pollfd more = { .fd = FD, .events = POLLIN };
	int n = 0;

	while (next_frame()) {
		memcpy(headers[n++], message, HEADER_LEN);
		if (n < 64 && poll(&more, 1, 2) > 0)
			continue;
		while (n > 0)
			answer(headers[--n], 'p');
	}
}

static void
hang(void)
{
	for (int i = 0; i < 5 && next_frame(); i++)
		answer(message, 'p');
	pause();
}

static void
crash(void)
{
	next_frame();
	abort();
}

static void
garbage(void)
{
	next_frame();
	send(FD, "garbage", 7, MSG_NOSIGNAL);
	pause();
}

static void
invents(void)
{
	next_frame();
	message[4] ^= 0x40;
	answer(message, 'p');
	pause();
}

static void
twice(void)
{
	next_frame();
	answer(message, 'p');
	answer(message, 'p');
	pause();
}

static void
flood(void)
{
	next_frame();
	for (;;)
		answer(message, 'p');
}

static void
unread(void)
{
	pause();
}

static void
quits(void)
{
	next_frame();
	answer(message, 'p');
}

static void
closes(void)
{
	next_frame();
	close(FD);
	pause();
}

static void
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		pause();
	printf("child %d\n", (int)pid);
	fflush(stdout);
	next_frame();
	exit(1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "pass", pass_all },	{ "drop", drop_all },
		{ "change", change },	{ "backwards", backwards },
		{ "hang", hang },	{ "crash", crash },
		{ "garbage", garbage }, { "invents", invents },
		{ "twice", twice },	{ "flood", flood },
		{ "unread", unread },	{ "quits", quits },
		{ "closes", closes },	{ "forks", forks },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(modes[0]);
	     i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: pipepeer MODE\n");
	return 2;
}
