#include "config.h"

#include "switch/ports/vhost-sigbus.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { SIZE = 4 * 65536, N_THREADS = 4 };

struct area {
	int fd;
	volatile uint8_t *at;
	atomic_bool damaged;
	struct vhost_guard *guard;
};

static void
make(struct area *a)
{
	a->fd = memfd_create("test", MFD_CLOEXEC);
	ck_assert_int_ge(a->fd, 0);
	ck_assert_int_eq(ftruncate(a->fd, SIZE), 0);
	a->at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, 0);
	ck_assert_ptr_ne((void *)a->at, MAP_FAILED);
	a->damaged = false;
	a->guard = vhost_sigbus_add((void *)a->at, SIZE, &a->damaged);
	ck_assert_ptr_nonnull(a->guard);
}

static void
drop(struct area *a)
{
	vhost_sigbus_remove(a->guard);
	munmap((void *)a->at, SIZE);
	close(a->fd);
}

START_TEST(what_is_cut_off_reads_as_zeros_and_is_told_of)
{
	struct area cut, other;

	make(&cut);
	make(&other);
	cut.at[SIZE - 1] = other.at[SIZE - 1] = 7;
	ck_assert(!cut.damaged);
	ck_assert_int_eq(ftruncate(cut.fd, 0), 0);
	ck_assert_uint_eq(cut.at[SIZE - 1], 0);
	ck_assert(cut.damaged);
	cut.at[0] = 3; /* is ours now */
	ck_assert_uint_eq(cut.at[0], 3);
	ck_assert(!other.damaged);
	ck_assert_uint_eq(other.at[SIZE - 1], 7);
	drop(&cut);
	drop(&other);
}
END_TEST

static void *
read_until_damaged(void *arg)
{
	struct area *a = arg;

	while (!a->damaged)
		(void)a->at[SIZE - 1];
	return NULL;
}

START_TEST(threads_that_read_while_it_is_cut_go_on)
{
	struct area areas[N_THREADS];
	pthread_t threads[N_THREADS];

	for (int i = 0; i < N_THREADS; i++) {
		make(&areas[i]);
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						read_until_damaged, &areas[i]),
				 0);
	}
	for (int i = 0; i < N_THREADS; i++)
		ck_assert_int_eq(ftruncate(areas[i].fd, 0), 0);
	for (int i = 0; i < N_THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < N_THREADS; i++)
		drop(&areas[i]);
}
END_TEST

/* Return: the signal that a child dies of. */
static int
die(bool by_kill)
{
	struct area a;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGBUS, SIG_DFL); /* not a sanitizer's */
		make(&a);
		if (by_kill) {
			kill(getpid(), SIGBUS);
			_exit(0);
		}
		vhost_sigbus_remove(a.guard);
		if (ftruncate(a.fd, 0) == 0)
			(void)a.at[0];
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

START_TEST(everybody_elses_fault_is_as_deadly_as_before)
{
	ck_assert_int_eq(die(_i == 1), SIGBUS);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_is_cut_off_reads_as_zeros_and_is_told_of, 0 },
		{ threads_that_read_while_it_is_cut_go_on, 0 },
		{ everybody_elses_fault_is_as_deadly_as_before, 2 },
		{ NULL, 0 },
	};

	return unit_run("vhost_sigbus", tests, NULL, NULL);
}
