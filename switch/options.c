#include "switch/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "switch/sandbox-places.h"
#include "switch/segment.h"
#include "switch/spin.h"
#include "switch/workers.h"

const struct cli_option options_table[] = {
	{ "daemon", 'd', NULL, "go to the background once everything is up" },
	{ "dir", 0, "DIR", "directory of the sockets" },
	{ "config", 'c', "FILE", "do what is written in FILE" },
	{ "check-config", 0, NULL, "say what is wrong with it, and end" },
	{ "segment", 's', "NAME", "make a segment (may be repeated)" },
	{ "plugin", 'p', "SPEC", "start a plugin (may be repeated)" },
	{ "allow-uid", 0, "USER", "let USER attach, too (may be repeated)" },
	{ "group", 0, "GROUP", "let members of GROUP attach, too" },
	{ "sandbox", 0, "MODE", "what to do without: auto, strict or off" },
	{ "sandbox-dir", 0, "DIR",
	  "leave DIR to --sandbox=strict (may be repeated)" },
	{ "spin", 0, "USEC", "stay awake for so long after traffic" },
	{ "workers", 0, "N", "spread segments over N threads" },
	{ "ready-fd", 0, "N", "write a newline to descriptor N when up" },
	{ "verbose", 'v', NULL, "tell more on stderr" },
	{ "quiet", 'q', NULL, "tell errors only" },
	{ NULL, 0, NULL, NULL },
};

static int
read_fd(const char *text, int *fd, struct err *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < 0 || n > 1000000)
		return err_set(err, -EINVAL,
			       "--ready-fd takes a descriptor's number, not "
			       "\"%s\"",
			       text);
	if (fcntl((int)n, F_GETFD) < 0)
		return err_set(err, -EINVAL, "descriptor %ld is not open", n);
	*fd = (int)n;
	return 0;
}

int
options_read_spin(const char *text, unsigned *us, struct err *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < 0 ||
	    n > SPIN_MAX_US)
		return err_set(err, -EINVAL,
			       "--spin takes microseconds, 0 to %d, not "
			       "\"%s\"",
			       SPIN_MAX_US, text);
	*us = (unsigned)n;
	return 0;
}

int
options_read_workers(const char *text, unsigned *n_workers, struct err *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < 0 ||
	    n > WORKERS_MAX)
		return err_set(err, -EINVAL,
			       "--workers takes a number of threads, 0 to %d, "
			       "not \"%s\"",
			       WORKERS_MAX, text);
	*n_workers = (unsigned)n;
	return 0;
}

int
options_add_place(struct options *options, const char *path, struct err *err)
{
	if (options->places == NULL)
		options->places = sandbox_places_new();
	if (sandbox_places_add(options->places, path, err) == 0)
		return 0;
	err_prefix(err, "--sandbox-dir");
	return -EINVAL;
}

void
options_fini(struct options *options)
{
	sandbox_places_free(options->places);
	options->places = NULL;
}

static int
read_sandbox(const struct cli *cli, struct options *options, struct err *err)
{
	const char *text = cli_opt(cli, "sandbox");
	int ret = 0;

	options->sandbox = SANDBOX_AUTO;
	options->places = sandbox_places_new();
	if (text != NULL)
		ret = sandbox_read(text, &options->sandbox, err);
	for (size_t i = 0;
	     ret == 0 && (text = cli_opt_nth(cli, "sandbox-dir", i)) != NULL;
	     i++)
		ret = options_add_place(options, text, err);
	return ret;
}

/* What may be given several times. */
static int
check_lists(const struct cli *cli, struct err *err)
{
	const char *text;

	for (size_t i = 0; (text = cli_opt_nth(cli, "segment", i)) != NULL;
	     i++) {
		if (!segment_name_is_valid(text))
			return err_set(err, -EINVAL,
				       "\"%s\" is no name for a segment: it "
				       "must be a-z, then a-z, 0-9 or '-'",
				       text);
	}
	for (size_t i = 0; (text = cli_opt_nth(cli, "plugin", i)) != NULL;
	     i++) {
		struct plugin_option option;

		if (plugin_option_init(&option, text, err) < 0)
			return -EINVAL;
		plugin_option_fini(&option);
	}
	return 0;
}

static int
read_access(const struct cli *cli, struct segment_access *access,
	    struct err *err)
{
	const char *group = cli_opt(cli, "group"), *user;
	int ret = 0;

	for (size_t i = 0;
	     ret == 0 && (user = cli_opt_nth(cli, "allow-uid", i)) != NULL; i++)
		ret = access_add_user(access, user, err);
	if (ret == 0 && group != NULL)
		ret = access_set_group(access, group, err);
	access_set_modes(access);
	return ret < 0 ? -EINVAL : 0;
}

int
options_read(const struct cli *cli, struct options *options, struct err *err)
{
	const char *fd = cli_opt(cli, "ready-fd");
	const char *spin = cli_opt(cli, "spin");
	const char *workers = cli_opt(cli, "workers");

	*options = (struct options){
		.dir = cli_opt(cli, "dir"),
		.daemon = cli_has(cli, "daemon"),
		.ready_fd = -1,
		.log_level = LOG_INFO,
	};
	if (cli_has(cli, "verbose") && cli_has(cli, "quiet"))
		return err_set(err, -EINVAL,
			       "--verbose and --quiet exclude each other");
	if (cli_has(cli, "verbose"))
		options->log_level = LOG_DEBUG;
	if (cli_has(cli, "quiet"))
		options->log_level = LOG_ERROR;
	options->config = cli_opt(cli, "config");
	options->check_config = cli_has(cli, "check-config");
	if (options->check_config && options->config == NULL)
		return err_set(err, -EINVAL,
			       "--check-config needs --config FILE");
	if (options->config != NULL && options->config[0] == '\0')
		return err_set(err, -EINVAL, "--config takes a path");
	if (options->dir != NULL && options->dir[0] == '\0')
		return err_set(err, -EINVAL, "--dir takes a path");
	if (fd != NULL && read_fd(fd, &options->ready_fd, err) < 0)
		return -EINVAL;
	if (read_access(cli, &options->access, err) < 0)
		return -EINVAL;
	if (spin != NULL && options_read_spin(spin, &options->spin_us, err) < 0)
		return -EINVAL;
	if (workers != NULL &&
	    options_read_workers(workers, &options->n_workers, err) < 0)
		return -EINVAL;
	if (read_sandbox(cli, options, err) < 0)
		return -EINVAL;
	return check_lists(cli, err);
}

int
plugin_option_init(struct plugin_option *option, const char *text,
		   struct err *err)
{
	char *rest, *word, *base, *colon;
	size_t n = 0;

	*option = (struct plugin_option){ .text = xstrdup(text) };
	rest = option->text;
	word = strsep(&rest, ",");
	option->plugin = word;
	base = strrchr(word, '/'); /* a directory may have a ':' */
	colon = strchr(base != NULL ? base : word, ':');
	if (colon != NULL) {
		*colon = '\0';
		option->segment = colon + 1;
	}
	option->settings = xcalloc(1, sizeof(*option->settings));
	while ((word = strsep(&rest, ",")) != NULL) {
		option->settings = xrealloc(option->settings, n + 2,
					    sizeof(*option->settings));
		option->settings[n++] = word;
		option->settings[n] = NULL;
	}
	if (option->plugin[0] != '\0' &&
	    (option->segment == NULL || option->segment[0] != '\0'))
		return 0;
	plugin_option_fini(option);
	return err_set(err, -EINVAL,
		       "--plugin takes NAME[:SEGMENT][,key=value]..., not "
		       "\"%s\"",
		       text);
}

void
plugin_option_fini(struct plugin_option *option)
{
	free(option->settings);
	free(option->text);
	*option = (struct plugin_option){ .text = NULL };
}
