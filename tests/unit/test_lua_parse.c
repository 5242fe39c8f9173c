#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/script/lua-lex.h"
#include "driver/script/lua-parse.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static void dump(FILE *out, const struct ast_node *node);

static void
dump_list(FILE *out, const struct ast_node *list)
{
	fputc('[', out);
	for (; list != NULL; list = list->next) {
		dump(out, list);
		if (list->next != NULL)
			fputc(' ', out);
	}
	fputc(']', out);
}

/* The kind, then whatever the node has, in the order of its struct. */
static void
dump(FILE *out, const struct ast_node *node)
{
	static const char *const names[] = {
		[AST_NIL] = "",		 [AST_TRUE] = "",
		[AST_FALSE] = "",	 [AST_VARARG] = "vararg",
		[AST_NUMBER] = "",	 [AST_STRING] = "str",
		[AST_FUNCTION] = "fn",	 [AST_TABLE] = "table",
		[AST_FIELD] = "field",	 [AST_NAME] = "",
		[AST_INDEX] = "index",	 [AST_CALL] = "call",
		[AST_METHOD] = "method", [AST_UNARY] = "un",
		[AST_BINARY] = "bin",	 [AST_PAREN] = "paren",
		[AST_LOCAL] = "local",	 [AST_LOCAL_FUNCTION] = "localfn",
		[AST_ASSIGN] = "assign", [AST_DO] = "do",
		[AST_WHILE] = "while",	 [AST_REPEAT] = "repeat",
		[AST_IF] = "if",	 [AST_CLAUSE] = "clause",
		[AST_FOR] = "for",	 [AST_RETURN] = "return",
		[AST_JUMP] = "jump",
	};

	fprintf(out, "(%s", names[node->kind]);
	if (node->op != 0 && node->op < 256)
		fprintf(out, " %c", node->op);
	else if (node->op != 0)
		fprintf(out, " op%d", node->op - TOK_EOF);
	if (node->kind == AST_NUMBER && node->is_int)
		fprintf(out, "%lld", (long long)node->i);
	else if (node->kind == AST_NUMBER)
		fprintf(out, "%g", node->n);
	else if (node->text != NULL)
		fprintf(out, "%s%s", names[node->kind][0] != '\0' ? " " : "",
			node->text);
	if (node->left != NULL)
		dump(out, node->left);
	if (node->right != NULL)
		dump(out, node->right);
	if (node->names != NULL)
		dump_list(out, node->names);
	if (node->values != NULL)
		dump_list(out, node->values);
	if (node->body != NULL)
		dump_list(out, node->body);
	fputc(')', out);
}

static struct ast *
parse(const char *text)
{
	struct err err = ERR_INIT;
	struct ast *ast = ast_parse(text, strlen(text), &err);

	ck_assert_msg(ast != NULL, "%s: %s", text, err.text);
	return ast;
}

static const struct {
	const char *lua;
	const char *tree;
} trees[] = {
	{ "", "[]" },
	{ ";;", "[]" },
	{ "return", "[(return)]" },
	{ "return nil, true, false, ...;",
	  "[(return[(nil) (true) (false) (vararg)])]" },
	{ "return 1 + 2 * 3", "[(return[(bin +(1)(bin *(2)(3)))])]" },
	{ "return (1 + 2) * 3", "[(return[(bin *(paren(bin +(1)(2)))(3))])]" },
	{ "return 1 - 2 - 3", "[(return[(bin -(bin -(1)(2))(3))])]" },
	{ "return 2 ^ 3 ^ 4", "[(return[(bin ^(2)(bin ^(3)(4)))])]" },
	{ "return -x ^ 2", "[(return[(un -(bin ^(x)(2)))])]" },
	{ "return a < b + c", "[(return[(bin <(a)(bin +(b)(c)))])]" },
	{ "return #a & ~b | c ~ d",
	  "[(return[(bin |(bin &(un #(a))(un ~(b)))(bin ~(c)(d)))])]" },
	{ "return a.b[c]:d(e, 1)",
	  "[(return[(method d(index(index(a)(str b))(c))[(e) (1)])])]" },
	{ "f() g'x' h{}", "[(call(f)) (call(g)[(str x)]) (call(h)[(table)])]" },
	{ "(f)(1)", "[(call(paren(f))[(1)])]" },
	{ "a, b.c = 1, 2", "[(assign[(a) (index(b)(str c))][(1) (2)])]" },
	{ "local a <const>, b <close> = f()", "[(local[(a) (b)][(call(f))])]" },
	{ "local a", "[(local[(a)])]" },
	{ "local function f(x, ...) return x end",
	  "[(localfn[(f)][(fn[(x)][(return[(x)])])])]" },
	{ "function a.b:c(d) end",
	  "[(assign[(index(index(a)(str b))(str c))][(fn[(self) (d)])])]" },
	{ "return { 1, a = 2; ['b'] = 3, [4] = 5, }",
	  "[(return[(table[(field(1)) (field(str a)(2)) (field(str b)(3)) "
	  "(field(4)(5))])])]" },
	{ "return { a == 1 }", "[(return[(table[(field(bin op4(a)(1)))])])]" },
	{ "do local x end while a do break end repeat f() until b",
	  "[(do[(local[(x)])]) (while(a)[(jump)]) (repeat(b)[(call(f))])]" },
	{ "if a then f() elseif b then g() else h() end",
	  "[(if[(clause(a)[(call(f))]) (clause(b)[(call(g))]) "
	  "(clause[(call(h))])])]" },
	{ "for i = 1, 2, 3 do end for k, v in p(t) do f() end",
	  "[(for[(i)][(1) (2) (3)]) (for[(k) (v)][(call(p)[(t)])]"
	  "[(call(f))])]" },
	{ "goto x ::x:: ", "[(jump) (jump)]" },
	{ "return 0xff, 0x1p4, 3., .5, 1e2, 9223372036854775807,"
	  "9223372036854775808, 0xffffffffffffffff",
	  "[(return[(255) (16) (3) (0.5) (100) (9223372036854775807) "
	  "(9.22337e+18) (-1)])]" },
	{ "return '\\x41\\066\\z  \n C\\\nD\\u{45}\\'', [[\nF]], [=[]]]=]",
	  "[(return[(str ABC\nDE') (str F) (str ]])])]" },
	{ "--[[ a\n]] x() --[==[ ]] ]==] y() -- z()\n-- w()",
	  "[(call(x)) (call(y))]" },
};

START_TEST(a_text_becomes_its_tree)
{
	struct ast *ast = parse(trees[_i].lua);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	dump_list(out, ast_body(ast));
	fclose(out);
	ck_assert_str_eq(text, trees[_i].tree);
	free(text);
	ast_free(ast);
}
END_TEST

START_TEST(strings_are_decoded_byte_by_byte)
{
	static const char lua[] =
	    "return '\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\0\\255"
	    "\\u{7f}\\u{80}\\u{7ff}\\u{800}\\u{10ffff}"
	    "\\u{7fffffff}\\\r\n'";
	static const char want[] =
	    "\a\b\f\n\r\t\v\\\"\0\xff\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"
	    "\xf4\x8f\xbf\xbf\xfd\xbf\xbf\xbf\xbf\xbf\n";
	struct ast *ast = parse(lua);
	const struct ast_node *string = ast_body(ast)->values;

	ck_assert_uint_eq(string->len, sizeof(want) - 1);
	ck_assert_mem_eq(string->text, want, sizeof(want));
	ast_free(ast);
}
END_TEST

START_TEST(lines_are_counted_as_lua_counts_them)
{
	struct ast *ast = parse("a()\nb()\r\nc()\n\rd()\re() --[[\n\n]] f()\n"
				"g\n:h\n(\n) i.\nj()");
	static const int lines[] = { 1, 2, 3, 4, 5, 7, 9, 12 };
	size_t i = 0;

	for (const struct ast_node *s = ast_body(ast); s != NULL; s = s->next)
		ck_assert_int_eq(s->line, lines[i++]);
	ck_assert_uint_eq(i, UNIT_ROWS(lines));
	ast_free(ast);
}
END_TEST

static const char *const wrong[] = {
	"return (",
	"f(",
	"x =",
	"x",
	"local 1",
	"if a then",
	"while a",
	"for i do",
	"repeat x()",
	"function()",
	"end",
	"return 'a",
	"return [[a",
	"--[[ a",
	"return '\\q'",
	"return '\\300'",
	"return '\\xg'",
	"goto 1",
	"::a",
	"a.b",
	"return '\\u{80000000}'",
	"x = }",
	"local x <",
	"{} = 1",
};

START_TEST(what_is_no_lua_is_refused)
{
	struct err err = ERR_INIT;

	ck_assert_ptr_null(ast_parse(wrong[_i], strlen(wrong[_i]), &err));
	ck_assert_msg(strncmp(err.text, "line 1: ", 8) == 0, "%s: %s",
		      wrong[_i], err.text);
}
END_TEST

static char *
repeat(const char *head, const char *what, size_t n, const char *tail)
{
	size_t len = strlen(what);
	char *text = xcalloc(strlen(head) + n * len + strlen(tail) + 1, 1);
	char *end = stpcpy(text, head);

	for (size_t i = 0; i < n; i++)
		end = stpcpy(end, what);
	strcpy(end, tail);
	return text;
}

/* Each of these nests takes a level of depth; its own is what the rest of the
 * text takes where it is deepest. */
static const struct {
	const char *head, *what, *tail;
	size_t own;
	bool is_lua; /* as it stands */
} nests[] = {
	{ "return ", "(", "", 2, false },
	{ "return ", "{", "", 1, false },
	{ "return ", "- ", "1", 2, true },
	{ "return ", "1 .. ", "1", 2, true },
	{ "", "while 1 do ", "", 1, false },
	{ "f", "(f", "", 1, false },
};

START_TEST(depth_is_bounded)
{
	size_t most = AST_DEPTH_MAX - nests[_i].own;

	for (size_t n = most; n <= most + 1; n++) {
		char *text =
		    repeat(nests[_i].head, nests[_i].what, n, nests[_i].tail);
		struct err err = ERR_INIT;
		struct ast *ast = ast_parse(text, strlen(text), &err);

		ck_assert_int_eq(ast != NULL, nests[_i].is_lua && n == most);
		ck_assert_int_eq(strstr(err.text, "nested too deeply") != NULL,
				 n == most + 1);
		ast_free(ast);
		free(text);
	}
}
END_TEST

START_TEST(however_deep_it_does_not_crash)
{
	struct err err = ERR_INIT;
	char *text = repeat(nests[_i].head, nests[_i].what, 200000, "");

	ck_assert_ptr_null(ast_parse(text, strlen(text), &err));
	free(text);
}
END_TEST

START_TEST(long_chains_are_no_depth)
{
	char *text = repeat("return a", ".b", 100000, "");

	ast_free(parse(text));
	free(text);
	text = repeat("return 1", "+1", 100000, "");
	ast_free(parse(text));
	free(text);
	text = repeat("if a then ", "elseif a then ", 100000, "end");
	ast_free(parse(text));
	free(text);
}
END_TEST

START_TEST(keywords_are_known)
{
	ck_assert(lua_is_keyword("and"));
	ck_assert(lua_is_keyword("goto"));
	ck_assert(lua_is_keyword("while"));
	ck_assert(!lua_is_keyword("whil"));
	ck_assert(!lua_is_keyword("whiles"));
	ck_assert(!lua_is_keyword(""));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_text_becomes_its_tree, UNIT_ROWS(trees) },
		{ strings_are_decoded_byte_by_byte, 0 },
		{ lines_are_counted_as_lua_counts_them, 0 },
		{ what_is_no_lua_is_refused, UNIT_ROWS(wrong) },
		{ depth_is_bounded, UNIT_ROWS(nests) },
		{ however_deep_it_does_not_crash, UNIT_ROWS(nests) },
		{ long_chains_are_no_depth, 0 },
		{ keywords_are_known, 0 },
		{ NULL, 0 },
	};

	return unit_run("lua-parse", tests, NULL, NULL);
}
