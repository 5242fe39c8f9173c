#include "config.h"

#include "driver/vm/shell-link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "driver/vm/shell-proto.h"
#include "driver/vm/shell-text.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/siphash.h"
#include "lib/xalloc.h"

enum {
	PROBE_FIRST_MS = 100,
	PROBE_MAX_MS = 1000,
	/* An answer that does not come within this was lost; ask anew. */
	ENTER_MS = 5000,
	LOAD_MS = 10000,
	RESUME_MS = 30000,
	TAIL_SIZE = 512,
};

enum phase {
	PROBING,  /* is there a shell? */
	ENTERING, /* it is to be replaced */
	LOADING,  /* our functions are on their way */
	READY,
	DEAD, /* .lost is to come, or has come */
};

struct shell_link {
	int fd;			 /* owned */
	struct bufferevent *bev; /* owned */
	struct event *reaper;	 /* owned; tells .lost */
	struct timer *timer;	 /* owned; of the phase before READY */
	const struct shell_link_events *events;
	void *arg;
	enum phase phase;
	bool resuming; /* LOADING needs nothing but an answer */
	char nonce[SHELL_NONCE_LEN + 1];
	unsigned attempt; /* which ENTERING */
	unsigned probe_ms;
	struct shell_parser *parser;
	char *reason; /* why it is DEAD */
	size_t tail_len;
	char tail[TAIL_SIZE]; /* what came last before LOADING */
	char seen[TAIL_SIZE + 1];
};

static const char bundle[] =
#include "driver/vm/guest-shell.inc"
    ;

/* No quotes in this one: when bytes of it are lost, nothing stays open.  The
 * backslash keeps an echo of it from being taken for the answer.  Descriptor 8
 * is for a shell that an earlier link has entered. */
static const char probe_text[] =
    "\necho vdelab\\-%s;echo vdelab\\-%s 2>/dev/null >&8\n";
static const char probe_answer[] = "vdelab-%s";

/*
 * A shell whose stdin is a terminal prompts, edits lines and controls jobs,
 * unless its stdout is none.  The connection becomes descriptor 8, if it is
 * not yet (this may be sent to a shell that came out of it).  What is read
 * ahead by a shell that execs is lost, so nothing is sent until the answer.
 */
static const char enter_text[] =
    "\nvl_end 2>/dev/null;stty raw -echo -opost 2>/dev/null;"
    "exec sh -c '{ true >&8; } 2>/dev/null || exec 8>&1;exec >/dev/null 2>&1;"
    "printf \"\\nvdelab%%s-%%s\\n\" %u %s >&8;exec sh'\n";
static const char enter_answer[] = "vdelab%u-%s\n";
static const char enter_answer_cooked[] = "vdelab%u-%s\r";

const char *
shell_link_bundle(void)
{
	return bundle;
}

void
shell_random_hex(char *text)
{
	struct siphash_key key = siphash_random_key();

	snprintf(text, SHELL_NONCE_LEN + 1, "%016" PRIx64 "%016" PRIx64, key.k0,
		 key.k1);
}

void
shell_link_fail(struct shell_link *link, const char *reason)
{
	if (link->phase == DEAD)
		return;
	link->phase = DEAD;
	link->reason = xstrdup(reason);
	timer_cancel(link->timer);
	bufferevent_setcb(link->bev, NULL, NULL, NULL, NULL);
	bufferevent_disable(link->bev, EV_READ | EV_WRITE);
	event_active(link->reaper, EV_TIMEOUT, 0);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct shell_link *link = arg;
	char *reason = link->reason;

	(void)fd;
	(void)what;
	link->reason = NULL;
	link->events->lost(reason, link->arg); /* may free the link */
	free(reason);
}

/* ---- before READY ---- */

bool
shell_link_is_drained(struct shell_link *link)
{
	int n_unread = 0;

	return evbuffer_get_length(shell_link_output(link)) == 0 &&
	       (ioctl(link->fd, TIOCOUTQ, &n_unread) < 0 || n_unread == 0);
}

static void
send_probe(struct shell_link *link)
{
	/* What nobody has taken yet will be answered when somebody does. */
	if (!shell_link_is_drained(link))
		return;
	evbuffer_add_printf(shell_link_output(link), probe_text, link->nonce,
			    link->nonce);
}

static void
enter(struct shell_link *link)
{
	link->phase = ENTERING;
	link->attempt++;
	link->tail_len = 0;
	evbuffer_add_printf(shell_link_output(link), enter_text, link->attempt,
			    link->nonce);
	timer_set_in(link->timer, ENTER_MS * NS_PER_MS);
}

static void
load(struct shell_link *link)
{
	struct evbuffer *out = shell_link_output(link);

	link->phase = LOADING;
	shell_parser_free(link->parser);
	link->parser = shell_parser_new(link->nonce);
	evbuffer_add_printf(out, "vl_lib=");
	shell_quote(out, bundle, sizeof(bundle) - 1);
	evbuffer_add_printf(out, "\neval \"$vl_lib\"\nvl_main %s\n",
			    link->nonce);
	timer_set_in(link->timer, LOAD_MS * NS_PER_MS);
}

static void
on_timer(void *arg)
{
	struct shell_link *link = arg;

	if (link->resuming) {
		shell_link_fail(link, "the guest's shell does not answer");
		return;
	}
	if (link->phase != PROBING) {
		enter(link);
		return;
	}
	send_probe(link);
	timer_set_in(link->timer, link->probe_ms * NS_PER_MS);
	link->probe_ms *= 2;
	if (link->probe_ms > PROBE_MAX_MS)
		link->probe_ms = PROBE_MAX_MS;
}

static bool
tail_has(const struct shell_link *link, const char *text)
{
	return memmem(link->tail, link->tail_len, text, strlen(text)) != NULL;
}

static void
look_for_answer(struct shell_link *link)
{
	char want[80];

	if (link->phase == PROBING) {
		snprintf(want, sizeof(want), probe_answer, link->nonce);
		if (tail_has(link, want))
			enter(link);
		return;
	}
	snprintf(want, sizeof(want), enter_answer, link->attempt, link->nonce);
	if (tail_has(link, want)) {
		load(link);
		return;
	}
	snprintf(want, sizeof(want), enter_answer_cooked, link->attempt,
		 link->nonce);
	if (tail_has(link, want))
		shell_link_fail(link, "the guest's shell is on a terminal that "
				      "cannot be made transparent; is there no "
				      "stty in the guest?");
}

/* Take up some of *@data while the answer to PROBING or ENTERING is awaited.
 */
static void
await_answer(struct shell_link *link, const uint8_t **data, size_t *size)
{
	size_t n = *size < TAIL_SIZE / 2 ? *size : TAIL_SIZE / 2;

	if (link->tail_len + n > TAIL_SIZE) {
		size_t n_old = link->tail_len + n - TAIL_SIZE;

		memmove(link->tail, link->tail + n_old, link->tail_len - n_old);
		link->tail_len -= n_old;
	}
	memcpy(link->tail + link->tail_len, *data, n);
	link->tail_len += n;
	*data += n;
	*size -= n;
	look_for_answer(link);
}

const char *
shell_link_seen(struct shell_link *link)
{
	for (size_t i = 0; i < link->tail_len; i++) {
		char c = link->tail[i];

		link->seen[i] = c >= ' ' && c <= '~' ? c : ' ';
	}
	link->seen[link->tail_len] = '\0';
	return link->seen;
}

/* ---- frames ---- */

static void
handle_frame(struct shell_link *link, const struct shell_frame *frame)
{
	if (frame->type == SHELL_FRAME_QUIT) {
		shell_link_fail(link, "the guest's shell has ended");
	} else if (frame->type == SHELL_FRAME_UNABLE) {
		struct err err = ERR_INIT;

		err_set(&err, -ENOSYS,
			"commands cannot be run in the guest: %s", frame->text);
		shell_link_fail(link, err.text);
	} else if (frame->type == SHELL_FRAME_READY) {
		if (link->phase == READY)
			return;
		link->phase = READY;
		timer_cancel(link->timer);
		link->events->ready(strcmp(frame->text, "b") == 0, link->arg);
	} else if (link->phase == READY) {
		link->events->frame(frame, link->arg);
	}
}

static void
parse(struct shell_link *link, const uint8_t **data, size_t *size)
{
	struct err err = ERR_INIT;
	struct shell_frame frame;
	int ret;

	ret = shell_parser_next(link->parser, data, size, &frame, &err);
	if (ret < 0)
		shell_link_fail(link, err.text);
	else if (ret > 0)
		handle_frame(link, &frame);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct shell_link *link = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n;

	while ((n = evbuffer_get_contiguous_space(in)) > 0) {
		const uint8_t *data = evbuffer_pullup(in, (ev_ssize_t)n);
		size_t left = n;

		while (left > 0 && link->phase != DEAD) {
			if (link->phase < LOADING)
				await_answer(link, &data, &left);
			else
				parse(link, &data, &left);
		}
		evbuffer_drain(in, n);
	}
}

static void
on_write(struct bufferevent *bev, void *arg)
{
	struct shell_link *link = arg;

	(void)bev;
	if (link->phase == READY)
		link->events->drained(link->arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct shell_link *link = arg;
	struct err err = ERR_INIT;

	(void)bev;
	if (what & BEV_EVENT_EOF) {
		shell_link_fail(link,
				"the guest's shell has closed the connection");
	} else if (what & BEV_EVENT_ERROR) {
		err_errno(&err, "the connection to the guest's shell");
		shell_link_fail(link, err.text);
	}
}

/* ---- interface ---- */

static struct shell_link *
link_make(struct event_base *base, struct clock *clock, int fd,
	  const struct shell_link_events *events, void *arg)
{
	struct shell_link *link = XNEW(struct shell_link);

	link->events = events;
	link->arg = arg;
	link->probe_ms = PROBE_FIRST_MS;
	shell_random_hex(link->nonce);
	link->fd = fd;
	evutil_make_socket_nonblocking(fd);
	link->reaper = event_new(base, -1, 0, on_reap, link);
	link->bev = bufferevent_socket_new(base, fd, 0);
	if (link->reaper == NULL || link->bev == NULL)
		abort(); /* out of memory */
	bufferevent_setcb(link->bev, on_read, on_write, on_event, link);
	bufferevent_setwatermark(link->bev, EV_WRITE, SHELL_LINK_LOW_BYTES, 0);
	bufferevent_enable(link->bev, EV_READ | EV_WRITE);
	link->timer = timer_new(clock, on_timer, link);
	return link;
}

struct shell_link *
shell_link_new(struct event_base *base, struct clock *clock, int fd,
	       const struct shell_link_events *events, void *arg)
{
	struct shell_link *link = link_make(base, clock, fd, events, arg);

	timer_set_in(link->timer, 0);
	return link;
}

struct shell_link *
shell_link_resume(struct event_base *base, struct clock *clock, int fd,
		  const char *nonce, bool anew,
		  const struct shell_link_events *events, void *arg)
{
	struct shell_link *link = link_make(base, clock, fd, events, arg);

	if (!anew)
		snprintf(link->nonce, sizeof(link->nonce), "%s", nonce);
	link->phase = LOADING;
	link->resuming = true;
	link->parser = shell_parser_new(link->nonce);
	evbuffer_add_printf(shell_link_output(link), "\nvl_resume %s %d\n",
			    link->nonce, anew);
	timer_set_in(link->timer, RESUME_MS * NS_PER_MS);
	return link;
}

const char *
shell_link_nonce(const struct shell_link *link)
{
	return link->nonce;
}

bool
shell_link_ready(const struct shell_link *link)
{
	return link->phase == READY;
}

struct evbuffer *
shell_link_output(struct shell_link *link)
{
	return bufferevent_get_output(link->bev);
}

bool
shell_link_full(const struct shell_link *link)
{
	return evbuffer_get_length(bufferevent_get_output(link->bev)) >
	       SHELL_LINK_LOW_BYTES;
}

void
shell_link_free(struct shell_link *link)
{
	if (link == NULL)
		return;
	timer_free(link->timer);
	event_free(link->reaper);
	/* The peer shall see the end now, not when the loop runs again. */
	bufferevent_disable(link->bev, EV_READ | EV_WRITE);
	bufferevent_free(link->bev);
	close(link->fd);
	shell_parser_free(link->parser);
	free(link->reason);
	free(link);
}
