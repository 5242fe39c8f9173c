/* What a machine is wired with that says nothing of it, and QEMUs that are
 * asked. */
#include "config.h"

#include "driver/vm/net-choice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

/* What QEMUs print; the last line of a script is what it ends with. */
#define LIST "printf 'Available netdev backend types:\\nsocket\\n"
#define HAS LIST "vhost-user\\nvhost-vdpa\\n'\n"
#define HAS_NOT LIST "vhost-vdpa\\n'\n"

static char dir[64], qemu[80], log_path[80];
static struct event_base *base;
static struct clock *clock_;
static struct plan_nic nic;
static char name_a[] = "a", name_b[] = "b";
static struct plan_node nodes[2];
static struct plan plan;
static bool snapshots;

/* A QEMU that runs @text, and writes down its arguments before. */
static void
make_qemu(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	ck_assert_ptr_nonnull(out);
	fprintf(out, "#!/bin/sh\necho \"$@\" >>'%s'\n%s", log_path, text);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(chmod(path, 0700), 0);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test-net-choice-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(qemu, sizeof(qemu), "%s/qemu", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	make_qemu(qemu, HAS);
	base = event_base_new();
	clock_ = clock_real_new(base);
	nodes[0] = (struct plan_node){ .name = name_a,
				       .nics = &nic,
				       .n_nics = 1,
				       .memory_mib = 256,
				       .cpus = 1 };
	nodes[1] = nodes[0];
	nodes[1].name = name_b;
	plan = (struct plan){ .nodes = nodes, .n_nodes = 1 };
	snapshots = false;
}

static void
teardown(void)
{
	clock_free(clock_);
	event_base_free(base);
	unlink(qemu);
	unlink(log_path);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* What the first node gets; -errno. */
static int
chosen(struct err *err)
{
	struct net_probe *probe =
	    net_probe_new(base, clock_, qemu, &plan, snapshots);
	struct plan_node node = nodes[0];
	int ret;

	net_probe_wait(probe);
	ret = net_choose(probe, &node, err);
	net_probe_free(probe);
	return ret < 0 ? ret : (int)node.net;
}

static unsigned
n_asked(void)
{
	FILE *in = fopen(log_path, "re");
	char line[512];
	unsigned n = 0;

	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		ck_assert_ptr_nonnull(
		    strstr(line, "-object memory-backend-memfd,"));
		ck_assert_ptr_nonnull(strstr(line, ",share=on -netdev help\n"));
		n++;
	}
	if (in != NULL)
		fclose(in);
	return n;
}

START_TEST(a_qemu_that_has_vhost_user_gets_it)
{
	ck_assert_int_eq(chosen(NULL), PLAN_NET_VHOST);
	ck_assert_uint_eq(n_asked(), 1);
}
END_TEST

START_TEST(a_qemu_that_has_it_not_gets_dgram)
{
	/* No netdev; no memfd; not even a QEMU. */
	static const char *const texts[] = { HAS_NOT, HAS "exit 1\n",
					     "kill -9 $$\n", "exec /none\n" };

	for (size_t i = 0; i < UNIT_ROWS(texts); i++) {
		make_qemu(qemu, texts[i]);
		ck_assert_int_eq(chosen(NULL), PLAN_NET_DGRAM);
	}
	unlink(qemu);
	ck_assert_int_eq(chosen(NULL), PLAN_NET_DGRAM);
}
END_TEST

START_TEST(who_wants_it_and_cannot_have_it_is_told)
{
	struct err err = ERR_INIT;

	nodes[0].net = PLAN_NET_VHOST;
	ck_assert_int_eq(chosen(&err), PLAN_NET_VHOST);
	make_qemu(qemu, HAS_NOT);
	ck_assert_int_eq(chosen(&err), -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(err.text, "a: net = \"vhost-user\": "));
	ck_assert_ptr_nonnull(strstr(err.text, qemu));
}
END_TEST

START_TEST(who_wants_something_else_gets_that_and_nobody_is_asked)
{
	static const enum plan_net nets[] = { PLAN_NET_DGRAM, PLAN_NET_STREAM,
					      PLAN_NET_VDE };

	for (size_t i = 0; i < UNIT_ROWS(nets); i++) {
		nodes[0].net = nets[i];
		ck_assert_int_eq(chosen(NULL), (int)nets[i]);
	}
	ck_assert_uint_eq(n_asked(), 0);
}
END_TEST

START_TEST(one_qemu_is_asked_once_for_all)
{
	plan.n_nodes = 2;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_VHOST);
	ck_assert_uint_eq(n_asked(), 1);
}
END_TEST

START_TEST(a_machine_that_could_go_on_from_a_saved_state_has_dgram)
{
	snapshots = true;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_DGRAM);
	ck_assert_uint_eq(n_asked(), 0);
	/* But not one that boots all the same. */
	nodes[0].has_eth0 = true;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_VHOST);
}
END_TEST

START_TEST(a_machine_whose_memory_is_not_ours_has_dgram)
{
	char numa[] = "-numa", machine[] = "-machine", value[] = "node",
	     backend[] = "memory-backend=x", start_command[] = "./run";
	char *with_numa[] = { numa, value };
	char *with_backend[] = { machine, backend };
	char *harmless[] = { machine, value };

	nodes[0].qemu_options = with_numa;
	nodes[0].n_qemu_options = 2;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_DGRAM);
	nodes[0].qemu_options = with_backend;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_DGRAM);
	nodes[0].qemu_options = harmless;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_VHOST);
	nodes[0].start_command = start_command;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_DGRAM);
}
END_TEST

START_TEST(the_type_of_machine_has_to_be_known)
{
	static const struct {
		char type[16];
		enum plan_arch arch;
		enum plan_net net;
	} types[] = {
		{ "q35", PLAN_ARCH_X86_64, PLAN_NET_VHOST },
		{ "pc-q35-7.2", PLAN_ARCH_X86_64, PLAN_NET_VHOST },
		{ "microvm", PLAN_ARCH_X86_64, PLAN_NET_DGRAM },
		{ "", PLAN_ARCH_AARCH64, PLAN_NET_VHOST },
		{ "virt", PLAN_ARCH_AARCH64, PLAN_NET_VHOST },
		{ "virt-7.2", PLAN_ARCH_AARCH64, PLAN_NET_VHOST },
		{ "virtual", PLAN_ARCH_AARCH64, PLAN_NET_DGRAM },
		{ "raspi3b", PLAN_ARCH_AARCH64, PLAN_NET_DGRAM },
	};

	setenv("QEMU_AARCH64", qemu, 1);
	for (size_t i = 0; i < UNIT_ROWS(types); i++) {
		nodes[0].arch = types[i].arch;
		nodes[0].machine_type =
		    types[i].type[0] != '\0' ? (char *)types[i].type : NULL;
		ck_assert_msg(chosen(NULL) == (int)types[i].net, "%s",
			      types[i].type);
	}
	unsetenv("QEMU_AARCH64");
}
END_TEST

START_TEST(a_machine_without_interfaces_needs_nothing)
{
	nodes[0].n_nics = 0;
	ck_assert_int_eq(chosen(NULL), PLAN_NET_DGRAM);
	ck_assert_uint_eq(n_asked(), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_qemu_that_has_vhost_user_gets_it, 0 },
		{ a_qemu_that_has_it_not_gets_dgram, 0 },
		{ who_wants_it_and_cannot_have_it_is_told, 0 },
		{ who_wants_something_else_gets_that_and_nobody_is_asked, 0 },
		{ one_qemu_is_asked_once_for_all, 0 },
		{ a_machine_that_could_go_on_from_a_saved_state_has_dgram, 0 },
		{ a_machine_whose_memory_is_not_ours_has_dgram, 0 },
		{ the_type_of_machine_has_to_be_known, 0 },
		{ a_machine_without_interfaces_needs_nothing, 0 },
		{ NULL, 0 },
	};

	return unit_run("net-choice", tests, setup, teardown);
}
