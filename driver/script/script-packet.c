/* script-packet: frames as Lua tables, and tables as frames. */
#include "driver/script/script-internal.h"

#include <errno.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/packet/build.h"
#include "driver/packet/format.h"
#include "driver/packet/packet.h"
#include "lib/err.h"
#include "lib/nearest.h"

enum { WORDS_MAX = 64 };

static const char items_class[] = "vdelab.items";

/* ---- reading ---- */

static void push_part(lua_State *L, const struct packet *packet,
		      const struct packet_part *part);

/* items.mss: the first item of that kind, or nil */
static int
items_index(lua_State *L)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);

	for (lua_Integer i = 1; i <= n && lua_type(L, 2) == LUA_TSTRING; i++) {
		lua_rawgeti(L, 1, i);
		if (lua_istable(L, -1)) {
			lua_pushliteral(L, "kind");
			lua_rawget(L, -2);
			if (lua_rawequal(L, -1, 2)) {
				lua_pop(L, 1);
				return 1;
			}
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
	return 0;
}

static void
push_items(lua_State *L, const struct packet *packet,
	   const struct packet_part *part, const struct packet_field *list)
{
	struct packet_part item = { .protocol = NULL };

	luaL_checkstack(L, 6, "items nested too deeply");
	lua_newtable(L);
	if (luaL_newmetatable(L, items_class)) {
		lua_pushcfunction(L, items_index);
		lua_setfield(L, -2, "__index");
		lua_pushboolean(L, false);
		lua_setfield(L, -2, "__metatable");
	}
	lua_setmetatable(L, -2);
	for (lua_Integer n = 1; packet_next_item(packet, part, list, &item);
	     n++) {
		push_part(L, packet, &item);
		lua_rawseti(L, -2, n);
	}
}

static void
push_value(lua_State *L, const struct packet *packet,
	   const struct packet_part *part, const struct packet_field *field)
{
	struct packet_value value;
	char text[PACKET_TEXT_SIZE];

	packet_get(packet, part, field, &value);
	if (field->type == PACKET_UINT && field->bits == 1)
		lua_pushboolean(L, value.number != 0);
	else if (field->type == PACKET_UINT)
		lua_pushinteger(L, (lua_Integer)value.number);
	else if (field->type == PACKET_BYTES)
		lua_pushlstring(L, (const char *)value.data, value.size);
	else
		lua_pushstring(L, packet_value_text(field, &value, text));
}

static void
push_part(lua_State *L, const struct packet *packet,
	  const struct packet_part *part)
{
	lua_createtable(L, 0, 12);
	lua_pushstring(L, part->protocol->name);
	lua_setfield(L, -2, "kind");
	for (const struct packet_field *f = part->protocol->fields;
	     f->name != NULL; f++) {
		if (f->type == PACKET_LIST)
			push_items(L, packet, part, f);
		else
			push_value(L, packet, part, f);
		lua_setfield(L, -2, f->name);
	}
}

/* host.decode(octets) -> list of layers */
static int
host_decode(lua_State *L)
{
	struct packet packet;
	const char *data;
	size_t size;

	data = luaL_checklstring(L, 1, &size);
	packet_dissect((const uint8_t *)data, size, &packet);
	lua_createtable(L, (int)packet.n_layers, 0);
	for (size_t i = 0; i < packet.n_layers; i++) {
		push_part(L, &packet, &packet.layers[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* host.line(octets) -> one line, in tcpdump's words */
static int
host_line(lua_State *L)
{
	char line[PACKET_LINE_SIZE];
	struct packet packet;
	const char *data;
	size_t size;

	data = luaL_checklstring(L, 1, &size);
	packet_dissect((const uint8_t *)data, size, &packet);
	lua_pushstring(L, packet_format(&packet, line));
	return 1;
}

/* ---- making ---- */

static int
builder_gc(lua_State *L)
{
	struct packet_builder **box = lua_touserdata(L, 1);

	packet_builder_free(*box);
	*box = NULL;
	return 0;
}

/* On the stack, freed by Lua's collector: errors may come at any time. */
static struct packet_builder **
push_builder(lua_State *L)
{
	struct packet_builder **box = lua_newuserdatauv(L, sizeof(*box), 0);

	*box = NULL;
	if (luaL_newmetatable(L, "vdelab.builder")) {
		lua_pushcfunction(L, builder_gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	*box = packet_builder_new();
	return box;
}

/* "packet.tcp: unknown field 'sport' (did you mean 'src_port'?)" */
static void
raise_unknown(lua_State *L, const struct packet_protocol *protocol,
	      const char *name)
{
	const char *words[WORDS_MAX] = { NULL };
	const char *near;
	size_t n = 0;

	for (const struct packet_field *f = protocol->fields;
	     f->name != NULL && n + 1 < WORDS_MAX; f++)
		words[n++] = f->name;
	near = nearest_word(name, words);
	if (near != NULL)
		task_raise(L,
			   "packet.%s: unknown field '%s' (did you mean "
			   "'%s'?)",
			   protocol->name, name, near);
	task_raise(L, "packet.%s: unknown field '%s'", protocol->name, name);
}

/* Every key of the table at @i is a field. */
static void
check_keys(lua_State *L, int i, const struct packet_protocol *protocol)
{
	lua_pushnil(L);
	while (lua_next(L, i) != 0) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING)
			task_raise(L, "packet.%s: a field has a name",
				   protocol->name);
		if (strcmp(lua_tostring(L, -1), "kind") != 0 &&
		    packet_field_find(protocol, lua_tostring(L, -1)) == NULL)
			raise_unknown(L, protocol, lua_tostring(L, -1));
	}
}

static void
raise_value(lua_State *L, const struct packet_protocol *protocol,
	    const struct packet_field *field, int i)
{
	static const char *const wanted[] = {
		[PACKET_UINT] = "a whole number, 0 or more",
		[PACKET_FLAGS] = "letters, or a number",
		[PACKET_MAC] = "a MAC address",
		[PACKET_IPV4] = "an IPv4 address",
		[PACKET_IPV6] = "an IPv6 address",
		[PACKET_BYTES] = "a string",
		[PACKET_NAME] = "a domain name",
		[PACKET_LIST] = "a list of tables",
	};
	const char *letters =
	    field->type == PACKET_FLAGS ? field->letters : NULL;

	task_raise(L, "packet.%s: %s must be %s%s%s, not %s", protocol->name,
		   field->name, wanted[field->type],
		   letters != NULL ? " out of " : "",
		   letters != NULL ? letters : "",
		   lua_type(L, i) == LUA_TTABLE ? "a table"
						: luaL_tolstring(L, i, NULL));
}

static bool
number_at(lua_State *L, int i, uint64_t *number)
{
	int is_int;
	lua_Integer n = lua_tointegerx(L, i, &is_int);

	if (lua_type(L, i) != LUA_TNUMBER || !is_int || n < 0)
		return false;
	*number = (uint64_t)n;
	return true;
}

/* The value at @i for @field.  @octets: where an address is kept. */
static void
get_value(lua_State *L, int i, const struct packet_protocol *protocol,
	  const struct packet_field *field, uint8_t octets[static 16],
	  struct packet_value *value)
{
	bool is_text = lua_type(L, i) == LUA_TSTRING;

	value->number = 0;
	if (field->type == PACKET_BYTES && is_text) {
		value->data =
		    (const uint8_t *)lua_tolstring(L, i, &value->size);
		return;
	}
	if (field->type == PACKET_UINT && field->bits == 1 &&
	    lua_isboolean(L, i)) {
		value->number = (uint64_t)lua_toboolean(L, i);
		return;
	}
	if ((field->type == PACKET_UINT || field->type == PACKET_FLAGS) &&
	    number_at(L, i, &value->number))
		return;
	if (!is_text || strlen(lua_tostring(L, i)) != lua_rawlen(L, i) ||
	    packet_value_from_text(field, lua_tostring(L, i), octets, value) <
		0)
		raise_value(L, protocol, field, i);
}

static void set_fields(lua_State *L, int i, struct packet_builder *builder,
		       const struct packet_protocol *protocol);

static void
must(lua_State *L, int ret, const struct err *err)
{
	if (ret < 0)
		task_raise(L, "packet.%s", err->text);
}

/* Which kind of item the table on top of the stack is: what its `kind` says;
 * where there is only one, that. */
static const struct packet_protocol *
item_kind(lua_State *L, const struct packet_protocol *protocol,
	  const struct packet_field *list)
{
	const struct packet_protocol *const *kinds =
	    packet_item_kinds(list->list);
	const struct packet_protocol *kind = NULL;
	const char *names[WORDS_MAX] = { NULL };
	const char *near;

	lua_pushliteral(L, "kind");
	lua_rawget(L, -2);
	if (lua_isnil(L, -1) && kinds[1] == NULL)
		kind = kinds[0];
	else if (lua_type(L, -1) != LUA_TSTRING)
		task_raise(L, "packet.%s: each of its %s has a kind",
			   protocol->name, list->name);
	else
		kind = packet_item_find(list->list, lua_tostring(L, -1));
	for (size_t n = 0; kinds[n] != NULL && n + 1 < WORDS_MAX; n++)
		names[n] = kinds[n]->name;
	if (kind == NULL) {
		near = nearest_word(lua_tostring(L, -1), names);
		task_raise(L, "packet.%s: %s: unknown kind '%s'%s%s%s",
			   protocol->name, list->name, lua_tostring(L, -1),
			   near != NULL ? " (did you mean '" : "",
			   near != NULL ? near : "", near != NULL ? "'?)" : "");
	}
	lua_pop(L, 1);
	return kind;
}

static void
set_items(lua_State *L, int i, struct packet_builder *builder,
	  const struct packet_protocol *protocol,
	  const struct packet_field *list)
{
	lua_Integer n;

	if (!lua_istable(L, i))
		raise_value(L, protocol, list, i);
	luaL_checkstack(L, 6, "items nested too deeply");
	n = (lua_Integer)lua_rawlen(L, i);
	lua_pushnil(L);
	while (lua_next(L, i) != 0) {
		lua_pop(L, 1);
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) > n)
			raise_value(L, protocol, list, i);
	}
	for (lua_Integer k = 1; k <= n; k++) {
		const struct packet_protocol *kind;
		struct err err = ERR_INIT;

		if (lua_rawgeti(L, i, k) != LUA_TTABLE)
			raise_value(L, protocol, list, i);
		kind = item_kind(L, protocol, list);
		must(L, packet_builder_open_item(builder, list, kind, &err),
		     &err);
		set_fields(L, lua_gettop(L), builder, kind);
		lua_pop(L, 1);
	}
}

/* The fields of the table at @i, in the order of the protocol's own, and
 * closes what is open. */
static void
set_fields(lua_State *L, int i, struct packet_builder *builder,
	   const struct packet_protocol *protocol)
{
	check_keys(L, i, protocol);
	for (const struct packet_field *f = protocol->fields; f->name != NULL;
	     f++) {
		struct packet_value value;
		struct err err = ERR_INIT;
		uint8_t octets[16];

		lua_pushstring(L, f->name);
		lua_rawget(L, i);
		if (lua_isnil(L, -1)) {
			/* as it would be */
		} else if (f->type == PACKET_LIST) {
			set_items(L, lua_gettop(L), builder, protocol, f);
		} else {
			get_value(L, lua_gettop(L), protocol, f, octets,
				  &value);
			must(L, packet_builder_set(builder, f, &value, &err),
			     &err);
		}
		lua_pop(L, 1);
	}
	packet_builder_close(builder);
}

/* ICMP's fields depend on its type. */
static const struct packet_protocol *
variant_at(lua_State *L, int i, const struct packet_protocol *protocol)
{
	uint64_t type =
	    strcmp(protocol->name, "icmp") == 0 ? 8 : 128; /* echo */

	if (protocol->variants == NULL)
		return protocol;
	lua_pushliteral(L, "type");
	lua_rawget(L, i);
	if (!lua_isnil(L, -1) && !number_at(L, -1, &type))
		type = UINT64_MAX; /* which is told when it is set */
	lua_pop(L, 1);
	return packet_protocol_of_type(protocol, type);
}

/* The layer at the stack's top: a table with its kind, or octets. */
static void
add_layer(lua_State *L, struct packet_builder *builder)
{
	const struct packet_protocol *protocol = NULL;
	struct packet_value value = { .number = 0 };
	struct err err = ERR_INIT;
	int i = lua_gettop(L);

	if (lua_type(L, i) == LUA_TSTRING) {
		value.data = (const uint8_t *)lua_tolstring(L, i, &value.size);
		must(L, packet_builder_open(builder, &packet_raw, &err), &err);
		packet_builder_set(builder, packet_raw.fields, &value, &err);
		packet_builder_close(builder);
		return;
	}
	if (lua_istable(L, i)) {
		lua_pushliteral(L, "kind");
		lua_rawget(L, i);
		if (lua_type(L, -1) == LUA_TSTRING)
			protocol = packet_protocol_find(lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	if (protocol == NULL)
		task_raise(L, "a layer of a packet is what packet.eth{} and "
			      "the like make, or a string");
	protocol = variant_at(L, i, protocol);
	must(L, packet_builder_open(builder, protocol, &err), &err);
	set_fields(L, i, builder, protocol);
}

/* host.make(layers) -> octets */
static int
host_make(lua_State *L)
{
	struct packet_builder **box;
	struct err err = ERR_INIT;
	const uint8_t *octets = NULL;
	size_t size = 0;
	lua_Integer n;

	luaL_checktype(L, 1, LUA_TTABLE);
	n = (lua_Integer)lua_rawlen(L, 1);
	box = push_builder(L);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 1, i);
		add_layer(L, *box);
		lua_pop(L, 1);
	}
	if (packet_builder_finish(*box, &octets, &size, &err) < 0)
		return task_raise(L, "packet: %s", err.text);
	lua_pushlstring(L, (const char *)octets, size);
	packet_builder_free(*box);
	*box = NULL;
	return 1;
}

/* host.packet_kinds() -> list of the names of layers */
static int
host_packet_kinds(lua_State *L)
{
	const struct packet_protocol *const *p = packet_protocols();

	lua_newtable(L);
	for (lua_Integer n = 1; *p != NULL; p++, n++) {
		lua_pushstring(L, (*p)->name);
		lua_rawseti(L, -2, n);
	}
	return 1;
}

const struct luaL_Reg script_packet_functions[] = {
	{ "decode", host_decode },
	{ "line", host_line },
	{ "make", host_make },
	{ "packet_kinds", host_packet_kinds },
	{ NULL, NULL },
};
