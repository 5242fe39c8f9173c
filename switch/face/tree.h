/* tree: the spanning tree of the face's segment, by its numbered ports. */
#ifndef FACE_TREE_H
#define FACE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct face;
struct numbered;
struct port;

enum { TREE_ID_SIZE = 24 }; /* eight pairs of hex digits, and a NUL */

struct tree {
	bool is_root;
	uint64_t root;	     /* bridge ids */
	uint64_t designated; /* of the link to it; all ones: there is none */
	uint32_t root_port;  /* numbered; 0: none */
	uint32_t root_cost;
	uint64_t age_s; /* since it became what it is */
};

/** tree_init() - of the switch's address and priority, on if it is wanted */
void tree_init(struct face *face);
/** tree_read() - as it is, or as it would be for this switch alone */
void tree_read(const struct face *face, struct tree *tree);
const char *tree_id_text(uint64_t id, char text[static TREE_ID_SIZE]);

/** tree_configure_port() - as @np says, if there is a port */
void tree_configure_port(const struct face *face, const struct numbered *np);
/** tree_role() - of @np, which has a port: "Root" */
const char *tree_role(const struct numbered *np);

/** tree_port_changed() - tell who wants to hear of states, roles, roots */
void tree_port_changed(struct face *face, struct numbered *np);
/** tree_new_vlan() - tell of the tree that VLAN @vid has from now on */
void tree_new_vlan(struct face *face, uint16_t vid);

#endif /* FACE_TREE_H */
