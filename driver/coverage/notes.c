#include "config.h"

#include "driver/coverage/notes.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add(struct coverage_notes *notes, const char *path)
{
	notes->paths =
	    xrealloc(notes->paths, notes->n + 1, sizeof(*notes->paths));
	notes->paths[notes->n++] = xstrdup(path);
}

void
coverage_notes_find(const char *build, struct coverage_notes *notes)
{
	char *const roots[] = { (char *)build, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;

	*notes = (struct coverage_notes){ .n = 0 };
	while (tree != NULL && (entry = fts_read(tree)) != NULL) {
		size_t len = strlen(entry->fts_name);

		if (entry->fts_info == FTS_F && len > 5 &&
		    strcmp(entry->fts_name + len - 5, ".gcno") == 0)
			add(notes, entry->fts_path);
	}
	if (tree != NULL)
		fts_close(tree);
	if (notes->n > 0)
		qsort(notes->paths, notes->n, sizeof(*notes->paths), compare);
}

void
coverage_notes_fini(struct coverage_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		free(notes->paths[i]);
	free(notes->paths);
	*notes = (struct coverage_notes){ .n = 0 };
}

char *
coverage_notes_list(const struct coverage_notes *notes)
{
	size_t size = 1;
	char *list, *to;

	for (size_t i = 0; i < notes->n; i++)
		size += strlen(notes->paths[i]) + 1;
	list = to = xcalloc(size, 1);
	for (size_t i = 0; i < notes->n; i++) {
		size_t len = strlen(notes->paths[i]);

		if (strchr(notes->paths[i], '\n') != NULL)
			continue;
		memcpy(to, notes->paths[i], len);
		memcpy(to + len - 2, "da\n", 3); /* .gcno: .gcda */
		to += len + 1;
	}
	return list;
}

const char *
coverage_notes_match(const struct coverage_notes *notes, const char *build,
		     const char *counted)
{
	size_t len = strlen(build);
	const char *rest = counted;

	if (strncmp(counted, build, len) == 0 && counted[len] == '/')
		rest = counted + len;
	/* From the whole of it on, a directory less each time. */
	for (; rest != NULL; rest = strchr(rest + 1, '/')) {
		char *path =
		    xasprintf("%s%s%s", build, *rest == '/' ? "" : "/", rest);
		size_t size = strlen(path);
		char **found = NULL;

		if (size > 5 && strcmp(path + size - 5, ".gcda") == 0) {
			memcpy(path + size - 2, "no", 2);
			found = notes->n > 0
				    ? bsearch(&path, notes->paths, notes->n,
					      sizeof(*notes->paths), compare)
				    : NULL;
		}
		free(path);
		if (found != NULL)
			return *found;
	}
	return NULL;
}
