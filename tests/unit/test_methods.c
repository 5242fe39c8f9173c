#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/script/lua-library.h"
#include "driver/script/methods.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

#define INT(value)                                                             \
	{                                                                      \
		.kind = VALUE_INT, .known = true, .i = (value)                 \
	}
#define NUM(value)                                                             \
	{                                                                      \
		.kind = VALUE_NUM, .known = true, .n = (value)                 \
	}
#define STR                                                                    \
	{                                                                      \
		.kind = VALUE_STR, .known = true                               \
	}
#define KIND(value)                                                            \
	{                                                                      \
		.kind = VALUE_##value                                          \
	}

static char said[1024]; /* all mistakes of a call, a line each */

static void
on_mistake(const struct method_value *value, const char *text, void *arg)
{
	size_t len = strlen(said);

	(void)value;
	(void)arg;
	snprintf(said + len, sizeof(said) - len, "%s%s", len > 0 ? "\n" : "",
		 text);
}

START_TEST(every_row_is_well_formed)
{
	const struct method *m;

	for (size_t i = 0; (m = methods_at(i)) != NULL; i++) {
		const char *options = m->options;
		const char *params = m->params;
		struct method_param param = { .optional = false };
		bool optional = false, repeated = false, waits = false;

		ck_assert_ptr_eq(methods_find(m->owner, m->name), m);
		ck_assert_msg(m->doc != NULL && m->doc[0] != '\0' &&
				  m->doc[strlen(m->doc) - 1] != '.',
			      "%s", m->name);
		while (params != NULL && method_param_next(&params, &param)) {
			ck_assert_msg(!repeated, "%s", m->name);
			ck_assert_msg(!optional || param.optional, "%s",
				      m->name);
			optional = param.optional;
			repeated = param.repeated;
			ck_assert_msg(m->options == NULL ||
					  (param.type != METHOD_ANY &&
					   param.type != METHOD_TABLE),
				      "%s", m->name);
			ck_assert_msg(param.type != METHOD_INT ||
					  param.min < param.max,
				      "%s", m->name);
		}
		while (options != NULL && method_param_next(&options, &param)) {
			ck_assert_msg(!param.optional && !param.repeated, "%s",
				      m->name);
			if (strcmp(param.name, "timeout") == 0)
				waits = param.type == METHOD_SECONDS;
		}
		ck_assert_msg(waits == (m->timeout_ms > 0), "%s", m->name);
		ck_assert_msg(!waits || m->blocks, "%s", m->name);
		ck_assert_msg(m->params != NULL ||
				  (m->returns != NULL && m->options == NULL),
			      "%s", m->name);
	}
}
END_TEST

START_TEST(methods_are_found_by_owner_and_name)
{
	ck_assert_ptr_nonnull(methods_find(METHOD_MACHINE, "succeed"));
	ck_assert_ptr_null(methods_find(METHOD_SEGMENT, "succeed"));
	ck_assert_ptr_null(methods_find(METHOD_GLOBAL, "succeed"));
	ck_assert_ptr_nonnull(methods_find(METHOD_N_OWNERS, "succeed"));
	ck_assert_ptr_nonnull(methods_find(METHOD_N_OWNERS, "frames"));
	ck_assert_ptr_null(methods_find(METHOD_N_OWNERS, "start_all"));
	ck_assert_str_eq(methods_nearest(METHOD_MACHINE, "suceed"), "succeed");
	ck_assert_ptr_null(methods_nearest(METHOD_SEGMENT, "suceed"));
	ck_assert_str_eq(methods_nearest(METHOD_N_OWNERS, "frame"), "frames");
}
END_TEST

START_TEST(usage_shows_arguments_and_options)
{
	static const struct {
		enum method_owner owner;
		const char *name, *usage;
	} rows[] = {
		{ METHOD_MACHINE, "succeed",
		  "succeed(command..., { timeout=, stdin=, strict= })" },
		{ METHOD_MACHINE, "block", "block({ vlan=, nic=, silent= })" },
		{ METHOD_MACHINE, "crash", "crash()" },
		{ METHOD_MACHINE, "name", "name" },
		{ METHOD_GLOBAL, "subtest", "subtest(name, function)" },
		{ METHOD_SEGMENT, "expect_no",
		  "expect_no(filter, { during=, since=, port= }, function)" },
		{ METHOD_WATCH, "count", "count()" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *usage =
		    method_usage(methods_find(rows[i].owner, rows[i].name));

		ck_assert_str_eq(usage, rows[i].usage);
		free(usage);
	}
}
END_TEST

START_TEST(a_signature_is_read_word_by_word)
{
	const char *s = "a:str port:int(-1..65535)? f:fn...";
	struct method_param p;

	ck_assert(method_param_next(&s, &p));
	ck_assert_str_eq(p.name, "a");
	ck_assert_int_eq(p.type, METHOD_STR);
	ck_assert(!p.optional && !p.repeated);
	ck_assert(method_param_next(&s, &p));
	ck_assert_int_eq(p.type, METHOD_INT);
	ck_assert_int_eq(p.min, -1);
	ck_assert_int_eq(p.max, 65535);
	ck_assert(p.optional && !p.repeated);
	ck_assert(method_param_next(&s, &p));
	ck_assert_int_eq(p.type, METHOD_FN);
	ck_assert(!p.optional && p.repeated);
	ck_assert(!method_param_next(&s, &p));
}
END_TEST

static const struct method_field timeout_5[] = {
	{ .name = "timeout", .value = INT(5) },
};
static const struct method_field timeout_nil[] = {
	{ .name = "timeout", .value = KIND(NIL) },
};
static const struct method_field timeout_text[] = {
	{ .name = "timeout", .value = STR },
};
static const struct method_field misspelt[] = {
	{ .name = "timout", .value = INT(5) },
};
static const struct method_field strange[] = {
	{ .name = "colour", .value = INT(5) },
	{ .name = NULL, .value = INT(5) },
};
#define OPTIONS(f)                                                             \
	{                                                                      \
		.kind = VALUE_TABLE, .fields = (f),                            \
		.n_fields = sizeof(f) / sizeof((f)[0])                         \
	}

#define WORD(word)                                                             \
	{                                                                      \
		.kind = VALUE_STR, .known = true, .text = (word)               \
	}
#define SAID_OF_TTY                                                            \
	"get_tty_text: tty must be the number of a terminal, 1 to 63, not "
#define SAID_OF_SIGNALS                                                        \
	"kill: signal must be one of "                                         \
	"TERM|HUP|INT|QUIT|USR1|USR2|ALRM|CONT|STOP|KILL, not "

static const struct {
	enum method_owner owner;
	const char *name;
	struct method_value args[3];
	size_t n_args;
	bool open;
	const char *said;
} calls[] = {
	{ METHOD_GLOBAL, "start_all", { KIND(NIL) }, 0, false, "" },
	/* terminals, keys, regular expressions, events */
	{ METHOD_MACHINE, "get_tty_text", { INT(1) }, 1, false, "" },
	{ METHOD_MACHINE, "get_tty_text", { INT(63) }, 1, false, "" },
	{ METHOD_MACHINE, "get_tty_text", { WORD("1") }, 1, false, "" },
	{ METHOD_MACHINE, "get_tty_text", { WORD("63") }, 1, false, "" },
	{ METHOD_MACHINE,
	  "get_tty_text",
	  { INT(0) },
	  1,
	  false,
	  SAID_OF_TTY "0" },
	{ METHOD_MACHINE,
	  "get_tty_text",
	  { INT(64) },
	  1,
	  false,
	  SAID_OF_TTY "64" },
	{ METHOD_MACHINE,
	  "get_tty_text",
	  { WORD("64") },
	  1,
	  false,
	  SAID_OF_TTY "a string" },
	{ METHOD_MACHINE,
	  "get_tty_text",
	  { WORD("tty1") },
	  1,
	  false,
	  SAID_OF_TTY "a string" },
	{ METHOD_MACHINE,
	  "get_tty_text",
	  { WORD("1 ; reboot") },
	  1,
	  false,
	  SAID_OF_TTY "a string" },
	{ METHOD_MACHINE,
	  "get_tty_text",
	  { WORD("") },
	  1,
	  false,
	  SAID_OF_TTY "a string" },
	{ METHOD_MACHINE,
	  "get_tty_text",
	  { NUM(1.5) },
	  1,
	  false,
	  SAID_OF_TTY "1.5" },
	{ METHOD_MACHINE, "send_key", { WORD("ctrl-alt-f1") }, 1, false, "" },
	{ METHOD_MACHINE, "send_key", { WORD("ü") }, 1, false, "" },
	{ METHOD_MACHINE,
	  "send_key",
	  { WORD("delte") },
	  1,
	  false,
	  "send_key: delte: 'delte' is neither a key (is it 'delete'?) nor a "
	  "character of the keyboard \"us\"" },
	{ METHOD_MACHINE,
	  "send_key",
	  { INT(1) },
	  1,
	  false,
	  "send_key: key must be a string, not 1" },
	{ METHOD_MACHINE, "wait_for_text", { WORD("^a.*$") }, 1, false, "" },
	{ METHOD_MACHINE,
	  "wait_for_text",
	  { WORD("a(") },
	  1,
	  false,
	  "wait_for_text: \"a(\" is no regular expression: Unmatched ( or "
	  "\\(" },
	{ METHOD_MACHINE,
	  "wait_for_qmp_event",
	  { KIND(FN), OPTIONS(timeout_5) },
	  2,
	  false,
	  "" },
	{ METHOD_MACHINE, "wait_for_qmp_event", { STR }, 1, false, "" },
	{ METHOD_MACHINE,
	  "wait_for_qmp_event",
	  { INT(1) },
	  1,
	  false,
	  "wait_for_qmp_event: what must be the name of an event, or a "
	  "function, not 1" },
	/* one of some words */
	{ METHOD_COMMAND, "kill", { KIND(NIL) }, 0, false, "" },
	{ METHOD_COMMAND, "kill", { WORD("TERM") }, 1, false, "" },
	{ METHOD_COMMAND, "kill", { WORD("KILL") }, 1, false, "" },
	{ METHOD_COMMAND, "kill", { WORD("USR1") }, 1, false, "" },
	{ METHOD_COMMAND, "kill", { STR }, 1, false, "" }, /* which one? */
	{ METHOD_COMMAND,
	  "kill",
	  { WORD("TER") },
	  1,
	  false,
	  SAID_OF_SIGNALS "\"TER\"" },
	{ METHOD_COMMAND,
	  "kill",
	  { WORD("TERM|HUP") },
	  1,
	  false,
	  SAID_OF_SIGNALS "\"TERM|HUP\"" },
	{ METHOD_COMMAND,
	  "kill",
	  { WORD("") },
	  1,
	  false,
	  SAID_OF_SIGNALS "\"\"" },
	{ METHOD_COMMAND, "kill", { INT(9) }, 1, false, SAID_OF_SIGNALS "9" },
	{ METHOD_GLOBAL, "with", { KIND(CONDITION), KIND(FN) }, 2, false, "" },
	{ METHOD_GLOBAL,
	  "with",
	  { KIND(TABLE), KIND(FN) },
	  2,
	  false,
	  "with: condition must be a polling_condition(), not a table" },
	{ METHOD_GLOBAL,
	  "start_all",
	  { INT(1) },
	  1,
	  false,
	  "start_all: too many arguments; it is called as start_all()" },
	{ METHOD_MACHINE, "succeed", { STR }, 1, false, "" },
	{ METHOD_MACHINE, "succeed", { STR, STR, STR }, 3, false, "" },
	{ METHOD_MACHINE,
	  "succeed",
	  { STR, STR, INT(5) },
	  3,
	  false,
	  "succeed: command must be a string, not 5" },
	{ METHOD_MACHINE,
	  "succeed",
	  { KIND(NIL) },
	  0,
	  false,
	  "succeed: too few arguments; it is called as succeed(command..., { "
	  "timeout=, stdin=, strict= })" },
	{ METHOD_MACHINE,
	  "succeed",
	  { KIND(NIL) },
	  1,
	  false,
	  "succeed: command must be a string, not nil" },
	{ METHOD_MACHINE, "succeed", { KIND(UNKNOWN) }, 1, true, "" },
	{ METHOD_MACHINE, "succeed", { STR, KIND(UNKNOWN) }, 2, false, "" },
	{ METHOD_MACHINE,
	  "succeed",
	  { STR, OPTIONS(timeout_5) },
	  2,
	  false,
	  "" },
	{ METHOD_MACHINE,
	  "succeed",
	  { STR, OPTIONS(timeout_nil) },
	  2,
	  false,
	  "" },
	{ METHOD_MACHINE,
	  "succeed",
	  { OPTIONS(timeout_5) },
	  1,
	  false,
	  "succeed: too few arguments; it is called as succeed(command..., { "
	  "timeout=, stdin=, strict= })" },
	{ METHOD_MACHINE,
	  "succeed",
	  { STR, OPTIONS(timeout_text) },
	  2,
	  false,
	  "succeed: option timeout must be a number of seconds from 0 to "
	  "2678400, not a string" },
	{ METHOD_MACHINE,
	  "succeed",
	  { STR, OPTIONS(misspelt) },
	  2,
	  false,
	  "succeed: unknown option 'timout' (did you mean 'timeout'?)" },
	{ METHOD_MACHINE,
	  "succeed",
	  { STR, OPTIONS(strange) },
	  2,
	  false,
	  "succeed: unknown option 'colour'; it is called as "
	  "succeed(command..., { timeout=, stdin=, strict= })\n"
	  "succeed: an option has a name; it is called as succeed(command..., "
	  "{ timeout=, stdin=, strict= })" },
	{ METHOD_MACHINE, "succeed", { STR, KIND(TABLE) }, 2, false, "" },
	{ METHOD_MACHINE,
	  "crash",
	  { KIND(TABLE) },
	  1,
	  false,
	  "crash: too many arguments; it is called as crash()" },
	{ METHOD_MACHINE,
	  "wait_for_file",
	  { STR, INT(5) },
	  2,
	  false,
	  "wait_for_file: options go into a table; it is called as "
	  "wait_for_file(path, { timeout= })" },
	{ METHOD_MACHINE,
	  "wait_for_file",
	  { STR, KIND(UNKNOWN) },
	  2,
	  false,
	  "" },
	{ METHOD_MACHINE,
	  "wait_for_file",
	  { STR, KIND(UNKNOWN), STR },
	  3,
	  false,
	  "wait_for_file: options go into a table; it is called as "
	  "wait_for_file(path, { timeout= })" },
	{ METHOD_MACHINE,
	  "copy_from_host",
	  { STR },
	  1,
	  false,
	  "copy_from_host: too few arguments; it is called as "
	  "copy_from_host(source, target, { timeout= })" },
	{ METHOD_MACHINE, "copy_from_host", { KIND(UNKNOWN) }, 1, true, "" },
	{ METHOD_MACHINE,
	  "wait_for_open_port",
	  { INT(0) },
	  1,
	  false,
	  "wait_for_open_port: port must be a whole number from 1 to 65535, "
	  "not 0" },
	{ METHOD_MACHINE, "wait_for_open_port", { INT(1) }, 1, false, "" },
	{ METHOD_MACHINE, "wait_for_open_port", { INT(65535) }, 1, false, "" },
	{ METHOD_MACHINE,
	  "wait_for_open_port",
	  { INT(65536) },
	  1,
	  false,
	  "wait_for_open_port: port must be a whole number from 1 to 65535, "
	  "not 65536" },
	{ METHOD_MACHINE, "wait_for_open_port", { NUM(80.0) }, 1, false, "" },
	{ METHOD_MACHINE,
	  "wait_for_open_port",
	  { NUM(80.5) },
	  1,
	  false,
	  "wait_for_open_port: port must be a whole number from 1 to 65535, "
	  "not 80.5" },
	{ METHOD_MACHINE, "wait_for_open_port", { KIND(INT) }, 1, false, "" },
	{ METHOD_GLOBAL, "sleep", { NUM(0.5) }, 1, false, "" },
	{ METHOD_GLOBAL, "sleep", { INT(0) }, 1, false, "" },
	{ METHOD_GLOBAL,
	  "sleep",
	  { INT(-1) },
	  1,
	  false,
	  "sleep: seconds must be a number of seconds from 0 to 2678400, not "
	  "-1" },
	{ METHOD_GLOBAL, "sleep", { INT(2678400) }, 1, false, "" },
	{ METHOD_GLOBAL,
	  "sleep",
	  { INT(2678401) },
	  1,
	  false,
	  "sleep: seconds must be a number of seconds from 0 to 2678400, not "
	  "2678401" },
	{ METHOD_GLOBAL,
	  "sleep",
	  { NUM(NAN) },
	  1,
	  false,
	  "sleep: seconds must be a number of seconds from 0 to 2678400, not "
	  "nan" },
	{ METHOD_GLOBAL,
	  "sleep",
	  { KIND(MACHINE) },
	  1,
	  false,
	  "sleep: seconds must be a number of seconds from 0 to 2678400, not a "
	  "machine" },
	{ METHOD_GLOBAL, "subtest", { STR, KIND(FN) }, 2, false, "" },
	{ METHOD_GLOBAL,
	  "subtest",
	  { STR, KIND(TABLE) },
	  2,
	  false,
	  "subtest: function must be a function, not a table" },
	{ METHOD_GLOBAL,
	  "parallel",
	  { KIND(FN), KIND(NIL) },
	  2,
	  false,
	  "parallel: function must be a function, not nil" },
	{ METHOD_GLOBAL,
	  "log",
	  { KIND(TABLE), KIND(NIL), INT(1) },
	  3,
	  false,
	  "" },
	{ METHOD_GLOBAL, "log", { KIND(NIL) }, 0, false, "" },
	{ METHOD_SEGMENT, "frames", { KIND(NIL) }, 0, false, "" },
	{ METHOD_SEGMENT, "expect", { STR, KIND(FN) }, 2, false, "" },
	{ METHOD_SEGMENT,
	  "expect",
	  { STR, KIND(TABLE), KIND(FN) },
	  3,
	  false,
	  "" },
	{ METHOD_SEGMENT,
	  "expect",
	  { STR, KIND(TABLE), KIND(UNKNOWN) },
	  3,
	  false,
	  "" },
	{ METHOD_SEGMENT, "send", { KIND(PACKET) }, 1, false, "" },
	{ METHOD_SEGMENT, "send", { STR }, 1, false, "" },
	{ METHOD_SEGMENT,
	  "expect",
	  { { .kind = VALUE_STR, .known = true, .text = "arp and" } },
	  1,
	  false,
	  "expect: \"arp and\" is no capture filter: can't parse filter "
	  "expression: syntax error" },
	{ METHOD_SEGMENT, "frames", { KIND(NIL), KIND(TABLE) }, 2, false, "" },
	{ METHOD_SEGMENT,
	  "frames",
	  { { .kind = VALUE_STR, .known = true, .has_nul = true } },
	  1,
	  false,
	  "frames: filter must be a string, not a string with a NUL byte" },
};

START_TEST(a_call_is_checked_against_its_row)
{
	size_t n_lines = 0;
	size_t n = method_check_call(
	    methods_find(calls[_i].owner, calls[_i].name), calls[_i].args,
	    calls[_i].n_args, calls[_i].open, on_mistake, NULL);

	ck_assert_str_eq(said, calls[_i].said);
	for (const char *p = said; *p != '\0'; p++)
		n_lines += *p == '\n';
	ck_assert_uint_eq(n, n_lines + (said[0] != '\0'));
}
END_TEST

START_TEST(a_trailing_table_is_the_options)
{
	const struct method_value args[] = { STR, KIND(TABLE) };
	const struct method *succeed = methods_find(METHOD_MACHINE, "succeed");
	const struct method *log = methods_find(METHOD_GLOBAL, "log");

	ck_assert(method_has_options(succeed, args, 2));
	ck_assert(!method_has_options(succeed, args, 1));
	ck_assert(!method_has_options(succeed, args, 0));
	ck_assert(!method_has_options(log, args, 2));
}
END_TEST

START_TEST(nothing_is_both_there_and_missing)
{
	for (const struct lua_library *l = lua_libraries(); l->name != NULL;
	     l++) {
		ck_assert_ptr_null(lua_missing_why(l->name));
		ck_assert_ptr_eq(lua_library_find(l->name), l);
		for (size_t i = 0; l->members[i] != NULL; i++) {
			char *name = xasprintf("%s%s%s", l->name,
					       l->name[0] != '\0' ? "." : "",
					       l->members[i]);

			ck_assert_ptr_null(lua_missing_why(name));
			free(name);
		}
	}
	ck_assert_ptr_nonnull(lua_missing_why("io"));
	ck_assert_ptr_nonnull(lua_missing_why("os.execute"));
	ck_assert_ptr_null(lua_library_find("io"));
	ck_assert(!lua_library_has(lua_library_find("os"), "execute"));
	ck_assert(lua_library_has(lua_library_find("os"), "time"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ every_row_is_well_formed, 0 },
		{ methods_are_found_by_owner_and_name, 0 },
		{ usage_shows_arguments_and_options, 0 },
		{ a_signature_is_read_word_by_word, 0 },
		{ a_call_is_checked_against_its_row, UNIT_ROWS(calls) },
		{ a_trailing_table_is_the_options, 0 },
		{ nothing_is_both_there_and_missing, 0 },
		{ NULL, 0 },
	};

	return unit_run("methods", tests, NULL, NULL);
}
