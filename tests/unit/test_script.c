#include "driver/script/script.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "driver/script/methods.h"
#include "tests/unit/script-rig.h"
#include "tests/unit/unit.h"

START_TEST(every_method_of_the_table_is_there_and_no_other)
{
	char body[16384] = "";
	const struct method *m;

	for (size_t i = 0; (m = methods_at(i)) != NULL; i++) {
		/* There is a watch, or a command, only where there is a switch,
		 * or a machine. */
		static const char *const of[METHOD_N_OWNERS] = {
			[METHOD_GLOBAL] = "",
			[METHOD_MACHINE] = "a.",
			[METHOD_SEGMENT] = "vlan1.",
			[METHOD_PORT] = "a.eth1.",
			[METHOD_CONDITION] =
			    "polling_condition(function() end).",
		};

		if (of[m->owner] == NULL)
			continue;
		snprintf(body + strlen(body), sizeof(body) - strlen(body),
			 "assert(type(%s%s) %s 'function', '%s')\n",
			 of[m->owner], m->name,
			 m->params != NULL ? "==" : "~=", m->name);
	}
	script_rig_run(body);
	ck_assert_str_eq(rig.died_of, "");
}
END_TEST

START_TEST(packets_are_made_of_layers)
{
	script_rig_run("local p = packet.eth{ dst = '52:54:00:12:01:02' } / "
		       "packet.ipv4{ src = '10.0.0.1', dst = '10.0.0.2' } / "
		       "packet.udp{ src_port = 5, dst_port = 6 } / 'abc'\n"
		       "log(#p, p)\n"
		       "log(#('x' / packet.raw{ data = 'yz' }), #p:octets())");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged,
			 "45 IP 10.0.0.1.5 > 10.0.0.2.6: UDP, length "
			 "3;3 45;");
}
END_TEST

START_TEST(a_decoded_frame_has_its_layers_by_name)
{
	script_rig_run(
	    "local f = packet.decode((packet.eth{} / packet.vlan{ vid = 7 } / "
	    "packet.vlan{ vid = 8 } / packet.ipv4{ df = true } / "
	    "packet.tcp{ flags = 'SA', options = { { kind = 'nop' }, { kind = "
	    "'mss', value = 9 } } } / 'pay'):octets())\n"
	    "log(f.vlan.vid, #f.vlans, f.vlans[2].vid, f.ipv4.df, f.ipv4.mf)\n"
	    "log(f.tcp.flags, f.tcp.options.mss.value, f.tcp.options[1].kind, "
	    "f.tcp.options.wscale, f.payload, f.udp)\n"
	    "log(#f.layers, f.layers[1].kind, f)\n"
	    "log(packet.make(f.layers):octets() == f.data)\n"
	    "log(pcall(function() return f.tpc end))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_ptr_nonnull(strstr(rig.logged, "7 2 8 true false;"));
	ck_assert_ptr_nonnull(strstr(rig.logged, "SA 9 nop nil pay nil;"));
	ck_assert_ptr_nonnull(strstr(rig.logged, "6 eth vlan 7, p 0, vlan 8"));
	ck_assert_ptr_nonnull(strstr(rig.logged, ";true;false "));
	ck_assert_ptr_nonnull(strstr(rig.logged, "a frame has no 'tpc'"));
}
END_TEST

static const struct {
	const char *lua, *says;
} bad_packets[] = {
	{ "packet.tpc{}", "packet has no 'tpc'" },
	{ "packet.tcp{ scr_port = 1 }", "did you mean 'src_port'?" },
	{ "packet.tcp{ src_port = id(-1) }",
	  "src_port must be a whole number, 0 or more, not -1" },
	{ "packet.tcp{ src_port = id(65536) }", "65536 does not fit 16 bits" },
	{ "packet.tcp{ src_port = id(1.5) }", "whole number" },
	{ "packet.tcp{ flags = id('SX') }", "letters, or a number out of" },
	{ "packet.eth{ dst = id('1:2') }", "dst must be a MAC address" },
	{ "packet.ipv4{ src = id('1.2.3') }", "must be an IPv4 address" },
	{ "packet.ipv4{ df = id(2) }", "2 does not fit 1 bits" },
	{ "packet.tcp{ options = id({ mss = 1 }) }", "a list of tables" },
	{ "packet.tcp{ options = { id({ value = 1 }) } }", "has a kind" },
	{ "packet.tcp{ options = { id({ kind = 'mms' }) } }",
	  "unknown kind 'mms' (did you mean 'mss'?)" },
	{ "packet.tcp(id(1))", "fields go into a table" },
	{ "id(packet.tcp{} / 5)", "not of number" },
	{ "packet.make(id(1))", "layers are a list" },
	{ "packet.make{ {} }", "what packet.eth{} and the like make" },
	{ "packet.decode(id(1))", "octets are a string" },
	{ "packet.x = 1", "cannot be set" },
	{ "vlan1:send(packet.eth{}.layers)", "not a table" },
};

START_TEST(a_packet_that_cannot_be_is_told_at_its_line)
{
	char body[256];

	/* What a checker would find is hidden from it. */
	snprintf(body, sizeof(body), "local packet = packet\n%s",
		 bad_packets[_i].lua);
	script_rig_run(body);
	ck_assert_msg(strstr(rig.died_of, ".lua:5: ") != NULL, "%s",
		      rig.died_of);
	ck_assert_msg(strstr(rig.died_of, bad_packets[_i].says) != NULL, "%s",
		      rig.died_of);
}
END_TEST

START_TEST(icmp_has_the_fields_of_its_type)
{
	script_rig_run(
	    "log(packet.eth{} / packet.ipv4{} / packet.icmp{ id = 1, seq = 2 "
	    "})\n"
	    "log(packet.eth{} / packet.ipv4{} / packet.icmp{ type = 5, code = "
	    "1, gateway = '10.0.0.9' } / ('x'):rep(28))\n"
	    "log(pcall(packet.icmp, { type = 5, seq = 1 }))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_ptr_nonnull(strstr(rig.logged, "echo request, id 1, seq 2"));
	ck_assert_ptr_nonnull(strstr(rig.logged, "to host 10.0.0.9"));
	ck_assert_ptr_nonnull(strstr(rig.logged, "unknown field 'seq'"));
}
END_TEST

START_TEST(ports_tell_their_addresses)
{
	script_rig_run(
	    "log(a.eth1.name, a.eth1.mac, a.eth1.ipv4, a.eth1.vlan, a.eth1)\n"
	    "log(pcall(function() return id(a).eth1.foo end))\n"
	    "log(pcall(function() id(a).eth1.mac = 1 end))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_ptr_nonnull(strstr(
	    rig.logged, "a.eth1 52:54:00:12:01:01 192.168.1.1 1 a.eth1;"));
	ck_assert_ptr_nonnull(
	    strstr(rig.logged, "a port has no method \"foo\""));
	ck_assert_ptr_nonnull(strstr(rig.logged, "its members cannot be set"));
}
END_TEST

START_TEST(a_sleep_takes_its_time_and_no_more)
{
	script_rig_run(
	    "local t = now(); sleep(2.5); log(now() - t >= 2.5, now() - t < "
	    "2.6)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, "true true;");
}
END_TEST

/* Machines have no display here, and the keyboard "us"; nothing of it is asked
 * of QEMU. */
static const struct {
	const char *lua, *says;
} bad_screens[] = {
	{ "a:screenshot()", "a: it has no display: give its node `display" },
	{ "a:get_screen_text()", "a: it has no display" },
	{ "a:get_screen_text_variants()", "a: it has no display" },
	{ "a:wait_for_text('x')", "a: it has no display" },
	{ "a:send_chars('ok \xC3\xA4')", "has no key for '\xC3\xA4'" },
	{ "a:send_key(id('delte'))", "is it 'delete'?" },
	{ "a:send_key('\xC3\xBC')", "neither a key nor a character" },
	{ "a:wait_for_text(id('a('))", "is no regular expression" },
	{ "a:get_tty_text(id('1; reboot'))", "tty must be the number of a" },
};

START_TEST(what_cannot_be_typed_or_seen_is_told_at_its_line)
{
	char body[256];

	snprintf(body, sizeof(body), "local a = id(a)\n%s",
		 bad_screens[_i].lua);
	script_rig_run(body);
	ck_assert_msg(strstr(rig.died_of, ".lua:5: ") != NULL, "%s",
		      rig.died_of);
	ck_assert_msg(strstr(rig.died_of, bad_screens[_i].says) != NULL, "%s",
		      rig.died_of);
}
END_TEST

START_TEST(an_error_has_the_scripts_line)
{
	script_rig_run("local f = id(sleep)\nf('soon')");
	ck_assert_msg(strstr(rig.died_of, ".lua:5: ") != NULL, "%s",
		      rig.died_of);
	ck_assert_ptr_nonnull(strstr(rig.died_of, "sleep"));
}
END_TEST

START_TEST(a_lua_error_does_too)
{
	script_rig_run("\n\nlocal t = id(nil)\nlog(t.x)");
	ck_assert_msg(strstr(rig.died_of, ".lua:7: ") != NULL, "%s",
		      rig.died_of);
}
END_TEST

START_TEST(an_error_that_is_no_text_is_told_as_such)
{
	script_rig_run("error({})");
	ck_assert_ptr_nonnull(strstr(rig.died_of, "not text"));
}
END_TEST

START_TEST(subtests_are_steps_and_pass_their_errors_on)
{
	script_rig_run(
	    "subtest('good', function() sleep(0) end)\n"
	    "log(pcall(subtest, 'bad', function() error('why', 0) end))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, "false why;");
	ck_assert_str_eq(rig.steps, "+subtest +sleep - - +subtest ! ");
}
END_TEST

START_TEST(functions_run_side_by_side)
{
	script_rig_run(
	    "local t = now()\n"
	    "local r = { parallel(function() sleep(3) log('slow') return 'x' "
	    "end,\nfunction() sleep(1) log('fast') end) }\n"
	    "log(r[1], r[2], now() - t < 3.5)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, "fast;slow;x false true;");
}
END_TEST

START_TEST(the_first_error_ends_the_others)
{
	script_rig_run(
	    "log(pcall(parallel, function() sleep(1) error('e', 0) end,\n"
	    "function() sleep(5) log('never') end))\nsleep(10)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, "false e;");
}
END_TEST

START_TEST(parallel_functions_may_be_nested_and_fail)
{
	script_rig_run("log(pcall(parallel, function()\n"
		       "parallel(function() sleep(1) error('in', 0) end,\n"
		       "function() sleep(2) log('never') end) end,\n"
		       "function() sleep(3) log('never') end))\nsleep(5)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, "false in;");
}
END_TEST

START_TEST(retry_stops_at_the_first_true_result)
{
	script_rig_run(
	    "local n = 0\n"
	    "log(retry(function(last) n = n + 1 return n == 3 and 'third' end,"
	    " { interval = 2 }), n, now() < 5)\n"
	    "log(pcall(retry, function() end, { timeout = 1 }))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_msg(strstr(rig.logged, "third 3 true;false ") == rig.logged,
		      "%s", rig.logged);
	ck_assert_ptr_nonnull(strstr(rig.logged, "not within 1 s"));
}
END_TEST

START_TEST(an_abort_is_raised_in_whatever_waits)
{
	script_rig_load(
	    "parallel(function() sleep(1000) end, function() sleep(1000) end)");
	for (int i = 0; i < 5; i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(rig.n_done, 0);
	script_abort(rig.script, "interrupted");
	ck_assert_int_eq(rig.n_done, 1);
	ck_assert_msg(strstr(rig.died_of, ".lua:4: interrupted") != NULL, "%s",
		      rig.died_of);
}
END_TEST

START_TEST(an_abort_cannot_be_caught_for_good)
{
	script_rig_load(
	    "pcall(sleep, 1000) log('caught') pcall(sleep, 1) sleep(1)\n"
	    "log('never')");
	for (int i = 0; i < 5; i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	script_abort(rig.script, "over");
	ck_assert_int_eq(rig.n_done, 1);
	ck_assert_str_eq(rig.logged, "caught;");
	ck_assert_ptr_nonnull(strstr(rig.died_of, "over"));
}
END_TEST

START_TEST(a_script_may_be_freed_while_it_waits)
{
	script_rig_load("parallel(function() sleep(1000) end,\n"
			"function() parallel(function() sleep(5) end) end)");
	for (int i = 0; i < 5; i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	script_free(rig.script);
	rig.script = NULL;
	ck_assert_int_eq(rig.n_done, 0);
}
END_TEST

START_TEST(the_seed_makes_random_numbers_the_same)
{
	script_rig_run(
	    "math.randomseed(seed) local x = math.random(1000000)\n"
	    "math.randomseed(seed) log(seed, x == math.random(1000000))");
	ck_assert_str_eq(rig.logged, "7 true;");
}
END_TEST

START_TEST(objects_keep_their_members_to_themselves)
{
	script_rig_run("local x, key = id(a), id('color')\n"
		       "log(pcall(function() x[key] = 1 end))\n"
		       "log(pcall(function() return x[key] end))\n"
		       "log(tostring(x), tostring(vlan1), x.name, #machines)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_ptr_nonnull(strstr(rig.logged, "cannot be set"));
	ck_assert_ptr_nonnull(strstr(rig.logged, "no method \"color\""));
	ck_assert_ptr_nonnull(strstr(rig.logged, ";a vlan1 a 2;"));
}
END_TEST

/* What a `local x <close>` of the script does when its task ends badly. */
#define CLOSER "setmetatable({}, { __close = function() log('closed') end })"

START_TEST(what_must_be_closed_is_closed_when_a_script_dies)
{
	script_rig_run("local x <close> = " CLOSER "\nerror('why', 0)");
	ck_assert_str_eq(rig.died_of, "why");
	ck_assert_str_eq(rig.logged, "closed;");
}
END_TEST

START_TEST(what_must_be_closed_is_closed_when_others_end_a_task)
{
	script_rig_run(
	    "log(pcall(parallel, function() sleep(1) error('e', 0) end,\n"
	    "function() local x <close> = " CLOSER " sleep(5) end))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, "closed;false e;");
}
END_TEST

START_TEST(closing_cannot_wait)
{
	script_rig_run(
	    "local x <close> = setmetatable({}, { __close = function()\n"
	    "log(pcall(sleep, 1)) end })\nerror('why', 0)");
	ck_assert_str_eq(rig.died_of, "why");
	ck_assert_msg(strstr(rig.logged, "false ") == rig.logged, "%s",
		      rig.logged);
	ck_assert_ptr_nonnull(strstr(rig.logged, "has ended"));
}
END_TEST

START_TEST(closing_cannot_hang_the_driver)
{
	script_rig_run(
	    "local x <close> = setmetatable({}, { __close = function()\n"
	    "while true do end end })\nerror('why', 0)");
	ck_assert_str_eq(rig.died_of, "why");
}
END_TEST

START_TEST(a_task_that_others_end_ends_its_steps)
{
	script_rig_run(
	    "pcall(parallel, function() sleep(1) error('e', 0) end,\n"
	    "function() subtest('in', function() sleep(5) end) end)");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.steps,
			 "+parallel +sleep +subtest +sleep - ! ! ! ");
}
END_TEST

START_TEST(an_abort_that_is_caught_fails_the_script_all_the_same)
{
	script_rig_load("pcall(sleep, 1000)");
	for (int i = 0; i < 5; i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	script_abort(rig.script, "a: the guest panicked");
	ck_assert_int_eq(rig.n_done, 1);
	ck_assert_str_eq(rig.died_of, "a: the guest panicked");
}
END_TEST

START_TEST(running_out_of_memory_is_told_as_such)
{
	script_rig_run(
	    "local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end");
	ck_assert_ptr_nonnull(strstr(rig.died_of, "memory"));
	ck_assert_ptr_nonnull(strstr(rig.died_of, "256 MiB"));
}
END_TEST

START_TEST(a_script_goes_on_after_running_out_of_memory)
{
	/* Whatever cannot be had is asked for again and again, with less and
	 * less left, so that each place fails once. */
	script_rig_run(
	    "local hoard, size = {}, 64 * 1024 * 1024\n"
	    "local function more() hoard[#hoard + 1] = ('x'):rep(size) end\n"
	    "local function slow() sleep(0.1) end\n"
	    "local function quick() end\n"
	    "while size >= 1 do\n"
	    "if not pcall(more) then size = size // 2 end\n"
	    "pcall(parallel, slow, quick)\n"
	    "end\n"
	    "hoard = nil\n"
	    "log(parallel(function() sleep(1) return 'fine' end))");
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, "fine;");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ every_method_of_the_table_is_there_and_no_other, 0 },
		{ packets_are_made_of_layers, 0 },
		{ a_decoded_frame_has_its_layers_by_name, 0 },
		{ a_packet_that_cannot_be_is_told_at_its_line,
		  UNIT_ROWS(bad_packets) },
		{ what_cannot_be_typed_or_seen_is_told_at_its_line,
		  UNIT_ROWS(bad_screens) },
		{ icmp_has_the_fields_of_its_type, 0 },
		{ ports_tell_their_addresses, 0 },
		{ a_sleep_takes_its_time_and_no_more, 0 },
		{ an_error_has_the_scripts_line, 0 },
		{ a_lua_error_does_too, 0 },
		{ an_error_that_is_no_text_is_told_as_such, 0 },
		{ subtests_are_steps_and_pass_their_errors_on, 0 },
		{ functions_run_side_by_side, 0 },
		{ the_first_error_ends_the_others, 0 },
		{ parallel_functions_may_be_nested_and_fail, 0 },
		{ retry_stops_at_the_first_true_result, 0 },
		{ an_abort_is_raised_in_whatever_waits, 0 },
		{ an_abort_cannot_be_caught_for_good, 0 },
		{ a_script_may_be_freed_while_it_waits, 0 },
		{ the_seed_makes_random_numbers_the_same, 0 },
		{ objects_keep_their_members_to_themselves, 0 },
		{ what_must_be_closed_is_closed_when_a_script_dies, 0 },
		{ what_must_be_closed_is_closed_when_others_end_a_task, 0 },
		{ closing_cannot_wait, 0 },
		{ closing_cannot_hang_the_driver, 0 },
		{ a_task_that_others_end_ends_its_steps, 0 },
		{ an_abort_that_is_caught_fails_the_script_all_the_same, 0 },
		{ running_out_of_memory_is_told_as_such, 0 },
		{ a_script_goes_on_after_running_out_of_memory, 0 },
		{ NULL, 0 },
	};

	return unit_run("script", tests, script_rig_setup, script_rig_teardown);
}
