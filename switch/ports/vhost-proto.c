#include "switch/ports/vhost-proto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cursor.h"
#include "lib/err.h"

enum {
	FLAG_VERSION = 0x3, /* a mask; the version is 1 */
	FLAG_REPLY = 0x4,
	FLAG_NEED_REPLY = 0x8,
	FLAGS_KNOWN = FLAG_VERSION | FLAG_REPLY | FLAG_NEED_REPLY,
	THE_VERSION = 1,
};

enum {
	REGION_SIZE = 32,
	TABLE_FIXED = 8,	     /* octets before the regions */
	INFLIGHT_SIZE = 20,	     /* as it is specified */
	INFLIGHT_PADDED = 24,	     /* as a compiler lays it out */
	RING_FD_INDEX = 0xff,	     /* bits 0-7 */
	RING_FD_NONE = 0x100,	     /* bit 8 */
	ADDRESS_LOG = 1,	     /* VHOST_VRING_F_LOG */
	TABLE_FDS = VHOST_TABLE_MAX, /* as many as regions */
};

#define SLOTS VHOST_PROTOCOL_CONFIGURE_MEM_SLOTS
#define INFLIGHT VHOST_PROTOCOL_INFLIGHT_SHMFD

/* KNOWN(number, payload, reply, fds_min, fds_max, needs) */
#define KNOWN(name_, payload_, reply_, min, max, needs_)                       \
	[VHOST_REQ_##name_] = { .name = #name_,                                \
				.payload = VHOST_PAYLOAD_##payload_,           \
				.reply = VHOST_REPLY_##reply_,                 \
				.fds_min = (min),                              \
				.fds_max = (max),                              \
				.needs = (needs_),                             \
				.is_known = true }
#define OTHER(number, name_) [number] = { .name = (name_) }

static const struct vhost_message_type types[] = {
	KNOWN(GET_FEATURES, NONE, U64, 0, 0, 0),
	KNOWN(SET_FEATURES, U64, NONE, 0, 0, 0),
	KNOWN(SET_OWNER, NONE, NONE, 0, 0, 0),
	KNOWN(RESET_OWNER, NONE, NONE, 0, 0, 0),
	KNOWN(SET_MEM_TABLE, TABLE, NONE, 1, TABLE_FDS, 0),
	KNOWN(SET_LOG_BASE, LOG, EMPTY, 1, 1, VHOST_PROTOCOL_LOG_SHMFD),
	KNOWN(SET_LOG_FD, NONE, NONE, 1, 1, 0),
	KNOWN(SET_VRING_NUM, STATE, NONE, 0, 0, 0),
	KNOWN(SET_VRING_ADDR, ADDRESSES, NONE, 0, 0, 0),
	KNOWN(SET_VRING_BASE, STATE, NONE, 0, 0, 0),
	KNOWN(GET_VRING_BASE, STATE, STATE, 0, 0, 0),
	KNOWN(SET_VRING_KICK, RING_FD, NONE, 0, 1, 0),
	KNOWN(SET_VRING_CALL, RING_FD, NONE, 0, 1, 0),
	KNOWN(SET_VRING_ERR, RING_FD, NONE, 0, 1, 0),
	KNOWN(GET_PROTOCOL_FEATURES, NONE, U64, 0, 0, 0),
	KNOWN(SET_PROTOCOL_FEATURES, U64, NONE, 0, 0, 0),
	KNOWN(GET_QUEUE_NUM, NONE, U64, 0, 0, VHOST_PROTOCOL_MQ),
	KNOWN(SET_VRING_ENABLE, STATE, NONE, 0, 0, 0),
	KNOWN(SEND_RARP, MAC, NONE, 0, 0, VHOST_PROTOCOL_RARP),
	KNOWN(NET_SET_MTU, U64, NONE, 0, 0, VHOST_PROTOCOL_NET_MTU),
	KNOWN(SET_BACKEND_REQ_FD, NONE, NONE, 1, 1, VHOST_PROTOCOL_BACKEND_REQ),
	OTHER(22, "IOTLB_MSG"),
	OTHER(23, "SET_VRING_ENDIAN"),
	OTHER(24, "GET_CONFIG"),
	OTHER(25, "SET_CONFIG"),
	OTHER(26, "CREATE_CRYPTO_SESSION"),
	OTHER(27, "CLOSE_CRYPTO_SESSION"),
	OTHER(28, "POSTCOPY_ADVISE"),
	OTHER(29, "POSTCOPY_LISTEN"),
	OTHER(30, "POSTCOPY_END"),
	KNOWN(GET_INFLIGHT_FD, INFLIGHT, INFLIGHT, 0, 0, INFLIGHT),
	KNOWN(SET_INFLIGHT_FD, INFLIGHT, NONE, 1, 1, INFLIGHT),
	OTHER(33, "GPU_SET_SOCKET"),
	KNOWN(RESET_DEVICE, NONE, NONE, 0, 0, VHOST_PROTOCOL_RESET_DEVICE),
	OTHER(35, "VRING_KICK"),
	KNOWN(GET_MAX_MEM_SLOTS, NONE, U64, 0, 0, SLOTS),
	KNOWN(ADD_MEM_REG, REGION, NONE, 1, 1, SLOTS),
	/* some send a descriptor for nothing */
	KNOWN(REM_MEM_REG, REGION, NONE, 0, 1, SLOTS),
	KNOWN(SET_STATUS, U64, NONE, 0, 0, VHOST_PROTOCOL_STATUS),
	KNOWN(GET_STATUS, NONE, U64, 0, 0, VHOST_PROTOCOL_STATUS),
	OTHER(41, "GET_SHARED_OBJECT"),
	OTHER(42, "SET_DEVICE_STATE_FD"),
	OTHER(43, "CHECK_DEVICE_STATE"),
};

enum { N_TYPES = sizeof(types) / sizeof(types[0]) };

static const struct vhost_message_type *
find_type(uint32_t request)
{
	return request < N_TYPES && types[request].name != NULL
		   ? &types[request]
		   : NULL;
}

const char *
vhost_proto_name(uint32_t request, char buf[static 24])
{
	const struct vhost_message_type *type = find_type(request);

	if (type != NULL)
		return type->name;
	snprintf(buf, 24, "request %u", (unsigned)request);
	return buf;
}

/* ---- reading ---- */

static uint64_t
host64(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 8);
	uint64_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return v;
}

/* What is wrong with the message, or NULL. */
typedef const char *read_fn(struct cursor *c, const struct vhost_limits *limits,
			    unsigned n_fds, struct vhost_message *m);

static const char *
read_none(struct cursor *c, const struct vhost_limits *limits, unsigned n_fds,
	  struct vhost_message *m)
{
	(void)c;
	(void)limits;
	(void)n_fds;
	(void)m;
	return NULL;
}

static const char *
read_u64(struct cursor *c, const struct vhost_limits *limits, unsigned n_fds,
	 struct vhost_message *m)
{
	(void)limits;
	(void)n_fds;
	m->u64 = host64(c);
	return NULL;
}

static const char *
check_index(uint32_t index, const struct vhost_limits *limits)
{
	return index < limits->n_rings ? NULL : "there is no such ring";
}

static const char *
read_state(struct cursor *c, const struct vhost_limits *limits, unsigned n_fds,
	   struct vhost_message *m)
{
	uint32_t num;

	(void)n_fds;
	m->state.index = cursor_host32(c);
	m->state.num = num = cursor_host32(c);
	if (m->request == VHOST_REQ_SET_VRING_NUM &&
	    (num == 0 || num > VHOST_RING_SIZE_MAX))
		return "a ring has 1 to 32768 descriptors";
	if (m->request == VHOST_REQ_SET_VRING_ENABLE && num > 1)
		return "a ring is enabled by 1 and disabled by 0";
	return check_index(m->state.index, limits);
}

static const char *
read_addresses(struct cursor *c, const struct vhost_limits *limits,
	       unsigned n_fds, struct vhost_message *m)
{
	struct vhost_ring_addresses *a = &m->addresses;
	uint32_t flags;

	(void)n_fds;
	a->index = cursor_host32(c);
	flags = cursor_host32(c);
	a->log_used = (flags & ADDRESS_LOG) != 0;
	a->descriptors = host64(c);
	a->used = host64(c);
	a->available = host64(c);
	a->log = host64(c);
	if ((flags & ~(uint32_t)ADDRESS_LOG) != 0)
		return "unknown flags of a ring's addresses";
	return check_index(a->index, limits);
}

static const char *
read_ring_fd(struct cursor *c, const struct vhost_limits *limits,
	     unsigned n_fds, struct vhost_message *m)
{
	uint64_t word = host64(c);

	m->ring_fd.index = (uint32_t)(word & RING_FD_INDEX);
	m->ring_fd.has_fd = (word & RING_FD_NONE) == 0;
	if ((word & ~(uint64_t)(RING_FD_INDEX | RING_FD_NONE)) != 0)
		return "unknown bits beside a ring's index";
	if (m->ring_fd.has_fd != (n_fds == 1))
		return "a wrong number of descriptors";
	return check_index(m->ring_fd.index, limits);
}

static const char *
read_one_region(struct cursor *c, struct vhost_region *r)
{
	r->guest = host64(c);
	r->size = host64(c);
	r->user = host64(c);
	r->offset = host64(c);
	if (r->size == 0)
		return "a region without octets";
	/* the last octet has an address */
	if (r->size - 1 > UINT64_MAX - r->guest ||
	    r->size - 1 > UINT64_MAX - r->user ||
	    r->size > UINT64_MAX - r->offset)
		return "a region that goes beyond the last address";
	return NULL;
}

static const char *
read_region(struct cursor *c, const struct vhost_limits *limits, unsigned n_fds,
	    struct vhost_message *m)
{
	(void)limits;
	(void)n_fds;
	(void)host64(c); /* padding */
	return read_one_region(c, &m->region);
}

static const char *
read_table(struct cursor *c, const struct vhost_limits *limits, unsigned n_fds,
	   struct vhost_message *m)
{
	uint32_t n = cursor_host32(c);
	const char *wrong = NULL;

	(void)limits;
	(void)cursor_host32(c); /* padding */
	if (n == 0 || n > VHOST_TABLE_MAX)
		return "a table has 1 to 8 regions";
	if (n != n_fds)
		return "a wrong number of descriptors";
	m->table.n = n;
	for (uint32_t i = 0; i < n && wrong == NULL; i++)
		wrong = read_one_region(c, &m->table.regions[i]);
	return wrong;
}

static const char *
read_log(struct cursor *c, const struct vhost_limits *limits, unsigned n_fds,
	 struct vhost_message *m)
{
	(void)limits;
	(void)n_fds;
	m->log.size = host64(c);
	m->log.offset = host64(c);
	if (m->log.size == 0)
		return "a log without octets";
	if (m->log.size > UINT64_MAX - m->log.offset)
		return "a log that goes beyond the last address";
	return NULL;
}

static const char *
read_inflight(struct cursor *c, const struct vhost_limits *limits,
	      unsigned n_fds, struct vhost_message *m)
{
	struct vhost_inflight_area *a = &m->inflight;

	(void)n_fds;
	a->size = host64(c);
	a->offset = host64(c);
	a->n_queues = cursor_host16(c);
	a->queue_size = cursor_host16(c);
	if (m->size == INFLIGHT_PADDED)
		cursor_skip(c, INFLIGHT_PADDED - INFLIGHT_SIZE);
	if (a->n_queues == 0 || a->n_queues > limits->n_rings)
		return "a wrong number of queues";
	if (a->queue_size == 0 || a->queue_size > VHOST_RING_SIZE_MAX)
		return "a ring has 1 to 32768 descriptors";
	if (m->request == VHOST_REQ_SET_INFLIGHT_FD &&
	    a->size > UINT64_MAX - a->offset)
		return "an area that goes beyond the last address";
	return NULL;
}

static const char *
read_mac(struct cursor *c, const struct vhost_limits *limits, unsigned n_fds,
	 struct vhost_message *m)
{
	const uint8_t *p = cursor_bytes(c, 8);

	(void)limits;
	(void)n_fds;
	if (p != NULL)
		m->mac = mac_from_bytes(p);
	return NULL;
}

static read_fn *const readers[] = {
	[VHOST_PAYLOAD_NONE] = read_none,
	[VHOST_PAYLOAD_U64] = read_u64,
	[VHOST_PAYLOAD_STATE] = read_state,
	[VHOST_PAYLOAD_ADDRESSES] = read_addresses,
	[VHOST_PAYLOAD_RING_FD] = read_ring_fd,
	[VHOST_PAYLOAD_TABLE] = read_table,
	[VHOST_PAYLOAD_REGION] = read_region,
	[VHOST_PAYLOAD_LOG] = read_log,
	[VHOST_PAYLOAD_INFLIGHT] = read_inflight,
	[VHOST_PAYLOAD_MAC] = read_mac,
};

static const char *
check_flags(uint32_t flags)
{
	if ((flags & FLAG_VERSION) != THE_VERSION)
		return "another version than 1";
	if ((flags & FLAG_REPLY) != 0)
		return "a reply to nothing";
	if ((flags & ~(uint32_t)FLAGS_KNOWN) != 0)
		return "unknown flags";
	return NULL;
}

int
vhost_proto_header(const uint8_t header[static VHOST_HEADER_SIZE],
		   uint32_t *size, struct err *err)
{
	struct cursor c = cursor_over(header, VHOST_HEADER_SIZE);
	uint32_t request = cursor_host32(&c);
	const char *wrong = check_flags(cursor_host32(&c));
	char name[24];

	*size = cursor_host32(&c);
	if (wrong == NULL && *size > VHOST_PAYLOAD_MAX)
		wrong = "longer than any message";
	if (wrong == NULL)
		return 0;
	return err_set(err, -EPROTO, "%s: %s", vhost_proto_name(request, name),
		       wrong);
}

/* -EPROTO with a text, or 0. */
static int
read_payload(struct cursor *c, const struct vhost_limits *limits,
	     unsigned n_fds, struct vhost_message *m, struct err *err)
{
	const struct vhost_message_type *type = m->type;
	const char *wrong;

	if (n_fds < type->fds_min || n_fds > type->fds_max)
		wrong = "a wrong number of descriptors";
	else
		wrong = readers[type->payload](c, limits, n_fds, m);
	if (!cursor_ok(c) || (wrong == NULL && c->left != 0))
		wrong = "a wrong length";
	if (wrong == NULL)
		return 0;
	return err_set(err, -EPROTO, "%s: %s", type->name, wrong);
}

int
vhost_proto_parse(const uint8_t *data, size_t len, unsigned n_fds,
		  const struct vhost_limits *limits, struct vhost_message *out,
		  struct err *err)
{
	struct cursor c = cursor_over(data, len);
	uint32_t flags, size;
	char name[24];
	int ret;

	memset(out, 0, sizeof(*out));
	if (len < VHOST_HEADER_SIZE)
		return err_set(err, -EPROTO, "a message without a header");
	out->request = cursor_host32(&c);
	flags = cursor_host32(&c);
	out->size = cursor_host32(&c);
	out->type = find_type(out->request);
	out->wants_ack =
	    (flags & FLAG_NEED_REPLY) != 0 &&
	    (out->type == NULL || out->type->reply == VHOST_REPLY_NONE);
	ret = vhost_proto_header(data, &size, err);
	if (ret < 0)
		return ret;
	if (size != c.left)
		return err_set(err, -EPROTO, "%s: a wrong length",
			       vhost_proto_name(out->request, name));
	if (out->type == NULL || !out->type->is_known ||
	    (out->type->needs & ~limits->protocol_features) != 0)
		return err_set(err, -EOPNOTSUPP, "%s: has not been negotiated",
			       vhost_proto_name(out->request, name));
	ret = read_payload(&c, limits, n_fds, out, err);
	/* that of REM_MEM_REG is not used for anything */
	if (ret == 0 && out->request != VHOST_REQ_REM_MEM_REG)
		out->n_fds = (uint8_t)n_fds;
	return ret;
}

/* ---- writing ---- */

static size_t
put(uint8_t *reply, const struct vhost_message *m, const void *payload,
    uint32_t size)
{
	const uint32_t header[] = { m->request, THE_VERSION | FLAG_REPLY,
				    size };

	memcpy(reply, header, VHOST_HEADER_SIZE);
	if (size > 0)
		memcpy(reply + VHOST_HEADER_SIZE, payload, size);
	return VHOST_HEADER_SIZE + size;
}

size_t
vhost_proto_put_u64(uint8_t reply[static VHOST_REPLY_MAX],
		    const struct vhost_message *m, uint64_t value)
{
	return put(reply, m, &value, sizeof(value));
}

size_t
vhost_proto_put_ack(uint8_t reply[static VHOST_REPLY_MAX],
		    const struct vhost_message *m, bool ok)
{
	return vhost_proto_put_u64(reply, m, ok ? 0 : 1);
}

size_t
vhost_proto_put_empty(uint8_t reply[static VHOST_REPLY_MAX],
		      const struct vhost_message *m)
{
	return put(reply, m, NULL, 0);
}

size_t
vhost_proto_put_state(uint8_t reply[static VHOST_REPLY_MAX],
		      const struct vhost_message *m, uint32_t num)
{
	const uint32_t state[] = { m->state.index, num };

	return put(reply, m, state, sizeof(state));
}

size_t
vhost_proto_put_inflight(uint8_t reply[static VHOST_REPLY_MAX],
			 const struct vhost_message *m,
			 const struct vhost_inflight_area *area)
{
	uint8_t payload[INFLIGHT_PADDED] = { 0 };

	memcpy(payload, &area->size, 8);
	memcpy(payload + 8, &area->offset, 8);
	memcpy(payload + 16, &area->n_queues, 2);
	memcpy(payload + 18, &area->queue_size, 2);
	return put(reply, m, payload,
		   m->size == INFLIGHT_SIZE ? INFLIGHT_SIZE : INFLIGHT_PADDED);
}
