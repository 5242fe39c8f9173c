/* node: one entry of a test file's `nodes`. */
#ifndef DRIVER_LAB_NODE_H
#define DRIVER_LAB_NODE_H

#include <jansson.h>

struct plan_node;
struct reader;

/** node_check_name() - is @name, which @r stands at, fit to be a host's name?
 * If not, a problem is added. */
void node_check_name(struct reader *r, const char *name);

/**
 * node_read() - the node's table into @node: what needs no knowledge of other
 * nodes; defaults for the rest
 * @node: zeroed; .name is set; node_fini() is safe whatever happens
 */
void node_read(struct reader *r, const json_t *value, struct plan_node *node);
void node_fini(struct plan_node *node);

#endif /* DRIVER_LAB_NODE_H */
