#include "switch/options-file.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/nearest.h"
#include "lib/words.h"
#include "switch/config-file.h"
#include "switch/options.h"

enum { N_WORDS_MAX = 3 }; /* option NAME VALUE */

static int
set_user(struct options *options, const char *value, struct err *err)
{
	return access_add_user(&options->access, value, err);
}

static int
set_group(struct options *options, const char *value, struct err *err)
{
	return access_set_group(&options->access, value, err);
}

static int
set_spin(struct options *options, const char *value, struct err *err)
{
	return options_read_spin(value, &options->spin_us, err);
}

static int
set_workers(struct options *options, const char *value, struct err *err)
{
	return options_read_workers(value, &options->n_workers, err);
}

static int
set_sandbox(struct options *options, const char *value, struct err *err)
{
	return sandbox_read(value, &options->sandbox, err);
}

static int
set_sandbox_dir(struct options *options, const char *value, struct err *err)
{
	if (value[0] != '/')
		return err_set(err, -EINVAL,
			       "sandbox-dir takes an absolute path, not \"%s\"",
			       value);
	return options_add_place(options, value, err);
}

static int
set_verbose(struct options *options, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	options->log_level = LOG_DEBUG;
	return 0;
}

static int
set_quiet(struct options *options, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	options->log_level = LOG_ERROR;
	return 0;
}

static const struct row {
	const char *name;
	bool takes_value;
	const char *beaten_by[3]; /* options of the command line; NULL-ended */
	int (*set)(struct options *options, const char *value, struct err *err);
} rows[] = {
	{ "allow-uid", true, { NULL }, set_user },
	{ "group", true, { "group", NULL }, set_group },
	{ "sandbox", true, { "sandbox", NULL }, set_sandbox },
	{ "sandbox-dir", true, { NULL }, set_sandbox_dir },
	{ "spin", true, { "spin", NULL }, set_spin },
	{ "workers", true, { "workers", NULL }, set_workers },
	{ "verbose", false, { "verbose", "quiet", NULL }, set_verbose },
	{ "quiet", false, { "verbose", "quiet", NULL }, set_quiet },
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

bool
options_is_line(const struct words *words)
{
	return words->n > 0 && strcmp(words->word[0], "option") == 0;
}

static const struct row *
find(const char *name, struct err *err)
{
	const char *names[N_ROWS + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
		names[i] = rows[i].name;
	}
	near = nearest_word(name, names);
	if (near != NULL)
		err_set(err, -EINVAL,
			"there is no option '%s', did you mean '%s'?", name,
			near);
	else
		err_set(err, -EINVAL,
			"'%s' cannot be set here; what can: allow-uid, group, "
			"sandbox, sandbox-dir, spin, workers, verbose, "
			"quiet",
			name);
	return NULL;
}

static bool
is_beaten(const struct row *row, const struct cli *cli)
{
	for (size_t i = 0; cli != NULL && row->beaten_by[i] != NULL; i++) {
		if (cli_has(cli, row->beaten_by[i]))
			return true;
	}
	return false;
}

int
options_set_line(struct options *options, const struct words *words,
		 const struct cli *cli, struct err *err)
{
	const char *value = words->n == N_WORDS_MAX ? words->word[2] : NULL;
	const struct row *row;

	if (words->n < 2)
		return err_set(err, -EINVAL, "the option's name is missing");
	row = find(words->word[1], err);
	if (row == NULL)
		return -EINVAL;
	if (words->n > N_WORDS_MAX || (value != NULL) != row->takes_value)
		return err_set(err, -EINVAL, "option %s takes %s", row->name,
			       row->takes_value ? "one value" : "no value");
	if (is_beaten(row, cli))
		return 0;
	return row->set(options, value, err);
}

static void
on_mistake(unsigned number, const char *text, void *arg)
{
	(void)number;
	(void)text;
	(void)arg;
}

int
options_read_file(struct options *options, const char *path,
		  const struct cli *cli, struct err *err)
{
	struct config_file file;
	char *text;
	size_t size;
	int ret = config_file_read(path, &text, &size, err);

	if (ret < 0)
		return ret;
	config_file_parse(text, size, &file, on_mistake, NULL);
	for (size_t i = 0; i < file.n && ret == 0; i++) {
		const struct config_line *line = &file.lines[i];

		if (!options_is_line(&line->words))
			continue;
		ret = options_set_line(options, &line->words, cli, err);
		if (ret < 0)
			err_prefix(err, "%s:%u", path, line->number);
	}
	access_set_modes(&options->access);
	config_file_fini(&file);
	free(text);
	return ret;
}
