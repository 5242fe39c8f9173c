/*
 * lua-parse: a Lua 5.4 text as a tree, to look at, not to run.
 *
 * Accepts every text that Lua itself compiles, and some more (it knows nothing
 * of labels, <const> and numbers of registers): ask Lua first, its messages
 * are better.
 *
 * How deep the tree is on its .right, .names, .values and .body is bounded by
 * AST_DEPTH_MAX, as in Lua itself; .left is not (a.b.c.d..., 1+1+1...), nor
 * .next: follow these two in loops.
 */
#ifndef DRIVER_SCRIPT_LUA_PARSE_H
#define DRIVER_SCRIPT_LUA_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ast;
struct err;

enum { AST_DEPTH_MAX = 210 }; /* Lua's own limit, LUAI_MAXCCALLS, is 200 */

enum ast_kind {
	/* expressions */
	AST_NIL,
	AST_TRUE,
	AST_FALSE,
	AST_VARARG,
	AST_NUMBER,   /* is_int ? i : n */
	AST_STRING,   /* text, len */
	AST_FUNCTION, /* names: parameters, "self" too; body */
	AST_TABLE,    /* values: AST_FIELDs */
	AST_FIELD,    /* left: key, NULL if counted; right: value */
	AST_NAME,     /* text */
	AST_INDEX,    /* left [ right ]; a.b has an AST_STRING there and .dot */
	AST_CALL,     /* left ( values ) */
	AST_METHOD,   /* left : text ( values ) */
	AST_UNARY,    /* op left */
	AST_BINARY,   /* left op right */
	AST_PAREN,    /* ( left ): one value of it */
	/* statements; a call as a statement is the expression itself */
	AST_LOCAL,	    /* local names = values */
	AST_LOCAL_FUNCTION, /* names: its name; values: the AST_FUNCTION */
	AST_ASSIGN, /* names: targets; values.  `function a.b() end` too */
	AST_DO,	    /* body */
	AST_WHILE,  /* left: condition; body */
	AST_REPEAT, /* body, whose locals .left, the condition, sees */
	AST_IF,	    /* values: AST_CLAUSEs */
	AST_CLAUSE, /* left: condition, NULL for else; body */
	AST_FOR,    /* names = or in values; body */
	AST_RETURN, /* values */
	AST_JUMP,   /* break, goto, ::label:: */
};

struct ast_node {
	enum ast_kind kind;
	int line; /* of a call or index: where its name or key stands */
	int op;	  /* enum lua_token_kind */
	bool is_int;
	bool dot;
	struct ast_node *next; /* in the list it is in */
	struct ast_node *left;
	struct ast_node *right;
	struct ast_node *names; /* lists, NULL when empty */
	struct ast_node *values;
	struct ast_node *body;
	const char *text; /* NUL-ended; may hold NULs too */
	size_t len;
	int64_t i;
	double n;
};

/**
 * ast_parse() - @text as a tree
 *
 * Return: owned by the caller; NULL with @err set.
 */
struct ast *ast_parse(const char *text, size_t size, struct err *err);
void ast_free(struct ast *ast);
/** ast_body() - the chunk's statements, a list; lives as long as @ast */
const struct ast_node *ast_body(const struct ast *ast);

#endif /* DRIVER_SCRIPT_LUA_PARSE_H */
