#include "config.h"

#include "driver/report/look.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct {
	const char *name;
	const char *value;
} environment[8];

static char *
fake_getenv(const char *name)
{
	for (size_t i = 0; i < 8 && environment[i].name != NULL; i++)
		if (strcmp(environment[i].name, name) == 0)
			return (char *)environment[i].value;
	return NULL;
}

static void
set(const char *name, const char *value)
{
	size_t i = 0;

	while (environment[i].name != NULL)
		i++;
	environment[i].name = name;
	environment[i].value = value;
}

/* A terminal, or a file. */
static FILE *
open_out(bool is_terminal)
{
	static int master;
	int slave;

	if (!is_terminal)
		return fopen("/dev/null", "we");
	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	return fdopen(slave, "w");
}

static const struct {
	bool terminal;
	const char *term, *no_color, *force, *option;
	bool color, live;
} choices[] = {
	{ true, "xterm", NULL, NULL, NULL, true, true },
	{ true, "xterm", NULL, NULL, "auto", true, true },
	{ true, "xterm", "1", NULL, NULL, false, true },
	{ true, "xterm", "", NULL, NULL, true, true }, /* as if not set */
	{ true, "xterm", "1", "1", NULL, false, true },
	{ true, "xterm", "1", NULL, "always", true, true },
	{ true, "xterm", NULL, "1", "never", false, true },
	{ true, "dumb", NULL, NULL, NULL, false, false },
	{ true, "", NULL, NULL, NULL, false, false },
	{ true, NULL, NULL, NULL, NULL, false, false },
	{ false, "xterm", NULL, NULL, NULL, false, false },
	{ false, "xterm", NULL, "1", NULL, true, false },
	{ false, "xterm", NULL, "0", NULL, false, false },
	{ false, "xterm", NULL, "", NULL, false, false },
	{ false, NULL, NULL, NULL, "always", true, false },
};

START_TEST(the_option_decides_then_the_environment_then_the_terminal)
{
	FILE *out = open_out(choices[_i].terminal);
	struct look look;

	set("TERM", choices[_i].term);
	set("NO_COLOR", choices[_i].no_color);
	set("CLICOLOR_FORCE", choices[_i].force);
	set("LANG", "C.UTF-8");
	ck_assert_int_eq(
	    look_choose(&look, out, choices[_i].option, fake_getenv), 0);
	ck_assert_int_eq(look.color, choices[_i].color);
	ck_assert_int_eq(look.live, choices[_i].live);
	ck_assert_int_eq(look.compact, choices[_i].live);
	ck_assert_int_eq(look.unicode, choices[_i].live);
	fclose(out);
}
END_TEST

START_TEST(another_word_is_refused)
{
	struct look look;

	ck_assert_int_eq(look_choose(&look, stdout, "sometimes", fake_getenv),
			 -EINVAL);
}
END_TEST

START_TEST(without_colour_there_is_no_sequence)
{
	struct look look = { .color = false };

	for (int role = 0; role < N_LOOK_ROLES; role++)
		ck_assert_str_eq(look_begin(&look, (enum look_role)role), "");
	ck_assert_str_eq(look_end(&look), "");
	look.color = true;
	for (int role = 0; role < N_LOOK_ROLES; role++)
		ck_assert_ptr_nonnull(
		    strstr(look_begin(&look, (enum look_role)role), "\033["));
	ck_assert_str_eq(look_end(&look), "\033[0m");
}
END_TEST

START_TEST(marks_are_words_where_there_are_no_ticks)
{
	struct look look = { .unicode = true };

	ck_assert_str_eq(look_mark(&look, true), "\u2713");
	ck_assert_str_eq(look_mark(&look, false), "\u2717");
	look.unicode = false;
	ck_assert_str_eq(look_mark(&look, true), "ok");
	ck_assert_str_eq(look_mark(&look, false), "!!");
}
END_TEST

static const struct {
	const char *all, *ctype, *lang;
	bool want;
} locales[] = {
	{ NULL, NULL, NULL, false },	 { NULL, NULL, "C", false },
	{ NULL, NULL, "C.UTF-8", true }, { NULL, NULL, "de_DE.utf8", true },
	{ "C", NULL, "C.UTF-8", false }, { "", "en_US.UTF-8", "C", true },
};

START_TEST(the_environment_tells_what_terminals_show)
{
	set("LC_ALL", locales[_i].all);
	set("LC_CTYPE", locales[_i].ctype);
	set("LANG", locales[_i].lang);
	ck_assert_int_eq(look_is_utf8(fake_getenv), locales[_i].want);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_option_decides_then_the_environment_then_the_terminal,
		  UNIT_ROWS(choices) },
		{ another_word_is_refused, 0 },
		{ without_colour_there_is_no_sequence, 0 },
		{ marks_are_words_where_there_are_no_ticks, 0 },
		{ the_environment_tells_what_terminals_show,
		  UNIT_ROWS(locales) },
		{ NULL, 0 },
	};

	return unit_run("look", tests, NULL, NULL);
}
