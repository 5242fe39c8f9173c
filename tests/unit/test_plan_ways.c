/* The ways into a node and out of it, as a test file has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;
static char *dir; /* holds the test file, and a script "run-vm" */

static int
no_line(const char *path, const char **file, void *arg)
{
	(void)path;
	(void)file;
	(void)arg;
	return 0;
}

/* A plan of nodes a and b, which have these members: JSON with ' for ". */
static struct plan *
plan_of(const char *a, const char *b)
{
	char *json =
	    xasprintf("{'name':'t','nodes':{'a':{%s},'b':{%s}}}", a, b);
	char *file = xasprintf("%s/test.lua", dir);
	struct plan *plan;
	json_t *value;

	for (char *p = json; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	value = json_loads(json, 0, NULL);
	ck_assert_msg(value != NULL, "%s", json);
	plan = plan_new(file, value, no_line, NULL, &problems);
	json_decref(value);
	free(file);
	free(json);
	return plan;
}

static void
setup(void)
{
	char template[] = "/tmp/test_ways.XXXXXX", *path;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(template));
	dir = realpath(template, NULL);
	path = xasprintf("%s/run-vm", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert_int_eq(chmod(path, 0755), 0);
	free(path);
}

static void
teardown(void)
{
	char *command = xasprintf("rm -rf '%s'", dir);

	plan_problems_fini(&problems);
	ck_assert_int_eq(system(command), 0);
	free(command);
	free(dir);
}

/* ---- what is right ---- */

START_TEST(a_node_has_no_eth0_unless_it_needs_one)
{
	static const struct {
		const char *members;
		bool has_eth0, internet, loopback;
	} nodes[] = {
		{ "", false, false, false },
		{ "'internet':false", false, false, false },
		{ "'internet':true", true, true, false },
		{ "'internet':{'host_loopback':true}", true, true, true },
		{ "'forward_ports':{}", true, false, false },
		{ "'forward_ports':[]", true, false, false },
		{ "'shell':'tcp'", true, false, false },
	};

	for (size_t i = 0; i < UNIT_ROWS(nodes); i++) {
		struct plan *plan = plan_of(nodes[i].members, "");

		ck_assert_msg(plan != NULL, "%zu: %s", i,
			      problems.n > 0 ? problems.items[0].text : "");
		ck_assert_int_eq(plan->nodes[0].has_eth0, nodes[i].has_eth0);
		ck_assert_int_eq(plan->nodes[0].internet, nodes[i].internet);
		ck_assert_int_eq(plan->nodes[0].host_loopback,
				 nodes[i].loopback);
		plan_free(plan);
	}
}
END_TEST

START_TEST(a_forward_is_at_a_port_or_a_socket)
{
	struct plan *plan =
	    plan_of("'forward_ports':[{'guest':80},{'guest':81,'host':8080,"
		    "'proto':'tcp'},{'guest':82,'host':0,'public':true},"
		    "{'guest':83,'host':'./s'},{'guest':65535,'host':'/x/s'}]",
		    "'forward_ports':[{'guest':80},{'guest':80,'host':0}]");
	const struct plan_forward *f;
	char *path = xasprintf("%s/./s", dir);

	ck_assert_ptr_nonnull(plan);
	f = plan->nodes[0].forwards;
	ck_assert_uint_eq(plan->nodes[0].n_forwards, 5);
	ck_assert(f[0].is_socket && f[0].guest == 80 && f[0].path == NULL);
	ck_assert(!f[1].is_socket && f[1].guest == 81 && f[1].port == 8080 &&
		  !f[1].is_public);
	ck_assert(!f[2].is_socket && f[2].port == 0 && f[2].is_public);
	ck_assert_str_eq(f[3].path, path);
	ck_assert_str_eq(f[4].path, "/x/s");
	ck_assert_uint_eq(f[4].guest, 65535);
	free(path);
	plan_free(plan);
}
END_TEST

START_TEST(interfaces_are_what_qemu_calls_them)
{
	static const struct {
		const char *members;
		enum plan_net net;
	} nodes[] = {
		{ "", PLAN_NET_AUTO },
		{ "'net':'auto'", PLAN_NET_AUTO },
		{ "'net':'dgram'", PLAN_NET_DGRAM },
		{ "'net':'stream'", PLAN_NET_STREAM },
		{ "'net':'vde'", PLAN_NET_VDE },
		{ "'net':'vhost-user'", PLAN_NET_VHOST },
	};

	for (size_t i = 0; i < UNIT_ROWS(nodes); i++) {
		struct plan *plan = plan_of(nodes[i].members, "");

		ck_assert_ptr_nonnull(plan);
		ck_assert_int_eq(plan->nodes[0].net, nodes[i].net);
		plan_free(plan);
	}
}
END_TEST

START_TEST(a_start_command_is_a_script_or_shell_text)
{
	static const char *const texts[][2] = {
		/* what is written, what becomes of it behind the directory */
		{ "./run-vm", "/./run-vm'" },
		{ "./run-vm -snapshot", "/./run-vm' -snapshot" },
	};
	static const char *const kept[] = {
		"qemu-system-x86_64 -m 64",
		"true && ./run-vm",
		"./run-vm; ./nothing",
		"$HOME/x",
	};

	for (size_t i = 0; i < UNIT_ROWS(texts); i++) {
		char *members = xasprintf("'start_command':'%s'", texts[i][0]);
		char *want = xasprintf("'%s%s", dir, texts[i][1]);
		struct plan *plan = plan_of(members, "");

		ck_assert_ptr_nonnull(plan);
		ck_assert_str_eq(plan->nodes[0].start_command, want);
		ck_assert(!plan->nodes[0].has_eth0);
		plan_free(plan);
		free(want);
		free(members);
	}
	for (size_t i = 0; i < UNIT_ROWS(kept); i++) {
		char *members = xasprintf("'start_command':'%s'", kept[i]);
		struct plan *plan = plan_of(members, "");

		ck_assert_ptr_nonnull(plan);
		ck_assert_str_eq(plan->nodes[0].start_command, kept[i]);
		plan_free(plan);
		free(members);
	}
}
END_TEST

/* ---- what is wrong ---- */

static const struct {
	const char *a, *b;
	const char *text; /* part of the problem */
} mistakes[] = {
	{ "'internet':1", "", "nodes.a.internet: must be true or false" },
	{ "'net':'tap'", "",
	  "nodes.a.net: must be \"auto\", \"vhost-user\", \"dgram\", "
	  "\"stream\" or \"vde\", not \"tap\"" },
	{ "'net':1", "", "nodes.a.net: must be" },
	{ "'net':'vhost-user','qemu_options':['-cpu','max','-m','1G']", "",
	  "nodes.a.net: with \"vhost-user\" the switch has the machine's "
	  "memory, too, but its qemu_options have -m" },
	{ "'net':'vhost-user','qemu_options':['-M','x,memory-backend=m']", "",
	  "nodes.a.net: with \"vhost-user\" the switch has the machine's "
	  "memory, too, but its qemu_options have a memory-backend" },
	{ "'net':'vde','start_command':'./run-vm'", "",
	  "nodes.a.net: a machine with a `start_command`" },
	{ "'internet':{'loopback':true}", "",
	  "nodes.a.internet.loopback: unknown key" },
	{ "'forward_ports':80", "", "must be a list of forwards" },
	{ "'forward_ports':[80]", "", "nodes.a.forward_ports[1]: must be" },
	{ "'forward_ports':[{'host':8080}]", "", "add `guest`" },
	{ "'forward_ports':[{'guest':0}]", "", "from 1 to 65535, not 0" },
	{ "'forward_ports':[{'guest':65536}]", "", "from 1 to 65535" },
	{ "'forward_ports':[{'guest':1,'host':-1}]", "", "from 0 to 65535" },
	{ "'forward_ports':[{'guest':1,'host':65536}]", "", "from 0 to 65535" },
	{ "'forward_ports':[{'guest':1,'host':'x'}]", "",
	  "begins with '/', './' or '../'" },
	{ "'forward_ports':[{'guest':1,'proto':'udp'}]", "",
	  "must be \"tcp\", not \"udp\": nobody can say" },
	{ "'forward_ports':[{'guest':1,'proto':'sctp'}]", "",
	  "must be \"tcp\", not \"sctp\"" },
	{ "'forward_ports':[{'guest':1,'public':true}]", "",
	  "a unix socket is never public" },
	{ "'forward_ports':[{'guest':1,'gest':1}]", "", "'guest'?" },
	{ "'forward_ports':[{'guest':1,'host':7},{'guest':2,'host':7}]", "",
	  "nodes.a: forward_ports: port 7 is taken by another forward" },
	{ "'forward_ports':[{'guest':1,'host':7}]",
	  "'forward_ports':[{'guest':1,'host':7}]",
	  "nodes.b: forward_ports: port 7 is taken by a" },
	{ "'forward_ports':[{'guest':1,'host':'/s'}]",
	  "'forward_ports':[{'guest':1,'host':'/s'}]",
	  "nodes.b: forward_ports: /s is taken by a" },
	{ "'shell':'tcp','forward_ports':[{'guest':514}]", "",
	  "port 514 of the guest is its shell's" },
	{ "'start_command':''", "", "must be shell text" },
	{ "'start_command':'./nothing'", "", "nothing': No such file" },
	{ "'start_command':'./test.lua'", "", "cannot start" },
	{ "'start_command':'true','memory':128", "",
	  "nodes.a.memory: a machine with a `start_command` is what that" },
	{ "'start_command':'true','internet':true", "", "nodes.a.internet: a" },
	{ "'start_command':'true','shell':'virtio'", "", "nodes.a.shell: a" },
};

START_TEST(a_mistake_is_told)
{
	bool found = false;

	ck_assert_ptr_null(plan_of(mistakes[_i].a, mistakes[_i].b));
	for (size_t i = 0; i < problems.n; i++)
		found |=
		    strstr(problems.items[i].text, mistakes[_i].text) != NULL;
	ck_assert_msg(found, "wanted: %s\n   got: %s", mistakes[_i].text,
		      problems.items[0].text);
}
END_TEST

START_TEST(there_is_a_bound_on_forwards)
{
	for (int n = PLAN_FORWARDS_MAX; n <= PLAN_FORWARDS_MAX + 1; n++) {
		char *list = xstrdup("'forward_ports':[{'guest':1}");
		struct plan *plan;

		for (int i = 1; i < n; i++) {
			char *longer = xasprintf("%s,{'guest':1}", list);

			free(list);
			list = longer;
		}
		list = xrealloc(list, strlen(list) + 2, 1);
		strcat(list, "]");
		plan = plan_of(list, "");
		ck_assert_int_eq(plan != NULL, n == PLAN_FORWARDS_MAX);
		plan_free(plan);
		free(list);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_node_has_no_eth0_unless_it_needs_one, 0 },
		{ a_forward_is_at_a_port_or_a_socket, 0 },
		{ interfaces_are_what_qemu_calls_them, 0 },
		{ a_start_command_is_a_script_or_shell_text, 0 },
		{ a_mistake_is_told, UNIT_ROWS(mistakes) },
		{ there_is_a_bound_on_forwards, 0 },
		{ NULL, 0 },
	};

	return unit_run("plan_ways", tests, setup, teardown);
}
