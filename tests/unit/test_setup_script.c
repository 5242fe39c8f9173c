/*
 * Runs the script in the shell, against a directory that looks like a guest's
 * /sys, /proc and /etc and an `ip` that renames and takes notes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char *root;
static struct plan *plan;

static const char fake_ip[] =
    "#!/bin/sh\n"
    "cd \"${0%/ip}\"\n"
    "echo \"$*\" >>log\n"
    "case \"$*\" in\n"
    "'link set '*' name '*)\n"
    "	[ ! -e \"sys/class/net/$5\" ] || exit 1\n"
    "	mv \"sys/class/net/$3\" \"sys/class/net/$5\"\n"
    "	mv \"proc/sys/net/ipv6/conf/$3\" \"proc/sys/net/ipv6/conf/$5\" ;;\n"
    "esac\n";

static int
no_line(const char *path, const char **file, void *arg)
{
	(void)path;
	(void)file;
	(void)arg;
	return 0;
}

static void
make_plan(void)
{
	struct plan_problems problems = { .items = NULL, .n = 0 };
	json_t *value = json_pack("{s:s, s:{s:{s:[iii]}, s:{}, s:{s:[]}}}",
				  "name", "t", "nodes", "my-router", "vlans", 2,
				  1, 2, "client", "lonely", "vlans");

	ck_assert_ptr_nonnull(value);
	plan = plan_new("t.lua", value, no_line, NULL, &problems);
	ck_assert_ptr_nonnull(plan);
	json_decref(value);
}

static void
write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", root, name);
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "%s", path);
	fputs(text, f);
	fclose(f);
	free(path);
}

/* The file @name; returned owned. */
static char *
read_file(const char *name)
{
	char *path = xasprintf("%s/%s", root, name);
	char *text = xcalloc(1, 65536);
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_lt(fread(text, 1, 65535, f), 65535);
	fclose(f);
	free(path);
	return text;
}

static int
in_root(const char *command)
{
	char *line = xasprintf("cd '%s' && { %s\n}", root, command);
	int status = system(line);

	free(line);
	return status;
}

static void
add_interface(const char *ifname, const char *mac, bool has_device)
{
	char *command =
	    xasprintf("mkdir -p sys/class/net/%s proc/sys/net/ipv6/conf/%s && "
		      "echo %s >sys/class/net/%s/address && "
		      "echo 1 >proc/sys/net/ipv6/conf/%s/accept_dad && "
		      "{ ! %s || mkdir sys/class/net/%s/device; }",
		      ifname, ifname, mac, ifname, ifname,
		      has_device ? "true" : "false", ifname);

	ck_assert_int_eq(in_root(command), 0);
	free(command);
}

/* @text with the guest's directories moved into ours; returned owned. */
static char *
moved(const char *text)
{
	static const char *const dirs[] = { "/sys/class/", "/proc/", "/etc/" };
	char *out = xstrdup("");

	while (*text != '\0') {
		const char *put = "";
		char *longer;

		for (size_t i = 0; i < 3; i++)
			if (strncmp(text, dirs[i], strlen(dirs[i])) == 0)
				put = root;
		longer = xasprintf("%s%s%c", out, put, *text++);
		free(out);
		out = longer;
	}
	return out;
}

static int
run_for(const char *name)
{
	char *script = plan_setup_script(plan, plan_find_node(plan, name));
	char *text = moved(script);
	int status;

	write_file("script", text);
	status = in_root("PATH=$PWD:$PATH sh script 2>errors");
	free(text);
	free(script);
	return status;
}

static void
setup(void)
{
	char template[] = "/tmp/test_setup.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(template));
	root = xstrdup(template);
	make_plan();
	ck_assert_int_eq(in_root("mkdir -p etc proc/sys/kernel"), 0);
	write_file("ip", fake_ip);
	ck_assert_int_eq(in_root("chmod +x ip"), 0);
}

static void
teardown(void)
{
	char *command = xasprintf("rm -rf '%s'", root);

	ck_assert_int_eq(system(command), 0);
	free(command);
	free(root);
	plan_free(plan);
}

static void
check_file(const char *name, const char *want)
{
	char *text = read_file(name);

	ck_assert_str_eq(text, want);
	free(text);
}

static void
add_router_interfaces(void)
{
	/* the kernel's order is not ours, and it counts from eth0 */
	add_interface("eth0", "52:54:01:12:02:03", true);
	add_interface("eth1", "52:54:00:12:01:03", true);
	add_interface("eth2", "52:54:00:12:02:03", true);
	add_interface("lo", "00:00:00:00:00:00", false);
	add_interface("a-bond", "52:54:00:12:01:03", false);
}

START_TEST(interfaces_get_their_names_by_address)
{
	add_router_interfaces();
	ck_assert_int_eq(run_for("my-router"), 0);
	check_file("sys/class/net/eth1/address", "52:54:00:12:02:03\n");
	check_file("sys/class/net/eth2/address", "52:54:00:12:01:03\n");
	check_file("sys/class/net/eth3/address", "52:54:01:12:02:03\n");
	check_file("sys/class/net/a-bond/address", "52:54:00:12:01:03\n");
}
END_TEST

START_TEST(names_and_addresses_are_set)
{
	add_router_interfaces();
	ck_assert_int_eq(run_for("my-router"), 0);
	check_file("etc/hosts", "127.0.0.1 localhost\n"
				"::1 localhost ip6-localhost ip6-loopback\n"
				"192.168.1.1 client\n"
				"2001:db8:1::1 client\n"
				"192.168.2.3 my-router\n"
				"2001:db8:2::3 my-router\n");
	check_file("etc/hostname", "my-router\n");
	check_file("proc/sys/kernel/hostname", "my-router\n");
	check_file("proc/sys/net/ipv6/conf/eth1/accept_dad", "0\n");
	check_file("proc/sys/net/ipv6/conf/eth3/accept_dad", "0\n");
	ck_assert_int_eq(in_root("sed -n '/lo up/p; /name/d; /eth. up/p; "
				 "/addr/p' log >set"),
			 0);
	check_file("set", "link set lo up\n"
			  "link set eth1 up\n"
			  "addr replace 192.168.2.3/24 dev eth1\n"
			  "addr replace 2001:db8:2::3/64 dev eth1\n"
			  "link set eth2 up\n"
			  "addr replace 192.168.1.3/24 dev eth2\n"
			  "addr replace 2001:db8:1::3/64 dev eth2\n"
			  "link set eth3 up\n");
}
END_TEST

START_TEST(eth0_leads_to_the_host_and_further_if_there_is_internet)
{
	struct plan_node *node =
	    (struct plan_node *)plan_find_node(plan, "lonely");

	node->has_eth0 = true;
	add_interface("ens3", PLAN_ETH0_MAC, true);
	ck_assert_int_eq(run_for("lonely"), 0);
	check_file("sys/class/net/eth0/address", PLAN_ETH0_MAC "\n");
	ck_assert_int_eq(
	    in_root("sed -n '/name/d; / down/d; /eth0/p' log >set; rm log"), 0);
	check_file("set", "link set eth0 up\n"
			  "addr replace 10.0.2.15/24 dev eth0\n");
	ck_assert_int_eq(in_root("[ ! -e etc/resolv.conf ]"), 0);
	node->internet = true;
	ck_assert_int_eq(run_for("lonely"), 0);
	ck_assert_int_eq(in_root("grep route log >set"), 0);
	check_file("set", "route replace default via 10.0.2.2 dev eth0\n");
	check_file("etc/resolv.conf", "nameserver 10.0.2.3\n");
	/* The shell has come by it: it is not taken down for a name. */
	node->shell = PLAN_SHELL_TCP;
	ck_assert_int_eq(in_root("rm log; mv sys/class/net/eth0 "
				 "sys/class/net/x"),
			 0);
	ck_assert_int_eq(run_for("lonely"), 0);
	ck_assert_int_eq(in_root("! grep name log"), 0);
}
END_TEST

START_TEST(a_second_run_renames_nothing)
{
	add_router_interfaces();
	ck_assert_int_eq(run_for("my-router"), 0);
	ck_assert_int_eq(in_root("rm log"), 0);
	ck_assert_int_eq(run_for("my-router"), 0);
	ck_assert_int_eq(in_root("! grep -E ' name | down' log"), 0);
	check_file("sys/class/net/eth1/address", "52:54:00:12:02:03\n");
}
END_TEST

START_TEST(a_missing_interface_is_named)
{
	add_interface("eth0", "52:54:00:12:01:02", true);
	ck_assert_int_ne(run_for("client"), 0);
	check_file("errors", "this guest has no interface eth1 with the "
			     "address 52:54:00:12:01:01\n");
}
END_TEST

START_TEST(a_failing_ip_fails_the_script)
{
	write_file("ip", "#!/bin/sh\n"
			 "case $* in *addr*) exit 3; esac\n");
	add_interface("eth1", "52:54:00:12:01:01", true);
	ck_assert_int_ne(run_for("client"), 0);
}
END_TEST

START_TEST(a_guest_without_ipv6_gets_ipv4_only)
{
	add_interface("eth1", "52:54:00:12:01:01", true);
	ck_assert_int_eq(in_root("rm -r proc/sys/net"), 0);
	ck_assert_int_eq(run_for("client"), 0);
	check_file("log", "link set lo up\n"
			  "link set eth1 up\n"
			  "addr replace 192.168.1.1/24 dev eth1\n");
}
END_TEST

START_TEST(a_node_without_interfaces_knows_itself)
{
	ck_assert_int_eq(run_for("lonely"), 0);
	ck_assert_int_eq(in_root("grep -qx '127.0.1.1 lonely' etc/hosts"), 0);
	check_file("log", "link set lo up\n");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ interfaces_get_their_names_by_address, 0 },
		{ names_and_addresses_are_set, 0 },
		{ eth0_leads_to_the_host_and_further_if_there_is_internet, 0 },
		{ a_second_run_renames_nothing, 0 },
		{ a_missing_interface_is_named, 0 },
		{ a_failing_ip_fails_the_script, 0 },
		{ a_guest_without_ipv6_gets_ipv4_only, 0 },
		{ a_node_without_interfaces_knows_itself, 0 },
		{ NULL, 0 },
	};

	return unit_run("setup-script", tests, setup, teardown);
}
