/* lua-parse-stat: the statements of Lua. */
#include <stddef.h>

#include "driver/script/lua-parser.h"

static struct ast_node *
parse_if(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_IF, p->token.line);
	struct ast_node **tail = &node->values;
	struct ast_node *clause;

	do {
		clause = parser_new_node(p, AST_CLAUSE, p->token.line);
		parser_push(&tail, clause);
		parser_advance(p);
		clause->left = parser_read_expr(p);
		parser_expect(p, TOK_THEN, "'then' is missing");
		clause->body = parser_read_block(p);
	} while (p->token.kind == TOK_ELSEIF);
	if (p->token.kind == TOK_ELSE) {
		clause = parser_new_node(p, AST_CLAUSE, p->token.line);
		parser_push(&tail, clause);
		parser_advance(p);
		clause->body = parser_read_block(p);
	}
	parser_expect(p, TOK_END, "'end' is missing");
	return node;
}

static struct ast_node *
parse_while(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_WHILE, p->token.line);

	parser_advance(p);
	node->left = parser_read_expr(p);
	parser_expect(p, TOK_DO, "'do' is missing");
	node->body = parser_read_block(p);
	parser_expect(p, TOK_END, "'end' is missing");
	return node;
}

static struct ast_node *
parse_do(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_DO, p->token.line);

	parser_advance(p);
	node->body = parser_read_block(p);
	parser_expect(p, TOK_END, "'end' is missing");
	return node;
}

static struct ast_node *
parse_repeat(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_REPEAT, p->token.line);

	parser_advance(p);
	node->body = parser_read_block(p);
	parser_expect(p, TOK_UNTIL, "'until' is missing");
	node->left = parser_read_expr(p);
	return node;
}

static struct ast_node *
parse_for(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_FOR, p->token.line);
	struct ast_node **tail = &node->names;

	parser_advance(p);
	do
		parser_push(&tail, parser_name(p));
	while (parser_accept(p, ','));
	if (!parser_accept(p, '='))
		parser_expect(p, TOK_IN, "'=' or 'in' is missing");
	node->values = parser_read_expr_list(p);
	parser_expect(p, TOK_DO, "'do' is missing");
	node->body = parser_read_block(p);
	parser_expect(p, TOK_END, "'end' is missing");
	return node;
}

/* `function a.b:c() end` */
static struct ast_node *
parse_function_statement(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_ASSIGN, p->token.line);
	struct ast_node *target, *longer;
	bool has_self = false;

	parser_advance(p);
	target = parser_name(p);
	while (!has_self && (p->token.kind == '.' || p->token.kind == ':')) {
		has_self = p->token.kind == ':';
		parser_advance(p);
		longer = parser_new_node(p, AST_INDEX, p->token.line);
		longer->dot = true;
		longer->left = target;
		longer->right = parser_name(p);
		longer->right->kind = AST_STRING;
		target = longer;
	}
	node->names = target;
	node->values = parser_read_function(p, has_self, node->line);
	return node;
}

static struct ast_node *
parse_local(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_LOCAL, p->token.line);
	struct ast_node **tail = &node->names;

	parser_advance(p);
	if (parser_accept(p, TOK_FUNCTION)) {
		node->kind = AST_LOCAL_FUNCTION;
		node->names = parser_name(p);
		node->values = parser_read_function(p, false, node->line);
		return node;
	}
	do {
		parser_push(&tail, parser_name(p));
		if (parser_accept(p, '<')) {
			parser_expect(p, TOK_NAME, "an attribute is missing");
			parser_expect(p, '>', "'>' is missing");
		}
	} while (parser_accept(p, ','));
	if (parser_accept(p, '='))
		node->values = parser_read_expr_list(p);
	return node;
}

static bool
ends_block(const struct parser *p)
{
	switch (p->token.kind) {
	case TOK_ELSE:
	case TOK_ELSEIF:
	case TOK_END:
	case TOK_UNTIL:
	case TOK_EOF:
		return true;
	default:
		return false;
	}
}

static struct ast_node *
parse_return(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_RETURN, p->token.line);

	parser_advance(p);
	if (!ends_block(p) && p->token.kind != ';')
		node->values = parser_read_expr_list(p);
	parser_accept(p, ';');
	return node;
}

/* break, goto name, ::name:: */
static struct ast_node *
parse_jump(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_JUMP, p->token.line);
	int kind = p->token.kind;

	parser_advance(p);
	if (kind != TOK_BREAK)
		parser_expect(p, TOK_NAME, "a label's name is missing");
	if (kind == TOK_LABEL)
		parser_expect(p, TOK_LABEL, "'::' is missing");
	return node;
}

/* A call or an assignment. */
static struct ast_node *
parse_expr_statement(struct parser *p)
{
	struct ast_node *node, **tail;
	int line = p->token.line;
	struct ast_node *first = parser_read_suffixed(p);

	if (p->token.kind != '=' && p->token.kind != ',') {
		if (first->kind != AST_CALL && first->kind != AST_METHOD)
			parser_fail(p, "a statement is missing");
		return first;
	}
	node = parser_new_node(p, AST_ASSIGN, line);
	tail = &node->names;
	parser_push(&tail, first);
	while (parser_accept(p, ','))
		parser_push(&tail, parser_read_suffixed(p));
	parser_expect(p, '=', "'=' is missing");
	node->values = parser_read_expr_list(p);
	return node;
}

static struct ast_node *
parse_statement(struct parser *p)
{
	static const struct {
		int kind;
		struct ast_node *(*parse)(struct parser *p);
	} statements[] = {
		{ TOK_IF, parse_if },
		{ TOK_WHILE, parse_while },
		{ TOK_DO, parse_do },
		{ TOK_FOR, parse_for },
		{ TOK_REPEAT, parse_repeat },
		{ TOK_FUNCTION, parse_function_statement },
		{ TOK_LOCAL, parse_local },
		{ TOK_RETURN, parse_return },
		{ TOK_LABEL, parse_jump },
		{ TOK_BREAK, parse_jump },
		{ TOK_GOTO, parse_jump },
	};

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (statements[i].kind == p->token.kind)
			return statements[i].parse(p);
	return parse_expr_statement(p);
}

struct ast_node *
parser_read_block(struct parser *p)
{
	struct ast_node *list = NULL, **tail = &list;

	while (!ends_block(p)) {
		if (parser_accept(p, ';'))
			continue;
		if (parser_enter(p))
			parser_push(&tail, parse_statement(p));
		parser_leave(p);
	}
	return list;
}
