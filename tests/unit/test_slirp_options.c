#include "tools/slirp/options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

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
	{ { "--fd=0" }, NULL },
	{ { "--plug" }, NULL },
	{ { "--fd=0", "--hostfwd=unix:s-:1", "--restrict" }, NULL },
	{ { "--fd=0", "--hostfwd=unix:s-:1", "--hostfwd=tcp::2-:2" }, NULL },
	{ { "--fd=0", "--ready-fd=1" }, NULL },
	{ { "--fd=0", "--more-fd=1", "--more-dir=/x" }, NULL },
	{ { "--fd=0", "--more-fd=1" }, "go together" },
	{ { "--fd=0", "--more-dir=/x" }, "go together" },
	{ { "--fd=0", "--more-fd=999", "--more-dir=/x" }, "is not open" },
	{ { "--fd=0", "--network=192.0.2.0", "--host=192.0.2.9" }, NULL },
	{ { "--fd=0", "--tftp=/", "--guestfwd=6000-unix:/x" }, NULL },
	{ { "--fd=0", "--mtu=576" }, NULL },
	{ { "--fd=0", "--mtu=65521", "--ipv6" }, NULL },
	{ { NULL }, "one of --fd and --plug" },
	{ { "--fd=0", "--plug" }, "only one of --fd and --plug" },
	{ { "--fd=x" }, "\"x\"" },
	{ { "--fd=-1" }, "\"-1\"" },
	{ { "--fd=2147483648" }, "2147483648" },
	{ { "--fd=2147483647" }, "is not open" },
	{ { "--fd=0", "--ready-fd=999" },
	  "--ready-fd: descriptor 999 is not open" },
	{ { "--fd=0", "--ready-fd=0" }, "the same" },
	{ { "--fd=0", "--hostfwd=tcp::1-:1", "--hostfwd=t" }, "\"t\"" },
	{ { "--fd=0", "--guestfwd=t" }, "\"t\"" },
	{ { "--fd=0", "--mtu=575" }, "\"575\"" },
	{ { "--fd=0", "--mtu=65522" }, "\"65522\"" },
	{ { "--fd=0", "--mtu=1279", "--ipv6" }, "needs 1280" },
	{ { "--fd=0", "--network=1.2.3.4" }, "\"1.2.3.4\"" },
	{ { "--fd=0", "--tftp=/nothing/there" }, "/nothing/there" },
	{ { "--fd=0", "--tftp=/dev/null" }, "no directory" },
	{ { "--fd=0", "--restrict", "--hostfwd=udp:1.2.3.4:1-:1" },
	  "--restrict" },
	{ { "--fd=0", "--hostfwd=udp:126.0.0.1:1-:1" }, NULL },
	{ { "--fd=0", "--hostfwd=udp::1-:1" }, "--host-loopback" },
	{ { "--fd=0", "--hostfwd=udp:127.9.9.9:1-:1" }, "--host-loopback" },
	{ { "--fd=0", "--hostfwd=udp::1-:1", "--host-loopback" }, NULL },
	{ { "--fd=0", "--restrict", "--guestfwd=1-unix:x" }, "lead out" },
	{ { "--fd=0", "--restrict", "--host-loopback" }, "lead out" },
	{ { "--fd=0", "--restrict", "--ipv6" }, "lead out" },
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
		ck_assert_int_lt(outcome.ret, 0);
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
		{ a_command_line_is_taken_or_refused_with_the_reason,
		  UNIT_ROWS(lines) },
		{ NULL, 0 },
	};

	return unit_run("slirp_options", tests, NULL, NULL);
}
