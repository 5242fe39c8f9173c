#include "config.h"

#include "driver/coverage/gcovr.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/coverage/child.h"
#include "driver/coverage/data.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

/* Nothing of it may depend on a gcovr.cfg that lies about somewhere. */
static const char config[] = "# see doc/coverage.md\n";

static int
write_file(const char *path, const char *text, struct err *err)
{
	FILE *f = fopen(path, "we");
	int ret = 0;

	if (f == NULL)
		return err_errno(err, "cannot write %s", path);
	if (fputs(text, f) == EOF)
		ret = -EIO;
	if (fclose(f) == EOF || ret < 0)
		return err_set(err, -EIO, "cannot write %s", path);
	return 0;
}

/* @argv[1], "--config", and what follows are set already. */
static int
run(const char *const *argv, const char *cwd, struct err *err)
{
	const struct child_spec spec = {
		.argv = argv, .cwd = cwd, .stdin_fd = -1, .stdout_fd = -1
	};
	char said[CHILD_SAID_SIZE];
	int ret = child_run(&spec, said, err);

	if (ret > 0)
		return err_set(err, -EIO, "gcovr failed: %s", said);
	return ret;
}

/* What it calls the format of its tracefiles; returned owned. */
static char *
find_format(const struct gcovr_spec *spec, const char *settings,
	    struct err *err)
{
	char *nothing = xasprintf("%s/nothing", spec->work);
	char *path = xasprintf("%s/format.json", spec->work);
	const char *argv[] = { "gcovr", "--config", settings, "--root",
			       nothing, "--json",   path,     NULL };
	json_t *object = NULL;
	const char *format;
	char *found = NULL;

	if (mkdir(nothing, 0700) < 0)
		err_errno(err, "cannot make %s", nothing);
	else if (run(argv, nothing, err) == 0)
		object = json_load_file(path, 0, NULL);
	format = json_str_or(object, "gcovr/format_version", NULL);
	if (format != NULL)
		found = xstrdup(format);
	else if (err != NULL && err->code == 0)
		err_set(err, -EPROTO,
			"gcovr has not told the format of its tracefiles");
	json_decref(object);
	free(path);
	free(nothing);
	return found;
}

/* ---- the source, as gcovr wants it: below one directory ---- */

static int
make_parents(char *path, size_t keep)
{
	for (char *p = path + keep; *p != '\0'; p++) {
		int ret;

		if (*p != '/')
			continue;
		*p = '\0';
		ret = mkdir(path, 0700);
		*p = '/';
		if (ret < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* The file is to be found at @path. */
static int
place_source(const struct gcovr_spec *spec, const char *name, const char *path,
	     struct err *err)
{
	char *text;
	int ret;

	for (size_t i = 0; i < spec->n_sources; i++) {
		char *there = xasprintf("%s/%s", spec->sources[i], name);

		ret = access(there, R_OK) == 0 ? symlink(there, path) : -1;
		free(there);
		if (ret == 0)
			return 0;
	}
	text = xasprintf("/* %s is not there: it was not in %s */\n", name,
			 spec->sources[0]);
	ret = write_file(path, text, err);
	free(text);
	return ret;
}

static int
place_sources(const struct gcovr_spec *spec, const char *root, struct err *err)
{
	int ret = 0;

	if (mkdir(root, 0700) < 0)
		return err_errno(err, "cannot make %s", root);
	for (size_t i = 0; i < spec->data->n && ret == 0; i++) {
		const char *name = spec->data->files[i]->path;
		char *path = xasprintf("%s/%s", root, name);

		ret = make_parents(path, strlen(root) + 1);
		if (ret < 0)
			err_set(err, ret, "cannot make %s: %s", path,
				strerror(-ret));
		else
			ret = place_source(spec, name, path, err);
		free(path);
	}
	return ret;
}

/* ---- all of it ---- */

static int
render(const struct gcovr_spec *spec, const char *settings, const char *trace,
       struct err *err)
{
	char *root = xasprintf("%s/root", spec->work);
	char *html = xasprintf("%s/index.html", spec->out);
	char *xml = xasprintf("%s/cobertura.xml", spec->out);
	const char *for_html[] = {
		"gcovr",
		"--config",
		settings,
		"--root",
		root,
		"-a",
		trace,
		"--html-details",
		html,
		"--html-title",
		"Coverage of the lab's tests",
		NULL,
	};
	/* Paths in it start from the real directory, and that is named as seen
	 * from where we are. */
	const char *for_xml[] = {
		"gcovr", "--config", settings, "--root", spec->sources[0],
		"-a",	 trace,	     "--xml",  xml,	 "--xml-pretty",
		NULL,
	};
	int ret = place_sources(spec, root, err);

	if (ret == 0)
		ret = run(for_html, root, err);
	if (ret == 0)
		ret = run(for_xml, NULL, err);
	free(root);
	free(html);
	free(xml);
	return ret;
}

int
gcovr_render(const struct gcovr_spec *spec, struct err *err)
{
	char *settings = xasprintf("%s/gcovr.cfg", spec->work);
	char *trace = xasprintf("%s/trace.json", spec->work);
	char *format = NULL;
	struct err mine = ERR_INIT;
	int ret = write_file(settings, config, &mine);

	if (ret == 0) {
		format = find_format(spec, settings, &mine);
		ret = format != NULL ? 0 : mine.code;
	}
	if (ret == 0) {
		json_t *json = cov_data_json(spec->data, format);

		if (json_dump_file(json, trace, JSON_COMPACT) < 0)
			ret = err_set(&mine, -EIO, "cannot write %s", trace);
		json_decref(json);
	}
	if (ret == 0)
		ret = render(spec, settings, trace, &mine);
	free(format);
	free(trace);
	free(settings);
	if (ret < 0 && err != NULL)
		*err = mine;
	return ret;
}
