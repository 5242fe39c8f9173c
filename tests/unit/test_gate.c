#include "tools/slirp/gate.h"

#include <string.h>

#include "tests/unit/unit.h"

enum { HOST = 0x0a000202, GUEST = 0x0a00020f };

static struct gate gate;
static uint8_t frame[GATE_FRAME_LEN];

static void
set_up(void)
{
	gate_init(&gate, HOST, GUEST);
}

/* The guest's answer to what was asked. */
static const uint8_t answer[GATE_FRAME_LEN] = {
	0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, /* to the host */
	0x52, 0x54, 0x00, 0x12, 0x00, 0x01, /* from the guest */
	0x08, 0x06,			    /* ARP */
	0x00, 0x01,			    /* Ethernet */
	0x08, 0x00,			    /* IPv4 */
	0x06, 0x04,			    /* lengths */
	0x00, 0x02,			    /* reply */
	0x52, 0x54, 0x00, 0x12, 0x00, 0x01, 0x0a, 0x00, 0x02, 0x0f,
	0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, 0x0a, 0x00, 0x02, 0x02,
};

START_TEST(the_guest_is_not_asked_while_nobody_waits)
{
	gate_called(&gate, false, 1000);
	ck_assert(gate_watches(&gate));
	ck_assert(!gate_ask(&gate, 1000000, frame));
	ck_assert_uint_eq(gate_timeout_ms(&gate, 1000), UINT32_MAX);
	gate_see(&gate, answer, sizeof(answer));
	ck_assert_int_eq(gate.state, GATE_IDLE);
}
END_TEST

START_TEST(a_caller_makes_it_ask_at_once_and_then_every_ask_ms)
{
	gate_called(&gate, true, 1000);
	ck_assert(!gate_watches(&gate));
	ck_assert_uint_eq(gate_timeout_ms(&gate, 1000), 0);
	ck_assert(gate_ask(&gate, 1000, frame));
	ck_assert_uint_eq(gate_timeout_ms(&gate, 1000), GATE_ASK_MS);
	ck_assert(!gate_ask(&gate, 1000 + GATE_ASK_MS - 1, frame));
	ck_assert_uint_eq(gate_timeout_ms(&gate, 1000 + GATE_ASK_MS - 1), 1);
	ck_assert_uint_eq(gate_timeout_ms(&gate, 1000 + GATE_ASK_MS), 0);
	ck_assert_uint_eq(gate_timeout_ms(&gate, 9999), 0);
	ck_assert(gate_ask(&gate, 1000 + GATE_ASK_MS, frame));
}
END_TEST

START_TEST(the_question_is_an_arp_request_from_the_host)
{
	static const uint8_t want[GATE_FRAME_LEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* to everybody */
		0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, /* from the host */
		0x08, 0x06,			    /* ARP */
		0x00, 0x01,			    /* Ethernet */
		0x08, 0x00,			    /* IPv4 */
		0x06, 0x04,			    /* lengths */
		0x00, 0x01,			    /* request */
		0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, /* by */
		0x0a, 0x00, 0x02, 0x02,		    /* 10.0.2.2 */
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* for */
		0x0a, 0x00, 0x02, 0x0f,		    /* 10.0.2.15 */
	};

	gate_called(&gate, true, 0);
	ck_assert(gate_ask(&gate, 0, frame));
	ck_assert_mem_eq(frame, want, sizeof(want));
}
END_TEST

START_TEST(the_answer_opens_it_for_one_turn)
{
	gate_called(&gate, true, 0);
	gate_see(&gate, answer, sizeof(answer));
	ck_assert_int_eq(gate.state, GATE_OPEN);
	ck_assert(gate_watches(&gate));
	ck_assert_uint_eq(gate_timeout_ms(&gate, 0), UINT32_MAX);
	gate_called(&gate, true, 1);
	ck_assert_int_eq(gate.state, GATE_IDLE);
	/* the next caller's guest may be another one */
	gate_called(&gate, true, 2);
	ck_assert_int_eq(gate.state, GATE_ASKING);
	ck_assert(gate_ask(&gate, 2, frame));
}
END_TEST

/* What differs from the answer in one octet, or is cut, is none. */
static const struct {
	size_t at;
	uint8_t value;
	size_t len;
} others[] = {
	{ 12, 0x86, GATE_FRAME_LEN }, /* not ARP */
	{ 13, 0x00, GATE_FRAME_LEN },
	{ 21, 0x01, GATE_FRAME_LEN }, /* a request */
	{ 31, 0x10, GATE_FRAME_LEN }, /* of another address */
	{ 0, 0x52, 31 },	      /* ends amid the address */
	{ 0, 0x52, 0 },
};

START_TEST(nothing_else_opens_it)
{
	memcpy(frame, answer, sizeof(frame));
	frame[others[_i].at] = others[_i].value;
	gate_called(&gate, true, 0);
	gate_see(&gate, frame, others[_i].len);
	ck_assert_int_eq(gate.state, GATE_ASKING);
}
END_TEST

START_TEST(an_answer_needs_no_more_than_the_address)
{
	gate_called(&gate, true, 0);
	gate_see(&gate, answer, 32);
	ck_assert_int_eq(gate.state, GATE_OPEN);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_guest_is_not_asked_while_nobody_waits, 0 },
		{ a_caller_makes_it_ask_at_once_and_then_every_ask_ms, 0 },
		{ the_question_is_an_arp_request_from_the_host, 0 },
		{ the_answer_opens_it_for_one_turn, 0 },
		{ nothing_else_opens_it, UNIT_ROWS(others) },
		{ an_answer_needs_no_more_than_the_address, 0 },
		{ NULL, 0 },
	};

	return unit_run("gate", tests, set_up, NULL);
}
