/* What a word on an unfinished command line may become. */
#include "lib/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

enum { ARGS_MAX = 16 };

/* ---- the program ---- */

static int
run(const struct cli *cli)
{
	(void)cli;
	return EXIT_OK;
}

static const struct cli_option root_options[] = {
	{ "json", 'j', NULL, "print JSON" },
	{ "dir", 't', "DIR", "talk to the switch in DIR" },
	{ NULL, 0, NULL, NULL },
};

static bool
complete_port(const struct cli *cli, const char *value)
{
	if (value != NULL && strcmp(value, "PORT") == 0) {
		cli_candidate(cli, "eth0", "the first");
		cli_candidate(cli, "eth1", NULL);
		return true;
	}
	if (value != NULL || cli_n_args(cli) != 1)
		return false;
	cli_candidate(cli, cli_word(cli, 0), "again");
	cli_complete_value(cli, "x|PORT");
	return true;
}

static const struct cli_option link_options[] = {
	{ "port", 'p', "PORT", "of this one" },
	{ "mode", 'm', "up|down", "how" },
	{ "file", 'f', "FILE|-", "where" },
	{ "for-ourselves", 0, "FILE", NULL },
	{ .name = NULL },
};
static const struct cli_command link_commands[] = {
	{ .name = "set",
	  .args = "[PORT]...",
	  .help = "change it",
	  .options = link_options,
	  .max_args = -1,
	  .run = run },
	{ .name = "copy",
	  .args = "FILE DIR [NAME]",
	  .help = "copy it",
	  .max_args = 3,
	  .run = run },
	{ .name = "one",
	  .args = "NAME",
	  .help = "just one",
	  .max_args = 1,
	  .run = run },
	{ .name = "nothing", .args = "", .help = "none", .run = run },
	{ .name = NULL },
};
static const struct cli_command commands[] = {
	{ .name = "link",
	  .args = "",
	  .help = "handle links",
	  .subcommands = link_commands,
	  .run = run },
	{ .name = "line", .help = "a line", .subcommands = link_commands },
	{ .name = NULL },
};
static const struct cli_command root = {
	.name = "prog",
	.args = "",
	.options = root_options,
	.subcommands = commands,
	.complete = complete_port,
};

/* ---- running it ---- */

static char out[4096], err[4096];

static FILE *
capture(int fd)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(dup2(fileno(file), fd), 0);
	return file;
}

static void
read_back(FILE *file, char *text, size_t size)
{
	size_t n;

	rewind(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
}

/* Runs `prog --complete LINE`, words parted by one space. */
static int
complete(const char *line)
{
	char *argv[ARGS_MAX] = { (char *)"prog", (char *)"--complete" };
	char *copy = strdup(line), *rest = copy;
	FILE *files[2];
	int argc = 2, code;

	while (rest != NULL) {
		ck_assert_int_lt(argc, ARGS_MAX - 1);
		argv[argc++] = strsep(&rest, " ");
	}
	files[0] = capture(STDOUT_FILENO);
	files[1] = capture(STDERR_FILENO);
	code = cli_main(&root, "1.2.3", argc, argv, NULL);
	fflush(stdout);
	read_back(files[0], out, sizeof(out));
	read_back(files[1], err, sizeof(err));
	free(copy);
	return code;
}

/* The last word of the line is being typed; candidates without their help. */
static const struct {
	const char *line, *out;
} completions[] = {
	{ "", "link line " },
	{ "li", "link line " },
	{ "lin", "link line " },
	{ "link", "link " },
	{ "x", "" },
	{ "link ", "set copy one nothing " },
	{ "link s", "set " },
	{ "x ", "" },	/* nothing follows a mistake */
	{ "lin ", "" }, /* nor what is ambiguous */
	{ "--help ", "link line " },
	/* options */
	{ "-", "--json --dir --help --version " },
	{ "--j", "--json " },
	{ "link set -", "--port --mode --file --json --dir --help --version " },
	{ "link set -- -", "" },
	{ "link set --port ", "eth0 eth1 " },
	{ "link set -p e", "eth0 eth1 " },
	{ "link set -jp ", "eth0 eth1 " },
	{ "link set --port=eth1", "--port=eth1 " },
	{ "link set --mode=", "--mode=up --mode=down " },
	{ "link set --mode d", "down " },
	{ "link set --json=", "" },
	{ "link set --mod=", "" },
	{ "link set --modes=", "" },
	{ "link set --none=", "" },
	{ "link set -f ", ":file - " },
	{ "--dir ", ":dir " },
	{ "--dir x ", "link line " },
	/* arguments */
	{ "link set ", "eth0 eth1 " },
	{ "link set a ", "a x eth0 eth1 " },
	{ "link set a b ", "eth0 eth1 " },
	{ "link copy ", ":file " },
	{ "link copy a b ", "" },
	{ "link copy a b c ", "" },
	{ "link one a ", "" },
	{ "link nothing ", "" },
};

START_TEST(a_word_becomes_what_may_stand_there)
{
	char want[256] = "", *at;

	ck_assert_int_eq(complete(completions[_i].line), EXIT_OK);
	ck_assert_str_eq(err, "");
	for (at = out; *at != '\0'; at += strcspn(at, "\n") + 1) {
		size_t len = strlen(want);

		snprintf(want + len, sizeof(want) - len, "%.*s ",
			 (int)strcspn(at, "\t\n"), at);
	}
	ck_assert_str_eq(want, completions[_i].out);
}
END_TEST

START_TEST(a_candidate_comes_with_its_help)
{
	complete("link set -p eth");
	ck_assert_str_eq(out, "eth0\tthe first\neth1\t\n");
	complete("link --j");
	ck_assert_str_eq(out, "--json\tprint JSON\n");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_word_becomes_what_may_stand_there, UNIT_ROWS(completions) },
		{ a_candidate_comes_with_its_help, 0 },
		{ NULL, 0 },
	};

	return unit_run("cli_complete", tests, NULL, NULL);
}
