/* check-call: calls whose function is known: methods of machines and
 * segments, functions of the driver. */
#include <stdlib.h>
#include <string.h>

#include "driver/script/checker.h"
#include "driver/script/lua-lex.h"
#include "driver/script/lua-library.h"
#include "driver/script/lua-parse.h"
#include "driver/script/methods.h"
#include "lib/nearest.h"
#include "lib/xalloc.h"

static struct method_value value_of(const struct checker *c,
				    const struct ast_node *node);

/* More than one value, or none, where it is the last of a list. */
static bool
is_open(const struct ast_node *node)
{
	return node->kind == AST_CALL || node->kind == AST_METHOD ||
	       node->kind == AST_VARARG;
}

static void
set_fields(const struct checker *c, const struct ast_node *table,
	   struct method_value *value)
{
	struct method_field *fields;
	size_t n = 0;

	for (const struct ast_node *f = table->values; f != NULL; f = f->next)
		n++;
	fields = xcalloc(n + 1, sizeof(*fields));
	n = 0;
	for (const struct ast_node *f = table->values; f != NULL; f = f->next) {
		if (f->left != NULL && f->left->kind != AST_STRING)
			continue; /* known only when it runs */
		fields[n].name = f->left != NULL ? f->left->text : NULL;
		if (f->right->kind != AST_TABLE) /* no option is one */
			fields[n].value = value_of(c, f->right);
		else
			fields[n].value.kind = VALUE_TABLE;
		fields[n++].value.line = f->line;
	}
	value->fields = fields;
	value->n_fields = n;
}

static enum method_kind
kind_of_binary(int op)
{
	switch (op) {
	case TOK_CONCAT:
		return VALUE_STR;
	case TOK_EQ:
	case TOK_NE:
	case TOK_LE:
	case TOK_GE:
	case '<':
	case '>':
		return VALUE_BOOL;
	default:
		return VALUE_UNKNOWN;
	}
}

static struct method_value
negative(struct method_value value)
{
	if (value.kind == VALUE_INT && value.known && value.i > INT64_MIN)
		value.i = -value.i;
	else if (value.kind == VALUE_NUM && value.known)
		value.n = -value.n;
	else
		value = (struct method_value){ .kind = VALUE_UNKNOWN };
	return value;
}

static enum method_kind
kind_of_name(const struct checker *c, const struct ast_node *name)
{
	struct symbol symbol = checker_resolve(c, name);

	switch (symbol.kind) {
	case SYMBOL_MACHINE:
		return VALUE_MACHINE;
	case SYMBOL_SEGMENT:
		return VALUE_SEGMENT;
	case SYMBOL_PORT:
		return VALUE_PORT;
	case SYMBOL_METHOD:
		return symbol.method->params != NULL ? VALUE_FN : VALUE_UNKNOWN;
	case SYMBOL_LIBRARY:
		return VALUE_TABLE;
	default:
		return VALUE_UNKNOWN;
	}
}

static struct method_value
value_of_unary(const struct checker *c, const struct ast_node *node)
{
	struct method_value value = { .kind = VALUE_UNKNOWN };

	if (node->op == TOK_NOT)
		value.kind = VALUE_BOOL;
	else if (node->op == '-' && node->left->kind == AST_NUMBER)
		value = negative(value_of(c, node->left));
	return value;
}

/* What can be said of an expression.  A table's fields are the caller's to
 * free. */
static struct method_value
value_of(const struct checker *c, const struct ast_node *node)
{
	struct method_value value = { .kind = VALUE_UNKNOWN };

	while (node->kind == AST_PAREN)
		node = node->left;
	switch (node->kind) {
	case AST_NIL:
		value.kind = VALUE_NIL;
		break;
	case AST_TRUE:
	case AST_FALSE:
		value.kind = VALUE_BOOL;
		break;
	case AST_NUMBER:
		value.kind = node->is_int ? VALUE_INT : VALUE_NUM;
		value.known = true;
		value.i = node->i;
		value.n = node->n;
		break;
	case AST_STRING:
		value.kind = VALUE_STR;
		value.known = true;
		value.has_nul = memchr(node->text, '\0', node->len) != NULL;
		value.text = node->text;
		break;
	case AST_FUNCTION:
		value.kind = VALUE_FN;
		break;
	case AST_TABLE:
		value.kind = VALUE_TABLE;
		set_fields(c, node, &value);
		break;
	case AST_NAME:
	case AST_INDEX:
		value.kind = kind_of_name(c, node);
		break;
	case AST_BINARY:
		value.kind = kind_of_binary(node->op);
		break;
	case AST_UNARY:
		value = value_of_unary(c, node);
		break;
	default:
		break;
	}
	value.line = node->line;
	return value;
}

struct mistake_context {
	struct checker *c;
	int line; /* of the call */
};

static void
on_mistake(const struct method_value *value, const char *text, void *arg)
{
	struct mistake_context *context = arg;

	checker_problem(context->c, value != NULL ? value->line : context->line,
			"%s", text);
}

static void
check_arguments(struct checker *c, const struct method *method, int line,
		const struct ast_node *list)
{
	struct mistake_context context = { .c = c, .line = line };
	struct method_value *args;
	bool open = false;
	size_t n = 0;

	for (const struct ast_node *a = list; a != NULL; a = a->next)
		n++;
	args = xcalloc(n + 1, sizeof(*args));
	n = 0;
	for (const struct ast_node *a = list; a != NULL; a = a->next) {
		args[n++] = value_of(c, a);
		open = is_open(a);
	}
	method_check_call(method, args, n, open, on_mistake, &context);
	for (size_t i = 0; i < n; i++)
		free((void *)args[i].fields);
	free(args);
}

/* How the script calls what it calls a method of. */
static const char *
object_name(const struct ast_node *node)
{
	return node->kind == AST_INDEX ? node->right->text : node->text;
}

static bool
is_interface(const char *name)
{
	return strncmp(name, "eth", 3) == 0 &&
	       strspn(name + 3, "0123456789") == strlen(name + 3);
}

/* The row of @name; NULL after a problem. */
static const struct method *
find_member(struct checker *c, enum method_owner owner, const char *object,
	    const char *name, int line)
{
	const struct method *method = methods_find(owner, name);
	const struct method *other = methods_find(METHOD_N_OWNERS, name);
	const char *near;

	if (method != NULL)
		return method;
	near = methods_nearest(owner, name);
	if (other != NULL)
		checker_problem(c, line, "%s is a %s, and '%s' belongs to a %s",
				object, method_owner_name(owner), name,
				method_owner_name(other->owner));
	else if (owner == METHOD_MACHINE && is_interface(name))
		checker_problem(c, line,
				"machine %s has no %s, but %zu "
				"interfaces from eth1 on",
				object, name, checker_n_nics(c, object));
	else if (near != NULL)
		checker_problem(c, line,
				"%s %s has no '%s' (did you mean '%s'?)",
				method_owner_name(owner), object, name, near);
	else
		checker_problem(c, line, "%s %s has no '%s'",
				method_owner_name(owner), object, name);
	return NULL;
}

static bool
find_owner(struct symbol symbol, enum method_owner *owner)
{
	static const struct {
		enum symbol_kind kind;
		enum method_owner owner;
	} owners[] = {
		{ SYMBOL_MACHINE, METHOD_MACHINE },
		{ SYMBOL_SEGMENT, METHOD_SEGMENT },
		{ SYMBOL_PORT, METHOD_PORT },
	};

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		if (owners[i].kind == symbol.kind) {
			*owner = owners[i].owner;
			return true;
		}
	}
	return false;
}

/* A member of one of Lua's libraries. */
static void
check_library(struct checker *c, const struct lua_library *library,
	      const char *name, int line)
{
	char *whole = xasprintf("%s.%s", library->name, name);
	const char *why = lua_missing_why(whole);
	const char *near = nearest_word(name, library->members);

	if (lua_library_has(library, name))
		;
	else if (why != NULL)
		checker_problem(c, line, "%s is not there for tests: %s", whole,
				why);
	else if (near != NULL)
		checker_suspect(c, name, line,
				"there is no %s (did you mean '%s'?)", whole,
				near);
	else
		checker_suspect(c, name, line, "there is no %s", whole);
	free(whole);
}

/* The row of json.encode, or of another function of a table of the driver's;
 * NULL after a problem.  @symbol: what stands before the dot. */
static const struct method *
find_in_table(struct checker *c, struct symbol symbol,
	      const struct ast_node *index)
{
	const char *table = symbol.method->name;
	char *name = xasprintf("%s.%s", table, index->right->text);
	const struct method *method = methods_find(METHOD_GLOBAL, name);
	const char *near = methods_nearest(METHOD_GLOBAL, name);

	if (method != NULL)
		;
	else if (symbol.method->params != NULL)
		checker_problem(c, index->line,
				"%s is a function, and has no '%s'", table,
				index->right->text);
	else if (near != NULL)
		checker_problem(c, index->line,
				"there is no %s (did you mean '%s'?)", name,
				near);
	else
		checker_problem(c, index->line, "there is no %s", name);
	free(name);
	return method;
}

/* Is @symbol a table of functions, or a function?  Of the other values nothing
 * is known. */
static bool
has_known_members(struct symbol symbol)
{
	return symbol.kind == SYMBOL_METHOD &&
	       (symbol.method->params != NULL ||
		methods_are_in(symbol.method->name));
}

void
checker_member(struct checker *c, const struct ast_node *index)
{
	struct symbol symbol = checker_resolve(c, index->left);
	const struct ast_node *key = index->right;
	enum method_owner owner;

	if (key->kind != AST_STRING ||
	    checker_resolve(c, index).kind == SYMBOL_PORT)
		return;
	if (checker_is_packet(c, index->left))
		checker_packet_member(c, index);
	else if (find_owner(symbol, &owner))
		find_member(c, owner, object_name(index->left), key->text,
			    index->line);
	else if (symbol.kind == SYMBOL_LIBRARY)
		check_library(c, symbol.library, key->text, index->line);
	else if (has_known_members(symbol))
		find_in_table(c, symbol, index);
}

/* a:f() where nothing is known of a. */
static void
check_unknown_object(struct checker *c, const struct ast_node *call)
{
	const struct lua_library *string = lua_library_find("string");
	const char *near;

	if (methods_find(METHOD_N_OWNERS, call->text) != NULL ||
	    lua_library_has(string, call->text))
		return;
	near = methods_nearest(METHOD_N_OWNERS, call->text);
	if (near == NULL)
		near = nearest_word(call->text, string->members);
	if (near != NULL)
		checker_suspect(c, call->text, call->line,
				"nothing has a method '%s' (did you mean "
				"'%s'?)",
				call->text, near);
}

/* Arguments without self. */
static void
check_member_call(struct checker *c, const struct method *method,
		  const char *object, int line, const struct ast_node *args)
{
	if (method->of_systemd && checker_no_systemd(c, object))
		checker_problem(c, line,
				"there is no systemd in %s, which %s asks: "
				"give the node `init = \"systemd\"`",
				object, method->name);
	if (method->params != NULL)
		check_arguments(c, method, line, args);
	else
		checker_problem(c, line, "%s.%s is no function: leave () off",
				object, method->name);
}

/* a:f(...) */
static void
check_method(struct checker *c, const struct ast_node *call)
{
	struct symbol symbol = checker_resolve(c, call->left);
	const char *object = object_name(call->left);
	const struct method *method;
	enum method_owner owner;

	if (find_owner(symbol, &owner)) {
		method = find_member(c, owner, object, call->text, call->line);
		if (method != NULL)
			check_member_call(c, method, object, call->line,
					  call->values);
	} else if (symbol.kind == SYMBOL_LIBRARY) {
		checker_problem(c, call->line,
				"write %s.%s(...), with '.' and not ':'",
				object, call->text);
	} else if (symbol.kind == SYMBOL_UNKNOWN) {
		check_unknown_object(c, call);
	}
}

/* a.f(...) */
static void
check_dot_call(struct checker *c, const struct ast_node *call)
{
	const struct ast_node *index = call->left, *self = call->values;
	struct symbol symbol = checker_resolve(c, index->left);
	const char *object = object_name(index->left);
	const struct method *method;
	enum method_owner owner;

	if (checker_is_packet(c, index->left)) {
		checker_packet_call(c, call);
		return;
	}
	if (checker_resolve(c, index).kind == SYMBOL_PORT) {
		checker_problem(c, index->line, "%s is a port, not a function",
				object_name(index));
		return;
	}
	if (index->right->kind == AST_STRING && has_known_members(symbol)) {
		method = find_in_table(c, symbol, index);
		if (method != NULL && method->params == NULL)
			checker_problem(c, index->line,
					"%s is a value, not a function",
					method->name);
		else if (method != NULL)
			check_arguments(c, method, call->line, call->values);
		return;
	}
	if (index->right->kind != AST_STRING || !find_owner(symbol, &owner)) {
		checker_member(c, index);
		return;
	}
	method = find_member(c, owner, object, index->right->text, index->line);
	if (method == NULL)
		return;
	if (method->params == NULL ||
	    (self != NULL && checker_resolve(c, self).kind == symbol.kind))
		check_member_call(c, method, object, index->line,
				  self != NULL ? self->next : NULL);
	else
		checker_problem(c, index->line,
				"write %s:%s(...), with ':' and not '.'",
				object, method->name);
}

/* f(...) */
static void
check_function(struct checker *c, const struct ast_node *call)
{
	struct symbol symbol = checker_resolve(c, call->left);
	const char *name = call->left->text;
	const char *what = NULL;

	switch (symbol.kind) {
	case SYMBOL_MACHINE:
		what = "a machine";
		break;
	case SYMBOL_SEGMENT:
		what = "a segment";
		break;
	case SYMBOL_LIBRARY:
		what = "a table";
		break;
	case SYMBOL_METHOD:
		if (symbol.method->params != NULL)
			check_arguments(c, symbol.method, call->line,
					call->values);
		else
			what = "a value";
		break;
	default:
		break;
	}
	if (what != NULL)
		checker_problem(c, call->line, "%s is %s, not a function", name,
				what);
}

void
checker_call(struct checker *c, const struct ast_node *call)
{
	if (call->kind == AST_METHOD)
		check_method(c, call);
	else if (call->left->kind == AST_INDEX)
		check_dot_call(c, call);
	else
		check_function(c, call);
}
