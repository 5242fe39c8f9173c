/* What configuration files want, what is wrong with them, and what differs
 * between two. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/verb.h"
#include "switch/config-plan.h"
#include "switch/config-rules.h"
#include "switch/kinds.h"
#include "switch/methods/methods.h"
#include "tests/unit/unit.h"

enum { SHOWN_SIZE = 16384 };

static char shown[SHOWN_SIZE];

static void __attribute__((format(printf, 1, 2))) show(const char *fmt, ...)
{
	size_t len = strlen(shown);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shown + len, sizeof(shown) - len, fmt, ap);
	va_end(ap);
}

static void
on_mistake(unsigned line, const char *text, void *arg)
{
	(void)arg;
	show("%u! %s\n", line, text);
}

static bool
has_segment(const char *name, void *arg)
{
	(void)arg;
	return strcmp(name, "outside") == 0;
}

static struct config_plan *
plan_of(const char *text)
{
	struct config_world world = { .path = "/etc/vdelab/x.conf",
				      .kinds = port_kinds,
				      .has_segment = has_segment };

	shown[0] = '\0';
	return config_plan_new(text, strlen(text), &world, on_mistake, NULL);
}

static void
show_entry(const char *mark, const struct config_entry *e)
{
	char *params = json_dumps(e->params, JSON_COMPACT | JSON_SORT_KEYS);

	show("%s%u %s %s\n", mark, e->line, e->rule->method, params);
	free(params);
}

/* ---- one ---- */

static const struct {
	const char *text, *want;
} plans[] = {
	{ "# nothing\n", "" },
	{ "segment add lab\n", "1 segment.add {\"name\":\"lab\"}\n" },
	{ "seg a lab\n", "1 segment.add {\"name\":\"lab\"}\n" },
	{ "port add outside dummy name d0 mtu 1500\n",
	  "1 port.add {\"kind\":\"dummy\",\"mtu\":1500,\"name\":\"d0\","
	  "\"segment\":\"outside\"}\n" },
	/* names of files begin where the file lies */
	{ "port add outside stream path=x/y\n",
	  "1 port.add {\"kind\":\"stream\",\"path\":\"/etc/vdelab/x/y\","
	  "\"segment\":\"outside\"}\n" },
	/* of plugins that it does not load, only the words are known */
	{ "link set a block in\n",
	  "1 link.set {\"direction\":\"in\",\"port\":\"a\","
	  "\"state\":\"block\"}\n" },
	/* ports without a name are told from others by nothing */
	{ "port add outside dummy\nport add outside dummy\n",
	  "1 port.add {\"kind\":\"dummy\",\"segment\":\"outside\"}\n"
	  "2 port.add {\"kind\":\"dummy\",\"segment\":\"outside\"}\n" },
	{ "capture start outside write /a\ncapture start outside write /a\n",
	  "1 capture.start {\"file\":\"/a\",\"segment\":\"outside\"}\n"
	  "2 capture.start {\"file\":\"/a\",\"segment\":\"outside\"}\n" },
};

START_TEST(commands_become_calls)
{
	struct config_plan *plan = plan_of(plans[_i].text);

	for (size_t i = 0; i < plan->n; i++)
		show_entry("", &plan->entries[i]);
	ck_assert_str_eq(shown, plans[_i].want);
	config_plan_free(plan);
}
END_TEST

/* The corpus of what users get wrong: each with its line and word. */
static const struct {
	const char *text, *want;
} mistakes[] = {
	{ "segmnet add lab\n", "1! unknown command 'segmnet', did you mean "
			       "'segment'" },
	{ "\nsegment ad lab x\n", "2! unknown word 'x'" },
	{ "segment create lab\n", "1! unknown command 'create'" },
	{ "s add lab\n", "1! command 's' is ambiguous" },
	{ "segment add\n", "1! an argument is missing: NAME" },
	{ "segment add 1x\n", "1! \"1x\" is no name for a segment" },
	{ "segment add a_b\n", "a_b" },
	{ "segment add lab mode=hub\nsegment set lab mode=bridge\n",
	  "2! mode was set on line 1" },
	{ "segment add lab mode=hubs\n", "hubs" },
	{ "segment add lab\nsegment add lab\n", "2! line 1 is about the same" },
	{ "segment add lab\nport add lba dummy\n",
	  "2! no line above makes a segment lba (did you mean lab?)" },
	{ "port add lab dummy\nsegment add lab\n",
	  "1! no line above makes a segment lab" },
	{ "port add outside dumy\n",
	  "1! there is no kind of port dumy (did you mean dummy?)" },
	{ "port add outside vde\n", "1! there is no kind of port vde" },
	{ "port add outside dummy mtu big\n", "1! \"mtu\" must be an integer" },
	{ "port add outside dummy mtu 67\n", "68..65536" },
	{ "port add outside dummy path=/x\n", "\"path\"" },
	{ "port add outside stream colour=7\n", "\"colour\"" },
	{ "port add outside dummy name a\nport add outside dummy mtu 99 name "
	  "a\n",
	  "2! line 1 is about the same" },
	{ "vlan add a vid 4095\n", "1! vid must be a number from 0 to 4094" },
	{ "vlan add a vid 1-9 pvid\n", "1! a port has one PVID" },
	{ "fdb add outside 52:54 a\n", "1! \"52:54\" is not the address" },
	{ "port declare a segment outside mac x\n", "1! \"x\" is not" },
	{ "port declare a segment nowhere\n", "a segment nowhere" },
	{ "port declare a segment outside socket nowhere\n",
	  "a segment nowhere" },
	{ "port show\n", "1! 'port show' changes nothing" },
	{ "port\n", "1! 'port show' changes nothing" },
	{ "port del a\n", "1! 'port del' has no place in a configuration" },
	{ "fdb flush\n", "1! 'fdb flush' has no place" },
	{ "reload\n", "1! 'reload ' has no place" },
	{ "plugin load no-such\n", "1! plugin no-such" },
	{ "link set a\n", "1! an argument is missing: block|unblock" },
	{ "link set a 'block\n", "1! a ' is missing" },
	{ "option spinn 5\n", "1! there is no option 'spinn', did you mean "
			      "'spin'" },
	{ "option dir /x\n", "1! 'dir' cannot be set here" },
	{ "option\n", "1! the option's name is missing" },
	{ "option spin\n", "1! option spin takes one value" },
	{ "option spin 1 2\n", "1! option spin takes one value" },
	{ "option quiet yes\n", "1! option quiet takes no value" },
	{ "option spin x\n", "1! --spin takes microseconds" },
	{ "option group no-such-group\n", "no-such-group" },
};

START_TEST(a_mistake_is_told_with_its_line_and_word)
{
	struct config_plan *plan = plan_of(mistakes[_i].text);

	ck_assert_msg(strstr(shown, mistakes[_i].want) != NULL,
		      "\"%s\" is not in: %s", mistakes[_i].want, shown);
	config_plan_free(plan);
}
END_TEST

START_TEST(all_mistakes_are_told_and_the_rest_is_read)
{
	struct config_plan *plan =
	    plan_of("segment ad a b\nsegment add x\nport sh\n\nfoo\n"
		    "segment add y\n");
	unsigned n = 0;

	for (const char *p = shown; (p = strstr(p, "! ")) != NULL; p++)
		n++;
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(plan->n, 2);
	ck_assert_uint_eq(plan->entries[1].line, 6);
	config_plan_free(plan);
}
END_TEST

static const struct {
	const char *setting;
	const char *want;
} plugin_settings[] = {
	{ "colour=1", "unknown member \"colour\"" },
	{ "verdict=3", "verdict" },
};

START_TEST(the_options_of_a_plugin_are_checked)
{
	char text[PATH_MAX + 64];
	struct config_plan *plan;

	snprintf(text, sizeof(text),
		 "plugin load %s/tests/unit/plugins/probe.so %s\n",
		 getenv("TOP_BUILDDIR") != NULL ? getenv("TOP_BUILDDIR") : ".",
		 plugin_settings[_i].setting);
	plan = plan_of(text);
	ck_assert_msg(strstr(shown, plugin_settings[_i].want) != NULL, "%s",
		      shown);
	config_plan_free(plan);
}
END_TEST

/* On line 2; line 1 loads the plugin link. */
static const struct {
	const char *line;
	const char *want; /* "" = all is well */
} plugin_calls[] = {
	{ "link set p0 block", "" },
	{ "link set p0 suspend in", "" },
	{ "link set p0 bloc", "2! \"state\"" },
	{ "link set p0 block up", "2! \"direction\"" },
	{ "link flap p0 up 5 down 70", "" },
	{ "link flap p0 up 0 down 70", "2! \"up_ms\"" },
	{ "link flap p0 up 5 down many", "2! \"down_ms\"" },
	/* one that the file does not tell of */
	{ "storm set p0 nothing frames=5", "" },
};

START_TEST(calls_of_a_plugin_are_checked)
{
	char text[PATH_MAX + 128];
	struct config_plan *plan;

	snprintf(text, sizeof(text),
		 "plugin load %s/out/lib/vdelab/link.so\n%s\n",
		 getenv("TOP_BUILDDIR") != NULL ? getenv("TOP_BUILDDIR") : ".",
		 plugin_calls[_i].line);
	plan = plan_of(text);
	if (plugin_calls[_i].want[0] == '\0')
		ck_assert_msg(strchr(shown, '!') == NULL, "%s", shown);
	else
		ck_assert_msg(strstr(shown, plugin_calls[_i].want) != NULL,
			      "%s", shown);
	config_plan_free(plan);
}
END_TEST

/* ---- two ---- */

#define LAB "segment add lab\n"
#define D0 "port add lab dummy name d0\n"
#define BLOCK "link set d0 block\n"

static const struct {
	const char *old, *now, *want;
} pairs[] = {
	{ LAB D0 BLOCK, LAB D0 BLOCK, "" },
	/* order, comments and spelling mean nothing */
	{ LAB "segment add x\n", "# x\nseg a x\n\n  segment add 'lab'\n", "" },
	{ "", LAB, "+1 segment.add {\"name\":\"lab\"}\n" },
	{ LAB, "", "-1 segment.add {\"name\":\"lab\"}\n" },
	{ LAB D0 BLOCK, LAB D0,
	  "-3 link.set {\"port\":\"d0\",\"state\":\"block\"}\n" },
	{ LAB "segment add x\n", LAB "segment add y\n",
	  "-2 segment.add {\"name\":\"x\"}\n"
	  "+2 segment.add {\"name\":\"y\"}\n" },
	/* what stands on what goes, goes and comes again; nothing else does */
	{ LAB D0 BLOCK "segment add x\n",
	  LAB "port add lab dummy name d0 mtu 99\n" BLOCK "segment add x\n",
	  "-2 port.add {\"kind\":\"dummy\",\"name\":\"d0\",\"segment\":\"lab\"}"
	  "\n"
	  "-3 link.set {\"port\":\"d0\",\"state\":\"block\"}\n"
	  "+2 port.add {\"kind\":\"dummy\",\"mtu\":99,\"name\":\"d0\","
	  "\"segment\":\"lab\"}\n"
	  "+3 link.set {\"port\":\"d0\",\"state\":\"block\"}\n" },
	/* settings, one by one, whoever sets them */
	{ "segment add lab mode=hub\n", LAB "segment set lab mode hub\n", "" },
	{ "segment add lab mode hub ageing 9\n", "segment add lab mode hub\n",
	  "-1 segment.set {\"ageing\":9,\"segment\":\"lab\"}\n" },
	{ "segment add lab table 99\n", "segment add lab table=100\n",
	  "-1 segment.set {\"segment\":\"lab\",\"table\":99}\n"
	  "+1 segment.set {\"segment\":\"lab\",\"table\":100}\n" },
	{ LAB D0, "segment add lab mode hub\n" D0,
	  "+1 segment.set {\"mode\":\"hub\",\"segment\":\"lab\"}\n" },
	/* what builds on each other, together */
	{ "vlan add a vid 1-9\nvlan add b vid 5\nvlan add a vid 7 pvid\n",
	  "vlan add a vid 1-9\nvlan add b vid 5\n",
	  "-1 vlan.add {\"port\":\"a\",\"vid\":\"1-9\"}\n"
	  "-3 vlan.add {\"port\":\"a\",\"pvid\":true,\"vid\":7}\n"
	  "+1 vlan.add {\"port\":\"a\",\"vid\":\"1-9\"}\n" },
	{ "vlan add a vid 1-9\n", "vlan add a vid 1-9\nvlan add a vid 7\n",
	  "-1 vlan.add {\"port\":\"a\",\"vid\":\"1-9\"}\n"
	  "+1 vlan.add {\"port\":\"a\",\"vid\":\"1-9\"}\n"
	  "+2 vlan.add {\"port\":\"a\",\"vid\":7}\n" },
	/* the spanning tree: a bridge's settings together, a port's alone */
	{ "segment add lab stp rstp\nstp set lab priority 0 max-age 10\n",
	  "segment add lab\nstp set lab priority 0 max-age 11\n",
	  "-1 segment.set {\"segment\":\"lab\",\"stp\":\"rstp\"}\n"
	  "-2 stp.set {\"max_age\":10,\"priority\":0,\"segment\":\"lab\"}\n"
	  "+2 stp.set {\"max_age\":11,\"priority\":0,\"segment\":\"lab\"}"
	  "\n" },
	{ "stp set-port a cost 5 edge yes\n",
	  "stp set-port a cost 6 edge yes\n",
	  "-1 stp.set-port {\"cost\":5,\"port\":\"a\"}\n"
	  "+1 stp.set-port {\"cost\":6,\"port\":\"a\"}\n" },
	/* the same twice is once more than once */
	{ "port add outside dummy\n",
	  "port add outside dummy\nport add outside dummy\n",
	  "+2 port.add {\"kind\":\"dummy\",\"segment\":\"outside\"}\n" },
	{ "port add outside dummy\nport add outside dummy\n",
	  "port add outside dummy\n",
	  "-2 port.add {\"kind\":\"dummy\",\"segment\":\"outside\"}\n" },
};

START_TEST(what_differs_is_found)
{
	struct config_plan *old = plan_of(pairs[_i].old);
	struct config_plan *now;

	ck_assert_str_eq(shown, "");
	now = plan_of(pairs[_i].now);
	ck_assert_str_eq(shown, "");
	config_plan_compare(old, now);
	for (size_t i = 0; i < old->n; i++) {
		if (old->entries[i].differs)
			show_entry("-", &old->entries[i]);
	}
	for (size_t i = 0; i < now->n; i++) {
		if (now->entries[i].differs)
			show_entry("+", &now->entries[i]);
	}
	ck_assert_str_eq(shown, pairs[_i].want);
	config_plan_free(old);
	config_plan_free(now);
}
END_TEST

START_TEST(what_a_result_named_takes_with_it_what_stands_on_it)
{
	static const char text[] = "link set a block\n";
	struct config_plan *old = plan_of(text), *now = plan_of(text);
	struct config_entry load = { .line = 9,
				     .rule = config_rule_find("plugin.load"),
				     .params =
					 json_pack("{s:s}", "plugin", "link"),
				     .identity = strdup("plugin.load x"),
				     .result =
					 json_pack("{s:s}", "id", "link") };

	/* as if a line 'plugin load link' had been above and went */
	old->entries = realloc(old->entries, 2 * sizeof(*old->entries));
	ck_assert_ptr_nonnull(old->entries);
	old->entries[1] = old->entries[0];
	old->entries[0] = load;
	old->n = 2;
	config_plan_compare(old, now);
	ck_assert(old->entries[0].differs);
	ck_assert(old->entries[1].differs);
	ck_assert(now->entries[0].differs);
	config_plan_free(old);
	config_plan_free(now);
}
END_TEST

START_TEST(results_stay_with_what_stays)
{
	struct config_plan *old = plan_of(LAB), *now = plan_of("\n" LAB);

	old->entries[0].result = json_pack("{s:i}", "id", 7);
	config_plan_compare(old, now);
	ck_assert(!now->entries[0].differs);
	ck_assert_ptr_null(old->entries[0].result);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(now->entries[0].result, "id")),
	    7);
	config_plan_free(old);
	config_plan_free(now);
}
END_TEST

/* ---- the rules ---- */

/* Commands that act once, and leave nothing that would have to be undone. */
static bool
acts_once(const char *method)
{
	static const char *const methods[] = {
		"fdb.flush",
		"switch.reload",
		"stp.migrate",
		"vlan.del", /* vlan.reset undoes */
		"capture.mark",
		"link.release",
		"netem.change", /* of what netem.set made */
		"storm.clear",
		"portsec.clear",
		"portsec.forbid", /* portsec.del undoes */
		NULL,
	};

	for (size_t i = 0; methods[i] != NULL; i++) {
		if (strcmp(methods[i], method) == 0)
			return true;
	}
	return false;
}

static bool
undoes_or_changes(const char *method)
{
	for (const struct config_rule *r = config_rules; r->method != NULL;
	     r++) {
		if ((r->undo != NULL && strcmp(r->undo, method) == 0) ||
		    (r->change != NULL && strcmp(r->change, method) == 0))
			return true;
	}
	return false;
}

START_TEST(every_command_that_changes_something_has_a_rule)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_row(i)) != NULL; i++) {
		ck_assert_msg(v->asks || config_rule_find(v->method) != NULL ||
				  undoes_or_changes(v->method) ||
				  acts_once(v->method),
			      "say in switch/config-rules.c how '%s %s' is "
			      "undone when a configuration no longer has it",
			      v->noun, v->verb != NULL ? v->verb : "");
	}
}
END_TEST

/* What a method takes is part of what tells one from another, or a setting
 * that is undone on its own, or nothing that can be set: with another value the
 * thing is made anew. */
static void
check_settings(const struct config_rule *rule, const struct config_rule *setter)
{
	const char *word = methods_find(rule->method)->params;
	const char *setting = methods_find(setter->method)->params;
	json_t *defaults = json_loads(setter->defaults, 0, NULL);

	for (; *word != '\0'; word += strspn(word, " ")) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, ":"),
			 word);
		ck_assert_msg(config_rule_is_key(rule, name) ||
				  !json_signature_has(setting, name) ||
				  json_object_get(defaults, name) != NULL,
			      "the rule of %s in switch/config-rules.c does "
			      "not know the default of %s",
			      setter->method, name);
		word += strcspn(word, " ");
	}
	json_decref(defaults);
}

START_TEST(every_setting_has_a_default)
{
	for (const struct config_rule *r = config_rules; r->method != NULL;
	     r++) {
		if (r->defaults != NULL)
			check_settings(r, r);
		if (r->sets != NULL)
			check_settings(r, config_rule_find(r->sets));
	}
}
END_TEST

static bool
is_known(const char *method)
{
	return methods_find(method) != NULL ||
	       verb_find_method(method) != NULL; /* of a plugin */
}

START_TEST(every_rule_is_whole)
{
	for (const struct config_rule *r = config_rules; r->method != NULL;
	     r++) {
		json_t *defaults = r->defaults != NULL
				       ? json_loads(r->defaults, 0, NULL)
				       : NULL;

		ck_assert_msg((r->undo != NULL) != (r->defaults != NULL), "%s",
			      r->method);
		ck_assert_msg((r->undo != NULL) == (r->undo_params != NULL),
			      "%s", r->method);
		ck_assert_msg(r->defaults == NULL || json_is_object(defaults),
			      "%s", r->method);
		ck_assert_msg(is_known(r->method), "%s", r->method);
		ck_assert_msg(r->undo == NULL || is_known(r->undo), "%s",
			      r->method);
		json_decref(defaults);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ commands_become_calls, UNIT_ROWS(plans) },
		{ a_mistake_is_told_with_its_line_and_word,
		  UNIT_ROWS(mistakes) },
		{ all_mistakes_are_told_and_the_rest_is_read, 0 },
		{ the_options_of_a_plugin_are_checked,
		  UNIT_ROWS(plugin_settings) },
		{ calls_of_a_plugin_are_checked, UNIT_ROWS(plugin_calls) },
		{ what_differs_is_found, UNIT_ROWS(pairs) },
		{ what_a_result_named_takes_with_it_what_stands_on_it, 0 },
		{ results_stay_with_what_stays, 0 },
		{ every_command_that_changes_something_has_a_rule, 0 },
		{ every_setting_has_a_default, 0 },
		{ every_rule_is_whole, 0 },
		{ NULL, 0 },
	};

	return unit_run("config-plan", tests, NULL, NULL);
}
