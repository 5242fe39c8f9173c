#include "driver/script/check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "driver/script/checker.h"
#include "driver/script/lua-parse.h"
#include "driver/script/table-lines.h"
#include "lib/xalloc.h"

static void visit_expr(struct checker *c, const struct ast_node *node);
static void visit_block(struct checker *c, const struct ast_node *body);

void
checker_problem(struct checker *c, int line, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	plan_problems_add(c->problems, c->path, line, "%s", text);
	free(text);
}

void
checker_suspect(struct checker *c, const char *name, int line, const char *fmt,
		...)
{
	struct suspect *suspect;
	va_list ap;

	c->suspects =
	    xrealloc(c->suspects, c->n_suspects + 1, sizeof(*c->suspects));
	suspect = &c->suspects[c->n_suspects++];
	suspect->name = name;
	suspect->path = c->path;
	suspect->line = line;
	va_start(ap, fmt);
	suspect->text = xvasprintf(fmt, ap);
	va_end(ap);
}

bool
checker_is_local(const struct checker *c, const char *name)
{
	for (size_t i = c->n_locals; i > 0; i--)
		if (strcmp(c->locals[i - 1], name) == 0)
			return true;
	return false;
}

static void
declare(struct checker *c, const struct ast_node *names)
{
	for (; names != NULL; names = names->next) {
		if (c->n_locals == c->locals_size) {
			c->locals_size = c->locals_size * 2 + 16;
			c->locals = xrealloc(c->locals, c->locals_size,
					     sizeof(*c->locals));
		}
		c->locals[c->n_locals++] = names->text;
	}
}

static void
visit_list(struct checker *c, const struct ast_node *list)
{
	for (; list != NULL; list = list->next)
		visit_expr(c, list);
}

static void
visit_function(struct checker *c, const struct ast_node *function)
{
	size_t n_outer = c->n_locals;

	declare(c, function->names);
	visit_block(c, function->body);
	c->n_locals = n_outer;
}

/* A name that the file gives to something in a table. */
static void
note_field(struct checker *c, const struct ast_node *key)
{
	if (key != NULL && key->kind == AST_STRING)
		json_object_set_new(c->fields, key->text, json_true());
}

static void
visit_table(struct checker *c, const struct ast_node *table)
{
	json_t *lines = json_object(); /* by key */

	for (const struct ast_node *f = table->values; f != NULL; f = f->next) {
		const struct ast_node *key = f->left;
		const json_t *first;

		note_field(c, key);
		if (key != NULL && key->kind == AST_STRING) {
			first = json_object_get(lines, key->text);
			if (first != NULL)
				checker_problem(
				    c, f->line,
				    "'%s' is given twice in one table, first "
				    "on line %lld",
				    key->text, json_integer_value(first));
			else
				json_object_set_new(lines, key->text,
						    json_integer(f->line));
		} else if (key != NULL) {
			visit_expr(c, key);
		}
		visit_expr(c, f->right);
	}
	json_decref(lines);
}

static void
visit_name(struct checker *c, const struct ast_node *name)
{
	if (!checker_is_local(c, name->text) && !checker_is_local(c, "_ENV") &&
	    checker_find(c, name->text).kind == SYMBOL_UNKNOWN)
		checker_unknown_global(c, name);
}

/* Recursion is bounded because only right sides recur; see lua-parse.h. */
static void
visit_expr(struct checker *c, const struct ast_node *node)
{
	const struct ast_node *called = NULL; /* its member is looked at */

	while (node != NULL) {
		switch (node->kind) {
		case AST_FUNCTION:
			visit_function(c, node);
			return;
		case AST_TABLE:
			visit_table(c, node);
			return;
		case AST_NAME:
			visit_name(c, node);
			return;
		case AST_INDEX:
			if (node != called)
				checker_member(c, node);
			visit_expr(c, node->right);
			break;
		case AST_CALL:
		case AST_METHOD:
			checker_call(c, node);
			visit_list(c, node->values);
			called = node->kind == AST_CALL ? node->left : NULL;
			break;
		case AST_BINARY:
			visit_expr(c, node->right);
			break;
		case AST_UNARY:
		case AST_PAREN:
			break;
		default:
			return; /* a literal */
		}
		node = node->left;
	}
}

static void
visit_target(struct checker *c, const struct ast_node *target,
	     const struct ast_node *value)
{
	bool is_function = value != NULL && value->kind == AST_FUNCTION;

	if (target->kind != AST_NAME) {
		note_field(c, target->right);
		visit_expr(c, target);
	} else if (checker_is_local(c, target->text) ||
		   checker_is_local(c, "_ENV")) {
		return;
	} else if (checker_find(c, target->text).kind != SYMBOL_UNKNOWN) {
		checker_problem(c, target->line,
				"'%s' cannot be replaced; choose another name, "
				"and declare it with `local`",
				target->text);
	} else {
		checker_problem(c, target->line,
				"'%s' would be a global; declare it with "
				"`local%s`",
				target->text, is_function ? " function" : "");
	}
}

static void
visit_assign(struct checker *c, const struct ast_node *assign)
{
	const struct ast_node *value = assign->values;

	for (const struct ast_node *t = assign->names; t != NULL; t = t->next) {
		visit_target(c, t, value);
		value = value != NULL ? value->next : NULL;
	}
	visit_list(c, assign->values);
}

/* A body whose locals end with it, and @names before it, @condition in it. */
static void
visit_scope(struct checker *c, const struct ast_node *names,
	    const struct ast_node *body, const struct ast_node *condition)
{
	size_t n_outer = c->n_locals;

	declare(c, names);
	visit_block(c, body);
	visit_expr(c, condition);
	c->n_locals = n_outer;
}

static void
visit_statement(struct checker *c, const struct ast_node *s)
{
	switch (s->kind) {
	case AST_LOCAL:
		visit_list(c, s->values); /* it does not see the names yet */
		declare(c, s->names);
		break;
	case AST_LOCAL_FUNCTION:
		declare(c, s->names);
		visit_expr(c, s->values);
		break;
	case AST_ASSIGN:
		visit_assign(c, s);
		break;
	case AST_DO:
	case AST_WHILE:
	case AST_CLAUSE:
		visit_expr(c, s->left);
		visit_scope(c, NULL, s->body, NULL);
		break;
	case AST_REPEAT:
		visit_scope(c, NULL, s->body, s->left);
		break;
	case AST_FOR:
		visit_list(c, s->values);
		visit_scope(c, s->names, s->body, NULL);
		break;
	case AST_IF:
		visit_block(c, s->values);
		break;
	case AST_RETURN:
		visit_list(c, s->values);
		break;
	default:
		visit_expr(c, s); /* a call */
		break;
	}
}

/* The caller ends the scope of the locals that this declares. */
static void
visit_block(struct checker *c, const struct ast_node *body)
{
	for (; body != NULL; body = body->next)
		visit_statement(c, body);
}

static void
report_suspects(struct checker *c)
{
	for (size_t i = 0; i < c->n_suspects; i++) {
		struct suspect *s = &c->suspects[i];

		c->path = s->path;
		if (json_object_get(c->fields, s->name) == NULL)
			checker_problem(c, s->line, "%s", s->text);
		free(s->text);
	}
}

void
check_script(const struct check_file *files, size_t n_files,
	     const json_t *value, struct plan_problems *problems)
{
	struct checker c = {
		.path = files[0].path,
		.problems = problems,
		.fields = json_object(),
	};

	checker_init_names(&c, value);
	checker_node_names(&c, value, table_lines_find, (void *)files[0].ast);
	for (size_t i = 0; i < n_files; i++) {
		c.path = files[i].path;
		c.n_locals = 0;
		visit_block(&c, ast_body(files[i].ast));
	}
	report_suspects(&c);
	checker_fini_names(&c);
	free(c.locals);
	free(c.suspects);
	json_decref(c.fields);
}
