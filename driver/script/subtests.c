#include "driver/script/subtests.h"

#include <stdbool.h>
#include <string.h>

#include "driver/script/lua-parse.h"

static bool
has(const json_t *names, const char *name)
{
	json_t *member;
	size_t i;

	json_array_foreach(names, i,
			   member) if (strcmp(json_string_value(member),
					      name) == 0) return true;
	return false;
}

static void
look_at_call(const struct ast_node *call, json_t *names)
{
	const struct ast_node *name = call->values;

	if (call->left->kind == AST_NAME &&
	    strcmp(call->left->text, "subtest") == 0 && name != NULL &&
	    name->kind == AST_STRING && strlen(name->text) == name->len &&
	    !has(names, name->text))
		json_array_append_new(names, json_string(name->text));
}

/* Recursion is bounded because neither .left nor .next recurs; see
 * lua-parse.h. */
static void
visit(const struct ast_node *list, json_t *names)
{
	for (; list != NULL; list = list->next) {
		for (const struct ast_node *n = list; n != NULL; n = n->left) {
			if (n->kind == AST_CALL)
				look_at_call(n, names);
			visit(n->right, names);
			visit(n->values, names);
			visit(n->body, names);
		}
	}
}

void
subtests_find(const struct ast *ast, json_t *names)
{
	visit(ast_body(ast), names);
}
