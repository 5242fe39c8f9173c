#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/capture-fixture.h"

START_TEST(each_frame_is_recorded_once_where_it_entered)
{
	struct block b[16];
	size_t n;

	start_ok("", -1);
	push(fx.client, VL_PORT_FLOOD, 60, 0x0806, 7);
	fake_advance(fx.host, 5);
	push(fx.server, fx.client, 100, 0x0800, 8);
	push(fx.elsewhere, VL_PORT_FLOOD, 60, 0x0800, 9); /* another segment */
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 2);

	n = read_file(b, 16);
	ck_assert_uint_eq(n, 7);
	ck_assert_uint_eq(b[0].type, SHB);
	ck_assert_uint_eq(b[1].type, IDB);
	ck_assert_str_eq(b[1].text, "client.eth1");
	ck_assert_uint_eq(b[2].type, IDB);
	ck_assert_str_eq(b[2].text, "server.eth1");

	ck_assert_uint_eq(b[3].type, EPB);
	ck_assert_uint_eq(b[3].interface, 0);
	ck_assert_uint_eq(b[3].tag, 7);
	ck_assert_uint_eq(b[3].captured, 60);
	ck_assert_uint_eq(b[3].original, 60);
	ck_assert_uint_eq(b[3].direction, 1);
	ck_assert_uint_eq(b[3].time_ns, FAKE_WALL_OFFSET_NS + 1000);
	ck_assert_uint_eq(b[4].interface, 1);
	ck_assert_uint_eq(b[4].tag, 8);
	ck_assert_uint_eq(b[4].time_ns, FAKE_WALL_OFFSET_NS + 1005);

	for (size_t i = 5; i < 7; i++) {
		ck_assert_uint_eq(b[i].type, ISB);
		ck_assert_uint_eq(b[i].interface, i - 5);
		ck_assert_uint_eq(b[i].received, 1);
		ck_assert_uint_eq(b[i].accepted, 1);
		ck_assert_uint_eq(b[i].dropped, 0);
		ck_assert_uint_eq(b[i].delivered, 1);
	}
	ck_assert_uint_eq(fake_counter(fx.host, "recorded"), 2);
	ck_assert_uint_eq(fake_counter(fx.host, "dropped"), 0);
}
END_TEST

static const struct {
	const char *more;
	size_t n_in, n_out; /* of a flood by client and an answer to it */
} directions[] = {
	{ ", \"direction\": \"in\"", 2, 0 },
	{ ", \"direction\": \"out\"", 0, 3 },
	{ ", \"direction\": \"both\"", 2, 3 },
	{ ", \"port\": \"client.eth1\"", 1, 0 },
	{ ", \"port\": \"client.eth1\", \"direction\": \"out\"", 0, 1 },
	{ ", \"port\": \"client.eth1\", \"direction\": \"both\"", 1, 1 },
	{ ", \"port\": \"third.eth1\", \"direction\": \"both\"", 0, 1 },
};

START_TEST(a_direction_and_a_port_choose_frames)
{
	size_t n, n_in = 0, n_out = 0;
	struct block b[32];

	fake_port_add(fx.host, fx.vlan1, "third.eth1");
	start_ok(directions[_i].more, -1);
	push(fx.client, VL_PORT_FLOOD, 60, 0x0806, 1); /* leaves twice */
	push(fx.server, fx.client, 60, 0x0806, 2);
	stop_ok("1");
	n = read_file(b, 32);
	for (size_t i = 0; i < n; i++) {
		n_in += b[i].type == EPB && b[i].direction == 1;
		n_out += b[i].type == EPB && b[i].direction == 2;
	}
	ck_assert_uint_eq(n_in, directions[_i].n_in);
	ck_assert_uint_eq(n_out, directions[_i].n_out);
	ck_assert_uint_eq(count(b, n, IDB), count(b, n, ISB));
}
END_TEST

static const struct {
	const char *more;
	bool forward, egress;
} hooks[] = {
	{ "", true, false },
	{ ", \"direction\": \"out\"", false, true },
	{ ", \"direction\": \"both\"", true, true },
};

START_TEST(hooks_are_on_only_while_a_capture_needs_them)
{
	ck_assert(!fake_hook_enabled(fx.host, VL_STAGE_FORWARD));
	ck_assert(!fake_hook_enabled(fx.host, VL_STAGE_EGRESS));
	start_ok(hooks[_i].more, -1);
	ck_assert(!fake_hook_enabled(fx.host, VL_STAGE_INGRESS));
	ck_assert(fake_hook_enabled(fx.host, VL_STAGE_FORWARD) ==
		  hooks[_i].forward);
	ck_assert(fake_hook_enabled(fx.host, VL_STAGE_EGRESS) ==
		  hooks[_i].egress);
	stop_ok("1");
	ck_assert(!fake_hook_enabled(fx.host, VL_STAGE_FORWARD));
	ck_assert(!fake_hook_enabled(fx.host, VL_STAGE_EGRESS));
}
END_TEST

static const struct {
	const char *more;
	uint32_t len, captured;
} snaplens[] = {
	{ "", 65550, 65550 },
	{ ", \"snaplen\": 64", 63, 63 },
	{ ", \"snaplen\": 64", 64, 64 },
	{ ", \"snaplen\": 64", 65, 64 },
};

START_TEST(a_long_frame_is_cut_and_its_length_kept)
{
	struct block b[16];

	start_ok(snaplens[_i].more, -1);
	push(fx.client, fx.server, snaplens[_i].len, 0x0800, 1);
	stop_ok("1");
	read_file(b, 16);
	ck_assert_uint_eq(b[3].type, EPB);
	ck_assert_uint_eq(b[3].captured, snaplens[_i].captured);
	ck_assert_uint_eq(b[3].original, snaplens[_i].len);
}
END_TEST

START_TEST(a_filter_looks_at_the_whole_frame)
{
	struct block b[16];
	size_t n;

	/* The octet it asks for lies behind snaplen. */
	start_ok(", \"filter\": \"arp and ether[99] = 5\", \"snaplen\": 64",
		 -1);
	for (uint8_t tag = 4; tag < 7; tag++) {
		uint8_t octets[100];
		struct fake_frame f = frame(octets, 100, 0x0806, tag);

		octets[99] = tag;
		fake_push(fx.host, fx.client, fx.server, &f);
		octets[12] = 0x08;
		octets[13] = 0x00; /* IPv4 */
		fake_push(fx.host, fx.client, fx.server, &f);
	}
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 1);
	n = read_file(b, 16);
	ck_assert_uint_eq(count(b, n, EPB), 1);
	ck_assert_uint_eq(b[3].tag, 5);
	ck_assert_uint_eq(b[4].received, 6);
	ck_assert_uint_eq(b[4].accepted, 1);
	ck_assert_uint_eq(b[4].delivered, 1);
}
END_TEST

START_TEST(a_port_that_comes_later_is_described_then)
{
	struct block b[16];
	uint32_t late;

	start_ok("", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	late = fake_port_add(fx.host, fx.vlan1, "late.eth1");
	fake_port_add(fx.host, fx.vlan2, "other.eth1");
	push(late, fx.server, 60, 0x0800, 2);
	stop_ok("1");
	ck_assert_uint_eq(read_file(b, 16), 9);
	ck_assert_uint_eq(b[4].type, IDB);
	ck_assert_str_eq(b[4].text, "late.eth1");
	ck_assert_uint_eq(b[5].type, EPB);
	ck_assert_uint_eq(b[5].interface, 2);
}
END_TEST

START_TEST(a_port_that_goes_leaves_its_statistics)
{
	struct block b[16];
	uint32_t again;

	start_ok(", \"port\": \"client.eth1\"", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	fake_port_del(fx.host, fx.client);
	/* A guest that restarts is another port of the same name. */
	again = fake_port_add(fx.host, fx.vlan1, "client.eth1");
	push(again, fx.server, 60, 0x0800, 2);
	stop_ok("1");
	ck_assert_uint_eq(read_file(b, 16), 7);
	ck_assert_uint_eq(b[3].type, ISB);
	ck_assert_uint_eq(b[3].interface, 0);
	ck_assert_uint_eq(b[3].delivered, 1);
	ck_assert_uint_eq(b[4].type, IDB);
	ck_assert_uint_eq(b[5].interface, 1);
	ck_assert_uint_eq(b[5].tag, 2);
	ck_assert_uint_eq(b[6].interface, 1);
}
END_TEST

START_TEST(dropped_frames_are_not_recorded)
{
	uint8_t octets[60];
	struct fake_frame f[2] = { frame(octets, 60, 0x0800, 1),
				   frame(octets, 60, 0x0800, 1) };
	struct fake_fate fates[2];

	start_ok(", \"direction\": \"both\"", -1);
	fake_drop_next(fx.host, VL_STAGE_INGRESS, 1);
	fake_push_n(fx.host, fx.client, fx.server, f, 2, fates);
	ck_assert_int_eq(fates[0].verdict, VL_DROP);
	ck_assert_int_eq(fates[1].verdict, VL_PASS);
	fake_drop_next(fx.host, VL_STAGE_EGRESS, 1);
	fake_push_n(fx.host, fx.client, fx.server, f, 1, fates);
	/* In and out, and in only. */
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 3);
}
END_TEST

START_TEST(after_count_frames_the_capture_ends_by_itself)
{
	struct fake_fate fates[5];
	struct fake_frame f[5];
	struct block b[16];
	uint8_t octets[60];
	size_t n;

	start_ok(", \"count\": 3", -1);
	for (size_t i = 0; i < 5; i++)
		f[i] = frame(octets, 60, 0x0800, 1);
	fake_push_n(fx.host, fx.client, fx.server, f, 2, fates);
	ck_assert(state_is("1", "running"));
	fake_push_n(fx.host, fx.client, fx.server, f, 5, fates);
	await(state_is("1", "finished"));
	ck_assert(!fake_hook_enabled(fx.host, VL_STAGE_FORWARD));
	n = read_file(b, 16);
	ck_assert_uint_eq(count(b, n, EPB), 3);
	ck_assert_uint_eq(count(b, n, ISB), 2);
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 3);
	ck_assert_int_eq(stop("1")->code, -ENOENT);
}
END_TEST

START_TEST(show_tells_when_bytes_are_on_disk)
{
	json_int_t accepted;
	struct stat st;

	start_ok("", -1);
	push(fx.client, fx.server, 1000, 0x0800, 1);
	accepted = number(show("1"), "accepted_bytes");
	ck_assert_int_gt(accepted, 1000);
	await(number(show("1"), "written_bytes") >= accepted);
	ck_assert_int_eq(stat(fx.path, &st), 0);
	ck_assert_int_eq(st.st_size, accepted);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_str_eq(json_string_value(json_object_get(show("1"), "file")),
			 fx.path);
}
END_TEST

START_TEST(several_captures_run_at_once)
{
	struct block b[16];
	int fds[2];
	size_t n;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	start_ok("", -1);
	start_ok(", \"filter\": \"arp\"", fds[1]);
	push(fx.client, fx.server, 60, 0x0800, 1);
	push(fx.client, fx.server, 60, 0x0806, 2);
	ck_assert_int_eq(number(stop_ok("2"), "frames"), 1);
	n = read_blocks(fds[0], b, 16); /* up to the end: it is closed */
	ck_assert_uint_eq(count(b, n, EPB), 1);
	push(fx.client, fx.server, 60, 0x0800, 3);
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 3);
	close(fds[0]);
}
END_TEST

START_TEST(a_reader_that_does_not_read_costs_frames_and_is_counted)
{
	enum { N_LARGE = 400, N_SMALL = 200, N = N_LARGE + N_SMALL };
	size_t n, n_frames;
	struct block *b = calloc(N + 16, sizeof(*b));
	const struct fake_reply *reply;
	uint64_t dropped;
	int fds[2];

	fake_host_free(fx.host);
	start_with("{\"buffer_bytes\": 131072}");
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_ge(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	start_ok("", fds[1]);
	for (int i = 0; i < N_LARGE; i++)
		push(fx.client, fx.server, 1000, 0x0800, 1);
	/* To the last octet that frames may have. */
	for (int i = 0; i < N_SMALL; i++)
		push(fx.client, fx.server, 14, 0x0800, 1);
	dropped = fake_counter(fx.host, "dropped");
	ck_assert_uint_gt(dropped, 0);
	ck_assert_uint_eq(fake_counter(fx.host, "recorded") + dropped, N);

	/* Stopped, and read only then: what was accepted is there, and the
	 * statistics, which had room all along. */
	reply = fake_call(fx.host, "stop", "{\"id\": \"1\"}", -1);
	ck_assert(reply->deferred);
	n = read_blocks(fds[0], b, N + 16);
	await(!reply->deferred);
	n_frames = count(b, n, EPB);
	ck_assert_uint_eq(n_frames + dropped, N);
	ck_assert_int_eq(number(reply->result, "dropped"), (int)dropped);
	ck_assert_uint_eq(count(b, n, ISB), 2);
	ck_assert_uint_eq(b[n - 2].received, N);
	ck_assert_uint_eq(b[n - 2].accepted, N);
	ck_assert_uint_eq(b[n - 2].dropped, dropped);
	ck_assert_uint_eq(b[n - 2].delivered, n_frames);
	close(fds[0]);
	free(b);
}
END_TEST

START_TEST(ports_that_come_and_go_cost_a_capture_nothing_for_good)
{
	enum { N = 3000 };
	char name[32];

	fake_host_free(fx.host);
	start_with("{\"buffer_bytes\": 131072}");
	start_ok("", -1);
	for (int i = 0; i < N; i++) {
		uint32_t port;

		snprintf(name, sizeof(name), "p%d", i);
		port = fake_port_add(fx.host, fx.vlan1, name);
		await(number(show("1"), "written_bytes") ==
		      number(show("1"), "accepted_bytes"));
		fake_port_del(fx.host, port);
	}
	push(fx.client, fx.server, 65550, 0x0800, 1);
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_frame_is_recorded_once_where_it_entered, 0 },
		{ a_direction_and_a_port_choose_frames, UNIT_ROWS(directions) },
		{ hooks_are_on_only_while_a_capture_needs_them,
		  UNIT_ROWS(hooks) },
		{ a_long_frame_is_cut_and_its_length_kept,
		  UNIT_ROWS(snaplens) },
		{ a_filter_looks_at_the_whole_frame, 0 },
		{ a_port_that_comes_later_is_described_then, 0 },
		{ a_port_that_goes_leaves_its_statistics, 0 },
		{ dropped_frames_are_not_recorded, 0 },
		{ after_count_frames_the_capture_ends_by_itself, 0 },
		{ show_tells_when_bytes_are_on_disk, 0 },
		{ several_captures_run_at_once, 0 },
		{ a_reader_that_does_not_read_costs_frames_and_is_counted, 0 },
		{ ports_that_come_and_go_cost_a_capture_nothing_for_good, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture", tests, setup, teardown);
}
