/* machine-serial: typing at a machine's serial console. */
#include "driver/vm/machine-internal.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "lib/err.h"

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct machine *m = arg;

	(void)what;
	/* When QEMU has gone, its end is told by other means. */
	if (evbuffer_write(m->typed, fd) < 0 && errno != EAGAIN &&
	    errno != EINTR)
		evbuffer_drain(m->typed, evbuffer_get_length(m->typed));
	if (evbuffer_get_length(m->typed) == 0)
		event_del(m->typed_event);
}

int
machine_type_console(struct machine *m, const void *data, size_t size,
		     struct err *err)
{
	if (m->serial_fd < 0)
		return err_set(err, -ENOTCONN, "the machine is off");
	if (m->typed == NULL) {
		evutil_make_socket_nonblocking(m->serial_fd);
		m->typed = evbuffer_new();
		m->typed_event =
		    event_new(m->host->base, m->serial_fd,
			      EV_WRITE | EV_PERSIST, on_writable, m);
		if (m->typed == NULL || m->typed_event == NULL)
			abort(); /* out of memory */
	}
	if (evbuffer_get_length(m->typed) + size > MACHINE_TYPED_MAX)
		return err_set(
		    err, -ENOBUFS,
		    "the guest does not read its serial console: %zu "
		    "bytes are waiting for it",
		    evbuffer_get_length(m->typed));
	if (evbuffer_add(m->typed, data, size) < 0 ||
	    event_add(m->typed_event, NULL) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

int
machine_tap_console(struct machine *m, machine_tap_fn *tap, void *arg)
{
	if (tap != NULL && m->serial_fd < 0)
		return -ENOTCONN;
	if (tap != NULL && m->tap != NULL)
		return -EBUSY;
	m->tap = tap;
	m->tap_arg = arg;
	return 0;
}

void
machine_serial_end(struct machine *m)
{
	machine_tap_fn *tap = m->tap;

	m->tap = NULL;
	if (tap != NULL)
		tap(NULL, 0, m->tap_arg);
	if (m->typed_event != NULL)
		event_free(m->typed_event);
	m->typed_event = NULL;
	if (m->typed != NULL)
		evbuffer_free(m->typed);
	m->typed = NULL;
}
