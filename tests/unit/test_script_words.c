/* JSON, base64, and the other words of scripts that belong to no machine. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/script-rig.h"
#include "tests/unit/unit.h"

static const struct {
	const char *body, *logged;
} good[] = {
	/* json */
	{ "local v = json.decode('{\"a\": [1, 2.5, \"x\", true, null]}')\n"
	  "log(v.a[1], v.a[2], v.a[3], v.a[4], v.a[5] == json.null, #v.a)",
	  "1 2.5 x true true 5;" },
	{ "log(json.encode{ b = 1, a = { 1, 'x', json.null, { c = {} } } })",
	  "{\"a\":[1,\"x\",null,{\"c\":{}}],\"b\":1};" },
	{ "local t = '{\"a\":[],\"b\":{},\"c\":[[],[null]]}'\n"
	  "log(json.encode(json.decode(t)) == t)",
	  "true;" },
	{ "log(json.encode(json.array{}), json.encode(json.array{ 1 }))",
	  "[] [1];" },
	{ "log(json.encode('a\\0\\n\"'), json.decode('\"\\\\u00e9\"'))",
	  "\"a\\u0000\\n\\\"\" \xc3\xa9;" },
	{ "log(json.decode('9007199254740993'), json.encode(2^53))",
	  "9007199254740993 9007199254740992.0;" },
	{ "log(json.encode(nil), json.decode(' 1 '), #json.decode('[]'))",
	  "null 1 0;" },
	/* base64 */
	{ "log(base64.encode('a\\0\\xff'), #base64.decode('YQD/'))",
	  "YQD/ 3;" },
	{ "log(base64.decode(' Zm9v\\nYmE=\\n'), base64.encode(''))",
	  "fooba ;" },
	{ "local s = ('\\0\\1\\xfe'):rep(50000)\n"
	  "log(base64.decode(base64.encode(s)) == s)",
	  "true;" },
	/* segments */
	{ "log(#vlans, vlans[1] == vlan1)", "1 true;" },
	/* blocks that tidy up */
	{ "do local _ <close> = defer(function() log('after') end)\n"
	  "log('before') end",
	  "before;after;" },
	{ "log(pcall(subtest, 'x', function()\n"
	  "local _ <close> = defer(function() sleep(1) log('after') end)\n"
	  "error('why', 0) end))",
	  "after;false why;" },
	{ "log(nested('a part', function() return 1, 2 end))", "1 2;" },
	{ "log(a:nested('a part', function() return 'x' end))", "x;" },
	{ "serial_stdout_on() serial_stdout_off() log('on')", "on;" },
};

START_TEST(words_do_what_they_say)
{
	script_rig_run(good[_i].body);
	ck_assert_str_eq(rig.died_of, "");
	ck_assert_str_eq(rig.logged, good[_i].logged);
}
END_TEST

static const struct {
	const char *body, *says;
} bad[] = {
	{ "json.decode('{')", "no JSON: line 1" },
	{ "json.decode('{\"a\":1,\"a\":2}')", "duplicate" },
	{ "json.decode('1 2')", "no JSON" },
	{ "json.encode(id(log))", "cannot be written as JSON" },
	{ "json.encode{ '\\xff' }", "cannot be written as JSON" },
	{ "local t = {} t.t = t json.encode(t)", "cannot be written as JSON" },
	{ "json.encode(id(0/0))", "cannot be written as JSON" },
	{ "local j = id(json) j.encod(1)", "did you mean json.encode?" },
	{ "local j = id(json) j.x = 1", "cannot be set" },
	{ "local j = id(json) j.decode(1)", "text must be a string" },
	{ "base64.decode('YQ')", "no base64" },
	{ "base64.decode('Y=Q=')", "no base64" },
	{ "id(base64).decode({})", "text must be a string" },
};

START_TEST(a_misuse_is_told_at_its_line)
{
	script_rig_run(bad[_i].body);
	ck_assert_msg(strstr(rig.died_of, ".lua:4: ") != NULL, "%s",
		      rig.died_of);
	ck_assert_msg(strstr(rig.died_of, bad[_i].says) != NULL, "%s",
		      rig.died_of);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ words_do_what_they_say, UNIT_ROWS(good) },
		{ a_misuse_is_told_at_its_line, UNIT_ROWS(bad) },
		{ NULL, 0 },
	};

	return unit_run("script_words", tests, script_rig_setup,
			script_rig_teardown);
}
