/* The files of a capture: rings, and the format pcap. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "tests/unit/capture-fixture.h"

enum { BLOCKS_MAX = 256 };

static struct block b[BLOCKS_MAX];

/* Return: of the @n-th file of the ring; -1: there is none. */
static off_t
size_of(unsigned n)
{
	char path[80];
	struct stat st;

	snprintf(path, sizeof(path), "%s-%06u", fx.path, n);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Tagged 1, 2, ... */
static void
push_frames(unsigned n, uint32_t len)
{
	for (unsigned i = 1; i <= n; i++)
		push(i % 2 == 0 ? fx.client : fx.server,
		     i % 2 == 0 ? fx.server : fx.client, len, 0x0800,
		     (uint8_t)i);
}

START_TEST(a_ring_by_count_is_files_that_stand_alone)
{
	size_t n;

	start_ok(", \"ring\": \"2x3f\"", -1);
	push_frames(8, 60);
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 8);
	ck_assert_int_eq(size_of(1), -1);
	ck_assert_int_eq(size_of(4), -1);

	/* 4, 5, 6 */
	n = read_nth_file(2, b, BLOCKS_MAX);
	ck_assert_uint_eq(n, 8);
	ck_assert_uint_eq(b[0].type, SHB);
	ck_assert_uint_eq(b[1].type, IDB);
	ck_assert_str_eq(b[1].text, "client.eth1");
	ck_assert_uint_eq(b[2].type, EPB);
	ck_assert_uint_eq(b[2].interface, 0);
	ck_assert_uint_eq(b[2].tag, 4);
	ck_assert_uint_eq(b[3].type, IDB);
	ck_assert_uint_eq(b[4].interface, 1);
	ck_assert_uint_eq(b[4].tag, 5);
	ck_assert_uint_eq(b[5].interface, 0);
	ck_assert_uint_eq(b[6].type, ISB); /* of this file alone */
	ck_assert_uint_eq(b[6].interface, 0);
	ck_assert_uint_eq(b[6].received, 2);
	ck_assert_uint_eq(b[6].delivered, 2);
	ck_assert_uint_eq(b[7].interface, 1);
	ck_assert_uint_eq(b[7].delivered, 1);

	n = read_nth_file(3, b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, EPB), 2);
	ck_assert_uint_eq(count(b, n, ISB), 2);
}
END_TEST

START_TEST(a_ring_by_size_never_has_a_larger_file)
{
	enum { LIMIT = 64 * 1024 };
	unsigned n_frames = 0, n_files = 0;

	start_ok(", \"ring\": \"100x64K\"", -1);
	push_frames(255, 1000);
	stop_ok("1");
	for (unsigned i = 1; size_of(i) >= 0; i++) {
		size_t n = read_nth_file(i, b, BLOCKS_MAX);

		ck_assert_int_le(size_of(i), LIMIT);
		/* Nor a much smaller one, but for the last. */
		if (size_of(i + 1) >= 0)
			ck_assert_int_gt(size_of(i), LIMIT - 3 * 1024);
		n_frames += count(b, n, EPB);
		n_files++;
	}
	ck_assert_uint_eq(n_frames, 255);
	ck_assert_uint_ge(n_files, 4);
}
END_TEST

START_TEST(a_frame_beyond_the_size_has_a_file_of_its_own)
{
	start_ok(", \"ring\": \"9x64K\"", -1);
	push_frames(3, 65550);
	stop_ok("1");
	for (unsigned i = 1; i <= 3; i++) {
		size_t n = read_nth_file(i, b, BLOCKS_MAX);

		ck_assert_uint_eq(count(b, n, EPB), 1);
	}
	ck_assert_int_eq(size_of(4), -1);
}
END_TEST

START_TEST(a_ring_by_time_begins_a_file_when_the_last_is_old_enough)
{
	size_t n;

	start_ok(", \"file_seconds\": 2", -1);
	push_frames(1, 60);
	fake_advance(fx.host, UINT64_C(1999) * MS);
	push_frames(1, 60);
	ck_assert_int_eq(number(show("1"), "files"), 1);
	fake_advance(fx.host, 1 * MS);
	push_frames(1, 60);
	ck_assert_int_eq(number(show("1"), "files"), 2);
	/* Without frames, there are no files. */
	fake_advance(fx.host, UINT64_C(60000) * MS);
	push_frames(1, 60);
	stop_ok("1");
	n = read_nth_file(1, b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, EPB), 2);
	n = read_nth_file(2, b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, EPB), 1);
	n = read_nth_file(3, b, BLOCKS_MAX);
	ck_assert_uint_eq(count(b, n, EPB), 1);
	ck_assert_int_eq(size_of(4), -1);
}
END_TEST

START_TEST(show_tells_of_a_ring)
{
	const json_t *shown;
	json_t *ring, *want;
	char path[80];

	start_ok(", \"ring\": \"4x1M,1h\", \"file_frames\": 2", -1);
	push_frames(5, 60);
	snprintf(path, sizeof(path), "%s-000003", fx.path);
	await(strcmp(json_string_value(json_object_get(show("1"), "last_file")),
		     path) == 0);
	shown = show("1");
	ck_assert_str_eq(json_string_value(json_object_get(shown, "file")),
			 fx.path);
	ck_assert_int_eq(number(shown, "files"), 3);
	ring = json_object_get(shown, "ring");
	want = json_pack("{s:i, s:i, s:i, s:i}", "files", 4, "bytes", 1 << 20,
			 "seconds", 3600, "frames", 2);
	ck_assert(json_equal(ring, want));
	json_decref(want);
	ck_assert_str_eq(
	    json_string_value(json_object_get(stop_ok("1"), "last_file")),
	    path);
}
END_TEST

START_TEST(ports_of_a_ring_come_and_go)
{
	uint32_t late;
	size_t n;

	start_ok(", \"file_frames\": 1", -1);
	push_frames(1, 60);
	late = fake_port_add(fx.host, fx.vlan1, "late.eth1");
	push(late, fx.client, 60, 0x0800, 2);
	fake_port_del(fx.host, late);
	push_frames(1, 60);
	stop_ok("1");
	n = read_nth_file(2, b, BLOCKS_MAX);
	ck_assert_uint_eq(n, 4); /* SHB, IDB, EPB, ISB */
	ck_assert_str_eq(b[1].text, "late.eth1");
	ck_assert_uint_eq(b[3].delivered, 1);
}
END_TEST

static const struct {
	const char *more;
	bool with_fd;
	int code;
	const char *text;
} refused[] = {
	{ ", \"ring\": \"4\"", false, -EINVAL, "\"4\" is no ring" },
	{ ", \"file_size\": \"x\"", false, -EINVAL, "\"x\" is no size" },
	{ ", \"files\": 4", false, -EINVAL, "when is a file full?" },
	{ ", \"ring\": \"4x1M\"", true, -EINVAL, "need a name" },
	{ ", \"format\": \"pcap\", \"drops\": true", false, -EINVAL,
	  "which frames were dropped" },
	{ ", \"format\": \"pcap\", \"comment\": \"x\"", false, -EINVAL,
	  "no room for a comment" },
};

START_TEST(a_mistake_is_explained)
{
	const struct fake_reply *reply;
	int fds[2] = { -1, -1 };

	if (refused[_i].with_fd)
		ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	reply = start_fd(refused[_i].more, fds[1]);
	ck_assert_int_eq(reply->code, refused[_i].code);
	ck_assert_msg(strstr(reply->text, refused[_i].text) != NULL, "%s",
		      reply->text);
	ck_assert_int_eq(access(fx.path, F_OK), -1);
	ck_assert_int_eq(size_of(1), -1);
	if (fds[0] >= 0)
		close(fds[0]);
}
END_TEST

START_TEST(two_captures_do_not_share_a_ring)
{
	start_ok(", \"ring\": \"2x1M\"", -1);
	ck_assert_int_eq(start_fd(", \"ring\": \"9x1M\"", -1)->code, -EBUSY);
	ck_assert_int_eq(size_of(2), -1);
	stop_ok("1");
	start_ok(", \"ring\": \"9x1M\"", -1);
	ck_assert_int_ge(size_of(2), 0); /* behind the first one's */
	ck_assert_int_ge(size_of(1), 0);
}
END_TEST

/* ---- pcap ---- */

START_TEST(a_name_that_ends_in_pcap_is_of_that_format)
{
	char params[160], path[80], error[PCAP_ERRBUF_SIZE];
	const struct fake_reply *reply;
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *pcap;

	snprintf(path, sizeof(path), "%s.pcap", fx.path);
	snprintf(params, sizeof(params),
		 "{\"segment\": \"vlan1\", \"file\": \"%s\", \"snaplen\": 64}",
		 path);
	reply = fake_call(fx.host, "start", params, -1);
	ck_assert_msg(reply->code == 0, "%s", reply->text);
	push(fx.client, fx.server, 61, 0x0800, 1);
	fake_advance(fx.host, 7);
	push(fx.server, fx.client, 1500, 0x0800, 2);
	fake_port_add(fx.host, fx.vlan1, "late.eth1");
	ck_assert_str_eq(
	    json_string_value(json_object_get(stop_ok("1"), "format")), "pcap");

	pcap = pcap_open_offline_with_tstamp_precision(
	    path, PCAP_TSTAMP_PRECISION_NANO, error);
	ck_assert_msg(pcap != NULL, "%s", error);
	ck_assert_int_eq(pcap_datalink(pcap), DLT_EN10MB);
	ck_assert_int_eq(pcap_snapshot(pcap), 64);
	ck_assert_int_eq(pcap_next_ex(pcap, &header, &data), 1);
	ck_assert_uint_eq(header->caplen, 61);
	ck_assert_uint_eq(header->len, 61);
	ck_assert_uint_eq(data[14], 1);
	ck_assert_int_eq(header->ts.tv_sec, FAKE_WALL_OFFSET_NS / 1000000000);
	ck_assert_int_eq(header->ts.tv_usec, 1000);
	ck_assert_int_eq(pcap_next_ex(pcap, &header, &data), 1);
	ck_assert_uint_eq(header->caplen, 64);
	ck_assert_uint_eq(header->len, 1500);
	ck_assert_int_eq(header->ts.tv_usec, 1007);
	ck_assert_int_eq(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}
END_TEST

START_TEST(a_ring_may_be_of_that_format)
{
	size_t n_frames = 0, n_files = 0;

	start_ok(", \"format\": \"pcap\", \"ring\": \"50x64K\"", -1);
	push_frames(200, 1000);
	stop_ok("1");
	for (unsigned i = 1; size_of(i) >= 0; i++) {
		char path[80], error[PCAP_ERRBUF_SIZE];
		struct pcap_pkthdr *header;
		const u_char *data;
		pcap_t *pcap;

		snprintf(path, sizeof(path), "%s-%06u", fx.path, i);
		pcap = pcap_open_offline(path, error);
		ck_assert_msg(pcap != NULL, "%s", error);
		while (pcap_next_ex(pcap, &header, &data) == 1)
			n_frames++;
		ck_assert_str_eq(pcap_geterr(pcap), "");
		pcap_close(pcap);
		ck_assert_int_le(size_of(i), 64 * 1024);
		n_files++;
	}
	ck_assert_uint_eq(n_frames, 200);
	ck_assert_uint_ge(n_files, 4);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_ring_by_count_is_files_that_stand_alone, 0 },
		{ a_ring_by_size_never_has_a_larger_file, 0 },
		{ a_frame_beyond_the_size_has_a_file_of_its_own, 0 },
		{ a_ring_by_time_begins_a_file_when_the_last_is_old_enough, 0 },
		{ show_tells_of_a_ring, 0 },
		{ ports_of_a_ring_come_and_go, 0 },
		{ a_mistake_is_explained, UNIT_ROWS(refused) },
		{ two_captures_do_not_share_a_ring, 0 },
		{ a_name_that_ends_in_pcap_is_of_that_format, 0 },
		{ a_ring_may_be_of_that_format, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture_files", tests, setup, teardown);
}
