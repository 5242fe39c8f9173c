/*
 * port-table: what a plugin keeps for each port: found by the port's number
 * where frames pass, by its name where people speak.
 *
 * A port's state begins when somebody asks for it and ends with the port; that
 * of a declared port stays, waits for it, and is there when it comes again; not
 * if it is no longer declared by then.
 */
#ifndef PLUGINS_COMMON_PORT_TABLE_H
#define PLUGINS_COMMON_PORT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "vdelab/plugin.h"

struct port_table;

/* The state of one port.  A plugin's own struct begins with this. */
struct port_state {
	uint32_t id; /* VL_PORT_NONE: declared, and not there at present */
	const char *name;
};

struct port_table_ops {
	size_t size; /* of the plugin's struct; it starts as zeros */
	/* A state is new.  May be NULL. */
	void (*init)(struct port_state *state, struct vl_inst *inst);
	/* The port is there, or there again.  May be NULL. */
	void (*plugged)(struct port_state *state);
	/* The port goes; its state may stay.  May be NULL. */
	void (*unplugged)(struct port_state *state);
	/* Frees what the state refers to, not the state.  May be NULL. */
	void (*fini)(struct port_state *state);
};

/** port_table_new() - Return: returned owned; NULL when out of memory.
 * @ops: borrowed for the table's life */
struct port_table *port_table_new(struct vl_inst *inst,
				  const struct port_table_ops *ops);
/** port_table_free() - NULL is a no-op */
void port_table_free(struct port_table *table);

/** port_table_on_port() - to be called from the plugin's vl_port_fn */
void port_table_on_port(struct port_table *table, enum vl_port_event event,
			uint32_t id);

/** port_table_find() - the state of the port @id; NULL: it has none */
void *port_table_find(const struct port_table *table, uint32_t id);
/** port_table_find_name() - likewise, by name */
void *port_table_find_name(const struct port_table *table, const char *name);
/**
 * port_table_need() - the state of the port called @name, a new one if it has
 * none
 *
 * Return: borrowed; NULL with the reason in @error: no such port is there, or
 * is declared; it is out of the instance's scope; out of memory.
 */
void *port_table_need(struct port_table *table, const char *name, char *error,
		      size_t error_size);
/** port_table_drop() - @state is not needed any more */
void port_table_drop(struct port_table *table, void *state);
/** port_table_each() - the @i-th state, in the order of their names; NULL
 * behind the last */
void *port_table_each(const struct port_table *table, size_t i);

#endif /* PLUGINS_COMMON_PORT_TABLE_H */
