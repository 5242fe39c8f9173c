#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "plugins/metrics/exposition.h"
#include "tests/unit/unit.h"

static json_t *results[N_SOURCES];

static void
teardown(void)
{
	for (int i = 0; i < N_SOURCES; i++)
		json_decref(results[i]);
}

/* JSON with ' for ". */
static void
answer(enum exposition_source source, const char *text)
{
	char *json = strdup(text);

	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	results[source] = json_loads(json, 0, NULL);
	ck_assert_msg(results[source] != NULL, "%s", json);
	free(json);
}

static char *
text_of(void)
{
	size_t len;
	char *text = exposition_write((const json_t *const *)results, &len);

	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), len);
	ck_assert_msg(len >= 6 && strcmp(text + len - 6, "# EOF\n") == 0, "%s",
		      text);
	return text;
}

/* Is @line one of the lines of the text? */
static void
assert_line(const char *line)
{
	char *text = text_of();
	size_t len = strlen(line);
	const char *at = text;

	while ((at = strstr(at, line)) != NULL &&
	       ((at > text && at[-1] != '\n') || at[len] != '\n'))
		at++;
	ck_assert_msg(at != NULL, "%s is not in:\n%s", line, text);
	free(text);
}

START_TEST(without_answers_there_is_only_the_end)
{
	char *text = text_of();

	ck_assert_str_eq(text, "# EOF\n");
	free(text);
}
END_TEST

START_TEST(the_switch_is_told)
{
	answer(SOURCE_SWITCH, "{'version': '0.1.0', 'uptime_ms': 61007, "
			      "'segments': 2, 'ports': 3}");
	assert_line("# TYPE vdelab_switch info");
	assert_line("vdelab_switch_info{version=\"0.1.0\"} 1");
	assert_line("# TYPE vdelab_uptime_seconds gauge");
	assert_line("vdelab_uptime_seconds 61.007");
	assert_line("vdelab_ports 3");
}
END_TEST

START_TEST(counters_are_totals_with_labels)
{
	answer(SOURCE_PORTS,
	       "[{'name': 'a', 'segment': 'lab', 'kind': 'vde', 'rx_frames': "
	       "7, 'carrier': true, 'rx_drops': {'runt': 1, 'vlan': 0}}, "
	       "{'name': 'b', 'segment': 'lab', 'kind': 'tap', 'rx_frames': "
	       "9007199254740993, 'carrier': false}]");
	assert_line("# TYPE vdelab_port_received_frames counter");
	assert_line("vdelab_port_received_frames_total{segment=\"lab\",port="
		    "\"a\",kind=\"vde\"} 7");
	assert_line("vdelab_port_received_frames_total{segment=\"lab\",port="
		    "\"b\",kind=\"tap\"} 9007199254740993");
	assert_line("vdelab_port_carrier{segment=\"lab\",port=\"a\",kind="
		    "\"vde\"} 1");
	assert_line("vdelab_port_carrier{segment=\"lab\",port=\"b\",kind="
		    "\"tap\"} 0");
	assert_line("vdelab_port_dropped_frames_in_total{segment=\"lab\",port="
		    "\"a\",kind=\"vde\",reason=\"runt\"} 1");
}
END_TEST

START_TEST(what_a_row_does_not_have_is_left_out)
{
	char *text;

	answer(SOURCE_PORTS, "[{'name': 'late', 'state': 'absent'}]");
	text = text_of();
	ck_assert_ptr_null(strstr(text, "late"));
	free(text);
}
END_TEST

START_TEST(plugins_tell_their_own)
{
	answer(SOURCE_PLUGINS,
	       "[{'id': 'link1', 'dropped': 5, 'drops': {'blocked': 4}, "
	       "'held': 2, 'counters': {'dropped_in': {'value': 4, 'unit': "
	       "'frames'}}}]");
	assert_line("vdelab_plugin_dropped_frames_total{plugin=\"link1\"} 5");
	assert_line("vdelab_plugin_dropped_frames_by_reason_total{plugin="
		    "\"link1\",reason=\"blocked\"} 4");
	assert_line("# TYPE vdelab_plugin_counter unknown");
	assert_line("vdelab_plugin_counter{plugin=\"link1\",counter="
		    "\"dropped_in\",unit=\"frames\"} 4");
}
END_TEST

START_TEST(label_values_are_escaped)
{
	results[SOURCE_PORTS] =
	    json_pack("[{s:s, s:s, s:s, s:i}]", "name", "a\"b\\c\nd", "segment",
		      "l\xc3\xa4", "kind", "vde", "queued", 1);
	assert_line("vdelab_port_queued_frames{segment=\"l\xc3\xa4\",port="
		    "\"a\\\"b\\\\c\\nd\",kind=\"vde\"} 1");
}
END_TEST

/* "NAME{...} 1" or "# TYPE NAME ...": its family's name in @name. */
static void
family_of(const char *line, char *name, size_t size)
{
	static const char *const suffixes[] = { "_total", "_info" };
	size_t len;

	if (line[0] == '#')
		line += strlen("# TYPE ");
	len = strcspn(line, "{ ");
	ck_assert_uint_lt(len, size);
	memcpy(name, line, len);
	name[len] = '\0';
	for (size_t i = 0; i < 2; i++) {
		size_t tail = strlen(suffixes[i]);

		if (len > tail && strcmp(name + len - tail, suffixes[i]) == 0)
			name[len - tail] = '\0';
	}
}

START_TEST(samples_stand_below_their_family_and_families_once)
{
	char family[128] = "", name[128], *text, *line, *rest, *seen;

	answer(SOURCE_SWITCH, "{'version': '1', 'uptime_ms': 5}");
	answer(SOURCE_BOOKS, "[{'segment': 'a', 'rx': 1, 'drops': {'runt': 1}},"
			     " {'segment': 'b', 'rx': 2}]");
	text = rest = text_of();
	seen = calloc(1, strlen(text) + 2);
	while ((line = strsep(&rest, "\n")) != NULL && strcmp(line, "# EOF")) {
		family_of(line, name, sizeof(name));
		if (strncmp(line, "# TYPE ", 7) == 0) {
			ck_assert_msg(strstr(seen, name) == NULL ||
					  strstr(seen, name)[strlen(name)] !=
					      '\n',
				      "%s is there twice", name);
			strcat(strcat(seen, name), "\n");
			strcpy(family, name);
		}
		ck_assert_str_eq(name, family);
	}
	free(seen);
	free(text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ without_answers_there_is_only_the_end, 0 },
		{ the_switch_is_told, 0 },
		{ counters_are_totals_with_labels, 0 },
		{ what_a_row_does_not_have_is_left_out, 0 },
		{ plugins_tell_their_own, 0 },
		{ label_values_are_escaped, 0 },
		{ samples_stand_below_their_family_and_families_once, 0 },
		{ NULL, 0 },
	};

	return unit_run("exposition", tests, NULL, teardown);
}
