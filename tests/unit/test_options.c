/* What vdelab-switch makes of --plugin. */
#include "switch/options.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text, *plugin, *segment;
	const char *settings[3];
} good[] = {
	{ "link", "link", NULL, { NULL } },
	{ "link:vlan1", "link", "vlan1", { NULL } },
	{ "netem,delay=50", "netem", NULL, { "delay=50" } },
	{ "netem:v,a=1,b=x:y", "netem", "v", { "a=1", "b=x:y" } },
	{ "netem,", "netem", NULL, { "" } },
	{ "./my.so", "./my.so", NULL, { NULL } },
	{ "/a:b/my.so", "/a:b/my.so", NULL, { NULL } },
	{ "/a:b/my.so:lab", "/a:b/my.so", "lab", { NULL } },
};

START_TEST(a_plugin_option_is_taken_apart)
{
	struct plugin_option option;
	size_t n = 0;

	ck_assert_int_eq(plugin_option_init(&option, good[_i].text, NULL), 0);
	ck_assert_str_eq(option.plugin, good[_i].plugin);
	ck_assert_pstr_eq(option.segment, good[_i].segment);
	for (; good[_i].settings[n] != NULL; n++)
		ck_assert_pstr_eq(option.settings[n], good[_i].settings[n]);
	ck_assert_ptr_null(option.settings[n]);
	plugin_option_fini(&option);
}
END_TEST

static const char *const bad[] = { "", ":vlan1", "link:", ",a=1", "link:,a=1" };

START_TEST(a_plugin_option_without_a_name_is_refused)
{
	struct plugin_option option;
	struct err err = ERR_INIT;

	ck_assert_int_eq(plugin_option_init(&option, bad[_i], &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, bad[_i]));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_plugin_option_is_taken_apart, UNIT_ROWS(good) },
		{ a_plugin_option_without_a_name_is_refused, UNIT_ROWS(bad) },
		{ NULL, 0 },
	};

	return unit_run("options", tests, NULL, NULL);
}
