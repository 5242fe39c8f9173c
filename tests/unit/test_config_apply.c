/* A configuration file at work. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "switch/config-apply.h"
#include "switch/plugin-host.h"
#include "switch/segment.h"
#include "switch/vid.h"
#include "tests/unit/control-rig.h"
#include "tests/unit/unit.h"

enum { TEXT_SIZE = 32768 };

static struct control_rig rig;
static struct config *config;
static char path[PATH_MAX + 16];
static struct config_report last;
static char last_text[TEXT_SIZE];
static unsigned n_reports;

static void
setup(void)
{
	control_rig_init(&rig);
	snprintf(path, sizeof(path), "%s/x.conf", rig.dir);
	config = config_new(path, rig.control, rig.rig.sw);
}

static void
teardown(void)
{
	config_stop(config);
	control_rig_fini(&rig);
	config_free(config);
}

static void
write_config(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
}

static void
on_done(const struct config_report *report, void *arg)
{
	(void)arg;
	last = *report;
	snprintf(last_text, sizeof(last_text), "%s", report->text);
	n_reports++;
}

/* @want: "KEPT DONE UNDONE FAILED" */
static void
apply(const char *text, const char *want)
{
	unsigned before = n_reports;
	char got[64];

	write_config(text);
	ck_assert_int_eq(config_apply(config, on_done, NULL, NULL), 0);
	ck_assert_uint_eq(n_reports, before + 1);
	snprintf(got, sizeof(got), "%u %u %u %u", last.n_kept, last.n_done,
		 last.n_undone, last.n_failed);
	ck_assert_msg(strcmp(got, want) == 0, "%s is not %s; %s", got, want,
		      last_text);
}

static bool
has_segment(const char *name)
{
	return switch_find_segment(rig.rig.sw, name) != NULL;
}

static struct port *
port(const char *name)
{
	return switch_find_port(rig.rig.sw, name);
}

#define TWO "segment add a\nsegment add b\n"

START_TEST(what_is_new_is_done_and_what_is_gone_is_undone)
{
	struct port *x;

	apply(TWO "port add a dummy name x mtu 1500\n", "0 3 0 0");
	ck_assert(has_segment("a") && has_segment("b"));
	x = port("x");
	ck_assert_uint_eq(x->mtu, 1500);
	apply("segment add a\nport add a dummy name x mtu 1500\n"
	      "port add a dummy name y\n",
	      "2 1 1 0");
	ck_assert(!has_segment("b"));
	ck_assert_ptr_eq(port("x"), x); /* not touched */
	ck_assert_ptr_nonnull(port("y"));
	apply("", "0 0 3 0");
	ck_assert(!has_segment("a"));
}
END_TEST

START_TEST(what_changed_is_undone_and_done_again)
{
	apply("segment add a\nport add a dummy name x\n", "0 2 0 0");
	apply("segment add a\nport add a dummy name x mtu 1500\n", "1 1 1 0");
	ck_assert_uint_eq(port("x")->mtu, 1500);
	apply("segment add b\nport add b dummy name x mtu 1500\n", "0 2 2 0");
	ck_assert_str_eq(port("x")->segment->name, "b");
}
END_TEST

START_TEST(a_thing_without_a_name_is_undone_by_the_one_it_got)
{
	uint32_t n = rig.rig.sw->n_ports;

	apply("port add lab dummy\nport add lab dummy mtu 99\n", "0 2 0 0");
	ck_assert_uint_eq(rig.rig.sw->n_ports, n + 2);
	apply("port add lab dummy mtu 99\n", "1 0 1 0");
	ck_assert_uint_eq(rig.rig.sw->n_ports, n + 1);
	apply("", "0 0 1 0");
	ck_assert_uint_eq(rig.rig.sw->n_ports, n);
}
END_TEST

START_TEST(a_file_with_a_mistake_changes_nothing)
{
	char first[PATH_MAX + 64];

	apply(TWO, "0 2 0 0");
	apply("segment add c\nsegmnet add d\nport show\n", "0 0 0 2");
	ck_assert(last.refused);
	ck_assert(has_segment("a") && has_segment("b") && !has_segment("c"));
	snprintf(first, sizeof(first), "%s:2: unknown command 'segmnet'", path);
	ck_assert_int_eq(strncmp(last_text, first, strlen(first)), 0);
	ck_assert_ptr_nonnull(strstr(last_text, ":3: "));
	apply("segment add b\n", "1 0 1 0");
	ck_assert(!has_segment("a") && has_segment("b"));
}
END_TEST

START_TEST(a_file_that_is_gone_changes_nothing)
{
	apply(TWO, "0 2 0 0");
	unlink(path);
	ck_assert_int_eq(config_apply(config, on_done, NULL, NULL), 0);
	ck_assert(last.refused);
	ck_assert_ptr_nonnull(strstr(last_text, path));
	ck_assert(has_segment("a") && has_segment("b"));
}
END_TEST

START_TEST(many_mistakes_are_told_up_to_a_limit)
{
	char text[16 * (CONFIG_TOLD_MAX + 7)] = "";
	unsigned n_lines = 1;

	for (int i = 0; i < CONFIG_TOLD_MAX + 7; i++)
		strcat(text, "foo\n");
	apply(text, "0 0 0 57");
	for (const char *p = last_text; (p = strchr(p, '\n')) != NULL; p++)
		n_lines++;
	ck_assert_uint_eq(n_lines, CONFIG_TOLD_MAX + 1);
	ck_assert_ptr_nonnull(strstr(last_text, "and 7 more"));
}
END_TEST

START_TEST(what_fails_is_told_the_rest_is_done_and_it_is_tried_again)
{
	apply("segment add a\nport add a dummy name p0\nsegment add b\n",
	      "0 2 0 1");
	ck_assert(!last.refused);
	ck_assert_ptr_nonnull(strstr(last_text, ":2: there is a port p0"));
	ck_assert(has_segment("a") && has_segment("b"));
	ck_assert_str_eq(port("p0")->segment->name, "lab");
	rig_remove(&rig.rig, 0);
	apply("segment add a\nport add a dummy name p0\nsegment add b\n",
	      "2 1 0 0");
	ck_assert_str_eq(port("p0")->segment->name, "a");
}
END_TEST

START_TEST(what_failed_is_not_undone)
{
	apply("port add lab dummy name p0\n", "0 0 0 1");
	apply("", "0 0 0 0");
	ck_assert_ptr_nonnull(port("p0"));
}
END_TEST

START_TEST(what_somebody_removed_needs_no_undoing)
{
	apply(TWO, "0 2 0 0");
	control_rig_expect(&rig, "segment.del", "{'segment':'a'}", -1, "true");
	apply("segment add b\n", "1 0 1 0");
	ck_assert_str_eq(last_text, "");
}
END_TEST

START_TEST(what_somebody_added_stays)
{
	control_rig_expect(&rig, "segment.add", "{'name':'mine'}", -1, "{}");
	apply("port add mine dummy name x\n", "0 1 0 0");
	apply("", "0 0 1 0");
	ck_assert(has_segment("mine"));
}
END_TEST

START_TEST(segments_that_the_file_made_count_only_while_it_says_so)
{
	apply(TWO, "0 2 0 0");
	apply("segment add a\nport add b dummy\n", "0 0 0 1");
	ck_assert(last.refused);
	ck_assert_ptr_nonnull(strstr(last_text, ":2: no line above"));
}
END_TEST

static void
load_probe(char *line, size_t size, const char *rest)
{
	snprintf(line, size, "plugin load %s/tests/unit/plugins/probe.so\n%s",
		 getenv("TOP_BUILDDIR") != NULL ? getenv("TOP_BUILDDIR") : ".",
		 rest);
}

START_TEST(a_setting_that_goes_gets_its_default)
{
	const struct segment *a;

	apply("segment add a mode hub ageing 9\n", "0 2 0 0");
	a = switch_find_segment(rig.rig.sw, "a");
	ck_assert_int_eq(a->mode, SEGMENT_HUB);
	ck_assert_uint_eq(fdb_ageing_ms(a->fdb), 9 * 1000);
	apply("segment add a\nsegment set a mode 8021q\n", "1 1 1 0");
	ck_assert_ptr_eq(switch_find_segment(rig.rig.sw, "a"), a);
	ck_assert_int_eq(a->mode, SEGMENT_8021Q);
	ck_assert_uint_eq(fdb_ageing_ms(a->fdb), 300 * 1000);
	apply("segment add a\n", "1 0 1 0");
	ck_assert_int_eq(a->mode, SEGMENT_BRIDGE);
}
END_TEST

START_TEST(the_vlans_of_a_port_are_made_anew_together)
{
	apply("vlan add p0 vid 1-9\nvlan add p0 vid 7 pvid untagged\n",
	      "0 2 0 0");
	ck_assert_uint_eq(port_vid_rules(port("p0"))->pvid, 7);
	apply("vlan add p0 vid 1-9\nvlan add p1 vid 5\n", "0 2 2 0");
	ck_assert_uint_ne(port_vid_rules(port("p0"))->pvid, 7);
	ck_assert(vid_set_has(&port_vid_rules(port("p0"))->member, 7));
	apply("vlan add p1 vid 5\n", "1 0 1 0");
	ck_assert(!vid_set_has(&port_vid_rules(port("p0"))->member, 7));
	ck_assert(vid_set_has(&port_vid_rules(port("p1"))->member, 5));
}
END_TEST

START_TEST(a_plugin_comes_and_goes)
{
	char text[PATH_MAX + 64];

	load_probe(text, sizeof(text), "");
	apply(text, "0 1 0 0");
	control_rig_expect(&rig, "plugin.show", NULL, -1, "[{'id':'probe'}]");
	apply(text, "1 0 0 0");
	apply("", "0 0 1 0");
	control_rig_expect(&rig, "plugin.show", NULL, -1, "[]");
}
END_TEST

/* A file that loads the worker of the build with these @words. */
static void
apply_worker(const char *words, const char *want)
{
	const char *top = getenv("TOP_BUILDDIR");
	char text[PATH_MAX + 256];

	snprintf(text, sizeof(text),
		 "plugin load %s/tests/unit/plugins/worker.so %s\n",
		 top != NULL ? top : ".", words);
	apply(text, want);
}

static json_t *
only_plugin(void)
{
	json_t *list = plugin_host_show(rig.host);
	json_t *plugin = json_incref(json_array_get(list, 0));

	ck_assert_uint_eq(json_array_size(list), 1);
	json_decref(list);
	return plugin;
}

static void
assert_plugin(const char *id, const char *option, const char *value)
{
	json_t *plugin = only_plugin();
	json_t *got =
	    json_object_get(json_object_get(plugin, "options"), option);
	char *text = json_dumps(got, JSON_ENCODE_ANY);

	ck_assert_str_eq(json_string_value(json_object_get(plugin, "id")), id);
	ck_assert_str_eq(text, value);
	free(text);
	json_decref(plugin);
}

static const char *const ids[] = { "", "id wan " };

START_TEST(options_of_a_plugin_change_while_it_stands)
{
	const char *id = _i == 0 ? "worker" : "wan";
	char words[128];

	snprintf(words, sizeof(words), "%saction=edit len=100", ids[_i]);
	apply_worker(words, "0 1 0 0");
	assert_plugin(id, "len", "100");
	snprintf(words, sizeof(words), "%saction=edit len=200", ids[_i]);
	apply_worker(words, "0 1 0 0"); /* and not undone */
	assert_plugin(id, "len", "200");
	apply_worker(words, "1 0 0 0");
}
END_TEST

START_TEST(options_that_it_does_not_take_are_tried_again)
{
	apply_worker("action=edit len=100", "0 1 0 0");
	apply_worker("action=loss len=100", "0 0 0 1");
	ck_assert_ptr_nonnull(strstr(last_text, "only len can change"));
	assert_plugin("worker", "action", "\"edit\"");
	apply_worker("action=loss len=100", "0 0 0 1");
	apply_worker("action=edit len=100", "1 0 0 0");
	apply("", "0 0 1 0");
}
END_TEST

START_TEST(an_option_that_is_gone_takes_a_new_plugin)
{
	apply_worker("action=edit len=100", "0 1 0 0");
	apply_worker("action=edit", "0 1 1 0");
	apply_worker("action=edit port p0", "0 1 1 0");
}
END_TEST

START_TEST(a_port_of_a_plugins_kind_comes_with_the_plugin)
{
	static const char *const wanted[] = { "0 2 0 0", "2 0 0 0", "0 2 2 0" };
	const char *top = getenv("TOP_BUILDDIR");
	char text[PATH_MAX + 256];

	/* the third time the plugin has another option, and no .set */
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 "plugin load %s/tests/unit/plugins/kinds.so%s\n"
			 "port add lab wire name w credit=3\n",
			 top != NULL ? top : ".", i == 2 ? " name=wire" : "");
		apply(text, wanted[i]);
		ck_assert_ptr_nonnull(port("w"));
	}
	apply("", "0 0 2 0");
}
END_TEST

START_TEST(a_command_of_a_plugin_that_is_not_there_says_what_to_do)
{
	apply("link set p0 block\n", "0 0 0 1");
	ck_assert_ptr_nonnull(strstr(last_text, "plugin load link"));
}
END_TEST

START_TEST(a_restored_port_is_taken_for_the_one_that_is_added)
{
	port("p0")->restored = true;
	rig.rig.segment->restored = true;
	apply("segment add lab\nport add lab dummy name p0\n", "0 2 0 0");
	apply("segment add lab\nport add lab dummy name p0\n", "2 0 0 0");
	ck_assert(!port("p0")->restored);
	control_rig_expect(&rig, "segment.add", "{'name':'lab'}", -1,
			   "!already");
}
END_TEST

/* ---- without a switch ---- */

START_TEST(a_file_is_checked_without_a_switch)
{
	static const char *const segments[] = { "given", NULL };
	struct config_report report;

	write_config("segment add a\nport add given dummy\nport add a dummy\n");
	ck_assert(config_check_file(path, rig.rig.sw->config.kinds, segments,
				    &report));
	ck_assert_uint_eq(report.n_done, 3);
	free((char *)report.text);
	write_config("segment add a\nport add givn dummy\nfoo\n");
	ck_assert(!config_check_file(path, rig.rig.sw->config.kinds, segments,
				     &report));
	ck_assert_uint_eq(report.n_failed, 2);
	ck_assert_ptr_nonnull(strstr(report.text, ":2: "));
	ck_assert_ptr_nonnull(strstr(report.text, ":3: "));
	free((char *)report.text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_new_is_done_and_what_is_gone_is_undone, 0 },
		{ what_changed_is_undone_and_done_again, 0 },
		{ a_thing_without_a_name_is_undone_by_the_one_it_got, 0 },
		{ a_file_with_a_mistake_changes_nothing, 0 },
		{ a_file_that_is_gone_changes_nothing, 0 },
		{ many_mistakes_are_told_up_to_a_limit, 0 },
		{ what_fails_is_told_the_rest_is_done_and_it_is_tried_again,
		  0 },
		{ what_failed_is_not_undone, 0 },
		{ what_somebody_removed_needs_no_undoing, 0 },
		{ what_somebody_added_stays, 0 },
		{ segments_that_the_file_made_count_only_while_it_says_so, 0 },
		{ a_setting_that_goes_gets_its_default, 0 },
		{ the_vlans_of_a_port_are_made_anew_together, 0 },
		{ a_plugin_comes_and_goes, 0 },
		{ options_of_a_plugin_change_while_it_stands, UNIT_ROWS(ids) },
		{ options_that_it_does_not_take_are_tried_again, 0 },
		{ an_option_that_is_gone_takes_a_new_plugin, 0 },
		{ a_port_of_a_plugins_kind_comes_with_the_plugin, 0 },
		{ a_command_of_a_plugin_that_is_not_there_says_what_to_do, 0 },
		{ a_restored_port_is_taken_for_the_one_that_is_added, 0 },
		{ a_file_is_checked_without_a_switch, 0 },
		{ NULL, 0 },
	};

	return unit_run("config-apply", tests, setup, teardown);
}
