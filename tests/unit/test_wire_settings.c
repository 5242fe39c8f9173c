#include "driver/wire/wire-settings.h"

#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "tests/unit/unit.h"

static struct wire_settings *settings;
static char said[512]; /* "method port-or-segment direction;" each */

static void
setup(void)
{
	settings = wire_settings_new();
}

static void
teardown(void)
{
	wire_settings_free(settings);
}

/* @wire: "1" and the like are segments */
static void
note(const char *method, const char *wire, const char *direction)
{
	bool link = strncmp(method, "link", 4) == 0;
	json_t *params =
	    json_pack("{s:s, s:s*}", *wire < 'a' ? "segment" : "port", wire,
		      link ? "direction" : "dir", direction);

	ck_assert_ptr_nonnull(params);
	wire_settings_note(settings, method, params);
	json_decref(params);
}

static void
on_each(const char *method, json_t *params, const char *port, void *arg)
{
	size_t len = strlen(said);

	(void)arg;
	snprintf(
	    said + len, sizeof(said) - len, "%s %s %s;", method,
	    port != NULL ? port : json_str_or(params, "segment", "?"),
	    json_str_or(params, "direction", json_str_or(params, "dir", "-")));
}

static void
expect(const char *want)
{
	said[0] = '\0';
	wire_settings_each(settings, on_each, NULL);
	ck_assert_str_eq(said, want);
}

START_TEST(what_is_set_again_takes_the_place_of_what_was)
{
	note("link.set", "a", NULL);
	note("link.set", "b", "in");
	note("link.set", "b", "out");
	note("link.set", "a", NULL);
	expect("link.set b in;link.set b out;link.set a -;");
	note("link.set", "b", "out");
	expect("link.set b in;link.set a -;link.set b out;");
	note("link.set", "b", "both"); /* both of them */
	expect("link.set a -;link.set b both;");
}
END_TEST

START_TEST(methods_do_not_touch_each_other)
{
	note("link.set", "a", NULL);
	note("netem.set", "a", NULL);
	note("netem.set", "1", NULL);
	note("port.set", "a", NULL);
	note("switch.sync", "a", NULL);
	expect("link.set a -;netem.set a -;netem.set 1 -;");
	note("netem.set", "2", NULL);
	note("netem.set", "1", NULL);
	expect("link.set a -;netem.set a -;netem.set 2 -;netem.set 1 -;");
}
END_TEST

START_TEST(what_is_undone_is_forgotten)
{
	note("netem.set", "a", NULL);
	note("netem.set", "b", NULL);
	note("netem.del", "a", NULL);
	expect("netem.set b -;");
	/* The other direction is still set. */
	note("netem.del", "b", "in");
	expect("netem.set b -;netem.del b in;");
	note("netem.del", "b", "in");
	expect("netem.set b -;netem.del b in;");
	note("netem.del", "b", NULL);
	expect("");
}
END_TEST

START_TEST(a_port_takes_its_settings_with_it)
{
	note("link.set", "a", NULL);
	note("netem.set", "a", "in");
	note("netem.set", "b", "in");
	note("netem.set", "1", "in");
	wire_settings_forget(settings, "a");
	expect("netem.set b in;netem.set 1 in;");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_set_again_takes_the_place_of_what_was, 0 },
		{ methods_do_not_touch_each_other, 0 },
		{ what_is_undone_is_forgotten, 0 },
		{ a_port_takes_its_settings_with_it, 0 },
		{ NULL, 0 },
	};

	return unit_run("wire_settings", tests, setup, teardown);
}
