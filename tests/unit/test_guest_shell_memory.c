/* Shells that go on over another connection, as when their guest was saved. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "tests/unit/shell-rig.h"
#include "tests/unit/unit.h"

/* What the shell must be known by, once it is at rest. */
static void
remember(struct shell_memory *memory)
{
	int ret;

	while ((ret = guest_shell_remember(rig.shell, memory)) == -EBUSY)
		event_base_loop(rig.base, EVLOOP_ONCE);
	ck_assert_int_eq(ret, 0);
}

/* As a saved guest: nothing is lost, and nobody sees the old connection end. */
static void
resume(const struct shell_memory *memory, bool anew)
{
	int fd = dup(rig.far.fd);

	ck_assert_int_ge(fd, 0);
	rig.is_ready = false;
	guest_shell_resume(rig.shell, fd, memory, anew);
	rig_spin_until(&rig.is_ready);
	rig.far.fd = fd;
}

START_TEST(a_shell_goes_on_with_its_workers_and_what_they_have_begun)
{
	struct shell_memory memory, later;
	char begin[200], look[200], end[200];

	rig_begin(_i);
	snprintf(begin, sizeof(begin), "sleep 20 & echo $! >%s/pid; echo begun",
		 rig.far.dir);
	snprintf(look, sizeof(look), "read -r p <%s/pid; kill -0 $p",
		 rig.far.dir);
	snprintf(end, sizeof(end), "read -r p <%s/pid; kill $p", rig.far.dir);
	rig_expect(begin, 0, "begun\n");
	remember(&memory);
	resume(&memory, false);
	rig_expect(look, 0, "");
	remember(&later);
	ck_assert_str_eq(later.nonce, memory.nonce);
	ck_assert_uint_gt(later.last_id, memory.last_id);
	rig_expect(end, 0, "");
	shell_memory_fini(&memory);
	shell_memory_fini(&later);
	rig_end();
}
END_TEST

START_TEST(a_copy_has_a_nonce_of_its_own_and_the_same_worker)
{
	struct shell_memory memory, later;

	rig_begin(_i);
	rig_expect("echo 1", 0, "1\n");
	remember(&memory);
	ck_assert_uint_eq(memory.n_workers, 1);
	resume(&memory, true);
	rig_expect("echo 2", 0, "2\n");
	remember(&later);
	ck_assert_str_ne(later.nonce, memory.nonce);
	ck_assert_uint_eq(later.n_workers, 1);
	rig_expect("echo 3; echo 4 >&2", 0, "3\n");
	shell_memory_fini(&memory);
	shell_memory_fini(&later);
	rig_end();
}
END_TEST

START_TEST(a_shell_that_is_busy_or_gone_is_not_remembered)
{
	struct shell_memory memory;
	struct outcome o = { .done = false };

	rig_begin(_i);
	rig_expect("true", 0, "");
	rig_start("sleep 0.2", &o);
	ck_assert_int_eq(guest_shell_remember(rig.shell, &memory), -EBUSY);
	rig_spin_until(&o.done);
	outcome_clear(&o);
	remember(&memory);
	shell_memory_fini(&memory);
	guest_shell_attach(rig.shell, -1, "gone");
	ck_assert_int_eq(guest_shell_remember(rig.shell, &memory), -ENOTCONN);
	rig_end();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		EACH_SHELL(
		    a_shell_goes_on_with_its_workers_and_what_they_have_begun),
		EACH_SHELL(a_copy_has_a_nonce_of_its_own_and_the_same_worker),
		EACH_SHELL(a_shell_that_is_busy_or_gone_is_not_remembered),
		{ NULL, 0 },
	};

	return unit_run("guest_shell_memory", tests, NULL, NULL);
}
