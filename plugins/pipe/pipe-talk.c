/* The program and the talk with it.  What it does wrong costs it its life, and
 * what waits is released as if it had not been asked. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "plugins/pipe/pipe.h"

enum {
	NS_PER_MS = 1000 * 1000,
	/* So long a program may take to begin; interpreters are slow. */
	START_MS = 10000,
	/* From the end of its descriptor to that of the program, when it is
	 * one and the same end. */
	CLOSING_MS = 500,
	ANSWERS_MAX = 256, /* that are read at once */
	ASKED_MAX = 32,	   /* frames a system call */
	TEXT_SIZE = 160,
};

/* ---- giving up ---- */

uint8_t
pipe_undecided(struct pipe *p)
{
	++*p->counters.undecided;
	return p->fails_open ? VL_PASS : (uint8_t)p->undecided;
}

void
pipe_release_all(struct pipe *p)
{
	struct pipe_wait *w;

	while ((w = pipe_queue_oldest(&p->queue)) != NULL)
		pipe_queue_decide(&p->queue, w, pipe_undecided(p));
	vl_timer_cancel(p->deadline);
}

/* It is not asked any more, and not listened to; what waits is released soon,
 * for this may be a hook. */
static void
stop_talking(struct pipe *p)
{
	p->usable = false;
	vl_watch_free(p->watch);
	p->watch = NULL;
	vl_timer_set(p->soon, vl_now_ns(p->inst));
}

static void
end_program(struct pipe *p, const char *reason)
{
	stop_talking(p);
	vl_program_restart(p->program, reason);
}

/* Its end is closed.  Mostly it has just ended, which says more. */
static void
on_closed(struct pipe *p)
{
	stop_talking(p);
	vl_timer_set(p->closing,
		     vl_now_ns(p->inst) + (uint64_t)CLOSING_MS * NS_PER_MS);
}

void
pipe_on_soon(void *priv)
{
	struct pipe *p = priv;

	if (!p->usable)
		pipe_release_all(p);
}

void
pipe_on_closing(void *priv)
{
	struct pipe *p = priv;

	vl_program_restart(p->program, "it has closed descriptor 3");
}

/* ---- asking ---- */

/* Return: 0; -errno. */
static int
send_message(struct pipe *p, const struct pipe_message *message,
	     const void *data)
{
	uint8_t header[PIPE_HEADER_LEN];
	struct iovec iov[2] = {
		{ .iov_base = header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)data, .iov_len = message->len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	pipe_proto_write(header, message);
	return sendmsg(p->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno
								     : 0;
}

static int
tell_hello(struct pipe *p)
{
	const char *name = vl_name(p->inst);
	const struct pipe_message hello = { .type = PIPE_HELLO,
					    .len = (uint32_t)strlen(name) };
	int ret = send_message(p, &hello, name);

	p->told_hello = ret == 0;
	return ret;
}

static int
tell_port(struct pipe *p, const struct pipe_port *port)
{
	const char *name = vl_port_name(p->inst, port->id);
	const char *segment =
	    vl_segment_name(p->inst, vl_port_segment(p->inst, port->id));
	struct pipe_message message = { .type = PIPE_GONE, .port = port->id };
	char text[TEXT_SIZE] = "";
	int ret;

	if (!port->gone) {
		message.type = PIPE_PORT;
		snprintf(text, sizeof(text), "%s %s",
			 segment != NULL ? segment : "-",
			 name != NULL ? name : "-");
		message.len = (uint32_t)strlen(text);
	}
	ret = send_message(p, &message, text);
	if (ret == 0)
		pipe_ports_told(&p->ports);
	return ret;
}

static char
stage_letter(enum vl_stage stage)
{
	static const char letters[VL_N_STAGES] = {
		[VL_STAGE_INGRESS] = 'i',
		[VL_STAGE_FORWARD] = 'f',
		[VL_STAGE_EGRESS] = 'e',
	};

	return letters[stage];
}

/* Fill in what asks about @w. */
static void
write_question(const struct pipe_wait *w, uint8_t *header, struct iovec iov[2])
{
	const struct pipe_message message = {
		.type = PIPE_FRAME,
		.stage = stage_letter(w->lane->stage),
		.id = w->id,
		.port = w->lane->port,
		.len = vl_frame_len(w->frame),
		.time_ns = vl_frame_time_ns(w->frame),
	};

	pipe_proto_write(header, &message);
	iov[0] = (struct iovec){ header, PIPE_HEADER_LEN };
	iov[1] = (struct iovec){ (void *)vl_frame_data(w->frame), message.len };
}

/* Return: 0; -errno. */
static int
ask_some(struct pipe *p)
{
	uint8_t headers[ASKED_MAX][PIPE_HEADER_LEN];
	struct iovec iovs[ASKED_MAX][2];
	struct mmsghdr msgs[ASKED_MAX];
	struct pipe_wait *w;
	unsigned n = 0;
	int sent;

	memset(msgs, 0, sizeof(msgs));
	TAILQ_FOREACH (w, &p->queue.unsent, unsent) {
		if (n == ASKED_MAX)
			break;
		write_question(w, headers[n], iovs[n]);
		msgs[n].msg_hdr.msg_iov = iovs[n];
		msgs[n].msg_hdr.msg_iovlen = 2;
		n++;
	}
	sent = sendmmsg(p->fd, msgs, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return -errno;
	while (sent-- > 0)
		pipe_queue_sent(&p->queue);
	return 0;
}

void
pipe_ask(struct pipe *p)
{
	int ret = 0;

	while (p->usable && ret == 0) {
		struct pipe_port *port = TAILQ_FIRST(&p->ports.untold);

		if (!p->told_hello)
			ret = tell_hello(p);
		else if (port != NULL)
			ret = tell_port(p, port);
		else if (!TAILQ_EMPTY(&p->queue.unsent))
			ret = ask_some(p);
		else
			break;
	}
	if (!p->usable || ret == -EINTR)
		return; /* the watch brings us back */
	if (ret == 0 || ret == -EAGAIN || ret == -ENOBUFS)
		vl_watch_set(p->watch, ret == 0 ? VL_READ : VL_READ | VL_WRITE);
	else
		on_closed(p);
}

/* ---- waiting ---- */

void
pipe_expect(struct pipe *p)
{
	const struct pipe_wait *w = pipe_queue_oldest(&p->queue);

	if (w != NULL)
		vl_timer_set(p->deadline, w->since_ns + p->deadline_ns);
	else
		vl_timer_cancel(p->deadline);
}

/* Is the program one that does not answer at all, rather than a slow one? */
static bool
is_silent(const struct pipe *p, const struct pipe_wait *w, uint64_t now_ns)
{
	if (p->heard_ns == 0)
		return now_ns - p->started_ns >= (uint64_t)START_MS * NS_PER_MS;
	return p->heard_ns <= w->since_ns;
}

void
pipe_on_deadline(void *priv)
{
	struct pipe *p = priv;
	uint64_t now_ns = vl_now_ns(p->inst);
	struct pipe_wait *w;
	char text[TEXT_SIZE];

	while ((w = pipe_queue_oldest(&p->queue)) != NULL &&
	       now_ns - w->since_ns >= p->deadline_ns) {
		if (p->usable && is_silent(p, w, now_ns)) {
			snprintf(
			    text, sizeof(text), "it has not answered for %u ms",
			    (unsigned)((now_ns - w->since_ns) / NS_PER_MS));
			end_program(p, text);
			pipe_release_all(p);
			return;
		}
		pipe_queue_decide(&p->queue, w, pipe_undecided(p));
	}
	pipe_expect(p);
}

/* ---- answers ---- */

static void
change_frame(struct pipe *p, struct pipe_wait *w,
	     const struct pipe_answer *answer)
{
	uint8_t *data = vl_frame_edit(p->inst, &w->frame, answer->len);

	if (data == NULL) {
		pipe_queue_decide(&p->queue, w, pipe_undecided(p));
		return;
	}
	memcpy(data, answer->frame, answer->len);
	++*p->counters.changed;
	pipe_queue_decide(&p->queue, w, VL_PASS);
}

static void
obey(struct pipe *p, struct pipe_wait *w, const struct pipe_answer *answer)
{
	if (answer->type == PIPE_CHANGED) {
		change_frame(p, w, answer);
	} else if (answer->type == PIPE_PASS) {
		++*p->counters.passed;
		pipe_queue_decide(&p->queue, w, VL_PASS);
	} else {
		++*p->counters.dropped;
		pipe_queue_decide(&p->queue, w, VL_DROP);
	}
}

static void
refuse(struct pipe *p, const char *why)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "it has sent what is no answer: %s", why);
	end_program(p, text);
}

static void
take_answer(struct pipe *p, size_t size)
{
	static const char *const faults[] = {
		[PIPE_TWICE] = "the frame was answered already",
		[PIPE_NOT_ASKED] = "it was not asked about that frame",
		[PIPE_UNKNOWN] = "there is no frame of that id",
	};
	struct pipe_answer answer;
	struct pipe_wait *w;
	enum pipe_found found;
	const char *why;

	if (pipe_proto_read(p->message, size, &answer, &why) < 0) {
		refuse(p, why);
		return;
	}
	found = pipe_queue_find(&p->queue, answer.id, &w);
	if (found == PIPE_FOUND) {
		obey(p, w, &answer);
	} else if (found == PIPE_LATE) {
		++*p->counters.late;
	} else {
		refuse(p, faults[found]);
		return;
	}
	p->heard_ns = vl_now_ns(p->inst);
}

/* Return: is there perhaps more? */
static bool
read_answer(struct pipe *p)
{
	struct pollfd end = { .fd = p->fd, .events = POLLRDHUP };
	ssize_t n = recv(p->fd, p->message, sizeof(p->message),
			 MSG_DONTWAIT | MSG_TRUNC);

	/* ECONNRESET: it has not read all; what it sent comes next. */
	if (n < 0 && (errno == EINTR || errno == ECONNRESET))
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0 || (n == 0 && poll(&end, 1, 0) > 0))
		on_closed(p);
	else if ((size_t)n > sizeof(p->message))
		refuse(p, "it is longer than any frame");
	else
		take_answer(p, (size_t)n);
	return p->usable;
}

static void
on_ready(void *priv, int fd, unsigned events)
{
	struct pipe *p = priv;

	(void)fd;
	if ((events & VL_READ) != 0) {
		for (int i = 0; i < ANSWERS_MAX; i++) {
			if (!read_answer(p))
				break;
		}
	}
	if (p->usable) {
		pipe_ask(p);
		pipe_expect(p);
	}
	if (!p->usable)
		pipe_release_all(p);
}

/* ---- its life ---- */

static void
on_started(void *priv, int fd)
{
	struct pipe *p = priv;

	pipe_release_all(p);
	pipe_queue_restart(&p->queue);
	pipe_ports_restart(&p->ports);
	p->watch = vl_watch_add(p->inst, fd, VL_READ, on_ready, p);
	if (p->watch == NULL) {
		vl_program_restart(p->program, "out of memory");
		return;
	}
	p->fd = fd;
	p->usable = true;
	p->told_hello = false;
	p->heard_ns = 0;
	p->started_ns = vl_now_ns(p->inst);
	++*p->counters.starts;
	pipe_ask(p);
}

static void
on_ended(void *priv, const char *reason)
{
	struct pipe *p = priv;

	if (p->usable)
		on_ready(p, p->fd, VL_READ); /* what it said last */
	stop_talking(p);
	vl_timer_cancel(p->closing);
	pipe_release_all(p);
	p->fd = -1;
	snprintf(p->last_end, sizeof(p->last_end), "%s", reason);
}

const struct vl_program_ops pipe_program_ops = { on_started, on_ended };
