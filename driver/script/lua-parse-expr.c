/* lua-parse-expr: the expressions of Lua. */
#include <string.h>

#include "driver/script/lua-parser.h"

struct ast_node *
parser_read_expr_list(struct parser *p)
{
	struct ast_node *list = NULL, **tail = &list;

	do
		parser_push(&tail, parser_read_expr(p));
	while (parser_accept(p, ','));
	return list;
}

static struct ast_node *
parse_field(struct parser *p)
{
	struct ast_node *field = parser_new_node(p, AST_FIELD, p->token.line);

	if (parser_accept(p, '[')) {
		field->left = parser_read_expr(p);
		parser_expect(p, ']', "']' is missing");
		parser_expect(p, '=', "'=' is missing");
	} else if (p->token.kind == TOK_NAME && p->ahead.kind == '=') {
		field->left = parser_name(p);
		field->left->kind = AST_STRING;
		parser_advance(p);
	}
	field->right = parser_read_expr(p);
	return field;
}

static struct ast_node *
parse_table(struct parser *p)
{
	struct ast_node *table = parser_new_node(p, AST_TABLE, p->token.line);
	struct ast_node **tail = &table->values;

	parser_expect(p, '{', "'{' is missing");
	while (p->token.kind != '}' && p->token.kind != TOK_EOF) {
		parser_push(&tail, parse_field(p));
		if (!parser_accept(p, ',') && !parser_accept(p, ';'))
			break;
	}
	parser_expect(p, '}', "'}' is missing");
	return table;
}

struct ast_node *
parser_read_function(struct parser *p, bool has_self, int line)
{
	struct ast_node *function = parser_new_node(p, AST_FUNCTION, line);
	struct ast_node **tail = &function->names;

	if (has_self) {
		parser_push(&tail, parser_new_node(p, AST_NAME, line));
		function->names->text = "self";
		function->names->len = strlen("self");
	}
	parser_expect(p, '(', "'(' is missing");
	while (p->token.kind == TOK_NAME) {
		parser_push(&tail, parser_name(p));
		if (!parser_accept(p, ','))
			break;
	}
	parser_accept(p, TOK_DOTS);
	parser_expect(p, ')', "')' is missing");
	function->body = parser_read_block(p);
	parser_expect(p, TOK_END, "'end' is missing");
	return function;
}

static bool
starts_arguments(const struct parser *p)
{
	return p->token.kind == '(' || p->token.kind == '{' ||
	       p->token.kind == TOK_STRING;
}

static struct ast_node *
parse_arguments(struct parser *p)
{
	struct ast_node *list = NULL;

	if (p->token.kind == TOK_STRING)
		return parser_literal(p, AST_STRING);
	if (p->token.kind == '{')
		return parse_table(p);
	parser_expect(p, '(', "arguments are missing");
	if (p->token.kind != ')')
		list = parser_read_expr_list(p);
	parser_expect(p, ')', "')' is missing");
	return list;
}

/* One of .name [key] :method(...) (...) behind @left; NULL if there is none. */
static struct ast_node *
parse_suffix(struct parser *p, struct ast_node *left)
{
	struct ast_node *node;

	if (parser_accept(p, '.')) {
		node = parser_new_node(p, AST_INDEX, p->token.line);
		node->dot = true;
		node->right = parser_name(p);
		node->right->kind = AST_STRING;
	} else if (parser_accept(p, '[')) {
		node = parser_new_node(p, AST_INDEX, p->token.line);
		node->right = parser_read_expr(p);
		parser_expect(p, ']', "']' is missing");
	} else if (parser_accept(p, ':')) {
		node = parser_name(p);
		node->kind = AST_METHOD;
		node->values = parse_arguments(p);
	} else if (starts_arguments(p)) {
		node = parser_new_node(p, AST_CALL, left->line);
		node->values = parse_arguments(p);
	} else {
		return NULL;
	}
	node->left = left;
	return node;
}

struct ast_node *
parser_read_suffixed(struct parser *p)
{
	struct ast_node *node, *longer;

	if (p->token.kind == '(') {
		node = parser_new_node(p, AST_PAREN, p->token.line);
		parser_advance(p);
		node->left = parser_read_expr(p);
		parser_expect(p, ')', "')' is missing");
	} else {
		node = parser_name(p);
	}
	while ((longer = parse_suffix(p, node)) != NULL)
		node = longer;
	return node;
}

static struct ast_node *
parse_simple(struct parser *p)
{
	int line = p->token.line;

	switch (p->token.kind) {
	case TOK_NUMBER:
		return parser_literal(p, AST_NUMBER);
	case TOK_STRING:
		return parser_literal(p, AST_STRING);
	case TOK_NIL:
		return parser_literal(p, AST_NIL);
	case TOK_TRUE:
		return parser_literal(p, AST_TRUE);
	case TOK_FALSE:
		return parser_literal(p, AST_FALSE);
	case TOK_DOTS:
		return parser_literal(p, AST_VARARG);
	case '{':
		return parse_table(p);
	case TOK_FUNCTION:
		parser_advance(p);
		return parser_read_function(p, false, line);
	default:
		return parser_read_suffixed(p);
	}
}

/* Left and right priority; right-associative where the left is higher. */
static const struct {
	int op;
	uint8_t left, right;
} priorities[] = {
	{ '+', 10, 10 },      { '-', 10, 10 },	 { '*', 11, 11 },
	{ '%', 11, 11 },      { '^', 14, 13 },	 { '/', 11, 11 },
	{ TOK_IDIV, 11, 11 }, { '&', 6, 6 },	 { '|', 4, 4 },
	{ '~', 5, 5 },	      { TOK_SHL, 7, 7 }, { TOK_SHR, 7, 7 },
	{ TOK_CONCAT, 9, 8 }, { TOK_EQ, 3, 3 },	 { '<', 3, 3 },
	{ TOK_LE, 3, 3 },     { TOK_NE, 3, 3 },	 { '>', 3, 3 },
	{ TOK_GE, 3, 3 },     { TOK_AND, 2, 2 }, { TOK_OR, 1, 1 },
};
enum { N_PRIORITIES = sizeof(priorities) / sizeof(priorities[0]) };
enum { PRIORITY_UNARY = 12 };

static size_t
find_priority(int op)
{
	size_t i = 0;

	while (i < N_PRIORITIES && priorities[i].op != op)
		i++;
	return i;
}

/* Operators that bind tighter than @limit. */
static struct ast_node *
parse_binary(struct parser *p, unsigned limit)
{
	struct ast_node *left, *node;
	int line = p->token.line;
	int op = p->token.kind;
	size_t i;

	if (!parser_enter(p)) {
		parser_leave(p);
		return parser_new_node(p, AST_NIL, line);
	}
	if (op == TOK_NOT || op == '-' || op == '~' || op == '#') {
		parser_advance(p);
		left = parser_new_node(p, AST_UNARY, line);
		left->op = op;
		left->left = parse_binary(p, PRIORITY_UNARY);
	} else {
		left = parse_simple(p);
	}
	while ((i = find_priority(p->token.kind)) < N_PRIORITIES &&
	       priorities[i].left > limit) {
		node = parser_new_node(p, AST_BINARY, line);
		node->op = p->token.kind;
		parser_advance(p);
		node->left = left;
		node->right = parse_binary(p, priorities[i].right);
		left = node;
	}
	parser_leave(p);
	return left;
}

struct ast_node *
parser_read_expr(struct parser *p)
{
	return parse_binary(p, 0);
}
