/* table-json: a Lua table as JSON. */
#ifndef DRIVER_SCRIPT_TABLE_JSON_H
#define DRIVER_SCRIPT_TABLE_JSON_H

#include <jansson.h>

struct lua_State;
struct reader;

/**
 * table_to_json() - the table at @index of @L's stack
 * @reader: gets a problem for each member that JSON or a test file cannot
 *          have, and which becomes null
 * @skip:   a member of this table, not of those in it, to leave out if it is a
 *          function
 *
 * A table of nothing becomes an empty object.  Allocates nothing in Lua and
 * raises no error.  Return: returned owned.
 */
json_t *table_to_json(struct lua_State *L, int index, struct reader *reader,
		      const char *skip);

#endif /* DRIVER_SCRIPT_TABLE_JSON_H */
