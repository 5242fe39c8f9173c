#include "config.h"

#include "driver/wire/frame-sender.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/xalloc.h"

enum { READS_MAX = 64 }; /* in one turn of the loop */

struct frame_sender {
	int fd; /* owned */
	struct event *on_readable;
};

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	char octet;

	(void)what;
	(void)arg;
	for (int i = 0; i < READS_MAX; i++)
		if (recv(fd, &octet, sizeof(octet), MSG_DONTWAIT) < 0)
			return;
}

struct frame_sender *
frame_sender_new(struct event_base *base, int fd)
{
	struct frame_sender *sender = XNEW(struct frame_sender);

	sender->fd = fd;
	sender->on_readable =
	    event_new(base, fd, EV_READ | EV_PERSIST, on_readable, NULL);
	if (sender->on_readable == NULL ||
	    event_add(sender->on_readable, NULL) < 0)
		abort(); /* out of memory */
	return sender;
}

void
frame_sender_free(struct frame_sender *sender)
{
	if (sender == NULL)
		return;
	event_free(sender->on_readable);
	close(sender->fd);
	free(sender);
}

int
frame_sender_send(struct frame_sender *sender, const uint8_t *data, size_t size,
		  struct err *err)
{
	if (send(sender->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
		return -EAGAIN;
	return err_errno(err, "cannot send a frame of %zu octets", size);
}
