/*
 * vhost-session: what the front-end of a vhost-user port says, from its first
 * message to its last.  A message is a row of a table.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "switch/ports/port-provider.h"
#include "switch/ports/vhost-device.h"

enum {
	/* So many messages, and then others' events have their turn. */
	MESSAGES_MAX = 16,
	RARP_LEN = 60,
	RARP_ARP_AT = 14,
	RARP_SENDER_AT = 22,
	RARP_TARGET_AT = 32,
};

/* A message under way. */
struct said {
	struct vhost_device *dev;
	struct vhost_message m;
	uint8_t reply[VHOST_REPLY_MAX];
	size_t reply_len;
	int reply_fd; /* owned; or -1 */
};

static void
answer(struct said *s, uint64_t value)
{
	s->reply_len = vhost_proto_put_u64(s->reply, &s->m, value);
}

/* ---- what is agreed upon ---- */

static int
get_features(struct said *s, struct err *err)
{
	(void)err;
	answer(s, s->dev->offered);
	return 0;
}

static bool
any_runs(const struct vhost_device *dev)
{
	for (unsigned i = 0; i < 2 * dev->n_pairs; i++) {
		if (dev->queues[i].ring.running)
			return true;
	}
	return false;
}

static void
log_all(struct vhost_device *dev)
{
	for (unsigned i = 0; i < 2 * dev->n_pairs; i++)
		vhost_queue_log(&dev->queues[i]);
}

static void
adopt_features(struct vhost_device *dev, uint64_t features)
{
	dev->features = features;
	dev->header_len = (uint8_t)vhost_features_header_len(features);
	dev->leaves_work = vhost_features_left(features);
	dev->trusts_checksums = vhost_has(features, VHOST_NET_GUEST_CSUM);
	if (dev->port != NULL)
		port_offloads_changed(dev->port);
}

static int
set_features(struct said *s, struct err *err)
{
	struct vhost_device *dev = s->dev;
	uint64_t changed = s->m.u64 ^ dev->features;

	if ((s->m.u64 & ~dev->offered) != 0)
		return err_set(err, -EPROTO, "features %#llx were not offered",
			       (unsigned long long)(s->m.u64 & ~dev->offered));
	/* A guest that is about to move is logged from then on. */
	if ((changed & ~VHOST_BIT(VHOST_LOG_ALL)) != 0 && any_runs(dev))
		return err_set(err, -EPROTO,
			       "other features while rings are running");
	adopt_features(dev, s->m.u64);
	log_all(dev);
	return 0;
}

static int
get_protocol_features(struct said *s, struct err *err)
{
	(void)err;
	answer(s, s->dev->protocol_offered);
	return 0;
}

static int
set_protocol_features(struct said *s, struct err *err)
{
	uint64_t more = s->m.u64 & ~s->dev->protocol_offered;

	if (more != 0)
		return err_set(err, -EPROTO,
			       "protocol features %#llx were not offered",
			       (unsigned long long)more);
	s->dev->protocol_features = s->m.u64;
	return 0;
}

static int
get_queue_num(struct said *s, struct err *err)
{
	(void)err;
	answer(s, s->dev->n_pairs);
	return 0;
}

static int
do_nothing(struct said *s, struct err *err)
{
	(void)s;
	(void)err;
	return 0;
}

/* ---- memory ---- */

static int
move_all(struct vhost_device *dev, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < 2 * dev->n_pairs && ret == 0; i++)
		ret = vhost_queue_move(&dev->queues[i], err);
	for (unsigned i = 0; i < 2 * dev->n_pairs && ret == 0; i++)
		ret = vhost_queue_try_start(&dev->queues[i], err);
	/* There is no way back to the old places. */
	return ret < 0 ? -EPROTO : 0;
}

static int
set_mem_table(struct said *s, struct err *err)
{
	struct vhost_device *dev = s->dev;
	int ret = vhost_memory_replace(&dev->memory, s->m.table.regions,
				       dev->channel.fds, s->m.table.n, err);

	return ret < 0 ? ret : move_all(dev, err);
}

static int
add_mem_reg(struct said *s, struct err *err)
{
	struct vhost_device *dev = s->dev;
	int ret = vhost_memory_add(&dev->memory, &s->m.region,
				   dev->channel.fds[0], err);

	return ret < 0 ? ret : move_all(dev, err);
}

static int
rem_mem_reg(struct said *s, struct err *err)
{
	int ret = vhost_memory_remove(&s->dev->memory, &s->m.region, err);

	return ret < 0 ? ret : move_all(s->dev, err);
}

static int
get_max_mem_slots(struct said *s, struct err *err)
{
	(void)err;
	answer(s, VHOST_MEMORY_SLOTS);
	return 0;
}

static int
set_log_base(struct said *s, struct err *err)
{
	struct vhost_device *dev = s->dev;
	struct vhost_map old = dev->log;
	struct vhost_map log = { .at = NULL };
	int ret = vhost_map_open(&log, dev->channel.fds[0], s->m.log.offset,
				 s->m.log.size, &dev->memory.damaged, err);

	if (ret < 0)
		return ret;
	dev->log = log;
	log_all(dev);
	vhost_map_close(&old);
	s->reply_len = vhost_proto_put_empty(s->reply, &s->m);
	return 0;
}

/* It is the front-end's from now on, who says with SET_INFLIGHT_FD when it is
 * to be used. */
static int
get_inflight_fd(struct said *s, struct err *err)
{
	struct vhost_inflight made = { .n_queues = 0 };
	struct vhost_inflight_area area = s->m.inflight;
	int ret = vhost_inflight_make(&made, &area, &s->reply_fd,
				      &s->dev->memory.damaged, err);

	vhost_inflight_close(&made);
	if (ret == 0)
		s->reply_len = vhost_proto_put_inflight(s->reply, &s->m, &area);
	return ret;
}

/* Rings write to the area for as long as they run. */
static int
check_idle(const struct said *s, struct err *err)
{
	if (!any_runs(s->dev))
		return 0;
	return err_set(err, -EPROTO,
		       "another inflight area while rings are running");
}

static int
set_inflight_fd(struct said *s, struct err *err)
{
	struct vhost_device *dev = s->dev;
	int ret = check_idle(s, err);

	if (ret < 0)
		return ret;
	return vhost_inflight_open(&dev->inflight, &s->m.inflight,
				   dev->channel.fds[0], &dev->memory.damaged,
				   err);
}

/* ---- rings ---- */

static struct vhost_queue *
queue_of(const struct said *s, uint32_t index)
{
	return &s->dev->queues[index]; /* the parser has looked at it */
}

static int
check_stopped(const struct vhost_queue *q, const char *what, struct err *err)
{
	if (!q->ring.running)
		return 0;
	return err_set(err, -EPROTO, "ring %u: another %s while it runs",
		       q->index, what);
}

static int
set_vring_num(struct said *s, struct err *err)
{
	struct vhost_queue *q = queue_of(s, s->m.state.index);
	int ret = check_stopped(q, "size", err);

	if (ret == 0)
		q->size = s->m.state.num;
	return ret;
}

static int
set_vring_base(struct said *s, struct err *err)
{
	struct vhost_queue *q = queue_of(s, s->m.state.index);
	int ret = check_stopped(q, "base", err);

	if (ret == 0)
		q->base = s->m.state.num;
	return ret;
}

static int
set_vring_addr(struct said *s, struct err *err)
{
	struct vhost_queue *q = queue_of(s, s->m.addresses.index);
	int ret;

	q->addresses = s->m.addresses;
	q->has_addresses = true;
	ret = vhost_queue_move(q, err);
	if (ret < 0)
		return -EPROTO;
	vhost_queue_log(q);
	return vhost_queue_try_start(q, err);
}

/* Return: owned; -1: there is to be none. */
static int
take_ring_fd(struct said *s)
{
	return s->m.ring_fd.has_fd ? vhost_channel_take_fd(&s->dev->channel, 0)
				   : -1;
}

static int
set_vring_kick(struct said *s, struct err *err)
{
	struct vhost_queue *q = queue_of(s, s->m.ring_fd.index);
	int ret = vhost_queue_set_kick(q, take_ring_fd(s), err);

	return ret < 0 ? ret : vhost_queue_try_start(q, err);
}

static int
set_vring_call(struct said *s, struct err *err)
{
	return vhost_queue_set_call(queue_of(s, s->m.ring_fd.index),
				    take_ring_fd(s), err);
}

static int
set_vring_enable(struct said *s, struct err *err)
{
	if (s->m.state.num > 1)
		return err_set(
		    err, -EPROTO, "ring %u is to be enabled by %u, not 0 or 1",
		    (unsigned)s->m.state.index, (unsigned)s->m.state.num);
	vhost_queue_enable(queue_of(s, s->m.state.index), s->m.state.num == 1);
	return 0;
}

static int
get_vring_base(struct said *s, struct err *err)
{
	uint32_t base = vhost_queue_stop(queue_of(s, s->m.state.index));

	(void)err;
	s->reply_len = vhost_proto_put_state(s->reply, &s->m, base);
	return 0;
}

static int
reset_owner(struct said *s, struct err *err)
{
	(void)err;
	for (unsigned i = 0; i < 2 * s->dev->n_pairs; i++)
		vhost_queue_enable(&s->dev->queues[i], false);
	return 0;
}

static int
reset_device(struct said *s, struct err *err)
{
	(void)err;
	for (unsigned i = 0; i < 2 * s->dev->n_pairs; i++)
		vhost_queue_reset(&s->dev->queues[i]);
	s->dev->status = 0;
	return 0;
}

/* ---- the network card ---- */

/* The guest has come from elsewhere, and cannot say so itself: everybody is to
 * learn where it is now (RARP, RFC 903: "who am I?"). */
static int
send_rarp(struct said *s, struct err *err)
{
	static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 3 };
	struct port *port = s->dev->port;
	struct frame *frame = frame_alloc(port_pool(port), RARP_LEN);
	const size_t size = sizeof(s->m.mac.b);

	(void)err;
	if (frame == NULL) {
		port_rx_drop(port, DROP_NO_BUFFER, 1, RARP_LEN);
		return 0;
	}
	memset(frame->data, 0, RARP_LEN);
	memset(frame->data, 0xff, size);
	memcpy(frame->data + size, s->m.mac.b, size);
	frame->data[2 * size] = 0x80;
	frame->data[2 * size + 1] = 0x35;
	memcpy(frame->data + RARP_ARP_AT, arp, sizeof(arp));
	memcpy(frame->data + RARP_SENDER_AT, s->m.mac.b, size);
	memcpy(frame->data + RARP_TARGET_AT, s->m.mac.b, size);
	frame->len = RARP_LEN;
	port_input(port, &frame, 1);
	return 0;
}

static int
net_set_mtu(struct said *s, struct err *err)
{
	if (s->m.u64 > UINT16_MAX)
		return err_set(err, -EPROTO, "no network has an MTU of %llu",
			       (unsigned long long)s->m.u64);
	s->dev->mtu = (uint16_t)s->m.u64;
	return 0;
}

static int
set_status(struct said *s, struct err *err)
{
	if (s->m.u64 > UINT8_MAX)
		return err_set(err, -EPROTO, "no device has a status of %#llx",
			       (unsigned long long)s->m.u64);
	s->dev->status = (uint8_t)s->m.u64;
	return 0;
}

static int
get_status(struct said *s, struct err *err)
{
	(void)err;
	answer(s, s->dev->status);
	return 0;
}

/* ---- all of them ---- */

/* What a message does; sets .reply when its type has one.
 * Return: 0; -EPROTO: the session ends; other -errno: it could not be done,
 * and nothing has changed. */
typedef int said_fn(struct said *s, struct err *err);

/* By number; what is not here, the parser has refused. */
static said_fn *const handlers[] = {
	[VHOST_REQ_GET_FEATURES] = get_features,
	[VHOST_REQ_SET_FEATURES] = set_features,
	[VHOST_REQ_SET_OWNER] = do_nothing,
	[VHOST_REQ_RESET_OWNER] = reset_owner,
	[VHOST_REQ_SET_MEM_TABLE] = set_mem_table,
	[VHOST_REQ_SET_LOG_BASE] = set_log_base,
	[VHOST_REQ_SET_LOG_FD] = do_nothing,
	[VHOST_REQ_SET_VRING_NUM] = set_vring_num,
	[VHOST_REQ_SET_VRING_ADDR] = set_vring_addr,
	[VHOST_REQ_SET_VRING_BASE] = set_vring_base,
	[VHOST_REQ_GET_VRING_BASE] = get_vring_base,
	[VHOST_REQ_SET_VRING_KICK] = set_vring_kick,
	[VHOST_REQ_SET_VRING_CALL] = set_vring_call,
	[VHOST_REQ_SET_VRING_ERR] = do_nothing,
	[VHOST_REQ_GET_PROTOCOL_FEATURES] = get_protocol_features,
	[VHOST_REQ_SET_PROTOCOL_FEATURES] = set_protocol_features,
	[VHOST_REQ_GET_QUEUE_NUM] = get_queue_num,
	[VHOST_REQ_SET_VRING_ENABLE] = set_vring_enable,
	[VHOST_REQ_SEND_RARP] = send_rarp,
	[VHOST_REQ_NET_SET_MTU] = net_set_mtu,
	[VHOST_REQ_GET_INFLIGHT_FD] = get_inflight_fd,
	[VHOST_REQ_SET_INFLIGHT_FD] = set_inflight_fd,
	[VHOST_REQ_RESET_DEVICE] = reset_device,
	[VHOST_REQ_GET_MAX_MEM_SLOTS] = get_max_mem_slots,
	[VHOST_REQ_ADD_MEM_REG] = add_mem_reg,
	[VHOST_REQ_REM_MEM_REG] = rem_mem_reg,
	[VHOST_REQ_SET_STATUS] = set_status,
	[VHOST_REQ_GET_STATUS] = get_status,
};

static int
do_message(struct said *s, struct err *err)
{
	enum { N_HANDLERS = sizeof(handlers) / sizeof(handlers[0]) };

	if (s->m.request >= N_HANDLERS || handlers[s->m.request] == NULL)
		return err_set(err, -EOPNOTSUPP, "it is not known here");
	return handlers[s->m.request](s, err);
}

static int
reply(struct said *s, struct err *err)
{
	int ret = vhost_channel_reply(&s->dev->channel, s->reply, s->reply_len,
				      s->reply_fd, err);

	if (s->reply_fd >= 0)
		close(s->reply_fd);
	s->reply_fd = -1;
	return ret;
}

static void
on_whole_message(struct vhost_device *dev)
{
	struct vhost_channel *c = &dev->channel;
	struct vhost_limits limits = { 2 * dev->n_pairs,
				       dev->protocol_features };
	struct said s = { .dev = dev, .reply_fd = -1 };
	struct err err = ERR_INIT;
	char name[24];
	int ret =
	    vhost_proto_parse(c->data, c->len, c->n_fds, &limits, &s.m, &err);

	if (ret == 0) {
		ret = do_message(&s, &err);
		if (ret < 0)
			err_prefix(&err, "%s",
				   vhost_proto_name(s.m.request, name));
	}
	if (s.m.wants_ack)
		s.reply_len = vhost_proto_put_ack(s.reply, &s.m, ret == 0);
	/* Who is told no may go on; what broke the protocol may not. */
	if (ret < 0 && (ret == -EPROTO || !s.m.wants_ack)) {
		if (s.reply_fd >= 0)
			close(s.reply_fd);
		vhost_device_broken(dev, "%s", err.text);
		return;
	}
	if (s.reply_len > 0 && reply(&s, &err) < 0)
		vhost_device_broken(dev, "%s", err.text);
	else if (!dev->gone)
		(void)vhost_device_looks_whole(dev);
}

static void
on_message(evutil_socket_t fd, short what, void *arg)
{
	struct vhost_device *dev = arg;
	struct err err = ERR_INIT;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < MESSAGES_MAX && !dev->gone; i++) {
		int ret = vhost_channel_read(&dev->channel, &err);

		if (ret == 0)
			return;
		if (ret == -EPROTO) {
			vhost_device_broken(dev, "%s", err.text);
			return;
		}
		if (ret < 0) {
			vhost_device_ended(dev, err.text);
			return;
		}
		on_whole_message(dev);
		vhost_channel_next(&dev->channel);
	}
}

/* ---- coming and going ---- */

int
vhost_session_init(struct vhost_device *dev)
{
	dev->fd = -1;
	dev->channel.fd = -1;
	dev->offered = vhost_features_offered(&dev->offer);
	dev->protocol_offered = vhost_features_protocol(&dev->offer);
	adopt_features(dev, 0);
	vhost_memory_init(&dev->memory);
	dev->on_message =
	    event_new(dev->base, -1, EV_READ | EV_PERSIST, on_message, dev);
	return dev->on_message != NULL ? 0 : -ENOMEM;
}

int
vhost_session_start(struct vhost_device *dev)
{
	vhost_channel_start(&dev->channel, dev->fd);
	if (event_assign(dev->on_message, dev->base, dev->fd,
			 EV_READ | EV_PERSIST, on_message, dev) < 0 ||
	    event_add(dev->on_message, NULL) < 0)
		return -ENOMEM;
	return 0;
}

void
vhost_session_stop(struct vhost_device *dev)
{
	if (dev->on_message != NULL)
		event_del(dev->on_message);
}

void
vhost_session_reset(struct vhost_device *dev)
{
	vhost_session_stop(dev);
	for (unsigned i = 0; i < 2 * dev->n_pairs; i++)
		vhost_queue_reset(&dev->queues[i]);
	vhost_inflight_close(&dev->inflight);
	vhost_map_close(&dev->log);
	vhost_memory_fini(&dev->memory);
	vhost_memory_init(&dev->memory);
	vhost_channel_stop(&dev->channel);
	if (dev->fd >= 0)
		close(dev->fd);
	dev->fd = -1;
	dev->protocol_features = 0;
	dev->misses_memory = false;
	dev->status = 0;
	dev->mtu = 0;
	adopt_features(dev, 0);
}

void
vhost_session_fini(struct vhost_device *dev)
{
	vhost_session_reset(dev);
	vhost_memory_fini(&dev->memory);
	if (dev->on_message != NULL)
		event_free(dev->on_message);
}
