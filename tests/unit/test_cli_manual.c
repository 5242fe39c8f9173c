#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static int
run(const struct cli *cli)
{
	(void)cli;
	return EXIT_OK;
}

static const struct cli_option options[] = {
	{ "dir", 't', "DIR", "where it is" },
	{ "mode", 0, "in|out|both", "which way" },
	{ "plain", 'p', NULL, "no colours" },
	{ .name = NULL },
};
static const struct cli_option add_options[] = {
	{ "fd", 0, "N", "hand it over" },
	{ "for-ourselves", 0, NULL, NULL },
	{ "for-us", 0, "TEXT", NULL },
	{ .name = NULL },
};
static const struct cli_command port_commands[] = {
	{ .name = "add",
	  .args = "NAME 802.1q|802.1ad [vid VID] [KEY=VALUE...]",
	  .help = "make one",
	  .options = add_options,
	  .run = run,
	  .details = "It says `x`, `a \"b\"` (`c`) and `path=`PATH. Then\n"
		     "    prog port add 1\n"
		     ".hidden" },
	{ .name = "del", .args = "-f FILE|-", .help = "end one", .run = run },
	{ .name = NULL },
};
static const struct cli_command commands[] = {
	{ .name = "port",
	  .args = "",
	  .help = "ports",
	  .subcommands = port_commands,
	  .details = "They are many." },
	{ .name = "run",
	  .args = "FILE...",
	  .help = "run files",
	  .options = options,
	  .run = run },
	{ .name = NULL },
};
static const struct cli_command root = {
	.name = "prog",
	.args = "",
	.options = options,
	.subcommands = commands,
};

/* What becomes of @template, on stdout and stderr; Return: exit code. */
static int
make(const char *template, char out[4096], char err[4096])
{
	char path[] = "/tmp/vdelab-manual.XXXXXX";
	char *argv[] = { (char *)"prog", (char *)"--manual", path, NULL };
	FILE *files[2] = { tmpfile(), tmpfile() };
	char *texts[2] = { out, err };
	int fd = mkstemp(path), code;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, template, strlen(template)),
			 (ssize_t)strlen(template));
	close(fd);
	for (int i = 0; i < 2; i++)
		ck_assert_int_ge(dup2(fileno(files[i]), i + 1), 0);
	code = cli_main(&root, "1", 3, argv, NULL);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		size_t n;

		rewind(files[i]);
		n = fread(texts[i], 1, 4095, files[i]);
		texts[i][n] = '\0';
		fclose(files[i]);
	}
	unlink(path);
	return code;
}

static const struct {
	const char *template, *out;
} good[] = {
	{ ".Sh NAME\nprog\n", ".Sh NAME\nprog\n" },
	/* options: by their help, or as the template says */
	{ "@options@\n@end@\n", ".It Fl t , Fl -dir Ar dir\nWhere it is.\n"
				".It Fl -mode Cm in Ns | Ns Cm out Ns | Ns Cm "
				"both\nWhich way.\n"
				".It Fl p , Fl -plain\nNo colours.\n" },
	{ "a\n@options port add@\n@fd\nA\n.Em descriptor .\n@end@\nb\n",
	  "a\n.It Fl -fd Ar n\nA\n.Em descriptor .\nb\n" },
	{ "@synopsis port add@\nx\n",
	  ".Op Fl -fd Ar n\n"
	  ".Ar name Cm 802.1q Ns | Ns Cm 802.1ad Oo Cm vid Ar vid Oc Oo Ar "
	  "key Ns No = Ns Ar value Ns No ... Oc\nx\n" },
	{ "@synopsis@\n",
	  ".Op Fl p\n.Op Fl t Ar dir\n"
	  ".Op Fl -mode Cm in Ns | Ns Cm out Ns | Ns Cm both\n" },
	/* commands */
	{ "@commands@\n",
	  ".Ss port\n"
	  "They are many.\n"
	  ".Bl -tag -width Ds\n"
	  ".It Cm port Cm add Ar name Cm 802.1q Ns | Ns Cm 802.1ad Oo Cm vid "
	  "Ar vid Oc Oo Ar key Ns No = Ns Ar value Ns No ... Oc\n"
	  "Make one.\n"
	  "It says\n"
	  ".Ql \"x\" ,\n"
	  ".Ql \"a \\(dqb\\(dq\"\n"
	  ".Ql ( \"c\" )\n"
	  "and\n"
	  ".Ql \"path=\" Ns \"PATH.\"\n"
	  "Then\n"
	  ".Dl \"prog port add 1\"\n"
	  ".Pp\n"
	  "\\&.hidden\n"
	  ".Bl -tag -width Ds\n"
	  ".It Fl -fd Ar n\n"
	  "Hand it over.\n"
	  ".El\n"
	  ".It Cm port Cm del Fl f Ar file Ns | Ns Cm -\n"
	  "End one.\n"
	  ".El\n"
	  ".Ss run\n"
	  ".Bl -tag -width Ds\n"
	  ".It Cm run Ar file Ns No ...\n"
	  "Run files.\n"
	  ".Bl -tag -width Ds\n"
	  ".It Fl t , Fl -dir Ar dir\n"
	  "Where it is.\n"
	  ".It Fl -mode Cm in Ns | Ns Cm out Ns | Ns Cm both\n"
	  "Which way.\n"
	  ".It Fl p , Fl -plain\n"
	  "No colours.\n"
	  ".El\n"
	  ".El\n" },
};

START_TEST(a_template_is_filled_from_the_tables)
{
	char out[4096], err[4096];
	int code = make(good[_i].template, out, err);

	ck_assert_msg(code == EXIT_OK, "%s", err);
	ck_assert_str_eq(out, good[_i].out);
}
END_TEST

static const struct {
	const char *template, *err;
} bad[] = {
	{ "x\n@option@\n", ":2: unknown directive @option" },
	{ "@nothing@\n", ":1: unknown directive @nothing" },
	{ "@options@\n", ":1: @end@ is missing" },
	{ "@options@\n@none\nx\n@end@\n", ":4: there is no option --none" },
	{ "@options@\nx\n@end@\n", ":2: of which option is this?" },
	{ "@synopsis prot@\n", ":1: there is no such command" },
	{ "@synopsi@\n", ":1: unknown directive @synopsi" },
	{ "@optionsx@\n", ":1: unknown directive @optionsx" },
	{ "@options prot@\n@end@\n", ":1: there is no such command" },
	{ "@options port ad@\n@end@\n", ":1: there is no such command" },
};

START_TEST(a_template_that_does_not_fit_is_refused)
{
	char out[4096], err[4096];

	ck_assert_int_eq(make(bad[_i].template, out, err), EXIT_INFRA);
	ck_assert_msg(strstr(err, bad[_i].err) != NULL, "%s", err);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_template_is_filled_from_the_tables, UNIT_ROWS(good) },
		{ a_template_that_does_not_fit_is_refused, UNIT_ROWS(bad) },
		{ NULL, 0 },
	};

	return unit_run("cli_manual", tests, NULL, NULL);
}
