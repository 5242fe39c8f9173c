#include "lib/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

#define SIGNATURE                                                              \
	"segment:name file:str? snaplen:int(64..65550)? n:int? rate:num? "     \
	"on:bool? state:block|unblock? dir:in|out|both? options:obj? "         \
	"rows:list? extra:any?"

static json_t *
parse(const char *text)
{
	json_t *value =
	    json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	ck_assert_msg(value != NULL, "not JSON: %s", text);
	return value;
}

static int
check_text(const char *args, const char *signature, struct err *err)
{
	json_t *value = parse(args);
	int ret = json_check(value, signature, err);

	json_decref(value);
	return ret;
}

/* 63 characters, and one more */
#define NAME_63                                                                \
	"a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_64 NAME_63 "4"

static const char *const accepted[] = {
	"{\"segment\":\"vlan1\"}",
	"{\"segment\":\"0\"}",
	"{\"segment\":\"a.b_c-9\"}",
	"{\"segment\":\"" NAME_63 "\"}",
	"{\"segment\":\"a\",\"file\":\"\"}",
	"{\"segment\":\"a\",\"file\":null}",
	"{\"segment\":\"a\",\"snaplen\":64}",
	"{\"segment\":\"a\",\"snaplen\":65550}",
	"{\"segment\":\"a\",\"n\":-9223372036854775808}",
	"{\"segment\":\"a\",\"n\":9223372036854775807}",
	"{\"segment\":\"a\",\"rate\":0.5,\"on\":false}",
	"{\"segment\":\"a\",\"rate\":7,\"on\":true}",
	"{\"segment\":\"a\",\"state\":\"block\",\"dir\":\"both\"}",
	"{\"segment\":\"a\",\"state\":\"unblock\",\"dir\":\"in\"}",
	"{\"segment\":\"a\",\"options\":{\"x\":1},\"rows\":[]}",
	"{\"segment\":\"a\",\"extra\":[1]}",
	"{\"segment\":\"a\",\"extra\":null}",
};

START_TEST(arguments_of_the_signature_are_accepted)
{
	struct err err = ERR_INIT;

	ck_assert_msg(check_text(accepted[_i], SIGNATURE, &err) == 0, "%s: %s",
		      accepted[_i], err.text);
}
END_TEST

#define NAME_WANTED                                                            \
	"\"segment\" must be a name (a-z and 0-9, then also . _ -; at most "   \
	"63 characters), not "

static const struct {
	const char *args;
	const char *text;
} refused[] = {
	{ "{}", "missing \"segment\"" },
	{ "{\"segment\":null}", NAME_WANTED "null" },
	{ "[]", "the arguments must be an object, not a list" },
	{ "3", "the arguments must be an object, not a single value" },
	{ "{\"segment\":\"\"}", NAME_WANTED "\"\"" },
	{ "{\"segment\":\"A\"}", NAME_WANTED "\"A\"" },
	{ "{\"segment\":\"-a\"}", NAME_WANTED "\"-a\"" },
	{ "{\"segment\":\"a/b\"}", NAME_WANTED "\"a/b\"" },
	{ "{\"segment\":\"a\\u0000\"}",
	  NAME_WANTED "a string with a NUL inside" },
	{ "{\"segment\":\"" NAME_64 "\"}",
	  NAME_WANTED "\"a234567890123456789012345678901234567890\"..." },
	{ "{\"segment\":[]}", NAME_WANTED "a list" },
	{ "{\"segment\":\"a\",\"file\":1}",
	  "\"file\" must be a string, not 1" },
	{ "{\"segment\":\"a\",\"file\":\"a\\u0000b\"}",
	  "\"file\" must be a string, not a string with a NUL inside" },
	{ "{\"segment\":\"a\",\"snaplen\":63}",
	  "\"snaplen\" must be an integer in 64..65550, not 63" },
	{ "{\"segment\":\"a\",\"snaplen\":65551}",
	  "\"snaplen\" must be an integer in 64..65550, not 65551" },
	{ "{\"segment\":\"a\",\"snaplen\":64.5}",
	  "\"snaplen\" must be an integer in 64..65550, not 64.5" },
	{ "{\"segment\":\"a\",\"snaplen\":\"64\"}",
	  "\"snaplen\" must be an integer in 64..65550, not \"64\"" },
	{ "{\"segment\":\"a\",\"n\":true}",
	  "\"n\" must be an integer, not true" },
	{ "{\"segment\":\"a\",\"rate\":\"1\"}",
	  "\"rate\" must be a number, not \"1\"" },
	{ "{\"segment\":\"a\",\"on\":1}",
	  "\"on\" must be true or false, not 1" },
	{ "{\"segment\":\"a\",\"state\":\"bloc\"}",
	  "\"state\" must be block or unblock, not \"bloc\"" },
	{ "{\"segment\":\"a\",\"state\":\"block|unblock\"}",
	  "\"state\" must be block or unblock, not \"block|unblock\"" },
	{ "{\"segment\":\"a\",\"state\":\"\"}",
	  "\"state\" must be block or unblock, not \"\"" },
	{ "{\"segment\":\"a\",\"dir\":{}}",
	  "\"dir\" must be in, out or both, not an object" },
	{ "{\"segment\":\"a\",\"options\":[]}",
	  "\"options\" must be an object, not a list" },
	{ "{\"segment\":\"a\",\"rows\":{}}",
	  "\"rows\" must be a list, not an object" },
	/* a misspelt name is told before the one that is missing for it */
	{ "{\"segmnt\":\"a\"}",
	  "unknown member \"segmnt\"; did you mean \"segment\"?" },
	{ "{\"segment\":\"a\",\"fiel\":\"x\"}",
	  "unknown member \"fiel\"; did you mean \"file\"?" },
	{ "{\"segment\":\"a\",\"frobnicate\":\"x\"}",
	  "unknown member \"frobnicate\"; known: " SIGNATURE },
	{ "{\"segment\":\"a\",\"\":\"x\"}",
	  "unknown member \"\"; known: " SIGNATURE },
};

START_TEST(other_arguments_are_refused_and_the_member_is_named)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(check_text(refused[_i].args, SIGNATURE, &err),
			 -EINVAL);
	ck_assert_str_eq(err.text, refused[_i].text);
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_int_eq(check_text(refused[_i].args, SIGNATURE, NULL),
			 -EINVAL);
}
END_TEST

START_TEST(no_arguments_are_an_empty_object)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(json_check(NULL, "", &err), 0);
	ck_assert_int_eq(json_check(NULL, "file:str?", &err), 0);
	ck_assert_int_eq(json_check(NULL, "file:str", &err), -EINVAL);
	ck_assert_str_eq(err.text, "missing \"file\"");
	ck_assert_int_eq(check_text("{\"a\":1}", "", &err), -EINVAL);
	ck_assert_str_eq(err.text, "unknown member \"a\"; known: none");
	/* null is a value where any is wanted */
	ck_assert_int_eq(check_text("{\"a\":null}", "a:any", &err), 0);
}
END_TEST

START_TEST(a_long_foreign_text_is_shortened_between_characters)
{
	struct err err = ERR_INIT;
	char args[512] = "{\"on\":\"x";

	for (int i = 0; i < 100; i++)
		strcat(args, "\xc3\xa4");
	strcat(args, "\"}");
	ck_assert_int_eq(check_text(args, "on:bool", &err), -EINVAL);
	/* 1 + 19 * 2 bytes: the next character would end at byte 41 */
	ck_assert_msg(strlen(strchr(err.text, 'x')) == 39 + strlen("\"..."),
		      "%s", err.text);
	ck_assert_str_eq(err.text + strlen(err.text) - 6, "\xc3\xa4\"...");
}
END_TEST

static const struct {
	const char *signature;
	bool valid;
} signatures[] = {
	{ "", true },
	{ SIGNATURE, true },
	{ "a:int(-5..-4)", true },
	{ "a:int(4..4)", true },
	{ "a:name|other", true },
	{ "a:x.y|z-0?", true },
	{ "a", false },
	{ "a:", false },
	{ ":int", false },
	{ "a:?", false },
	{ "a:strr", false },
	{ "a:INT", false },
	{ "a:int??", false },
	{ "a:int(4..3)", false },
	{ "a:int(4)", false },
	{ "a:int(4..)", false },
	{ "a:int(..4)", false },
	{ "a:int(1..2", false },
	{ "a:int(1..2)x", false },
	{ "a:int(1..99999999999999999999)", false },
	{ "a:x|", false },
	{ "a:|x", false },
	{ "a:x||y", false },
	{ "a:x|y!", false },
	{ "a:str  b:str", false },
	{ " a:str", false },
	{ "a:str ", false },
};

START_TEST(malformed_signatures_are_recognised)
{
	ck_assert_int_eq(json_signature_valid(signatures[_i].signature),
			 signatures[_i].valid);
}
END_TEST

static const struct {
	const char *name, *text;
	const char *json; /* or NULL: refused */
} words[] = {
	{ "segment", "vlan1", "\"vlan1\"" },
	{ "segment", "VLAN1", NULL },
	{ "file", "", "\"\"" },
	{ "file", "12", "\"12\"" },
	{ "file", "\xff", NULL },
	{ "snaplen", "64", "64" },
	{ "snaplen", "63", NULL },
	{ "snaplen", "0x50", NULL },
	{ "snaplen", "64 ", NULL },
	{ "snaplen", " 64", NULL },
	{ "snaplen", "", NULL },
	{ "snaplen", "-", NULL },
	{ "snaplen", "64-", NULL },
	{ "n", "-1", "-1" },
	{ "n", "+1", "1" },
	{ "n", "9223372036854775807", "9223372036854775807" },
	{ "n", "9223372036854775808", NULL },
	{ "rate", "10", "10" },
	{ "rate", "2.5", "2.5" },
	{ "rate", "1e3", "1000.0" },
	{ "rate", "1e999", NULL },
	{ "rate", "inf", NULL },
	{ "rate", "nan", NULL },
	{ "rate", "0x1p3", NULL },
	{ "rate", ".", NULL },
	{ "on", "true", "true" },
	{ "on", "yes", "true" },
	{ "on", "on", "true" },
	{ "on", "false", "false" },
	{ "on", "no", "false" },
	{ "on", "off", "false" },
	{ "on", "1", NULL },
	{ "state", "unblock", "\"unblock\"" },
	{ "state", "un", NULL },
	{ "options", "{\"a\":[1]}", "{\"a\":[1]}" },
	{ "options", "[1]", NULL },
	{ "options", "{", NULL },
	{ "options", "{\"a\":1,\"a\":2}", NULL },
	{ "rows", "[1,2]", "[1,2]" },
	{ "extra", "[1,2]", "[1,2]" },
	{ "extra", "7", "7" },
	{ "extra", "hello", "\"hello\"" },
	{ "extra", "\xff", NULL },
	{ "segmen", "vlan1", NULL },
};

START_TEST(command_line_words_become_values_of_their_type)
{
	struct err err = ERR_INIT;
	json_t *value =
	    json_from_text(SIGNATURE, words[_i].name, words[_i].text, &err);
	char *dump;

	if (words[_i].json == NULL) {
		ck_assert_ptr_null(value);
		ck_assert_int_eq(err.code, -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, words[_i].name));
		return;
	}
	ck_assert_msg(value != NULL, "%s", err.text);
	dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	ck_assert_str_eq(dump, words[_i].json);
	free(dump);
	json_decref(value);
}
END_TEST

START_TEST(a_word_that_fits_no_type_is_shown)
{
	struct err err = ERR_INIT;

	ck_assert_ptr_null(json_from_text(SIGNATURE, "snaplen", "64k", &err));
	ck_assert_str_eq(
	    err.text,
	    "\"snaplen\" must be an integer in 64..65550, not \"64k\"");
	ck_assert_ptr_null(json_from_text(SIGNATURE, "file", "a\xff", &err));
	ck_assert_str_eq(err.text, "\"file\" is not UTF-8");
	ck_assert_ptr_null(json_from_text(SIGNATURE, "snap-len", "64", &err));
	ck_assert_str_eq(
	    err.text, "unknown member \"snap-len\"; did you mean \"snaplen\"?");
	ck_assert_ptr_null(json_from_text("a:str", "b\xff", "x", &err));
	ck_assert_str_eq(err.text, "unknown member \"b\"; known: a:str");
}
END_TEST

START_TEST(getters_return_members_and_name_what_is_wrong)
{
	json_t *obj = parse("{\"s\":\"text\",\"i\":7,\"b\":true,\"nul\":null,"
			    "\"z\":\"a\\u0000b\"}");
	struct err err = ERR_INIT;
	const char *s = "unchanged";
	int64_t i = -1;
	bool b = false;

	ck_assert_int_eq(json_get_str(obj, "absent", &s, &err), -ENOENT);
	ck_assert_str_eq(err.text, "missing \"absent\"");
	ck_assert_int_eq(json_get_str(obj, "nul", &s, &err), -ENOENT);
	ck_assert_int_eq(json_get_str(obj, "i", &s, &err), -EINVAL);
	ck_assert_str_eq(err.text, "\"i\" must be a string, not 7");
	ck_assert_int_eq(json_get_str(obj, "z", &s, &err), -EINVAL);
	ck_assert_str_eq(s, "unchanged");
	ck_assert_int_eq(json_get_str(obj, "s", &s, &err), 0);
	ck_assert_str_eq(s, "text");

	ck_assert_int_eq(json_get_int(obj, "i", 8, 9, &i, &err), -EINVAL);
	ck_assert_str_eq(err.text, "\"i\" must be an integer in 8..9, not 7");
	ck_assert_int_eq(json_get_int(obj, "i", 0, 6, &i, &err), -EINVAL);
	ck_assert_int_eq(json_get_int(obj, "s", 0, 6, &i, &err), -EINVAL);
	ck_assert_int_eq(i, -1);
	ck_assert_int_eq(json_get_int(obj, "i", 7, 7, &i, &err), 0);
	ck_assert_int_eq(i, 7);

	ck_assert_int_eq(json_get_bool(obj, "i", &b, &err), -EINVAL);
	ck_assert_int_eq(json_get_bool(obj, "absent", &b, NULL), -ENOENT);
	ck_assert(!b);
	ck_assert_int_eq(json_get_bool(obj, "b", &b, &err), 0);
	ck_assert(b);

	/* not even an object */
	ck_assert_int_eq(json_get_int(NULL, "i", 0, 9, &i, &err), -ENOENT);
	json_decref(obj);
}
END_TEST

START_TEST(getters_with_a_default_never_fail)
{
	json_t *obj = parse("{\"s\":\"text\",\"i\":7,\"b\":true}");

	ck_assert_str_eq(json_str_or(obj, "s", "d"), "text");
	ck_assert_str_eq(json_str_or(obj, "i", "d"), "d");
	ck_assert_ptr_null(json_str_or(obj, "absent", NULL));
	ck_assert_int_eq(json_int_or(obj, "i", 1), 7);
	ck_assert_int_eq(json_int_or(obj, "s", 1), 1);
	ck_assert(json_bool_or(obj, "b", false));
	ck_assert(json_bool_or(obj, "s", true));
	ck_assert(!json_bool_or(NULL, "b", false));
	json_decref(obj);
}
END_TEST

#define FFFD "\xef\xbf\xbd"

static const struct {
	const char *bytes;
	size_t size;
	const char *text;
} texts[] = {
	{ "", 0, "" },
	{ "plain", 5, "plain" },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9,
	  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "a\xff"
	  "b",
	  3, "a" FFFD "b" },
	{ "\xe2\x82", 2, FFFD FFFD },	       /* cut off */
	{ "\xc0\x80", 2, FFFD FFFD },	       /* overlong NUL */
	{ "\xed\xa0\x80", 3, FFFD FFFD FFFD }, /* a surrogate */
	{ "a\0b", 3, "a" FFFD "b" },
	{ "\x1b[2J\n", 5, "\x1b[2J\n" },
};

START_TEST(any_bytes_become_a_string)
{
	json_t *value = json_text(texts[_i].bytes, texts[_i].size);

	ck_assert_ptr_nonnull(value);
	ck_assert_uint_eq(json_string_length(value), strlen(texts[_i].text));
	ck_assert_str_eq(json_string_value(value), texts[_i].text);
	json_decref(value);
}
END_TEST

static const struct {
	const char *signature, *all;
} optional[] = {
	{ "", "" },
	{ "a:str", "a:str?" },
	{ "a:str?", "a:str?" },
	{ "a:int(1..9) b:x|y? c:list", "a:int(1..9)? b:x|y? c:list?" },
};

START_TEST(every_member_can_be_made_optional)
{
	char *all = json_all_optional(optional[_i].signature);

	ck_assert_str_eq(all, optional[_i].all);
	free(all);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ arguments_of_the_signature_are_accepted,
		  UNIT_ROWS(accepted) },
		{ other_arguments_are_refused_and_the_member_is_named,
		  UNIT_ROWS(refused) },
		{ no_arguments_are_an_empty_object, 0 },
		{ a_long_foreign_text_is_shortened_between_characters, 0 },
		{ malformed_signatures_are_recognised, UNIT_ROWS(signatures) },
		{ every_member_can_be_made_optional, UNIT_ROWS(optional) },
		{ command_line_words_become_values_of_their_type,
		  UNIT_ROWS(words) },
		{ a_word_that_fits_no_type_is_shown, 0 },
		{ getters_return_members_and_name_what_is_wrong, 0 },
		{ getters_with_a_default_never_fail, 0 },
		{ any_bytes_become_a_string, UNIT_ROWS(texts) },
		{ NULL, 0 },
	};

	return unit_run("json", tests, NULL, NULL);
}
