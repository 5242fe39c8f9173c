/* python-check: is a text a Python program? */
#ifndef DRIVER_SCRIPT_PYTHON_CHECK_H
#define DRIVER_SCRIPT_PYTHON_CHECK_H

#include <stddef.h>

struct err;

/**
 * python_check() - let python3 compile @text, of @size octets, and not run it
 * @line: where it is wrong; 0: nowhere in particular
 *
 * Return: what is wrong, returned owned; NULL: nothing, or there is no python3.
 */
char *python_check(const char *text, size_t size, int *line);

/** python_text_fd() - @text as a file that can be read from its beginning
 * Return: a descriptor, close-on-exec, owned by the caller; -errno with @err. */
int python_text_fd(const char *text, size_t size, struct err *err);

#endif /* DRIVER_SCRIPT_PYTHON_CHECK_H */
