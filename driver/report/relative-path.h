/* relative-path: how one place is named from another. */
#ifndef DRIVER_REPORT_RELATIVE_PATH_H
#define DRIVER_REPORT_RELATIVE_PATH_H

#include <stdbool.h>

/** relative_path() - @path as seen from directory @dir: "../a/b", "." for itself
 * @dir, @path: absolute, without "." and ".." in them and without links, so as
 *              realpath(3) makes them
 * Return: returned owned. */
char *relative_path(const char *dir, const char *path);
/** path_is_below() - is @path in directory @dir, or below it?  Likewise. */
bool path_is_below(const char *dir, const char *path);

#endif /* DRIVER_REPORT_RELATIVE_PATH_H */
