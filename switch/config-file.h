/*
 * config-file: a configuration file as lines of words.
 *
 * One command a line.  A backslash at the end of a line, outside a comment and
 * 'single quotes', joins the next one to it; words and quotes are those of
 * lib/words.  What the words mean is not known here.
 */
#ifndef SWITCH_CONFIG_FILE_H
#define SWITCH_CONFIG_FILE_H

#include <stddef.h>

#include "lib/words.h"

struct err;

enum {
	CONFIG_FILE_MAX = 4 * 1024 * 1024, /* bytes */
	CONFIG_LINE_MAX = 64 * 1024,	   /* bytes, joined */
};

struct config_line {
	unsigned number; /* from 1; the first of those that were joined */
	struct words words;
};

/* Lines that have words, in order. */
struct config_file {
	struct config_line *lines;
	size_t n;
};

/* A mistake on line @number. */
typedef void config_mistake_fn(unsigned number, const char *text, void *arg);

/**
 * config_file_parse() - @text as lines
 * @mistake: called for each line that cannot be read; those are left out
 */
void config_file_parse(const char *text, size_t size, struct config_file *file,
		       config_mistake_fn *mistake, void *arg);
void config_file_fini(struct config_file *file);

/**
 * config_file_read() - what is in the file @path
 * @text: returned owned
 *
 * It decides what runs in our name, so it must belong to us or to root, and
 * nobody else may be able to write to it.
 * Return: 0; -errno with @err set.
 */
int config_file_read(const char *path, char **text, size_t *size,
		     struct err *err);

#endif /* SWITCH_CONFIG_FILE_H */
