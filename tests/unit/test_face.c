/* The console of vde_switch: its grammar, and what it does to the switch. */
#include "config.h"

#include "switch/face/face.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "switch/face/numbers.h"
#include "switch/face/session.h"
#include "tests/unit/face-rig.h"
#include "tests/unit/unit.h"

#define PROMPT "\nvde$ "
#define OK "1000 Success\n"
#define DATA "0000 DATA END WITH '.'\n"

static struct face_rig fr;

static void
setup(void)
{
	face_rig_init(&fr);
	face_rig_start(&fr);
}

static void
teardown(void)
{
	face_rig_fini(&fr);
}

static const char *
say(const char *text)
{
	return face_rig_say(&fr, text);
}

static const char *
ask(const char *line)
{
	return face_rig_answer(&fr, line);
}

static void
do_all(const char *const *lines)
{
	for (; *lines != NULL; lines++)
		ck_assert_msg(strcmp(ask(*lines), OK) == 0, "%s: %s", *lines,
			      ask(*lines));
}

/* ---- the dialogue ---- */

START_TEST(each_of_several_commands_gets_its_answer)
{
	ck_assert_str_eq(say("vlan/create 7\nvlan/create 8\nvlan/create 7\n"),
			 OK PROMPT OK PROMPT "1017 File exists\n" PROMPT);
	ck_assert_str_eq(ask("vlan/print"),
			 DATA "VLAN 0000\nVLAN 0007\nVLAN 0008\n.\n" OK);
}
END_TEST

START_TEST(a_split_command_is_one)
{
	ck_assert_str_eq(say("vlan/cr"), "");
	ck_assert_str_eq(say("eate 7"), "");
	ck_assert_str_eq(say("\n"), OK PROMPT);
}
END_TEST

START_TEST(a_command_without_newline_waits_a_moment_for_it)
{
	ck_assert_str_eq(say("vlan/create 7"), "");
	clock_advance(fr.rig.clock, SESSION_GRACE_MS * NS_PER_MS - 1);
	ck_assert_str_eq(say(""), "");
	clock_advance(fr.rig.clock, SESSION_GRACE_MS * NS_PER_MS);
	ck_assert_str_eq(say(""), OK PROMPT);
}
END_TEST

START_TEST(a_command_that_the_end_cuts_is_run)
{
	say("vlan/create 7");
	session_hang_up(fr.session);
	ck_assert(fr.session->ended);
	ck_assert(vid_set_has(&fr.face->vlans, 7));
}
END_TEST

START_TEST(the_greeting_has_the_shape_that_libraries_take_apart)
{
	session_greet(fr.session);
	ck_assert_str_eq(say(""), "VDE switch V." FACE_VDE_VERSION "\n"
				  "vdelab-switch " PACKAGE_VERSION
				  " in the manner of vde_switch\n" PROMPT);
}
END_TEST

static const struct {
	const char *line, *answer;
} grammar[] = {
	{ "", "" },
	{ "   ", "" },
	{ "# vlan/create 7", "" },
	{ "nonsense", "1038 Function not implemented\n" },
	{ "port", "1038 Function not implemented\n" }, /* a menu */
	{ " \tvlan/create 7", OK },
	{ "vlan/create7", OK }, /* a path only has to begin the line */
	{ "vlan/create 7 ", OK },
	{ "vlan/create", "1022 Invalid argument\n" },
	{ "vlan/create 7 8", "1022 Invalid argument\n" },
	{ "vlan/create x", "1022 Invalid argument\n" },
	{ "vlan/create 99999999999999999999", "1022 Invalid argument\n" },
	{ "vlan/create 1", OK },
	{ "vlan/create 4094", OK },
	{ "vlan/create 4095", "1022 Invalid argument\n" },
	{ "vlan/create -1", "1022 Invalid argument\n" },
	{ "port/create 31", OK },
	{ "port/create 32", "1022 Invalid argument\n" },
	{ "port/create 0", OK },      /* any */
	{ "port/setvlan 1 0x0", OK }, /* for who comes */
	{ "port/setvlan 0 0", "1006 No such device or address\n" },
	{ "port/setvlan 1 9", "1006 No such device or address\n" },
	{ "port/setvlan 32 0", "1022 Invalid argument\n" },
	{ "port/setvlan 1", "1022 Invalid argument\n" },
	{ "port/setnumports 1", OK },
	{ "port/setnumports 0", "1022 Invalid argument\n" },
	{ "hash/find 00:11:22:33:44", DATA ".\n1022 Invalid argument\n" },
	{ "hash/find 00:11:22:33:44:55", DATA ".\n1019 No such device\n" },
	{ "hash/find 0.1.2.3.4.5 4095", DATA ".\n1019 No such device\n" },
	{ "hash/find 0.1.2.3.4.5 4096", DATA ".\n1022 Invalid argument\n" },
	{ "hash/find 0.1.2.3.4.5 x", DATA ".\n1022 Invalid argument\n" },
	{ "load /no/such/file", "1002 No such file or directory\n" },
	{ "debug/add nothing", "1022 Invalid argument\n" },
	{ "debug/del port", "1002 No such file or directory\n" },
	{ "plugin/del x", "1002 No such file or directory\n" },
};

START_TEST(lines_are_understood)
{
	ck_assert_str_eq(ask(grammar[_i].line), grammar[_i].answer);
}
END_TEST

START_TEST(a_line_that_is_too_long_gets_an_error_of_its_own)
{
	static char text[LINES_MAX + 32];

	memset(text, 'x', LINES_MAX + 1);
	strcpy(text + LINES_MAX + 1, "\nvlan/create 7\n");
	ck_assert_str_eq(say(text),
			 "1007 Argument list too long\n" PROMPT OK PROMPT);
}
END_TEST

START_TEST(logout_ends_the_session_and_what_follows_is_not_heard)
{
	ck_assert_str_eq(say("logout\nvlan/create 7\n"), "9999 END OF SESSION");
	ck_assert(fr.session->ended);
	ck_assert(!vid_set_has(&fr.face->vlans, 7));
	ck_assert_uint_eq(fr.n_stops, 0);
}
END_TEST

START_TEST(shutdown_stops_the_switch)
{
	ck_assert_str_eq(say("shutdown\n"), "9999 END OF SESSION");
	ck_assert_uint_eq(fr.n_stops, 1);
}
END_TEST

START_TEST(a_plugin_of_the_original_is_refused_with_what_does_its_work)
{
	const char *answer = ask("plugin/add /usr/lib/vde2/plugins/pdump.so");

	ck_assert(strncmp(answer, "1095 ", 5) == 0);
	ck_assert_ptr_nonnull(strstr(answer, "plugin/add capture"));
}
END_TEST

/* ---- scripts ---- */

/* Return: the path of a file with this text. */
static const char *
script(const char *text)
{
	static char path[] = "/tmp/vdelab-face.XXXXXX";
	int fd;

	strcpy(path, "/tmp/vdelab-face.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	return path;
}

START_TEST(a_script_is_told_line_by_line)
{
	const char *path = script("vlan/create 7\n\n# x\nbad\nvlan/create 8");
	char line[64], want[512];

	snprintf(line, sizeof(line), "load %s", path);
	snprintf(want, sizeof(want),
		 "vde[%s]: vlan/create 7\n" OK "vde[%s]: \nvde[%s]: # x\n"
		 "vde[%s]: bad\n1038 Function not implemented\n"
		 "vde[%s]: vlan/create 8\n" OK OK,
		 path, path, path, path, path);
	ck_assert_str_eq(ask(line), want);
	unlink(path);
}
END_TEST

START_TEST(a_script_that_loads_itself_ends)
{
	const char *path = script("vlan/create 7\n");
	char line[64];
	FILE *f = fopen(path, "a");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "load %s\n", path);
	fclose(f);
	snprintf(line, sizeof(line), "load %s", path);
	ck_assert_ptr_nonnull(
	    strstr(ask(line), "1040 Too many levels of symbolic links"));
	unlink(path);
}
END_TEST

static unsigned
count_text(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* It would be 4 to the power of 8 of them. */
START_TEST(a_script_that_loads_itself_often_ends_soon)
{
	const char *path = script("showinfo\n");
	char line[64], first[96];
	const char *told;
	FILE *f = fopen(path, "a");

	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 4; i++)
		fprintf(f, "load %s\n", path);
	fclose(f);
	snprintf(line, sizeof(line), "load %s", path);
	snprintf(first, sizeof(first), "vde[%s]: showinfo\n", path);
	for (int i = 0; i < 2; i++) { /* each command anew */
		told = ask(line);
		ck_assert_uint_eq(count_text(told, first), SESSION_SCRIPTS_MAX);
	}
	ck_assert_ptr_nonnull(
	    strstr(told, "1040 Too many levels of symbolic links"));
	unlink(path);
}
END_TEST

START_TEST(a_quiet_session_loads_a_script_and_has_nobody_to_tell)
{
	const char *path =
	    script("vlan/create 7\ndebug/add port\nport/create 5\n");
	struct session *s =
	    session_new(fr.face, SESSION_QUIET, false, NULL, NULL);

	ck_assert_int_eq(session_load(s, path, NULL), 0);
	ck_assert_uint_eq(s->debug, 0);
	session_free(s);
	ck_assert(vid_set_has(&fr.face->vlans, 7));
	ck_assert_ptr_nonnull(numbers_get(fr.face->numbers, 5));
	unlink(path);
}
END_TEST

START_TEST(a_script_can_stop_the_switch)
{
	const char *path = script("shutdown\nvlan/create 7\n");
	struct session *s =
	    session_new(fr.face, SESSION_QUIET, false, NULL, NULL);

	ck_assert_int_eq(session_load(s, path, NULL), 0);
	session_free(s);
	ck_assert_uint_eq(fr.n_stops, 1);
	ck_assert(!vid_set_has(&fr.face->vlans, 7));
	unlink(path);
}
END_TEST

START_TEST(what_is_no_plain_file_is_no_script)
{
	ck_assert_str_eq(ask("load /dev/null"),
			 "1022 Invalid argument: /dev/null is no file of at "
			 "most 1048576 octets of commands\n");
}
END_TEST

/* ---- debug ---- */

START_TEST(events_come_before_the_answer_of_what_caused_them)
{
	ask("debug/add port");
	ck_assert_str_eq(say("port/create 7\n"), "3021 port/+ 07\n" OK PROMPT);
	ck_assert_str_eq(ask("debug/add port/"), "1017 File exists\n");
	ck_assert_str_eq(ask("debug/add port/+"), "1017 File exists\n");
	ask("debug/del port/+");
	ck_assert_str_eq(say("port/create 8\n"), OK PROMPT);
}
END_TEST

START_TEST(ports_and_clients_and_addresses_are_told)
{
	struct port *port;
	char want[512];

	ask("debug/add");
	port = face_rig_attach(&fr);
	snprintf(want, sizeof(want),
		 "3021 port/+ 01\n"
		 "3031 port/ep/+ Port 01 FD %2u\n"
		 "3023 port/descr Port 01 FD %2u -> \"%s\"\n",
		 (unsigned)port->id, (unsigned)port->id, port->name);
	ck_assert_str_eq(say(""), want);
	fr.rig.ports[0] = port;
	rig_send(&fr.rig, 0, 9, 5, 60);
	ck_assert_str_eq(say(""),
			 "3011 hash/+ 02:00:00:00:00:05 VLAN 00:00 Port 1\n");
	snprintf(want, sizeof(want),
		 "3032 port/ep/- Port 01 FD %2u\n"
		 "3022 port/- 01\n"
		 "3012 hash/- 02:00:00:00:00:05 VLAN 00:00 Port 1\n",
		 (unsigned)port->id);
	switch_remove_port(port, "test");
	ck_assert_str_eq(say(""), want);
}
END_TEST

/* ---- numbers ---- */

START_TEST(what_is_made_by_hand_is_not_for_those_who_do_not_care)
{
	ask("port/create 1");
	face_rig_attach(&fr);
	ck_assert_ptr_null(numbers_get(fr.face->numbers, 1)->port);
	ck_assert_ptr_nonnull(numbers_get(fr.face->numbers, 2)->port);
	ask("port/allocatable 1 1");
	face_rig_attach(&fr);
	ck_assert_ptr_nonnull(numbers_get(fr.face->numbers, 1)->port);
}
END_TEST

START_TEST(a_port_outlives_those_who_use_it)
{
	struct port *port = face_rig_attach(&fr);

	ck_assert_str_eq(ask("port/remove 1"), "1098 Address already in use\n");
	switch_remove_port(port, "test");
	ck_assert_str_eq(ask("port/print"), DATA ".\n" OK);
	ck_assert_str_eq(
	    ask("port/allprint"), DATA
	    "Port 0001 untagged_vlan=0000 INACTIVE - Unnamed Allocatable\n"
	    " Current User: NONE Access Control: (User: NONE - Group: NONE)\n"
	    " IN:  pkts          0          bytes                    0\n"
	    " OUT: pkts          0          bytes                    0\n"
	    ".\n" OK);
	ck_assert_str_eq(ask("port/remove 1"), OK);
	ck_assert_str_eq(ask("port/allprint"), DATA ".\n" OK);
}
END_TEST

START_TEST(one_port_too_many_goes_at_once)
{
	struct port *port;

	ask("port/setnumports 2"); /* 0 and 1 */
	face_rig_attach(&fr);
	port = face_rig_attach(&fr);
	ck_assert(port->gone);
	rig_loop(&fr.rig);
	ck_assert_uint_eq(fr.rig.segment->n_ports, 1);
}
END_TEST

START_TEST(the_number_of_ports_shrinks_only_below_what_is_there)
{
	ask("port/create 3");
	ck_assert_str_eq(ask("port/setnumports 3"),
			 "1098 Address already in use\n");
	ck_assert_str_eq(ask("port/setnumports 4"), OK);
	ck_assert_str_eq(ask("port/create 4"), "1022 Invalid argument\n");
	ck_assert_str_eq(ask("port/setnumports 65536"), OK);
	ck_assert_str_eq(ask("port/create 65535"), OK);
}
END_TEST

/* What happens to a client of @uid that wants port @wanted. */
static int
assign(uint32_t wanted, uid_t uid, gid_t gid, uint32_t *number)
{
	const struct port_numbering *n = fr.rig.segment->numbering;
	struct port_peer peer = { .pid = 1, .uid = uid, .gid = gid };
	struct err err = ERR_INIT;

	return n->assign(n->arg, &peer, -1, wanted, number, &err);
}

START_TEST(clients_get_what_they_may_have)
{
	static const char *const lines[] = {
		"port/create 3",      "port/setuser 3 1000",
		"port/create 4",      "port/setgroup 4 2000",
		"port/create 5",      "port/setuser 5 1000",
		"port/setuser 5 ANY", NULL,
	};
	uint32_t number;

	do_all(lines);
	ck_assert_int_eq(assign(0, 1, 1, &number), 0);
	ck_assert_uint_eq(number, 1);
	ck_assert_int_eq(assign(31, 1, 1, &number), 0);
	ck_assert_uint_eq(number, 31);
	ck_assert_int_eq(assign(32, 1, 1, &number), -ERANGE);
	ck_assert_int_eq(assign(3, 1000, 1, &number), 0);
	ck_assert_int_eq(assign(3, 0, 0, &number), 0);
	ck_assert_int_eq(assign(3, 1001, 1, &number), -EPERM);
	ck_assert_int_eq(assign(4, 1001, 2000, &number), 0);
	ck_assert_int_eq(assign(4, 1001, 2001, &number), -EPERM);
	ck_assert_int_eq(assign(5, 1001, 1, &number), 0);
}
END_TEST

START_TEST(who_does_not_care_gets_past_what_is_not_for_him)
{
	static const char *const lines[] = {
		"port/create 1",
		"port/setuser 1 1000",
		"port/allocatable 1 1",
		"port/setnumports 3",
		NULL,
	};
	uint32_t number;

	do_all(lines);
	ck_assert_int_eq(assign(0, 1001, 1, &number), 0);
	ck_assert_uint_eq(number, 2);
	ask("port/allocatable 2 0");
	ck_assert_int_eq(assign(0, 1001, 1, &number), -ENOSPC);
	ck_assert_int_eq(assign(0, 1000, 1, &number), 0);
	ck_assert_uint_eq(number, 1);
}
END_TEST

START_TEST(counters_go_on_with_the_next_client_and_can_be_reset)
{
	const struct numbered *np;
	struct port *port = face_rig_attach(&fr);

	np = numbers_get(fr.face->numbers, 1);
	fr.rig.ports[0] = port;
	rig_send(&fr.rig, 0, RIG_BROADCAST, 5, 100);
	switch_remove_port(port, "test");
	ck_assert_uint_eq(numbered_read_traffic(np).rx_bytes, 100);
	fr.rig.ports[0] = port = face_rig_attach(&fr);
	rig_send(&fr.rig, 0, RIG_BROADCAST, 5, 60);
	ck_assert_uint_eq(numbered_read_traffic(np).rx_bytes, 160);
	ck_assert_str_eq(ask("port/resetcounter 1"), OK);
	ck_assert_uint_eq(numbered_read_traffic(np).rx_bytes, 0);
	rig_send(&fr.rig, 0, RIG_BROADCAST, 5, 70);
	ck_assert_uint_eq(numbered_read_traffic(np).rx_frames, 1);
	switch_remove_port(port, "test");
	ck_assert_uint_eq(numbered_read_traffic(np).rx_bytes, 70);
}
END_TEST

/* ---- VLANs ---- */

/* Three stations on ports 1, 2 and 3. */
static void
attach_three(void)
{
	for (size_t i = 0; i < 3; i++) {
		fr.rig.ports[i] = face_rig_attach(&fr);
		dummy_record(fr.rig.ports[i]);
	}
}

static void
forget_sent(void)
{
	for (size_t i = 0; i < 3; i++)
		dummy_record(fr.rig.ports[i]);
}

static size_t
n_sent(size_t i)
{
	return dummy_n_sent(fr.rig.ports[i]);
}

/* From port 1: to all, tagged with @vid. */
static void
send_tagged(uint16_t vid)
{
	uint8_t data[64];

	rig_fill(data, sizeof(data), RIG_BROADCAST, 5);
	data[12] = 0x81;
	data[13] = 0;
	data[14] = (uint8_t)(vid >> 8);
	data[15] = (uint8_t)vid;
	dummy_inject(fr.rig.ports[0], data, sizeof(data));
}

START_TEST(a_vlan_that_is_set_beforehand_holds_for_who_comes)
{
	static const char *const lines[] = {
		"vlan/create 7",
		"port/create 2",
		"port/setvlan 2 7",
		"port/allocatable 2 1",
		"port/setvlan 2 4095",
		"port/setvlan 2 7",
		NULL,
	};

	do_all(lines);
	attach_three();
	rig_send(&fr.rig, 0, RIG_BROADCAST, 5, 60);
	ck_assert_uint_eq(n_sent(1), 0);
	ck_assert_uint_eq(n_sent(2), 1);
	ck_assert_str_eq(
	    ask("vlan/print"),
	    DATA "VLAN 0000\n"
		 " -- Port 0001 tagged=0 active=1 status=Forwarding\n"
		 " -- Port 0003 tagged=0 active=1 status=Forwarding\n"
		 "VLAN 0007\n"
		 " -- Port 0002 tagged=0 active=1 status=Forwarding\n.\n" OK);
}
END_TEST

START_TEST(tags_are_dropped_unless_the_port_is_in_the_vlan)
{
	static const char *const lines[] = { "vlan/create 7",
					     "vlan/addport 7 1",
					     "vlan/addport 7 2",
					     "port/setvlan 3 7", NULL };

	attach_three();
	send_tagged(7);
	ck_assert_uint_eq(n_sent(1) + n_sent(2), 0);
	do_all(lines);
	forget_sent();
	send_tagged(7);
	ck_assert_uint_eq(n_sent(1), 1);
	ck_assert_uint_eq(dummy_sent(fr.rig.ports[1], 0)->len, 64);
	ck_assert_uint_eq(n_sent(2), 1); /* without the tag */
	ck_assert_uint_eq(dummy_sent(fr.rig.ports[2], 0)->len, 60);
	ck_assert_str_eq(ask("vlan/delport 7 3"),
			 "1098 Address already in use\n");
	ck_assert_str_eq(ask("vlan/delport 7 2"), OK);
	forget_sent();
	send_tagged(7);
	ck_assert_uint_eq(n_sent(1), 0);
}
END_TEST

START_TEST(what_is_set_for_a_port_makes_it)
{
	ck_assert_str_eq(ask("vlan/addport 7 9"),
			 "1006 No such device or address\n");
	ck_assert_ptr_null(numbers_get(fr.face->numbers, 9));
	ask("vlan/create 7");
	ck_assert_str_eq(ask("vlan/addport 7 9"), OK);
	ck_assert_str_eq(ask("port/setuser 10 1000"), OK);
	ck_assert_str_eq(ask("port/setuser 11 no-such-user"),
			 "1022 Invalid argument\n");
	ck_assert(numbers_get(fr.face->numbers, 9)->reserved);
	ck_assert_uint_eq(numbers_get(fr.face->numbers, 10)->user, 1000);
	ck_assert_ptr_null(numbers_get(fr.face->numbers, 11));
}
END_TEST

START_TEST(a_vlan_in_use_stays)
{
	static const char *const lines[] = { "vlan/create 7", "port/create 1",
					     "port/setvlan 1 7", NULL };

	do_all(lines);
	ck_assert_str_eq(ask("vlan/remove 7"), "1098 Address already in use\n");
	ck_assert_str_eq(ask("port/setvlan 1 0"), OK);
	ck_assert_str_eq(ask("vlan/remove 7"), OK);
	ck_assert_str_eq(ask("vlan/remove 7"),
			 "1006 No such device or address\n");
}
END_TEST

START_TEST(reserved_groups_cross)
{
	uint8_t data[60];

	attach_three();
	rig_fill(data, sizeof(data), 0, 5);
	memcpy(data, "\x01\x80\xc2\x00\x00\x0e", 6);
	dummy_inject(fr.rig.ports[0], data, sizeof(data));
	ck_assert_uint_eq(n_sent(1), 1);
}
END_TEST

START_TEST(a_hub_sends_everything_to_everybody)
{
	attach_three();
	rig_send(&fr.rig, 1, RIG_BROADCAST, 6, 60);
	ck_assert_str_eq(ask("port/sethub 1"), OK);
	forget_sent();
	rig_send(&fr.rig, 0, 6, 5, 60);
	send_tagged(7);
	ck_assert_uint_eq(n_sent(1), 2);
	ck_assert_uint_eq(n_sent(2), 2);
	ck_assert_str_eq(ask("port/showinfo"),
			 DATA "Numports=32\nHUB=true\ncounters=true\n.\n" OK);
}
END_TEST

/* ---- the spanning tree ---- */

static void
bridge_heard_on(struct port *port)
{
	/* An RSTP BPDU (IEEE 802.1D-2004, 9.3.3) of bridge
	 * 1000.02000000aaaa, which is the root, by its port 8001. */
	static const uint8_t bpdu[60] = {
		0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, /* to the bridges */
		0x02, 0x00, 0x00, 0x00, 0xaa, 0xab, /* from its port */
		0x00, 0x27, 0x42, 0x42, 0x03,	    /* length, LLC */
		0x00, 0x00, 0x02, 0x02, 0x3c, /* RSTP; designated, forwarding */
		0x10, 0x00, 0x02, 0x00, 0x00, 0x00, 0xaa, 0xaa, /* root */
		0x00, 0x00, 0x00, 0x00,				/* its cost */
		0x10, 0x00, 0x02, 0x00, 0x00, 0x00, 0xaa, 0xaa, /* bridge */
		0x80, 0x01, 0x00, 0x00, 0x14, 0x00, 0x02, 0x00, 0x0f, 0x00,
	};

	dummy_inject(port, bpdu, sizeof(bpdu));
}

START_TEST(the_tree_is_off_until_it_is_wanted)
{
	ck_assert_str_eq(
	    ask("fstp/showinfo"),
	    DATA "MAC 00:ff:01:02:03:04 Priority 32768 (0x8000)\nFSTP=false\n"
		 ".\n" OK);
	ck_assert_str_eq(ask("fstp/setfstp 1"), DATA ".\n" OK);
	ck_assert_ptr_nonnull(strstr(ask("fstp/showinfo"), "FSTP=true\n"));
	ck_assert_str_eq(ask("port/sethub 1"), OK);
	ck_assert_str_eq(ask("fstp/setfstp 1"),
			 DATA "Can't use fstp in hub mode\n.\n" OK);
	ck_assert_ptr_nonnull(strstr(ask("fstp/showinfo"), "FSTP=false\n"));
}
END_TEST

START_TEST(a_port_at_the_edge_forwards_at_once_others_after_three_seconds)
{
	ask("fstp/setfstp 1");
	ask("fstp/setedge 0 1 1"); /* before there is anybody */
	ask("port/allocatable 1 1");
	attach_three();
	ck_assert_str_eq(
	    ask("vlan/print"),
	    DATA "VLAN 0000\n"
		 " -- Port 0001 tagged=0 active=1 status=Forwarding\n"
		 " -- Port 0002 tagged=0 active=1 status=Discarding\n"
		 " -- Port 0003 tagged=0 active=1 status=Discarding\n.\n" OK);
	clock_advance(fr.rig.clock, 4 * NS_PER_S);
	ck_assert_ptr_null(strstr(ask("vlan/print"), "Discarding"));
	ck_assert_ptr_nonnull(
	    strstr(ask("fstp/print 0"),
		   " -- Port 0001 tagged=0 portcost=20000 role=Edge\n"
		   " -- Port 0002 tagged=0 portcost=20000 role=Designated\n"));
}
END_TEST

START_TEST(a_root_that_is_heard_is_shown_and_told_of)
{
	const char *told;

	ask("fstp/setfstp 1");
	attach_three();
	clock_advance(fr.rig.clock, 4 * NS_PER_S);
	ask("debug/add fstp");
	bridge_heard_on(fr.rig.ports[1]);
	told = say("");
	ck_assert_ptr_nonnull(
	    strstr(told, "3041 fstp/+ Port 0002 VLAN 00:00\n"));
	ck_assert_ptr_nonnull(strstr(told,
				     "3045 fstp/root Port 0002 VLAN 00:00 -> "
				     "10:00:02:00:00:00:aa:aa\n"));
	told = ask("fstp/print 0");
	ck_assert_ptr_nonnull(strstr(told,
				     "FST DATA VLAN 0000  \n"
				     " ++ root 10:00:02:00:00:00:aa:aa\n"
				     " ++ designated 10:00:02:00:00:00:aa:aa\n"
				     " ++ rootport 0002 cost 20000 "));
	ck_assert_ptr_nonnull(strstr(told, "Port 0002 tagged=0 portcost=20000 "
					   "role=Root\n"));
	bridge_heard_on(fr.rig.ports[2]);
	ck_assert_ptr_nonnull(
	    strstr(say(""), "3041 fstp/+ Port 0003 VLAN 00:00\n"));
	ck_assert_ptr_nonnull(strstr(ask("vlan/print 0"),
				     "0003 tagged=0 active=1 "
				     "status=Discarding\n"));
	/* The other way is better now. */
	ask("fstp/bonus 0 3 1000");
	ck_assert_ptr_nonnull(
	    strstr(ask("fstp/print 0"),
		   " ++ rootport 0003 cost 19000 age 0 bonusport 0003 "
		   "bonuscost 1000\n"));
}
END_TEST

/* ---- addresses ---- */

START_TEST(addresses_expire_as_set)
{
	attach_three();
	rig_send(&fr.rig, 0, 9, 5, 60);
	clock_advance(fr.rig.clock, 99 * NS_PER_S);
	ck_assert_ptr_nonnull(
	    strstr(ask("hash/print"),
		   " Addr: 02:00:00:00:00:05 VLAN 0000 to port: 001  age 99 "
		   "secs\n"));
	clock_advance(fr.rig.clock, NS_PER_S);
	ck_assert_str_eq(ask("hash/print"), DATA ".\n" OK);
	ck_assert_str_eq(ask("hash/setexpire 10"), OK);
	rig_send(&fr.rig, 0, 9, 5, 60);
	clock_advance(fr.rig.clock, 10 * NS_PER_S);
	ck_assert_str_eq(ask("hash/find 02:00:00:00:00:05"),
			 DATA ".\n1019 No such device\n");
}
END_TEST

START_TEST(addresses_move_at_once_unless_told_to_persist)
{
	attach_three();
	rig_send(&fr.rig, 0, 9, 5, 60);
	rig_send(&fr.rig, 1, 9, 5, 60);
	ck_assert_ptr_nonnull(strstr(ask("hash/print"), "to port: 002"));
	ck_assert_str_eq(ask("hash/setminper 3"), OK);
	rig_send(&fr.rig, 0, 9, 5, 60);
	ck_assert_ptr_nonnull(strstr(ask("hash/print"), "to port: 002"));
	clock_advance(fr.rig.clock, 3 * NS_PER_S);
	rig_send(&fr.rig, 0, 9, 5, 60);
	ck_assert_ptr_nonnull(strstr(ask("hash/print"), "to port: 001"));
}
END_TEST

/* By --control: everything here points to it. */
START_TEST(its_segment_cannot_be_removed)
{
	ck_assert(fr.rig.segment->essential);
}
END_TEST

/* The number that a plug has is one of another switch. */
START_TEST(a_cable_to_another_switch_gets_a_number_of_ours)
{
	json_t *params = json_pack("{s:s, s:i}", "sock", "/nowhere", "number",
				   FACE_PORTS_DEFAULT + 1);
	struct err err = ERR_INIT;
	struct port *port =
	    switch_add_port(fr.rig.segment, &port_kind_plug, NULL,
			    PORT_MTU_DEFAULT, params, -1, &err);

	json_decref(params);
	ck_assert_msg(port != NULL, "%s", err.text);
	ck_assert_uint_eq(numbers_of(fr.face->numbers, port->id), 1);
}
END_TEST

START_TEST(a_port_that_cannot_be_shared_keeps_its_number)
{
	const struct port_peer peer = { .pid = getpid(), .uid = geteuid() };
	const struct port *port = face_rig_attach(&fr);
	struct err err = ERR_INIT;
	uint32_t number;

	ck_assert_uint_eq(numbers_of(fr.face->numbers, port->id), 1);
	ck_assert_int_eq(port_site_number(&fr.rig.segment->port_site, &peer, -1,
					  1, &number, &err),
			 -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.text, port->name));
	ck_assert_int_eq(port_site_number(&fr.rig.segment->port_site, &peer, -1,
					  0, &number, &err),
			 0);
	ck_assert_uint_eq(number, 2);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_of_several_commands_gets_its_answer, 0 },
		{ a_split_command_is_one, 0 },
		{ a_command_without_newline_waits_a_moment_for_it, 0 },
		{ a_command_that_the_end_cuts_is_run, 0 },
		{ the_greeting_has_the_shape_that_libraries_take_apart, 0 },
		{ lines_are_understood, UNIT_ROWS(grammar) },
		{ a_line_that_is_too_long_gets_an_error_of_its_own, 0 },
		{ logout_ends_the_session_and_what_follows_is_not_heard, 0 },
		{ shutdown_stops_the_switch, 0 },
		{ a_plugin_of_the_original_is_refused_with_what_does_its_work,
		  0 },
		{ a_script_is_told_line_by_line, 0 },
		{ a_script_that_loads_itself_ends, 0 },
		{ a_script_that_loads_itself_often_ends_soon, 0 },
		{ a_quiet_session_loads_a_script_and_has_nobody_to_tell, 0 },
		{ a_script_can_stop_the_switch, 0 },
		{ what_is_no_plain_file_is_no_script, 0 },
		{ events_come_before_the_answer_of_what_caused_them, 0 },
		{ ports_and_clients_and_addresses_are_told, 0 },
		{ what_is_made_by_hand_is_not_for_those_who_do_not_care, 0 },
		{ a_port_outlives_those_who_use_it, 0 },
		{ one_port_too_many_goes_at_once, 0 },
		{ the_number_of_ports_shrinks_only_below_what_is_there, 0 },
		{ clients_get_what_they_may_have, 0 },
		{ who_does_not_care_gets_past_what_is_not_for_him, 0 },
		{ counters_go_on_with_the_next_client_and_can_be_reset, 0 },
		{ a_vlan_that_is_set_beforehand_holds_for_who_comes, 0 },
		{ tags_are_dropped_unless_the_port_is_in_the_vlan, 0 },
		{ what_is_set_for_a_port_makes_it, 0 },
		{ a_vlan_in_use_stays, 0 },
		{ reserved_groups_cross, 0 },
		{ a_hub_sends_everything_to_everybody, 0 },
		{ the_tree_is_off_until_it_is_wanted, 0 },
		{ a_port_at_the_edge_forwards_at_once_others_after_three_seconds,
		  0 },
		{ a_root_that_is_heard_is_shown_and_told_of, 0 },
		{ addresses_expire_as_set, 0 },
		{ addresses_move_at_once_unless_told_to_persist, 0 },
		{ its_segment_cannot_be_removed, 0 },
		{ a_cable_to_another_switch_gets_a_number_of_ours, 0 },
		{ a_port_that_cannot_be_shared_keeps_its_number, 0 },
		{ NULL, 0 },
	};

	return unit_run("face", tests, setup, teardown);
}
