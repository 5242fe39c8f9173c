#include "lib/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

enum { ARGS_MAX = 16, TEXT_SIZE = 8192 };

/* ---- the program under test ---- */

/* Prints the command and all it was given; Return: the number in cli_arg(). */
static int
tell(const struct cli *cli, const char *name)
{
	static const char *const names[] = { "json",   "dir",	  "verbose",
					     "repeat", "results", "wait",
					     "every",  NULL };

	printf("%s", name);
	for (int i = 0; i < cli_n_args(cli); i++)
		printf(" [%s]", cli_word(cli, i));
	ck_assert_ptr_null(cli_word(cli, cli_n_args(cli)));
	ck_assert_ptr_null(cli_word(cli, -1));
	for (size_t i = 0; names[i] != NULL; i++) {
		const char *value;

		ck_assert_int_eq(cli_has(cli, names[i]),
				 cli_opt(cli, names[i]) != NULL);
		for (size_t n = 0;
		     (value = cli_opt_nth(cli, names[i], n)) != NULL; n++)
			printf(" %s=%s", names[i], value);
		if (cli_has(cli, names[i]))
			printf(" last=%s", cli_opt(cli, names[i]));
	}
	printf("\n");
	return *(int *)cli_arg(cli);
}

static int
run_segment(const struct cli *cli)
{
	return tell(cli, "segment");
}

static int
run_add(const struct cli *cli)
{
	return tell(cli, "segment add");
}

static int
run_show(const struct cli *cli)
{
	return tell(cli, "segment show");
}

static int
run_run(const struct cli *cli)
{
	return tell(cli, "run");
}

static int
run_complain(const struct cli *cli)
{
	printf("before\n");
	return cli_usage_error(cli, "no such thing: %s", cli_word(cli, 0));
}

static const struct cli_option root_options[] = {
	{ "json", 'j', NULL, "print JSON" },
	{ "dir", 't', "DIR", "talk to the switch in DIR" },
	{ NULL, 0, NULL, NULL },
};

static const struct cli_option show_options[] = {
	{ "every", 0, NULL, "show those that are gone, too" },
	{ "json", 'J', "STYLE", "hides the root's" },
	{ NULL, 0, NULL, NULL },
};

static const struct cli_option run_options[] = {
	{ "repeat", 'n', "N", "run everything N times" },
	{ "results", 'r', "DIR",
	  "write results below DIR, one directory for each test, instead of "
	  "below results in the directory where this was started" },
	{ "verbose", 'v', NULL, "say more" },
	{ "wait", 'w', NULL, "wait at the end" },
	{ "a-name-that-is-longer-than-the-left-column", 0, "VALUE",
	  "has its help below it" },
	/* In no help: the tests of that compare all of it. */
	{ "for-ourselves", 0, "TEXT", NULL },
	{ NULL, 0, NULL, NULL },
};

static const struct cli_command segment_commands[] = {
	{ .name = "add",
	  .args = "NAME",
	  .help = "make a segment",
	  .min_args = 1,
	  .max_args = 1,
	  .run = run_add },
	{ .name = "show",
	  .args = "[NAME]...",
	  .help = "list segments",
	  .options = show_options,
	  .max_args = -1,
	  .run = run_show },
	{ .name = NULL },
};

static const struct cli_command port_commands[] = {
	{ .name = "status", .args = "", .help = "show one", .run = run_show },
	{ .name = NULL },
};

static const struct cli_command commands[] = {
	{ .name = "segment",
	  .args = "",
	  .help = "handle segments",
	  .subcommands = segment_commands,
	  .run = run_segment },
	{ .name = "port",
	  .args = "[NAME]",
	  .help = "handle ports",
	  .subcommands = port_commands,
	  .max_args = 1,
	  .run = run_run },
	{ .name = "link",
	  .help = "handle links",
	  .subcommands = segment_commands },
	{ .name = "run",
	  .args = "FILE...",
	  .help = "run test files",
	  .options = run_options,
	  .min_args = 1,
	  .max_args = 2,
	  .run = run_run,
	  .details =
	      "A paragraph that is much longer than a line of a terminal has "
	      "columns, and so goes on below.\n"
	      "This line is eighty columns wide, so that nothing of it needs "
	      "to "
	      "go on below it.\n"
	      "\n"
	      "Example:\n"
	      "    prog run  --results /tmp/results-of-a-long-name "
	      "examples/a-long-test-file.lua\n" },
	{ .name = "runall",
	  .args = "",
	  .help = "run everything",
	  .run = run_run },
	{ .name = "complain",
	  .args = "WORD",
	  .help = "refuse a word",
	  .min_args = 1,
	  .max_args = 1,
	  .run = run_complain },
	{ .name = NULL },
};

static const struct cli_command root = {
	.name = "prog",
	.args = "",
	.help = "Try out command lines.",
	.options = root_options,
	.subcommands = commands,
};

/* ---- running it ---- */

static char out[TEXT_SIZE], err[TEXT_SIZE];

static FILE *
capture(int fd)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(dup2(fileno(file), fd), 0);
	return file;
}

static void
read_back(FILE *file, char *text)
{
	size_t n;

	rewind(file);
	n = fread(text, 1, TEXT_SIZE - 1, file);
	text[n] = '\0';
	fclose(file);
}

/* Run `prog LINE`, words parted by one space, with stdout and stderr going to
 * @out and @err; Return: the exit code. */
static int
run_line(const struct cli_command *program, const char *line, int code)
{
	char *copy = strdup(line);
	char *argv[ARGS_MAX] = { (char *)"/usr/bin/prog" };
	FILE *files[2];
	int argc = 1;
	int ret;

	for (char *p = copy; p != NULL && line[0] != '\0';) {
		ck_assert_int_lt(argc, ARGS_MAX - 1);
		argv[argc++] = strsep(&p, " ");
	}
	files[0] = capture(STDOUT_FILENO);
	files[1] = capture(STDERR_FILENO);
	ret = cli_main(program, "1.2.3", argc, argv, &code);
	fflush(stdout);
	read_back(files[0], out);
	read_back(files[1], err);
	free(copy);
	return ret;
}

static const struct {
	const char *line;
	const char *out;
} good[] = {
	/* commands and arguments */
	{ "segment", "segment" },
	{ "segment show", "segment show" },
	{ "segment show a b c", "segment show [a] [b] [c]" },
	{ "segment show add", "segment show [add]" },
	{ "segment add a", "segment add [a]" },
	{ "run a", "run [a]" },
	{ "run a b", "run [a] [b]" },
	{ "run -", "run [-]" },
	{ "run ", "run []" },
	{ "port", "run" },
	{ "port eth0", "run [eth0]" }, /* no subcommand, so an argument */
	{ "port status", "segment show" },
	{ "port stat", "segment show" },
	{ "port -- status", "run [status]" },
	/* abbreviations */
	{ "seg sh x", "segment show [x]" },
	{ "s a x", "segment add [x]" },
	{ "runa", "run" },
	{ "run a --res x", "run [a] results=x last=x" },
	{ "run a --res=x", "run [a] results=x last=x" },
	{ "run a --verb", "run [a] verbose= last=" },
	/* options in any place */
	{ "-j segment show", "segment show json= last=" },
	{ "segment -j show", "segment show json= last=" },
	{ "segment -j", "segment json= last=" },
	{ "segment add -j x", "segment add [x] json= last=" },
	{ "segment add x --json", "segment add [x] json= last=" },
	{ "run -v a --wait b", "run [a] [b] verbose= last= wait= last=" },
	/* values */
	{ "run a --results x", "run [a] results=x last=x" },
	{ "run a --results=", "run [a] results= last=" },
	{ "run a --results=a=b", "run [a] results=a=b last=a=b" },
	{ "run a -r x", "run [a] results=x last=x" },
	{ "run a -rx", "run [a] results=x last=x" },
	{ "run a -r -", "run [a] results=- last=-" },
	{ "run a -r --wait", "run [a] results=--wait last=--wait" },
	{ "run a --results -- -w", "run [a] results=-- last=-- wait= last=" },
	{ "-t d run a -t e", "run [a] dir=d dir=e last=e" },
	{ "run a -n1 -n 2 --repeat=3",
	  "run [a] repeat=1 repeat=2 repeat=3 last=3" },
	/* bundles */
	{ "run a -vw", "run [a] verbose= last= wait= last=" },
	{ "run a -vwrx",
	  "run [a] verbose= last= results=x last=x wait= last=" },
	{ "run a -vr x", "run [a] verbose= last= results=x last=x" },
	/* the end of options */
	{ "run -- -v", "run [-v]" },
	{ "run -- --", "run [--]" },
	{ "run a -- b", "run [a] [b]" },
	{ "segment show -- add", "segment show [add]" },
	/* a nearer option hides one of the same name */
	{ "segment show --json x", "segment show json=x last=x" },
	{ "segment show --every --js x",
	  "segment show json=x last=x every= last=" },
	{ "segment show -Jx", "segment show json=x last=x" },
};

START_TEST(a_good_line_runs_its_command)
{
	char want[256];

	ck_assert_int_eq(run_line(&root, good[_i].line, 42), 42);
	snprintf(want, sizeof(want), "%s\n", good[_i].out);
	ck_assert_str_eq(out, want);
	ck_assert_str_eq(err, "");
}
END_TEST

static const struct {
	const char *line;
	const char *err; /* the first line; the second follows from it */
} bad[] = {
	/* commands */
	{ "", "prog: a command is missing, one of: segment, port, link, run, "
	      "runall, complain" },
	{ "link", "prog link: a command is missing, one of: add, show" },
	{ "-j link", "prog link: a command is missing, one of: add, show" },
	{ "-- run", "prog: a command is missing, one of: segment, port, link, "
		    "run, runall, complain" },
	{ "segmnt", "prog: unknown command 'segmnt', did you mean 'segment'?" },
	{ "xyzzy", "prog: unknown command 'xyzzy'" },
	{ "ru", "prog: command 'ru' is ambiguous: run, runall" },
	{ " segment", "prog: unknown command ''" },
	{ "segment shwo",
	  "prog segment: unknown command 'shwo', did you mean 'show'?" },
	{ "segment shows",
	  "prog segment: unknown command 'shows', did you mean 'show'?" },
	{ "link x", "prog link: unknown command 'x'" },
	{ "port create eth0",
	  "prog port: unexpected argument 'eth0', for 'create' is no command" },
	{ "port -- create eth0", "prog port: unexpected argument 'eth0'" },
	{ "port statsu",
	  "prog port: unknown command 'statsu', did you mean 'status'?" },
	{ "segment -- x", "prog segment: unexpected argument 'x'" },
	/* numbers of arguments */
	{ "run", "prog run: an argument is missing: FILE..." },
	{ "run a b c", "prog run: unexpected argument 'c'" },
	{ "runall a", "prog runall: unexpected argument 'a'" },
	{ "port eth0 status",
	  "prog port: unexpected argument 'status', for 'eth0' is no command" },
	{ "segment add", "prog segment add: an argument is missing: NAME" },
	{ "segment add a b", "prog segment add: unexpected argument 'b'" },
	/* options */
	{ "--jsno", "prog: unknown option '--jsno', did you mean '--json'?" },
	{ "--xyzzy", "prog: unknown option '--xyzzy'" },
	{ "--xyzzy=1", "prog: unknown option '--xyzzy'" },
	{ "--=1", "prog: unknown option '--'" },
	{ "-x", "prog: unknown option '-x'" },
	{ "run a -vx", "prog run: unknown option '-x'" },
	{ "run a --re",
	  "prog run: option '--re' is ambiguous: --repeat, --results" },
	{ "run a --re=1",
	  "prog run: option '--re' is ambiguous: --repeat, --results" },
	{ "run a --ve", "prog run: option '--ve' is ambiguous: --verbose, "
			"--version" },
	{ "run a --results",
	  "prog run: option '--results' needs a value: DIR" },
	{ "run a -r", "prog run: option '--results' needs a value: DIR" },
	{ "run a -vr", "prog run: option '--results' needs a value: DIR" },
	{ "run a --verbose=1", "prog run: option '--verbose' takes no value" },
	{ "run a --verbose=", "prog run: option '--verbose' takes no value" },
	{ "--results x run a",
	  "prog: option '--results' must come after its command" },
	{ "--results=x run a",
	  "prog: option '--results' must come after its command" },
	{ "-r x run a", "prog: option '-r' must come after its command" },
	{ "-J x segment show",
	  "prog: option '-J' must come after its command" },
	/* a command's own complaint */
	{ "complain w", "prog complain: no such thing: w" },
};

START_TEST(a_mistake_is_named_on_stderr_and_is_a_usage_error)
{
	char want[512];
	const char *colon = strchr(bad[_i].err, ':');

	ck_assert_int_eq(run_line(&root, bad[_i].line, 42), EXIT_USAGE);
	snprintf(want, sizeof(want), "%s\nTry '%.*s --help'.\n", bad[_i].err,
		 (int)(colon - bad[_i].err), bad[_i].err);
	ck_assert_str_eq(err, want);
	ck_assert_str_eq(
	    out, strncmp(bad[_i].line, "complain", 8) == 0 ? "before\n" : "");
}
END_TEST

static const char help_root[] =
    "Usage: prog [OPTION]... COMMAND [ARGUMENT]...\n"
    "\n"
    "Try out command lines.\n"
    "\n"
    "Commands:\n"
    "  segment   handle segments\n"
    "  port      handle ports\n"
    "  link      handle links\n"
    "  run       run test files\n"
    "  runall    run everything\n"
    "  complain  refuse a word\n"
    "\n"
    "Options:\n"
    "  -j, --json     print JSON\n"
    "  -t, --dir DIR  talk to the switch in DIR\n"
    "\n"
    "Everywhere:\n"
    "  -h, --help     print this help and exit\n"
    "  -V, --version  print the version and exit\n";

static const char help_segment[] =
    "Usage: prog segment [OPTION]...\n"
    "       prog segment [OPTION]... COMMAND [ARGUMENT]...\n"
    "\n"
    "handle segments\n"
    "\n"
    "Commands:\n"
    "  add   make a segment\n"
    "  show  list segments\n"
    "\n"
    "Options of every prog command:\n"
    "  -j, --json     print JSON\n"
    "  -t, --dir DIR  talk to the switch in DIR\n"
    "\n"
    "Everywhere:\n"
    "  -h, --help     print this help and exit\n"
    "  -V, --version  print the version and exit\n";

static const char help_run[] =
    "Usage: prog run [OPTION]... FILE...\n"
    "\n"
    "run test files\n"
    "\n"
    "Options:\n"
    "  -n, --repeat N     run everything N times\n"
    "  -r, --results DIR  write results below DIR, one directory for each "
    "test,\n"
    "                     instead of below results in the directory where "
    "this was\n"
    "                     started\n"
    "  -v, --verbose      say more\n"
    "  -w, --wait         wait at the end\n"
    "      --a-name-that-is-longer-than-the-left-column VALUE\n"
    "                     has its help below it\n"
    "\n"
    "Options of every prog command:\n"
    "  -j, --json         print JSON\n"
    "  -t, --dir DIR      talk to the switch in DIR\n"
    "\n"
    "Everywhere:\n"
    "  -h, --help         print this help and exit\n"
    "  -V, --version      print the version and exit\n"
    "\n"
    "A paragraph that is much longer than a line of a terminal has columns, "
    "and so\n"
    "goes on below.\n"
    "This line is eighty columns wide, so that nothing of it needs to "
    "go on below it.\n"
    "\n"
    "Example:\n"
    "    prog run  --results /tmp/results-of-a-long-name\n"
    "    examples/a-long-test-file.lua\n";

static const struct {
	const char *line;
	const char *out;
} helps[] = {
	{ "--help", help_root },	 { "-h", help_root },
	{ "--he", help_root },		 { "-jh", help_root },
	{ "-h xyzzy", help_root },	 { "segment -h", help_segment },
	{ "seg --help", help_segment },	 { "run --help", help_run },
	{ "run -h", help_run }, /* though FILE is missing */
	{ "run a b c -h", help_run },	 { "-V", "prog 1.2.3\n" },
	{ "--version", "prog 1.2.3\n" }, { "segment show -V", "prog 1.2.3\n" },
};

START_TEST(help_and_version_are_printed_at_every_level)
{
	ck_assert_int_eq(run_line(&root, helps[_i].line, 42), EXIT_OK);
	ck_assert_str_eq(out, helps[_i].out);
	ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(no_line_of_help_is_wider_than_80_columns)
{
	static const char *const lines[] = { "-h", "segment -h", "run -h" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		run_line(&root, lines[i], 0);
		for (const char *p = out; *p != '\0'; p += strcspn(p, "\n") + 1)
			ck_assert_uint_le(strcspn(p, "\n"), 80);
	}
}
END_TEST

static const struct cli_command plain = {
	.name = "plain",
	.args = "WORD WORD WORD WORD WORD WORD WORD WORD WORD WORD WORD WORD "
		"WORD WORD WORD",
	.max_args = -1,
	.run = run_run,
};

START_TEST(a_program_without_commands_takes_arguments_at_once)
{
	ck_assert_int_eq(run_line(&plain, "a b", 7), 7);
	ck_assert_str_eq(out, "run [a] [b]\n");
	ck_assert_int_eq(run_line(&plain, "-h", 7), EXIT_OK);
	ck_assert_str_eq(
	    out, "Usage: plain [OPTION]... WORD WORD WORD WORD WORD WORD WORD "
		 "WORD WORD WORD WORD\n"
		 "           WORD WORD WORD WORD\n"
		 "\n"
		 "Everywhere:\n"
		 "  -h, --help     print this help and exit\n"
		 "  -V, --version  print the version and exit\n");
}
END_TEST

static const struct cli_command keeper = {
	.name = "keeper",
	.args = "NAME [-- PROGRAM...]",
	.options = run_options,
	.max_args = -1,
	.keeps_dashes = true,
	.run = run_run,
};

START_TEST(a_command_may_see_where_its_own_arguments_end)
{
	ck_assert_int_eq(run_line(&keeper, "a -v -- prog -v -- b", 7), 7);
	ck_assert_str_eq(out, "run [a] [--] [prog] [-v] [--] [b] verbose= "
			      "last=\n");
}
END_TEST

static int
run_other(const struct cli *cli)
{
	if (strcmp(cli_word(cli, 0), "known") == 0)
		return tell(cli, "other");
	return cli_unknown_command(cli);
}

static const struct cli_command other = {
	.name = "OTHER",
	.args = "WORD...",
	.max_args = -1,
	.run = run_other,
};
static const struct cli_command few[] = {
	{ .name = "knot", .args = "", .run = run_run },
	{ .name = NULL },
};
static const struct cli_command open_root = {
	.name = "prog",
	.args = "",
	.options = root_options,
	.subcommands = few,
	.otherwise = &other,
};

static const struct {
	const char *line;
	int code;
	const char *out, *err;
} others[] = {
	{ "known a -j b", 7, "other [known] [a] [b] json= last=\n", "" },
	{ "knot", 7, "run\n", "" },
	{ "kno", 7, "run\n", "" }, /* what is a command's beginning is that */
	{ "knog x", EXIT_USAGE, "",
	  "prog: unknown command 'knog', did you mean 'knot'?" },
	{ "elephant", EXIT_USAGE, "", "prog: unknown command 'elephant'" },
};

START_TEST(a_word_that_is_no_command_may_be_one_for_who_knows_more)
{
	ck_assert_int_eq(run_line(&open_root, others[_i].line, 7),
			 others[_i].code);
	ck_assert_str_eq(out, others[_i].out);
	ck_assert_ptr_nonnull(strstr(err, others[_i].err));
}
END_TEST

START_TEST(what_was_printed_before_a_complaint_comes_before_it)
{
	char *argv[] = { (char *)"prog", (char *)"complain", (char *)"w",
			 NULL };
	FILE *file = capture(STDOUT_FILENO);

	ck_assert_int_ge(dup2(STDOUT_FILENO, STDERR_FILENO), 0);
	ck_assert_int_eq(cli_main(&root, "1", 3, argv, NULL), EXIT_USAGE);
	read_back(file, out);
	ck_assert_int_eq(strncmp(out, "before\nprog complain: ", 22), 0);
}
END_TEST

START_TEST(an_empty_argv_is_an_empty_line)
{
	char *argv[] = { NULL };
	FILE *files[2] = { capture(STDOUT_FILENO), capture(STDERR_FILENO) };

	ck_assert_int_eq(cli_main(&root, "1", 0, argv, NULL), EXIT_USAGE);
	read_back(files[0], out);
	read_back(files[1], err);
	ck_assert_ptr_nonnull(strstr(err, "prog: a command is missing"));
}
END_TEST

START_TEST(output_that_cannot_be_written_is_a_failure)
{
	char *argv[] = { (char *)"prog", (char *)"segment", NULL };
	int codes[] = { EXIT_OK, EXIT_NO_SWITCH };
	FILE *full = fopen("/dev/full", "w");
	FILE *file = capture(STDERR_FILENO);

	ck_assert_ptr_nonnull(full);
	ck_assert_int_ge(dup2(fileno(full), STDOUT_FILENO), 0);
	fclose(full);
	ck_assert_int_eq(cli_main(&root, "1", 2, argv, &codes[0]), EXIT_INFRA);
	/* the command's own failure counts for more */
	ck_assert_int_eq(cli_main(&root, "1", 2, argv, &codes[1]),
			 EXIT_NO_SWITCH);
	read_back(file, err);
	ck_assert_ptr_nonnull(strstr(err, "prog: cannot write to standard "
					  "output: No space left on device"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_good_line_runs_its_command, UNIT_ROWS(good) },
		{ a_mistake_is_named_on_stderr_and_is_a_usage_error,
		  UNIT_ROWS(bad) },
		{ help_and_version_are_printed_at_every_level,
		  UNIT_ROWS(helps) },
		{ no_line_of_help_is_wider_than_80_columns, 0 },
		{ a_program_without_commands_takes_arguments_at_once, 0 },
		{ a_command_may_see_where_its_own_arguments_end, 0 },
		{ a_word_that_is_no_command_may_be_one_for_who_knows_more,
		  UNIT_ROWS(others) },
		{ what_was_printed_before_a_complaint_comes_before_it, 0 },
		{ an_empty_argv_is_an_empty_line, 0 },
		{ output_that_cannot_be_written_is_a_failure, 0 },
		{ NULL, 0 },
	};

	return unit_run("cli", tests, NULL, NULL);
}
