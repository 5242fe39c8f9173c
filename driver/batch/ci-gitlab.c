#include "config.h"

#include "driver/batch/ci-gitlab.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "driver/batch/outcome.h"
#include "driver/batch/record.h"
#include "driver/batch/write-json.h"
#include "driver/report/annotations.h"
#include "driver/report/relative-path.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/xalloc.h"

void
ci_gitlab_init(struct ci_gitlab *gitlab, FILE *out)
{
	*gitlab = (struct ci_gitlab){ .out = out };
}

void
ci_gitlab_print_begins(struct ci_gitlab *gitlab, const char *label)
{
	free(gitlab->label);
	/* Names must not come twice in a job. */
	gitlab->label = xasprintf("vdelab_%zu_%s", ++gitlab->n_sections, label);
	gitlab_section_begin(gitlab->out, gitlab->label, label, time(NULL),
			     false);
}

void
ci_gitlab_print_ends(struct ci_gitlab *gitlab)
{
	if (gitlab->label == NULL)
		return;
	gitlab_section_end(gitlab->out, gitlab->label, time(NULL));
	free(gitlab->label);
	gitlab->label = NULL;
}

/* Where the artifact @path is looked at; NULL: it is none. */
static char *
url_of(const char *path)
{
	const char *project = getenv("CI_PROJECT_DIR");
	const char *job = getenv("CI_JOB_URL");
	char *root = project != NULL ? realpath(project, NULL) : NULL;
	char *file = realpath(path, NULL);
	char *url = NULL;

	if (job != NULL && root != NULL && file != NULL &&
	    path_is_below(root, file)) {
		char *relative = relative_path(root, file);
		char *part = gitlab_url(relative);

		url = xasprintf("%s/artifacts/file/%s", job, part);
		free(part);
		free(relative);
	}
	free(root);
	free(file);
	return url;
}

static void
add_link(json_t *links, const char *label, const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	char *url = url_of(path);

	if (url != NULL)
		json_array_append_new(
		    links,
		    json_pack("{s:{s:o, s:s}}", "external_link", "label",
			      json_text(label, strlen(label)), "url", url));
	free(url);
	free(path);
}

/* The table of all tests, then the report of each that is not simply passed. */
static json_t *
links_of(const struct batch_record *batch)
{
	char *all = xasprintf("report%s.html", batch->tag);
	json_t *links = json_array();

	add_link(links, "all tests", batch->root, all);
	free(all);
	for (size_t i = 0; i < batch->n_tests; i++) {
		struct outcome outcome;
		char *label;

		outcome_read(&outcome, batch, i, false);
		label = xasprintf("%s: %s", outcome.test->name,
				  result_word(outcome.result));
		if (outcome.dir != NULL && outcome.result != RESULT_PASSED)
			add_link(links, label, outcome.dir, "report.html");
		free(label);
		outcome_fini(&outcome);
	}
	return links;
}

void
ci_gitlab_end(struct ci_gitlab *gitlab, const struct batch_record *batch)
{
	json_t *json;
	struct err err = ERR_INIT;
	char *path;

	free(gitlab->label);
	gitlab->label = NULL;
	if (batch->root == NULL)
		return;
	json = json_pack("{s:o}", "vdelab", links_of(batch));
	path = xasprintf("%s/gl-annotations.json", batch->root);
	if (write_json(json, path, &err) < 0)
		log_warn("%s", err.text);
	json_decref(json);
	free(path);
}
