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

/* The ways into a node and out of it: node-ways.c.  Each reads the value of a
 * key. */
void node_read_forward_ports(struct reader *r, const json_t *value,
			     struct plan_node *node);
void node_read_internet(struct reader *r, const json_t *value,
			struct plan_node *node);
void node_read_net(struct reader *r, const json_t *value,
		   struct plan_node *node);
void node_read_start_command(struct reader *r, const json_t *value,
			     struct plan_node *node);
/** node_quote() - @text as one word of a shell's; returned owned */
char *node_quote(const char *text);
/** node_complete_ways() - when all keys of @value have been read: do they go
 * together? */
void node_complete_ways(struct reader *r, const json_t *value,
			struct plan_node *node);
void node_fini_ways(struct plan_node *node);
/** node_check_ways() - does any of the first @n nodes listen where the one
 * behind them wants to? */
void node_check_ways(struct reader *r, const struct plan_node *nodes, size_t n);

/* Keys of what it boots, for node_read(). */
void node_read_arch(struct reader *r, const json_t *value,
		    struct plan_node *node);
void node_read_image(struct reader *r, const json_t *value,
		     struct plan_node *node);
void node_read_kernel(struct reader *r, const json_t *value,
		      struct plan_node *node);
void node_read_initrd(struct reader *r, const json_t *value,
		      struct plan_node *node);
void node_read_disk(struct reader *r, const json_t *value,
		    struct plan_node *node);
void node_read_disks(struct reader *r, const json_t *value,
		     struct plan_node *node);
void node_read_cdrom(struct reader *r, const json_t *value,
		     struct plan_node *node);
/** node_complete_boot() - when all keys have been read: what follows from them,
 * and problems of those that exclude each other */
void node_complete_boot(struct reader *r, const json_t *value,
			struct plan_node *node);
void node_fini_boot(struct plan_node *node);

#endif /* DRIVER_LAB_NODE_H */
