/* rpc_call_sync(): a client that waits, and needs no event loop. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "lib/rpc-framing.h"
#include "lib/rpc-message.h"
#include "lib/rpc.h"

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
wait_for(int fd, short what, int64_t deadline_ms, struct err *err)
{
	struct pollfd pfd = { .fd = fd, .events = what };
	int n;

	do {
		int64_t left = deadline_ms - now_ms();

		n = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "poll");
	return n > 0 ? 0 : err_set(err, -ETIMEDOUT, "no answer in time");
}

static int
send_all(struct rpc_outbox *out, int fd, int64_t deadline_ms, struct err *err)
{
	int ret;

	while ((ret = rpc_outbox_send(out, fd)) == -EAGAIN) {
		ret = wait_for(fd, POLLOUT, deadline_ms, err);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? err_set(err, ret, "cannot send: %s", strerror(-ret))
		       : 0;
}

static int
receive_line(struct rpc_inbox *in, int fd, int64_t deadline_ms, struct err *err)
{
	int ret;

	while ((ret = rpc_inbox_read(in, fd)) == 0) {
		ret = wait_for(fd, POLLIN, deadline_ms, err);
		if (ret < 0)
			return ret;
	}
	if (ret == -ENODATA)
		return err_set(err, -ECONNRESET,
			       "the peer closed the connection");
	return ret < 0 ? err_set(err, ret, "cannot receive: %s", strerror(-ret))
		       : 0;
}

/* The reply to request @id: its result, returned owned; skips what else
 * comes. */
static json_t *
receive_reply(int fd, json_int_t id, int64_t deadline_ms, struct err *err)
{
	struct rpc_inbox in = { .len = 0 };
	json_t *result = NULL;
	bool found = false;

	while (!found && receive_line(&in, fd, deadline_ms, err) == 0) {
		json_t *reply = rpc_message_load(in.line, in.len, err);
		const json_t *its_id = json_object_get(reply, "id");

		/* A server that could not read the request answers null. */
		found = reply == NULL || json_is_null(its_id) ||
			(json_is_integer(its_id) &&
			 json_integer_value(its_id) == id);
		if (found && reply != NULL)
			result = json_incref(rpc_message_outcome(reply, err));
		json_decref(reply);
		rpc_inbox_clear(&in);
	}
	free(in.line);
	return result;
}

json_t *
rpc_call_sync(int fd, const char *method, json_t *params, const int *fds,
	      size_t n_fds, int timeout_ms, struct err *err)
{
	int64_t start_ms = now_ms();
	int64_t deadline_ms = start_ms + timeout_ms;
	/* Another for each call: the late reply to one that has timed out
	 * must not be taken for this one's. */
	json_int_t id = start_ms;
	struct rpc_outbox out;
	json_t *result = NULL;

	rpc_outbox_init(&out);
	if (rpc_message_put(&out, id, method, params, fds, n_fds, err) == 0 &&
	    send_all(&out, fd, deadline_ms, err) == 0)
		result = receive_reply(fd, id, deadline_ms, err);
	rpc_outbox_clear(&out);
	return result;
}
