/*
 * The messages of vhost-user: one, with any number of descriptors beside it and
 * whatever has been negotiated.  What is accepted says what its octets say and
 * keeps within the limits, a session with wider ones accepts the same, replies
 * can be read back, and no octet behind the message is looked at: it ends where
 * readable memory ends.
 *
 * An input is octets that say what has been negotiated (struct setting), and the
 * message.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/cursor.h"
#include "lib/err.h"
#include "switch/ports/vhost-proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ROOM = 65536, /* for a message: whole pages of any machine */
	SIZE_FITS = 1,
	FLAG_VERSION_1 = 1,
	FLAG_REPLY = 4,
	FLAG_NEED_REPLY = 8,
	TABLE_FIXED = 8,
	REGION_SIZE = 32,
};

static const struct vhost_limits widest = { VHOST_RINGS_MAX, UINT64_MAX };

struct setting {
	uint8_t rings; /* and one more */
	uint8_t features[3];
	uint8_t n_fds;
	uint8_t how; /* SIZE_FITS: the header gets the size that is right */
};

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static uint32_t
word32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint64_t
word64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* The message once more, where one octet too far is a fault. */
static uint8_t *
at_the_end(const uint8_t *data, size_t len)
{
	static uint8_t *room;

	if (room == NULL) {
		room = mmap(NULL, 2 * (size_t)ROOM, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		require(room != MAP_FAILED &&
			mprotect(room + ROOM, ROOM, PROT_NONE) == 0);
	}
	if (len > 0)
		memcpy(room + ROOM - len, data, len);
	return room + ROOM - len;
}

/* ---- what has been accepted ---- */

static void
check_u64(const struct vhost_message *m, const uint8_t *in)
{
	require(m->size == 8 && m->u64 == word64(in));
}

static void
check_state(const struct vhost_message *m, const uint8_t *in)
{
	require(m->size == 8 && m->state.index == word32(in) &&
		m->state.num == word32(in + 4));
	if (m->request == VHOST_REQ_SET_VRING_NUM)
		require(m->state.num >= 1 &&
			m->state.num <= VHOST_RING_SIZE_MAX);
	if (m->request == VHOST_REQ_SET_VRING_ENABLE)
		require(m->state.num <= 1);
}

static void
check_addresses(const struct vhost_message *m, const uint8_t *in)
{
	const struct vhost_ring_addresses *a = &m->addresses;

	require(m->size == 40 && a->index == word32(in));
	require(word32(in + 4) == (a->log_used ? 1 : 0));
	require(a->descriptors == word64(in + 8) && a->used == word64(in + 16));
	require(a->available == word64(in + 24) && a->log == word64(in + 32));
}

static void
check_ring_fd(const struct vhost_message *m, const uint8_t *in)
{
	require(m->size == 8 && m->ring_fd.has_fd == (m->n_fds == 1));
	require(word64(in) ==
		(m->ring_fd.index | (m->ring_fd.has_fd ? 0u : 0x100u)));
}

static void
check_one_region(const struct vhost_region *r, const uint8_t *in)
{
	uint64_t last = r->size - 1;

	require(r->guest == word64(in) && r->size == word64(in + 8));
	require(r->user == word64(in + 16) && r->offset == word64(in + 24));
	require(r->size > 0 && r->guest + last >= r->guest);
	require(r->user + last >= r->user && r->offset + r->size > r->offset);
}

static void
check_table(const struct vhost_message *m, const uint8_t *in)
{
	uint32_t n = m->table.n;

	require(n >= 1 && n <= VHOST_TABLE_MAX && n == word32(in));
	require(m->n_fds == n && m->size == TABLE_FIXED + n * REGION_SIZE);
	for (uint32_t i = 0; i < n; i++)
		check_one_region(&m->table.regions[i],
				 in + TABLE_FIXED + i * (size_t)REGION_SIZE);
}

static void
check_region(const struct vhost_message *m, const uint8_t *in)
{
	require(m->size == 8 + REGION_SIZE);
	check_one_region(&m->region, in + 8);
}

static void
check_log(const struct vhost_message *m, const uint8_t *in)
{
	require(m->size == 16 && m->log.size == word64(in) &&
		m->log.offset == word64(in + 8));
	require(m->log.size > 0 && m->log.size + m->log.offset >= m->log.size);
}

static void
check_inflight(const struct vhost_message *m, const uint8_t *in)
{
	const struct vhost_inflight_area *a = &m->inflight;

	require(m->size == 20 || m->size == 24);
	require(a->size == word64(in) && a->offset == word64(in + 8));
	require(word32(in + 16) ==
		((uint32_t)a->queue_size << 16 | a->n_queues));
	require(a->n_queues >= 1 && a->queue_size >= 1 &&
		a->queue_size <= VHOST_RING_SIZE_MAX);
	if (m->request == VHOST_REQ_SET_INFLIGHT_FD)
		require(a->size + a->offset >= a->size);
}

static void
check_mac(const struct vhost_message *m, const uint8_t *in)
{
	struct mac mac = mac_from_bytes(in);

	require(m->size == 8 && mac_eq(&m->mac, &mac));
}

static void
check_none(const struct vhost_message *m, const uint8_t *in)
{
	(void)in;
	require(m->size == 0);
}

static void (*const checks[])(const struct vhost_message *m,
			      const uint8_t *in) = {
	[VHOST_PAYLOAD_NONE] = check_none,
	[VHOST_PAYLOAD_U64] = check_u64,
	[VHOST_PAYLOAD_STATE] = check_state,
	[VHOST_PAYLOAD_ADDRESSES] = check_addresses,
	[VHOST_PAYLOAD_RING_FD] = check_ring_fd,
	[VHOST_PAYLOAD_TABLE] = check_table,
	[VHOST_PAYLOAD_REGION] = check_region,
	[VHOST_PAYLOAD_LOG] = check_log,
	[VHOST_PAYLOAD_INFLIGHT] = check_inflight,
	[VHOST_PAYLOAD_MAC] = check_mac,
};

/* How many rings a session has at least for which @m was accepted. */
static unsigned
rings_needed(const struct vhost_message *m)
{
	switch (m->type->payload) {
	case VHOST_PAYLOAD_STATE:
		return m->state.index + 1;
	case VHOST_PAYLOAD_ADDRESSES:
		return m->addresses.index + 1;
	case VHOST_PAYLOAD_RING_FD:
		return m->ring_fd.index + 1;
	case VHOST_PAYLOAD_INFLIGHT:
		return m->inflight.n_queues;
	default:
		return 1;
	}
}

static void
check_accepted(const struct vhost_message *m, const uint8_t *in,
	       const struct vhost_limits *limits, unsigned n_fds)
{
	const struct vhost_message_type *type = m->type;

	require(type != NULL && type->is_known);
	require((type->needs & ~limits->protocol_features) == 0);
	require(n_fds >= type->fds_min && n_fds <= type->fds_max &&
		n_fds <= VHOST_FDS_MAX);
	require(m->n_fds == (m->request == VHOST_REQ_REM_MEM_REG ? 0 : n_fds));
	checks[type->payload](m, in + VHOST_HEADER_SIZE);
	require(rings_needed(m) - 1 < limits->n_rings);
}

/* ---- what is answered ---- */

/* @reply, read as if it were the request @as. */
static struct vhost_message
read_back(uint8_t *reply, size_t len, const struct vhost_message *m,
	  uint32_t as)
{
	const uint32_t flags = FLAG_VERSION_1;
	struct vhost_message back;
	uint32_t size;

	require(len <= VHOST_REPLY_MAX && word32(reply) == m->request);
	require(word32(reply + 4) == (FLAG_VERSION_1 | FLAG_REPLY));
	require(vhost_proto_header(reply, &size, NULL) == -EPROTO);
	memcpy(reply, &as, sizeof(as));
	memcpy(reply + 4, &flags, sizeof(flags));
	require(vhost_proto_parse(reply, len,
				  as == VHOST_REQ_SET_INFLIGHT_FD ? 1 : 0,
				  &widest, &back, NULL) == 0);
	return back;
}

static void
check_replies(const struct vhost_message *m, uint64_t value)
{
	uint8_t reply[VHOST_REPLY_MAX];
	struct vhost_inflight_area area = m->inflight;
	struct vhost_message back;
	size_t len;

	if (m->wants_ack) {
		len = vhost_proto_put_ack(reply, m, (value & 1) == 0);
		back = read_back(reply, len, m, VHOST_REQ_SET_FEATURES);
		require(back.u64 == (value & 1));
	}
	switch (m->type->reply) {
	case VHOST_REPLY_NONE:
		break;
	case VHOST_REPLY_EMPTY:
		len = vhost_proto_put_empty(reply, m);
		read_back(reply, len, m, VHOST_REQ_SET_OWNER);
		break;
	case VHOST_REPLY_U64:
		len = vhost_proto_put_u64(reply, m, value);
		back = read_back(reply, len, m, VHOST_REQ_SET_FEATURES);
		require(back.u64 == value);
		break;
	case VHOST_REPLY_STATE:
		len = vhost_proto_put_state(reply, m, (uint32_t)value);
		back = read_back(reply, len, m, VHOST_REQ_SET_VRING_BASE);
		require(back.state.index == m->state.index &&
			back.state.num == (uint32_t)value);
		break;
	case VHOST_REPLY_INFLIGHT:
		area.size = value;
		area.offset = UINT64_MAX - value;
		len = vhost_proto_put_inflight(reply, m, &area);
		require(len == VHOST_HEADER_SIZE + (size_t)m->size);
		back = read_back(reply, len, m, VHOST_REQ_SET_INFLIGHT_FD);
		require(back.inflight.size == value &&
			back.inflight.offset == area.offset);
		require(back.inflight.n_queues == area.n_queues &&
			back.inflight.queue_size == area.queue_size);
		break;
	}
}

/* ---- all of it ---- */

static void
check_refused(const struct vhost_message *m, const struct err *err, int ret)
{
	require(ret == -EPROTO || ret == -EOPNOTSUPP);
	require(err->code == ret && err->text[0] != '\0' && m->n_fds == 0);
}

static void
check_one(const uint8_t *in, size_t len, unsigned n_fds,
	  const struct vhost_limits *limits)
{
	static struct err err;
	struct vhost_message m, wide;
	bool is_header = false;
	uint32_t size = 0;
	char name[24];
	int ret, ret_wide;

	ret = vhost_proto_parse(in, len, n_fds, limits, &m, &err);
	ret_wide = vhost_proto_parse(in, len, n_fds, &widest, &wide, NULL);
	if (ret != 0)
		check_refused(&m, &err, ret);
	if (len < VHOST_HEADER_SIZE) {
		require(ret == -EPROTO && !m.wants_ack);
		return;
	}
	is_header = vhost_proto_header(in, &size, NULL) == 0;
	require(size == word32(in + 8) && m.request == word32(in));
	require(!is_header || size <= VHOST_PAYLOAD_MAX);
	require(strlen(vhost_proto_name(m.request, name)) > 0);
	require(!m.wants_ack ||
		((word32(in + 4) & FLAG_NEED_REPLY) != 0 &&
		 (m.type == NULL || m.type->reply == VHOST_REPLY_NONE)));
	if (!is_header || size != len - VHOST_HEADER_SIZE)
		require(ret == -EPROTO);
	if (ret != 0) {
		/* what is missing was not negotiated, or is not known */
		if (ret == -EOPNOTSUPP && m.type != NULL && m.type->is_known)
			require((m.type->needs & ~limits->protocol_features) !=
				0);
		return;
	}
	check_accepted(&m, in, limits, n_fds);
	require(ret_wide == 0 && wide.n_fds == m.n_fds &&
		wide.wants_ack == m.wants_ack);
	checks[m.type->payload](&wide, in + VHOST_HEADER_SIZE);
	check_replies(&m,
		      limits->protocol_features * UINT64_C(0x9e3779b97f4a7));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	struct vhost_limits limits;
	struct setting setting;
	const uint8_t *said = cursor_bytes(&c, sizeof(setting));
	uint32_t payload;
	uint8_t *in;

	if (said == NULL || c.left > ROOM)
		return 0;
	memcpy(&setting, said, sizeof(setting));
	limits.n_rings = setting.rings + 1u;
	limits.protocol_features = setting.features[0] |
				   (uint64_t)setting.features[1] << 8 |
				   (uint64_t)setting.features[2] << 16;
	in = at_the_end(c.at, c.left);
	if ((setting.how & SIZE_FITS) != 0 && c.left >= VHOST_HEADER_SIZE) {
		payload = (uint32_t)c.left - VHOST_HEADER_SIZE;
		memcpy(in + 8, &payload, sizeof(payload));
	}
	check_one(in, c.left, setting.n_fds, &limits);
	return 0;
}
