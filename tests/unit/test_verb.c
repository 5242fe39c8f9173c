#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/verb-usage.h"
#include "lib/verb.h"
#include "lib/words.h"
#include "tests/unit/unit.h"

/* ---- usage texts ---- */

static const struct {
	const char *usage;
	int min, max;
	const char *shown; /* NULL: the same */
} usages[] = {
	{ "", 0, 0, NULL },
	{ "PORT", 1, 1, NULL },
	{ "[SEGMENT]", 0, 1, NULL },
	{ "SEGMENT KIND [KEY=VALUE...]", 2, -1, NULL },
	{ "PORT state:block|unblock [direction:in|out]", 2, 3,
	  "PORT block|unblock [in|out]" },
	{ "PORT vid VID [pvid] [untagged]", 1, -1, NULL },
	{ "[A [B]] [mtu mtu:BYTES]", 0, -1, "[A [B]] [mtu BYTES]" },
	{ "PORT [delay delay:TIME [JITTER [CORRELATION]]]", 1, -1,
	  "PORT [delay TIME [JITTER [CORRELATION]]]" },
	{ "[PORT] [loss loss:PERCENT...] [seed N]", 0, -1,
	  "[PORT] [loss PERCENT...] [seed N]" },
};

START_TEST(a_usage_text_tells_of_the_program_that_may_follow)
{
	struct verb verb = { .usage = "PORT", .rest = "argv" };
	int min, max;
	char *shown;

	verb_n_words(&verb, &min, &max);
	ck_assert_int_eq(min, 1);
	ck_assert_int_eq(max, -1);
	shown = verb_usage_text(&verb);
	ck_assert_str_eq(shown, "PORT [-- PROGRAM [ARGUMENT]...]");
	free(shown);
}
END_TEST

START_TEST(a_usage_text_tells_how_many_arguments)
{
	struct verb verb = { .usage = usages[_i].usage };
	const char *want = usages[_i].shown;
	int min, max;
	char *shown;

	verb_n_words(&verb, &min, &max);
	ck_assert_int_eq(min, usages[_i].min);
	ck_assert_int_eq(max, usages[_i].max);
	shown = verb_usage_text(&verb);
	ck_assert_str_eq(shown, want != NULL ? want : verb.usage);
	free(shown);
}
END_TEST

static const char *const bad_usages[] = {
	" ",
	"PORT ",
	"PORT  VID",
	"[PORT",
	"PORT]",
	"[]",
	"PO%RT",
	"state:",
	":block",
	"[SEGMENT] PORT",
	"[vid] PORT",
	"[vid VID] PORT",
	"vid [VID] PORT",
	"[vid VID [pvid]]",
	"KEY=VALUE...",
	"[KEY=VALUE...] PORT",
	"[KEY=VALUE...] [vid]",
	"a-parameter-whose-name-is-much-too-long",
	"...",
	"WORDS... PORT",
	"[delay TIME... [JITTER]]",
};

START_TEST(a_malformed_usage_text_is_refused)
{
	struct usage usage;

	ck_assert_int_eq(usage_parse(bad_usages[_i], &usage), -EINVAL);
}
END_TEST

/* ---- words behind the verb ---- */

static const struct verb vlan_add = {
	.usage = "PORT vid VID [pvid] [untagged]",
	.files = "vid/ file",
};
static const struct verb netem_set = {
	.usage = "PORT [DIR] [delay DELAY [JITTER [MORE]]] [loss LOSS] "
		 "[limit LIMIT] [seed SEED]",
};
static const struct verb phrases = {
	.usage = "[PORT] [dir DIR] [delay delay:TIME...] [loss loss:N...] "
		 "[file FILE]",
	.files = "file/",
};
static const struct verb port_add = {
	.usage = "SEGMENT KIND [KEY=VALUE...]",
	.files = "path maybe/",
};
static const struct verb runner = {
	.usage = "SEGMENT [KEY=VALUE...]",
	.rest = "argv",
};
static const struct verb runner_into = {
	.usage = "PLUGIN [KEY=VALUE...]",
	.into = "options",
	.rest = "argv",
};
static const struct verb plugin_load = {
	.usage = "PLUGIN [segment SEGMENT] [KEY=VALUE...]",
	.into = "options",
	.files = "plugin/",
};

#define VLAN_ADD "port:name vid:str pvid:bool? untagged:bool?"
#define NETEM_SET                                                              \
	"port:name dir:str? delay:str? jitter:str? more:str? loss:num? "       \
	"limit:int(1..10)? seed:int?"
#define PHRASES "port:name? dir:str? delay:str? loss:any? file:str?"
#define PORT_ADD "segment:name kind:name mtu:int(68..65536)? path:str?"
#define RUNNER "segment:name argv:list?"
#define PLUGIN_LOAD "plugin:str segment:name? port:name? options:obj?"

static const struct {
	const struct verb *verb;
	const char *signature;
	const char *line;
	const char *want;
} good_lines[] = {
	/* places, keywords, flags */
	{ &vlan_add, VLAN_ADD, "p vid 7", "{'port': 'p', 'vid': '7'}" },
	{ &vlan_add, VLAN_ADD, "p pvid vid 1-9",
	  "{'port': 'p', 'vid': '1-9', 'pvid': true}" },
	{ &vlan_add, VLAN_ADD, "p vid=7 untagged pvid=no",
	  "{'port': 'p', 'vid': '7', 'untagged': true, 'pvid': false}" },
	{ &vlan_add, VLAN_ADD, "vid vid vid", "{'port': 'vid', 'vid': 'vid'}" },
	{ &vlan_add, VLAN_ADD, "p un v 7",
	  "{'port': 'p', 'vid': '7', 'untagged': true}" },
	{ &vlan_add, VLAN_ADD, "p vid a=b", "{'port': 'p', 'vid': 'a=b'}" },
	/* values that may be left out */
	{ &netem_set, NETEM_SET, "p", "{'port': 'p'}" },
	{ &netem_set, NETEM_SET, "p in", "{'port': 'p', 'dir': 'in'}" },
	{ &netem_set, NETEM_SET, "p loss 1.5 delay 50ms",
	  "{'port': 'p', 'loss': 1.5, 'delay': '50ms'}" },
	{ &netem_set, NETEM_SET, "p loss=1", "{'port': 'p', 'loss': 1}" },
	{ &netem_set, NETEM_SET, "p in delay 5 6 seed 3",
	  "{'port': 'p', 'dir': 'in', 'delay': '5', 'jitter': '6', "
	  "'seed': 3}" },
	{ &netem_set, NETEM_SET, "p delay=5 6 7 loss=2",
	  "{'port': 'p', 'delay': '5', 'jitter': '6', 'more': '7', "
	  "'loss': 2}" },
	{ &netem_set, NETEM_SET, "p lo",
	  "{'port': 'p', 'dir': 'lo'}" }, /* not yet a keyword's place */
	{ &netem_set, NETEM_SET, "p in lo 2",
	  "{'port': 'p', 'dir': 'in', 'loss': 2}" },
	/* values of several words */
	{ &phrases, PHRASES, "p delay 5 6 loss ge 1 2 dir in",
	  "{'port': 'p', 'delay': '5 6', 'loss': 'ge 1 2', 'dir': 'in'}" },
	{ &phrases, PHRASES, "dir in delay=5 loss 7",
	  "{'dir': 'in', 'delay': '5', 'loss': 7}" },
	{ &phrases, PHRASES, "p delay loss 5 6", /* the first is always taken */
	  "{'port': 'p', 'delay': 'loss 5 6'}" },
	{ &phrases, PHRASES, "p delay '5  6' de lo x file ./a",
	  "{'port': 'p', 'delay': '5  6 de lo x', 'file': '/base/./a'}" },
	/* settings: known ones by their type, others by their looks */
	{ &port_add, PORT_ADD, "lab dummy",
	  "{'segment': 'lab', "
	  "'kind': 'dummy'}" },
	{ &port_add, PORT_ADD, "l d mtu=1500 path=/9",
	  "{'segment': 'l', 'kind': 'd', 'mtu': 1500, 'path': '/9'}" },
	{ &port_add, PORT_ADD,
	  "l d path=", "{'segment': 'l', 'kind': 'd', 'path': ''}" },
	{ &port_add, PORT_ADD, "l d a=b=c vni=7 r=1.5 x=true",
	  "{'segment': 'l', 'kind': 'd', 'a': 'b=c', 'vni': 7, 'r': 1.5, "
	  "'x': true}" },
	{ &port_add, PORT_ADD, "l d v='\"7\"' w=7x n=null o={} e= m=1",
	  "{'segment': 'l', 'kind': 'd', 'v': '7', 'w': '7x', 'n': 'null', "
	  "'o': '{}', 'e': '', 'm': 1}" },
	/* ... into a member */
	{ &plugin_load, PLUGIN_LOAD, "netem", "{'plugin': 'netem'}" },
	{ &plugin_load, PLUGIN_LOAD, "x a=1 segment=s port=p b=two",
	  "{'plugin': 'x', 'segment': 's', 'port': 'p', "
	  "'options': {'a': '1', 'b': 'two'}}" },
	{ &plugin_load, PLUGIN_LOAD, "x segment s a=1",
	  "{'plugin': 'x', 'segment': 's', 'options': {'a': '1'}}" },
	/* names of files */
	{ &port_add, PORT_ADD, "l d path=sock",
	  "{'segment': 'l', 'kind': 'd', 'path': '/base/sock'}" },
	{ &port_add, PORT_ADD, "l d maybe=sock",
	  "{'segment': 'l', 'kind': 'd', 'maybe': 'sock'}" },
	{ &port_add, PORT_ADD, "l d maybe=./sock",
	  "{'segment': 'l', 'kind': 'd', 'maybe': '/base/./sock'}" },
	{ &plugin_load, PLUGIN_LOAD, "./x.so", "{'plugin': '/base/./x.so'}" },
	{ &plugin_load, PLUGIN_LOAD, "/x.so", "{'plugin': '/x.so'}" },
	{ &vlan_add, VLAN_ADD, "p vid a/b",
	  "{'port': 'p', 'vid': '/base/a/b'}" },
	/* a program */
	{ &runner, RUNNER, "s a=1 -- prog -x a=2 -- ''",
	  "{'segment': 's', 'a': 1, 'argv': ['prog', '-x', 'a=2', '--', "
	  "'']}" },
	{ &runner, RUNNER, "s -- bin/prog a/b",
	  "{'segment': 's', 'argv': ['/base/bin/prog', 'a/b']}" },
	{ &runner, RUNNER, "s -- /prog",
	  "{'segment': 's', 'argv': ['/prog']}" },
	{ &runner_into, "plugin:str options:obj?", "p -- prog",
	  "{'plugin': 'p', 'options': {'argv': ['prog']}}" },
	{ &runner_into, "plugin:str options:obj?", "p a=1 -- prog",
	  "{'plugin': 'p', 'options': {'a': '1', 'argv': ['prog']}}" },
};

/* JSON with ' for " */
static json_t *
load(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	for (char *c = copy; *c != '\0'; c++) {
		if (*c == '\'')
			*c = '"';
	}
	value = json_loads(copy, JSON_REJECT_DUPLICATES, NULL);
	free(copy);
	ck_assert_ptr_nonnull(value);
	return value;
}

START_TEST(words_become_parameters)
{
	json_t *want = load(good_lines[_i].want), *params;
	struct err err = ERR_INIT;
	struct words words;
	size_t at;
	char *got;
	int ret;

	ck_assert_int_eq(words_split(good_lines[_i].line, &words, &err), 0);
	ret = verb_check(good_lines[_i].verb, words.word, words.n, &at, &err);
	ck_assert_msg(ret == 0, "%s", err.text);
	ret =
	    verb_params(good_lines[_i].verb, words.word, words.n,
			good_lines[_i].signature, "/base", &params, &at, &err);
	ck_assert_msg(ret == 0, "%s", err.text);
	got = json_dumps(params, 0);
	ck_assert_msg(json_equal(params, want), "%s", got);
	free(got);
	json_decref(want);
	json_decref(params);
	words_fini(&words);
}
END_TEST

static const struct {
	const struct verb *verb;
	const char *signature;
	const char *line;
	size_t at;
	const char *text;
	bool typed; /* only the signature tells */
} bad_lines[] = {
	{ &vlan_add, VLAN_ADD, "", 0, "an argument is missing: PORT", false },
	{ &vlan_add, VLAN_ADD, "p", 1, "a word is missing: vid", false },
	{ &vlan_add, VLAN_ADD, "p vid", 2, "an argument is missing: VID",
	  false },
	{ &vlan_add, VLAN_ADD, "p vid 7 vid=8", 3, "vid is given twice",
	  false },
	{ &vlan_add, VLAN_ADD, "p vid 7 pvid pvid", 4, "pvid is given twice",
	  false },
	{ &vlan_add, VLAN_ADD, "p vid 7 untaged", 3,
	  "unknown word 'untaged', did you mean 'untagged'?", false },
	{ &vlan_add, VLAN_ADD, "p vid 7 8", 3,
	  "unknown word '8'; there are: vid, pvid, untagged", false },
	{ &vlan_add, VLAN_ADD, "p vid 7 pvid=7", 3, "\"pvid\" must be", true },
	{ &vlan_add, VLAN_ADD, "P vid 7", 0, "\"port\" must be a name", true },
	{ &netem_set, NETEM_SET, "p in l 2", 2,
	  "word 'l' is ambiguous: loss, limit", false },
	{ &netem_set, NETEM_SET, "p limit 11", 2, "\"limit\" must be", true },
	{ &netem_set, NETEM_SET, "p in delay 1 2 3 4", 6, "unknown word '4'",
	  false },
	{ &phrases, PHRASES, "p delay", 2, "an argument is missing: TIME...",
	  false },
	{ &phrases, PHRASES, "p delay 5 loss 1 delay 6", 5,
	  "delay is given twice", false },
	{ &phrases, PHRASES, "p dlay 5", 1, "unknown word 'dlay', did you mean",
	  false },
	{ &port_add, PORT_ADD, "lab", 1, "an argument is missing: KIND",
	  false },
	{ &port_add, PORT_ADD, "l d mtu", 2, "'mtu' is not of the form",
	  false },
	{ &port_add, PORT_ADD, "l d =x", 2, "'=x' is not of the form", false },
	{ &port_add, PORT_ADD, "l d ''", 2, "'' is not of the form", false },
	{ &port_add, PORT_ADD, "l d mtu=big", 2, "\"mtu\" must be", true },
	{ &port_add, PORT_ADD, "l d mtu=67", 2, "\"mtu\" must be", true },
	{ &port_add, PORT_ADD, "l d mtu=68 x=1 mtu=68", 4, "mtu is given twice",
	  true },
	{ &port_add, PORT_ADD, "l d segment=m", 2, "segment is given twice",
	  true },
	{ &plugin_load, PLUGIN_LOAD, "x a=1 a=2", 2, "a is given twice", true },
	{ &plugin_load, PLUGIN_LOAD, "x options=1", 1, "\"options\" must be",
	  true },
	{ &runner, RUNNER, "s --", 2, "a program is missing behind --", false },
	{ &runner, RUNNER, "s x=1 x=2 -- prog", 2, "x is given twice", true },
	{ &runner, RUNNER, "-- prog", 0, "an argument is missing: SEGMENT",
	  false },
	{ &port_add, PORT_ADD, "l d -- prog", 2, "'--' is not of the form",
	  false },
	{ &(const struct verb){ .usage = "[SEGMENT]" }, "segment:name?", "a b",
	  1, "unexpected argument 'b'", false },
};

START_TEST(a_mistake_is_named_with_its_word)
{
	json_t *params = (json_t *)&params;
	struct err err = ERR_INIT;
	struct words words;
	size_t at = 99;
	int ret;

	ck_assert_int_eq(words_split(bad_lines[_i].line, &words, &err), 0);
	ret = verb_params(bad_lines[_i].verb, words.word, words.n,
			  bad_lines[_i].signature, "/base", &params, &at, &err);
	ck_assert_int_eq(ret, -EINVAL);
	ck_assert_ptr_null(params);
	ck_assert_msg(strstr(err.text, bad_lines[_i].text) != NULL, "%s",
		      err.text);
	ck_assert_uint_eq(at, bad_lines[_i].at);
	ret = verb_check(bad_lines[_i].verb, words.word, words.n, &at, &err);
	ck_assert_int_eq(ret, bad_lines[_i].typed ? 0 : -EINVAL);
	words_fini(&words);
}
END_TEST

/* ---- what comes next ---- */

static const struct {
	const struct verb *verb;
	const char *line;
	const char *want; /* keywords as they are, values as <name> */
} nexts[] = {
	{ &vlan_add, "", "<port>" },
	{ &runner, "s -- prog", "" },
	{ &vlan_add, "p", "vid pvid untagged" },
	{ &vlan_add, "p pvid", "vid untagged" },
	{ &vlan_add, "p vid", "<vid>" },
	{ &vlan_add, "p vid pvid", "pvid untagged" },
	{ &vlan_add, "p vid=7", "pvid untagged" },
	{ &netem_set, "p", "<dir> delay loss limit seed" },
	{ &netem_set, "p in", "delay loss limit seed" },
	{ &netem_set, "p loss 2 delay 5", "<jitter> limit seed" },
	{ &netem_set, "p delay 5 6", "<more> loss limit seed" },
	{ &netem_set, "p delay 5 6 7", "loss limit seed" },
	{ &netem_set, "p delay=5 loss", "<loss>" },
	{ &phrases, "", "<port> dir delay loss file" },
	{ &phrases, "p delay", "<delay>" },
	{ &phrases, "p delay 5 6", "dir loss file" },
	{ &port_add, "", "<segment>" },
	{ &port_add, "lab", "<kind>" },
	{ &port_add, "lab dummy x=1", "=" },
	{ &plugin_load, "x a=1", "segment =" },
};

static void
add_next(const struct usage_item *item, void *arg)
{
	char *list = arg;

	if (list[0] != '\0')
		strcat(list, " ");
	strcat(list, item->kind == USAGE_VALUE ? "<" : "");
	strcat(list, item->kind == USAGE_SETTINGS ? "=" : item->name);
	strcat(list, item->kind == USAGE_VALUE ? ">" : "");
}

START_TEST(what_comes_next_is_known)
{
	char list[256] = "";
	struct words words;

	ck_assert_int_eq(words_split(nexts[_i].line, &words, NULL), 0);
	verb_expect(nexts[_i].verb, words.word, words.n, add_next, list);
	ck_assert_str_eq(list, nexts[_i].want);
	words_fini(&words);
}
END_TEST

START_TEST(the_value_behind_a_keyword_is_known)
{
	struct usage_item item;

	ck_assert(verb_expect_value(&vlan_add, "vid=", &item));
	ck_assert_str_eq(item.name, "vid");
	ck_assert(verb_expect_value(&netem_set, "delay=5", &item));
	ck_assert_str_eq(item.name, "delay");
	ck_assert(!verb_expect_value(&vlan_add, "vid", &item));
	ck_assert(!verb_expect_value(&vlan_add, "pvid=", &item));
	ck_assert(!verb_expect_value(&vlan_add, "port=", &item));
	ck_assert(verb_names(&vlan_add, "port", 4));
	ck_assert(verb_names(&vlan_add, "pvid=", 4));
	ck_assert(!verb_names(&vlan_add, "por", 3));
}
END_TEST

/* ---- noun and verb ---- */

static const struct {
	const char *line;
	int n;		  /* -EINVAL: refused */
	const char *what; /* method, or part of the message */
	size_t at;
} commands[] = {
	{ "segment show lab", 2, "segment.show", 0 },
	{ "segment", 1, "segment.show", 0 },
	{ "seg sh", 2, "segment.show", 0 },
	{ "port add lab dummy", 2, "port.add", 0 },
	{ "stats lab", 1, "stats.show", 0 },
	{ "info", 1, "switch.info", 0 },
	{ "", -EINVAL, "a command is missing", 0 },
	{ "prot", -EINVAL, "unknown command 'prot', did you mean 'port'?", 0 },
	{ "p", -EINVAL, "command 'p' is ambiguous: port, pipe, portsec, plugin",
	  0 },
	{ "x", -EINVAL, "unknown command 'x'; there are: segment, port", 0 },
	{ "port ad_", -EINVAL, "unknown command 'ad_', did you mean 'add'?",
	  1 },
	/* no verb, nor nearly one: an argument of show, if that takes any */
	{ "segment lab", 1, "segment.show", 0 },
	{ "segment create lab", -EINVAL, "unknown command 'create'", 1 },
	{ "segment sho_", -EINVAL, "did you mean 'show'?", 1 },
	{ "plugin lab", -EINVAL, "unknown command 'lab'; there are: show", 1 },
	{ "stats show lab", 2, "stats.show", 0 },
};

START_TEST(the_first_words_name_a_row)
{
	const struct verb *verb = NULL;
	struct err err = ERR_INIT;
	struct words words;
	size_t at = 99;
	int ret;

	ck_assert_int_eq(words_split(commands[_i].line, &words, &err), 0);
	ret = verb_find(words.word, words.n, &verb, &at, &err);
	ck_assert_msg(ret == commands[_i].n, "%d: %s", ret, err.text);
	if (ret > 0) {
		ck_assert_str_eq(verb->method, commands[_i].what);
	} else {
		ck_assert_msg(strstr(err.text, commands[_i].what) != NULL, "%s",
			      err.text);
		ck_assert_uint_eq(at, commands[_i].at);
	}
	words_fini(&words);
}
END_TEST

/* ---- the table itself ---- */

static const struct verb_noun *
find_noun(const char *name)
{
	const struct verb_noun *noun = verb_nouns;

	while (noun->name != NULL && strcmp(noun->name, name) != 0)
		noun++;
	return noun->name != NULL ? noun : NULL;
}

START_TEST(every_row_is_well_formed)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_row(i)) != NULL; i++) {
		struct usage usage;

		ck_assert_msg(find_noun(v->noun) != NULL, "%s", v->noun);
		ck_assert_msg(usage_parse(v->usage, &usage) == 0,
			      "%s %s: usage text", v->noun, v->verb);
		ck_assert_msg(v->help != NULL && v->method != NULL, "%s %s",
			      v->noun, v->verb);
		/* what a verb's name promises */
		if (v->verb != NULL && strcmp(v->verb, "show") == 0)
			ck_assert_msg(v->asks, "%s show", v->noun);
		if (v->verb != NULL && (strcmp(v->verb, "add") == 0 ||
					strcmp(v->verb, "del") == 0 ||
					strcmp(v->verb, "set") == 0))
			ck_assert_msg(!v->asks, "%s %s", v->noun, v->verb);
	}
}
END_TEST

START_TEST(rows_of_a_noun_stand_together_and_differ)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_row(i)) != NULL; i++) {
		const struct verb *w;
		bool left = false;

		for (size_t j = i + 1; (w = verb_row(j)) != NULL; j++) {
			bool same = strcmp(v->noun, w->noun) == 0;

			ck_assert_msg(!(left && same), "%s", v->noun);
			left = !same;
			if (same && v->verb != NULL && w->verb != NULL)
				ck_assert_str_ne(v->verb, w->verb);
		}
	}
}
END_TEST

START_TEST(every_noun_has_a_row)
{
	for (const struct verb_noun *n = verb_nouns; n->name != NULL; n++) {
		const struct verb *v;
		size_t i = 0;

		while ((v = verb_row(i)) != NULL &&
		       strcmp(v->noun, n->name) != 0)
			i++;
		ck_assert_msg(v != NULL, "%s", n->name);
	}
}
END_TEST

START_TEST(every_option_is_a_keyword)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_row(i)) != NULL; i++) {
		const struct cli_option *o = v->options;
		struct usage usage;

		ck_assert_int_eq(usage_parse(v->usage, &usage), 0);
		for (; o != NULL && o->name != NULL; o++) {
			size_t item = 0;

			while (item < usage.n &&
			       (usage.items[item].kind != USAGE_KEYWORD ||
				strcmp(usage.items[item].name, o->name) != 0))
				item++;
			ck_assert_msg(item < usage.n, "%s %s --%s", v->noun,
				      v->verb, o->name);
		}
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_usage_text_tells_of_the_program_that_may_follow, 0 },
		{ a_usage_text_tells_how_many_arguments, UNIT_ROWS(usages) },
		{ a_malformed_usage_text_is_refused, UNIT_ROWS(bad_usages) },
		{ words_become_parameters, UNIT_ROWS(good_lines) },
		{ a_mistake_is_named_with_its_word, UNIT_ROWS(bad_lines) },
		{ what_comes_next_is_known, UNIT_ROWS(nexts) },
		{ the_value_behind_a_keyword_is_known, 0 },
		{ the_first_words_name_a_row, UNIT_ROWS(commands) },
		{ every_row_is_well_formed, 0 },
		{ rows_of_a_noun_stand_together_and_differ, 0 },
		{ every_noun_has_a_row, 0 },
		{ every_option_is_a_keyword, 0 },
		{ NULL, 0 },
	};

	return unit_run("verb", tests, NULL, NULL);
}
