/* write-json: a JSON file that is replaced whole, so that who reads it at any
 * time finds the old one or the new one. */
#ifndef DRIVER_BATCH_WRITE_JSON_H
#define DRIVER_BATCH_WRITE_JSON_H

#include <jansson.h>

struct err;

/** write_json() - @value, borrowed, as file @path; Return: 0; -errno with @err
 * set, the file is as it was then */
int write_json(const json_t *value, const char *path, struct err *err);

#endif /* DRIVER_BATCH_WRITE_JSON_H */
