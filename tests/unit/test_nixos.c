#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/nixos.h"
#include "driver/lab/plan.h"
#include "driver/lab/start-nics.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;
static char *dir;

static void
set_up(void)
{
	char template[] = "/tmp/vdelab-nixos.XXXXXX";

	dir = xstrdup(mkdtemp(template));
}

static void
tear_down(void)
{
	char *command = xasprintf("rm -rf '%s'", dir);

	ck_assert_int_eq(system(command), 0);
	free(command);
	free(dir);
	plan_problems_fini(&problems);
}

static void
put(const char *name, mode_t mode, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
	free(path);
}

/* @json: with ' for ", as the file @name. */
static struct nixos *
read_as(const char *name, const char *json)
{
	char *path = xasprintf("%s/%s", dir, name);
	char *text = xstrdup(json);
	struct nixos *nixos;

	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	nixos = nixos_read(path, text, strlen(text), &problems);
	free(text);
	free(path);
	return nixos;
}

static struct nixos *
read_good(const char *json)
{
	struct nixos *nixos = read_as("t.json", json);

	ck_assert_msg(nixos != NULL, "%s",
		      problems.n > 0 ? problems.items[0].text : "no problem");
	return nixos;
}

/* Exactly one problem, which has @text. */
static void
expect_problem(const char *json, const char *text)
{
	struct nixos *nixos = read_as("t.json", json);

	ck_assert_ptr_null(nixos);
	ck_assert_msg(problems.n == 1, "%s: %zu problems", json, problems.n);
	ck_assert_msg(strstr(problems.items[0].text, text) != NULL,
		      "'%s' is not in '%s'", text, problems.items[0].text);
	plan_problems_fini(&problems);
	problems = (struct plan_problems){ .n = 0 };
}

#define SCRIPT "'test_script': 'start_all()'"

START_TEST(machines_have_the_cards_that_their_scripts_tell)
{
	const struct plan *plan;
	struct nixos *nixos;
	const struct plan_node *router;

	put("run-client-vm", 0755,
	    "#!/bin/sh\nexec qemu -m 1024 \\\n"
	    "  -device virtio-net-pci,netdev=vlan1,mac=52:54:00:12:01:01 \\\n"
	    "  -netdev vde,id=vlan1,sock=\"$QEMU_VDE_SOCKET_1\" \"$@\"\n");
	put("run-router-vm", 0755,
	    "exec qemu "
	    "-device virtio-net-pci,netdev=vlan1,mac=52:54:00:12:02:02 "
	    "-netdev vde,id=vlan1,sock=\"$QEMU_VDE_SOCKET_2\" "
	    "-device virtio-net-pci,netdev=vlan2,mac=52:54:00:12:01:02 "
	    "-netdev vde,id=vlan2,sock=\"$QEMU_VDE_SOCKET_1\" \"$@\"\n");
	nixos =
	    read_good("{'vms': {'router': {'name': 'router', 'start_script': "
		      "'./run-router-vm'}, 'client': {'name': 'client', "
		      "'start_script': 'run-client-vm'}}, 'containers': {}, "
		      "'vlans': [3, 1, 2, 1], 'global_timeout': 90, "
		      "'enable_ssh_backdoor': false, " SCRIPT "}");
	plan = nixos->plan;
	ck_assert_str_eq(plan->name, "t");
	ck_assert_uint_eq(plan->timeout_ms, 90 * 1000);
	ck_assert_uint_eq(plan->n_vlans, 3);
	ck_assert_uint_eq(plan->vlans[0], 1);
	ck_assert_uint_eq(plan->vlans[2], 3);
	ck_assert_uint_eq(plan->n_nodes, 2);
	ck_assert_str_eq(plan->nodes[0].name, "client");
	ck_assert_uint_eq(plan->nodes[0].n_nics, 1);
	ck_assert_uint_eq(plan->nodes[0].memory_mib, 1024);
	ck_assert_uint_eq(plan->nodes[1].memory_mib, 256);
	ck_assert_str_eq(plan->nodes[0].nics[0].port, "client.eth1");
	ck_assert_str_eq(plan->nodes[0].nics[0].ipv4, "192.168.1.1");
	ck_assert_uint_eq(plan->nodes[0].n_told_vlans, 2);
	ck_assert_uint_eq(plan->nodes[0].told_vlans[0], 2);
	ck_assert_int_eq(plan->nodes[0].display, PLAN_DISPLAY_STD);
	router = &plan->nodes[1];
	ck_assert_uint_eq(router->n_nics, 2);
	ck_assert_uint_eq(router->nics[0].vlan, 2); /* not the id's number */
	ck_assert_str_eq(router->nics[0].netdev, "vlan1");
	ck_assert_str_eq(router->nics[0].ipv6, "2001:db8:2::2");
	ck_assert_uint_eq(router->nics[1].vlan, 1);
	ck_assert_str_eq(nixos->script, "start_all()");
	ck_assert_uint_eq(nixos->script_size, 11);
	ck_assert_ptr_nonnull(
	    strstr(nixos->script_path, "/t.json:test_script"));
	ck_assert(!nixos->wants_ssh_backdoor);
	nixos_free(nixos);
}
END_TEST

START_TEST(a_script_in_a_file_is_found_beside_the_description)
{
	struct nixos *nixos;
	char *expected = xasprintf("%s/test.py", dir);

	put("run a'b", 0755, "");
	put("test.py", 0644, "start_all()\n");
	nixos = read_good("{'vms': {'a': {'start_script': 'run a\\u0027b'}}, "
			  "'test_script': 'test.py', "
			  "'enable_ssh_backdoor': true, 'new': {}}");
	ck_assert_str_eq(nixos->script_path, expected);
	ck_assert_str_eq(nixos->script, "start_all()\n");
	ck_assert(nixos->wants_ssh_backdoor);
	ck_assert_uint_eq(nixos->plan->timeout_ms, 3600 * 1000);
	ck_assert_ptr_nonnull(
	    strstr(nixos->plan->nodes[0].start_command, "/run a'\\''b'"));
	ck_assert_uint_eq(nixos->plan->nodes[0].n_nics, 0);
	nixos_free(nixos);
	free(expected);
}
END_TEST

START_TEST(names_of_nix_become_ports)
{
	struct nixos *nixos;
	const struct plan *plan;

	put("run", 0755, "-netdev vde,id=a,sock=$QEMU_VDE_SOCKET_1");
	nixos = read_good("{'vms': {'Web': {'start_script': 'run'}, "
			  "'web': {'start_script': 'run'}, "
			  "'_x': {'start_script': 'run'}, "
			  "'dbOne': {'start_script': 'run'}}, " SCRIPT "}");
	plan = nixos->plan;
	ck_assert_str_eq(plan->nodes[0].name, "Web");
	ck_assert_str_eq(plan->nodes[0].nics[0].port, "web.1.eth1");
	ck_assert_str_eq(plan->nodes[1].nics[0].port, "xx.eth1");
	ck_assert_str_eq(plan->nodes[2].nics[0].port, "dbone.eth1");
	ck_assert_str_eq(plan->nodes[3].nics[0].port, "web.eth1");
	/* without an address of its own, that of its number */
	ck_assert_uint_eq(plan->nodes[3].nics[0].mac.b[5], 4);
	nixos_free(nixos);
}
END_TEST

START_TEST(the_name_is_that_of_the_file_or_of_its_directory)
{
	static const struct {
		const char *file, *member, *name;
	} cases[] = {
		{ "nat.json", "", "nat" },
		{ "driverConfiguration.json", "", NULL }, /* the directory's */
		{ "abc-driverConfiguration.json", "",
		  "abc-driverConfiguration" },
		{ "a b+c.json", "", "a-b-c" },
		{ "nat", "", "nat" },
		{ "x.json", "'name': 'fire.wall-2',", "fire.wall-2" },
	};

	put("run", 0755, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *json = xasprintf("{%s 'vms': {'a': {'start_script': "
				       "'run'}}, " SCRIPT "}",
				       cases[i].member);
		struct nixos *nixos;

		put(cases[i].file, 0644, "");
		nixos = read_as(cases[i].file, json);
		ck_assert_ptr_nonnull(nixos);
		ck_assert_str_eq(nixos->plan->name,
				 cases[i].name != NULL ? cases[i].name
						       : strrchr(dir, '/') + 1);
		nixos_free(nixos);
		free(json);
	}
}
END_TEST

START_TEST(what_cannot_be_run_is_refused_with_its_member)
{
	put("run", 0755, "");
	put("plain", 0644, "");
	put("twice", 0755,
	    "-device e,netdev=a,mac=52:54:00:12:01:01 "
	    "-netdev vde,id=a,sock=$QEMU_VDE_SOCKET_1 "
	    "-device e,netdev=b,mac=52:54:00:12:01:01 "
	    "-netdev vde,id=b,sock=$QEMU_VDE_SOCKET_1");
	put("one", 0755,
	    "-nic vde,sock=$QEMU_VDE_SOCKET_1,mac=52:54:00:12:01:09");
#define VM(members) "{'vms': {'a': {" members "}}, " SCRIPT "}"
	expect_problem("{", "no JSON: ");
	expect_problem("[]", "no object");
	expect_problem("{'vms': {}, " SCRIPT "}", "at least one machine");
	expect_problem("{" SCRIPT "}", "it has no vms");
	expect_problem("{'vms': {'a': {'start_script': 'run'}}}",
		       "no test_script");
	expect_problem("{'vms': {'a': {'start_script': 'run'}}, "
		       "'test_script': 'missing.py'}",
		       "test_script: cannot use '");
	expect_problem(VM(""), "vms.a: it has no start_script");
	expect_problem(VM("'start_script': 'plain'"),
		       "vms.a.start_script: cannot start '");
	expect_problem(VM("'start_script': 'missing'"),
		       "vms.a.start_script: cannot start '");
	expect_problem(VM("'start_script': 7"),
		       "vms.a.start_script: must be a string");
	expect_problem(VM("'start_script': null"), "not null");
	expect_problem(VM("'start_script': 'twice'"),
		       "cards a.eth1 and a.eth2 on vlan1 have the same MAC "
		       "address, 52:54:00:12:01:01");
	expect_problem("{'vms': {'a': {'start_script': 'one'}, 'b': "
		       "{'start_script': 'one'}}, " SCRIPT "}",
		       "cards a.eth1 and b.eth1 on vlan1");
	expect_problem(VM("'name': 'a b', 'start_script': 'run'"),
		       "vms.a: 'a b' is no name of a machine");
	expect_problem(VM("'name': 'vlan1', 'start_script': 'run'"),
		       "scripts call a segment so");
	expect_problem("{'vms': {'a-b': {'start_script': 'run'}, 'a_b': "
		       "{'start_script': 'run'}}, " SCRIPT "}",
		       "scripts call it a_b, as they do 'a-b'");
	expect_problem("{'containers': {'c': {}}, 'vms': {'a': "
		       "{'start_script': 'run'}}, " SCRIPT "}",
		       "containers.c: containers are refused");
	expect_problem("{'vlans': [1, 0], 'vms': {'a': {'start_script': "
		       "'run'}}, " SCRIPT "}",
		       "vlans[2]: must be a number from 1 to 254");
	expect_problem("{'vlans': [255], 'vms': {'a': {'start_script': "
		       "'run'}}, " SCRIPT "}",
		       "vlans[1]: must be a number from 1 to 254");
	expect_problem("{'global_timeout': 0, 'vms': {'a': {'start_script': "
		       "'run'}}, " SCRIPT "}",
		       "global_timeout: must be a number of seconds");
}
END_TEST

START_TEST(a_description_is_told_from_lua)
{
	ck_assert(nixos_is(" \n\t{", 4));
	ck_assert(!nixos_is("return {", 8));
	ck_assert(!nixos_is(" ", 1));
	ck_assert(!nixos_is("", 0));
}
END_TEST

/* ---- start scripts ---- */

static struct start_nic nics[4];

static size_t
find(const char *text)
{
	memset(nics, 0, sizeof(nics));
	return start_nics_find(text, strlen(text), nics, 4);
}

START_TEST(cards_are_found_however_they_are_quoted)
{
	static const struct {
		const char *text, *netdev;
		unsigned vlan;
		uint8_t last; /* octet of its MAC address */
	} cases[] = {
		{ "-netdev vde,id=v,sock=\"$QEMU_VDE_SOCKET_7\"", "v", 7, 0 },
		{ "-netdev 'vde',sock=${QEMU_VDE_SOCKET_7},id=v", "v", 7, 0 },
		{ "-netdev \"vde,id=v,sock=$QEMU_VDE_SOCKET_254\" "
		  "-device \"x,mac=52:54:00:12:FE:0a,netdev=v\"",
		  "v", 254, 10 },
		{ "-nic vde,sock=$QEMU_VDE_SOCKET_1,mac=52:54:00:12:01:03", "",
		  1, 3 },
		{ "[ -n \"$QEMU_VDE_SOCKET_1\" ]\n-netdev "
		  "vde,id=v,sock=$QEMU_VDE_SOCKET_1",
		  "v", 1, 0 },
		{ "-netdev \\\n vde,id=v,sock=$QEMU_VDE_SOCKET_1 # "
		  "$QEMU_VDE_SOCKET_2",
		  "v", 1, 0 },
		{ "x=$QEMU_VDE_SOCKET_3", "", 3, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(find(cases[i].text) == 1, "%s", cases[i].text);
		ck_assert_str_eq(nics[0].netdev, cases[i].netdev);
		ck_assert_uint_eq(nics[0].vlan, cases[i].vlan);
		ck_assert_uint_eq(nics[0].mac.b[5], cases[i].last);
	}
}
END_TEST

START_TEST(what_is_no_card_is_none)
{
	static const char *const texts[] = {
		"",
		"-netdev user,id=vlan1",
		"$QEMU_VDE_SOCKET_",
		"$QEMU_VDE_SOCKET_0",
		"$QEMU_VDE_SOCKET_255",
		"$QEMU_VDE_SOCKET_99999999999999999999",
		"# $QEMU_VDE_SOCKET_1",
		"\\",
	};
	char *long_word = xcalloc(1, 600);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(find(texts[i]) == 0, "%s", texts[i]);
	memset(long_word, 'x', 599);
	memcpy(long_word, "QEMU_VDE_SOCKET_1", 17);
	ck_assert_uint_eq(find(long_word), 0);
	free(long_word);
	/* an id that is too long is none */
	ck_assert_uint_eq(find("vde,id=0123456789012345678901234567890123,"
			       "sock=$QEMU_VDE_SOCKET_1"),
			  1);
	ck_assert_str_eq(nics[0].netdev, "");
	/* nor is what is no MAC address */
	ck_assert_uint_eq(find("vde,id=v,sock=$QEMU_VDE_SOCKET_1 "
			       "x,netdev=v,mac=52:54:00:12:01"),
			  1);
	ck_assert(mac_is_zero(&nics[0].mac));
}
END_TEST

START_TEST(more_cards_than_there_is_room_for_are_counted)
{
	char *text = xstrdup("");

	for (int i = 1; i <= 6; i++) {
		char *longer =
		    xasprintf("%s -netdev vde,id=n%d,sock=$QEMU_VDE_SOCKET_%d",
			      text, i, i);

		free(text);
		text = longer;
	}
	ck_assert_uint_eq(find(text), 6);
	ck_assert_str_eq(nics[3].netdev, "n4");
	free(text);
	/* two on the same segment are two */
	ck_assert_uint_eq(find("vde,id=a,sock=$QEMU_VDE_SOCKET_1 "
			       "vde,id=b,sock=$QEMU_VDE_SOCKET_1 "
			       "vde,id=a,sock=$QEMU_VDE_SOCKET_1"),
			  2);
}
END_TEST

START_TEST(memory_is_told_in_mib)
{
	static const struct {
		const char *text;
		unsigned mib;
	} cases[] = {
		{ "qemu -m 1024 -smp 1", 1024 },
		{ "-m \\\n 512M", 512 },
		{ "-m '2G'", 2048 },
		{ "-m size=768,slots=2", 768 },
		{ "-m 1048576", 1048576 },
		{ "-m 1024G", 1048576 },
		{ "-m 1048577", 0 },
		{ "-m 1025G", 0 },
		{ "-m $MEMORY", 0 },
		{ "-m 12k", 0 },
		{ "-m", 0 },
		{ "# -m 64", 0 },
		{ "-mem 64", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(
		    start_memory_find(cases[i].text, strlen(cases[i].text)) ==
			cases[i].mib,
		    "%s", cases[i].text);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ machines_have_the_cards_that_their_scripts_tell, 0 },
		{ a_script_in_a_file_is_found_beside_the_description, 0 },
		{ names_of_nix_become_ports, 0 },
		{ the_name_is_that_of_the_file_or_of_its_directory, 0 },
		{ what_cannot_be_run_is_refused_with_its_member, 0 },
		{ a_description_is_told_from_lua, 0 },
		{ cards_are_found_however_they_are_quoted, 0 },
		{ what_is_no_card_is_none, 0 },
		{ more_cards_than_there_is_room_for_are_counted, 0 },
		{ memory_is_told_in_mib, 0 },
		{ NULL, 0 },
	};

	return unit_run("nixos", tests, set_up, tear_down);
}
