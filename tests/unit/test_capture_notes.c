/* What captures tell beside the frames: what became of them, marks, names. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/capture/names.h"
#include "plugins/capture/recording.h"
#include "tests/unit/capture-fixture.h"

enum { BLOCKS_MAX = 64 };

static struct block b[BLOCKS_MAX];

static const struct fake_reply *
call(const char *method, const char *params)
{
	return fake_call(fx.host, method, params, -1);
}

static void
mark(const char *text, json_int_t n_captures)
{
	const struct fake_reply *reply;
	char params[128];

	snprintf(params, sizeof(params),
		 "{\"segment\": \"vlan1\", \"text\": \"%s\"}", text);
	reply = call("mark", params);
	ck_assert_msg(reply->code == 0, "%s", reply->text);
	ck_assert_int_eq(number(reply->result, "captures"), n_captures);
}

static void
drop(enum vl_stage stage, uint32_t port, uint8_t tag, const char *by,
     const char *reason)
{
	uint8_t octets[60];
	struct fake_frame f = frame(octets, 60, 0x0800, tag);

	fake_drop(fx.host, stage, port, &f, by, reason);
}

/* The @n-th block of @type. */
static const struct block *
nth(size_t n_blocks, uint32_t type, size_t n)
{
	for (size_t i = 0; i < n_blocks; i++)
		if (b[i].type == type && n-- == 0)
			return &b[i];
	ck_abort_msg("there are not so many of type %u", type);
	return NULL;
}

/* ---- what became of frames ---- */

START_TEST(what_plugins_did_to_a_frame_is_told_with_it)
{
	size_t n;

	start_ok(", \"direction\": \"both\"", -1);
	fake_mark_next(fx.host, "netem: delayed");
	push(fx.client, fx.server, 60, 0x0800, 1);
	push(fx.client, fx.server, 60, 0x0800, 2);
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, EPB), 4);
	ck_assert_str_eq(nth(n, EPB, 0)->text, "netem: delayed\n");
	ck_assert_str_eq(nth(n, EPB, 1)->text, "netem: delayed\n");
	ck_assert_str_eq(nth(n, EPB, 2)->text, "");
	ck_assert_str_eq(nth(n, EPB, 3)->text, "");
}
END_TEST

START_TEST(dropped_frames_are_recorded_for_who_asks)
{
	size_t n;

	start_ok(", \"drops\": true", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	drop(VL_STAGE_INGRESS, fx.client, 2, "netem0", "loss");
	drop(VL_STAGE_EGRESS, fx.server, 3, NULL, "queue-full");
	drop(VL_STAGE_EGRESS, fx.elsewhere, 4, NULL, "queue-full");
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 3);
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, EPB), 3);
	ck_assert_str_eq(nth(n, EPB, 0)->text, "");
	ck_assert_uint_eq(nth(n, EPB, 1)->tag, 2);
	ck_assert_uint_eq(nth(n, EPB, 1)->interface, 0);
	ck_assert_uint_eq(nth(n, EPB, 1)->direction, 1);
	ck_assert_str_eq(nth(n, EPB, 1)->text, "dropped by netem0: loss\n");
	ck_assert_uint_eq(nth(n, EPB, 2)->tag, 3);
	ck_assert_uint_eq(nth(n, EPB, 2)->interface, 1);
	ck_assert_uint_eq(nth(n, EPB, 2)->direction, 2);
	ck_assert_str_eq(nth(n, EPB, 2)->text,
			 "dropped by the switch: queue-full\n");
	ck_assert_uint_eq(fake_counter(fx.host, "recorded"), 3);
}
END_TEST

START_TEST(drops_are_chosen_like_other_frames)
{
	size_t n;

	start_ok(", \"drops\": true, \"port\": \"server.eth1\", "
		 "\"filter\": \"ether[14] < 8\", \"count\": 2",
		 -1);
	drop(VL_STAGE_EGRESS, fx.client, 1, NULL, "x");
	drop(VL_STAGE_EGRESS, fx.server, 9, NULL, "x");
	drop(VL_STAGE_EGRESS, fx.server, 2, NULL, "x");
	drop(VL_STAGE_INGRESS, fx.server, 3, NULL, "x");
	drop(VL_STAGE_EGRESS, fx.server, 4, NULL, "x");
	await(state_is("1", "finished"));
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, EPB), 2);
	ck_assert_uint_eq(nth(n, EPB, 0)->tag, 2);
	ck_assert_uint_eq(nth(n, EPB, 1)->tag, 3);
}
END_TEST

START_TEST(drops_are_not_recorded_for_who_does_not_ask)
{
	start_ok("", -1);
	drop(VL_STAGE_EGRESS, fx.server, 1, NULL, "queue-full");
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 0);
	start_ok(", \"drops\": true", -1);
	stop_ok("2");
	drop(VL_STAGE_EGRESS, fx.server, 1, NULL, "queue-full");
	ck_assert_uint_eq(fake_counter(fx.host, "recorded"), 0);
}
END_TEST

/* What there is in the pipe goes to the file. */
static void
drain(int from, int to)
{
	uint8_t octets[4096];
	ssize_t n;

	while ((n = read(from, octets, sizeof(octets))) > 0)
		ck_assert_int_eq(write(to, octets, (size_t)n), n);
}

static bool
is_drained(int from, int to)
{
	drain(from, to);
	return number(show("1"), "written_bytes") ==
	       number(show("1"), "accepted_bytes");
}

START_TEST(frames_that_a_reader_missed_are_told_with_the_next_one)
{
	enum { N = 400 };
	struct block *blocks = calloc(N + 16, sizeof(*blocks));
	int fds[2], file = open(fx.path, O_RDWR | O_CREAT, 0600);
	const struct fake_reply *reply;
	uint64_t missed, told = 0;
	size_t n;

	fake_host_free(fx.host);
	start_with("{\"buffer_bytes\": 131072}");
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_ge(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	start_ok("", fds[1]);
	for (int i = 0; i < N; i++)
		push(fx.client, fx.server, 1000, 0x0800, 1);
	missed = fake_counter(fx.host, "dropped");
	ck_assert_uint_gt(missed, 0);
	await(is_drained(fds[0], file));
	push(fx.client, fx.server, 60, 0x0800, 7);
	push(fx.client, fx.server, 60, 0x0800, 8);
	reply = fake_call(fx.host, "stop", "{\"id\": \"1\"}", -1);
	await((drain(fds[0], file), !reply->deferred));
	drain(fds[0], file);

	lseek(file, 0, SEEK_SET);
	n = read_blocks(file, blocks, N + 16);
	for (size_t i = 0; i < n; i++)
		told += blocks[i].lost;
	ck_assert_uint_eq(told, missed);
	ck_assert_uint_eq(blocks[n - 3].tag, 8);
	ck_assert_uint_eq(blocks[n - 3].lost, 0);
	ck_assert_uint_eq(blocks[n - 4].tag, 7);
	ck_assert_uint_gt(blocks[n - 4].lost, 0);
	close(file);
	close(fds[0]);
	free(blocks);
}
END_TEST

/* ---- marks ---- */

START_TEST(a_mark_stands_between_frames)
{
	size_t n;

	start_ok("", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	fake_advance(fx.host, 5 * MS);
	mark("the server answers", 1);
	push(fx.client, fx.server, 60, 0x0800, 2);
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 2);
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(n, 8);
	ck_assert_uint_eq(b[3].type, EPB);
	ck_assert_uint_eq(b[4].type, MARK);
	ck_assert_str_eq(b[4].text, "the server answers");
	ck_assert_uint_eq(b[4].time_ns - b[3].time_ns, 5 * MS);
	ck_assert_uint_eq(b[5].type, EPB);
}
END_TEST

START_TEST(every_capture_of_the_segment_is_marked)
{
	size_t n;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	start_ok("", -1);
	start_ok("", fds[1]);
	mark("a", 2);
	stop_ok("1");
	mark("b", 1);
	stop_ok("2");
	mark("c", 0);
	n = read_blocks(fds[0], b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, MARK), 2);
	ck_assert_str_eq(nth(n, MARK, 1)->text, "b");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, MARK), 1);
	close(fds[0]);
}
END_TEST

START_TEST(a_mark_never_comes_before_the_first_interface)
{
	size_t n;

	fake_port_del(fx.host, fx.client);
	fake_port_del(fx.host, fx.server);
	start_ok("", -1);
	mark("nobody is here yet", 1);
	push(fake_port_add(fx.host, fx.vlan1, "late"), VL_PORT_FLOOD, 60,
	     0x0800, 1);
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(n, 6);
	ck_assert_uint_eq(b[1].type, IDB);
	ck_assert_str_eq(b[1].text, "vlan1");
	ck_assert_uint_eq(b[2].type, MARK);
	ck_assert_uint_eq(b[3].type, IDB);
	ck_assert_str_eq(b[3].text, "late");
	ck_assert_uint_eq(b[4].interface, 1);
	ck_assert_uint_eq(b[5].interface, 1);
}
END_TEST

START_TEST(a_capture_of_the_format_pcap_has_no_marks)
{
	start_ok(", \"format\": \"pcap\"", -1);
	mark("a", 0);
	stop_ok("1");
}
END_TEST

static const struct {
	const char *params;
	int code;
	const char *text;
} bad_marks[] = {
	{ "{\"segment\": \"vlan9\", \"text\": \"a\"}", -ENOENT, "\"vlan9\"" },
	{ "{\"segment\": \"vlan1\", \"text\": \"\"}", -EINVAL, "one line" },
	{ "{\"segment\": \"vlan1\", \"text\": \"a\\nb\"}", -EINVAL,
	  "one line" },
};

START_TEST(what_is_no_mark_is_refused)
{
	const struct fake_reply *reply = call("mark", bad_marks[_i].params);

	ck_assert_int_eq(reply->code, bad_marks[_i].code);
	ck_assert_msg(strstr(reply->text, bad_marks[_i].text) != NULL, "%s",
		      reply->text);
}
END_TEST

START_TEST(a_mark_has_a_bounded_length)
{
	char text[1002], params[1100];

	start_ok("", -1);
	memset(text, 'x', sizeof(text));
	text[1000] = '\0';
	snprintf(params, sizeof(params),
		 "{\"segment\": \"vlan1\", \"text\": \"%s\"}", text);
	ck_assert_int_eq(call("mark", params)->code, 0);
	text[1000] = 'x';
	text[1001] = '\0';
	snprintf(params, sizeof(params),
		 "{\"segment\": \"vlan1\", \"text\": \"%s\"}", text);
	ck_assert_int_eq(call("mark", params)->code, -EINVAL);
}
END_TEST

static void
record_at(struct recording *r, uint64_t time_ns)
{
	const uint8_t octets[60] = { 0 };
	const struct recording_frame as = { .data = octets,
					    .len = sizeof(octets),
					    .time_ns = time_ns };

	ck_assert(!recording_frame(r, 7, &as));
}

/* The fake host's clock never does that. */
START_TEST(a_clock_that_is_set_back_leaves_a_mark)
{
	static const uint64_t s = UINT64_C(1000000000);
	struct names *names = names_new();
	const struct recording_spec spec = { .title = "vlan1",
					     .ring_bytes = RECORDING_RING_MIN,
					     .snaplen = RECORDING_FRAME_MAX,
					     .names = names };
	char error[128] = "";
	struct recording *r = recording_new(&spec, error, sizeof(error));
	int fd = open(fx.path, O_RDWR | O_CREAT, 0600);
	size_t n;

	ck_assert_msg(r != NULL, "%s", error);
	ck_assert_int_eq(recording_begin(r, fd, NULL, error, sizeof(error)), 0);
	ck_assert_int_eq(recording_port_add(r, 7, "p"), 0);
	record_at(r, 100 * s);
	record_at(r, 100 * s - 1000000); /* is being kept right */
	record_at(r, 98 * s);
	record_at(r, 98 * s + 1);
	recording_finish(r, 98 * s + 2);
	ck_assert(writer_wait(recording_writer(r), PATIENCE_MS));
	recording_free(r);
	names_free(names);

	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, MARK), 1);
	ck_assert_uint_eq(b[4].type, MARK);
	ck_assert_str_eq(b[4].text, "the clock was set back by 1.999 s");
	ck_assert_uint_eq(b[4].time_ns, 98 * s);
	ck_assert_uint_eq(b[5].time_ns, 98 * s);
}
END_TEST

/* ---- names ---- */

START_TEST(names_come_before_the_first_frame)
{
	size_t n;

	ck_assert_int_eq(call("names",
			      "{\"names\": {\"192.168.1.1\": \"client\", "
			      "\"2001:db8::1\": \"client6\"}}")
			     ->code,
			 0);
	start_ok("", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	push(fx.client, fx.server, 60, 0x0800, 2);
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, NRB), 1);
	ck_assert_uint_eq(b[3].type, NRB);
	ck_assert_str_eq(b[3].text, "client client6 ");
	ck_assert_uint_eq(b[4].type, EPB);
}
END_TEST

START_TEST(new_names_come_before_the_next_frame)
{
	size_t n;

	start_ok("", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	call("names", "{\"names\": {\"192.168.1.1\": \"client\"}}");
	push(fx.client, fx.server, 60, 0x0800, 2);
	call("names", "{\"names\": {\"192.168.1.1\": \"\"}}");
	call("names", "{\"names\": {\"192.168.1.2\": \"server\"}}");
	call("names", "{}");
	push(fx.client, fx.server, 60, 0x0800, 3);
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, NRB), 2);
	ck_assert_str_eq(nth(n, NRB, 0)->text, "client ");
	ck_assert_str_eq(nth(n, NRB, 1)->text, "server ");
	ck_assert_uint_eq(b[4].type, NRB);
	ck_assert_uint_eq(b[6].type, NRB);
}
END_TEST

START_TEST(each_file_of_a_ring_has_all_names)
{
	start_ok(", \"file_frames\": 1", -1);
	call("names", "{\"names\": {\"192.168.1.1\": \"client\"}}");
	push(fx.client, fx.server, 60, 0x0800, 1);
	push(fx.client, fx.server, 60, 0x0800, 2);
	stop_ok("1");
	for (unsigned i = 1; i <= 2; i++) {
		size_t n = read_nth_file(i, b, BLOCKS_MAX);

		ck_assert_str_eq(nth(n, NRB, 0)->text, "client ");
	}
}
END_TEST

START_TEST(the_names_are_answered)
{
	const struct fake_reply *reply;
	json_t *want = json_pack("{s:s}", "::1", "here");

	call("names", "{\"names\": {\"::1\": \"here\"}}");
	reply = call("names", "{}");
	ck_assert(json_equal(reply->result, want));
	json_decref(want);
	reply = call("names", "{\"names\": {\"x\": \"y\"}}");
	ck_assert_int_eq(reply->code, -EINVAL);
	ck_assert_str_eq(reply->text, "\"x\" is no IPv4, IPv6 or MAC address");
}
END_TEST

/* ---- ports ---- */

START_TEST(a_port_that_is_renamed_is_another_interface)
{
	size_t n;

	start_ok("", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	fake_port_rename(fx.host, fx.client, "laptop.eth1");
	push(fx.client, fx.server, 60, 0x0800, 2);
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, IDB), 3);
	ck_assert_uint_eq(nth(n, EPB, 0)->interface, 0);
	ck_assert_uint_eq(nth(n, EPB, 1)->interface, 2);
	ck_assert_str_eq(nth(n, IDB, 2)->text, "laptop.eth1");
	ck_assert_uint_eq(count(b, n, ISB), 3);
}
END_TEST

START_TEST(a_capture_of_a_port_follows_the_name)
{
	start_ok(", \"port\": \"client.eth1\"", -1);
	fake_port_rename(fx.host, fx.client, "laptop.eth1");
	push(fx.client, fx.server, 60, 0x0800, 1);
	fake_port_rename(fx.host, fx.server, "client.eth1");
	push(fx.server, fx.client, 60, 0x0800, 2);
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 1);
}
END_TEST

/* ---- frames of which something is left to do ---- */

static const struct {
	struct vl_offload offload;
	const char *comment;
} unfinished[] = {
	{ { VL_SEGMENT_NONE, 1, 0, 14 }, "" },
	{ { VL_SEGMENT_TCP, 42, 1448, 14 },
	  "for 42 TCP segments of 1448 octets\n" },
	{ { VL_SEGMENT_DATAGRAMS, 2, 1200, 14 },
	  "for 2 UDP datagrams of 1200 octets\n" },
	{ { VL_SEGMENT_FRAGMENTS, 3, 1480, 0 },
	  "for 3 IP fragments of 1480 octets\n" },
};

START_TEST(a_frame_is_recorded_with_the_checksum_that_it_lacks)
{
	static const uint8_t checksum[] = { 0xab, 0xcd };
	const struct vl_offload *o = &unfinished[_i].offload;
	size_t n;

	ck_assert(fake_takes_offloads(fx.host));
	start_ok(", \"direction\": \"both\"", -1);
	fake_unfinished_next(fx.host, o, checksum);
	push(fx.client, fx.server, 60, 0x0800, 1);
	push(fx.client, fx.server, 60, 0x0800, 2);
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_str_eq(nth(n, EPB, i)->text, unfinished[_i].comment);
		ck_assert_uint_eq(nth(n, EPB, i)->tag,
				  o->checksum > 0 ? 0xab : 1);
	}
	ck_assert_str_eq(nth(n, EPB, 2)->text, "");
	ck_assert_uint_eq(nth(n, EPB, 2)->tag, 2);
}
END_TEST

START_TEST(a_finished_frame_behind_it_is_recorded_as_it_is)
{
	uint8_t octets[2][60];
	struct fake_frame frames[2];
	struct fake_fate fates[2];
	size_t n;

	for (uint8_t i = 0; i < 2; i++)
		frames[i] = frame(octets[i], 60, 0x0800, i);
	start_ok("", -1);
	fake_unfinished_next(fx.host, &unfinished[1].offload,
			     (const uint8_t *)"xy");
	fake_push_n(fx.host, fx.client, fx.server, frames, 2, fates);
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_uint_eq(nth(n, EPB, 0)->tag, 'x');
	ck_assert_uint_eq(nth(n, EPB, 1)->tag, 1);
	ck_assert_str_eq(nth(n, EPB, 1)->text, "");
}
END_TEST

START_TEST(a_dropped_one_tells_both)
{
	const struct vl_offload *o = &unfinished[1].offload;
	size_t n;

	start_ok(", \"drops\": true", -1);
	fake_unfinished_next(fx.host, o, (const uint8_t *)"xy");
	drop(VL_STAGE_EGRESS, fx.server, 1, NULL, "queue-full");
	stop_ok("1");
	n = read_file(b, BLOCKS_MAX);
	ck_assert_str_eq(nth(n, EPB, 0)->text,
			 "for 42 TCP segments of 1448 octets\n"
			 "dropped by the switch: queue-full\n");
	ck_assert_uint_eq(nth(n, EPB, 0)->tag, 'x');
}
END_TEST

enum { SNAPLEN = 64 };

/* The octets of the file that are 0xab and 0xcd: nothing else is. */
static void
count_octets(size_t *n_ab, size_t *n_cd)
{
	static uint8_t octets[65536];
	int fd = open(fx.path, O_RDONLY);
	ssize_t len = read(fd, octets, sizeof(octets));

	*n_ab = *n_cd = 0;
	for (ssize_t i = 0; i < len; i++) {
		*n_ab += octets[i] == 0xab;
		*n_cd += octets[i] == 0xcd;
	}
	close(fd);
}

static const struct {
	uint32_t at;
	size_t n_ab, n_cd;
} ends[] = {
	{ SNAPLEN - 2, 1, 1 },
	{ SNAPLEN - 1, 1, 0 },
	{ SNAPLEN, 0, 0 },
};

START_TEST(a_checksum_at_the_end_of_what_is_kept_is_cut_with_it)
{
	const struct vl_offload o = { VL_SEGMENT_NONE, 1, 0, ends[_i].at };
	size_t ab, cd, ab_before, cd_before;

	/* A capture without it has such octets perhaps, too: times. */
	start_ok(", \"snaplen\": 64", -1);
	push(fx.client, fx.server, 100, 0x0800, 1);
	stop_ok("1");
	count_octets(&ab_before, &cd_before);
	start_ok(", \"snaplen\": 64", -1);
	fake_unfinished_next(fx.host, &o, (const uint8_t *)"\xab\xcd");
	push(fx.client, fx.server, 100, 0x0800, 1);
	stop_ok("2");
	count_octets(&ab, &cd);
	ck_assert_uint_eq(ab, ab_before + ends[_i].n_ab);
	ck_assert_uint_eq(cd, cd_before + ends[_i].n_cd);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_plugins_did_to_a_frame_is_told_with_it, 0 },
		{ dropped_frames_are_recorded_for_who_asks, 0 },
		{ drops_are_chosen_like_other_frames, 0 },
		{ drops_are_not_recorded_for_who_does_not_ask, 0 },
		{ frames_that_a_reader_missed_are_told_with_the_next_one, 0 },
		{ a_mark_stands_between_frames, 0 },
		{ every_capture_of_the_segment_is_marked, 0 },
		{ a_mark_never_comes_before_the_first_interface, 0 },
		{ a_capture_of_the_format_pcap_has_no_marks, 0 },
		{ what_is_no_mark_is_refused, UNIT_ROWS(bad_marks) },
		{ a_mark_has_a_bounded_length, 0 },
		{ a_clock_that_is_set_back_leaves_a_mark, 0 },
		{ names_come_before_the_first_frame, 0 },
		{ new_names_come_before_the_next_frame, 0 },
		{ each_file_of_a_ring_has_all_names, 0 },
		{ the_names_are_answered, 0 },
		{ a_port_that_is_renamed_is_another_interface, 0 },
		{ a_capture_of_a_port_follows_the_name, 0 },
		{ a_frame_is_recorded_with_the_checksum_that_it_lacks,
		  UNIT_ROWS(unfinished) },
		{ a_finished_frame_behind_it_is_recorded_as_it_is, 0 },
		{ a_dropped_one_tells_both, 0 },
		{ a_checksum_at_the_end_of_what_is_kept_is_cut_with_it,
		  UNIT_ROWS(ends) },
		{ NULL, 0 },
	};

	return unit_run("capture_notes", tests, setup, teardown);
}
