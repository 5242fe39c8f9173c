#include "config.h"

#include "driver/host-check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/batch/host.h"
#include "driver/lab/plan.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static char plan_name[] = "t", a[] = "a", b[] = "b";
static struct plan_node nodes[2];
static struct plan plan;
static struct host_room room;
static struct err err;

static void
setup(void)
{
	nodes[0] = (struct plan_node){ .name = a, .memory_mib = 256 };
	nodes[1] = (struct plan_node){ .name = b, .memory_mib = 512 };
	plan = (struct plan){ .name = plan_name, .nodes = nodes, .n_nodes = 2 };
	room = (struct host_room){ .memory_mib = 768, .cores = 1 };
	ck_assert_int_eq(setenv("QEMU_AARCH64", "/bin/sh", 1), 0);
}

START_TEST(machines_that_have_room_may_start)
{
	ck_assert_int_eq(host_check(&plan, &room, &err), 0);
	room.memory_mib = 512; /* too little for both, which is no error */
	ck_assert_int_eq(host_check(&plan, &room, &err), 0);
	room.memory_mib = UINT64_MAX;
	ck_assert_int_eq(host_check(&plan, &room, &err), 0);
}
END_TEST

START_TEST(a_machine_with_more_memory_than_there_is_is_named)
{
	room.memory_mib = 511;
	ck_assert_int_eq(host_check(&plan, &room, &err), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(
	    err.text, "b has memory = 512, and this host has 511 MiB free"));
}
END_TEST

/* More than there is together is a warning, which names the test. */
START_TEST(memory_that_is_short_for_all_is_told)
{
	int fds[2];
	char text[512] = "";

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(host_check(&plan, &room, &err), 0);
	ck_assert_int_eq(read(fds[0], text, sizeof(text) - 1), -1);
	room.memory_mib = 767;
	ck_assert_int_eq(host_check(&plan, &room, &err), 0);
	ck_assert_int_gt(read(fds[0], text, sizeof(text) - 1), 0);
	ck_assert_ptr_nonnull(strstr(text, "t: its machines have 768 MiB"));
}
END_TEST

START_TEST(a_qemu_that_is_missing_is_named_with_its_package)
{
	nodes[1].arch = PLAN_ARCH_AARCH64;
	ck_assert_int_eq(host_check(&plan, &room, &err), 0);
	ck_assert_int_eq(setenv("QEMU_AARCH64", "/no/qemu", 1), 0);
	ck_assert_int_eq(host_check(&plan, &room, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "b: there is no QEMU for "
					       "aarch64: /no/qemu"));
	ck_assert_ptr_nonnull(strstr(err.text, "qemu-system-arm"));
	ck_assert_ptr_nonnull(strstr(err.text, "QEMU_AARCH64="));
}
END_TEST

START_TEST(machines_of_another_architecture_are_emulated)
{
	ck_assert(!host_emulates(&plan));
	nodes[1].arch = PLAN_ARCH_AARCH64;
	ck_assert(host_emulates(&plan));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ machines_that_have_room_may_start, 0 },
		{ a_machine_with_more_memory_than_there_is_is_named, 0 },
		{ memory_that_is_short_for_all_is_told, 0 },
		{ a_qemu_that_is_missing_is_named_with_its_package, 0 },
		{ machines_of_another_architecture_are_emulated, 0 },
		{ NULL, 0 },
	};

	return unit_run("host_check", tests, setup, NULL);
}
