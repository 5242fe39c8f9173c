/* What front-ends of vhost-user ports say, message by message. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/err.h"
#include "switch/ports/vhost-features.h"
#include "switch/ports/vhost-proto.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/vhost-rig.h"

#define HIGH(n) ((uint64_t)(n) << 32)
#define V1 VHOST_BIT(VHOST_VERSION_1)

enum {
	N_RINGS = 16, /* eight pairs unless one asks for more */
	NO_FD = 0x100,
	PAGE = RIG_PAGE,
};

static struct front front;

static void
setup(void)
{
	kind_setup();
	front_init(&front);
	front_connect(&front);
}

static void
teardown(void)
{
	front_fini(&front);
	kind_teardown();
}

/* ---- each message by itself ---- */

enum with { NOTHING, AN_EVENTFD, A_FILE, A_PIPE };

enum outcome {
	TAKEN,	  /* an ack, where one is asked for */
	ANSWERED, /* it has a reply of its own */
	REFUSED,  /* no, or the end where no ack is asked for */
	THE_END,
};

/* To a session that has agreed upon all protocol features, and nothing else. */
static const struct message {
	uint32_t request;
	unsigned n_words;
	uint64_t words[FRONT_WORDS_MAX];
	enum with with;
	enum outcome outcome;
	const char *why; /* of the last two */
} messages[] = {
	{ VHOST_REQ_GET_FEATURES, 0, { 0 }, NOTHING, ANSWERED, NULL },
	{ VHOST_REQ_SET_FEATURES, 1, { V1 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_FEATURES, 1, { 0 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_FEATURES,
	  1,
	  { V1 | VHOST_BIT(63) },
	  NOTHING,
	  THE_END,
	  "0x8000000000000000 were not offered" },
	{ VHOST_REQ_SET_OWNER, 0, { 0 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_RESET_OWNER, 0, { 0 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_MEM_TABLE,
	  5,
	  { 1, PAGE, PAGE, 77 * PAGE, 0 },
	  A_FILE,
	  TAKEN,
	  NULL },
	{ VHOST_REQ_SET_MEM_TABLE,
	  5,
	  { 1, PAGE, 3 * PAGE, 77 * PAGE, 0 },
	  A_FILE,
	  THE_END,
	  "SET_MEM_TABLE: " },
	{ VHOST_REQ_SET_MEM_TABLE,
	  5,
	  { 1, PAGE, PAGE, 77 * PAGE, 0 },
	  A_PIPE,
	  THE_END,
	  "SET_MEM_TABLE: " },
	{ VHOST_REQ_SET_LOG_BASE, 2, { PAGE, PAGE }, A_FILE, ANSWERED, NULL },
	{ VHOST_REQ_SET_LOG_BASE,
	  2,
	  { PAGE, 2 * PAGE },
	  A_FILE,
	  THE_END,
	  "SET_LOG_BASE: " },
	{ VHOST_REQ_SET_LOG_FD, 0, { 0 }, AN_EVENTFD, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_NUM, 1, { 1 | HIGH(1) }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_NUM,
	  1,
	  { (N_RINGS - 1) | HIGH(32768) },
	  NOTHING,
	  TAKEN,
	  NULL },
	{ VHOST_REQ_SET_VRING_NUM,
	  1,
	  { HIGH(32769) },
	  NOTHING,
	  THE_END,
	  "1 to 32768" },
	{ VHOST_REQ_SET_VRING_NUM,
	  1,
	  { N_RINGS | HIGH(64) },
	  NOTHING,
	  THE_END,
	  "no such ring" },
	{ VHOST_REQ_SET_VRING_ADDR, 5, { 1 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_ADDR,
	  5,
	  { 1 | HIGH(2) },
	  NOTHING,
	  THE_END,
	  "unknown flags" },
	{ VHOST_REQ_SET_VRING_BASE,
	  1,
	  { 1 | HIGH(0xffffffff) },
	  NOTHING,
	  TAKEN,
	  NULL },
	{ VHOST_REQ_GET_VRING_BASE, 1, { 1 }, NOTHING, ANSWERED, NULL },
	{ VHOST_REQ_SET_VRING_KICK, 1, { 1 }, AN_EVENTFD, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_KICK, 1, { 1 | NO_FD }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_KICK,
	  1,
	  { 1 },
	  A_PIPE,
	  THE_END,
	  "ring 1: the descriptor for kicks is no eventfd" },
	{ VHOST_REQ_SET_VRING_KICK, 1, { 1 }, A_FILE, THE_END, "no eventfd" },
	{ VHOST_REQ_SET_VRING_KICK,
	  1,
	  { 1 },
	  NOTHING,
	  THE_END,
	  "wrong number of descriptors" },
	{ VHOST_REQ_SET_VRING_CALL, 1, { 0 }, AN_EVENTFD, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_CALL, 1, { NO_FD }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_CALL,
	  1,
	  { 0 },
	  A_PIPE,
	  THE_END,
	  "ring 0: the descriptor for calls is no eventfd" },
	{ VHOST_REQ_SET_VRING_ERR, 1, { 0 }, AN_EVENTFD, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_ERR, 1, { NO_FD }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_GET_PROTOCOL_FEATURES, 0, { 0 }, NOTHING, ANSWERED, NULL },
	{ VHOST_REQ_SET_PROTOCOL_FEATURES,
	  1,
	  { VHOST_PROTOCOL_REPLY_ACK },
	  NOTHING,
	  TAKEN,
	  NULL },
	{ VHOST_REQ_SET_PROTOCOL_FEATURES,
	  1,
	  { VHOST_PROTOCOL_BACKEND_REQ },
	  NOTHING,
	  THE_END,
	  "protocol features 0x20 were not offered" },
	{ VHOST_REQ_GET_QUEUE_NUM, 0, { 0 }, NOTHING, ANSWERED, NULL },
	{ VHOST_REQ_SET_VRING_ENABLE, 1, { HIGH(1) }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_ENABLE, 1, { HIGH(0) }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_VRING_ENABLE,
	  1,
	  { HIGH(2) },
	  NOTHING,
	  THE_END,
	  "enabled by 1" },
	{ VHOST_REQ_SEND_RARP, 1, { 0x060504030202 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_NET_SET_MTU, 1, { 65535 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_NET_SET_MTU,
	  1,
	  { 65536 },
	  NOTHING,
	  THE_END,
	  "no network has an MTU of 65536" },
	{ 21, 0, { 0 }, AN_EVENTFD, REFUSED, "not been negotiated" },
	{ 22, 1, { 0 }, NOTHING, REFUSED, "IOTLB_MSG: has not been" },
	{ VHOST_REQ_GET_INFLIGHT_FD,
	  3,
	  { 0, 0, 2 | 64 << 16 },
	  NOTHING,
	  ANSWERED,
	  NULL },
	{ VHOST_REQ_SET_INFLIGHT_FD,
	  3,
	  { 2 * PAGE, 0, 1 | 64 << 16 },
	  A_FILE,
	  TAKEN,
	  NULL },
	{ VHOST_REQ_SET_INFLIGHT_FD,
	  3,
	  { 2 * PAGE, 0, 16 | 32768U << 16 },
	  A_FILE,
	  THE_END,
	  "SET_INFLIGHT_FD: " },
	{ VHOST_REQ_RESET_DEVICE, 0, { 0 }, NOTHING, TAKEN, NULL },
	{ 35, 0, { 0 }, NOTHING, REFUSED, "VRING_KICK" },
	{ VHOST_REQ_GET_MAX_MEM_SLOTS, 0, { 0 }, NOTHING, ANSWERED, NULL },
	{ VHOST_REQ_ADD_MEM_REG,
	  5,
	  { 0, PAGE, PAGE, 77 * PAGE, PAGE },
	  A_FILE,
	  TAKEN,
	  NULL },
	{ VHOST_REQ_ADD_MEM_REG,
	  5,
	  { 0, PAGE, PAGE, 77 * PAGE, 2 * PAGE },
	  A_FILE,
	  THE_END,
	  "ADD_MEM_REG: " },
	{ VHOST_REQ_REM_MEM_REG,
	  5,
	  { 0, PAGE, PAGE, 77 * PAGE, 0 },
	  NOTHING,
	  THE_END,
	  "there is no region of memory" },
	{ VHOST_REQ_SET_STATUS, 1, { 255 }, NOTHING, TAKEN, NULL },
	{ VHOST_REQ_SET_STATUS,
	  1,
	  { 256 },
	  NOTHING,
	  THE_END,
	  "a status of 0x100" },
	{ VHOST_REQ_GET_STATUS, 0, { 0 }, NOTHING, ANSWERED, NULL },
	{ 1000, 0, { 0 }, NOTHING, REFUSED, "request 1000" },
};

/* Says it, with one descriptor of the kind, or none. */
static void
say(const struct message *m, uint32_t flags)
{
	struct saying s = { .request = m->request | flags << 16,
			    .n_words = m->n_words };
	int fds[2] = { -1, -1 };

	memcpy(s.words, m->words, sizeof(s.words));
	if (m->with == AN_EVENTFD)
		fds[0] = eventfd(0, EFD_CLOEXEC);
	else if (m->with == A_FILE)
		fds[0] = memory_rig_file(2 * PAGE);
	else if (m->with == A_PIPE)
		ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	s.fds[0] = fds[0];
	s.n_fds = m->with != NOTHING;
	front_say(&front, &s);
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static void
check_end(const char *why)
{
	uint64_t words[FRONT_WORDS_MAX];

	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_msg(strstr(rig.last_reason, why) != NULL,
		      "\"%s\", not \"%s\"", rig.last_reason, why);
	ck_assert_int_eq(front_hear(&front, 0, words), -1);
}

static bool
is_still_there(void)
{
	return front_is_alive(&front) && rig.n_removed == 0;
}

START_TEST(a_message_has_its_outcome)
{
	const struct message *m = &messages[_i];
	uint64_t words[FRONT_WORDS_MAX];

	front_negotiate(&front, 0);
	say(m, 0);
	if (m->outcome == ANSWERED)
		ck_assert_int_ge(front_hear(&front, m->request, words), 0);
	if (m->outcome == TAKEN || m->outcome == ANSWERED)
		ck_assert_msg(is_still_there(), "%s", rig.last_reason);
	else
		check_end(m->why);
}
END_TEST

START_TEST(who_asks_for_an_ack_gets_one)
{
	const struct message *m = &messages[_i];
	uint64_t words[FRONT_WORDS_MAX];

	front_negotiate(&front, 0);
	say(m, FRONT_NEED_REPLY);
	if (m->outcome == THE_END) {
		check_end(m->why);
		return;
	}
	if (m->outcome == ANSWERED) {
		ck_assert_int_ge(front_hear(&front, m->request, words), 0);
	} else {
		ck_assert_int_eq(front_hear(&front, m->request, words), 8);
		ck_assert_uint_eq(words[0], m->outcome == REFUSED);
	}
	ck_assert(is_still_there());
}
END_TEST

/* ---- what replies say ---- */

START_TEST(what_is_offered_is_told)
{
	const struct vhost_offer all = { true, true, true };

	ck_assert_uint_eq(front_ask(&front, VHOST_REQ_GET_FEATURES),
			  vhost_features_offered(&all));
	ck_assert_uint_eq(front_ask(&front, VHOST_REQ_GET_PROTOCOL_FEATURES),
			  vhost_features_protocol(&all));
}
END_TEST

/* What the parser lets through depends on what was agreed upon. */
START_TEST(what_was_not_agreed_upon_is_not_answered)
{
	front_say(&front,
		  &(struct saying){ .request = VHOST_REQ_GET_QUEUE_NUM });
	check_end("GET_QUEUE_NUM: has not been negotiated");
}
END_TEST

START_TEST(numbers_that_were_told_are_answered)
{
	uint64_t words[FRONT_WORDS_MAX];

	front_negotiate(&front, 0);
	ck_assert_uint_eq(front_ask(&front, VHOST_REQ_GET_QUEUE_NUM),
			  N_RINGS / 2);
	ck_assert_uint_ge(front_ask(&front, VHOST_REQ_GET_MAX_MEM_SLOTS), 8);
	front_tell(&front, VHOST_REQ_SET_STATUS, 1, 0xa5, 0);
	ck_assert_uint_eq(front_ask(&front, VHOST_REQ_GET_STATUS), 0xa5);
	front_tell(&front, VHOST_REQ_SET_VRING_BASE, 1, 3 | HIGH(77), 0);
	front_say(&front, &(struct saying){
			      VHOST_REQ_GET_VRING_BASE, 1, { 3 }, 0, { 0 } });
	ck_assert_int_eq(front_hear(&front, VHOST_REQ_GET_VRING_BASE, words),
			 8);
	ck_assert_uint_eq(words[0], 3 | HIGH(77));
}
END_TEST

START_TEST(a_reset_device_has_no_status_and_no_rings)
{
	front_negotiate(&front, V1);
	front_tell(&front, VHOST_REQ_SET_STATUS, 1, 0xf, 0);
	front_share(&front);
	front_start(&front);
	RIG_UNTIL(&rig, !front.port->no_carrier);
	front_tell(&front, VHOST_REQ_RESET_DEVICE, 0, 0, 0);
	ck_assert_uint_eq(front_ask(&front, VHOST_REQ_GET_STATUS), 0);
	ck_assert(front.port->no_carrier);
	ck_assert(kind_shows(front.port, "{'queues':[]}"));
	/* and can be started again */
	front_start(&front);
	ck_assert(!front.port->no_carrier);
}
END_TEST

/* Its answer has the descriptor of an area as large as it says. */
START_TEST(an_area_for_what_is_under_way_is_made)
{
	uint64_t words[FRONT_WORDS_MAX];

	front_negotiate(&front, 0);
	front_say(&front, &(struct saying){ VHOST_REQ_GET_INFLIGHT_FD,
					    3,
					    { 0, 0, 2 | 64 << 16 },
					    0,
					    { 0 } });
	ck_assert_int_eq(front_hear(&front, VHOST_REQ_GET_INFLIGHT_FD, words),
			 24);
	ck_assert_uint_ge(words[0], 2 * vring_inflight_size(64));
	ck_assert_uint_eq(words[1], 0);
	ck_assert_uint_eq(words[2], 2 | 64 << 16);
}
END_TEST

/* ---- order ---- */

static const struct {
	struct message m;
	const char *why;
} too_late[] = {
	{ { VHOST_REQ_SET_VRING_NUM, 1, { HIGH(32) }, NOTHING, 0, NULL },
	  "ring 0: another size while it runs" },
	{ { VHOST_REQ_SET_VRING_BASE, 1, { 1 }, NOTHING, 0, NULL },
	  "ring 1: another base while it runs" },
	{ { VHOST_REQ_SET_FEATURES, 1, { 0 }, NOTHING, 0, NULL },
	  "other features while rings are running" },
	{ { VHOST_REQ_SET_INFLIGHT_FD,
	    3,
	    { 2 * PAGE, 0, 1 | 64 << 16 },
	    A_FILE,
	    0,
	    NULL },
	  "another inflight area while rings are running" },
	{ { VHOST_REQ_SET_VRING_ADDR, 5, { 0 }, NOTHING, 0, NULL },
	  "ring 0: its descriptors are outside" },
	{ { VHOST_REQ_SET_MEM_TABLE,
	    5,
	    { 1, PAGE, PAGE, 77 * PAGE, 0 },
	    A_FILE,
	    0,
	    NULL },
	  "are outside of the guest's memory" },
};

START_TEST(what_would_pull_a_ring_from_under_us_ends_the_session)
{
	front_negotiate(&front, V1);
	front_share(&front);
	front_start(&front);
	say(&too_late[_i].m, _i % 2 == 0 ? FRONT_NEED_REPLY : 0);
	check_end(too_late[_i].why);
}
END_TEST

START_TEST(a_ring_that_has_stopped_takes_all_of_that)
{
	front_negotiate(&front, V1);
	front_share(&front);
	front_start(&front);
	for (unsigned i = 0; i < FRONT_RINGS; i++) {
		uint64_t words[FRONT_WORDS_MAX];

		front_say(&front,
			  &(struct saying){
			      VHOST_REQ_GET_VRING_BASE, 1, { i }, 0, { 0 } });
		ck_assert_int_eq(
		    front_hear(&front, VHOST_REQ_GET_VRING_BASE, words), 8);
	}
	ck_assert(front.port->no_carrier);
	for (int i = 0; i < 4; i++)
		say(&too_late[i].m, 0);
	ck_assert(is_still_there());
}
END_TEST

/* Whatever comes last: the ring runs when all is there. */
START_TEST(a_ring_may_be_described_in_any_order)
{
	struct saying addresses;
	struct message kick = {
		VHOST_REQ_SET_VRING_KICK, 1, { 0 }, AN_EVENTFD, 0, NULL
	};

	front_negotiate(&front, V1);
	front_tell(&front, VHOST_REQ_SET_VRING_ENABLE, 1, HIGH(1), 0);
	say(&kick, 0);
	addresses = front_addresses(&front, 0, 0);
	front_say(&front, &addresses);
	front_tell(&front, VHOST_REQ_SET_VRING_NUM, 1, HIGH(64), 0);
	ck_assert(front.port->no_carrier);
	/* its second region has the ring */
	front_share(&front);
	ck_assert(is_still_there());
	ck_assert(!front.port->no_carrier);
}
END_TEST

/* Those that know nothing of enabling have rings that are from the start. */
START_TEST(without_protocol_features_a_ring_is_enabled_once_it_runs)
{
	uint64_t features = _i == 0 ? V1 : V1 | VHOST_BIT(30);
	struct message kick = {
		VHOST_REQ_SET_VRING_KICK, 1, { 0 }, AN_EVENTFD, 0, NULL
	};
	struct saying addresses = front_addresses(&front, 0, 0);

	front_negotiate(&front, features);
	front_share(&front);
	front_tell(&front, VHOST_REQ_SET_VRING_NUM, 1, HIGH(64), 0);
	front_say(&front, &addresses);
	say(&kick, 0);
	ck_assert(is_still_there());
	ck_assert(front.port->no_carrier == (_i == 1));
	front_tell(&front, VHOST_REQ_SET_VRING_ENABLE, 1, HIGH(1), 0);
	ck_assert(!front.port->no_carrier);
	front_tell(&front, VHOST_REQ_SET_VRING_ENABLE, 1, HIGH(0), 0);
	ck_assert(front.port->no_carrier);
}
END_TEST

START_TEST(a_split_ring_does_not_go_on_beyond_its_counter)
{
	uint64_t base = _i == 0 ? 0xffff : 0x10000;
	struct message kick = {
		VHOST_REQ_SET_VRING_KICK, 1, { 0 }, AN_EVENTFD, 0, NULL
	};
	struct saying addresses = front_addresses(&front, 0, 0);

	/* both sides' indexes, as far as they have got */
	memset(front.rings[0]->ours + 2, 0xff, 2);
	memset(front.rings[0]->theirs + 2, 0xff, 2);
	front_negotiate(&front, V1);
	front_share(&front);
	front_tell(&front, VHOST_REQ_SET_VRING_NUM, 1, HIGH(64), 0);
	front_tell(&front, VHOST_REQ_SET_VRING_BASE, 1, HIGH(base), 0);
	front_say(&front, &addresses);
	say(&kick, 0);
	if (_i == 0)
		ck_assert_msg(is_still_there(), "%s", rig.last_reason);
	else
		check_end("ring 0: no split ring goes on at 65536");
}
END_TEST

/* ---- ends ---- */

START_TEST(a_front_end_that_goes_takes_its_port_along)
{
	front_negotiate(&front, V1);
	front_share(&front);
	if (_i == 1)
		front_start(&front);
	front_close(&front);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_str_eq(rig.last_reason,
			 "the front-end closed its connection");
}
END_TEST

START_TEST(what_is_no_message_costs_the_port)
{
	front_say(&front, &(struct saying){ .request = 1 | 4U << 16 });
	check_end("GET_FEATURES: a reply to nothing");
}
END_TEST

/* There is no message with so many; they are closed, which rig_down() sees. */
START_TEST(a_message_with_too_many_descriptors_costs_the_port)
{
	struct saying s = { .request = VHOST_REQ_GET_FEATURES,
			    .n_fds = FRONT_FDS_MAX };

	for (unsigned i = 0; i < s.n_fds; i++)
		s.fds[i] = front.kicks[0];
	front_say(&front, &s);
	check_end("GET_FEATURES: a wrong number of descriptors");
}
END_TEST

START_TEST(rings_that_come_and_go_leave_nothing_behind)
{
	unsigned n;

	front_negotiate(&front, V1);
	front_share(&front);
	n = memory_rig_fds();
	for (int i = 0; i < 3; i++) {
		front_start(&front);
		front_tell(&front, VHOST_REQ_RESET_DEVICE, 0, 0, 0);
		ck_assert_uint_eq(memory_rig_fds(), n);
	}
	ck_assert_uint_gt(memory_rig_pages(), front.memory_size / RIG_PAGE);
	front_close(&front);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_uint_eq(memory_rig_pages(), front.memory_size / RIG_PAGE);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_message_has_its_outcome, UNIT_ROWS(messages) },
		{ who_asks_for_an_ack_gets_one, UNIT_ROWS(messages) },
		{ what_is_offered_is_told, 0 },
		{ what_was_not_agreed_upon_is_not_answered, 0 },
		{ numbers_that_were_told_are_answered, 0 },
		{ a_reset_device_has_no_status_and_no_rings, 0 },
		{ an_area_for_what_is_under_way_is_made, 0 },
		{ what_would_pull_a_ring_from_under_us_ends_the_session,
		  UNIT_ROWS(too_late) },
		{ a_ring_that_has_stopped_takes_all_of_that, 0 },
		{ a_ring_may_be_described_in_any_order, 0 },
		{ without_protocol_features_a_ring_is_enabled_once_it_runs, 2 },
		{ a_split_ring_does_not_go_on_beyond_its_counter, 2 },
		{ a_front_end_that_goes_takes_its_port_along, 2 },
		{ what_is_no_message_costs_the_port, 0 },
		{ a_message_with_too_many_descriptors_costs_the_port, 0 },
		{ rings_that_come_and_go_leave_nothing_behind, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_vhost", tests, setup, teardown);
}
