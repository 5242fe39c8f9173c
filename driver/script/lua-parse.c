#include "driver/script/lua-parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/script/lua-parser.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* Nodes live together and go together. */
enum { CHUNK_NODES = 256 };
struct chunk {
	struct chunk *next;
	size_t n_used;
	struct ast_node nodes[CHUNK_NODES];
};

struct ast {
	struct ast_node *body;
	struct chunk *chunks;
	char *pool; /* names and strings */
};

void
parser_fail(struct parser *p, const char *why)
{
	if (p->error == NULL) {
		bool by_lex = p->lex.error != NULL;

		p->error = by_lex ? p->lex.error : why;
		p->error_line = by_lex ? p->lex.line : p->token.line;
	}
	p->token.kind = TOK_EOF;
	p->ahead.kind = TOK_EOF;
	p->lex.at = p->lex.end;
}

void
parser_advance(struct parser *p)
{
	p->token = p->ahead;
	p->ahead = lua_lex_next(&p->lex);
}

bool
parser_accept(struct parser *p, int kind)
{
	if (p->token.kind != kind)
		return false;
	parser_advance(p);
	return true;
}

void
parser_expect(struct parser *p, int kind, const char *why)
{
	if (!parser_accept(p, kind))
		parser_fail(p, why);
}

struct ast_node *
parser_new_node(struct parser *p, enum ast_kind kind, int line)
{
	struct chunk *chunk = p->ast->chunks;
	struct ast_node *node;

	if (chunk == NULL || chunk->n_used == CHUNK_NODES) {
		chunk = XNEW(struct chunk);
		chunk->next = p->ast->chunks;
		p->ast->chunks = chunk;
	}
	node = &chunk->nodes[chunk->n_used++];
	node->kind = kind;
	node->line = line;
	return node;
}

void
parser_push(struct ast_node ***tail, struct ast_node *node)
{
	**tail = node;
	*tail = &node->next;
}

struct ast_node *
parser_name(struct parser *p)
{
	struct ast_node *node = parser_new_node(p, AST_NAME, p->token.line);

	node->text = p->token.text;
	node->len = p->token.len;
	if (p->token.kind != TOK_NAME)
		node->text = "";
	parser_expect(p, TOK_NAME, "a name is missing");
	return node;
}

struct ast_node *
parser_literal(struct parser *p, enum ast_kind kind)
{
	struct ast_node *node = parser_new_node(p, kind, p->token.line);

	node->text = p->token.text;
	node->len = p->token.len;
	node->is_int = p->token.is_int;
	node->i = p->token.i;
	node->n = p->token.n;
	parser_advance(p);
	return node;
}

bool
parser_enter(struct parser *p)
{
	if (++p->depth <= AST_DEPTH_MAX)
		return true;
	parser_fail(p, "this is nested too deeply");
	return false;
}

void
parser_leave(struct parser *p)
{
	p->depth--;
}

static void
start(struct parser *p, const char *text, size_t size)
{
	*p = (struct parser){ .ast = XNEW(struct ast) };
	p->ast->pool = malloc(lua_lex_pool_size(size));
	if (p->ast->pool == NULL)
		return;
	lua_lex_init(&p->lex, text, size, p->ast->pool);
	parser_advance(p);
	parser_advance(p);
}

struct ast *
ast_parse(const char *text, size_t size, struct err *err)
{
	struct parser p;

	start(&p, text, size);
	if (p.ast->pool == NULL) {
		ast_free(p.ast);
		err_set(err, -ENOMEM, "no memory for %zu bytes of Lua", size);
		return NULL;
	}
	p.ast->body = parser_read_block(&p);
	if (p.token.kind != TOK_EOF || p.lex.error != NULL)
		parser_fail(&p, "a statement is missing");
	if (p.error == NULL)
		return p.ast;
	err_set(err, -EINVAL, "line %d: %s", p.error_line, p.error);
	ast_free(p.ast);
	return NULL;
}

void
ast_free(struct ast *ast)
{
	if (ast == NULL)
		return;
	while (ast->chunks != NULL) {
		struct chunk *chunk = ast->chunks;

		ast->chunks = chunk->next;
		free(chunk);
	}
	free(ast->pool);
	free(ast);
}

const struct ast_node *
ast_body(const struct ast *ast)
{
	return ast->body;
}
