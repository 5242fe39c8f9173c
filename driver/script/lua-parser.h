/* lua-parser: what the parts of the Lua parser share; for lua-parse*.c only. */
#ifndef DRIVER_SCRIPT_LUA_PARSER_H
#define DRIVER_SCRIPT_LUA_PARSER_H

#include "driver/script/lua-lex.h"
#include "driver/script/lua-parse.h"

/* After an error every token is TOK_EOF, so that all loops end. */
struct parser {
	struct lua_lex lex;
	struct lua_token token; /* the current one */
	struct lua_token ahead;
	struct ast *ast;
	unsigned depth;
	const char *error; /* the first one */
	int error_line;
};

/** parser_fail() - the first reason counts; nothing more will be read */
void parser_fail(struct parser *p, const char *why);
void parser_advance(struct parser *p);
/** parser_accept() - step over the token if it is a @kind */
bool parser_accept(struct parser *p, int kind);
void parser_expect(struct parser *p, int kind, const char *why);
/** parser_enter() - one level down, which costs stack; false: too deep, and
 * that is an error.  parser_leave() follows in either case. */
bool parser_enter(struct parser *p);
void parser_leave(struct parser *p);

struct ast_node *parser_new_node(struct parser *p, enum ast_kind kind,
				 int line);
/** parser_push() - @node at the end of a list in the making; @tail is where
 * the next one goes */
void parser_push(struct ast_node ***tail, struct ast_node *node);
/** parser_name() - the token as an AST_NAME */
struct ast_node *parser_name(struct parser *p);
/** parser_literal() - the token as a @kind */
struct ast_node *parser_literal(struct parser *p, enum ast_kind kind);

/* lua-parse-expr.c; each returns a node, or a list of them, whatever comes */
struct ast_node *parser_read_expr(struct parser *p);
struct ast_node *parser_read_expr_list(struct parser *p);
/** parser_read_suffixed() - what can be called or assigned to */
struct ast_node *parser_read_suffixed(struct parser *p);
/** parser_read_function() - from the parameters to `end` */
struct ast_node *parser_read_function(struct parser *p, bool has_self,
				      int line);
/* lua-parse-stat.c */
struct ast_node *parser_read_block(struct parser *p);

#endif /* DRIVER_SCRIPT_LUA_PARSER_H */
