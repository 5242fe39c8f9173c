/*
 * textfile: a file that always holds a whole text, the last one: written beside
 * it and put in its place, by a thread that may wait for the disk.
 */
#ifndef METRICS_TEXTFILE_H
#define METRICS_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

struct textfile;

/** textfile_new() - @path: copied.  Return: returned owned; NULL when out of
 * memory or threads */
struct textfile *textfile_new(const char *path);
/** textfile_free() - waits for what is being written; NULL is a no-op */
void textfile_free(struct textfile *f);
/**
 * textfile_put() - @text becomes the content soon
 * @text: taken, @len octets
 *
 * Return: false: the one before is still being written, and this one is gone.
 */
bool textfile_put(struct textfile *f, char *text, size_t len);
/** textfile_error() - the negative errno of the last one written; 0: it is
 * there, or none has been written */
int textfile_error(struct textfile *f);

#endif /* METRICS_TEXTFILE_H */
