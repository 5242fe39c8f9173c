#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"
#include "tools/extcap/install.h"
#include "tools/extcap/interfaces.h"
#include "tools/extcap/switches.h"

#define LISTENS "0000000044bed757: 00000002 00000000 00010000 0001 01 138249 "

/* Lines of /proc/net/unix. */
static const struct {
	const char *line;
	const char *dir; /* NULL: none */
} lines[] = {
	{ LISTENS "/run/user/7/vdelab/default/control\n",
	  "/run/user/7/vdelab/default" },
	{ LISTENS "/tmp/a b/control", "/tmp/a b" },
	{ LISTENS "/control/control\n", "/control" },
	{ LISTENS "/control\n", NULL },
	{ LISTENS "/tmp/sw/lab/ctl\n", NULL },
	{ LISTENS "/tmp/sw/remote-control\n", NULL },
	{ LISTENS "@/tmp/sw/control\n", NULL },
	{ LISTENS "sw/control\n", NULL },
	{ LISTENS "\n", NULL },
	/* connected; of datagrams; cut short; the heading */
	{ "0000000044bed757: 00000003 00000000 00000000 0001 03 138249 "
	  "/tmp/sw/control\n",
	  NULL },
	{ "0000000044bed757: 00000002 00000000 00010000 0002 01 138249 "
	  "/tmp/sw/control\n",
	  NULL },
	{ "0000000044bed757: 00000002 00000000 00010000\n", NULL },
	{ "Num       RefCount Protocol Flags    Type St Inode Path\n", NULL },
	{ "", NULL },
};

START_TEST(a_socket_that_listens_may_be_a_switch)
{
	char *dir = switches_is_candidate(lines[_i].line);

	if (lines[_i].dir == NULL)
		ck_assert_ptr_null(dir);
	else
		ck_assert_str_eq(dir, lines[_i].dir);
	free(dir);
}
END_TEST

START_TEST(a_switch_in_the_users_folder_is_called_by_its_name)
{
	char *id =
	    interfaces_id("/run/vdelab/default", "/run/vdelab", "lab", NULL);

	ck_assert_str_eq(id, "vdelab:default:lab");
	free(id);
	id = interfaces_id("/run/vdelab/default", "/run/vdelab", "lab",
			   "client.eth1");
	ck_assert_str_eq(id, "vdelab:default:lab:client.eth1");
	free(id);
}
END_TEST

/* They differ in what tells them apart, and in nothing else. */
START_TEST(switches_elsewhere_are_told_apart)
{
	char *one = interfaces_id("/tmp/1/my sw", "/run/vdelab", "lab", NULL);
	char *other = interfaces_id("/tmp/2/my sw", "/run/vdelab", "lab", NULL);
	char *again = interfaces_id("/tmp/1/my sw", "/run/vdelab", "lab", NULL);

	ck_assert_str_eq(one, again);
	ck_assert_str_ne(one, other);
	ck_assert_int_eq(strncmp(one, "vdelab:my_sw~", 13), 0);
	ck_assert_uint_eq(strlen(one), strlen("vdelab:my_sw~12345678:lab"));
	free(one);
	free(other);
	free(again);
	/* A folder whose name begins as that of the user does. */
	one = interfaces_id("/run/vdelab2/default", "/run/vdelab", "lab", NULL);
	ck_assert_str_ne(one, "vdelab:default:lab");
	free(one);
}
END_TEST

START_TEST(what_wireshark_has_signs_for_is_left_out)
{
	char *id = interfaces_id("/tmp/{a}:b\n", "/run/vdelab", "lab", NULL);

	ck_assert_int_eq(strncmp(id, "vdelab:_a__b_~", 14), 0);
	free(id);
}
END_TEST

START_TEST(links_are_made_where_wireshark_looks)
{
	char home[] = "/tmp/test-extcap-XXXXXX", *command, *path;
	struct err err = ERR_INIT;
	char *text = NULL, target[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	ssize_t n;

	ck_assert_ptr_nonnull(mkdtemp(home));
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	ck_assert_msg(install_links(out, &err) == 0, "%s", err.text);
	ck_assert_msg(install_links(out, &err) == 0, "%s", err.text);
	fclose(out);
	path = xasprintf("%s/.config/wireshark/extcap/vdelab-extcap", home);
	ck_assert_ptr_nonnull(strstr(text, path));
	n = readlink(path, target, sizeof(target) - 1);
	ck_assert_int_gt(n, 0);
	target[n] = '\0';
	ck_assert_str_eq(strrchr(target, '/'), "/test_extcap");

	/* What is no link is not ours to replace. */
	ck_assert_int_eq(unlink(path), 0);
	fclose(fopen(path, "w"));
	out = fopen("/dev/null", "w");
	ck_assert_int_lt(install_links(out, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "is there, and is no link"));
	fclose(out);
	command = xasprintf("rm -r %s", home);
	ck_assert_int_eq(system(command), 0);
	free(command);
	free(path);
	free(text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_socket_that_listens_may_be_a_switch, UNIT_ROWS(lines) },
		{ a_switch_in_the_users_folder_is_called_by_its_name, 0 },
		{ switches_elsewhere_are_told_apart, 0 },
		{ what_wireshark_has_signs_for_is_left_out, 0 },
		{ links_are_made_where_wireshark_looks, 0 },
		{ NULL, 0 },
	};

	return unit_run("extcap", tests, NULL, NULL);
}
