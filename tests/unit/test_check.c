#include <stdlib.h>
#include <string.h>

#include "driver/lab/plan.h"
#include "driver/script/check.h"
#include "driver/script/lua-parse.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;

/* The problems of @script in a test with nodes client (vlan1), my-router
 * (vlan1, vlan2); as "LINE: text" lines.  Returned owned. */
static char *
check_as(const char *format, const char *script)
{
	struct err err = ERR_INIT;
	struct ast *ast = ast_parse(script, strlen(script), &err);
	char *said = xstrdup("");
	json_t *value;

	ck_assert_msg(ast != NULL, "%s: %s", script, err.text);
	value = json_loads(format, 0, NULL);
	ck_assert_ptr_nonnull(value);
	check_script(&(struct check_file){ .path = "t.lua", .ast = ast }, 1,
		     value, &problems);
	plan_problems_sort(&problems);
	for (size_t i = 0; i < problems.n; i++) {
		char *longer =
		    xasprintf("%s%s%d: %s", said, i > 0 ? "\n" : "",
			      problems.items[i].line, problems.items[i].text);

		ck_assert_str_eq(problems.items[i].file, "t.lua");
		free(said);
		said = longer;
	}
	plan_problems_fini(&problems);
	json_decref(value);
	ast_free(ast);
	return said;
}

static const char two_nodes[] =
    "{\"nodes\": {\"client\": {}, \"my-router\": {\"vlans\": [1, 2]}}}";

static const char *const good[] = {
	"log(json.encode(nil), json.decode('1'), json.null, base64.encode(''))",
	"local json = { x = 1 } log(json.x)",
	"with(polling_condition(function() end), function() sleep(1) end)",
	"client:spawn('x', { open_stdin = true }):kill('TERM')",
	"start_all()",
	"client:succeed('true', 'false', { timeout = 5 })",
	"my_router:block{ vlan = 2, silent = true }",
	"local s, o, e = client:execute('x', { stdin = 'y' }) log(s, o, e)",
	"for _, f in ipairs(vlan2:frames('tcp', { limit = 5 })) do log(f) end",
	"local function f() return f end f()",
	"local client = {} client:whatever() client.x = 1 client()",
	"local function f(client) client:whatever(client.x) end f()",
	"for log = 1, 2 do log = log + 1 end",
	"for k, sleep in pairs(machines) do sleep(k) end",
	"repeat local done = true until done",
	"local _ENV = {} x = y z()",
	"local t = {} function t:start_it() end t:start_it() t:begins()",
	"local t = { succeeed = 1 } t:succeeed()",
	"local x = client.name .. machines[1].name .. vlan1.name log(x)",
	"client.succeed(client, 'true')",
	"local f = client.succeed f(client, 'true')",
	"('x'):rep(3):upper() local s = 'x' s:gsub('x', 'y')",
	"string.format('%d', math.floor(seed / 2)) os.getenv('HOME')",
	"subtest('x', function() end)",
	"subtest('x', client.succeed)",
	"parallel(function() end, function() end)",
	"retry(function(last) return last end, { timeout = 5, interval = 0.1 "
	"})",
	"sleep(1 + 2) sleep(#machines) sleep(-(-1))",
	"client:succeed(table.unpack(machines))",
	"client:succeed(...)",
	"client:copy_from_host(table.unpack(machines)) "
	"client:copy_from_host(...)",
	"local o = { timeout = 5 } client:succeed('x', o)",
	"log({}, nil, function() end) print('x')",
	"client:wait_for_open_port(80, { addr = nil })",
	"client[machines]() client['succ' .. 'eed'](client)",
	"vlan1:expect('arp', { within = 5 }, function() start_all() end)",
	"vlan1:expect('arp', function() end)",
	"local f = log vlan1:expect('arp', f) vlan1:expect('arp', {}, f)",
	"vlan1:expect_no('arp', { during = 1, port = client.eth1 })",
	"vlan1:frames('arp', { port = 'client.eth1' })",
	"local w = vlan1:watch('tcp') w:expect{ count = 2 } w:expect_no()",
	"vlan1:send('x') vlan1:send(packet.eth{} / packet.arp{ op = 2 })",
	"log(my_router.eth2.mac, client.eth1.name, machines[1].eth7)",
	"log(packet.icmp{ type = 5, gateway = '1.2.3.4' }, packet.icmp{ id = 1 "
	"})",
	"local n = 3 log(packet.icmp{ type = n, gateway = '1.2.3.4' })",
	"log(packet.decode('x').tcp.flags, packet.make{ packet.eth{} })",
	"log(packet.tcp{ flags = 'SA', seq = 0xffffffff, options = { { kind = "
	"'mss', value = 9 }, { kind = 'sack', blocks = { { left = 1 } } } } })",
	"local packet = {} log(packet.foo)",
	"with_netem(client.eth1, { loss = '20%', seed = 1 }, function() end)",
	"client.eth1:netem{} vlan1:netem{ spec = 'loss 1%' } vlan1:mark('x')",
	"client.eth1:hold('arp', 1, { dir = 'in' }) client.eth1:release()",
	"client.eth1:delay('arp', 0.5) client.eth1:drop('arp', { nth = 2 })",
	"goto x ::x:: local a <const> = 1",
	"_G.x()",
};

START_TEST(what_is_right_passes)
{
	char *said = check_as(two_nodes, good[_i]);

	ck_assert_msg(*said == '\0', "%s\n%s", good[_i], said);
	free(said);
}
END_TEST

static const struct {
	const char *lua;
	const char *said;
} bad[] = {
	/* tables of functions */
	{ "json.encod(1)",
	  "1: there is no json.encod (did you mean 'json.encode'?)" },
	{ "log(json.nulls)",
	  "1: there is no json.nulls (did you mean 'json.null'?)" },
	{ "json.zzzzzz()", "1: there is no json.zzzzzz" },
	{ "json.decode(5)", "1: json.decode: text must be a string, not 5" },
	{ "json.decode()", "1: json.decode: too few arguments; it is called as "
			   "json.decode(text)" },
	{ "json.null()", "1: json.null is a value, not a function" },
	{ "log.info('x')", "1: log is a function, and has no 'info'" },
	{ "local f = log.info", "1: log is a function, and has no 'info'" },
	/* names */
	{ "start_al()",
	  "1: unknown name 'start_al' (did you mean 'start_all'?)" },
	{ "\nclent:succeed('x')",
	  "2: unknown name 'clent' (did you mean 'client'?)" },
	{ "local value = 1 log(valeu)",
	  "1: unknown name 'valeu' (did you mean 'value'?)" },
	{ "zzzzzz()", "1: unknown name 'zzzzzz': no local, no node, and no "
		      "function of a test" },
	{ "vlan3:frames()",
	  "1: no node is on vlan3; the segments are vlan1, vlan2" },
	{ "do local x = 1 end log(x)",
	  "1: unknown name 'x': no local, no node, and no function of a "
	  "test" },
	{ "local x = x",
	  "1: unknown name 'x': no local, no node, and no function of a "
	  "test" },
	{ "for i = 1, 2 do end log(i)",
	  "1: unknown name 'i': no local, no node, and no function of a "
	  "test" },
	{ "repeat local done until true log(done)",
	  "1: unknown name 'done': no local, no node, and no function of a "
	  "test" },
	/* frames */
	{ "vlan1:expect('tcp prot 80')",
	  "1: expect: \"tcp prot 80\" is no capture filter: can't parse filter "
	  "expression: syntax error" },
	{ "local w = vlan1:watch(5)",
	  "1: watch: filter must be a string, not 5" },
	{ "vlan1:expect('arp', { witin = 5 })",
	  "1: expect: unknown option 'witin' (did you mean 'within'?)" },
	{ "vlan1:expect('arp', { count = 0 }, function() end)",
	  "1: expect: option count must be a whole number from 1 to 10000, not "
	  "0" },
	{ "vlan1:expect(function() end)",
	  "1: expect: too few arguments; it is called as expect(filter, { "
	  "within=, count=, since=, port= }, function)" },
	{ "vlan1:expect('arp', { port = client })",
	  "1: expect: option port must be a port, or its name, not a machine" },
	{ "vlan1:send({})", "1: send: frame must be a string of octets, or a "
			    "packet, not a table" },
	{ "log(client.eth2.mac)",
	  "1: machine client has no eth2, but 1 interfaces from eth1 on" },
	{ "client.eth1:succeed('x')",
	  "1: eth1 is a port, and 'succeed' belongs to a machine" },
	{ "client.eth1()", "1: eth1 is a port, not a function" },
	{ "log(client.eth1.mca)",
	  "1: port eth1 has no 'mca' (did you mean 'mac'?)" },
	{ "client.eth1:netem{ los = '1%' }",
	  "1: netem: unknown option 'los' (did you mean 'loss'?)" },
	{ "with_netem(client, {}, function() end)",
	  "1: with_netem: wire must be a port, or a segment, not a machine" },
	{ "client.eth1:hold('apr')",
	  "1: hold: \"apr\" is no capture filter: can't parse filter "
	  "expression: syntax error" },
	{ "client:netem{}", "1: client is a machine, and 'netem' belongs to a "
			    "segment" },
	{ "packet.tpc{}", "1: packet has no 'tpc' (did you mean 'tcp'?)" },
	{ "packet.tcp{\nsrcport = 1 }",
	  "2: packet.tcp: unknown field 'srcport' (did you mean 'src_port'?)" },
	{ "packet.vlan{ vid = 4096 }",
	  "1: packet.vlan: this is no value for 'vid'" },
	{ "packet.eth{ dst = '1:2:3' }",
	  "1: packet.eth: this is no value for 'dst'" },
	{ "packet.icmp{ type = 5, seq = 1 }",
	  "1: packet.icmp: unknown field 'seq'" },
	{ "packet.tcp{ options = { { kind = 'mms' } } }",
	  "1: packet.tcp: options: unknown kind 'mms'" },
	{ "packet.tcp{ options = { { kind = 'mss', valu = 1 } } }",
	  "1: packet.mss: unknown field 'valu' (did you mean 'value'?)" },
	{ "packet.tcp({}, {})", "1: packet.tcp takes one table of fields" },
	{ "require 'x'",
	  "1: require is not there for tests: import() takes in another "
	  "file" },
	{ "os.exit()", "1: os.exit is not there for tests: return from "
		       "test_script, or error(\"why\")" },
	{ "string.fromat('x')",
	  "1: there is no string.fromat (did you mean 'format'?)" },
	{ "log(math.tau)", "1: there is no math.tau (did you mean 'tan'?)" },
	{ "log(machine)",
	  "1: unknown name 'machine' (did you mean 'machines'?)" },
	/* accidental globals */
	{ "x = 1", "1: 'x' would be a global; declare it with `local`" },
	{ "function f() end",
	  "1: 'f' would be a global; declare it with `local function`" },
	{ "local a a, b = 1, 2",
	  "1: 'b' would be a global; declare it with `local`" },
	{ "client = 1", "1: 'client' cannot be replaced; choose another name, "
			"and declare it with `local`" },
	{ "function sleep() end",
	  "1: 'sleep' cannot be replaced; choose another name, and declare it "
	  "with `local`" },
	/* methods */
	{ "client:suceed('x')",
	  "1: machine client has no 'suceed' (did you mean 'succeed'?)" },
	{ "client:frobnicate()", "1: machine client has no 'frobnicate'" },
	{ "client:frames()",
	  "1: client is a machine, and 'frames' belongs to a segment" },
	{ "vlan1:succeed('x')",
	  "1: vlan1 is a segment, and 'succeed' belongs to a machine" },
	{ "client.succeed('x')",
	  "1: write client:succeed(...), with ':' and not '.'" },
	{ "client.succeed()",
	  "1: write client:succeed(...), with ':' and not '.'" },
	{ "client.succeed(client, 1)",
	  "1: succeed: command must be a string, not 1" },
	{ "client.suceed('x')",
	  "1: machine client has no 'suceed' (did you mean 'succeed'?)" },
	{ "log(client.nam)",
	  "1: machine client has no 'nam' (did you mean 'name'?)" },
	{ "client.name()", "1: client.name is no function: leave () off" },
	{ "client:name()", "1: client.name is no function: leave () off" },
	{ "client.nam:upper()",
	  "1: machine client has no 'nam' (did you mean 'name'?)" },
	{ "client()", "1: client is a machine, not a function" },
	{ "vlan1()", "1: vlan1 is a segment, not a function" },
	{ "seed()", "1: seed is a value, not a function" },
	{ "string()", "1: string is a table, not a function" },
	{ "string:format('x')",
	  "1: write string.format(...), with '.' and not ':'" },
	{ "for _, m in ipairs(machines) do m:sucseed('x') end",
	  "1: nothing has a method 'sucseed' (did you mean 'succeed'?)" },
	{ "('x'):uper()",
	  "1: nothing has a method 'uper' (did you mean 'upper'?)" },
	/* arguments */
	{ "client:succeed(1)", "1: succeed: command must be a string, not 1" },
	{ "client:succeed(client)",
	  "1: succeed: command must be a string, not a machine" },
	{ "client:succeed(vlan1)",
	  "1: succeed: command must be a string, not a segment" },
	{ "client:succeed(sleep)",
	  "1: succeed: command must be a string, not a function" },
	{ "client:succeed('a\\0b')",
	  "1: succeed: command must be a string, not a string with a NUL "
	  "byte" },
	{ "client:succeed('a' == 'b')",
	  "1: succeed: command must be a string, not a boolean" },
	{ "client:succeed(not 1)",
	  "1: succeed: command must be a string, not a boolean" },
	{ "client:succeed(\n'x',\n1)",
	  "3: succeed: command must be a string, not 1" },
	{ "client:succeed('x', {\ntimeout = 1,\ntimeuot = 2,\n5 })",
	  "3: succeed: unknown option 'timeuot' (did you mean 'timeout'?)\n"
	  "4: succeed: an option has a name; it is called as "
	  "succeed(command..., { timeout=, stdin=, strict= })" },
	{ "client:block{ vlan = {} }",
	  "1: block: option vlan must be a whole number from 1 to 254, not a "
	  "table" },
	{ "client\n:wait_for_file()",
	  "2: wait_for_file: too few arguments; it is called as "
	  "wait_for_file(path, { timeout= })" },
	{ "sleep('5')", "1: sleep: seconds must be a number of seconds from 0 "
			"to 2678400, not a string" },
	{ "sleep(-5)", "1: sleep: seconds must be a number of seconds from 0 "
		       "to 2678400, not -5" },
	{ "sleep('a' .. 'b')",
	  "1: sleep: seconds must be a number of seconds from 0 to 2678400, "
	  "not a string" },
	{ "log(sleep())",
	  "1: sleep: too few arguments; it is called as sleep(seconds)" },
	/* tables */
	{ "local t = {\na = 1,\nb = 2,\n['a'] = 3 }",
	  "4: 'a' is given twice in one table, first on line 2" },
	/* all of them, wherever they stand */
	{ "if a1 then b1() elseif c1 then d1 = 1 else local x = e1 end",
	  "1: 'd1' would be a global; declare it with `local`\n"
	  "1: unknown name 'a1': no local, no node, and no function of a "
	  "test\n"
	  "1: unknown name 'b1': no local, no node, and no function of a "
	  "test\n"
	  "1: unknown name 'c1': no local, no node, and no function of a "
	  "test\n"
	  "1: unknown name 'e1': no local, no node, and no function of a "
	  "test" },
	{ "local function f() client:x1() end\n"
	  "local t = { [client:x2()] = function() client:x3() end }\n"
	  "while client:x4() do client:x5() end\n"
	  "for i = client:x6(), 2 do client:x7() end\n"
	  "repeat client:x8() until client:x9()\n"
	  "t[client:y1()] = client:y2() + -client:y3()\n"
	  "f(client:y4()):g(client:y5())(client:y6())\n"
	  "return client:y7(), (client:y8())",
	  "1: machine client has no 'x1'\n2: machine client has no 'x2'\n"
	  "2: machine client has no 'x3'\n3: machine client has no 'x4'\n"
	  "3: machine client has no 'x5'\n4: machine client has no 'x6'\n"
	  "4: machine client has no 'x7'\n5: machine client has no 'x8'\n"
	  "5: machine client has no 'x9'\n6: machine client has no 'y1'\n"
	  "6: machine client has no 'y2'\n6: machine client has no 'y3'\n"
	  "7: machine client has no 'y4'\n7: machine client has no 'y5'\n"
	  "7: machine client has no 'y6'\n8: machine client has no 'y7'\n"
	  "8: machine client has no 'y8'" },
};

START_TEST(what_is_wrong_is_told)
{
	char *said = check_as(two_nodes, bad[_i].lua);

	ck_assert_str_eq(said, bad[_i].said);
	free(said);
}
END_TEST

START_TEST(a_sole_node_is_also_called_machine)
{
	char *said = check_as("{\"nodes\": {\"a\": {\"vlans\": [7]}}}",
			      "machine:succeed('x') a:succeed('x') "
			      "vlan7:frames() vlan1:frames()");

	ck_assert_str_eq(said, "1: no node is on vlan1; the segments are "
			       "vlan7");
	free(said);
	said = check_as("{\"nodes\": {\"a\": {\"vlans\": [0, 1, 254, 255]}}}",
			"vlan0() vlan1() vlan254() vlan255()");
	ck_assert_str_eq(
	    said, "1: no node is on vlan0; the segments are vlan1, vlan254\n"
		  "1: no node is on vlan255; the segments are vlan1, vlan254\n"
		  "1: vlan1 is a segment, not a function\n"
		  "1: vlan254 is a segment, not a function");
	free(said);
	said = check_as("{\"machine\": {}}", "machine:succeed('x') vlan1()");
	ck_assert_str_eq(said, "1: vlan1 is a segment, not a function");
	free(said);
}
END_TEST

START_TEST(a_node_hides_nothing_that_scripts_use)
{
	char *said =
	    check_as("{\"nodes\": {\"log\": {}, \"string\": {}, \"end\": {}, "
		     "\"type\": {}, \"start-all\": {}, \"fine\": {}}}",
		     "return {\n nodes = {\n  log = {},\n  string = {},\n"
		     "  ['end'] = {},\n  type = {},\n  ['start-all'] = {},\n"
		     "  fine = {}\n } }");

	ck_assert_str_eq(
	    said, "3: a node called 'log' would hide what scripts call so; "
		  "choose another name\n"
		  "4: a node called 'string' would hide what scripts call so; "
		  "choose another name\n"
		  "5: a node cannot be called 'end', which is a word of Lua's "
		  "own\n"
		  "6: a node called 'type' would hide what scripts call so; "
		  "choose another name\n"
		  "7: a node called 'start-all' would hide what scripts call "
		  "so; choose another name");
	free(said);
}
END_TEST

START_TEST(without_nodes_their_names_are_no_mistakes)
{
	char *said = check_as("{}", "client:succeed('x') io.open('x')\n"
				    "sleep('x')");

	ck_assert_str_eq(said, "1: io is not there for tests: a test touches "
			       "guests, not the host; see copy_from_host() "
			       "and copy_from_machine()\n"
			       "2: sleep: seconds must be a number of seconds "
			       "from 0 to 2678400, not a string");
	free(said);
}
END_TEST

static const struct {
	const char *node;
	bool has;
} systemd[] = {
	{ "{}", false },
	{ "{\"init\": \"busybox\"}", false },
	{ "{\"init\": \"systemd\"}", true },
	{ "{\"disk\": \"x.qcow2\"}", true }, /* perhaps */
	{ "{\"kernel\": \"vmlinuz\"}", true },
	{ "{\"image\": false}", true },
	{ "{\"start_command\": \"./run\"}", true },
	{ "{\"init\": \"none\"}", true }, /* a mistake that is told anyway */
};

START_TEST(units_are_asked_of_systemd_only)
{
	char *format = xasprintf("{\"nodes\": {\"a\": %s}}", systemd[_i].node);
	char *said = check_as(format, "a:wait_for_unit('x', 'alice')\n"
				      "a:succeed('true')\n"
				      "a.start_job(a, 'x')\n"
				      "pcall(a.stop_job, a, 'x')");

	ck_assert_str_eq(
	    said, systemd[_i].has
		      ? ""
		      : "1: there is no systemd in a, which wait_for_unit "
			"asks: give the node `init = \"systemd\"`\n"
			"3: there is no systemd in a, which start_job asks: "
			"give the node `init = \"systemd\"`");
	free(said);
	free(format);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_right_passes, UNIT_ROWS(good) },
		{ what_is_wrong_is_told, UNIT_ROWS(bad) },
		{ a_sole_node_is_also_called_machine, 0 },
		{ a_node_hides_nothing_that_scripts_use, 0 },
		{ without_nodes_their_names_are_no_mistakes, 0 },
		{ units_are_asked_of_systemd_only, UNIT_ROWS(systemd) },
		{ NULL, 0 },
	};

	return unit_run("check", tests, NULL, NULL);
}
