/* lua-lex: the words of a Lua 5.4 text, for lua-parse. */
#ifndef DRIVER_SCRIPT_LUA_LEX_H
#define DRIVER_SCRIPT_LUA_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A token is one of these, or a character of its own: '+', '(', ... */
enum lua_token_kind {
	TOK_EOF = 256,
	TOK_NAME,
	TOK_STRING,
	TOK_NUMBER,
	TOK_EQ,	    /* == */
	TOK_NE,	    /* ~= */
	TOK_LE,	    /* <= */
	TOK_GE,	    /* >= */
	TOK_SHL,    /* << */
	TOK_SHR,    /* >> */
	TOK_IDIV,   /* double slash */
	TOK_CONCAT, /* .. */
	TOK_DOTS,   /* ... */
	TOK_LABEL,  /* :: */
	TOK_FIRST_KEYWORD,
	TOK_AND = TOK_FIRST_KEYWORD,
	TOK_BREAK,
	TOK_DO,
	TOK_ELSE,
	TOK_ELSEIF,
	TOK_END,
	TOK_FALSE,
	TOK_FOR,
	TOK_FUNCTION,
	TOK_GOTO,
	TOK_IF,
	TOK_IN,
	TOK_LOCAL,
	TOK_NIL,
	TOK_NOT,
	TOK_OR,
	TOK_REPEAT,
	TOK_RETURN,
	TOK_THEN,
	TOK_TRUE,
	TOK_UNTIL,
	TOK_WHILE,
	TOK_END_KEYWORDS,
};

struct lua_token {
	int kind;
	int line;
	const char *text; /* of a name or string, in the pool; NUL-ended */
	size_t len;
	bool is_int; /* of a number: .i holds it, otherwise .n */
	int64_t i;
	double n;
};

struct lua_lex {
	const char *at;
	const char *end;
	int line;
	const char *error; /* why there are no more tokens; or NULL */
	/* Names and strings go here; never more than the text has characters,
	 * plus one. */
	char *pool;
};

/** lua_lex_pool_size() - how big a pool must be for @size bytes of text */
size_t lua_lex_pool_size(size_t size);
/** lua_lex_init() - over @text; it and @pool must outlive the tokens */
void lua_lex_init(struct lua_lex *lex, const char *text, size_t size,
		  char *pool);
/** lua_lex_next() - the next token; TOK_EOF at the end, again and again, and
 * after an error */
struct lua_token lua_lex_next(struct lua_lex *lex);
bool lua_is_keyword(const char *word);

#endif /* DRIVER_SCRIPT_LUA_LEX_H */
