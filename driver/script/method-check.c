/* method-check: does a call suit its row? */
#include <assert.h>
#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/screen/keyboard.h"
#include "driver/script/methods.h"
#include "driver/wire/frame-filter.h"
#include "lib/err.h"
#include "lib/nearest.h"
#include "lib/xalloc.h"

enum {
	SECONDS_MAX = 31 * 24 * 3600,
	TTY_MAX = 63,
	SHOWN_MAX = 20, /* characters of a wrong word */
};

static const struct {
	const char *name;
	const char *wanted; /* "must be ..." */
} types[] = {
	[METHOD_STR] = { "str", "a string" },
	[METHOD_DATA] = { "data", "a string" },
	[METHOD_INT] = { "int", "a whole number" },
	[METHOD_NUM] = { "num", "a number" },
	[METHOD_SECONDS] = { "seconds", "a number of seconds" },
	[METHOD_BOOL] = { "bool", "a boolean" },
	[METHOD_TABLE] = { "table", "a table" },
	[METHOD_FN] = { "fn", "a function" },
	[METHOD_ANY] = { "any", "anything" },
	[METHOD_FILTER] = { "filter", "a string" },
	[METHOD_PORT_NAME] = { "port", "a port, or its name" },
	[METHOD_FRAME] = { "frame", "a string of octets, or a packet" },
	[METHOD_WIRE] = { "wire", "a port, or a segment" },
	[METHOD_REGEX] = { "regex", "a string" },
	[METHOD_TTY] = { "tty", "the number of a terminal, 1 to 63" },
	[METHOD_KEY] = { "key", "a string" },
	[METHOD_EVENT] = { "event", "the name of an event, or a function" },
	[METHOD_WORD] = { "word", "one of" },
	[METHOD_CONDITION_VALUE] = { "condition", "a polling_condition()" },
};

static enum method_type
find_type(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == len &&
		    memcmp(types[i].name, word, len) == 0)
			return (enum method_type)i;
	assert(!"a type in the table of methods that is none");
	return METHOD_ANY;
}

const char *
method_type_name(enum method_type type)
{
	return types[type].name;
}

bool
method_param_next(const char **signature, struct method_param *param)
{
	const char *s = *signature + strspn(*signature, " ");
	size_t len = strcspn(s, ":");
	char *end;

	if (*s == '\0')
		return false;
	*param = (struct method_param){ .min = INT64_MIN, .max = INT64_MAX };
	assert(s[len] == ':' && len < sizeof(param->name));
	memcpy(param->name, s, len);
	s += len + 1;
	len = strcspn(s, "(.? ");
	param->type = find_type(s, len);
	s += len;
	if (*s == '(' && param->type == METHOD_WORD) {
		param->words = s + 1;
		param->words_len = (int)strcspn(s + 1, ")");
		s += param->words_len + 2;
	} else if (*s == '(') {
		param->min = strtoll(s + 1, &end, 10);
		param->max = strtoll(end + 2, &end, 10);
		s = end + 1;
	}
	if (strncmp(s, "...", 3) == 0) {
		param->repeated = true;
		s += 3;
	}
	if (*s == '?') {
		param->optional = true;
		s++;
	}
	assert(*s == ' ' || *s == '\0');
	*signature = s;
	return true;
}

const char *
method_kind_word(enum method_kind kind)
{
	switch (kind) {
	case VALUE_NIL:
		return "nil";
	case VALUE_BOOL:
		return "a boolean";
	case VALUE_INT:
	case VALUE_NUM:
		return "a number";
	case VALUE_STR:
		return "a string";
	case VALUE_TABLE:
		return "a table";
	case VALUE_FN:
		return "a function";
	case VALUE_MACHINE:
		return "a machine";
	case VALUE_SEGMENT:
		return "a segment";
	case VALUE_PORT:
		return "a port";
	case VALUE_WATCH:
		return "a watch";
	case VALUE_COMMAND:
		return "a command";
	case VALUE_CONDITION:
		return "a condition";
	case VALUE_PACKET:
		return "a packet";
	case VALUE_UNKNOWN:
	case VALUE_OTHER:
		break;
	}
	return "something else";
}

struct check {
	const struct method *method;
	method_mistake_fn *on_mistake;
	void *arg;
	size_t n_mistakes;
};

static void __attribute__((format(printf, 3, 4)))
mistake(struct check *check, const struct method_value *value, const char *fmt,
	...)
{
	char *text, *whole;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	whole = xasprintf("%s: %s", check->method->name, text);
	check->on_mistake(value, whole, check->arg);
	check->n_mistakes++;
	free(whole);
	free(text);
}

static bool
is_number(const struct method_value *v)
{
	return v->kind == VALUE_INT || v->kind == VALUE_NUM;
}

/* What @v is, for a message about what it should be: the value, if short. */
static char *
describe(const struct method_value *v)
{
	if (v->known && v->kind == VALUE_INT)
		return xasprintf("%lld", (long long)v->i);
	if (v->known && v->kind == VALUE_NUM)
		return xasprintf("%g", v->n);
	if (v->known && v->kind == VALUE_STR && v->has_nul)
		return xstrdup("a string with a NUL byte");
	return xstrdup(method_kind_word(v->kind));
}

static bool
int_suits(const struct method_param *param, const struct method_value *v)
{
	if (!is_number(v))
		return false;
	if (!v->known)
		return true;
	if (v->kind == VALUE_INT)
		return v->i >= param->min && v->i <= param->max;
	/* Lua's 5.0 is a whole number; the bounds are exact in a double or the
	 * widest there are */
	return v->n == floor(v->n) && v->n >= (double)param->min &&
	       v->n <= (double)param->max && fabs(v->n) < 0x1p63;
}

static bool
num_suits(const struct method_value *v, double min, double max)
{
	double n = v->kind == VALUE_INT ? (double)v->i : v->n;

	return is_number(v) &&
	       (!v->known || (isfinite(n) && n >= min && n <= max));
}

static bool
tty_suits(const struct method_value *v)
{
	char *end;
	long n;

	if (v->kind == VALUE_INT)
		return !v->known || (v->i >= 1 && v->i <= TTY_MAX);
	if (v->kind != VALUE_STR || v->text == NULL)
		return v->kind == VALUE_STR;
	n = strtol(v->text, &end, 10);
	return strchr("123456789", v->text[0]) != NULL && *end == '\0' &&
	       n >= 1 && n <= TTY_MAX;
}

static bool
word_suits(const struct method_param *param, const struct method_value *v)
{
	const char *word = param->words;
	const char *end = word + param->words_len;

	if (v->kind != VALUE_STR || !v->known || v->text == NULL)
		return v->kind == VALUE_STR;
	for (; word < end; word += strcspn(word, "|)") + 1)
		if (strncmp(word, v->text, strlen(v->text)) == 0 &&
		    strcspn(word, "|)") == strlen(v->text))
			return true;
	return false;
}

static bool
suits(const struct method_param *param, const struct method_value *v)
{
	if (v->kind == VALUE_UNKNOWN ||
	    (v->kind == VALUE_NIL && param->optional))
		return true;
	switch (param->type) {
	case METHOD_STR:
	case METHOD_FILTER:
	case METHOD_REGEX:
	case METHOD_KEY:
		return v->kind == VALUE_STR && !(v->known && v->has_nul);
	case METHOD_PORT_NAME:
		return v->kind == VALUE_PORT ||
		       (v->kind == VALUE_STR && !(v->known && v->has_nul));
	case METHOD_WIRE:
		return v->kind == VALUE_PORT || v->kind == VALUE_SEGMENT;
	case METHOD_FRAME:
		return v->kind == VALUE_STR || v->kind == VALUE_PACKET;
	case METHOD_EVENT:
		return v->kind == VALUE_STR || v->kind == VALUE_FN;
	case METHOD_TTY:
		return tty_suits(v);
	case METHOD_DATA:
		return v->kind == VALUE_STR;
	case METHOD_INT:
		return int_suits(param, v);
	case METHOD_NUM:
		return num_suits(v, -HUGE_VAL, HUGE_VAL);
	case METHOD_SECONDS:
		return num_suits(v, 0, SECONDS_MAX);
	case METHOD_BOOL:
		return v->kind == VALUE_BOOL;
	case METHOD_TABLE:
		return v->kind == VALUE_TABLE;
	case METHOD_FN:
		return v->kind == VALUE_FN;
	case METHOD_WORD:
		return word_suits(param, v);
	case METHOD_CONDITION_VALUE:
		return v->kind == VALUE_CONDITION;
	case METHOD_ANY:
		break;
	}
	return true;
}

static void
check_filter(struct check *check, const struct method_value *v)
{
	struct err err = ERR_INIT;
	struct frame_filter *filter = frame_filter_new(v->text, &err);

	if (filter == NULL)
		mistake(check, v, "%s", err.text);
	frame_filter_free(filter);
}

static void
check_regex(struct check *check, const struct method_value *v)
{
	regex_t regex;
	char why[128];
	int ret = regcomp(&regex, v->text, REG_EXTENDED | REG_NOSUB);

	if (ret == 0) {
		regfree(&regex);
		return;
	}
	regerror(ret, &regex, why, sizeof(why));
	mistake(check, v, "\"%s\" is no regular expression: %s", v->text, why);
}

static void
check_key(struct check *check, const struct method_value *v)
{
	struct err err = ERR_INIT;

	if (keyboard_press_any(v->text, &err) < 0)
		mistake(check, v, "%s", err.text);
}

/* What the text of a string, where it is known, must be. */
static void
check_text(struct check *check, enum method_type type,
	   const struct method_value *v)
{
	if (v->kind != VALUE_STR || v->text == NULL)
		return;
	if (type == METHOD_FILTER)
		check_filter(check, v);
	else if (type == METHOD_REGEX)
		check_regex(check, v);
	else if (type == METHOD_KEY)
		check_key(check, v);
}

static void
check_value(struct check *check, const char *what,
	    const struct method_param *param, const struct method_value *v)
{
	const char *wanted = types[param->type].wanted;
	char range[128] = "";
	char *got;

	if (suits(param, v)) {
		check_text(check, param->type, v);
		return;
	}
	if (param->type == METHOD_INT)
		snprintf(range, sizeof(range), " from %lld to %lld",
			 (long long)param->min, (long long)param->max);
	if (param->type == METHOD_WORD)
		snprintf(range, sizeof(range), " %.*s", param->words_len,
			 param->words);
	if (param->type == METHOD_SECONDS)
		snprintf(range, sizeof(range), " from 0 to %d", SECONDS_MAX);
	if (param->type == METHOD_WORD && v->text != NULL &&
	    strlen(v->text) <= SHOWN_MAX)
		got = xasprintf("\"%s\"", v->text);
	else
		got = describe(v);
	mistake(check, v, "%s%s must be %s%s, not %s", what, param->name,
		wanted, range, got);
	free(got);
}

enum { WORD_SIZE = sizeof(((struct method_param *)NULL)->name) };

/* The option @name of @method into @param; false: there is none, and the
 * nearest is in @near, or "". */
static bool
find_option(const struct method *method, const char *name,
	    struct method_param *param, char near[static WORD_SIZE])
{
	enum { OPTIONS_MAX = 20 };
	struct method_param options[OPTIONS_MAX];
	const char *names[OPTIONS_MAX + 1] = { NULL };
	const char *signature = method->options;
	const char *found;

	for (size_t n = 0; n < OPTIONS_MAX; n++) {
		if (!method_param_next(&signature, &options[n]))
			break;
		if (strcmp(options[n].name, name) == 0) {
			*param = options[n];
			return true;
		}
		names[n] = options[n].name;
	}
	found = nearest_word(name, names);
	snprintf(near, WORD_SIZE, "%s", found != NULL ? found : "");
	return false;
}

static void
wrong_call(struct check *check, const struct method_value *at, const char *what)
{
	char *usage = method_usage(check->method);

	mistake(check, at, "%s; it is called as %s", what, usage);
	free(usage);
}

static void
check_option(struct check *check, const struct method_field *field)
{
	const struct method_value *value = &field->value;
	struct method_param param;
	char near[WORD_SIZE];
	char *what;

	if (field->name == NULL) {
		wrong_call(check, value, "an option has a name");
	} else if (find_option(check->method, field->name, &param, near)) {
		param.optional = true;
		check_value(check, "option ", &param, value);
	} else if (near[0] != '\0') {
		mistake(check, value,
			"unknown option '%s' (did you mean '%s'?)", field->name,
			near);
	} else {
		what = xasprintf("unknown option '%s'", field->name);
		wrong_call(check, value, what);
		free(what);
	}
}

/* Check @n arguments, without the options.  @maybe_options: the last one may
 * turn out to be those. */
static void
check_params(struct check *check, const struct method_value *args, size_t n,
	     bool open, bool maybe_options)
{
	const char *signature = check->method->params;
	struct method_param param;
	size_t i = 0;

	while (method_param_next(&signature, &param)) {
		if (i == n) {
			if (!param.optional && !open)
				wrong_call(check, NULL, "too few arguments");
			return; /* what follows is optional too */
		}
		do
			check_value(check, "", &param, &args[i++]);
		while (param.repeated && i < n);
	}
	if (i == n || (maybe_options && i + 1 == n))
		return;
	wrong_call(check, &args[i],
		   check->method->options != NULL ? "options go into a table"
						  : "too many arguments");
}

/* How many of @args are left without a function that may come last. */
static size_t
without_body(const struct method *method, const struct method_value *args,
	     size_t n)
{
	const struct method_value *last = &args[n - 1];

	if (!method->body || n == 0)
		return n;
	if (last->kind == VALUE_FN)
		return n - 1;
	/* It may be one. */
	return last->kind == VALUE_UNKNOWN && n > 1 ? n - 1 : n;
}

bool
method_has_options(const struct method *method, const struct method_value *args,
		   size_t n_args)
{
	size_t n = without_body(method, args, n_args);

	return method->options != NULL && n > 0 &&
	       args[n - 1].kind == VALUE_TABLE;
}

size_t
method_check_call(const struct method *method, const struct method_value *args,
		  size_t n_args, bool open, method_mistake_fn *on_mistake,
		  void *arg)
{
	struct check check = {
		.method = method,
		.on_mistake = on_mistake,
		.arg = arg,
	};
	bool options = method_has_options(method, args, n_args);
	size_t n = without_body(method, args, n_args);
	bool unknown = n > 0 && args[n - 1].kind == VALUE_UNKNOWN;

	if (options && args[n - 1].fields != NULL)
		for (size_t i = 0; i < args[n - 1].n_fields; i++)
			check_option(&check, &args[n - 1].fields[i]);
	check_params(&check, args, n - options, open && !options,
		     method->options != NULL && unknown);
	return check.n_mistakes;
}
