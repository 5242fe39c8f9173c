/* Each field of the guest's memory is read once in the call that uses it: the
 * guest could have changed it the second time.
 *
 * The ring's pages cannot be touched.  An access faults, is noted, is let
 * through for one instruction, and the pages are closed again. */
#include "config.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "lib/err.h"
#include "switch/ports/vring.h"
#include "unit.h"
#include "vring-driver.h"

#ifdef __x86_64__
enum { SIZE = 8, MANY = 64, N_ACCESSES = 512, TRAP_FLAG = 1 << 8 };

static const uint64_t layouts[] = {
	VRING_F_INDIRECT,
	VRING_F_INDIRECT | VRING_F_PACKED,
	VRING_F_INDIRECT | VRING_F_EVENT_IDX,
	VRING_F_INDIRECT | VRING_F_EVENT_IDX | VRING_F_PACKED,
};

static struct driver d;
static struct vring ring;
static struct iovec iovs[VRING_CHAIN_IOVS];
static struct vring_space space;
static struct vring_chain chains[MANY];
static const uint8_t *accesses[N_ACCESSES];
static volatile unsigned n_accesses;

static struct {
	void *at;
	size_t size;
} const pages[] = {
	{ d.low, sizeof(d.low) }, /* indirect tables */
	{ d.desc, sizeof(d.desc) },
	{ d.ours, sizeof(d.ours) },
};

static void
protect(int how)
{
	for (int i = 0; i < UNIT_ROWS(pages); i++)
		mprotect(pages[i].at, pages[i].size, how);
}

static bool
is_watched(const uint8_t *at)
{
	for (int i = 0; i < UNIT_ROWS(pages); i++) {
		const uint8_t *begin = pages[i].at;

		if (at >= begin && at < begin + pages[i].size)
			return true;
	}
	return false;
}

static void
on_fault(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	if (!is_watched(info->si_addr)) {
		signal(number, SIG_DFL); /* it happens again */
		return;
	}
	if (n_accesses < N_ACCESSES)
		accesses[n_accesses] = info->si_addr;
	n_accesses++;
	protect(PROT_READ | PROT_WRITE);
	u->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void
on_step(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)number;
	(void)info;
	u->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
	protect(PROT_NONE);
}

static void
watch(void)
{
	struct sigaction fault = { .sa_sigaction = on_fault,
				   .sa_flags = SA_SIGINFO };
	struct sigaction step = { .sa_sigaction = on_step,
				  .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGTRAP, &step, NULL);
	n_accesses = 0;
	protect(PROT_NONE);
}

static void
unwatch(void)
{
	protect(PROT_READ | PROT_WRITE);
}

/* Fields are 2 octets at least, and are read from their beginning, or as a part
 * of a word that is read from its beginning: no two accesses begin within one
 * field, and none begins where another one has been.  But for the index of a
 * split ring: whether there is more by now may be asked again. */
static void
check_once(unsigned at_least)
{
	ck_assert_uint_ge(n_accesses, at_least);
	ck_assert_uint_lt(n_accesses, N_ACCESSES);
	for (unsigned i = 0; i < n_accesses; i++) {
		bool is_index = !d.packed && accesses[i] == d.ours + 2;

		for (unsigned k = 0; k < i && !is_index; k++)
			ck_assert_msg(accesses[i] - accesses[k] >= 2 ||
					  accesses[k] - accesses[i] >= 2,
				      "accesses %u and %u are to one place", k,
				      i);
	}
}

static void
fill(uint16_t flags)
{
	const struct driver_buffer three[] = {
		{ DRIVER_GUEST + DRIVER_HALF, 12 },
		{ DRIVER_GUEST + DRIVER_HALF + 100, 60 },
		{ DRIVER_GUEST + DRIVER_HALF + 200, 1 },
	};

	driver_add(&d, three, 3, flags, 0);
	driver_add(&d, three, 1, flags, 0);
	driver_add(&d, three, 3, flags, DRIVER_GUEST + 0x1000);
}

static void
start(uint64_t features, enum vring_direction direction)
{
	struct vring_config config;
	struct err err;

	driver_init(&d, features, SIZE, &config);
	config.direction = direction;
	config.mergeable = true;
	space = (struct vring_space){ .iov = iovs, .n_max = VRING_CHAIN_IOVS };
	ck_assert_int_eq(vring_start(&ring, &config, &err), 0);
}

START_TEST(taking_chains_reads_each_field_once)
{
	int n;

	start(layouts[_i], VRING_FROM_GUEST);
	fill(0);
	watch();
	n = vring_take(&ring, &space, chains, MANY);
	unwatch();
	ck_assert_int_eq(n, 3);
	/* 8 descriptors, and how many chains there are. */
	check_once(2 * 8 + 1);
}
END_TEST

START_TEST(making_room_for_a_frame_reads_each_field_once)
{
	int n;

	start(layouts[_i], VRING_TO_GUEST);
	fill(DRIVER_WRITE);
	watch();
	n = vring_reserve(&ring, &space, 3 * 60, chains, MANY);
	unwatch();
	ck_assert_int_eq(n, 0); /* there are 158 */
	check_once(2 * 8 + 1);
	watch();
	n = vring_reserve(&ring, &space, 12 + 60 + 1 + 12 + 2, chains, MANY);
	unwatch();
	ck_assert_int_eq(n, 3);
	check_once(2 * 8);
}
END_TEST

/* One after the other, as they usually are. */
static void
fill_simply(unsigned n, uint16_t flags)
{
	for (unsigned i = 0; i < n; i++) {
		struct driver_buffer one = {
			DRIVER_GUEST + DRIVER_HALF + 100 * i, 100
		};

		driver_add(&d, &one, 1, flags, 0);
	}
}

START_TEST(taking_simple_chains_reads_each_field_once)
{
	int n;

	start(layouts[_i], VRING_FROM_GUEST);
	fill_simply(1, 0);
	n = vring_take(&ring, &space, chains, MANY); /* where they are */
	ck_assert_int_eq(n, 1);
	fill_simply(2, 0);
	fill(0);
	watch();
	n = vring_take(&ring, &space, chains, MANY);
	unwatch();
	ck_assert_int_eq(n, 5);
	check_once(2 * (2 + 8) + 1);
}
END_TEST

START_TEST(making_room_for_many_frames_reads_each_field_once)
{
	static const uint32_t lens[] = { 60, 100, 60, 100 };
	unsigned n;

	start(layouts[_i], VRING_TO_GUEST);
	fill_simply(1, DRIVER_WRITE);
	ck_assert_int_eq(vring_reserve(&ring, &space, 60, chains, 1), 1);
	fill_simply(2, DRIVER_WRITE);
	fill(DRIVER_WRITE);
	watch();
	n = vring_reserve_run(&ring, &space, lens, 4, chains);
	unwatch();
	ck_assert_uint_eq(n, 2);
	check_once(2 * 2 + 1);
}
END_TEST

START_TEST(a_chain_that_is_refused_was_read_once)
{
	int n;

	start(layouts[_i], VRING_FROM_GUEST);
	fill(DRIVER_WRITE);
	watch();
	n = vring_take(&ring, &space, chains, MANY);
	unwatch();
	ck_assert_int_eq(n, -EPROTO);
	check_once(3);
}
END_TEST

START_TEST(asking_about_calls_reads_one_field_once)
{
	bool wants;

	start(layouts[_i], VRING_FROM_GUEST);
	fill(0);
	ck_assert_int_eq(vring_take(&ring, &space, chains, MANY), 3);
	vring_return(&ring, chains, 3);
	vring_publish(&ring);
	watch();
	wants = vring_wants_call(&ring);
	unwatch();
	ck_assert(wants);
	ck_assert_uint_le(n_accesses, 1);
}
END_TEST

START_TEST(listening_and_peeking_read_one_field_once)
{
	bool more;

	start(layouts[_i], VRING_FROM_GUEST);
	watch();
	more = vring_listen(&ring);
	unwatch();
	ck_assert(!more);
	ck_assert_uint_eq(n_accesses, 1);
	watch();
	more = vring_peek(&ring);
	unwatch();
	ck_assert(!more);
	ck_assert_uint_eq(n_accesses, 1);
}
END_TEST

int
main(void)
{
	const int n = UNIT_ROWS(layouts);
	const struct unit_test tests[] = {
		{ taking_chains_reads_each_field_once, n },
		{ making_room_for_a_frame_reads_each_field_once, n },
		{ taking_simple_chains_reads_each_field_once, n },
		{ making_room_for_many_frames_reads_each_field_once, n },
		{ a_chain_that_is_refused_was_read_once, n },
		{ asking_about_calls_reads_one_field_once, n },
		{ listening_and_peeking_read_one_field_once, n },
		{ NULL, 0 },
	};

	return unit_run("vring-once", tests, NULL, NULL);
}
#else
int
main(void)
{
	puts("1..0 # SKIP single steps are known for x86-64 only");
	return 0;
}
#endif
