#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;
static char *dir; /* holds test files and what they name */

/* Each member is defined on the line that tells its depth. */
static int
depth_of(const char *path, const char **file, void *arg)
{
	int depth = *path != '\0';

	(void)file;
	(void)arg;
	for (; *path != '\0'; path++)
		depth += *path == '\n';
	return depth;
}

/* @text: JSON with ' for ". */
static struct plan *
plan_from(const char *text)
{
	char *json = xstrdup(text);
	char *file = xasprintf("%s/test.lua", dir);
	struct plan *plan;
	json_error_t why;
	json_t *value;

	for (char *p = json; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	value = json_loads(json, JSON_ALLOW_NUL, &why);
	ck_assert_msg(value != NULL, "%s in %s", why.text, json);
	plan = plan_new(file, value, depth_of, NULL, &problems);
	json_decref(value);
	free(file);
	free(json);
	return plan;
}

/* A plan of one node that has @members. */
static struct plan *
plan_with(const char *members)
{
	char *text = xasprintf("{'name':'t','nodes':{'a':{%s}}}", members);
	struct plan *plan = plan_from(text);

	free(text);
	return plan;
}

static void
setup(void)
{
	char template[] = "/tmp/test_plan.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(template));
	dir = realpath(template, NULL);
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

static void
write_file(const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs("x", f);
	fclose(f);
	free(path);
}

START_TEST(a_node_has_defaults)
{
	struct plan *plan = plan_with("");
	const struct plan_node *node = &plan->nodes[0];

	ck_assert_str_eq(plan->name, "t");
	ck_assert_uint_eq(plan->timeout_ms, 3600 * 1000);
	ck_assert_uint_eq(plan->n_nodes, 1);
	ck_assert_uint_eq(node->n_nics, 1);
	ck_assert_uint_eq(node->nics[0].vlan, 1);
	ck_assert_uint_eq(node->memory_mib, 256);
	ck_assert_uint_eq(node->cpus, 1);
	ck_assert_int_eq(node->shell, PLAN_SHELL_VIRTIO);
	ck_assert_int_eq(node->init, PLAN_INIT_BUSYBOX);
	ck_assert_int_eq(node->net, PLAN_NET_AUTO);
	ck_assert_int_eq(node->display, PLAN_DISPLAY_NONE);
	ck_assert_str_eq(node->keyboard, "us");
	ck_assert_ptr_null(node->kernel);
	ck_assert_ptr_null(node->machine_type);
	ck_assert_int_eq(node->arch, PLAN_ARCH_X86_64);
	ck_assert_ptr_null(node->setup);
	ck_assert_uint_eq(
	    node->n_packages + node->n_files + node->n_qemu_options, 0);
	plan_free(plan);
}
END_TEST

START_TEST(every_key_reaches_the_plan)
{
	struct plan *plan = plan_from(
	    "{'name':'t','timeout':1.5,'nodes':{'a':{'vlans':[7],'memory':512,"
	    "'cpus':2,'packages':['vim','nftables','vim'],"
	    "'kernel_params':'quiet','qemu_options':['-device','pvpanic'],"
	    "'machine_type':'pc-q35-7.2','shell':'tcp','init':'systemd',"
	    "'setup':'true','display':'virtio','keyboard':'fr'}}}");
	const struct plan_node *node = &plan->nodes[0];

	ck_assert_uint_eq(plan->timeout_ms, 1500);
	ck_assert_uint_eq(plan->n_vlans, 1);
	ck_assert_uint_eq(plan->vlans[0], 7);
	ck_assert_uint_eq(node->memory_mib, 512);
	ck_assert_uint_eq(node->cpus, 2);
	ck_assert_uint_eq(node->n_packages, 2);
	ck_assert_str_eq(node->packages[0], "nftables");
	ck_assert_str_eq(node->packages[1], "vim");
	ck_assert_str_eq(node->kernel_params, "quiet");
	ck_assert_uint_eq(node->n_qemu_options, 2);
	ck_assert_str_eq(node->qemu_options[1], "pvpanic");
	ck_assert_str_eq(node->machine_type, "pc-q35-7.2");
	ck_assert_int_eq(node->shell, PLAN_SHELL_TCP);
	ck_assert_int_eq(node->init, PLAN_INIT_SYSTEMD);
	ck_assert_int_eq(node->display, PLAN_DISPLAY_VIRTIO);
	ck_assert_str_eq(node->keyboard, "fr");
	ck_assert_str_eq(node->setup, "true");
	plan_free(plan);
}
END_TEST

START_TEST(a_sole_machine_is_a_node_of_that_name)
{
	struct plan *plan = plan_from("{'name':'t','machine':{'cpus':3}}");

	ck_assert_uint_eq(plan->n_nodes, 1);
	ck_assert_str_eq(plan->nodes[0].name, "machine");
	ck_assert_uint_eq(plan->nodes[0].cpus, 3);
	plan_free(plan);
}
END_TEST

START_TEST(nodes_are_numbered_in_alphabetical_order)
{
	struct plan *plan = plan_from("{'name':'t','nodes':{'server':{'vlans':"
				      "[2]},'client':{},'router':{'vlans':[2,"
				      "1]}}}");
	static const struct {
		const char *name, *mac, *ipv4, *ipv6;
	} want[] = {
		{ "client", "52:54:00:12:01:01", "192.168.1.1",
		  "2001:db8:1::1" },
		{ "router", "52:54:00:12:02:02", "192.168.2.2",
		  "2001:db8:2::2" },
		{ "server", "52:54:00:12:02:03", "192.168.2.3",
		  "2001:db8:2::3" },
	};
	char mac[MAC_TEXT_SIZE];

	for (size_t i = 0; i < 3; i++) {
		const struct plan_node *node = &plan->nodes[i];

		ck_assert_str_eq(node->name, want[i].name);
		ck_assert_uint_eq(node->number, i + 1);
		ck_assert_str_eq(mac_format(&node->nics[0].mac, mac),
				 want[i].mac);
		ck_assert_str_eq(node->nics[0].ipv4, want[i].ipv4);
		ck_assert_str_eq(node->nics[0].ipv6, want[i].ipv6);
	}
	ck_assert_str_eq(plan->nodes[1].nics[1].ifname, "eth2");
	ck_assert_str_eq(plan->nodes[1].nics[1].port, "router.eth2");
	ck_assert_str_eq(plan->nodes[1].nics[1].ipv4, "192.168.1.2");
	ck_assert_uint_eq(plan->n_vlans, 2);
	ck_assert_uint_eq(plan->vlans[0], 1);
	ck_assert_uint_eq(plan->vlans[1], 2);
	plan_free(plan);
}
END_TEST

START_TEST(two_interfaces_on_one_segment_differ_and_one_has_addresses)
{
	struct plan *plan = plan_with("'vlans':[254,3,254,254]");
	const struct plan_nic *nics = plan->nodes[0].nics;
	static const char *const macs[] = {
		"52:54:00:12:fe:01",
		"52:54:00:12:03:01",
		"52:54:01:12:fe:01",
		"52:54:02:12:fe:01",
	};
	char mac[MAC_TEXT_SIZE];

	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(mac_format(&nics[i].mac, mac), macs[i]);
	ck_assert_str_eq(nics[0].ipv4, "192.168.254.1");
	ck_assert_str_eq(nics[0].ipv6, "2001:db8:254::1");
	ck_assert_str_eq(nics[1].ipv4, "192.168.3.1");
	ck_assert_str_eq(nics[2].ipv4, "");
	ck_assert_str_eq(nics[2].ipv6, "");
	ck_assert_str_eq(nics[3].ipv4, "");
	ck_assert_uint_eq(plan->n_vlans, 2);
	plan_free(plan);
}
END_TEST

START_TEST(a_node_may_have_no_interface)
{
	struct plan *plan = plan_with("'vlans':{}"); /* {} of Lua */

	ck_assert_uint_eq(plan->nodes[0].n_nics, 0);
	ck_assert_uint_eq(plan->n_vlans, 0);
	plan_free(plan);
}
END_TEST

START_TEST(names_tell_whose_an_address_is)
{
	struct plan *plan = plan_from(
	    "{'name':'t','nodes':{'a':{'vlans':[7]},'b':{'vlans':[7,7]}}}");
	json_t *names = plan_names(plan);
	json_t *want = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
				 "52:54:00:12:07:01", "a.eth1", "192.168.7.1",
				 "a", "2001:db8:7::1", "a", "52:54:00:12:07:02",
				 "b.eth1", "192.168.7.2", "b", "2001:db8:7::2",
				 "b", "52:54:01:12:07:02", "b.eth2");

	ck_assert(json_equal(names, want));
	json_decref(want);
	json_decref(names);
	plan_free(plan);
}
END_TEST

/* Both sides of every limit: the text is a node's, the result a plan or not. */
static const struct {
	const char *members;
	bool good;
} limits[] = {
	{ "'vlans':[1]", true },
	{ "'vlans':[0]", false },
	{ "'vlans':[254]", true },
	{ "'vlans':[255]", false },
	{ "'vlans':[-1]", false },
	{ "'vlans':[1,1,1,1,1,1,1,1]", true },
	{ "'vlans':[1,1,1,1,1,1,1,1,1]", false },
	{ "'memory':63", false },
	{ "'memory':64", true },
	{ "'memory':1048576", true },
	{ "'memory':1048577", false },
	{ "'cpus':0", false },
	{ "'cpus':1", true },
	{ "'cpus':64", true },
	{ "'cpus':65", false },
	{ "'packages':['a']", false },
	{ "'packages':['0a']", true },
	{ "'packages':['g++-12.x']", true },
	{ "'packages':['-x']", false },
	{ "'packages':['Vim']", false },
	{ "'files':{'/a':'x'}", true },
	{ "'files':{'a':'x'}", false },
	{ "'files':{'/':'x'}", false },
	{ "'files':{'/a/':'x'}", false },
	{ "'files':{'/a//b':'x'}", false },
	{ "'files':{'/a/../b':'x'}", false },
	{ "'files':{'/a/..b/.c':'x'}", true },
	{ "'files':{'/a/.':'x'}", false },
};

START_TEST(limits_hold_on_both_sides)
{
	struct plan *plan = plan_with(limits[_i].members);

	ck_assert_msg((plan != NULL) == limits[_i].good, "%s",
		      limits[_i].members);
	ck_assert_uint_eq(problems.n, limits[_i].good ? 0 : 1);
	plan_free(plan);
}
END_TEST

static const struct {
	const char *name;
	bool good;
} names[] = {
	{ "a", true },
	{ "a-1", true },
	{ "", false },
	{ "1a", false },
	{ "-a", false },
	{ "a-", false },
	{ "A", false },
	{ "a_b", false },
	{ "a.b", false },
	{ "localhost", false },
	{ "vlan1", false },
	{ "vlan", true },
	{ "vlan1a", true },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  false },
};

START_TEST(a_node_is_named_as_a_host)
{
	char *text =
	    xasprintf("{'name':'t','nodes':{'%s':{}}}", names[_i].name);
	struct plan *plan = plan_from(text);

	ck_assert_msg((plan != NULL) == names[_i].good, "%s", names[_i].name);
	plan_free(plan);
	free(text);
}
END_TEST

START_TEST(there_are_at_most_254_nodes)
{
	for (int n = 254; n <= 255; n++) {
		char *text = xstrdup("{'name':'t','nodes':{");
		struct plan *plan;
		char *whole;

		for (int i = 0; i < n; i++) {
			char *more = xasprintf("%s%s'n%d':{}", text,
					       i > 0 ? "," : "", i);

			free(text);
			text = more;
		}
		whole = xasprintf("%s}}", text);
		plan = plan_from(whole);
		free(whole);
		free(text);
		ck_assert_int_eq(plan != NULL, n == 254);
		if (plan != NULL)
			ck_assert_uint_eq(plan->nodes[253].number, 254);
		plan_free(plan);
	}
}
END_TEST

/* One mistake each, with the line (the member's depth) and the text. */
static const struct {
	const char *json;
	int line;
	const char *text;
} mistakes[] = {
	{ "{'nodes':{'a':{}}}", 0, "the test has no name: add `name`" },
	{ "{'name':'t'}", 0,
	  "the test has no nodes: add `nodes`, or `machine` for a single one" },
	{ "{'name':'t','nodes':{'a':{}},'machine':{}}", 0,
	  "`nodes` and `machine` exclude each other: make the machine a node" },
	{ "{'name':'t','nodes':{}}", 1,
	  "nodes: a test needs at least one node" },
	{ "{'name':'t','nodes':[{}]}", 1,
	  "nodes: must be a table of nodes by name, as in { client = {} }, not "
	  "a list without names" },
	{ "{'name':'a b','machine':{}}", 1,
	  "name: a test's name has letters, digits, '.', '_' and '-', a letter "
	  "or digit first" },
	{ "{'name':'.a','machine':{}}", 1,
	  "name: a test's name has letters, digits, '.', '_' and '-', a letter "
	  "or digit first" },
	{ "{'name':7,'machine':{}}", 1,
	  "name: must be a string, not a number" },
	{ "{'name':'t','timeout':0.5,'machine':{}}", 1,
	  "timeout: must be a number of seconds, from 1 to 604800" },
	{ "{'name':'t','timeout':604801,'machine':{}}", 1,
	  "timeout: must be a number of seconds, from 1 to 604800" },
	{ "{'name':'t','test_script':'x','machine':{}}", 1,
	  "test_script: must be a function" },
	{ "{'name':'t','node':{},'machine':{}}", 1,
	  "node: unknown key (did you mean 'nodes'?)" },
	{ "{'name':'t','machine':{'memmory':1}}", 2,
	  "machine.memmory: unknown key (did you mean 'memory'?)" },
	{ "{'name':'t','machine':{'colour':1}}", 2,
	  "machine.colour: unknown key; known are vlans, memory, cpus, ..." },
	{ "{'name':'t','nodes':{'a_b':{}}}", 2,
	  "nodes.a_b: a node's name is a host's name: small letters, digits "
	  "and '-', a letter first (scripts write '_' for '-')" },
	{ "{'name':'t','nodes':{'a':7}}", 2,
	  "nodes.a: must be a table of what the node has, not a number" },
	{ "{'name':'t','nodes':{'a':{'vlans':1}}}", 3,
	  "nodes.a.vlans: must be a list of segment numbers, as in { 1, 2 }, "
	  "not a number" },
	{ "{'name':'t','nodes':{'a':{'vlans':[1,'x']}}}", 4,
	  "nodes.a.vlans[2]: must be a number, not a string" },
	{ "{'name':'t','nodes':{'a':{'vlans':[1.5]}}}", 4,
	  "nodes.a.vlans[1]: must be a whole number, not 1.5" },
	{ "{'name':'t','nodes':{'a':{'vlans':[0]}}}", 4,
	  "nodes.a.vlans[1]: must be a number from 1 to 254, not 0" },
	{ "{'name':'t','nodes':{'a':{'shell':'ssh'}}}", 3,
	  "nodes.a.shell: must be \"virtio\", \"tcp\" or \"vsock\", not "
	  "\"ssh\"" },
	{ "{'name':'t','nodes':{'a':{'display':'vga'}}}", 3,
	  "nodes.a.display: must be true, false, \"std\" or \"virtio\"" },
	{ "{'name':'t','nodes':{'a':{'display':1}}}", 3,
	  "nodes.a.display: must be true, false, \"std\" or \"virtio\"" },
	{ "{'name':'t','nodes':{'a':{'keyboard':'dvorak'}}}", 3,
	  "nodes.a.keyboard: \"dvorak\" is no layout of keyboards: us, uk, de, "
	  "fr" },
	{ "{'name':'t','nodes':{'a':{'init':'sysvinit'}}}", 3,
	  "nodes.a.init: must be \"busybox\" or \"systemd\", not "
	  "\"sysvinit\"" },
	{ "{'name':'t','nodes':{'a':{'arch':'riscv64'}}}", 3,
	  "nodes.a.arch: must be \"x86_64\" or \"aarch64\", not \"riscv64\"" },
	{ "{'name':'t','nodes':{'a':{'machine_type':'q35,x=y'}}}", 3,
	  "nodes.a.machine_type: 'q35,x=y' is no type of machine (list them: "
	  "qemu-system-x86_64 -machine help)" },
	{ "{'name':'t','nodes':{'a':{'kernel_params':'a\\nb'}}}", 3,
	  "nodes.a.kernel_params: a kernel's command line is one line" },
	{ "{'name':'t','nodes':{'a':{'setup':'a\\u0000b'}}}", 3,
	  "nodes.a.setup: must not contain a NUL byte" },
	{ "{'name':'t','nodes':{'a':{'qemu_options':['-s',true]}}}", 4,
	  "nodes.a.qemu_options[2]: must be a string, not a boolean" },
	{ "{'name':'t','nodes':{'a':{'kernel':''}}}", 3,
	  "nodes.a.kernel: must be the path of a file, not empty" },
	{ "{'name':'t','nodes':{'a':{'files':['x']}}}", 3,
	  "nodes.a.files: must be a table of guest paths, as in { [\"/etc/x\"] "
	  "= ... }, not a list without names" },
	{ "{'name':'t','nodes':{'a':{'files':{'/x':{'txt':'y'}}}}}", 5,
	  "nodes.a.files[\"/x\"].txt: unknown key (did you mean 'text'?)" },
	{ "{'name':'t','nodes':{'a':{'files':{'/x':7}}}}", 4,
	  "nodes.a.files[\"/x\"]: must be a string, not a number" },
};

/* @want may end with "...": then only what is before. */
static bool
is_said(const char *text, const char *want)
{
	size_t len = strlen(want);

	if (len >= 3 && strcmp(want + len - 3, "...") == 0)
		return strncmp(text, want, len - 3) == 0;
	return strcmp(text, want) == 0;
}

START_TEST(a_mistake_is_told_with_its_line)
{
	bool found = false;

	ck_assert_ptr_null(plan_from(mistakes[_i].json));
	for (size_t i = 0; i < problems.n; i++)
		if (is_said(problems.items[i].text, mistakes[_i].text) &&
		    problems.items[i].line == mistakes[_i].line)
			found = true;
	ck_assert_msg(found, "wanted %d: %s\n   got %d: %s", mistakes[_i].line,
		      mistakes[_i].text, problems.items[0].line,
		      problems.items[0].text);
}
END_TEST

START_TEST(all_mistakes_are_told_in_order)
{
	static const char *const want[] = {
		"the test has no name: add `name`",
		"tiemout: unknown key (did you mean 'timeout'?)",
		"nodes.a.cpus: must be a number, not a string",
		"nodes.b.memory: must be a number from 64 to 1048576, not 1",
		"nodes.b.vlans[1]: must be a number from 1 to 254, not 0",
		"nodes.b.vlans[3]: must be a number from 1 to 254, not 300",
	};

	ck_assert_ptr_null(
	    plan_from("{'nodes':{'b':{'vlans':[0,1,300],'memory':1},"
		      "'a':{'cpus':'x'}},'tiemout':1}"));
	ck_assert_uint_eq(problems.n, 6);
	for (size_t i = 0; i < problems.n; i++)
		ck_assert_str_eq(problems.items[i].text, want[i]);
}
END_TEST

START_TEST(an_initrd_needs_a_kernel)
{
	write_file("i");
	ck_assert_ptr_null(plan_with("'initrd':'i'"));
	ck_assert_uint_eq(problems.n, 1);
	ck_assert_str_eq(problems.items[0].text,
			 "nodes.a: an initrd needs a kernel that loads it: "
			 "give `kernel` too");
}
END_TEST

START_TEST(what_is_not_our_image_has_its_own_init)
{
	write_file("d");
	ck_assert_ptr_null(plan_with("'disk':'d','init':'busybox'"));
	ck_assert_uint_eq(problems.n, 1);
	ck_assert_str_eq(problems.items[0].text,
			 "nodes.a: `init` is what the image boots: a node that "
			 "boots something of its own has its own");
}
END_TEST

/* Members of a node, d a file that is there. */
static const struct {
	const char *members;
	enum plan_display display;
} displays[] = {
	{ "", PLAN_DISPLAY_NONE },
	{ "'display':false", PLAN_DISPLAY_NONE },
	{ "'display':true", PLAN_DISPLAY_STD },
	{ "'display':'std'", PLAN_DISPLAY_STD },
	{ "'display':'virtio'", PLAN_DISPLAY_VIRTIO },
	{ "'kernel':'d'", PLAN_DISPLAY_NONE },
	{ "'disk':'d'", PLAN_DISPLAY_STD },
	{ "'disk':'d','display':false", PLAN_DISPLAY_NONE },
	{ "'disk':'d','kernel':'d'", PLAN_DISPLAY_NONE },
	{ "'cdrom':'d','image':false", PLAN_DISPLAY_STD },
};

START_TEST(what_boots_a_disk_has_a_display)
{
	struct plan *plan;

	write_file("d");
	plan = plan_with(displays[_i].members);
	ck_assert_ptr_nonnull(plan);
	ck_assert_int_eq(plan->nodes[0].display, displays[_i].display);
	plan_free(plan);
}
END_TEST

START_TEST(host_paths_are_relative_to_the_test_file)
{
	struct plan *plan;
	char *want = xasprintf("%s/k", dir);
	char *members =
	    xasprintf("'kernel':'k','disk':'%s','initrd':'./k'", want);

	write_file("k");
	plan = plan_with(members);
	ck_assert_ptr_nonnull(plan);
	ck_assert_str_eq(plan->nodes[0].kernel, want);
	ck_assert_str_eq(plan->nodes[0].initrd, want);
	ck_assert_str_eq(plan->nodes[0].disk->layers[0].path, want);
	plan_free(plan);
	free(members);
	free(want);
}
END_TEST

START_TEST(files_are_host_paths_or_texts)
{
	static const struct {
		const char *guest;
		bool is_path;
		const char *text;
	} want[] = {
		{ "/1", false, "hello" },     { "/2", true, NULL },
		{ "/3", true, NULL },	      { "/4", false, "k" },
		{ "/5", false, "./k is it" }, { "/6", false, "" },
		{ "/7", false, ".k" },
	};
	char *host = xasprintf("%s/k", dir);
	char *members = xasprintf("'files':{'/1':'hello','/2':'./k','/3':'%s',"
				  "'/4':'k','/5':{'text':'./k is it'},"
				  "'/6':'','/7':'.k'}",
				  host);
	struct plan *plan;

	write_file("k");
	plan = plan_with(members);
	ck_assert_ptr_nonnull(plan);
	ck_assert_uint_eq(plan->nodes[0].n_files, UNIT_ROWS(want));
	for (size_t i = 0; i < UNIT_ROWS(want); i++) {
		const struct plan_file *file = &plan->nodes[0].files[i];

		ck_assert_str_eq(file->guest_path, want[i].guest);
		if (want[i].is_path) {
			ck_assert_str_eq(file->host_path, host);
			ck_assert_ptr_null(file->text);
		} else {
			ck_assert_str_eq(file->text, want[i].text);
			ck_assert_ptr_null(file->host_path);
		}
	}
	plan_free(plan);
	free(members);
	free(host);
}
END_TEST

START_TEST(a_missing_file_and_a_directory_are_mistakes)
{
	char *missing = xasprintf("nodes.a.kernel: cannot use '%s/none': No "
				  "such file or directory",
				  dir);
	char *is_dir = xasprintf("nodes.a.disk: cannot use '%s/.': it is a "
				 "directory; name a file",
				 dir);

	ck_assert_ptr_null(plan_with("'kernel':'none','disk':'.'"));
	ck_assert_uint_eq(problems.n, 2);
	ck_assert_str_eq(problems.items[0].text, is_dir);
	ck_assert_str_eq(problems.items[1].text, missing);
	free(missing);
	free(is_dir);
}
END_TEST

START_TEST(a_node_is_found_by_both_its_names)
{
	struct plan *plan =
	    plan_from("{'name':'t','nodes':{'a':{},'my-node':{}}}");
	char *script_name = plan_script_name("my-node-2");

	ck_assert_ptr_eq(plan_find_node(plan, "my-node"), &plan->nodes[1]);
	ck_assert_ptr_eq(plan_find_node(plan, "my_node"), &plan->nodes[1]);
	ck_assert_ptr_null(plan_find_node(plan, "my"));
	ck_assert_str_eq(script_name, "my_node_2");
	free(script_name);
	plan_free(plan);
}
END_TEST

START_TEST(problems_are_sorted_and_told_once)
{
	plan_problems_add(&problems, "b", 1, "x");
	plan_problems_add(&problems, "a", 10, "x");
	plan_problems_add(&problems, "a", 9, "%s", "y");
	plan_problems_add(&problems, "a", 10, "x");
	plan_problems_add(&problems, "a", 10, "w");
	plan_problems_sort(&problems);
	ck_assert_uint_eq(problems.n, 4);
	ck_assert_int_eq(problems.items[0].line, 9);
	ck_assert_str_eq(problems.items[1].text, "w");
	ck_assert_str_eq(problems.items[2].text, "x");
	ck_assert_str_eq(problems.items[3].file, "b");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_node_has_defaults, 0 },
		{ every_key_reaches_the_plan, 0 },
		{ a_sole_machine_is_a_node_of_that_name, 0 },
		{ nodes_are_numbered_in_alphabetical_order, 0 },
		{ two_interfaces_on_one_segment_differ_and_one_has_addresses,
		  0 },
		{ a_node_may_have_no_interface, 0 },
		{ names_tell_whose_an_address_is, 0 },
		{ limits_hold_on_both_sides, UNIT_ROWS(limits) },
		{ a_node_is_named_as_a_host, UNIT_ROWS(names) },
		{ there_are_at_most_254_nodes, 0 },
		{ a_mistake_is_told_with_its_line, UNIT_ROWS(mistakes) },
		{ all_mistakes_are_told_in_order, 0 },
		{ an_initrd_needs_a_kernel, 0 },
		{ what_is_not_our_image_has_its_own_init, 0 },
		{ what_boots_a_disk_has_a_display, UNIT_ROWS(displays) },
		{ host_paths_are_relative_to_the_test_file, 0 },
		{ files_are_host_paths_or_texts, 0 },
		{ a_missing_file_and_a_directory_are_mistakes, 0 },
		{ a_node_is_found_by_both_its_names, 0 },
		{ problems_are_sorted_and_told_once, 0 },
		{ NULL, 0 },
	};

	return unit_run("plan", tests, setup, teardown);
}
