#include "config.h"

#include "driver/report/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/err.h"

bool
look_is_utf8(look_getenv_fn *getenv)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	/* The first that says anything decides, as in setlocale(3). */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strcasestr(value, "utf-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}

static bool
is_set(look_getenv_fn *getenv, const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

static bool
is_color_wanted(bool is_terminal, look_getenv_fn *getenv)
{
	if (is_set(getenv, "NO_COLOR"))
		return false;
	if (is_set(getenv, "CLICOLOR_FORCE") &&
	    strcmp(getenv("CLICOLOR_FORCE"), "0") != 0)
		return true;
	return is_terminal;
}

int
look_choose(struct look *look, FILE *out, const char *color,
	    look_getenv_fn *getenv)
{
	const char *term = getenv("TERM");
	bool is_terminal = isatty(fileno(out)) && term != NULL &&
			   term[0] != '\0' && strcmp(term, "dumb") != 0;

	*look = (struct look){ .out = out,
			       .unicode = is_terminal && look_is_utf8(getenv),
			       .compact = is_terminal,
			       .live = is_terminal };
	if (color == NULL || strcmp(color, "auto") == 0)
		look->color = is_color_wanted(is_terminal, getenv);
	else if (strcmp(color, "always") == 0)
		look->color = true;
	else if (strcmp(color, "never") != 0)
		return -EINVAL;
	return 0;
}

int
look_of_cli(struct look *look, FILE *out, const struct cli *cli)
{
	const char *color = cli_opt(cli, "color");

	if (look_choose(look, out, color, getenv) < 0)
		return cli_usage_error(
		    cli, "--color %s: must be auto, always or never", color);
	look->verbose = cli_has(cli, "verbose");
	look->compact = look->compact && !look->verbose;
	return EXIT_OK;
}

const char *
look_begin(const struct look *look, enum look_role role)
{
	/* Only the eight colours that every terminal has, readable on dark and
	 * on light, and never the only thing that tells. */
	static const char *const sequences[N_LOOK_ROLES] = {
		[LOOK_GOOD] = "\033[32m", [LOOK_BAD] = "\033[1;31m",
		[LOOK_ODD] = "\033[33m",  [LOOK_HEAD] = "\033[1m",
		[LOOK_FAINT] = "\033[2m",
	};

	return look->color ? sequences[role] : "";
}

const char *
look_end(const struct look *look)
{
	return look->color ? "\033[0m" : "";
}

const char *
look_mark(const struct look *look, bool good)
{
	if (look->unicode)
		return good ? "\u2713" : "\u2717";
	return good ? "ok" : "!!";
}
