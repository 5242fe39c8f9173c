#include "driver/script/lua-lex.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const keywords[] = {
	"and",	    "break",  "do",   "else", "elseif", "end",	 "false", "for",
	"function", "goto",   "if",   "in",   "local",	"nil",	 "not",	  "or",
	"repeat",   "return", "then", "true", "until",	"while",
};
enum { N_KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };
static_assert((int)N_KEYWORDS == TOK_END_KEYWORDS - TOK_FIRST_KEYWORD,
	      "a word for every keyword's token");

/* Not <ctype.h>: Lua's letters do not depend on the locale. */
static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int
hex_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

size_t
lua_lex_pool_size(size_t size)
{
	/* A string has two quotes for its one NUL; between two names there is
	 * a character that is in neither; the last name may end the text. */
	return size + 1;
}

void
lua_lex_init(struct lua_lex *lex, const char *text, size_t size, char *pool)
{
	*lex = (struct lua_lex){
		.at = text,
		.end = text + size,
		.line = 1,
		.pool = pool,
	};
}

/* The character @i places ahead; -1 behind the end. */
static int
peek(const struct lua_lex *lex, size_t i)
{
	return (size_t)(lex->end - lex->at) > i ? (unsigned char)lex->at[i]
						: -1;
}

static bool
fail(struct lua_lex *lex, const char *why)
{
	if (lex->error == NULL)
		lex->error = why;
	lex->at = lex->end;
	return false;
}

static bool
is_newline(int c)
{
	return c == '\n' || c == '\r';
}

/* "\r\n" and "\n\r" are one line's end. */
static void
skip_newline(struct lua_lex *lex)
{
	int c = peek(lex, 0);

	lex->at++;
	if (is_newline(peek(lex, 0)) && peek(lex, 0) != c)
		lex->at++;
	lex->line++;
}

/* At '[': the number of '=' between it and another '['; -1: no long bracket. */
static int
long_bracket(const struct lua_lex *lex)
{
	int level = 0;

	while (peek(lex, (size_t)level + 1) == '=')
		level++;
	return peek(lex, (size_t)level + 1) == '[' ? level : -1;
}

static bool
at_long_end(const struct lua_lex *lex, int level)
{
	if (peek(lex, 0) != ']' || peek(lex, (size_t)level + 1) != ']')
		return false;
	for (int i = 1; i <= level; i++)
		if (peek(lex, (size_t)i) != '=')
			return false;
	return true;
}

static void
put(struct lua_lex *lex, bool keep, int c)
{
	if (keep)
		*lex->pool++ = (char)c;
}

/* Over [==[ ... ]==], its content into the pool if @keep. */
static bool
read_long(struct lua_lex *lex, int level, bool keep)
{
	lex->at += level + 2;
	if (is_newline(peek(lex, 0)))
		skip_newline(lex);
	while (!at_long_end(lex, level)) {
		int c = peek(lex, 0);

		if (c < 0)
			return fail(lex, "a long string or comment has no end");
		if (is_newline(c)) {
			skip_newline(lex);
			put(lex, keep, '\n');
		} else {
			lex->at++;
			put(lex, keep, c);
		}
	}
	lex->at += level + 2;
	return true;
}

/* Behind "--". */
static bool
skip_comment(struct lua_lex *lex)
{
	int level = peek(lex, 0) == '[' ? long_bracket(lex) : -1;

	if (level >= 0)
		return read_long(lex, level, false);
	while (lex->at < lex->end && !is_newline(peek(lex, 0)))
		lex->at++;
	return true;
}

static bool
skip_space(struct lua_lex *lex)
{
	for (;;) {
		int c = peek(lex, 0);

		if (is_newline(c)) {
			skip_newline(lex);
		} else if (c == ' ' || c == '\t' || c == '\v' || c == '\f') {
			lex->at++;
		} else if (c == '-' && peek(lex, 1) == '-') {
			lex->at += 2;
			if (!skip_comment(lex))
				return false;
		} else {
			return true;
		}
	}
}

/* UTF-8 as Lua has it, up to 2^31. */
static void
put_utf8(struct lua_lex *lex, uint32_t code)
{
	uint8_t bytes[6];
	unsigned first_max = 0x3f; /* what fits into the first byte */
	size_t n = 0;

	if (code < 0x80) {
		put(lex, true, (int)code);
		return;
	}
	do {
		bytes[n++] = (uint8_t)(0x80 | (code & 0x3f));
		code >>= 6;
		first_max >>= 1;
	} while (code > first_max);
	put(lex, true, (int)((~first_max << 1 | code) & 0xff));
	while (n > 0)
		put(lex, true, bytes[--n]);
}

/* Behind "\u". */
static bool
read_unicode(struct lua_lex *lex)
{
	uint32_t code = 0;
	int n = 0;

	if (peek(lex, 0) != '{')
		return fail(lex, "\\u wants '{'");
	for (lex->at++; hex_value(peek(lex, 0)) >= 0; lex->at++, n++) {
		if (code > 0x7ffffff)
			return fail(lex, "\\u{...} is too large");
		code = code << 4 | (uint32_t)hex_value(peek(lex, 0));
	}
	if (n == 0 || peek(lex, 0) != '}')
		return fail(lex, "\\u{ wants hexadecimal digits and '}'");
	lex->at++;
	put_utf8(lex, code);
	return true;
}

/* At the digits of "\065". */
static bool
read_decimal(struct lua_lex *lex)
{
	int value = 0;

	for (int i = 0; i < 3 && is_digit(peek(lex, 0)); i++, lex->at++)
		value = value * 10 + peek(lex, 0) - '0';
	if (value > 255)
		return fail(lex, "a decimal escape is more than 255");
	put(lex, true, value);
	return true;
}

/* Behind a backslash. */
static bool
read_escape(struct lua_lex *lex)
{
	static const char names[] = "abfnrtv\\\"'";
	static const char values[] = "\a\b\f\n\r\t\v\\\"'";
	int c = peek(lex, 0);
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (is_digit(c))
		return read_decimal(lex);
	if (is_newline(c)) {
		skip_newline(lex);
		put(lex, true, '\n');
		return true;
	}
	if (name != NULL)
		put(lex, true, values[name - names]);
	else if (c == 'x' && hex_value(peek(lex, 1)) >= 0 &&
		 hex_value(peek(lex, 2)) >= 0) {
		put(lex, true,
		    hex_value(peek(lex, 1)) << 4 | hex_value(peek(lex, 2)));
		lex->at += 2;
	} else if (c != 'u' && c != 'z') {
		return fail(lex, "an unknown escape in a string");
	}
	lex->at++;
	if (c == 'u')
		return read_unicode(lex);
	while (c == 'z' && lex->at < lex->end) {
		int s = peek(lex, 0);

		if (is_newline(s))
			skip_newline(lex);
		else if (s == ' ' || s == '\t' || s == '\v' || s == '\f')
			lex->at++;
		else
			break;
	}
	return true;
}

static bool
read_quoted(struct lua_lex *lex)
{
	int quote = peek(lex, 0);
	int c;

	lex->at++;
	while ((c = peek(lex, 0)) != quote) {
		if (c < 0 || is_newline(c))
			return fail(lex, "a string has no end");
		lex->at++;
		if (c != '\\')
			put(lex, true, c);
		else if (!read_escape(lex))
			return false;
	}
	lex->at++;
	return true;
}

/*
 * Lua takes everything that might be a number and then looks whether it is
 * one; what it has refused never comes here, so the first half will do.
 */
static void
read_number(struct lua_lex *lex, struct lua_token *token)
{
	const char *start = lex->at;
	bool hex = peek(lex, 0) == '0' && (peek(lex, 1) | 32) == 'x';
	int exponent = hex ? 'p' : 'e';
	char text[64] = "";
	size_t len;

	token->kind = TOK_NUMBER;
	token->is_int = true;
	if (hex)
		lex->at += 2;
	for (;;) {
		int c = peek(lex, 0);

		if (c >= 0 && (c | 32) == exponent) {
			token->is_int = false;
			lex->at++;
			if (peek(lex, 0) == '+' || peek(lex, 0) == '-')
				lex->at++;
			continue;
		}
		if (hex_value(c) < 0 && c != '.')
			break;
		if (c == '.')
			token->is_int = false;
		lex->at++;
	}
	/* digits beyond these change a value that nobody looks at so closely */
	len = (size_t)(lex->at - start);
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, start, len);
	errno = 0;
	token->n = strtod(text, NULL);
	if (token->is_int && hex)
		token->i = (int64_t)strtoull(text, NULL, 16);
	else if (token->is_int)
		token->i = strtoll(text, NULL, 10);
	if (token->is_int && !hex && errno == ERANGE)
		token->is_int = false;
}

static int
find_keyword(const char *word, size_t len)
{
	for (int i = 0; i < N_KEYWORDS; i++)
		if (strlen(keywords[i]) == len &&
		    memcmp(keywords[i], word, len) == 0)
			return i;
	return -1;
}

static void
read_name(struct lua_lex *lex, struct lua_token *token)
{
	size_t len = 1;
	int keyword;

	while (is_letter(peek(lex, len)) || is_digit(peek(lex, len)))
		len++;
	keyword = find_keyword(lex->at, len);
	token->kind = keyword >= 0 ? TOK_FIRST_KEYWORD + keyword : TOK_NAME;
	token->text = lex->pool;
	token->len = len;
	memcpy(lex->pool, lex->at, len);
	lex->pool[len] = '\0';
	lex->pool += len + 1;
	lex->at += len;
}

bool
lua_is_keyword(const char *word)
{
	return find_keyword(word, strlen(word)) >= 0;
}

/* Two or three characters that are one token; the longest first. */
static const struct {
	char text[4];
	int kind;
} symbols[] = {
	{ "...", TOK_DOTS }, { "..", TOK_CONCAT }, { "==", TOK_EQ },
	{ "~=", TOK_NE },    { "<=", TOK_LE },	   { ">=", TOK_GE },
	{ "<<", TOK_SHL },   { ">>", TOK_SHR },	   { "//", TOK_IDIV },
	{ "::", TOK_LABEL },
};

static void
read_symbol(struct lua_lex *lex, struct lua_token *token)
{
	size_t left = (size_t)(lex->end - lex->at);

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		size_t len = strlen(symbols[i].text);

		if (len <= left && memcmp(lex->at, symbols[i].text, len) == 0) {
			token->kind = symbols[i].kind;
			lex->at += len;
			return;
		}
	}
	token->kind = peek(lex, 0);
	lex->at++;
}

static void
read_string(struct lua_lex *lex, struct lua_token *token)
{
	bool quoted = peek(lex, 0) != '[';
	char *start = lex->pool;

	if (!(quoted ? read_quoted(lex)
		     : read_long(lex, long_bracket(lex), true))) {
		token->kind = TOK_EOF;
		return;
	}
	token->kind = TOK_STRING;
	token->text = start;
	token->len = (size_t)(lex->pool - start);
	*lex->pool++ = '\0';
}

struct lua_token
lua_lex_next(struct lua_lex *lex)
{
	struct lua_token token = { .kind = TOK_EOF };
	int c;

	if (!skip_space(lex))
		return token;
	token.line = lex->line;
	c = peek(lex, 0);
	if (c < 0)
		return token;
	if (is_letter(c))
		read_name(lex, &token);
	else if (is_digit(c) || (c == '.' && is_digit(peek(lex, 1))))
		read_number(lex, &token);
	else if (c == '"' || c == '\'' || (c == '[' && long_bracket(lex) >= 0))
		read_string(lex, &token);
	else
		read_symbol(lex, &token);
	return token;
}
