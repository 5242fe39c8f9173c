#include "driver/report/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tests/unit/wire-rig.h"

#define CLIENT "eth src=52:54:00:12:01:01 dst=52:54:00:12:01:02 / "
#define ROUTER "eth src=52:54:00:12:02:02 dst=52:54:00:12:02:03 / "
#define SERVER "eth src=52:54:00:12:02:03 dst=52:54:00:12:02:02 / "
#define BACK "eth src=52:54:00:12:01:02 dst=52:54:00:12:01:01 / "
#define ALL "eth src=52:54:00:12:01:01 dst=ff:ff:ff:ff:ff:ff / "
#define THERE "ipv4 src=192.168.1.1 dst=192.168.2.3 / "
#define HERE "ipv4 src=192.168.2.3 dst=192.168.1.1 / "
#define SYN "tcp src_port=4000 dst_port=80 seq=7 flags=S"

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

/* A run that failed from 10 s to 20 s. */
static void
run_fails(void)
{
	rig_step(&rig, 10, 20, 1, 0, "succeed", "no answer");
	rig_end(&rig, 25, 1, "no answer");
	story = rig_read(&rig);
	story_read_wire(story);
}

static const struct story_finding *
finding(const char *text)
{
	for (size_t i = 0; i < story->n_findings; i++)
		if (strstr(story->findings[i].text, text) != NULL)
			return &story->findings[i];
	return NULL;
}

/* The only one. */
static const struct story_finding *
expect(const char *text)
{
	char *all = story_findings(story);

	ck_assert_msg(story->n_findings == 1, "%s", all);
	ck_assert_msg(strcmp(story->findings[0].text, text) == 0, "%s", all);
	free(all);
	return &story->findings[0];
}

static void
syn(double t, const char *comment)
{
	rig_frame(&rig, t, "vlan1", "client.eth1", comment, CLIENT THERE SYN);
}

static void
forward_syn(double t)
{
	rig_frame(&rig, t, "vlan2", "router.eth2", NULL, ROUTER THERE SYN);
}

/* ---- connections ---- */

START_TEST(a_connection_that_nothing_answers_is_told)
{
	const struct story_finding *f;

	syn(11, NULL);
	syn(12, NULL);
	syn(14, NULL);
	forward_syn(11.01);
	forward_syn(12.01);
	forward_syn(14.01);
	run_fails();
	f = expect("client asked server (192.168.2.3) for a connection to TCP "
		   "port 80 (SYN) 3 times in 3.0 s, and nothing answered; they "
		   "crossed vlan1, and reached vlan2, where server is");
	ck_assert_int_eq(f->severity, STORY_BAD);
	ck_assert_uint_eq(f->n_frames, 6);
	ck_assert_uint_eq(f->frames[0], 0);
	ck_assert_int_eq(f->segment, 0);
	ck_assert_double_eq_tol(f->begin_s, 11, 1e-6);
	ck_assert_double_eq_tol(f->end_s, 14.01, 1e-6);
}
END_TEST

START_TEST(a_connection_that_is_not_forwarded_is_told)
{
	syn(11, NULL);
	rig_frame(&rig, 1, "vlan2", "server.eth1", NULL,
		  "eth src=52:54:00:12:02:03 / raw data=x");
	run_fails();
	expect("client asked server (192.168.2.3) for a connection to TCP port "
	       "80 (SYN) once, and nothing answered; it crossed vlan1, but "
	       "never reached vlan2, where server is");
}
END_TEST

START_TEST(a_router_that_hides_addresses_does_not_hide_the_way)
{
	syn(11, NULL);
	rig_frame(&rig, 11.01, "vlan2", "router.eth2", NULL,
		  ROUTER "ipv4 src=192.168.2.2 dst=192.168.2.3 / tcp "
			 "src_port=5000 dst_port=80 seq=7 flags=S");
	run_fails();
	expect("client asked server (192.168.2.3) for a connection to TCP port "
	       "80 (SYN) once, and nothing answered; it crossed vlan1, and "
	       "reached vlan2, where server is");
}
END_TEST

START_TEST(addresses_of_one_machine_are_one)
{
	rig_frame(&rig, 11, "vlan1", "client.eth1", NULL,
		  CLIENT "ipv4 src=192.168.1.1 dst=192.168.1.2 / " SYN);
	rig_frame(&rig, 12, "vlan1", "client.eth1", NULL,
		  CLIENT "ipv6 src=2001:db8:1::1 dst=2001:db8:1::2 / " SYN);
	/* on another segment, that is another question */
	rig_frame(&rig, 13, "vlan1", "client.eth1", NULL,
		  CLIENT "ipv4 src=192.168.1.1 dst=192.168.2.2 / " SYN);
	run_fails();
	ck_assert_uint_eq(story->n_findings, 2);
	ck_assert_ptr_nonnull(
	    finding("client asked router for a connection to TCP port 80 (SYN) "
		    "2 times in 1.0 s, and nothing answered; they reached "
		    "vlan1, where router is"));
	ck_assert_ptr_nonnull(
	    finding("client asked router (192.168.2.2) for a connection to TCP "
		    "port 80 (SYN) once"));
}
END_TEST

START_TEST(an_answer_that_gets_lost_is_told)
{
	syn(11, NULL);
	forward_syn(11.01);
	rig_frame(&rig, 11.02, "vlan2", "server.eth1", NULL,
		  SERVER HERE "tcp src_port=80 dst_port=4000 flags=SA");
	run_fails();
	expect("client asked server (192.168.2.3) for a connection to TCP port "
	       "80 (SYN) once, and nothing answered; the answer was seen on "
	       "vlan2, but never on vlan1");
}
END_TEST

START_TEST(frames_that_were_dropped_are_why)
{
	syn(11, "dropped by link: blocked");
	run_fails();
	ck_assert_uint_eq(story->n_findings, 2);
	ck_assert_str_eq(
	    story->findings[0].text,
	    "client asked server (192.168.2.3) for a connection to TCP port 80 "
	    "(SYN) once, and nothing answered; 1 of the frames was dropped by "
	    "link: blocked");
	ck_assert_str_eq(story->findings[1].text,
			 "1 frame got no further at client.eth1 on vlan1: "
			 "dropped by link: blocked");
	ck_assert_int_eq(story->findings[1].severity, STORY_NOTE);
}
END_TEST

/* It entered, and was counted, before. */
START_TEST(a_copy_that_was_dropped_where_it_left_is_no_second_question)
{
	syn(11, NULL);
	rig_frame(&rig, 11, "vlan1", "<router.eth1", "dropped by netem: loss",
		  CLIENT THERE SYN);
	run_fails();
	ck_assert_ptr_nonnull(
	    finding("(SYN) once, and nothing answered; 1 of the frames was "
		    "dropped by netem: loss"));
	ck_assert_uint_eq(story->frames[1].flags, STORY_FRAME_DROPPED);
}
END_TEST

static const struct {
	double asked_s;
	const char *answer; /* of the server, at 19.9 s */
	size_t n;
} answers[] = {
	{ 11, "tcp src_port=80 dst_port=4000 flags=SA", 0 },
	{ 11, "tcp src_port=81 dst_port=4000 flags=SA", 1 },
	{ 11, "tcp src_port=80 dst_port=4001 flags=SA", 1 },
	{ 11, "tcp src_port=80 dst_port=4000 flags=A", 1 },
	/* the run ends at 25 s, 5 s behind the failure */
	{ 19.95, "raw data=x", 1 },
};

START_TEST(only_an_answer_to_it_is_an_answer)
{
	char text[512];

	snprintf(text, sizeof(text), BACK HERE "%s", answers[_i].answer);
	syn(answers[_i].asked_s, NULL);
	rig_frame(&rig, 19.96, "vlan1", "router.eth1", NULL, text);
	run_fails();
	ck_assert_uint_eq(story->n_findings, answers[_i].n);
}
END_TEST

static const struct {
	double end_s;
	size_t n;
} ends[] = { { 11.89, 0 }, { 11.91, 1 } };

START_TEST(who_has_just_asked_may_wait)
{
	syn(11, NULL);
	rig_end(&rig, ends[_i].end_s, 0, NULL);
	story = rig_read(&rig);
	story_read_wire(story);
	ck_assert_uint_eq(story->n_findings, ends[_i].n);
}
END_TEST

START_TEST(a_connection_that_is_refused_is_told)
{
	const struct story_finding *f;

	syn(11, NULL);
	rig_frame(&rig, 11.1, "vlan1", "router.eth1", NULL,
		  BACK HERE "tcp src_port=80 dst_port=4000 ack=8 flags=RA");
	run_fails();
	f = expect("server (192.168.2.3) refused client a connection to TCP "
		   "port 80, once (RST): nothing listens there, or a firewall "
		   "rejects it");
	ck_assert_uint_eq(f->n_frames, 2);
}
END_TEST

START_TEST(a_connection_that_breaks_off_is_a_note)
{
	rig_frame(&rig, 11, "vlan1", "router.eth1", NULL,
		  BACK HERE "tcp src_port=80 dst_port=4000 seq=99 flags=R");
	run_fails();
	ck_assert_int_eq(
	    expect("server broke off a connection with client (TCP port 80, "
		   "RST), once")
		->severity,
	    STORY_NOTE);
}
END_TEST

START_TEST(segments_that_were_sent_again_are_a_note)
{
	for (int i = 0; i < 3; i++)
		rig_frame(&rig, 11 + i, "vlan1", "client.eth1", NULL,
			  CLIENT THERE "tcp src_port=4000 dst_port=80 seq=7 "
				       "ack=1 flags=A / raw data=hello");
	run_fails();
	expect("2 TCP segments from client to router were sent again on vlan1");
	ck_assert_uint_eq(story->frames[0].flags, 0);
	ck_assert_uint_eq(story->frames[1].flags, STORY_FRAME_AGAIN);
}
END_TEST

/* ---- other questions: asked at 11 s and 12 s, answered at 13 s ---- */

static const struct {
	const char *question, *answer, *text;
} questions[] = {
	{ ALL "arp op=1 sender_ip=192.168.1.1 target_ip=192.168.1.2",
	  BACK "arp op=2 sender_ip=192.168.1.2 target_ip=192.168.1.1",
	  "client asked on vlan1 who has router (192.168.1.2), 2 times in 1.0 "
	  "s, and nobody answered" },
	{ CLIENT "ipv6 src=2001:db8:1::1 dst=ff02::1:ff00:9 / icmpv6 type=135 "
		 "target=2001:db8:1::9",
	  BACK "ipv6 src=2001:db8:1::9 dst=2001:db8:1::1 / icmpv6 type=136 "
	       "target=2001:db8:1::9",
	  "client asked on vlan1 who has 2001:db8:1::9, 2 times in 1.0 s, and "
	  "nobody answered" },
	{ CLIENT THERE "icmp type=8 id=5 seq=1",
	  BACK HERE "icmp type=0 id=5 "
		    "seq=1",
	  "client pinged server (192.168.2.3) 2 times in 1.0 s, and got no "
	  "reply; they crossed vlan1, but never reached vlan2, where server "
	  "is" },
	{ CLIENT "ipv4 src=192.168.1.1 dst=9.9.9.9 / udp src_port=4000 "
		 "dst_port=53 / dns id=7 rd=1 questions[ question "
		 "name=example.org type=1 ]",
	  BACK "ipv4 src=9.9.9.9 dst=192.168.1.1 / udp src_port=53 "
	       "dst_port=4000 / dns id=7 qr=1 questions[ question "
	       "name=example.org type=1 ]",
	  "client asked the name server 9.9.9.9 for example.org 2 times in 1.0 "
	  "s, and got no answer" },
	{ ALL "ipv4 src=0.0.0.0 dst=255.255.255.255 / udp src_port=68 "
	      "dst_port=67 / dhcp xid=9 chaddr=52:54:00:12:01:01 options[ "
	      "message_type value=1 ]",
	  BACK "ipv4 src=192.168.1.2 dst=192.168.1.1 / udp src_port=67 "
	       "dst_port=68 / dhcp op=2 xid=9 chaddr=52:54:00:12:01:01 "
	       "options[ message_type value=2 ]",
	  "client asked on vlan1 for an address by DHCP 2 times in 1.0 s, and "
	  "no server offered one" },
};

START_TEST(a_question_without_an_answer_is_told)
{
	rig_frame(&rig, 11, "vlan1", "client.eth1", NULL,
		  questions[_i].question);
	rig_frame(&rig, 12, "vlan1", "client.eth1", NULL,
		  questions[_i].question);
	run_fails();
	ck_assert_int_eq(expect(questions[_i].text)->severity, STORY_BAD);
}
END_TEST

START_TEST(a_question_with_an_answer_is_not)
{
	rig_frame(&rig, 11, "vlan1", "client.eth1", NULL,
		  questions[_i].question);
	rig_frame(&rig, 13, "vlan1", "router.eth1", NULL, questions[_i].answer);
	run_fails();
	ck_assert_uint_eq(story->n_findings, 0);
}
END_TEST

/* Nobody is meant to answer these. */
static const char *const no_questions[] = {
	ALL "arp op=1 sender_ip=0.0.0.0 target_ip=192.168.1.1",
	ALL "arp op=1 sender_ip=192.168.1.1 target_ip=192.168.1.1",
	CLIENT "ipv6 src=:: dst=ff02::1:ff00:1 / icmpv6 type=135 "
	       "target=2001:db8:1::1",
	ALL "ipv4 src=192.168.1.1 dst=224.0.0.1 / icmp type=8 id=1 seq=1",
	ALL "ipv4 src=192.168.1.1 dst=255.255.255.255 / icmp type=8 id=1 "
	    "seq=1",
	CLIENT "ipv4 src=192.168.1.1 dst=224.0.0.251 / udp src_port=5353 "
	       "dst_port=5353 / dns id=0 questions[ question name=x.local "
	       "type=1 ]",
	CLIENT THERE "udp src_port=5000 dst_port=5001 / raw data=hello",
	CLIENT "ipv6 src=fe80::1 dst=ff02::2 / icmpv6 type=133",
};

START_TEST(what_is_no_question_needs_no_answer)
{
	rig_frame(&rig, 11, "vlan1", "client.eth1", NULL, no_questions[_i]);
	run_fails();
	ck_assert_uint_eq(story->n_findings, 0);
}
END_TEST

/* ---- what frames tell ---- */

#define QUOTED                                                                 \
	"raw "                                                                 \
	"data=\\45\\00\\00\\28\\00\\01\\40\\00\\40\\06\\00\\00"                \
	"\\c0\\a8\\01\\01\\c0\\a8\\02\\03\\0f\\a0\\00\\50"                     \
	"\\00\\00\\00\\07"

static const struct {
	const char *frame, *text;
} told[] = {
	{ BACK "ipv4 src=192.168.1.2 dst=192.168.1.1 / icmp type=3 code=13 "
	       "/ " QUOTED,
	  "router told client that TCP port 80 of server (192.168.2.3) is "
	  "unreachable, once: a firewall forbids it" },
	{ BACK "ipv4 src=192.168.1.2 dst=192.168.1.1 / icmp type=3 code=0 "
	       "/ " QUOTED,
	  "router told client that TCP port 80 of server (192.168.2.3) is "
	  "unreachable, once: it knows no way there" },
	{ BACK "ipv4 src=192.168.1.2 dst=192.168.1.1 / icmp type=3 code=4 "
	       "mtu=1400 / " QUOTED,
	  "router could not forward what client sent to TCP port 80 of server "
	  "(192.168.2.3), once: it is too large for a link with an MTU of "
	  "1400 octets" },
	{ BACK "ipv4 src=192.168.1.2 dst=192.168.1.1 / icmp type=11 code=0 "
	       "/ " QUOTED,
	  "what client sent to TCP port 80 of server (192.168.2.3) ran out of "
	  "hops at router, once: packets go round in a circle, or were meant "
	  "to end there" },
	{ BACK "ipv4 src=9.9.9.9 dst=192.168.1.1 / udp src_port=53 "
	       "dst_port=4000 / dns id=7 qr=1 rcode=3 questions[ question "
	       "name=nowhere.example type=1 ]",
	  "the name server 9.9.9.9 told client that there is no such name as "
	  "nowhere.example, once" },
	{ BACK "ipv4 src=192.168.1.2 dst=192.168.1.1 / udp src_port=67 "
	       "dst_port=68 / dhcp op=2 xid=9 chaddr=52:54:00:12:01:01 "
	       "options[ message_type value=6 ]",
	  "a DHCP server refused the address that client asked for, once" },
};

START_TEST(what_a_frame_tells_is_told)
{
	rig_frame(&rig, 11, "vlan1", "router.eth1", NULL, told[_i].frame);
	run_fails();
	ck_assert_int_eq(expect(told[_i].text)->severity, STORY_BAD);
}
END_TEST

START_TEST(an_address_of_two_is_told)
{
	rig_frame(&rig, 11, "vlan1", "router.eth1", NULL,
		  BACK "arp op=2 sender_mac=52:54:00:12:01:02 "
		       "sender_ip=192.168.1.50 target_ip=192.168.1.1");
	rig_frame(&rig, 12, "vlan1", "client.eth1", NULL,
		  CLIENT "arp op=2 sender_mac=52:54:00:12:01:01 "
			 "sender_ip=192.168.1.50 target_ip=192.168.1.1");
	run_fails();
	expect("192.168.1.50 is claimed by two on vlan1: by router "
	       "(52:54:00:12:01:02), and then by client (52:54:00:12:01:01): "
	       "it was taken over, or both use it");
}
END_TEST

START_TEST(wrong_checksums_are_told)
{
	rig_frame(&rig, 11, "vlan1", "client.eth1", NULL,
		  CLIENT THERE "udp src_port=5 dst_port=6 checksum=1 / raw "
			       "data=hello");
	run_fails();
	expect("1 frame of client on vlan1 has a wrong checksum");
}
END_TEST

/* ---- where it is looked ---- */

static const struct {
	double at_s;
	enum story_severity severity;
} windows[] = {
	{ 8.9, STORY_NOTE }, { 9.9, STORY_NOTE },
	{ 10.1, STORY_BAD }, /* the step began at 10 s */
	{ 19.9, STORY_BAD }, { 20.1, STORY_NOTE },
};

START_TEST(what_is_not_near_the_failure_is_a_note)
{
	syn(windows[_i].at_s, NULL);
	run_fails();
	ck_assert_uint_eq(story->n_findings, 1);
	ck_assert_int_eq(story->findings[0].severity, windows[_i].severity);
}
END_TEST

START_TEST(what_is_near_the_failure_comes_first)
{
	char *text;

	rig_frame(&rig, 5, "vlan1", "client.eth1", NULL,
		  CLIENT THERE "icmp type=8 id=5 seq=1");
	syn(11, NULL);
	run_fails();
	ck_assert_uint_eq(story->n_findings, 2);
	ck_assert_int_eq(story->findings[0].severity, STORY_BAD);
	ck_assert_ptr_nonnull(finding("pinged"));
	text = story_findings(story);
	ck_assert_ptr_null(strstr(text, "pinged"));
	ck_assert_ptr_nonnull(strstr(text, "(SYN)"));
	free(text);
}
END_TEST

START_TEST(a_flood_of_questions_is_bounded)
{
	char text[256];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text),
			 CLIENT "ipv4 src=192.168.1.1 dst=10.0.%u.%u / tcp "
				"src_port=4000 dst_port=80 seq=7 flags=S",
			 i / 250, i % 250 + 1);
		rig_frame(&rig, 11, "vlan1", "client.eth1", NULL, text);
	}
	run_fails();
	ck_assert_uint_le(story->n_findings, STORY_FINDINGS_MAX);
	ck_assert_uint_gt(story->n_findings, 10);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_connection_that_nothing_answers_is_told, 0 },
		{ a_connection_that_is_not_forwarded_is_told, 0 },
		{ a_router_that_hides_addresses_does_not_hide_the_way, 0 },
		{ addresses_of_one_machine_are_one, 0 },
		{ an_answer_that_gets_lost_is_told, 0 },
		{ frames_that_were_dropped_are_why, 0 },
		{ a_copy_that_was_dropped_where_it_left_is_no_second_question,
		  0 },
		{ only_an_answer_to_it_is_an_answer, UNIT_ROWS(answers) },
		{ who_has_just_asked_may_wait, UNIT_ROWS(ends) },
		{ a_connection_that_is_refused_is_told, 0 },
		{ a_connection_that_breaks_off_is_a_note, 0 },
		{ segments_that_were_sent_again_are_a_note, 0 },
		{ a_question_without_an_answer_is_told, UNIT_ROWS(questions) },
		{ a_question_with_an_answer_is_not, UNIT_ROWS(questions) },
		{ what_is_no_question_needs_no_answer,
		  UNIT_ROWS(no_questions) },
		{ what_a_frame_tells_is_told, UNIT_ROWS(told) },
		{ an_address_of_two_is_told, 0 },
		{ wrong_checksums_are_told, 0 },
		{ what_is_not_near_the_failure_is_a_note, UNIT_ROWS(windows) },
		{ what_is_near_the_failure_comes_first, 0 },
		{ a_flood_of_questions_is_bounded, 0 },
		{ NULL, 0 },
	};

	return unit_run("findings", tests, setup, teardown);
}
