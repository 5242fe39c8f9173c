/* notes: the files that the compiler has made beside each object, NAME.gcno,
 * which say what its counters count. */
#ifndef DRIVER_COVERAGE_NOTES_H
#define DRIVER_COVERAGE_NOTES_H

#include <stddef.h>

struct coverage_notes {
	char **paths; /* absolute, in order */
	size_t n;
};

/** coverage_notes_find() - all below directory @build, not following symbolic
 * links; to be freed by coverage_notes_fini() */
void coverage_notes_find(const char *build, struct coverage_notes *notes);
void coverage_notes_fini(struct coverage_notes *notes);

/** coverage_notes_list() - where the counters of each will be written, a path a
 * line; of paths with newlines none; returned owned */
char *coverage_notes_list(const struct coverage_notes *notes);

/**
 * coverage_notes_match() - which of them belongs to counters
 * @build:   the directory that was searched
 * @counted: the path that they were written to: below @build; or, when the build
 *           tree was somewhere else as it was compiled, the one whose end is that
 *           of most directories in common
 *
 * Return: borrowed from @notes; NULL: none does.
 */
const char *coverage_notes_match(const struct coverage_notes *notes,
				 const char *build, const char *counted);

#endif /* DRIVER_COVERAGE_NOTES_H */
