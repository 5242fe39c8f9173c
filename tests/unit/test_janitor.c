#include "config.h"

#include "driver/janitor.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

enum { DEADLINE_MS = 120000 };

static char top[64];
static char watched[128], forgotten[128];

static void
make_file(const char *dir)
{
	char path[256];
	FILE *f;

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	snprintf(path, sizeof(path), "%s/file", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
}

static void
setup(void)
{
	strcpy(top, "/tmp/test-janitor-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(watched, sizeof(watched), "%s/watched", top);
	snprintf(forgotten, sizeof(forgotten), "%s/forgotten", top);
	make_file(watched);
	make_file(forgotten);
}

static void
teardown(void)
{
	sockpath_remove_tree(top, NULL);
}

static bool
gone_in_time(const char *path)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int ms = 0; ms < DEADLINE_MS; ms += 10) {
		if (access(path, F_OK) < 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

START_TEST(a_killed_owners_directories_are_removed)
{
	struct err err = ERR_INIT;
	int fds[2];
	char c;
	pid_t owner;

	ck_assert_int_eq(pipe(fds), 0);
	owner = fork();
	if (owner == 0) {
		struct janitor *janitor = janitor_start(&err);

		if (janitor == NULL ||
		    janitor_watch(janitor, watched, &err) < 0 ||
		    janitor_watch(janitor, forgotten, &err) < 0)
			_exit(1);
		janitor_forget(janitor, forgotten);
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(fds[0], &c, 1), 1);
	ck_assert_int_eq(access(watched, F_OK), 0);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	ck_assert(gone_in_time(watched));
	ck_assert_int_eq(access(forgotten, F_OK), 0);
}
END_TEST

START_TEST(stopping_it_in_order_ends_it)
{
	struct err err = ERR_INIT;
	struct janitor *janitor = janitor_start(&err);

	ck_assert_ptr_nonnull(janitor);
	ck_assert_int_eq(janitor_watch(janitor, watched, &err), 0);
	janitor_forget(janitor, watched);
	janitor_stop(janitor); /* waits for it */
	ck_assert_int_eq(access(watched, F_OK), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child left */
}
END_TEST

START_TEST(a_path_that_would_forge_a_line_is_refused)
{
	struct err err = ERR_INIT;
	struct janitor *janitor = janitor_start(&err);

	ck_assert_int_lt(janitor_watch(janitor, "/tmp/a\n+/etc", &err), 0);
	janitor_stop(janitor);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_killed_owners_directories_are_removed, 0 },
		{ stopping_it_in_order_ends_it, 0 },
		{ a_path_that_would_forge_a_line_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("janitor", tests, setup, teardown);
}
