#include "driver/prompt/complete.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static json_t *info;

static void
setup(void)
{
	info =
	    json_loads("{\"machines\": ["
		       "{\"name\": \"client\", \"nics\": [{\"name\": \"eth1\"},"
		       "                                {\"name\": \"eth2\"}]},"
		       "{\"name\": \"web-server\", \"nics\": []}],"
		       "\"segments\": [\"vlan1\", \"vlan12\"],"
		       "\"subtests\": [\"one\", \"one more\", \"two\"]}",
		       0, NULL);
	ck_assert_ptr_nonnull(info);
}

static void
teardown(void)
{
	json_decref(info);
}

static const struct {
	const char *line;
	const char *first; /* NULL: nothing */
	const char *last;
	const char *common; /* what they begin with; NULL: not looked at */
	size_t typed;
} lines[] = {
	{ "cl", "client", "client", "client", 2 },
	{ "x = web", "web_server", "web_server", "web_server", 3 },
	{ "vlan1", "vlan1", "vlan12", "vlan1", 5 },
	{ "start_a", "start_all(", "start_all(", "start_all(", 7 },
	{ "client:wait_for_fi", "wait_for_file(", "wait_for_file(", NULL, 11 },
	{ "log(client:wait_until_s", "wait_until_succeeds(",
	  "wait_until_succeeds(", NULL, 12 },
	{ "web_server:cra", "crash(", "crash(", NULL, 3 },
	{ "client.", "eth1", "name", NULL, 0 },
	{ "client.eth", "eth1", "eth2", "eth", 3 },
	{ "client.eth1:net", "netem(", "netem(", NULL, 3 },
	{ "client.eth1.ma", "mac", "mac", NULL, 2 },
	{ "vlan1:wat", "watch(", "watch(", NULL, 3 },
	{ "vlan1:succ", NULL, NULL, "", 4 },
	/* any object may be in a variable */
	{ "w:wait_for_fil", "wait_for_file(", "wait_for_file(", NULL, 12 },
	{ "w:watc", "watch(", "watch(", NULL, 4 },
	{ "string.rep", "rep", "rep", NULL, 3 },
	{ "str", "string.", "string.", NULL, 3 },
	{ "whi", "while", "while", NULL, 3 },
	{ "run_su", "run_subtest(", "run_subtest(", NULL, 6 },
	{ "run_subtest(\"o", "one", "one more", "one", 1 },
	{ "run_subtest(\"one\", \"", NULL, NULL, "", 0 },
	{ "run_subtest('t", "two", "two", NULL, 1 },
	{ "help(\"wait_until_s", "wait_until_succeeds", "wait_until_succeeds",
	  NULL, 12 },
	{ "client:succeed(\"cl", NULL, NULL, "", 2 },
	{ "client:succeed(\"a\\\"b", NULL, NULL, "", 4 },
	{ "log(\"it's\", cl", "client", "client", NULL, 2 },
	/* commands, at the beginning of a line only */
	{ "capt", "capture ", "capture ", NULL, 4 },
	{ " capt", "capture ", "capture ", NULL, 4 },
	{ "log(capt", NULL, NULL, "", 4 },
	{ "capture ", "client", "web_server", NULL, 0 },
	{ "capture vl", "vlan1", "vlan12", NULL, 2 },
	{ "capture = vlan1", "vlan1", "vlan12", NULL, 5 },
	{ "capture vlan1 no", "not", "now(", NULL, 2 },
	{ "\"", NULL, NULL, "", 0 },
	{ ".", NULL, NULL, NULL, 0 },
	{ "::", NULL, NULL, NULL, 0 },
	{ "5 + ", NULL, NULL, NULL, 0 },
};

START_TEST(a_line_is_completed_with_what_there_is)
{
	const char *line = lines[_i].line;
	struct completion c;

	complete_line(info, line, strlen(line), &c);
	ck_assert_uint_eq(c.typed, lines[_i].typed);
	if (lines[_i].first != NULL) {
		ck_assert_uint_gt(c.n, 0);
		ck_assert_str_eq(c.words[0], lines[_i].first);
		ck_assert_str_eq(c.words[c.n - 1], lines[_i].last);
	}
	if (lines[_i].common != NULL) {
		ck_assert_uint_eq(complete_common(&c),
				  strlen(lines[_i].common));
		ck_assert_int_eq(strncmp(c.n > 0 ? c.words[0] : "",
					 lines[_i].common,
					 strlen(lines[_i].common)),
				 0);
	}
	for (size_t i = 1; i < c.n; i++)
		ck_assert_int_lt(strcmp(c.words[i - 1], c.words[i]), 0);
	complete_fini(&c);
}
END_TEST

START_TEST(the_sole_machine_is_called_machine_too)
{
	struct completion c;

	json_array_remove(json_object_get(info, "machines"), 1);
	complete_line(info, "machine:cra", strlen("machine:cra"), &c);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_str_eq(c.words[0], "crash(");
	complete_fini(&c);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_is_completed_with_what_there_is, UNIT_ROWS(lines) },
		{ the_sole_machine_is_called_machine_too, 0 },
		{ NULL, 0 },
	};

	return unit_run("complete_line", tests, setup, teardown);
}
