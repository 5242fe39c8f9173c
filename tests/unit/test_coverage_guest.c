/* What a guest's shell does with counters, done by shells of this machine; and
 * which notes belong to which counters. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/coverage/guest-text.h"
#include "driver/coverage/manifest.h"
#include "driver/coverage/notes.h"
#include "driver/lab/plan.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char
    *dir; /* has build/a.gcno, build/lib/b c.gcno; link leads to build */
static struct plan_coverage coverage;

/* In the directory; Return: its exit status. */
static int
shell(const char *fmt, ...)
{
	char *text, *command;
	va_list ap;
	int status;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	command = xasprintf("cd '%s' && %s", dir, text);
	status = system(command);
	free(command);
	free(text);
	return WEXITSTATUS(status);
}

static void
write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
setup(void)
{
	char template[] = "/tmp/test_coverage_guest.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(template));
	dir = realpath(template, NULL);
	ck_assert_int_eq(shell("mkdir -p build/lib out && ln -s build link && "
			       "touch build/a.gcno 'build/lib/b c.gcno' "
			       "build/lib/b.o"),
			 0);
	coverage.source = dir;
	coverage.build = xasprintf("%s/build", dir);
	coverage.build_named = xasprintf("%s/link", dir);
}

static void
teardown(void)
{
	shell("cd / && rm -rf '%s'", dir);
	free(coverage.build);
	free(coverage.build_named);
	free(dir);
}

/* The shells of guests; in a directory "guest". */
static const char *const shells[] = { "sh", "busybox sh" };

static void
prepare(const char *program)
{
	struct coverage_notes notes;
	char *guest = xasprintf("%s/guest", dir);
	char *text = coverage_prepare_text(&coverage, guest);
	char *list;

	coverage_notes_find(coverage.build, &notes);
	list = coverage_notes_list(&notes);
	write_file("list", list);
	write_file("text", text);
	ck_assert_int_eq(shell("%s text <list", program), 0);
	coverage_notes_fini(&notes);
	free(list);
	free(text);
	free(guest);
}

static int
take(const char *program)
{
	char *guest = xasprintf("%s/guest", dir);
	char *kernel = xasprintf("%s/kernel", dir);
	char *text = coverage_take_text(&coverage, guest, kernel);
	int status;

	write_file("text", text);
	status = shell("%s text >archive 2>said", program);
	free(text);
	free(kernel);
	free(guest);
	return status;
}

/* Its members are exactly these, one a line, in the order of ls. */
static void
check_archive(const char *members)
{
	write_file("wanted", members);
	ck_assert_int_eq(shell("tar -tif archive | LC_ALL=C sort | "
			       "sed \"s|$PWD|DIR|\" >members && "
			       "diff wanted members >&2"),
			 0);
}

START_TEST(everybody_may_write_the_counters_of_each_object)
{
	prepare(shells[_i]);
	ck_assert_int_eq(shell("[ \"$(stat -c %%a%%s guest/p$PWD/build/a.gcda "
			       "\"guest/p$PWD/build/lib/b c.gcda\" | "
			       "tr -d '\\n')\" = 66606660 ]"),
			 0);
	ck_assert_int_eq(shell("[ \"$(stat -c %%a guest/p guest/p$PWD "
			       "guest/p$PWD/build/lib | tr -d '\\n')\" = "
			       "777777777 ]"),
			 0);
	/* By the name that the test file has, too. */
	ck_assert_int_eq(shell("[ guest/p$PWD/link/a.gcda -ef "
			       "guest/p$PWD/build/a.gcda ]"),
			 0);
}
END_TEST

START_TEST(what_an_earlier_boot_has_left_is_removed)
{
	prepare(shells[_i]);
	ck_assert_int_eq(shell("echo old >guest/p$PWD/build/a.gcda"), 0);
	prepare(shells[_i]);
	ck_assert_int_eq(shell("[ ! -s guest/p$PWD/build/a.gcda ]"), 0);
}
END_TEST

START_TEST(what_was_counted_is_taken_and_stays)
{
	prepare(shells[_i]);
	ck_assert_int_eq(shell("printf 'x\\0y' >\"guest/p$PWD/build/lib/"
			       "b c.gcda\""),
			 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(take(shells[_i]), 0);
		check_archive("p"
			      "DIR/build/lib/b c.gcda\n");
	}
	ck_assert_int_eq(shell("tar -xf archive && cmp \"p$PWD/build/lib/b "
			       "c.gcda\" \"guest/p$PWD/build/lib/b c.gcda\""),
			 0);
	/* It says at once that it is there. */
	ck_assert_int_eq(shell("grep -qx here said"), 0);
}
END_TEST

START_TEST(nothing_counted_is_nothing_and_no_mistake)
{
	ck_assert_int_eq(take(shells[_i]), 0); /* not even prepared */
	ck_assert_int_eq(shell("[ ! -s archive ]"), 0);
	prepare(shells[_i]);
	ck_assert_int_eq(take(shells[_i]), 0);
	ck_assert_int_eq(shell("[ ! -s archive ]"), 0);
}
END_TEST

START_TEST(what_has_missed_the_prefix_is_found_and_what_the_kernel_counts)
{
	prepare(shells[_i]);
	ck_assert_int_eq(shell("echo 1 >build/a.gcda && mkdir -p "
			       "kernel$PWD/build && "
			       "echo 2 >kernel$PWD/build/k.gcda"),
			 0);
	ck_assert_int_eq(take(shells[_i]), 0);
	check_archive("kDIR/build/k.gcda\nrDIR/build/a.gcda\n");
}
END_TEST

START_TEST(what_is_written_meanwhile_is_noticed)
{
	prepare(shells[_i]);
	ck_assert_int_eq(shell("echo 1 >guest/p$PWD/build/a.gcda && "
			       "touch -d '1 hour' guest/p$PWD/build/a.gcda"),
			 0);
	ck_assert_int_eq(take(shells[_i]), COVERAGE_TOOK_MOVING);
	check_archive("pDIR/build/a.gcda\n");
}
END_TEST

START_TEST(counters_find_their_notes)
{
	static const struct {
		const char *counted; /* behind the directory, or with a / */
		const char *notes;   /* behind it; NULL: none */
	} rows[] = {
		{ "build/a.gcda", "build/a.gcno" },
		{ "build/lib/b c.gcda", "build/lib/b c.gcno" },
		/* built elsewhere */
		{ "/src/x/lib/b c.gcda", "build/lib/b c.gcno" },
		{ "/a.gcda", "build/a.gcno" },
		{ "/other/build/lib/a.gcda", "build/a.gcno" },
		{ "build/b c.gcda", NULL },
		{ "build/lib/b.gcda", NULL },
		{ "/a.gcno", NULL },
		{ "/", NULL },
		{ "/.gcda", NULL },
	};
	struct coverage_notes notes;

	coverage_notes_find(coverage.build, &notes);
	ck_assert_uint_eq(notes.n, 2);
	for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
		bool is_whole = rows[i].counted[0] == '/';
		char *counted = xasprintf("%s%s%s", is_whole ? "" : dir,
					  is_whole ? "" : "/", rows[i].counted);
		const char *found =
		    coverage_notes_match(&notes, coverage.build, counted);

		if (rows[i].notes == NULL)
			ck_assert_msg(found == NULL, "%s", counted);
		else
			ck_assert_msg(found != NULL &&
					  strcmp(found + strlen(dir) + 1,
						 rows[i].notes) == 0,
				      "%s: %s", counted,
				      found != NULL ? found : "nothing");
		free(counted);
	}
	coverage_notes_fini(&notes);
}
END_TEST

START_TEST(a_build_without_notes_has_none)
{
	struct coverage_notes notes;
	char *list;

	coverage_notes_find("/nowhere/at/all", &notes);
	list = coverage_notes_list(&notes);
	ck_assert_str_eq(list, "");
	ck_assert_ptr_null(coverage_notes_match(&notes, "/nowhere", "/x.gcda"));
	free(list);
	coverage_notes_fini(&notes);
}
END_TEST

START_TEST(a_manifest_comes_back_as_it_was_written)
{
	char tests[] = "^tests/", quote[] = "\"";
	char *exclude[] = { tests, quote };
	char name[] = "t";
	struct plan plan = { .name = name, .coverage = &coverage };
	struct coverage_manifest manifest;
	struct err err = ERR_INIT;

	coverage.exclude = exclude;
	coverage.n_exclude = 2;
	coverage.fail_under = 33.25;
	ck_assert_int_eq(coverage_manifest_write(dir, &plan, &err), 0);
	ck_assert_int_eq(coverage_manifest_read(dir, &manifest, &err), 0);
	ck_assert_str_eq(manifest.test, "t");
	ck_assert_str_eq(manifest.source, dir);
	ck_assert_str_eq(manifest.build, coverage.build);
	ck_assert_uint_eq(manifest.n_exclude, 2);
	ck_assert_str_eq(manifest.exclude[1], "\"");
	ck_assert(manifest.fail_under == 33.25);
	coverage_manifest_fini(&manifest);
}
END_TEST

START_TEST(another_file_is_no_manifest)
{
	static const struct {
		const char *text; /* NULL: no file */
		int code;
		const char *said;
	} rows[] = {
		{ NULL, -ENOENT, "coverage.json" },
		{ "", -EINVAL, "coverage.json:" },
		{ "{\n\"test\":", -EINVAL, "coverage.json:2:" },
		{ "[]", -EINVAL, "is none of a run's coverage" },
		{ "{\"test\":1,\"source\":\"/\",\"build\":\"/\"}", -EINVAL,
		  "is none" },
		{ "{\"test\":\"t\",\"source\":\"/\"}", -EINVAL, "is none" },
	};

	for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
		struct coverage_manifest manifest;
		struct err err = ERR_INIT;

		if (rows[i].text != NULL)
			write_file(COVERAGE_MANIFEST, rows[i].text);
		ck_assert_int_eq(coverage_manifest_read(dir, &manifest, &err),
				 rows[i].code);
		ck_assert_msg(strstr(err.text, rows[i].said) != NULL, "%s",
			      err.text);
	}
}
END_TEST

int
main(void)
{
	const int n = UNIT_ROWS(shells);
	const struct unit_test tests[] = {
		{ everybody_may_write_the_counters_of_each_object, n },
		{ what_an_earlier_boot_has_left_is_removed, n },
		{ what_was_counted_is_taken_and_stays, n },
		{ nothing_counted_is_nothing_and_no_mistake, n },
		{ what_has_missed_the_prefix_is_found_and_what_the_kernel_counts,
		  n },
		{ what_is_written_meanwhile_is_noticed, n },
		{ counters_find_their_notes, 0 },
		{ a_build_without_notes_has_none, 0 },
		{ a_manifest_comes_back_as_it_was_written, 0 },
		{ another_file_is_no_manifest, 0 },
		{ NULL, 0 },
	};

	return unit_run("coverage_guest", tests, setup, teardown);
}
