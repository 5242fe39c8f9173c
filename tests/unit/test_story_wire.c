#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/story.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire-rig.h"

#define CLIENT "eth src=52:54:00:12:01:01 dst=52:54:00:12:01:02 / "
#define THERE "ipv4 src=192.168.1.1 dst=192.168.2.3 / "

static struct story_rig rig;
static struct story *story;

static void
setup(void)
{
	story_rig_init(&rig);
	rig_begin(&rig);
}

static void
teardown(void)
{
	story_rig_fini(&rig);
}

static void
read_wire(void)
{
	story = rig_read(&rig);
	story_read_wire(story);
}

/* ---- rows ---- */

START_TEST(a_frame_knows_its_ends)
{
	const struct story_frame *f;

	rig_frame(&rig, 1.5, "vlan1", "client.eth1", NULL,
		  CLIENT "ipv4 src=192.168.1.1 dst=192.168.1.2 / tcp "
			 "src_port=4000 dst_port=80 seq=7 flags=S");
	read_wire();
	ck_assert_uint_eq(story->n_frames, 1);
	f = &story->frames[0];
	ck_assert_double_eq_tol(f->t, 1.5, 1e-8);
	ck_assert_int_eq(f->segment, 0);
	ck_assert_uint_eq(f->number, 1);
	ck_assert_str_eq(story->ports[f->port], "client.eth1");
	ck_assert_str_eq(story->machines[f->from].name, "client");
	ck_assert_str_eq(story->machines[f->to].name, "router");
	ck_assert_str_eq(story->protocols[f->protocol], "TCP");
	ck_assert_ptr_null(f->note);
	ck_assert_uint_eq(f->flags, 0);
	ck_assert_uint_eq(story->segments[0].frames, 1);
	ck_assert_uint_eq(story->segments[0].octets, f->octets);
}
END_TEST

static const struct {
	const char *frame, *text, *protocol;
} rows[] = {
	/* between neighbours */
	{ CLIENT "ipv4 src=192.168.1.1 dst=192.168.1.2 / tcp src_port=4000 "
		 "dst_port=80 seq=7 flags=S options[ mss value=1460 ]",
	  "4000 > 80: Flags [S], seq 7, win 65535, options [mss 1460], length "
	  "0",
	  "TCP" },
	/* forwarded */
	{ CLIENT THERE "tcp src_port=4000 dst_port=80 seq=7 ack=9 flags=A "
		       "options[ mss value=1460 ] / raw data=hello",
	  "client.4000 > server.80: Flags [.], seq 7:12, ack 9, win 65535, "
	  "length 5",
	  "TCP" },
	{ CLIENT "ipv4 src=192.168.1.1 dst=10.9.8.7 / icmp type=8 id=1 seq=2",
	  "client > 10.9.8.7: ICMP echo request, id 1, seq 2, length 8",
	  "ICMP" },
	/* HTTP's first lines */
	{ CLIENT THERE "tcp src_port=4000 dst_port=80 seq=1 ack=1 flags=PA / "
		       "raw data=GET\\20/index.html\\20HTTP/1.1\\0d\\0aA:"
		       "\\20b\\0d\\0a",
	  "client.4000 > server.80: Flags [P.], seq 1:33, ack 1, win 65535, "
	  "length 32: HTTP: GET /index.html HTTP/1.1",
	  "HTTP" },
	{ CLIENT "arp op=1 sender_ip=192.168.1.1 target_ip=192.168.1.9",
	  "ARP, Request who-has 192.168.1.9 tell 192.168.1.1, length 28",
	  "ARP" },
	{ CLIENT "ipv4 src=0.0.0.0 dst=255.255.255.255 / udp src_port=68 "
		 "dst_port=67 / dhcp xid=9 chaddr=52:54:00:12:01:01 options[ "
		 "message_type value=1 ]",
	  "0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Discover, Request from "
	  "52:54:00:12:01:01, length 243",
	  "DHCP" },
	/* a link-local address that is made of the card's */
	{ CLIENT "ipv6 src=fe80::5054:ff:fe12:101 dst=ff02::2 / icmpv6 "
		 "type=133",
	  "client > ff02::2: ICMP6, router solicitation, length 8", "NDP" },
};

START_TEST(a_frame_is_one_line)
{
	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL, rows[_i].frame);
	read_wire();
	ck_assert_str_eq(story->frames[0].text, rows[_i].text);
	ck_assert_str_eq(story->protocols[story->frames[0].protocol],
			 rows[_i].protocol);
}
END_TEST

START_TEST(what_is_no_request_of_http_is_none)
{
	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL,
		  CLIENT THERE "tcp src_port=4 dst_port=80 flags=A / raw "
			       "data=GETTING\\20on\\0d\\0a");
	/* its line does not end here */
	rig_frame(&rig, 2, "vlan1", "client.eth1", NULL,
		  CLIENT THERE "tcp src_port=4 dst_port=80 flags=A / raw "
			       "data=GET\\20/");
	read_wire();
	ck_assert_ptr_null(strstr(story->frames[0].text, "HTTP"));
	ck_assert_ptr_null(strstr(story->frames[1].text, "HTTP"));
}
END_TEST

START_TEST(frames_of_all_segments_stand_by_time)
{
	rig_frame(&rig, 3, "vlan1", "client.eth1", NULL, CLIENT "raw data=a");
	rig_frame(&rig, 1, "vlan2", "router.eth2", NULL, CLIENT "raw data=b");
	rig_frame(&rig, 4, "vlan2", "router.eth2", NULL, CLIENT "raw data=c");
	read_wire();
	ck_assert_uint_eq(story->n_frames, 3);
	ck_assert_int_eq(story->frames[0].segment, 1);
	ck_assert_int_eq(story->frames[1].segment, 0);
	ck_assert_int_eq(story->frames[2].segment, 1);
	ck_assert_uint_eq(story->frames[2].number, 2);
}
END_TEST

START_TEST(strange_stations_are_learned)
{
	rig_frame(&rig, 1, "vlan1", "router.eth1", NULL,
		  "eth src=00:00:5e:00:01:01 dst=ff:ff:ff:ff:ff:ff / raw "
		  "data=a");
	rig_frame(&rig, 2, "vlan1", "client.eth1", NULL,
		  "eth src=52:54:00:12:01:01 dst=00:00:5e:00:01:01 / raw "
		  "data=b");
	rig_frame(&rig, 3, "vlan1", "client.eth1", NULL,
		  "eth src=52:54:00:12:01:01 dst=02:00:00:00:00:99 / raw "
		  "data=c");
	read_wire();
	ck_assert_int_eq(story->frames[0].from, 1);
	ck_assert_int_eq(story->frames[0].to, STORY_TO_MANY);
	ck_assert_int_eq(story->frames[1].to, 1);
	ck_assert_int_eq(story->frames[2].to, STORY_TO_UNKNOWN);
}
END_TEST

START_TEST(what_plugins_say_is_a_note)
{
	rig_frame(&rig, 1, "vlan1", "client.eth1", "netem: delayed",
		  CLIENT "raw data=a");
	rig_frame(&rig, 2, "vlan1", "client.eth1", "dropped by link: blocked",
		  CLIENT "raw data=b");
	rig_frame(&rig, 3, "vlan1", "client.eth1", "bad \xff octets",
		  CLIENT "raw data=c");
	read_wire();
	ck_assert_uint_eq(story->frames[0].flags, STORY_FRAME_IMPAIRED);
	ck_assert_str_eq(story->frames[0].note, "netem: delayed");
	ck_assert_uint_eq(story->frames[1].flags, STORY_FRAME_DROPPED);
	ck_assert_str_eq(story->frames[1].note, "dropped by link: blocked");
	ck_assert_str_eq(story->frames[2].note, "bad \xef\xbf\xbd octets");
}
END_TEST

START_TEST(a_frame_that_nobody_was_there_for_is_shown_once)
{
	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL, CLIENT "raw data=a");
	rig_frame(&rig, 1, "vlan1", "client.eth1",
		  "dropped by the switch: no-destination", CLIENT "raw data=a");
	rig_frame(&rig, 2, "vlan1", "client.eth1", NULL, CLIENT "raw data=b");
	read_wire();
	ck_assert_uint_eq(story->n_frames, 2);
	ck_assert_uint_eq(story->frames[1].number, 3);
}
END_TEST

START_TEST(a_copy_is_not_sent_again)
{
	static const char *const segment =
	    CLIENT THERE "tcp src_port=4 dst_port=80 seq=1 flags=A / raw "
			 "data=x";

	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL, segment);
	rig_frame(&rig, 1, "vlan1", "client.eth1", "netem: duplicated",
		  segment);
	rig_frame(&rig, 1, "vlan2", "router.eth2", NULL, segment);
	rig_frame(&rig, 2, "vlan1", "client.eth1", NULL, segment);
	read_wire();
	ck_assert_uint_eq(story->frames[0].flags, 0);
	ck_assert_uint_eq(story->frames[1].flags, STORY_FRAME_IMPAIRED);
	ck_assert_uint_eq(story->frames[2].flags, 0);
	ck_assert_uint_eq(story->frames[3].flags, STORY_FRAME_AGAIN);
}
END_TEST

static const struct {
	const char *frame;
	unsigned flags;
} sums[] = {
	{ CLIENT THERE "tcp src_port=4 dst_port=80 flags=S", 0 },
	{ CLIENT THERE "tcp src_port=4 dst_port=80 flags=S checksum=1",
	  STORY_FRAME_BAD_SUM },
	{ CLIENT THERE "udp src_port=4 dst_port=80 / raw data=odd", 0 },
	{ CLIENT THERE "udp src_port=4 dst_port=80 checksum=0 / raw data=odd",
	  0 },
	{ CLIENT THERE "udp src_port=4 dst_port=80 checksum=9 / raw data=odd",
	  STORY_FRAME_BAD_SUM },
	{ CLIENT THERE "icmp type=8 id=1 seq=1", 0 },
	{ CLIENT THERE "icmp type=8 id=1 seq=1 checksum=1",
	  STORY_FRAME_BAD_SUM },
	{ CLIENT "ipv4 src=192.168.1.1 dst=192.168.2.3 checksum=1 / udp "
		 "src_port=4 dst_port=80",
	  STORY_FRAME_BAD_SUM },
	{ CLIENT "ipv6 src=fe80::1 dst=fe80::2 / icmpv6 type=128 id=1 seq=1",
	  0 },
	{ CLIENT "ipv6 src=fe80::1 dst=fe80::2 / icmpv6 type=128 id=1 seq=1 "
		 "checksum=7",
	  STORY_FRAME_BAD_SUM },
	{ CLIENT "ipv6 src=fe80::1 dst=fe80::2 / tcp src_port=4 dst_port=80 "
		 "flags=S / raw data=odd",
	  0 },
	/* padded, as small frames are */
	{ CLIENT THERE "udp src_port=4 dst_port=80 / raw data=x / padding "
		       "data=abcdefghijkl",
	  0 },
};

START_TEST(checksums_are_right_or_wrong)
{
	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL, sums[_i].frame);
	read_wire();
	ck_assert_uint_eq(story->frames[0].flags, sums[_i].flags);
}
END_TEST

/* ---- captures that are not in order ---- */

START_TEST(a_damaged_capture_is_read_up_to_there)
{
	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL, CLIENT "raw data=a");
	rig_frame(&rig, 2, "vlan1", "client.eth1", NULL, CLIENT "raw data=b");
	rig_octets_frame(&rig, 3, "vlan2", "server.eth1", NULL,
			 (const uint8_t *)"short", 5);
	fputs("this is no block at all", rig.captures[0]);
	read_wire();
	ck_assert_uint_eq(story->n_frames, 3);
	ck_assert_str_eq(story->protocols[story->frames[2].protocol], "short");
	ck_assert_ptr_nonnull(rig_omission(&rig, "frames of vlan1 behind "
						 "number 2: damaged"));
}
END_TEST

START_TEST(a_log_without_its_clock_has_no_frames)
{
	story_rig_fini(&rig);
	story_rig_init(&rig);
	rig_line(&rig, 0, "'type':'run.begin','schema':1,'test':'x'");
	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL, CLIENT "raw data=a");
	read_wire();
	ck_assert_uint_eq(story->n_frames, 0);
	ck_assert_ptr_nonnull(rig_omission(&rig, "does not say when"));
}
END_TEST

/* ---- limits ---- */

/* @n frames of 60 octets in @segment, a millisecond apart. */
static void
flood(const char *segment, const char *port, unsigned n)
{
	uint8_t octets[60] = { 0x52, 0x54, 0,	 0x12, 1, 2,	0x52,
			       0x54, 0,	   0x12, 1,    1, 0x88, 0xb5 };

	for (unsigned i = 0; i < n; i++)
		rig_octets_frame(&rig, i / 1e3, segment, port, NULL, octets,
				 sizeof(octets));
}

START_TEST(a_flood_leaves_the_other_segments_alone)
{
	enum { N = STORY_FRAMES_MAX + 10000, OTHERS = 50 };
	size_t others = 0;

	flood("vlan1", "client.eth1", N);
	flood("vlan2", "server.eth1", OTHERS);
	read_wire();
	ck_assert_uint_le(story->n_frames, STORY_FRAMES_MAX);
	ck_assert_uint_gt(story->n_frames, STORY_FRAMES_MAX / 2);
	for (size_t i = 0; i < story->n_frames; i++)
		others += story->frames[i].segment == 1;
	ck_assert_uint_eq(others, OTHERS);
	ck_assert_uint_eq(rig_omission(&rig, "frames of vlan1")->of, N);
	ck_assert_uint_eq(rig_omission(&rig, "frames of vlan1")->shown,
			  story->n_frames - others);
	ck_assert_str_eq(rig_omission(&rig, "frames of vlan1")->where,
			 "vlan1.pcapng");
	ck_assert_uint_eq(story->segments[0].frames, N);
	/* No octets: they are too many, and nothing has failed. */
	ck_assert_ptr_null(story->frames[0].data);
}
END_TEST

START_TEST(octets_are_kept_nearest_to_the_failure)
{
	size_t kept = 0;

	flood("vlan1", "client.eth1", 20000);
	rig_step(&rig, 10, 12, 1, 0, "succeed", "no");
	rig_end(&rig, 20, 1, "no");
	read_wire();
	for (size_t i = 0; i < story->n_frames; i++) {
		const struct story_frame *f = &story->frames[i];

		kept += f->data != NULL;
		if (f->t >= 9 && f->t <= 12)
			ck_assert_msg(f->data != NULL, "%f", f->t);
		if (f->t < 2 || f->t > 19)
			ck_assert_msg(f->data == NULL, "%f", f->t);
	}
	ck_assert_uint_le(kept * 60, 700 * 1024);
	ck_assert_uint_gt(kept * 60, 600 * 1024);
}
END_TEST

START_TEST(octets_of_a_small_run_are_kept)
{
	rig_frame(&rig, 1, "vlan1", "client.eth1", NULL,
		  CLIENT "raw data=hello");
	rig_frame(&rig, 0.5, "vlan2", "server.eth1", NULL,
		  CLIENT "raw data=other");
	read_wire();
	ck_assert_uint_eq(story->frames[1].data_len, story->frames[1].octets);
	ck_assert_int_eq(
	    memcmp(story->frames[1].data + story->frames[1].data_len - 5,
		   "hello", 5),
	    0);
	ck_assert_int_eq(
	    memcmp(story->frames[0].data + story->frames[0].data_len - 5,
		   "other", 5),
	    0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_knows_its_ends, 0 },
		{ a_frame_is_one_line, UNIT_ROWS(rows) },
		{ what_is_no_request_of_http_is_none, 0 },
		{ frames_of_all_segments_stand_by_time, 0 },
		{ strange_stations_are_learned, 0 },
		{ what_plugins_say_is_a_note, 0 },
		{ a_frame_that_nobody_was_there_for_is_shown_once, 0 },
		{ a_copy_is_not_sent_again, 0 },
		{ checksums_are_right_or_wrong, UNIT_ROWS(sums) },
		{ a_damaged_capture_is_read_up_to_there, 0 },
		{ a_log_without_its_clock_has_no_frames, 0 },
		{ a_flood_leaves_the_other_segments_alone, 0 },
		{ octets_are_kept_nearest_to_the_failure, 0 },
		{ octets_of_a_small_run_are_kept, 0 },
		{ NULL, 0 },
	};

	return unit_run("story-wire", tests, setup, teardown);
}
