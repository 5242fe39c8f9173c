#include "driver/lab/coverage-key.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "driver/lab/plan.h"
#include "driver/lab/reader.h"
#include "lib/xalloc.h"

/* STRIP is there so that none of the guest's own counts. */
#define EXPORTS                                                                \
	"export GCOV_PREFIX=" PLAN_COVERAGE_DIR "/p GCOV_PREFIX_STRIP=0;"

/* A directory of the host, without symbolic links, returned owned; NULL after a
 * problem.  @named: out, owned: the same as it is written; or NULL */
static char *
read_directory(struct reader *r, const json_t *value, char **named)
{
	const char *path, *why = NULL;
	char *absolute, *real;
	struct stat st;

	if (!reader_text(r, value, &path))
		return NULL;
	absolute = reader_beside_file(r, path);
	real = realpath(absolute, NULL);
	if (*path == '\0')
		why = "it has no name";
	else if (real == NULL || stat(real, &st) < 0)
		why = strerror(errno);
	else if (!S_ISDIR(st.st_mode))
		why = "it is no directory";
	else if (strchr(real, '\n') != NULL)
		why = "its path has a newline";
	if (why != NULL) {
		reader_problem(r, "cannot use '%s': %s", path, why);
		free(real);
		real = NULL;
	}
	if (real != NULL && named != NULL)
		*named = absolute;
	else
		free(absolute);
	return real;
}

static void
read_source(struct reader *r, const json_t *value, struct plan_coverage *c)
{
	c->source = read_directory(r, value, NULL);
}

static void
read_build(struct reader *r, const json_t *value, struct plan_coverage *c)
{
	c->build = read_directory(r, value, &c->build_named);
}

static void
read_exclude(struct reader *r, const json_t *value, struct plan_coverage *c)
{
	reader_words(r, value, "regular expressions, as in { \"^tests/\" }",
		     &c->exclude, &c->n_exclude);
	for (size_t i = 0; i < c->n_exclude; i++) {
		char why[128];
		regex_t regex;
		int ret =
		    regcomp(&regex, c->exclude[i], REG_EXTENDED | REG_NOSUB);

		if (ret == 0) {
			regfree(&regex);
			continue;
		}
		regerror(ret, &regex, why, sizeof(why));
		reader_problem(r, "'%s' is no regular expression: %s",
			       c->exclude[i], why);
	}
}

static void
read_fail_under(struct reader *r, const json_t *value, struct plan_coverage *c)
{
	double percent = json_number_value(value);

	if (json_is_null(value))
		return;
	if (!json_is_number(value) || !(percent >= 0) || percent > 100)
		reader_problem(r, "must be a percentage, from 0 to 100");
	else
		c->fail_under = percent;
}

static void
read_flush(struct reader *r, const json_t *value, struct plan_coverage *c)
{
	const char *text;

	if (reader_text(r, value, &text))
		c->flush = xstrdup(text);
}

/* coverage_complete() has to know all nodes. */
static void
read_machines(struct reader *r, const json_t *value, struct plan_coverage *c)
{
	(void)r;
	(void)value;
	(void)c;
}

static const struct {
	const char *name;
	void (*read)(struct reader *r, const json_t *value,
		     struct plan_coverage *coverage);
} keys[] = {
	{ "source", read_source },	   { "build", read_build },
	{ "machines", read_machines },	   { "exclude", read_exclude },
	{ "fail_under", read_fail_under }, { "flush", read_flush },
};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static void
read_member(struct reader *r, const char *key, const json_t *value,
	    struct plan_coverage *coverage)
{
	const char *known[N_KEYS + 1] = { NULL };

	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, key) == 0) {
			keys[i].read(r, value, coverage);
			return;
		}
		known[i] = keys[i].name;
	}
	reader_unknown_key(r, key, known);
}

void
coverage_read(struct reader *r, const json_t *value, struct plan *plan)
{
	const char *key;
	json_t *member;

	if (!reader_table(r, value,
			  "what is known of the programs, as in "
			  "{ source = \"./src\", build = "
			  "\"./build\" }"))
		return;
	plan->coverage = XNEW(struct plan_coverage);
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		read_member(r, key, member, plan->coverage);
		reader_leave(r);
	}
	if (json_object_get(value, "build") == NULL)
		reader_problem(r, "which directory were the programs built in, "
				  "with --coverage? add `build`");
	if (json_object_get(value, "source") == NULL)
		reader_problem(r, "which directory has their source? add "
				  "`source`");
}

static void
cover(struct plan_node *node)
{
	node->is_covered = true;
	node->exports = EXPORTS;
}

static void
cover_named(struct reader *r, const json_t *value, struct plan *plan)
{
	const char *name;

	if (!reader_text(r, value, &name))
		return;
	for (size_t i = 0; i < plan->n_nodes; i++) {
		if (strcmp(plan->nodes[i].name, name) == 0) {
			cover(&plan->nodes[i]);
			return;
		}
	}
	reader_problem(r, "there is no node '%s'", name);
}

void
coverage_complete(struct reader *r, const json_t *value, struct plan *plan)
{
	const json_t *machines = json_object_get(value, "machines");
	size_t n;

	if (plan->coverage == NULL)
		return;
	if (machines == NULL) {
		for (size_t i = 0; i < plan->n_nodes; i++)
			cover(&plan->nodes[i]);
		return;
	}
	reader_enter(r, "coverage");
	reader_enter(r, "machines");
	if (reader_list(r, machines, "nodes, as in { \"client\" }", &n)) {
		for (size_t i = 0; i < n; i++) {
			reader_enter_index(r, i + 1);
			cover_named(r, json_array_get(machines, i), plan);
			reader_leave(r);
		}
		if (n == 0)
			reader_problem(r, "names no node; leave it out to mean "
					  "all");
	}
	reader_leave(r);
	reader_leave(r);
}

void
coverage_free(struct plan_coverage *coverage)
{
	if (coverage == NULL)
		return;
	free(coverage->source);
	free(coverage->build);
	free(coverage->build_named);
	for (size_t i = 0; i < coverage->n_exclude; i++)
		free(coverage->exclude[i]);
	free(coverage->exclude);
	free(coverage->flush);
	free(coverage);
}
