/*
 * draft: a file that is written beside its place and put there whole, so that
 * who reads it at any time finds the old one or the new one.
 */
#ifndef LIB_DRAFT_H
#define LIB_DRAFT_H

#include <limits.h>
#include <stdio.h>

struct err;

struct draft {
	FILE *file; /* what is written goes here */
	char path[PATH_MAX];
	char draft_path[PATH_MAX];
};

/** draft_open() - begin to write @path; Return: 0, @draft is to be given to
 * draft_finish() or draft_drop(); -errno with @err set */
int draft_open(struct draft *draft, const char *path, struct err *err);
/** draft_finish() - put it in its place; Return: 0; -errno with @err set, the
 * file is as it was then */
int draft_finish(struct draft *draft, struct err *err);
/** draft_drop() - the file stays as it was */
void draft_drop(struct draft *draft);

#endif /* LIB_DRAFT_H */
