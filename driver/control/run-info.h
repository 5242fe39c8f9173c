/* run-info: what clients of a run's control socket are told of it. */
#ifndef DRIVER_CONTROL_RUN_INFO_H
#define DRIVER_CONTROL_RUN_INFO_H

#include <jansson.h>

struct live;
struct plan;

/** run_info_new() - the nodes of @plan and their segments, as {machines,
 * segments}; @live: NULL: none runs yet.  Returned owned. */
json_t *run_info_new(const struct plan *plan, struct live *live);

#endif /* DRIVER_CONTROL_RUN_INFO_H */
