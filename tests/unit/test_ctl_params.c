#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"
#include "tools/ctl-params.h"

#define SIGNATURE                                                              \
	"segment:name kind:name name:name? mtu:int(68..65536)? path:str? "     \
	"state:block|unblock?"

/* @want: the parameters as JSON, or NULL when @setting is refused with
 * @text. */
static const struct {
	const char *into;
	const char *setting;
	const char *want;
	const char *text;
} settings[] = {
	/* Known keys go by their type. */
	{ NULL, "mtu=1500", "{\"mtu\": 1500}", NULL },
	{ NULL, "path=1500", "{\"path\": \"1500\"}", NULL },
	{ NULL, "path=a=b", "{\"path\": \"a=b\"}", NULL },
	{ NULL, "path=", "{\"path\": \"\"}", NULL },
	{ "options", "name=x", "{\"name\": \"x\"}", NULL },
	{ NULL, "mtu=big", NULL, "mtu" },
	{ NULL, "mtu=67", NULL, "mtu" },
	{ NULL, "state=blocked", NULL, "state" },
	/* Others by their looks. */
	{ NULL, "vni=7", "{\"vni\": 7}", NULL },
	{ NULL, "rate=1.5", "{\"rate\": 1.5}", NULL },
	{ NULL, "fast=true", "{\"fast\": true}", NULL },
	{ NULL, "vni=\"7\"", "{\"vni\": \"7\"}", NULL },
	{ NULL, "vni=7x", "{\"vni\": \"7x\"}", NULL },
	{ NULL, "x=null", "{\"x\": \"null\"}", NULL },
	{ NULL, "x={}", "{\"x\": \"{}\"}", NULL },
	{ NULL, "x=", "{\"x\": \"\"}", NULL },
	{ NULL, "m=1", "{\"m\": 1}", NULL }, /* a beginning of "mtu" */
	{ "options", "vni=7", "{\"options\": {\"vni\": 7}}", NULL },
	/* And what is none. */
	{ NULL, "mtu", NULL, "'mtu' is not of the form key=value" },
	{ NULL, "=x", NULL, "'=x' is not of the form key=value" },
	{ NULL, "", NULL, "'' is not of the form key=value" },
};

START_TEST(a_setting_becomes_a_parameter)
{
	json_t *params = json_object(), *want = NULL;
	struct err err = ERR_INIT;
	int ret;

	ret = ctl_param_setting(params, SIGNATURE, settings[_i].into,
				settings[_i].setting, &err);
	if (settings[_i].want != NULL) {
		char *got = json_dumps(params, 0);

		ck_assert_msg(ret == 0, "%s", err.text);
		want = json_loads(settings[_i].want, 0, NULL);
		ck_assert_msg(json_equal(params, want), "%s", got);
		free(got);
	} else {
		ck_assert_int_eq(ret, -EINVAL);
		ck_assert_msg(strstr(err.text, settings[_i].text) != NULL, "%s",
			      err.text);
		ck_assert_uint_eq(json_object_size(params), 0);
	}
	json_decref(want);
	json_decref(params);
}
END_TEST

START_TEST(settings_of_a_plugin_are_gathered)
{
	json_t *want = json_loads("{\"segment\": \"vlan1\", \"options\": "
				  "{\"a\": 1, \"b\": \"two\"}}",
				  0, NULL);
	json_t *params = json_object();

	ck_assert_int_eq(
	    ctl_param_setting(params, SIGNATURE, "options", "a=1", NULL), 0);
	ck_assert_int_eq(ctl_param_setting(params, SIGNATURE, "options",
					   "segment=vlan1", NULL),
			 0);
	ck_assert_int_eq(
	    ctl_param_setting(params, SIGNATURE, "options", "b=two", NULL), 0);
	ck_assert(json_equal(params, want));
	json_decref(want);
	json_decref(params);
}
END_TEST

START_TEST(the_same_key_twice_is_a_mistake)
{
	json_t *params = json_object();
	struct err err = ERR_INIT;

	ck_assert_int_eq(
	    ctl_param_setting(params, SIGNATURE, NULL, "mtu=1500", &err), 0);
	ck_assert_int_eq(
	    ctl_param_setting(params, SIGNATURE, NULL, "mtu=9000", &err),
	    -EINVAL);
	ck_assert_str_eq(err.text, "mtu is given twice");
	json_decref(params);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_setting_becomes_a_parameter, UNIT_ROWS(settings) },
		{ settings_of_a_plugin_are_gathered, 0 },
		{ the_same_key_twice_is_a_mistake, 0 },
		{ NULL, 0 },
	};

	return unit_run("ctl_params", tests, NULL, NULL);
}
