#include "driver/script/table-lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "driver/script/lua-parse.h"

enum { STEPS_MAX = 16 }; /* from name to name, so that a cycle ends */

/* The statements that a name may be declared in. */
struct scope {
	const struct ast_node *body;
	const struct scope *outer;
};

/* An expression, and where its names are to be looked up. */
struct place {
	const struct ast_node *node;
	const struct scope *scope;
};

/* The value of the local @name, as its declaration gives it. */
static struct place
find_local(const struct scope *scope, const char *name)
{
	struct place found = { .node = NULL, .scope = scope };

	for (; scope != NULL && found.node == NULL; scope = scope->outer) {
		found.scope = scope;
		for (const struct ast_node *s = scope->body; s != NULL;
		     s = s->next) {
			const struct ast_node *value = s->values;

			if (s->kind != AST_LOCAL &&
			    s->kind != AST_LOCAL_FUNCTION)
				continue;
			for (const struct ast_node *n = s->names; n != NULL;
			     n = n->next) {
				if (strcmp(n->text, name) == 0)
					found.node = value; /* the last wins */
				value = value != NULL ? value->next : NULL;
			}
		}
	}
	return found;
}

/* What @place is behind names and parentheses. */
static struct place
resolve(struct place place)
{
	for (int i = 0; i < STEPS_MAX && place.node != NULL; i++) {
		if (place.node->kind == AST_PAREN)
			place.node = place.node->left;
		else if (place.node->kind == AST_NAME)
			place = find_local(place.scope, place.node->text);
		else
			return place;
	}
	place.node = NULL;
	return place;
}

static const struct ast_node *
find_return(const struct ast_node *body)
{
	while (body != NULL && body->kind != AST_RETURN)
		body = body->next;
	return body;
}

/* The field of @table with the key @key, or at that number. */
static const struct ast_node *
find_field(const struct ast_node *table, const char *key, size_t len)
{
	const struct ast_node *found = NULL;
	int64_t wanted = strtoll(key, NULL, 10);
	int64_t n = 0;

	for (const struct ast_node *f = table->values; f != NULL; f = f->next) {
		const struct ast_node *k = f->left;
		bool same;

		if (k == NULL)
			same = ++n == wanted;
		else if (k->kind == AST_NUMBER)
			same = k->is_int && k->i == wanted;
		else
			same = k->kind == AST_STRING && k->len == len &&
			       memcmp(k->text, key, len) == 0;
		if (same)
			found = f;
	}
	return found;
}

static int
walk(struct place place, const char *path, int line)
{
	while (*path != '\0') {
		size_t len = strcspn(path, "\n");
		const struct ast_node *field;

		place = resolve(place);
		if (place.node == NULL || place.node->kind != AST_TABLE)
			return line;
		field = find_field(place.node, path, len);
		if (field == NULL)
			return line;
		line = field->line;
		place.node = field->right;
		path += len + (path[len] == '\n');
	}
	return line;
}

int
table_lines_find(const char *path, const char **file, void *ast)
{
	const struct scope outer = { .body = ast_body(ast), .outer = NULL };
	const struct ast_node *ret = find_return(outer.body);
	struct scope inner = { .body = NULL, .outer = &outer };
	struct place place = { .scope = &outer };

	(void)file;
	if (ret == NULL || ret->values == NULL)
		return 0;
	place.node = ret->values;
	place = resolve(place);
	if (place.node != NULL && place.node->kind == AST_FUNCTION) {
		inner.body = place.node->body;
		inner.outer = place.scope;
		place.scope = &inner;
		ret = find_return(inner.body);
		if (ret == NULL || ret->values == NULL)
			return 0;
		place.node = ret->values;
		place = resolve(place);
	}
	if (place.node == NULL || place.node->kind != AST_TABLE)
		return ret->line;
	return walk(place, path, place.node->line);
}
