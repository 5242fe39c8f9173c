#include "switch/port.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/xalloc.h"
#include "switch/bell.h"
#include "switch/declared.h"
#include "switch/drop-watch.h"
#include "switch/finish.h"
#include "switch/forward.h"
#include "switch/ports/offload.h"
#include "switch/lane.h"
#include "switch/segment.h"
#include "switch/switch.h"

enum { ETH_HEADER_LEN = 14, ETH_TYPE_AT = 12, TAGS_MAX = 2 };

bool
port_name_is_valid(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	return len >= 1 && len < PORT_NAME_SIZE && strspn(name, first) >= 1 &&
	       strspn(name, rest) == len;
}

const char *
stp_state_name(enum stp_state state)
{
	static const char *const names[N_STP_STATES] = {
		[STP_FORWARDING] = "forwarding",
		[STP_LEARNING] = "learning",
		[STP_DISCARDING] = "discarding",
	};

	return names[state];
}

struct port *
port_new(struct vswitch *sw, struct segment *segment, port_id_t id,
	 const struct port_kind *kind, const char *name, uint32_t mtu)
{
	struct port *port = XNEW(struct port);

	assert(port_name_is_valid(name));
	port->id = id;
	snprintf(port->name, sizeof(port->name), "%s", name);
	port->sw = sw;
	port->lane = segment->lane;
	port->segment = segment;
	port->kind = kind;
	port->mtu = mtu;
	port->takes = kind->takes_rest ? FRAME_TAKES_REST : 0;
	backpressure_port_init(&port->pressure);
	hook_site_init(&port->site, segment->id, id);
	return port;
}

void
port_free(struct port *port)
{
	port_queue_fini(&port->queue);
	hook_site_fini(&port->site);
	free(port->vid_rules);
	free(port);
}

struct vid_rules *
port_own_vid_rules(struct port *port)
{
	if (port->vid_rules == NULL) {
		port->vid_rules = XNEW(struct vid_rules);
		*port->vid_rules = port->segment->vid_rules;
	}
	return port->vid_rules;
}

void
port_reset_vid_rules(struct port *port)
{
	free(port->vid_rules);
	port->vid_rules = NULL;
}

/* ---- in ---- */

/* The longest frame of this kind that the port's MTU allows: tags come on top
 * of it. */
static uint32_t
max_len(const struct port *port, const uint8_t *octets, uint32_t len)
{
	uint32_t max = port->mtu + ETH_HEADER_LEN;
	uint32_t at = ETH_TYPE_AT;

	for (int i = 0; i < TAGS_MAX && at + 1 < len; i++) {
		uint32_t type = (uint32_t)(octets[at] << 8 | octets[at + 1]);

		if (type != 0x8100 && type != 0x88a8)
			break;
		max += TAG_LEN;
		at += TAG_LEN;
	}
	return max < FRAME_LEN_MAX ? max : FRAME_LEN_MAX;
}

bool
port_admits(const struct port *port, const uint8_t *octets, uint32_t len,
	    enum drop_reason *why)
{
	if (len < FRAME_LEN_MIN)
		*why = DROP_RUNT;
	else if (len > port->mtu + ETH_HEADER_LEN && /* without any tags */
		 len > max_len(port, octets, len))
		*why = DROP_OVERSIZE;
	else
		return true;
	return false;
}

/* May an unfinished frame come in?  What it will be cut into must not be too
 * long; it may itself. */
static bool
admits_unfinished(const struct port *port, struct frame *frame,
		  enum drop_reason *why)
{
	struct frame_offload *o = &frame->offload;
	uint32_t len = frame->len;
	int ret;

	if (len < FRAME_LEN_MIN || len > FRAME_LEN_MAX) {
		*why = len < FRAME_LEN_MIN ? DROP_RUNT : DROP_OVERSIZE;
		return false;
	}
	ret = offload_check(o, frame->data,
			    frame->rest != NULL ? frame->head_len : len, len);
	if (ret == -EAGAIN) {
		frame_gather(frame);
		ret = offload_check(o, frame->data, len, len);
	}
	*why = DROP_BAD_OFFLOAD;
	if (ret < 0)
		return false;
	if (o->segmentation != FRAME_SEGMENT_NONE)
		len = (uint32_t)o->header_len + o->segment_len;
	return port_admits(port, frame->data, len, why);
}

static bool
admits(const struct port *port, struct frame *frame, enum drop_reason *why)
{
	return frame_is_plain(frame)
		   ? port_admits(port, frame->data, frame->len, why)
		   : admits_unfinished(port, frame, why);
}

/* Return: @frame or a copy; NULL when it was dropped. */
static struct frame *
admit(struct port *port, struct frame *frame)
{
	enum drop_reason reason;

	port->counters.rx_frames++;
	port->counters.rx_bytes += frame->len;
	if (admits(port, frame, &reason)) {
		frame = frame_pad(frame);
		if (frame != NULL)
			return frame;
		reason = DROP_NO_BUFFER;
	}
	port->counters.rx_drops[reason]++;
	if (frame != NULL) {
		drop_tell(port, VL_STAGE_INGRESS, reason, frame);
		frame_unref(frame);
	}
	return NULL;
}

/* Finished, as most are, neither short nor long: there is nothing to ask. */
static inline bool
is_usual(const struct port *port, const struct frame *frame)
{
	return frame_is_finished(frame) && frame->len >= FRAME_LEN_PADDED &&
	       frame->len <= port->mtu + ETH_HEADER_LEN;
}

/* Return: how many of the first of @n frames may go on. */
static uint32_t
admit_all(struct port *port, struct frame **frames, size_t n)
{
	uint64_t bytes = 0, n_usual = 0;
	uint32_t n_good = 0;

	for (size_t i = 0; i < n; i++) {
		struct frame *frame = frames[i];

		if (is_usual(port, frame)) {
			n_usual++;
			bytes += frame->len;
		} else {
			frame = admit(port, frame);
		}
		frames[n_good] = frame;
		n_good += frame != NULL;
	}
	port->counters.rx_frames += n_usual;
	port->counters.rx_bytes += bytes;
	return n_good;
}

void
port_input(struct port *port, struct frame **frames, size_t n)
{
	struct lane *lane = port->lane;
	uint64_t now_ns = clock_now_ns(lane->clock);
	uint64_t wall_ns = lane_wall_ns(lane, now_ns);

	assert(n <= FRAME_BATCH);
	if (port->limbo && !declared_identify(port, frames, n))
		return;
	lane_enter(lane);
	for (size_t i = 0; i < n; i++) {
		frames[i]->in_port = port->id;
		frames[i]->time_ns = wall_ns;
	}
	forward_input(port, frames, admit_all(port, frames, n), now_ns);
	lane_leave(lane);
}

void
port_turn_begin(struct port *port)
{
	lane_enter(port->lane);
}

void
port_turn_end(struct port *port)
{
	lane_leave(port->lane);
	frame_pool_gather(port->lane->pool);
}

void
port_input_later(struct port *port, struct frame *frame)
{
	struct lane *lane = port->lane;
	uint64_t now_ns = clock_now_ns(lane->clock);

	frame->in_port = port->id;
	frame->time_ns = lane_wall_ns(lane, now_ns);
	frame = admit(port, frame);
	if (frame != NULL)
		forward_input_later(port, frame);
}

void
port_rx_drop(struct port *port, enum drop_reason reason, uint64_t n,
	     uint64_t bytes)
{
	port->counters.rx_frames += n;
	port->counters.rx_bytes += bytes;
	port->counters.rx_drops[reason] += n;
}

/* ---- out ---- */

/* When it is not as simple as it most often is. */
static void
output_one(struct port *port, struct frame *frame)
{
	enum drop_reason reason = DROP_PORT_GONE;

	if (!port->gone) {
		if (port->blocked)
			frame = frame_settle(frame);
		if (port_queue_push(&port->queue, &frame, 1) > 0)
			return;
		/* A burst of large frames is not a slow reader yet. */
		port_flush(port);
		if (port_queue_push(&port->queue, &frame, 1) > 0)
			return;
		reason = DROP_QUEUE_FULL;
	}
	port->counters.tx_drops[reason]++;
	drop_tell(port, VL_STAGE_EGRESS, reason, frame);
	frame_unref(frame);
}

void
port_output(struct port *port, struct frame *const *frames, uint32_t n)
{
	uint32_t i = 0;

	if (!port->gone && !port->blocked)
		i = port_queue_push(&port->queue, frames, n);
	for (; i < n; i++)
		output_one(port, frames[i]);
	if (port->queue.n > 0)
		lane_touch(port->lane, port);
}

void
port_flush(struct port *port)
{
	struct frame *const *frames;
	uint32_t n;

	if (port->flushing || port->blocked)
		return;
	port->flushing = true;
	while (!port->gone && !port->blocked &&
	       (n = port_queue_peek(&port->queue, &frames)) > 0) {
		size_t n_sent = port->kind->transmit(port->priv, frames, n);

		assert(n_sent <= n);
		port->counters.tx_frames += n_sent;
		port->counters.tx_bytes +=
		    port_queue_pop(&port->queue, (uint32_t)n_sent);
		port->blocked = n_sent < n;
	}
	port->flushing = false;
	if (port->blocked)
		port_queue_settle(&port->queue);
	else
		backpressure_release(port);
}

void
port_writable(struct port *port)
{
	port->blocked = false;
	port_flush(port);
}

void
port_tx_drop(struct port *port, enum drop_reason reason,
	     const struct frame *frame)
{
	/* It is consumed, so it was or will be counted as sent. */
	port->counters.tx_frames--;
	port->counters.tx_bytes -= frame->len;
	port->counters.tx_drops[reason]++;
	drop_tell(port, VL_STAGE_EGRESS, reason, frame);
}

static uint64_t
pending(const struct port *port)
{
	if (port->priv == NULL || port->kind->pending == NULL)
		return 0;
	return port->kind->pending(port->priv);
}

void
port_drop_queue(struct port *port)
{
	uint64_t n_pending = pending(port);
	struct frame *const *frames;
	uint32_t n;

	port->counters.tx_frames -= n_pending;
	port->counters.tx_drops[DROP_PORT_GONE] += n_pending + port->queue.n;
	while ((n = port_queue_peek(&port->queue, &frames)) > 0) {
		for (uint32_t i = 0; i < n; i++)
			drop_tell(port, VL_STAGE_EGRESS, DROP_PORT_GONE,
				  frames[i]);
		port_queue_pop(&port->queue, n);
	}
}

uint64_t
port_queued(const struct port *port)
{
	return port->queue.n + pending(port);
}

struct port_counters
port_read_counters(const struct port *port)
{
	struct port_counters c = port->counters;

	c.tx_frames -= pending(port);
	return c;
}

/* ---- what else a kind may ask for ---- */

struct event_base *
port_base(const struct port *port)
{
	return port->lane->base;
}

struct clock *
port_clock(const struct port *port)
{
	return port->lane->clock;
}

struct supervisor *
port_programs(const struct port *port)
{
	return port->lane->programs;
}

struct frame_pool *
port_pool(const struct port *port)
{
	return port->lane->pool;
}

struct pollers *
port_pollers(const struct port *port)
{
	return port->lane->pollers;
}

int
port_ring(struct port *port, int eventfd)
{
	return bell_ring(port->lane->bell, eventfd);
}

const char *
port_name(const struct port *port)
{
	return port->name;
}

uint32_t
port_mtu(const struct port *port)
{
	return port->mtu < PORT_MTU_DEFAULT ? port->mtu : 0;
}

void
port_set_mtu(struct port *port, uint32_t mtu)
{
	uint32_t old = port->mtu;

	assert(mtu >= PORT_MTU_MIN && mtu <= PORT_MTU_DEFAULT);
	if (mtu == old)
		return;
	port->mtu = mtu;
	if (port->kind->mtu_changed != NULL)
		port->kind->mtu_changed(port->priv);
	switch_tell(&(struct switch_event){ .type = SWITCH_PORT_MTU,
					    .port = port,
					    .segment = port->segment,
					    .old_mtu = old });
}

/* Frames wait that the peer could take when they came, and cannot any more. */
static void
refit_queue(struct port *port)
{
	struct frame *waiting[PORT_QUEUE_FRAMES], *some[FRAME_BATCH];
	uint32_t n = port_queue_take(&port->queue, waiting);
	struct finish f;

	finish_init(&f, waiting, n, port->takes);
	while ((n = finish_next(&f, some)) > 0)
		port_output(port, some, n);
	port->segment->copies += f.n_more;
	port->counters.tx_drops[DROP_NO_BUFFER] += f.n_no_buffer;
	port->counters.tx_drops[DROP_BAD_OFFLOAD] += f.n_bad;
}

void
port_offloads_changed(struct port *port)
{
	const struct port_kind *kind = port->kind;
	unsigned before = port->takes;
	unsigned takes = kind->takes_rest ? FRAME_TAKES_REST : 0;

	if (kind->offloads != NULL && port->priv != NULL)
		takes |= kind->offloads(port->priv);
	port->takes = (uint8_t)takes;
	assert(!port->flushing);
	if ((before & ~takes) != 0 && port->queue.n > 0)
		refit_queue(port);
}

void *
port_priv(const struct port *port)
{
	return port->priv;
}

void
port_set_carrier(struct port *port, bool carrier)
{
	if (port->no_carrier != carrier)
		return;
	port->no_carrier = !carrier;
	if (port->priv != NULL) /* else it is being opened */
		switch_carrier_changed(port);
}

void
port_set_peer(struct port *port, const struct port_peer *peer)
{
	port->peer = *peer;
}

void
port_client_added(struct port *port, unsigned id, const struct port_peer *peer)
{
	switch_tell(&(struct switch_event){ .type = SWITCH_CLIENT_ADDED,
					    .port = port,
					    .segment = port->segment,
					    .client = id,
					    .peer = peer });
}

void
port_client_removed(struct port *port, unsigned id)
{
	switch_tell(&(struct switch_event){ .type = SWITCH_CLIENT_REMOVED,
					    .port = port,
					    .segment = port->segment,
					    .client = id });
}

void
port_gone(struct port *port, const char *fmt, ...)
{
	va_list ap;

	if (port->gone)
		return;
	port->gone = true;
	backpressure_forget(port);
	va_start(ap, fmt);
	vsnprintf(port->gone_reason, sizeof(port->gone_reason), fmt, ap);
	va_end(ap);
	lane_reap_soon(port->lane, port);
}

void
port_explain(const struct port *port, struct err *err)
{
	sandbox_explain(port->sw->config.sandbox, err);
}
