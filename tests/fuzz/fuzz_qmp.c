#include "driver/vm/qmp.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_done, n_closed;

static void
on_done(const json_t *result, const struct err *err, void *arg)
{
	(void)arg;
	if ((result == NULL) == (err == NULL))
		abort();
	n_done++;
}

static void
on_event(const char *event, const json_t *data, void *arg)
{
	(void)data;
	(void)arg;
	if (event == NULL)
		abort();
}

static void
on_closed(const char *reason, void *arg)
{
	(void)arg;
	if (reason == NULL)
		abort();
	n_closed++;
}

/* Property: whatever QEMU sends, split where the input's first byte says,
 * each command is answered exactly once, and the end is told exactly once. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_base *base = event_base_new();
	struct qmp *qmp;
	size_t cut = size > 0 ? data[0] % (size + 1) : 0;
	int fds[2];

	n_done = n_closed = 0;
	if (base == NULL || size > 60000 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
		if (base != NULL)
			event_base_free(base);
		return 0;
	}
	qmp = qmp_new(base, fds[1], on_event, on_closed, NULL);
	qmp_command(qmp, "a", NULL, on_done, NULL);
	qmp_command(qmp, "b", json_object(), on_done, NULL);
	if (size > 0) {
		(void)!write(fds[0], data + 1, cut > 0 ? cut - 1 : 0);
		event_base_loop(base, EVLOOP_NONBLOCK);
		(void)!send(fds[0], data + (cut > 0 ? cut : 1),
			    size - (cut > 0 ? cut : 1), MSG_NOSIGNAL);
	}
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	close(fds[0]);
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	if (n_done != 2 || n_closed != 1)
		abort();
	qmp_free(qmp);
	event_base_free(base);
	return 0;
}
