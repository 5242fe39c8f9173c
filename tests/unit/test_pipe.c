/* The plugin `pipe`; the test is its program. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "plugins/pipe/pipe-proto.h"
#include "plugins/pipe/pipe-queue.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/unit.h"

#define MS UINT64_C(1000000)
#define ARGV "\"argv\": [\"prog\", \"a b\"]"

extern const struct vl_plugin vl_plugin;

static struct fake_host *host;
static uint32_t lab, a, b;
static int fd = -1; /* the program's */

/* What the program was sent last. */
static struct {
	char type, stage;
	uint32_t id, port, len;
	uint64_t time_ns;
	uint8_t data[65550 + 1];
} heard;

static void
setup(void)
{
	host = fake_host_new();
	lab = fake_segment_add(host, "lab");
	a = fake_port_add(host, lab, "client.eth1");
	b = fake_port_add(host, lab, "server.eth1");
}

static void
teardown(void)
{
	fake_host_free(host);
}

static int
try_start(const char *options, char error[256])
{
	return fake_start(host, &vl_plugin, options, error, 256);
}

static void
start(const char *more)
{
	char error[256] = "", options[256];

	snprintf(options, sizeof(options), "{" ARGV "%s}", more);
	ck_assert_msg(try_start(options, error) == 0, "%s", error);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

/* Return: was there a message? */
static bool
hear(void)
{
	uint8_t header[PIPE_HEADER_LEN];
	struct iovec iov[2] = { { header, sizeof(header) },
				{ heard.data, sizeof(heard.data) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return false;
	ck_assert_int_ge(n, PIPE_HEADER_LEN);
	ck_assert_uint_eq(header[0], 1);
	ck_assert_uint_eq(header[3], 0);
	heard.type = (char)header[1];
	heard.stage = (char)header[2];
	heard.id = get32(header + 4);
	heard.port = get32(header + 8);
	heard.len = get32(header + 12);
	heard.time_ns = (uint64_t)get32(header + 16) << 32 | get32(header + 20);
	ck_assert_uint_eq(heard.len, (size_t)n - PIPE_HEADER_LEN);
	heard.data[heard.len] = '\0';
	return true;
}

static void
hear_a(char type)
{
	ck_assert(hear());
	ck_assert_int_eq(heard.type, type);
}

static void
io(void)
{
	while (fake_io(host))
		;
}

/* Run it, and take what it is told first. */
static void
run(void)
{
	fd = fake_program_run(host);
	hear_a('H');
	hear_a('P');
	hear_a('P');
}

static void
start_and_run(const char *more)
{
	start(more);
	run();
}

static void
say(char type, uint32_t id, const void *data, uint32_t len)
{
	uint8_t message[PIPE_MESSAGE_MAX + 1];

	pipe_proto_write(
	    message, &(struct pipe_message){
			 .type = (enum pipe_type)type, .id = id, .len = len });
	memcpy(message + PIPE_HEADER_LEN, data, len);
	ck_assert_int_gt(send(fd, message, PIPE_HEADER_LEN + len, 0), 0);
}

static void
answer(char type, uint32_t id)
{
	say(type, id, "", 0);
	io();
}

/* A frame of 60 octets whose 14th is @seq. */
static struct fake_fate
push(uint32_t in, uint32_t out, uint8_t seq)
{
	uint8_t octets[60] = { [14] = seq };
	struct fake_frame frame = { octets, sizeof(octets) };

	return fake_push(host, in, out, &frame);
}

static void
assert_asked(uint32_t in, uint8_t seq)
{
	ck_assert_int_eq(push(in, VL_PORT_FLOOD, seq).verdict, VL_STOLEN);
	hear_a('F');
	ck_assert_uint_eq(heard.data[14], seq);
}

static void
assert_out(size_t i, enum fake_way way, uint8_t seq)
{
	const struct fake_out *out;

	ck_assert_uint_lt(i, fake_n_outs(host));
	out = fake_out(host, i);
	ck_assert_int_eq(out->way, way);
	ck_assert_uint_eq(out->data[14], seq);
}

static void
assert_ends(const char *reason)
{
	const char *given = fake_program_restart_reason(host);

	ck_assert_msg(given != NULL && strstr(given, reason) != NULL,
		      "\"%s\" says not \"%s\"", given != NULL ? given : "",
		      reason);
}

/* ---- what the program hears ---- */

START_TEST(a_program_is_told_who_is_there)
{
	uint32_t c;

	start("");
	ck_assert_str_eq(fake_program_argv(host)[0], "prog");
	ck_assert_str_eq(fake_program_argv(host)[1], "a b");
	ck_assert_ptr_null(fake_program_argv(host)[2]);
	fd = fake_program_run(host);
	hear_a('H');
	ck_assert_str_eq((char *)heard.data, "pipe");
	hear_a('P');
	ck_assert_uint_eq(heard.port, a);
	ck_assert_str_eq((char *)heard.data, "lab client.eth1");
	hear_a('P');
	ck_assert_uint_eq(heard.port, b);
	c = fake_port_add(host, lab, "third");
	hear_a('P');
	ck_assert_uint_eq(heard.port, c);
	fake_port_del(host, a);
	hear_a('G');
	ck_assert_uint_eq(heard.port, a);
	ck_assert_uint_eq(heard.len, 0);
	ck_assert(!hear());
}
END_TEST

START_TEST(the_next_program_is_told_anew)
{
	start_and_run("");
	fake_port_add(host, lab, "third");
	hear_a('P');
	fake_program_end(host, "exit status 1");
	fake_port_del(host, b);
	fake_port_add(host, lab, "comes and goes");
	fake_port_del(host, 3);
	fd = fake_program_run(host);
	hear_a('H');
	hear_a('P');
	ck_assert_str_eq((char *)heard.data, "lab client.eth1");
	hear_a('P');
	ck_assert_str_eq((char *)heard.data, "lab third");
	ck_assert(!hear());
}
END_TEST

START_TEST(a_frame_is_asked_about_whole)
{
	static uint8_t octets[65550];
	struct fake_frame frame = { octets, sizeof(octets) };

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 7);
	start_and_run("");
	ck_assert_int_eq(fake_push(host, b, a, &frame).verdict, VL_STOLEN);
	hear_a('F');
	ck_assert_int_eq(heard.stage, 'i');
	ck_assert_uint_eq(heard.port, b);
	ck_assert_uint_eq(heard.len, sizeof(octets));
	ck_assert_uint_eq(heard.time_ns,
			  fake_now_ns(host) + FAKE_WALL_OFFSET_NS);
	ck_assert_int_eq(memcmp(heard.data, octets, sizeof(octets)), 0);
	answer('p', heard.id);
	ck_assert_uint_eq(fake_out(host, 0)->len, sizeof(octets));
}
END_TEST

/* ---- answers ---- */

START_TEST(pass_lets_it_go_on)
{
	start_and_run("");
	assert_asked(a, 1);
	answer('p', heard.id);
	assert_out(0, FAKE_RESUMED, 1);
	ck_assert_uint_eq(fake_counter(host, "passed"), 1);
}
END_TEST

START_TEST(drop_drops_it)
{
	start_and_run("");
	assert_asked(a, 1);
	answer('d', heard.id);
	assert_out(0, FAKE_DISCARDED, 1);
	ck_assert_int_eq(fake_out(host, 0)->verdict, VL_DROP);
	ck_assert_uint_eq(fake_counter(host, "dropped"), 1);
}
END_TEST

static const uint32_t lengths[] = { 14, 59, 60, 61, 1514, 65550 };

START_TEST(changed_gives_it_other_octets)
{
	static uint8_t octets[65550];

	memset(octets, 0xa5, sizeof(octets));
	start_and_run("");
	assert_asked(a, 1);
	say('c', heard.id, octets, lengths[_i]);
	io();
	ck_assert_int_eq(fake_out(host, 0)->way, FAKE_RESUMED);
	ck_assert_uint_eq(fake_out(host, 0)->len, lengths[_i]);
	ck_assert_int_eq(memcmp(fake_out(host, 0)->data, octets, lengths[_i]),
			 0);
	ck_assert_uint_eq(fake_counter(host, "changed"), 1);
}
END_TEST

START_TEST(frames_of_a_port_keep_their_order)
{
	uint32_t ids[4];

	start_and_run("");
	for (uint8_t i = 0; i < 3; i++) {
		assert_asked(a, i);
		ids[i] = heard.id;
	}
	assert_asked(b, 3);
	ids[3] = heard.id;
	answer('p', ids[2]);
	answer('d', ids[1]);
	ck_assert_uint_eq(fake_n_outs(host), 0);
	answer('p', ids[3]); /* another port does not wait */
	assert_out(0, FAKE_RESUMED, 3);
	answer('p', ids[0]);
	assert_out(1, FAKE_RESUMED, 0);
	assert_out(2, FAKE_DISCARDED, 1);
	assert_out(3, FAKE_RESUMED, 2);
}
END_TEST

static const char *const policies[] = { "closed", "open" };

static enum fake_way
policy_way(int i)
{
	return i == 0 ? FAKE_DISCARDED : FAKE_RESUMED;
}

static void
start_with(int policy, const char *more)
{
	char text[128];

	snprintf(text, sizeof(text), ", \"fail\": \"%s\"%s", policies[policy],
		 more);
	start_and_run(text);
}

START_TEST(a_frame_waits_until_its_deadline)
{
	start_with(_i, ", \"deadline\": 200");
	assert_asked(a, 1);
	fake_advance(host, 100 * MS);
	assert_asked(a, 2);
	answer('p', heard.id); /* it is alive */
	fake_advance(host, 100 * MS - 1);
	ck_assert_uint_eq(fake_n_outs(host), 0);
	fake_advance(host, 1);
	assert_out(0, policy_way(_i), 1);
	assert_out(1, FAKE_RESUMED, 2);
	ck_assert_uint_eq(fake_counter(host, "undecided"), 1);
	ck_assert_ptr_null(fake_program_restart_reason(host));
}
END_TEST

START_TEST(a_late_answer_is_counted_and_a_second_one_is_garbage)
{
	uint32_t id;

	start_with(_i, "");
	assert_asked(a, 0);
	answer('p', heard.id);
	assert_asked(a, 1);
	id = heard.id;
	fake_advance(host, 500 * MS);
	assert_asked(a, 2);
	answer('p', heard.id);
	fake_advance(host, 500 * MS);
	ck_assert_uint_eq(fake_n_outs(host), 3);
	answer('d', id);
	ck_assert_uint_eq(fake_counter(host, "late"), 1);
	ck_assert_uint_eq(fake_n_outs(host), 3);
	ck_assert_ptr_null(fake_program_restart_reason(host));
	answer('d', id);
	assert_ends("the frame was answered already");
}
END_TEST

START_TEST(a_second_answer_while_the_first_waits_is_garbage)
{
	uint32_t ids[2];

	start_with(1, ", \"deadline\": 100");
	assert_asked(b, 9);
	answer('p', heard.id);
	assert_asked(a, 1);
	ids[0] = heard.id;
	assert_asked(a, 2);
	ids[1] = heard.id;
	answer('p', ids[1]);
	answer('p', ids[1]);
	assert_ends("the frame was answered already");
	assert_out(1, FAKE_RESUMED, 1);
	assert_out(2, FAKE_RESUMED, 2);
}
END_TEST

START_TEST(a_silent_program_is_ended)
{
	start_with(_i, "");
	assert_asked(a, 0);
	answer('p', heard.id);
	fake_advance(host, 5000 * MS); /* nothing is asked */
	ck_assert_ptr_null(fake_program_restart_reason(host));
	assert_asked(a, 1);
	fake_advance(host, 999 * MS);
	assert_asked(a, 2);
	ck_assert_ptr_null(fake_program_restart_reason(host));
	fake_advance(host, 1 * MS);
	assert_ends("it has not answered for 1000 ms");
	/* All at once: nobody will answer. */
	assert_out(1, policy_way(_i), 1);
	assert_out(2, policy_way(_i), 2);
	ck_assert_uint_eq(fake_n_held(host), 0);
}
END_TEST

START_TEST(a_program_may_take_its_time_to_begin)
{
	start_with(_i, "");
	for (uint8_t i = 0; i < 9; i++) {
		assert_asked(a, i);
		fake_advance(host, 1000 * MS);
		assert_out(i, policy_way(_i), i);
		ck_assert_ptr_null(fake_program_restart_reason(host));
	}
	assert_asked(a, 9);
	fake_advance(host, 1000 * MS);
	assert_ends("it has not answered");
}
END_TEST

/* ---- it is not there ---- */

START_TEST(without_a_program_frames_are_what_the_policy_says)
{
	char text[64];
	unsigned verdict;

	snprintf(text, sizeof(text), ", \"fail\": \"%s\"", policies[_i]);
	start(text);
	verdict = push(a, b, 1).verdict;
	if (_i == 0)
		ck_assert_uint_ge(verdict, VL_DROP_REASONS);
	else
		ck_assert_uint_eq(verdict, VL_PASS);
	ck_assert_uint_eq(fake_dropped(host, "undecided"), _i == 0);
	run();
	assert_asked(a, 2);
}
END_TEST

START_TEST(closed_is_the_policy_without_a_word)
{
	start("");
	ck_assert_uint_ge(push(a, b, 1).verdict, VL_DROP_REASONS);
}
END_TEST

START_TEST(an_end_releases_what_waits)
{
	start_with(_i, "");
	assert_asked(a, 1);
	assert_asked(b, 2);
	fake_program_end(host, "killed by signal 11");
	assert_out(0, policy_way(_i), 1);
	assert_out(1, policy_way(_i), 2);
	run();
	assert_asked(a, 3);
	answer('p', heard.id);
	assert_out(2, FAKE_RESUMED, 3);
}
END_TEST

START_TEST(what_it_answered_before_its_end_holds)
{
	start_with(_i, "");
	assert_asked(a, 1);
	say('p', heard.id, "", 0);
	assert_asked(a, 2);
	say('d', heard.id, "", 0);
	fake_program_end(host, "exit status 0");
	assert_out(0, FAKE_RESUMED, 1);
	assert_out(1, FAKE_DISCARDED, 2);
	ck_assert_uint_eq(fake_counter(host, "undecided"), 0);
}
END_TEST

START_TEST(a_closed_descriptor_is_an_end_a_little_later)
{
	start_with(_i, "");
	assert_asked(a, 1);
	fake_program_close(host);
	io();
	assert_out(0, policy_way(_i), 1);
	push(a, b, 2);
	ck_assert_uint_eq(fake_counter(host, "undecided"), 2);
	fake_advance(host, 499 * MS);
	ck_assert_ptr_null(fake_program_restart_reason(host));
	fake_advance(host, 1 * MS);
	assert_ends("it has closed descriptor 3");
}
END_TEST

START_TEST(a_frame_that_meets_the_closed_descriptor_is_not_overtaken)
{
	start_with(1, "");
	assert_asked(a, 1);
	fake_program_close(host);
	ck_assert_int_eq(push(a, b, 2).verdict, VL_STOLEN);
	ck_assert_int_eq(push(a, b, 3).verdict, VL_STOLEN);
	fake_advance(host, 0);
	for (uint8_t i = 0; i < 3; i++)
		assert_out(i, FAKE_RESUMED, (uint8_t)(i + 1));
	ck_assert_int_eq(push(a, b, 4).verdict, VL_PASS);
}
END_TEST

/* ---- garbage ---- */

/* Where a message that would pass frame 0 is spoilt. */
static const struct {
	size_t len; /* of the datagram */
	size_t at;
	uint8_t octet;
	const char *reason;
} spoilt[] = {
	{ 1, 0, 1, "shorter than a header" },
	{ 23, 0, 1, "shorter than a header" },
	{ 24, 0, 0, "another version" },
	{ 24, 0, 2, "another version" },
	{ 24, 1, 'F', "unknown type" },
	{ 24, 1, 0, "unknown type" },
	{ 24, 15, 1, "not as long as it says" },
	{ 24, 12, 1, "not as long as it says" },
	{ 25, 0, 1, "not as long as it says" },
	{ 25, 15, 1, "needs nothing" },
	{ 24, 1, 'c', "frame is too short" },
	{ 24, 7, 1, "no frame of that id" },
	{ 24, 4, 0xff, "no frame of that id" },
};

START_TEST(what_is_no_answer_ends_the_program)
{
	uint8_t message[32];

	start_with(1, "");
	assert_asked(a, 1);
	pipe_proto_write(message, &(struct pipe_message){ .type = PIPE_PASS,
							  .id = heard.id });
	message[24] = 0;
	message[spoilt[_i].at] = spoilt[_i].octet;
	ck_assert_int_gt(send(fd, message, spoilt[_i].len, 0), 0);
	io();
	assert_ends(spoilt[_i].reason);
	assert_ends("it has sent what is no answer");
	assert_out(0, FAKE_RESUMED, 1);
	/* It is not listened to any more. */
	answer('d', heard.id);
	ck_assert_uint_eq(fake_counter(host, "dropped"), 0);
	ck_assert_int_eq(push(a, b, 2).verdict, VL_PASS);
}
END_TEST

static const struct {
	uint32_t len;
	const char *reason;
} bad_lengths[] = {
	{ 13, "frame is too short" },
	{ 65551, "longer than any frame" },
};

START_TEST(a_frame_that_is_none_ends_the_program)
{
	static uint8_t octets[65551];

	start_with(0, "");
	assert_asked(a, 1);
	say('c', heard.id, octets, bad_lengths[_i].len);
	io();
	assert_ends(bad_lengths[_i].reason);
	assert_out(0, FAKE_DISCARDED, 1);
}
END_TEST

START_TEST(an_empty_datagram_ends_the_program)
{
	start_with(0, "");
	ck_assert_int_eq(send(fd, "", 0, 0), 0);
	io();
	assert_ends("shorter than a header");
}
END_TEST

START_TEST(an_answer_before_the_question_ends_the_program)
{
	start_with(0, "");
	assert_asked(a, 1);
	answer('p', heard.id + 1);
	assert_ends("no frame of that id");
}
END_TEST

START_TEST(a_flood_of_answers_ends_the_program_at_the_first_wrong_one)
{
	start_with(0, "");
	assert_asked(a, 1);
	for (int i = 0; i < 100; i++)
		say('p', heard.id, "", 0);
	io();
	assert_ends("the frame was answered already");
	ck_assert_uint_eq(fake_counter(host, "passed"), 1);
}
END_TEST

/* ---- bounds ---- */

START_TEST(no_more_than_the_window_are_asked_about)
{
	uint32_t first;

	start_with(_i, ", \"window\": 2");
	assert_asked(a, 1);
	first = heard.id;
	assert_asked(a, 2);
	if (_i == 0) {
		ck_assert_uint_ge(push(a, b, 3).verdict, VL_DROP_REASONS);
		ck_assert_uint_ge(push(b, a, 4).verdict, VL_DROP_REASONS);
	} else {
		/* behind those that came before it, and never asked */
		ck_assert_int_eq(push(a, b, 3).verdict, VL_STOLEN);
		ck_assert_int_eq(push(b, a, 4).verdict, VL_PASS);
	}
	ck_assert(!hear());
	ck_assert_uint_eq(fake_counter(host, "undecided"), 2);
	fake_outs_clear(host);
	answer('p', first);
	assert_asked(a, 5);
	answer('p', heard.id);
	answer('p', first + 1);
	assert_out(0, FAKE_RESUMED, 1);
	assert_out(1, FAKE_RESUMED, 2);
	assert_out(2, FAKE_RESUMED, _i == 0 ? 5 : 3);
	if (_i == 1)
		assert_out(3, FAKE_RESUMED, 5);
}
END_TEST

START_TEST(an_answer_for_one_that_was_never_asked_is_garbage)
{
	start_with(1, ", \"window\": 1");
	assert_asked(a, 1);
	ck_assert_int_eq(push(a, b, 2).verdict, VL_STOLEN);
	answer('p', heard.id + 1);
	assert_ends("it was not asked about that frame");
}
END_TEST

START_TEST(what_waits_is_bounded_however_much_comes)
{
	start_with(1, ", \"window\": 1");
	assert_asked(a, 1);
	for (int i = 0; i < 2 * PIPE_SLOTS; i++)
		push(a, b, 2);
	ck_assert_uint_eq(fake_n_held(host), PIPE_SLOTS);
	answer('p', heard.id);
	ck_assert_uint_eq(fake_n_held(host), 0);
}
END_TEST

START_TEST(a_program_that_does_not_read_yet_is_asked_later)
{
	static uint8_t octets[60000];
	struct fake_frame frame = { octets, sizeof(octets) };
	unsigned n_heard = 0;

	start_with(0, "");
	for (int i = 0; i < 100; i++) {
		octets[14] = (uint8_t)i;
		ck_assert_int_eq(fake_push(host, a, b, &frame).verdict,
				 VL_STOLEN);
	}
	while (n_heard < 100) {
		io();
		hear_a('F');
		ck_assert_uint_eq(heard.data[14], n_heard++);
		say('p', heard.id, "", 0);
	}
	io();
	ck_assert_uint_eq(fake_counter(host, "passed"), 100);
}
END_TEST

/* ---- ports come and go ---- */

START_TEST(frames_of_a_port_that_is_gone_are_still_answered)
{
	start_and_run("");
	assert_asked(a, 1);
	fake_port_del(host, a);
	answer('p', heard.id);
	assert_out(0, FAKE_RESUMED, 1);
	hear_a('G');
	ck_assert(!hear());
}
END_TEST

START_TEST(many_ports_come_and_go)
{
	start_and_run("");
	for (int i = 0; i < 1000; i++) {
		uint32_t id = fake_port_add(host, lab, "x"), asked;

		hear_a('P');
		ck_assert_uint_eq(heard.port, id);
		assert_asked(id, 1);
		if (i % 2 == 0)
			answer('p', heard.id);
		fake_port_del(host, id);
		asked = heard.id;
		hear_a('G');
		ck_assert_uint_eq(heard.port, id);
		if (i % 2 == 1)
			answer('p', asked);
	}
	ck_assert_uint_eq(fake_counter(host, "passed"), 1000);
}
END_TEST

/* ---- where ---- */

static const struct {
	const char *more;
	bool port;
	enum vl_direction direction;
	bool at[VL_N_STAGES];
} places[] = {
	{ "", false, VL_DIR_BOTH, { true, false, false } },
	{ "", false, VL_DIR_IN, { true, false, false } },
	{ "", false, VL_DIR_OUT, { false, false, true } },
	{ "", true, VL_DIR_BOTH, { true, false, true } },
	{ "", true, VL_DIR_IN, { true, false, false } },
	{ "", true, VL_DIR_OUT, { false, false, true } },
	{ ", \"stage\": \"ingress\"",
	  true,
	  VL_DIR_BOTH,
	  { true, false, false } },
	{ ", \"stage\": \"forward\"",
	  true,
	  VL_DIR_BOTH,
	  { false, true, false } },
	{ ", \"stage\": \"egress\"",
	  false,
	  VL_DIR_BOTH,
	  { false, false, true } },
	{ ", \"stage\": \"both\"", false, VL_DIR_BOTH, { true, false, true } },
};

START_TEST(it_sees_frames_where_it_is_told_to)
{
	fake_scope(
	    host, (struct vl_scope){ .segment = UINT32_MAX,
				     .port = places[_i].port ? a : VL_PORT_NONE,
				     .direction = places[_i].direction });
	start(places[_i].more);
	for (unsigned s = 0; s < VL_N_STAGES; s++)
		ck_assert_int_eq(fake_hook_enabled(host, (enum vl_stage)s),
				 places[_i].at[s]);
}
END_TEST

START_TEST(the_same_frame_may_be_asked_about_twice)
{
	start_and_run(", \"stage\": \"both\", \"fail\": \"open\"");
	ck_assert_int_eq(push(a, b, 1).verdict, VL_STOLEN);
	hear_a('F');
	ck_assert_int_eq(heard.stage, 'i');
	ck_assert_uint_eq(heard.port, a);
}
END_TEST

START_TEST(frames_that_others_have_dropped_are_left_alone)
{
	start_and_run("");
	fake_drop_next(host, VL_STAGE_INGRESS, 1);
	ck_assert_int_eq(push(a, b, 1).verdict, VL_DROP);
	ck_assert(!hear());
}
END_TEST

/* ---- options ---- */

static const struct {
	const char *options, *reason;
} refused[] = {
	{ "{}", "a program is needed" },
	{ "{" ARGV ", \"command\": \"prog\"}", "a program is needed" },
	{ "{\"command\": \"prog 'a b'\"}", "parted at blanks" },
	{ "{\"argv\": [\"prog\", 1]}", "member 1 is not a text" },
};

START_TEST(bad_options_are_refused)
{
	char error[256] = "";

	ck_assert_int_lt(try_start(refused[_i].options, error), 0);
	ck_assert_msg(strstr(error, refused[_i].reason) != NULL, "%s", error);
}
END_TEST

static const struct {
	const char *before, *word, *after;
} ways[] = {
	{ "{\"argv\": [\"w\"", ",\"w\"", "]}" },
	{ "{\"command\": \"w", " w", " \"}" },
};

START_TEST(a_program_has_so_many_words_and_no_more)
{
	for (int n = 256; n <= 257; n++) {
		char options[4096], error[256] = "", *at = options;

		at += sprintf(at, "%s", ways[_i].before);
		for (int i = 1; i < n; i++)
			at += sprintf(at, "%s", ways[_i].word);
		sprintf(at, "%s", ways[_i].after);
		ck_assert_int_eq(try_start(options, error) == 0, n == 256);
		if (n == 256)
			fake_stop(host);
		else
			ck_assert_ptr_nonnull(strstr(error, "more than 256"));
	}
}
END_TEST

START_TEST(a_program_that_cannot_be_run_is_refused)
{
	char error[256] = "";

	fake_program_refuse(host, "prog: no such program");
	ck_assert_int_lt(try_start("{" ARGV "}", error), 0);
	ck_assert_str_eq(error, "prog: no such program");
}
END_TEST

START_TEST(a_command_is_parted_at_blanks)
{
	char error[256] = "";

	ck_assert_int_eq(try_start("{\"command\": \" prog  -x a=1 \"}", error),
			 0);
	ck_assert_str_eq(fake_program_argv(host)[0], "prog");
	ck_assert_str_eq(fake_program_argv(host)[1], "-x");
	ck_assert_str_eq(fake_program_argv(host)[2], "a=1");
	ck_assert_ptr_null(fake_program_argv(host)[3]);
}
END_TEST

START_TEST(settings_change_under_traffic)
{
	char error[256] = "";

	start_and_run("");
	assert_asked(a, 1);
	ck_assert_int_eq(fake_set(host,
				  "{\"deadline\": 50, \"fail\": \"open\"}",
				  error, sizeof(error)),
			 0);
	fake_advance(host, 49 * MS);
	ck_assert_uint_eq(fake_n_outs(host), 0);
	fake_advance(host, 1 * MS);
	assert_out(0, FAKE_RESUMED, 1);
	ck_assert_int_eq(
	    fake_set(host, "{\"window\": 1}", error, sizeof(error)), 0);
	assert_asked(a, 2);
	ck_assert_int_eq(push(b, a, 3).verdict, VL_PASS);
}
END_TEST

static const char *const fixed[] = { "{\"argv\": [\"x\"]}",
				     "{\"command\": \"x\"}",
				     "{\"stage\": \"egress\", \"fail\": "
				     "\"open\"}" };

START_TEST(what_cannot_be_changed_is_refused_and_nothing_is)
{
	char error[256] = "";

	start("");
	ck_assert_int_eq(fake_set(host, fixed[_i], error, sizeof(error)),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "as long as the plugin is loaded"));
	ck_assert_uint_ge(push(a, b, 1).verdict, VL_DROP_REASONS);
}
END_TEST

START_TEST(show_tells_of_the_program)
{
	const json_t *shown;
	char *text;

	start_and_run("");
	assert_asked(a, 1);
	shown = fake_call(host, "show", "{}", -1)->result;
	text = json_dumps(shown, JSON_SORT_KEYS | JSON_COMPACT);
	ck_assert_str_eq(text, "{\"deadline\":1000,\"fail\":\"closed\","
			       "\"pid\":4711,\"stage\":\"ingress\","
			       "\"starts\":1,\"usable\":true,\"waiting\":1,"
			       "\"window\":256}");
	free(text);
	fake_program_end(host, "exit status 3");
	shown = fake_call(host, "show", "{}", -1)->result;
	ck_assert_str_eq(json_string_value(json_object_get(shown, "last_end")),
			 "exit status 3");
	ck_assert_int_eq(json_integer_value(json_object_get(shown, "pid")), 0);
}
END_TEST

START_TEST(unloading_releases_what_waits)
{
	start_with(_i, "");
	assert_asked(a, 1);
	assert_asked(a, 2);
	fake_stop(host);
	ck_assert_uint_eq(fake_n_outs(host), 2);
	assert_out(0, policy_way(_i), 1);
	assert_out(1, policy_way(_i), 2);
}
END_TEST

/* ---- everything at once ---- */

/* A program that answers what it likes when it likes; nothing is lost, and
 * frames of a port leave in order. */
START_TEST(nothing_is_lost_and_order_is_kept)
{
	enum { N = 20000, OPEN_MAX = 512 };
	static uint32_t asked[OPEN_MAX];
	int last[2] = { -1, -1 };
	unsigned n_asked = 0, n_out;
	struct fake_frame frame;
	uint8_t octets[60] = { 0 };

	srand(7 + (unsigned)_i);
	start_with(_i % 2, ", \"window\": 100, \"deadline\": 20");
	for (int i = 0; i < N; i++) {
		int port = rand() % 2;

		octets[13] = (uint8_t)port;
		octets[14] = (uint8_t)(i >> 16);
		octets[15] = (uint8_t)(i >> 8);
		octets[16] = (uint8_t)i;
		frame = (struct fake_frame){ octets, sizeof(octets) };
		fake_push(host, port == 0 ? a : b, port == 0 ? b : a, &frame);
		while (n_asked < OPEN_MAX && hear())
			asked[n_asked++] = heard.id;
		while (n_asked > 0 && rand() % 100 < 60) {
			unsigned k = (unsigned)rand() % n_asked;

			if (rand() % 100 > 0)
				say("pdp"[rand() % 3], asked[k], "", 0);
			asked[k] = asked[--n_asked];
		}
		io();
		fake_advance(host, MS * (uint64_t)(rand() % 3));
		for (size_t k = 0; k < fake_n_outs(host); k++) {
			const struct fake_out *out = fake_out(host, k);
			int seq = out->data[14] << 16 | out->data[15] << 8 |
				  out->data[16];

			if (out->way == FAKE_PASSED && out->verdict != 0)
				continue;
			/* Those dropped at once overtake nobody. */
			if (out->way == FAKE_DISCARDED)
				continue;
			ck_assert_int_gt(seq, last[out->data[13]]);
			last[out->data[13]] = seq;
		}
		fake_outs_clear(host);
		ck_assert_msg(fake_program_restart_reason(host) == NULL, "%s",
			      fake_program_restart_reason(host));
	}
	fake_program_end(host, "exit status 0");
	ck_assert_uint_eq(fake_n_held(host), 0);
	n_out = (unsigned)(fake_counter(host, "passed") +
			   fake_counter(host, "dropped") +
			   fake_counter(host, "undecided"));
	ck_assert_uint_eq(n_out, N);
	ck_assert_uint_gt(fake_counter(host, "late"), 0);
	ck_assert_uint_gt(fake_counter(host, "undecided"), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_program_is_told_who_is_there, 0 },
		{ the_next_program_is_told_anew, 0 },
		{ a_frame_is_asked_about_whole, 0 },
		{ pass_lets_it_go_on, 0 },
		{ drop_drops_it, 0 },
		{ changed_gives_it_other_octets, UNIT_ROWS(lengths) },
		{ frames_of_a_port_keep_their_order, 0 },
		{ a_frame_waits_until_its_deadline, UNIT_ROWS(policies) },
		{ a_late_answer_is_counted_and_a_second_one_is_garbage,
		  UNIT_ROWS(policies) },
		{ a_second_answer_while_the_first_waits_is_garbage, 0 },
		{ a_silent_program_is_ended, UNIT_ROWS(policies) },
		{ a_program_may_take_its_time_to_begin, UNIT_ROWS(policies) },
		{ without_a_program_frames_are_what_the_policy_says,
		  UNIT_ROWS(policies) },
		{ closed_is_the_policy_without_a_word, 0 },
		{ an_end_releases_what_waits, UNIT_ROWS(policies) },
		{ what_it_answered_before_its_end_holds, UNIT_ROWS(policies) },
		{ a_closed_descriptor_is_an_end_a_little_later,
		  UNIT_ROWS(policies) },
		{ a_frame_that_meets_the_closed_descriptor_is_not_overtaken,
		  0 },
		{ what_is_no_answer_ends_the_program, UNIT_ROWS(spoilt) },
		{ a_frame_that_is_none_ends_the_program,
		  UNIT_ROWS(bad_lengths) },
		{ an_empty_datagram_ends_the_program, 0 },
		{ an_answer_before_the_question_ends_the_program, 0 },
		{ a_flood_of_answers_ends_the_program_at_the_first_wrong_one,
		  0 },
		{ no_more_than_the_window_are_asked_about,
		  UNIT_ROWS(policies) },
		{ an_answer_for_one_that_was_never_asked_is_garbage, 0 },
		{ what_waits_is_bounded_however_much_comes, 0 },
		{ a_program_that_does_not_read_yet_is_asked_later, 0 },
		{ frames_of_a_port_that_is_gone_are_still_answered, 0 },
		{ many_ports_come_and_go, 0 },
		{ it_sees_frames_where_it_is_told_to, UNIT_ROWS(places) },
		{ the_same_frame_may_be_asked_about_twice, 0 },
		{ frames_that_others_have_dropped_are_left_alone, 0 },
		{ bad_options_are_refused, UNIT_ROWS(refused) },
		{ a_program_has_so_many_words_and_no_more, UNIT_ROWS(ways) },
		{ a_program_that_cannot_be_run_is_refused, 0 },
		{ a_command_is_parted_at_blanks, 0 },
		{ settings_change_under_traffic, 0 },
		{ what_cannot_be_changed_is_refused_and_nothing_is,
		  UNIT_ROWS(fixed) },
		{ show_tells_of_the_program, 0 },
		{ unloading_releases_what_waits, UNIT_ROWS(policies) },
		{ nothing_is_lost_and_order_is_kept, 4 },
		{ NULL, 0 },
	};

	return unit_run("pipe", tests, setup, teardown);
}
