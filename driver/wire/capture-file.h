/* capture-file: the file that a segment of a run is captured into. */
#ifndef DRIVER_WIRE_CAPTURE_FILE_H
#define DRIVER_WIRE_CAPTURE_FILE_H

#include <stdbool.h>

struct err;

/**
 * capture_file_open() - where the next frames go
 * @again: behind the last whole block of what is there (a switch that was
 *         killed may have left half a one); else the file is emptied
 *
 * Return: a descriptor the caller owns; -errno.
 */
int capture_file_open(const char *path, bool again, struct err *err);

#endif /* DRIVER_WIRE_CAPTURE_FILE_H */
