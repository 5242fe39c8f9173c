#include "config.h"

#include "driver/coverage/gcov.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/coverage/child.h"
#include "driver/coverage/data.h"
#include "driver/coverage/manifest.h"
#include "driver/coverage/notes.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

enum {
	BATCH = 200,	    /* objects in one go */
	PROGRAM_WORDS = 16, /* of $GCOV */
};

/* Objects are numbered, and lie in one directory: N.gcno leads to the notes,
 * N.gcda to counters, if there are any. */
struct reading {
	const struct coverage_manifest *manifest; /* all borrowed */
	const struct coverage_notes *notes;
	const char *work;
	struct gcov_scope *scope; /* owned */
	struct cov_data *data;	  /* owned */
	bool *counted;		  /* owned; of each of the notes */
	size_t n;		  /* objects */
	size_t n_strange;	  /* counters without notes */
	char *strange;		  /* the first of them; owned; or NULL */
	bool is_warned;		  /* gcov has said something */
};

/* ---- objects ---- */

static int
link_one(const struct reading *r, const char *to, const char *suffix,
	 struct err *err)
{
	char *path = xasprintf("%s/%zu.%s", r->work, r->n, suffix);
	int ret = 0;

	if (symlink(to, path) < 0)
		ret = err_errno(err, "cannot make %s", path);
	free(path);
	return ret;
}

/* @counters: NULL: nobody has counted in it. */
static int
add_object(struct reading *r, const char *notes, const char *counters,
	   struct err *err)
{
	int ret = link_one(r, notes, "gcno", err);

	if (ret == 0 && counters != NULL)
		ret = link_one(r, counters, "gcda", err);
	r->n++;
	return ret;
}

static void
note_counted(struct reading *r, const char *notes)
{
	for (size_t i = 0; i < r->notes->n; i++)
		if (r->notes->paths[i] == notes)
			r->counted[i] = true;
}

/* @path: of counters that were unpacked; @below: what of it they had in the
 * guest. */
static int
add_counters(struct reading *r, const char *path, const char *below,
	     struct err *err)
{
	const char *notes;

	notes = coverage_notes_match(r->notes, r->manifest->build, below);
	if (notes != NULL) {
		note_counted(r, notes);
		return add_object(r, notes, path, err);
	}
	r->n_strange++;
	if (r->strange == NULL)
		r->strange = xstrdup(below);
	return 0;
}

/* Counters lie below p, r and k (guest-text.h), and as they lay in the guest
 * below that. */
static int
add_tree(struct reading *r, char *dir, struct err *err)
{
	char *const roots[] = { dir, NULL };
	size_t len = strlen(dir);
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;
	int ret = 0;

	while (ret == 0 && tree != NULL && (entry = fts_read(tree)) != NULL) {
		const char *name = entry->fts_path + len;

		/* "/p/abs/path.gcda"; a link, or a device, is not ours */
		if (entry->fts_info == FTS_F && entry->fts_statp->st_size > 0 &&
		    strlen(name) > 3 && name[2] == '/' &&
		    strcmp(name + strlen(name) - 5, ".gcda") == 0)
			ret = add_counters(r, entry->fts_path, name + 2, err);
	}
	if (tree != NULL)
		fts_close(tree);
	return ret;
}

/* GNU tar refuses members that lead out of the directory. */
static int
unpack(const char *archive, const char *dir, struct err *err)
{
	const char *argv[] = { "tar",
			       "-C",
			       dir,
			       "-xif",
			       "-",
			       "--no-same-owner",
			       "--no-same-permissions",
			       NULL };
	struct child_spec spec = { .argv = argv, .stdout_fd = -1 };
	char said[CHILD_SAID_SIZE];
	int ret;

	if (mkdir(dir, 0700) < 0)
		return err_errno(err, "cannot make %s", dir);
	spec.stdin_fd = open(archive, O_RDONLY | O_CLOEXEC);
	if (spec.stdin_fd < 0)
		return err_errno(err, "%s", archive);
	ret = child_run(&spec, said, err);
	close(spec.stdin_fd);
	/* Part of it is better than nothing. */
	if (ret > 0)
		log_warn("coverage: %s: tar: %s", archive, said);
	return ret < 0 ? ret : 0;
}

static int
add_archives(struct reading *r, char *const *archives, size_t n,
	     struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret == 0; i++) {
		char *dir = xasprintf("%s/from-%zu", r->work, i);

		ret = unpack(archives[i], dir, err);
		if (ret == 0)
			ret = add_tree(r, dir, err);
		free(dir);
	}
	for (size_t i = 0; i < r->notes->n && ret == 0; i++)
		if (!r->counted[i])
			ret = add_object(r, r->notes->paths[i], NULL, err);
	return ret;
}

/* ---- gcov ---- */

/* Each of an object without counters is an expected line. */
static void
heed(struct reading *r, const char *said)
{
	while (*said != '\0' && !r->is_warned) {
		size_t len = strcspn(said, "\n");
		char *line = xasprintf("%.*s", (int)len, said);

		if (strstr(line, "assuming not executed") == NULL &&
		    line[0] != '\0') {
			log_warn("coverage: gcov: %s%s", line,
				 strstr(line, "stamp mismatch") != NULL
				     ? " (what the guests ran was built at "
				       "another time than what is in `build`)"
				     : "");
			r->is_warned = true;
		}
		free(line);
		said += len + (said[len] != '\0');
	}
}

static int
read_output(struct reading *r, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	if (f == NULL)
		return err_errno(err, "%s", path);
	while (ret == 0 && (len = getline(&line, &size, f)) > 0)
		if (len > 1)
			ret = gcov_add_line(r->scope, r->data, line,
					    (size_t)len, err);
	free(line);
	fclose(f);
	return ret;
}

/* $GCOV may have words, as "gcov-12" or "env X=y gcov"; into @words, whose text
 * is returned owned. */
static char *
program_words(const char **words, size_t *n)
{
	const char *program = getenv("GCOV");
	char *text =
	    xstrdup(program != NULL && *program != '\0' ? program : "gcov");
	char *rest = NULL;

	*n = 0;
	for (char *word = strtok_r(text, " ", &rest);
	     word != NULL && *n < PROGRAM_WORDS;
	     word = strtok_r(NULL, " ", &rest))
		words[(*n)++] = word;
	if (*n == 0)
		words[(*n)++] = "gcov";
	return text;
}

static int
run_gcov(struct reading *r, size_t from, size_t to, struct err *err)
{
	const char *argv[PROGRAM_WORDS + BATCH + 4];
	char names[BATCH][32];
	char said[CHILD_SAID_SIZE];
	char *out = xasprintf("%s/out", r->work);
	size_t used;
	char *program = program_words(argv, &used);
	struct child_spec spec = { .argv = argv,
				   .cwd = r->work,
				   .stdin_fd = -1 };
	int ret;

	argv[used++] = "--json-format";
	argv[used++] = "--stdout";
	argv[used++] = "--branch-probabilities";
	for (size_t i = from; i < to; i++) {
		snprintf(names[i - from], sizeof(names[0]), "%zu.gcda", i);
		argv[used++] = names[i - from];
	}
	argv[used] = NULL;
	spec.stdout_fd =
	    open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (spec.stdout_fd < 0) {
		ret = err_errno(err, "%s", out);
	} else {
		ret = child_run(&spec, said, err);
		close(spec.stdout_fd);
		if (ret >= 0)
			heed(r, said);
		if (ret > 0)
			ret =
			    err_set(err, -EIO, "%s failed: %s", argv[0], said);
	}
	if (ret == 0)
		ret = read_output(r, out, err);
	free(program);
	free(out);
	return ret;
}

struct cov_data *
gcov_read(const struct coverage_manifest *manifest,
	  const struct coverage_notes *notes, char *const *archives,
	  size_t n_archives, const char *work, struct err *err)
{
	struct reading r = {
		.manifest = manifest,
		.notes = notes,
		.work = work,
		.scope = gcov_scope_new(manifest),
		.data = cov_data_new(),
		.counted = xcalloc(notes->n + 1, sizeof(bool)),
	};
	int ret = add_archives(&r, archives, n_archives, err);

	for (size_t i = 0; i < r.n && ret == 0; i += BATCH)
		ret = run_gcov(&r, i, i + BATCH < r.n ? i + BATCH : r.n, err);
	if (r.strange != NULL)
		log_warn("coverage: %zu files of counters belong to nothing in "
			 "%s, the first is %s",
			 r.n_strange, manifest->build, r.strange);
	free(r.strange);
	free(r.counted);
	gcov_scope_free(r.scope);
	if (ret == 0)
		return r.data;
	cov_data_free(r.data);
	return NULL;
}
