/* Eventfds of others, by those who mean harm. */
#include "config.h"

#include "switch/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "tests/unit/memory-rig.h"
#include "tests/unit/unit.h"

#define MOST (UINT64_MAX - 1) /* that can be written */

static struct bell *bell;
static unsigned n_fds_before;

static void
setup(void)
{
	n_fds_before = memory_rig_fds();
	bell = bell_new();
}

static void
teardown(void)
{
	bell_free(bell);
	ck_assert_uint_eq(memory_rig_fds(), n_fds_before);
}

/* As if the kernel had no such reads.  Each test is a process. */
static void
take_away_reads(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
				      filter };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
}

static uint64_t
count_of(int fd)
{
	uint64_t count = 0;

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

enum { WITH_READS, WITHOUT_READS, WAYS };

/* Many more than there is room for notes. */
START_TEST(each_ring_counts)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (_i == WITHOUT_READS)
		take_away_reads();
	for (unsigned n = 1; n <= 2000; n += 333) {
		for (unsigned i = 0; i < n; i++)
			ck_assert_int_eq(bell_ring(bell, fd), 0);
		ck_assert_uint_eq(count_of(fd), n);
	}
	close(fd);
}
END_TEST

/* A write to it would wait for ever; check(1) ends a test that does. */
START_TEST(one_that_is_full_keeps_nobody_waiting)
{
	const uint64_t most = MOST;
	int fd = eventfd(0, EFD_CLOEXEC);

	if (_i == WITHOUT_READS)
		take_away_reads();
	ck_assert_int_eq(write(fd, &most, sizeof(most)), sizeof(most));
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(bell_ring(bell, fd), 0);
	ck_assert_uint_ge(count_of(fd), MOST);
	close(fd);
}
END_TEST

static int wild_fd;
static atomic_bool over;

/* Makes it one that waits, and not, as fast as it can. */
static void *
be_wild(void *arg)
{
	while (!atomic_load(&over)) {
		(void)fcntl(wild_fd, F_SETFL, O_NONBLOCK);
		(void)fcntl(wild_fd, F_SETFL, 0);
	}
	return arg;
}

/* The loop would stand still at the first one that makes it wait. */
START_TEST(one_that_changes_all_the_time_keeps_nobody_waiting)
{
	const uint64_t most = MOST;
	pthread_t thread;

	wild_fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_eq(write(wild_fd, &most, sizeof(most)), sizeof(most));
	ck_assert_int_eq(pthread_create(&thread, NULL, be_wild, NULL), 0);
	for (unsigned i = 0; i < 20000; i++)
		ck_assert_int_eq(bell_ring(bell, wild_fd), 0);
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	close(wild_fd);
}
END_TEST

START_TEST(what_is_no_eventfd_is_an_error)
{
	int fds[2];

	if (_i == WITHOUT_READS)
		take_away_reads();
	ck_assert_int_eq(bell_ring(bell, -1), -EBADF);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_lt(bell_ring(bell, fds[0]), 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(one_that_is_never_rung_has_nothing_open)
{
	ck_assert_uint_eq(memory_rig_fds(), n_fds_before);
	bell_free(NULL);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ each_ring_counts, WAYS },
		{ one_that_is_full_keeps_nobody_waiting, WAYS },
		{ one_that_changes_all_the_time_keeps_nobody_waiting, 0 },
		{ what_is_no_eventfd_is_an_error, WAYS },
		{ one_that_is_never_rung_has_nothing_open, 0 },
		{ NULL, 0 },
	};

	return unit_run("bell", tests, setup, teardown);
}
