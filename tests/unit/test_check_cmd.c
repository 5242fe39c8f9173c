#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/check-cmd.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static char *dir;

static void
setup(void)
{
	char template[] = "/tmp/test_check_cmd.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(template));
	dir = xstrdup(template);
	ck_assert_int_eq(chdir(dir), 0);
}

static void
teardown(void)
{
	char *command = xasprintf("rm -rf '%s'", dir);

	ck_assert_int_eq(system(command), 0);
	free(command);
	free(dir);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void
check_file(const char *name, const char *want)
{
	char text[4096] = "";
	FILE *f = fopen(name, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_lt(fread(text, 1, sizeof(text) - 1, f), sizeof(text));
	fclose(f);
	ck_assert_str_eq(text, want);
}

/* `vdelab check @a @b` with its output in files. */
static int
run(const char *a, const char *b)
{
	static const struct cli_command commands[] = {
		{ .name = "check",
		  .args = "FILE...",
		  .help = "find mistakes",
		  .min_args = 1,
		  .max_args = -1,
		  .run = check_command },
		{ .name = NULL },
	};
	static const struct cli_command root = { .name = "vdelab",
						 .args = "",
						 .subcommands = commands };
	char program[] = "vdelab", command[] = "check";
	char *argv[] = { program, command, xstrdup(a), xstrdup(b), NULL };
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	int code;

	fflush(stdout);
	ck_assert_ptr_nonnull(freopen("out", "w", stdout));
	ck_assert_ptr_nonnull(freopen("err", "w", stderr));
	code = cli_main(&root, "0", 4, argv, NULL);
	fflush(stdout);
	fflush(stderr);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	free(argv[2]);
	free(argv[3]);
	return code;
}

static const char good[] =
    "return { name = 'a', nodes = { a = {}, b = { vlans = { 1, 2 } } }, "
    "test_script = function() a:succeed('true') end }";
static const char sole[] =
    "return { name = 'b', machine = {}, test_script = function() end }";
static const char bad[] = "return { name = 'c', machine = {},\n"
			  "memory = 1,\n"
			  "test_script = function() machine:sucseed() end }";

START_TEST(files_without_mistakes_are_counted)
{
	write_file("a.lua", good);
	write_file("b.lua", sole);
	ck_assert_int_eq(run("a.lua", "b.lua"), EXIT_OK);
	check_file("out", "a.lua: ok (2 nodes, 2 segments)\n"
			  "b.lua: ok (1 node, 1 segment)\n");
	check_file("err", "");
}
END_TEST

START_TEST(every_mistake_is_a_line_and_the_rest_goes_on)
{
	write_file("a.lua", good);
	write_file("c.lua", bad);
	ck_assert_int_eq(run("c.lua", "a.lua"), EXIT_USAGE);
	check_file("out", "a.lua: ok (2 nodes, 2 segments)\n");
	check_file("err",
		   "c.lua:2: memory: unknown key; known are name, nodes, "
		   "machine, test_script, timeout, coverage\n"
		   "c.lua:3: machine machine has no 'sucseed' (did you mean "
		   "'succeed'?)\n");
}
END_TEST

START_TEST(a_missing_file_is_a_mistake_without_a_line)
{
	write_file("a.lua", good);
	ck_assert_int_eq(run("a.lua", "none.lua"), EXIT_USAGE);
	check_file("err", "none.lua: cannot read this test file: No such file "
			  "or directory\n");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ files_without_mistakes_are_counted, 0 },
		{ every_mistake_is_a_line_and_the_rest_goes_on, 0 },
		{ a_missing_file_is_a_mistake_without_a_line, 0 },
		{ NULL, 0 },
	};

	return unit_run("check-cmd", tests, setup, teardown);
}
