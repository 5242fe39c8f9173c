/* check-packet: packet.eth{...} and the like: are there such layers, fields and
 * options, and do literal values fit? */
#include <string.h>

#include "driver/packet/packet.h"
#include "driver/script/checker.h"
#include "driver/script/lua-parse.h"
#include "driver/script/methods.h"
#include "lib/nearest.h"

enum { WORDS_MAX = 64 };

/* packet.NAME that makes no layer. */
static const char *const functions[] = { "decode", "make", NULL };

static void check_fields(struct checker *c,
			 const struct packet_protocol *protocol,
			 const struct ast_node *table);

bool
checker_is_packet(const struct checker *c, const struct ast_node *node)
{
	struct symbol symbol = checker_resolve(c, node);

	return symbol.kind == SYMBOL_METHOD &&
	       strcmp(symbol.method->name, "packet") == 0;
}

static bool
is_function(const char *name)
{
	for (size_t i = 0; functions[i] != NULL; i++)
		if (strcmp(functions[i], name) == 0)
			return true;
	return false;
}

bool
checker_packet_member(struct checker *c, const struct ast_node *index)
{
	const struct packet_protocol *const *p = packet_protocols();
	const char *name = index->right->text;
	const char *words[WORDS_MAX] = { NULL };
	const char *near;
	size_t n = 0;

	if (index->right->kind != AST_STRING || is_function(name) ||
	    packet_protocol_find(name) != NULL)
		return true;
	while (p[n] != NULL && n + 1 < WORDS_MAX) {
		words[n] = p[n]->name;
		n++;
	}
	near = nearest_word(name, words);
	if (near == NULL)
		near = nearest_word(name, functions);
	if (near != NULL)
		checker_problem(c, index->line,
				"packet has no '%s' (did you mean '%s'?)", name,
				near);
	else
		checker_problem(c, index->line, "packet has no '%s'", name);
	return false;
}

/* ---- fields ---- */

static const struct ast_node *
find_value(const struct ast_node *table, const char *key)
{
	for (const struct ast_node *f = table->values; f != NULL; f = f->next)
		if (f->left != NULL && f->left->kind == AST_STRING &&
		    strcmp(f->left->text, key) == 0)
			return f->right;
	return NULL;
}

/* Which table of fields holds; NULL: it depends on what is known only when it
 * runs. */
static const struct packet_protocol *
variant_of(const struct packet_protocol *protocol, const struct ast_node *table)
{
	const struct ast_node *type = find_value(table, "type");
	uint64_t otherwise = strcmp(protocol->name, "icmp") == 0 ? 8 : 128;

	if (protocol->variants == NULL)
		return protocol;
	if (type == NULL)
		return packet_protocol_of_type(protocol, otherwise);
	if (type->kind != AST_NUMBER || !type->is_int || type->i < 0)
		return NULL;
	return packet_protocol_of_type(protocol, (uint64_t)type->i);
}

static void
unknown_field(struct checker *c, const struct packet_protocol *protocol,
	      const struct ast_node *field)
{
	const char *words[WORDS_MAX] = { NULL };
	const char *near;
	size_t n = 0;

	for (const struct packet_field *f = protocol->fields;
	     f->name != NULL && n + 1 < WORDS_MAX; f++)
		words[n++] = f->name;
	near = nearest_word(field->left->text, words);
	if (near != NULL)
		checker_problem(c, field->line,
				"packet.%s: unknown field '%s' (did you mean "
				"'%s'?)",
				protocol->name, field->left->text, near);
	else
		checker_problem(c, field->line, "packet.%s: unknown field '%s'",
				protocol->name, field->left->text);
}

static bool
suits(const struct packet_field *field, const struct ast_node *value)
{
	struct packet_value parsed = { .number = 0 };
	uint8_t octets[16];

	if (value->kind == AST_NUMBER) {
		if (field->type != PACKET_UINT && field->type != PACKET_FLAGS)
			return false;
		return value->is_int && value->i >= 0 &&
		       (field->bits >= 63 || value->i >> field->bits == 0);
	}
	if (value->kind == AST_TRUE || value->kind == AST_FALSE)
		return field->type == PACKET_UINT && field->bits == 1;
	if (value->kind == AST_TABLE)
		return field->type == PACKET_LIST;
	if (value->kind != AST_STRING)
		return true; /* known only when it runs */
	if (field->type == PACKET_BYTES)
		return field->bits == 0 || value->len * 8 <= field->bits;
	return field->type != PACKET_UINT && field->type != PACKET_LIST &&
	       strlen(value->text) == value->len &&
	       packet_value_from_text(field, value->text, octets, &parsed) == 0;
}

static const struct packet_protocol *
kind_of_item(struct checker *c, const struct packet_protocol *protocol,
	     const struct packet_field *list, const struct ast_node *item)
{
	const struct packet_protocol *const *kinds =
	    packet_item_kinds(list->list);
	const struct ast_node *kind = find_value(item, "kind");
	const struct packet_protocol *found;

	if (kind == NULL && kinds[1] == NULL)
		return kinds[0];
	if (kind == NULL) {
		checker_problem(c, item->line,
				"packet.%s: each of its %s has a kind",
				protocol->name, list->name);
		return NULL;
	}
	if (kind->kind != AST_STRING)
		return NULL;
	found = packet_item_find(list->list, kind->text);
	if (found == NULL)
		checker_problem(c, kind->line,
				"packet.%s: %s: unknown kind '%s'",
				protocol->name, list->name, kind->text);
	return found;
}

static void
check_items(struct checker *c, const struct packet_protocol *protocol,
	    const struct packet_field *list, const struct ast_node *items)
{
	for (const struct ast_node *f = items->values; f != NULL; f = f->next) {
		const struct packet_protocol *kind;

		if (f->left != NULL) {
			checker_problem(c, f->line,
					"packet.%s: %s is a list of tables",
					protocol->name, list->name);
			continue;
		}
		if (f->right->kind != AST_TABLE)
			continue;
		kind = kind_of_item(c, protocol, list, f->right);
		if (kind != NULL)
			check_fields(c, kind, f->right);
	}
}

static void
check_fields(struct checker *c, const struct packet_protocol *protocol,
	     const struct ast_node *table)
{
	for (const struct ast_node *f = table->values; f != NULL; f = f->next) {
		const struct packet_field *field;

		if (f->left == NULL) {
			checker_problem(c, f->line,
					"packet.%s: a field has a name",
					protocol->name);
			continue;
		}
		if (f->left->kind != AST_STRING ||
		    strcmp(f->left->text, "kind") == 0)
			continue;
		field = packet_field_find(protocol, f->left->text);
		if (field == NULL)
			unknown_field(c, protocol, f);
		else if (!suits(field, f->right))
			checker_problem(c, f->line,
					"packet.%s: this is no value for '%s'",
					protocol->name, field->name);
		else if (field->type == PACKET_LIST &&
			 f->right->kind == AST_TABLE)
			check_items(c, protocol, field, f->right);
	}
}

void
checker_packet_call(struct checker *c, const struct ast_node *call)
{
	const struct ast_node *index = call->left, *args = call->values;
	const struct packet_protocol *protocol;

	if (!checker_packet_member(c, index) ||
	    index->right->kind != AST_STRING)
		return;
	protocol = packet_protocol_find(index->right->text);
	if (protocol == NULL)
		return; /* a function */
	if (args != NULL && args->next != NULL)
		checker_problem(c, call->line,
				"packet.%s takes one table of fields",
				protocol->name);
	if (args == NULL || args->kind != AST_TABLE)
		return;
	protocol = variant_of(protocol, args);
	if (protocol != NULL)
		check_fields(c, protocol, args);
}
