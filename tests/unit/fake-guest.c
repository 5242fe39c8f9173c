#include "config.h"

#include "tests/unit/fake-guest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
fake_guest_open(struct fake_guest *guest)
{
	int fds[2];

	memset(guest, 0, sizeof(*guest));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       fds) < 0)
		return -errno;
	guest->fd = fds[0];
	return fds[1];
}

/* The host's first words are a probe: "echo vdelab\-NONCE". */
static void
find_nonce(struct fake_guest *guest)
{
	static const char before[] = "vdelab\\-";
	char *at = memmem(guest->text, guest->len, before, strlen(before));

	if (at == NULL || at + strlen(before) + 32 > guest->text + guest->len)
		return;
	memcpy(guest->nonce, at + strlen(before), 32);
}

bool
fake_guest_listen(struct fake_guest *guest)
{
	size_t before = guest->len;
	ssize_t n = 1;

	while (n > 0 && guest->len < sizeof(guest->text)) {
		n = read(guest->fd, guest->text + guest->len,
			 sizeof(guest->text) - guest->len);
		if (n > 0)
			guest->len += (size_t)n;
	}
	if (guest->nonce[0] == '\0')
		find_nonce(guest);
	return guest->len > before;
}

bool
fake_guest_heard(struct fake_guest *guest, const char *text)
{
	char *at;

	fake_guest_listen(guest);
	at = memmem(guest->text, guest->len, text, strlen(text));
	if (at == NULL)
		return false;
	at += strlen(text);
	guest->len -= (size_t)(at - guest->text);
	memmove(guest->text, at, guest->len);
	return true;
}

void
fake_guest_say_bytes(struct fake_guest *guest, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = send(guest->fd, at, size, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* nobody listens any more, or not now */
		at += n;
		size -= (size_t)n;
	}
}

void
fake_guest_say(struct fake_guest *guest, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		fake_guest_say_bytes(guest, text, (size_t)n);
}

void
fake_guest_close(struct fake_guest *guest)
{
	if (guest->fd >= 0)
		close(guest->fd);
	guest->fd = -1;
}
