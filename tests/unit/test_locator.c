#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"
#include "tools/vdeplug/locator.h"

static const struct {
	const char *text, *net, *segment, *port;
	unsigned vid, mtu;
} good[] = {
	{ "vlan1", "default", "vlan1", "", 0, 9216 },
	{ "lab/vlan1", "lab", "vlan1", "", 0, 9216 },
	{ "/run/x/lab/vlan1", "/run/x/lab", "vlan1", "", 0, 9216 },
	{ "vlan1[]", "default", "vlan1", "", 0, 9216 },
	{ "vlan1[port=client.eth1]", "default", "vlan1", "client.eth1", 0,
	  9216 },
	{ "lab/vlan1[port=a,vid=7]", "lab", "vlan1", "a", 7, 9216 },
	{ "lab/vlan1[vid=4094/mtu=1500]", "lab", "vlan1", "", 4094, 1500 },
	{ "vlan1[vid=1,mtu=68,port=p]", "default", "vlan1", "p", 1, 68 },
	{ "vlan1[mtu=9216]", "default", "vlan1", "", 0, 9216 },
	{ "vlan1[port=a,port=b]", "default", "vlan1", "b", 0, 9216 },
};

START_TEST(a_place_and_its_options_are_read)
{
	struct err err = ERR_INIT;
	struct locator l;

	ck_assert_msg(locator_parse(&l, good[_i].text, &err) == 0, "%s",
		      err.text);
	ck_assert_str_eq(l.net, good[_i].net);
	ck_assert_str_eq(l.segment, good[_i].segment);
	ck_assert_str_eq(l.port, good[_i].port);
	ck_assert_uint_eq(l.vid, good[_i].vid);
	ck_assert_uint_eq(l.mtu, good[_i].mtu);
}
END_TEST

#define NAME_63                                                                \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct {
	const char *text, *what;
} bad[] = {
	{ "", "segment is missing" },
	{ "lab/", "segment is missing" },
	{ "/vlan1", "switch is missing" },
	{ "a/b/vlan1", "\"a/b\"" },
	{ "vlan1[", "']'" },
	{ "vlan1[port=a", "']'" },
	{ "vlan1[port=a]x", "']'" },
	{ "vlan1[name=a]", "'name'" },
	{ "vlan1[a]", "'a'" },
	{ "vlan1[port]", "port=" },
	{ "vlan1[port=]", "port=" },
	{ "vlan1[vid=0]", "vid=0" },
	{ "vlan1[vid=4095]", "vid=4095" },
	{ "vlan1[vid=x]", "vid=x" },
	{ "vlan1[vid=]", "vid=" },
	{ "vlan1[vid=99999999999]", "vid=999" },
	{ "vlan1[mtu=67]", "mtu=67" },
	{ "vlan1[mtu=9217]", "mtu=9217" },
	{ "vlan1[port=" NAME_63 "x]", "63" },
	{ NAME_63 "x", "63" },
};

START_TEST(mistakes_are_named)
{
	struct err err = ERR_INIT;
	struct locator l;

	ck_assert_int_eq(locator_parse(&l, bad[_i].text, &err), -EINVAL);
	ck_assert_msg(strstr(err.text, bad[_i].what) != NULL, "%s", err.text);
}
END_TEST

START_TEST(names_of_63_bytes_fit)
{
	struct err err = ERR_INIT;
	struct locator l;

	ck_assert_int_eq(locator_parse(&l, NAME_63 "[port=" NAME_63 "]", &err),
			 0);
	ck_assert_str_eq(l.segment, NAME_63);
	ck_assert_str_eq(l.port, NAME_63);
}
END_TEST

START_TEST(a_name_is_looked_for_where_switches_of_the_user_are)
{
	char run[] = "/tmp/vdelab-locator.XXXXXX", path[128], want[128];
	struct err err = ERR_INIT;
	struct locator l;

	ck_assert_ptr_nonnull(mkdtemp(run));
	setenv("XDG_RUNTIME_DIR", run, 1);
	ck_assert_int_eq(locator_parse(&l, "lab/vlan1", &err), 0);
	ck_assert_int_eq(locator_socket(&l, path, sizeof(path), &err), 0);
	snprintf(want, sizeof(want), "%s/vdelab/lab/control", run);
	ck_assert_str_eq(path, want);
	snprintf(want, sizeof(want), "%s/vdelab", run);
	rmdir(want);
	rmdir(run);
}
END_TEST

START_TEST(a_path_is_taken_as_it_is)
{
	struct err err = ERR_INIT;
	struct locator l;
	char path[20];

	ck_assert_int_eq(locator_parse(&l, "/run/x/lab/vlan1", &err), 0);
	ck_assert_int_eq(locator_socket(&l, path, 19, &err), 0);
	ck_assert_str_eq(path, "/run/x/lab/control");
	ck_assert_int_eq(locator_socket(&l, path, 18, &err), -ENAMETOOLONG);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_place_and_its_options_are_read, UNIT_ROWS(good) },
		{ mistakes_are_named, UNIT_ROWS(bad) },
		{ names_of_63_bytes_fit, 0 },
		{ a_name_is_looked_for_where_switches_of_the_user_are, 0 },
		{ a_path_is_taken_as_it_is, 0 },
		{ NULL, 0 },
	};

	return unit_run("locator", tests, NULL, NULL);
}
