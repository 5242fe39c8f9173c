#include "config.h"

#include "plugins/common/port-table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct port_table {
	struct vl_inst *inst;
	const struct port_table_ops *ops;
	/* The same states twice; there is room for as many in both. */
	struct port_state **by_name; /* owned, ascending */
	struct port_state **by_id;   /* those that are there, ascending */
	size_t n_names, n_ids, size;
};

struct port_table *
port_table_new(struct vl_inst *inst, const struct port_table_ops *ops)
{
	struct port_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->inst = inst;
	table->ops = ops;
	return table;
}

static void
free_state(const struct port_table *table, struct port_state *state)
{
	if (table->ops->fini != NULL)
		table->ops->fini(state);
	free((char *)state->name);
	free(state);
}

void
port_table_free(struct port_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->n_names; i++)
		free_state(table, table->by_name[i]);
	free(table->by_name);
	free(table->by_id);
	free(table);
}

/* ---- looking up ---- */

/* The first of .by_id whose number is not below @id. */
static size_t
id_index(const struct port_table *table, uint32_t id)
{
	size_t low = 0, high = table->n_ids;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (table->by_id[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void *
port_table_find(const struct port_table *table, uint32_t id)
{
	size_t i = id_index(table, id);

	if (i == table->n_ids || table->by_id[i]->id != id)
		return NULL;
	return table->by_id[i];
}

static size_t
name_index(const struct port_table *table, const char *name)
{
	size_t low = 0, high = table->n_names;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(table->by_name[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void *
port_table_find_name(const struct port_table *table, const char *name)
{
	size_t i = name_index(table, name);

	if (i == table->n_names || strcmp(table->by_name[i]->name, name) != 0)
		return NULL;
	return table->by_name[i];
}

void *
port_table_each(const struct port_table *table, size_t i)
{
	return i < table->n_names ? table->by_name[i] : NULL;
}

/* ---- the two lists ---- */

static void
insert_at(struct port_state **list, size_t *n, size_t i,
	  struct port_state *state)
{
	memmove(list + i + 1, list + i, (*n - i) * sizeof(*list));
	list[i] = state;
	++*n;
}

static void
remove_at(struct port_state **list, size_t *n, size_t i)
{
	--*n;
	memmove(list + i, list + i + 1, (*n - i) * sizeof(*list));
}

static void
plug(struct port_table *table, struct port_state *state, uint32_t id)
{
	state->id = id;
	insert_at(table->by_id, &table->n_ids, id_index(table, id), state);
	if (table->ops->plugged != NULL)
		table->ops->plugged(state);
}

static void
unplug(struct port_table *table, struct port_state *state)
{
	if (state->id == VL_PORT_NONE)
		return;
	if (table->ops->unplugged != NULL)
		table->ops->unplugged(state);
	remove_at(table->by_id, &table->n_ids, id_index(table, state->id));
	state->id = VL_PORT_NONE;
}

/* ---- states ---- */

void
port_table_drop(struct port_table *table, void *dropped)
{
	struct port_state *state = dropped;

	unplug(table, state);
	remove_at(table->by_name, &table->n_names,
		  name_index(table, state->name));
	free_state(table, state);
}

/* Does @state wait for a port of which nobody says any more that it will come?
 */
static int
is_stale(const struct port_table *table, const struct port_state *state)
{
	return state->id == VL_PORT_NONE &&
	       !vl_port_is_declared(table->inst, state->name);
}

/* Nobody tells us when a port is no longer declared: whoever declares ever new
 * names must not make us grow for ever. */
static void
drop_stale(struct port_table *table)
{
	for (size_t i = table->n_names; i-- > 0;) {
		if (is_stale(table, table->by_name[i]))
			port_table_drop(table, table->by_name[i]);
	}
}

static int
make_room(struct port_table *table)
{
	size_t size = table->size > 0 ? 2 * table->size : 16;
	struct port_state **list;

	if (table->n_names == table->size)
		drop_stale(table);
	if (table->n_names < table->size)
		return 0;
	list = reallocarray(table->by_name, size, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	table->by_name = list;
	list = reallocarray(table->by_id, size, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	table->by_id = list;
	table->size = size;
	return 0;
}

static struct port_state *
add_state(struct port_table *table, const char *name)
{
	struct port_state *state;

	if (make_room(table) < 0)
		return NULL;
	state = calloc(1, table->ops->size);
	if (state == NULL)
		return NULL;
	state->name = strdup(name);
	if (state->name == NULL) {
		free(state);
		return NULL;
	}
	state->id = VL_PORT_NONE;
	if (table->ops->init != NULL)
		table->ops->init(state, table->inst);
	insert_at(table->by_name, &table->n_names, name_index(table, name),
		  state);
	return state;
}

/* Is a frame of the port @id the instance's business? */
static int
in_scope(const struct port_table *table, uint32_t id)
{
	struct vl_scope scope = vl_scope(table->inst);

	return (scope.segment == UINT32_MAX ||
		scope.segment == vl_port_segment(table->inst, id)) &&
	       (scope.port == VL_PORT_NONE || scope.port == id);
}

void *
port_table_need(struct port_table *table, const char *name, char *error,
		size_t error_size)
{
	struct port_state *state = port_table_find_name(table, name);
	uint32_t id = vl_port_find(table->inst, name);

	if (state != NULL && is_stale(table, state)) {
		port_table_drop(table, state);
		state = NULL;
	}
	if (state != NULL)
		return state;
	if (id == VL_PORT_NONE && !vl_port_is_declared(table->inst, name)) {
		snprintf(error, error_size,
			 "no port is called \"%s\"; port.show lists them",
			 name);
		return NULL;
	}
	if (id != VL_PORT_NONE && !in_scope(table, id)) {
		snprintf(error, error_size,
			 "port %s is not among those that %s was loaded for",
			 name, vl_name(table->inst));
		return NULL;
	}
	state = add_state(table, name);
	if (state == NULL)
		snprintf(error, error_size, "out of memory");
	else if (id != VL_PORT_NONE)
		plug(table, state, id);
	return state;
}

/* ---- ports come, go and are called otherwise ---- */

static void
port_removed(struct port_table *table, uint32_t id)
{
	struct port_state *state = port_table_find(table, id);

	if (state == NULL)
		return;
	if (vl_port_is_declared(table->inst, state->name))
		unplug(table, state);
	else
		port_table_drop(table, state);
}

static void
port_renamed(struct port_table *table, uint32_t id, const char *name)
{
	struct port_state *state = port_table_find(table, id), *waiting;
	char *copy;

	if (state == NULL)
		return;
	copy = strdup(name);
	if (copy == NULL)
		return; /* it keeps the name it is known by */
	waiting = port_table_find_name(table, name);
	if (waiting != NULL)
		port_table_drop(table, waiting);
	remove_at(table->by_name, &table->n_names,
		  name_index(table, state->name));
	free((char *)state->name);
	state->name = copy;
	insert_at(table->by_name, &table->n_names, name_index(table, name),
		  state);
}

void
port_table_on_port(struct port_table *table, enum vl_port_event event,
		   uint32_t id)
{
	const char *name = vl_port_name(table->inst, id);
	struct port_state *waiting;

	switch (event) {
	case VL_PORT_ADDED:
		waiting = port_table_find_name(table, name);
		if (waiting != NULL && is_stale(table, waiting))
			port_table_drop(table, waiting);
		else if (waiting != NULL && waiting->id == VL_PORT_NONE)
			plug(table, waiting, id);
		break;
	case VL_PORT_REMOVED:
		port_removed(table, id);
		break;
	case VL_PORT_RENAMED:
		port_renamed(table, id, name);
		break;
	}
}
