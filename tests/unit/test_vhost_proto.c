#include "switch/ports/vhost-proto.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

enum { N_RINGS = 4, NEED_REPLY = 8 };

static const struct vhost_limits all = { N_RINGS, UINT64_MAX };
static struct vhost_message m;
static struct err err;
static uint8_t data[VHOST_MESSAGE_MAX + 8];
static size_t len;

static void
begin(uint32_t request, uint32_t flags)
{
	const uint32_t header[] = { request, flags, 0 };

	memcpy(data, header, sizeof(header));
	len = sizeof(header);
}

static void
add(const void *p, size_t n)
{
	uint32_t size;

	memcpy(data + len, p, n);
	len += n;
	size = (uint32_t)(len - VHOST_HEADER_SIZE);
	memcpy(data + 8, &size, sizeof(size));
}

static void
add32(uint32_t v)
{
	add(&v, sizeof(v));
}

static void
add64(uint64_t v)
{
	add(&v, sizeof(v));
}

static int
parse(unsigned n_fds)
{
	return vhost_proto_parse(data, len, n_fds, &all, &m, &err);
}

/* A good payload for each request, all of whose octets are zeros but these. */
static const struct shape {
	uint32_t request;
	unsigned size, fds_min, fds_max;
	unsigned at[2]; /* octets that are 1; 0: none, or the first */
	bool first_is_1;
} shapes[] = {
	{ 1, 0, 0, 0, { 0 }, false },
	{ 2, 8, 0, 0, { 0 }, false },
	{ 3, 0, 0, 0, { 0 }, false },
	{ 4, 0, 0, 0, { 0 }, false },
	{ 5, 40, 1, 1, { 16 }, true },
	{ 6, 16, 1, 1, { 0 }, true },
	{ 7, 0, 1, 1, { 0 }, false },
	{ 8, 8, 0, 0, { 4 }, false },
	{ 9, 40, 0, 0, { 0 }, false },
	{ 10, 8, 0, 0, { 0 }, false },
	{ 11, 8, 0, 0, { 0 }, false },
	{ 12, 8, 1, 1, { 0 }, false },
	{ 13, 8, 1, 1, { 0 }, false },
	{ 14, 8, 1, 1, { 0 }, false },
	{ 15, 0, 0, 0, { 0 }, false },
	{ 16, 8, 0, 0, { 0 }, false },
	{ 17, 0, 0, 0, { 0 }, false },
	{ 18, 8, 0, 0, { 0 }, false },
	{ 19, 8, 0, 0, { 0 }, false },
	{ 20, 8, 0, 0, { 0 }, false },
	{ 21, 0, 1, 1, { 0 }, false },
	{ 31, 20, 0, 0, { 16, 18 }, false },
	{ 31, 24, 0, 0, { 16, 18 }, false },
	{ 32, 20, 1, 1, { 16, 18 }, false },
	{ 34, 0, 0, 0, { 0 }, false },
	{ 36, 0, 0, 0, { 0 }, false },
	{ 37, 40, 1, 1, { 16 }, false },
	{ 38, 40, 0, 1, { 16 }, false },
	{ 39, 8, 0, 0, { 0 }, false },
	{ 40, 0, 0, 0, { 0 }, false },
};

static void
shape(const struct shape *s, unsigned size)
{
	uint8_t payload[VHOST_PAYLOAD_MAX] = { s->first_is_1 };

	for (unsigned i = 0; i < 2; i++) {
		if (s->at[i] != 0)
			payload[s->at[i]] = 1;
	}
	begin(s->request, 1);
	add(payload, size);
}

START_TEST(each_message_has_one_length)
{
	const struct shape *s = &shapes[_i];

	shape(s, s->size);
	ck_assert_msg(parse(s->fds_min) == 0, "%s", err.text);
	ck_assert_uint_eq(m.request, s->request);
	ck_assert_uint_eq(m.size, s->size);
	shape(s, s->size + 1);
	ck_assert_int_eq(parse(s->fds_min), -EPROTO);
	if (s->size > 0) {
		shape(s, s->size - 1);
		ck_assert_int_eq(parse(s->fds_min), -EPROTO);
	}
	shape(s, s->size);
	len++; /* more than the header says */
	ck_assert_int_eq(parse(s->fds_min), -EPROTO);
}
END_TEST

START_TEST(each_message_has_its_descriptors)
{
	const struct shape *s = &shapes[_i];

	shape(s, s->size);
	ck_assert_int_eq(parse(s->fds_max), 0);
	ck_assert_uint_eq(m.n_fds, s->request == 38 ? 0 : s->fds_max);
	ck_assert_int_eq(parse(s->fds_max + 1), -EPROTO);
	ck_assert_uint_eq(m.n_fds, 0);
	if (s->fds_min > 0)
		ck_assert_int_eq(parse(s->fds_min - 1), -EPROTO);
}
END_TEST

static const struct {
	uint32_t flags;
	bool good;
} flags[] = {
	{ 1, true },  { 9, true },  { 0, false },    { 2, false },
	{ 3, false }, { 5, false }, { 0x11, false }, { 1U << 31, false }
};

START_TEST(the_header_is_that_of_a_request_of_version_1)
{
	uint32_t size;

	begin(3, flags[_i].flags);
	ck_assert_int_eq(parse(0), flags[_i].good ? 0 : -EPROTO);
	ck_assert_int_eq(vhost_proto_header(data, &size, &err),
			 flags[_i].good ? 0 : -EPROTO);
}
END_TEST

START_TEST(a_payload_has_an_upper_bound)
{
	uint32_t size = VHOST_PAYLOAD_MAX, got;

	begin(2, 1);
	memcpy(data + 8, &size, sizeof(size));
	ck_assert_int_eq(vhost_proto_header(data, &got, &err), 0);
	ck_assert_uint_eq(got, size);
	size++;
	memcpy(data + 8, &size, sizeof(size));
	ck_assert_int_eq(vhost_proto_header(data, &got, &err), -EPROTO);
}
END_TEST

static const struct {
	uint32_t request, index, num;
	bool good;
} states[] = {
	{ 8, 3, 1, true },
	{ 8, 4, 1, false },
	{ 8, 0x10000, 1, false },
	{ 8, 0, 0, false },
	{ 8, 0, 32768, true },
	{ 8, 0, 32769, false },
	{ 8, 0, 65536, false },
	{ 10, 3, UINT32_MAX, true },
	{ 10, 4, 0, false },
	{ 11, 3, 0, true },
	{ 11, UINT32_MAX, 0, false },
	{ 18, 3, 1, true },
	{ 18, 3, 2, false },
	{ 18, 4, 1, false },
};

START_TEST(rings_are_those_that_there_are)
{
	begin(states[_i].request, 1);
	add32(states[_i].index);
	add32(states[_i].num);
	ck_assert_int_eq(parse(0), states[_i].good ? 0 : -EPROTO);
	ck_assert_uint_eq(m.state.index, states[_i].index);
	ck_assert_uint_eq(m.state.num, states[_i].num);
}
END_TEST

static const struct {
	uint64_t word;
	unsigned n_fds;
	bool good;
} ring_fds[] = {
	{ 3, 1, true },		  { 4, 1, false },     { 3, 0, false },
	{ 0x103, 0, true },	  { 0x103, 1, false }, { 0x203, 1, false },
	{ 1ULL << 63, 1, false },
};

START_TEST(a_ring_has_a_descriptor_or_says_that_it_has_none)
{
	for (uint32_t request = 12; request <= 14; request++) {
		begin(request, 1);
		add64(ring_fds[_i].word);
		ck_assert_int_eq(parse(ring_fds[_i].n_fds),
				 ring_fds[_i].good ? 0 : -EPROTO);
		if (ring_fds[_i].good)
			ck_assert(m.ring_fd.has_fd ==
				  (ring_fds[_i].n_fds == 1));
	}
}
END_TEST

static const struct {
	struct vhost_region region;
	bool good;
} regions[] = {
	{ { 0, 1, 0, 0 }, true },
	{ { 0, 0, 0, 0 }, false },
	{ { UINT64_MAX, 1, UINT64_MAX, 1 }, true },
	{ { UINT64_MAX, 2, 0, 0 }, false },
	{ { 0, 2, UINT64_MAX, 0 }, false },
	{ { 0, 2, 0, UINT64_MAX - 2 }, true },
	{ { 0, 2, 0, UINT64_MAX - 1 }, false },
};

START_TEST(a_region_does_not_wrap)
{
	const struct vhost_region *r = &regions[_i].region;
	const uint64_t words[] = { r->guest, r->size, r->user, r->offset };

	begin(VHOST_REQ_ADD_MEM_REG, 1);
	add64(0);
	add(words, sizeof(words));
	ck_assert_int_eq(parse(1), regions[_i].good ? 0 : -EPROTO);
	begin(VHOST_REQ_SET_MEM_TABLE, 1);
	add64(1);
	add(words, sizeof(words));
	ck_assert_int_eq(parse(1), regions[_i].good ? 0 : -EPROTO);
	ck_assert_mem_eq(&m.table.regions[0], r, sizeof(*r));
}
END_TEST

START_TEST(a_table_has_a_descriptor_for_each_of_its_regions)
{
	const uint64_t words[] = { 0, 1, 0, 0 };

	for (unsigned n = 0; n <= VHOST_TABLE_MAX + 1; n++) {
		bool good = n >= 1 && n <= VHOST_TABLE_MAX;

		begin(VHOST_REQ_SET_MEM_TABLE, 1);
		add64(n);
		for (unsigned i = 0; i < n; i++)
			add(words, sizeof(words));
		ck_assert_int_eq(parse(n), good ? 0 : -EPROTO);
		ck_assert_uint_eq(m.n_fds, good ? n : 0);
		ck_assert_int_eq(parse(n + 1), -EPROTO);
	}
}
END_TEST

START_TEST(a_log_does_not_wrap)
{
	for (unsigned past = 0; past < 2; past++) {
		begin(VHOST_REQ_SET_LOG_BASE, 1);
		add64(4096);
		add64(UINT64_MAX - 4096 + past);
		ck_assert_int_eq(parse(1), past == 0 ? 0 : -EPROTO);
	}
}
END_TEST

START_TEST(an_ack_is_for_who_asks_and_gets_no_reply_anyway)
{
	begin(VHOST_REQ_SET_OWNER, 1 | NEED_REPLY);
	ck_assert_int_eq(parse(0), 0);
	ck_assert(m.wants_ack);
	begin(VHOST_REQ_SET_OWNER, 1);
	ck_assert_int_eq(parse(0), 0);
	ck_assert(!m.wants_ack);
	begin(VHOST_REQ_GET_FEATURES, 1 | NEED_REPLY);
	ck_assert_int_eq(parse(0), 0);
	ck_assert(!m.wants_ack);
	begin(77, 1 | NEED_REPLY);
	ck_assert_int_eq(parse(3), -EOPNOTSUPP);
	ck_assert(m.wants_ack);
	ck_assert_uint_eq(m.n_fds, 0);
	ck_assert_ptr_nonnull(strstr(err.text, "request 77"));
}
END_TEST

START_TEST(what_was_not_negotiated_is_not_known)
{
	const struct vhost_limits few = { N_RINGS, VHOST_PROTOCOL_MQ };

	begin(VHOST_REQ_GET_QUEUE_NUM, 1);
	ck_assert_int_eq(vhost_proto_parse(data, len, 0, &few, &m, &err), 0);
	begin(VHOST_REQ_GET_STATUS, 1);
	ck_assert_int_eq(vhost_proto_parse(data, len, 0, &few, &m, &err),
			 -EOPNOTSUPP);
}
END_TEST

START_TEST(replies_answer_their_request)
{
	static const uint32_t want[] = { 11, 5, 8, 2, 1234 };
	const struct vhost_inflight_area area = { 4096, 0, 2, 256 };
	uint8_t reply[VHOST_REPLY_MAX];

	begin(VHOST_REQ_GET_VRING_BASE, 1);
	add32(2);
	add32(0);
	ck_assert_int_eq(parse(0), 0);
	ck_assert_uint_eq(vhost_proto_put_state(reply, &m, 1234), 20);
	ck_assert_mem_eq(reply, want, sizeof(want));
	ck_assert_uint_eq(vhost_proto_put_ack(reply, &m, true), 20);
	ck_assert_uint_eq(reply[12], 0);
	vhost_proto_put_ack(reply, &m, false);
	ck_assert_uint_eq(reply[12], 1);
	ck_assert_uint_eq(vhost_proto_put_empty(reply, &m), 12);
	for (unsigned size = 20; size <= 24; size += 4) {
		shape(&(struct shape){ 31, size, 0, 0, { 16, 18 }, false },
		      size);
		ck_assert_int_eq(parse(0), 0);
		ck_assert_uint_eq(vhost_proto_put_inflight(reply, &m, &area),
				  12 + size);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_message_has_one_length, UNIT_ROWS(shapes) },
		{ each_message_has_its_descriptors, UNIT_ROWS(shapes) },
		{ the_header_is_that_of_a_request_of_version_1,
		  UNIT_ROWS(flags) },
		{ a_payload_has_an_upper_bound, 0 },
		{ rings_are_those_that_there_are, UNIT_ROWS(states) },
		{ a_ring_has_a_descriptor_or_says_that_it_has_none,
		  UNIT_ROWS(ring_fds) },
		{ a_region_does_not_wrap, UNIT_ROWS(regions) },
		{ a_table_has_a_descriptor_for_each_of_its_regions, 0 },
		{ a_log_does_not_wrap, 0 },
		{ an_ack_is_for_who_asks_and_gets_no_reply_anyway, 0 },
		{ what_was_not_negotiated_is_not_known, 0 },
		{ replies_answer_their_request, 0 },
		{ NULL, 0 },
	};

	return unit_run("vhost_proto", tests, NULL, NULL);
}
