#include "tools/slirp/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	const char *path; /* NULL: refused */
	unsigned port;
} forwards[] = {
	{ "/run/x/shell:514", "/run/x/shell", 514 },
	{ "shell:1", "shell", 1 },
	{ "shell:65535", "shell", 65535 },
	{ "/run/a:b/shell:22", "/run/a:b/shell", 22 },
	{ "shell:0514", "shell", 514 },
	{ "shell:0", NULL, 0 },
	{ "shell:65536", NULL, 0 },
	{ "shell:99999999999999999999", NULL, 0 },
	{ "shell:-1", NULL, 0 },
	{ "shell:+1", NULL, 0 },
	{ "shell: 1", NULL, 0 },
	{ "shell:1 ", NULL, 0 },
	{ "shell:0x10", NULL, 0 },
	{ "shell:", NULL, 0 },
	{ "shell", NULL, 0 },
	{ ":514", NULL, 0 },
	{ "", NULL, 0 },
};

START_TEST(a_forward_is_a_path_and_a_port_after_the_last_colon)
{
	struct forward forward = { .path = NULL };
	struct err err = ERR_INIT;
	int ret = forward_parse(forwards[_i].text, &forward, &err);

	if (forwards[_i].path == NULL) {
		ck_assert_int_eq(ret, -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, forwards[_i].text));
		return;
	}
	ck_assert_int_eq(ret, 0);
	ck_assert_str_eq(forward.path, forwards[_i].path);
	ck_assert_uint_eq(forward.guest_port, forwards[_i].port);
	free(forward.path);
}
END_TEST

/* ---- whole command lines ---- */

struct outcome {
	struct options options;
	int ret;
	struct err err;
};

static int
keep(const struct cli *cli)
{
	struct outcome *outcome = cli_arg(cli);

	outcome->ret = options_read(cli, &outcome->options, &outcome->err);
	return EXIT_OK;
}

enum { ARGS_MAX = 8 };

static const struct {
	const char *args[ARGS_MAX]; /* the rest is NULL */
	const char *wrong;	    /* part of the message; NULL: all is well */
} lines[] = {
	{ { "--net-fd=0", "--forward=s:1" }, NULL },
	{ { "--net-fd=0", "--forward=s:1", "--forward=t:2" }, NULL },
	{ { "--net-fd=0", "--no-restrict" }, NULL },
	{ { "--net-fd=0", "--forward=s:1", "--ready-fd=1" }, NULL },
	{ { "--forward=s:1" }, "--net-fd is needed" },
	{ { "--net-fd=x", "--forward=s:1" }, "\"x\"" },
	{ { "--net-fd=-1", "--forward=s:1" }, "\"-1\"" },
	{ { "--net-fd=2147483648", "--forward=s:1" }, "2147483648" },
	{ { "--net-fd=2147483647", "--forward=s:1" }, "is not open" },
	{ { "--net-fd=0", "--forward=s:1", "--ready-fd=999" },
	  "--ready-fd: descriptor 999 is not open" },
	{ { "--net-fd=0", "--forward=s:1", "--ready-fd=0" }, "the same" },
	{ { "--net-fd=0" }, "--no-restrict" },
	{ { "--net-fd=0", "--forward=s:1", "--forward=t" }, "\"t\"" },
};

START_TEST(a_command_line_is_taken_or_refused_with_the_reason)
{
	static const struct cli_command root = { .name = "test",
						 .args = "",
						 .help = "",
						 .options = options_table,
						 .run = keep };
	struct outcome outcome = { .ret = 1, .err = ERR_INIT };
	char *argv[ARGS_MAX + 2] = { strdup("test") };
	int argc = 1;

	for (; lines[_i].args[argc - 1] != NULL; argc++)
		argv[argc] = strdup(lines[_i].args[argc - 1]);
	ck_assert_int_eq(cli_main(&root, "0", argc, argv, &outcome), EXIT_OK);
	if (lines[_i].wrong == NULL) {
		ck_assert_int_eq(outcome.ret, 0);
	} else {
		ck_assert_int_eq(outcome.ret, -EINVAL);
		ck_assert_ptr_nonnull(
		    strstr(outcome.err.text, lines[_i].wrong));
	}
	options_fini(&outcome.options);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_forward_is_a_path_and_a_port_after_the_last_colon,
		  UNIT_ROWS(forwards) },
		{ a_command_line_is_taken_or_refused_with_the_reason,
		  UNIT_ROWS(lines) },
		{ NULL, 0 },
	};

	return unit_run("slirp_options", tests, NULL, NULL);
}
