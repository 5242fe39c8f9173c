/* results-json: the record of all tests as a JSON value, that of results.json;
 * doc/results.md tells its members. */
#ifndef DRIVER_BATCH_RESULTS_JSON_H
#define DRIVER_BATCH_RESULTS_JSON_H

#include <jansson.h>

struct batch_record;

enum { RESULTS_JSON_SCHEMA = 1 };

/** results_json() - Return: owned by the caller */
json_t *results_json(const struct batch_record *batch);

#endif /* DRIVER_BATCH_RESULTS_JSON_H */
