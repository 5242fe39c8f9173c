/* script-screen: keyboards and screens, for the prelude. */
#include "driver/script/script-internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "driver/lab/plan.h"
#include "driver/live.h"
#include "driver/report/event-log.h"
#include "driver/screen/keyboard.h"
#include "driver/screen/ocr.h"
#include "driver/screen/picture.h"
#include "driver/screen/screendump.h"
#include "driver/screen/text-screen.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { TEXTS_MAX = 1 + OCR_WAYS };

/* ---- keys ---- */

static const struct keyboard *
check_keyboard(lua_State *L, int i)
{
	const struct plan *plan = script_of(L)->plan;

	return keyboard_find(plan->nodes[script_check_node(L, i)].keyboard);
}

static void
push_chord(lua_State *L, const struct chord *chord)
{
	lua_createtable(L, (int)chord->n, 0);
	for (size_t i = 0; i < chord->n; i++) {
		lua_pushstring(L, chord->keys[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* host.key(node, name) -> a list of QEMU's names of keys, pressed together */
static int
host_key(lua_State *L)
{
	struct err err = ERR_INIT;
	struct chord chord;

	if (keyboard_press(check_keyboard(L, 1), luaL_checkstring(L, 2), &chord,
			   &err) < 0)
		return task_raise(L, "%s: %s", lua_tostring(L, 1), err.text);
	push_chord(L, &chord);
	return 1;
}

struct chords {
	struct chord *items; /* owned */
	size_t n;
};

/* Protected, 1: struct chords. */
static int
push_chords(lua_State *L)
{
	const struct chords *chords = lua_touserdata(L, 1);

	lua_createtable(L, (int)chords->n, 0);
	for (size_t i = 0; i < chords->n; i++) {
		push_chord(L, &chords->items[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* host.keys(node, text) -> a list of such lists */
static int
host_keys(lua_State *L)
{
	struct err err = ERR_INIT;
	struct chords chords;
	size_t size;
	const char *text = luaL_checklstring(L, 2, &size);
	int ret;

	if (keyboard_type(check_keyboard(L, 1), text, size, &chords.items,
			  &chords.n, &err) < 0)
		return task_raise(L, "%s: %s", lua_tostring(L, 1), err.text);
	lua_pushcfunction(L, push_chords);
	lua_pushlightuserdata(L, &chords);
	ret = lua_pcall(L, 1, 1, 0);
	free(chords.items);
	return ret == LUA_OK ? 1 : lua_error(L);
}

/* ---- pictures ---- */

struct screen_op;

/* Of QEMU, which may answer when nobody waits any more. */
struct screen_request {
	LIST_ENTRY(screen_request) entry;
	struct screendump dump;
	struct screen_op *op; /* NULL: nobody waits */
};

struct screen_op {
	struct op op;
	struct script *script;
	const char *machine; /* borrowed of the plan */
	lua_Integer step;
	struct screen_request *request; /* NULL: answered */
	struct timer *deadline;		/* owned; or NULL */
	uint64_t timeout_ms; /* for QEMU, and again for what reads it */
	/* What to do with the picture, which is borrowed; ends the operation,
	 * or leaves that to what it begins. */
	void (*use)(struct screen_op *op, const struct picture *picture);
	char path[PATH_MAX]; /* of a screenshot */
	/* Reading it: */
	regex_t regex;
	bool has_regex;
	bool plain_is_enough; /* a text screen is read by its font alone */
	size_t n_ways;
	lua_Integer seen; /* the picture that need not be read again; 0: none */
	lua_Integer mark; /* of this one */
	struct ocr *ocr;  /* owned; or NULL */
	size_t n_left;	  /* ways that still read */
	char *texts[TEXTS_MAX]; /* owned; NULL: not read */
	bool matched;
	struct err failure; /* of a way */
};

static void
screen_fini(struct screen_op *op)
{
	if (op->request != NULL)
		op->request->op = NULL;
	timer_free(op->deadline);
	ocr_free(op->ocr);
	if (op->has_regex)
		regfree(&op->regex);
	for (size_t i = 0; i < TEXTS_MAX; i++)
		free(op->texts[i]);
}

static void
screen_cancel(struct op *base)
{
	screen_fini((struct screen_op *)base);
	op_end(base);
}

static void
screen_raise(struct screen_op *op, const char *what)
{
	screen_fini(op);
	op_raise(&op->op, "%s: %s", op->machine, what);
}

static void
on_deadline(void *arg)
{
	struct screen_op *op = arg;

	op_late(&op->op);
	screen_raise(op, "QEMU has not shown its screen in time");
}

static void
on_picture(struct picture *picture, const struct err *err, void *arg)
{
	struct screen_request *request = arg;
	struct screen_op *op = request->op;

	LIST_REMOVE(request, entry);
	free(request);
	if (op == NULL) {
		picture_free(picture);
		return;
	}
	op->request = NULL;
	timer_cancel(op->deadline);
	if (picture == NULL)
		screen_raise(op, err->text);
	else
		op->use(op, picture);
	picture_free(picture);
}

static struct screen_op *
screen_begin(lua_State *L,
	     void (*use)(struct screen_op *, const struct picture *))
{
	struct script *script = script_of(L);
	size_t node = script_check_node(L, 1);
	struct screen_op *op = op_begin(L, sizeof(*op), screen_cancel);

	op->script = script;
	op->machine = script->plan->nodes[node].name;
	op->step = *task_step(L);
	op->use = use;
	return op;
}

/* Asks QEMU; @op may have ended when it returns. */
static void
screen_ask(struct screen_op *op, struct machine *machine, uint64_t timeout_ms)
{
	struct script *script = op->script;
	struct screen_request *request = XNEW(struct screen_request);

	request->op = op;
	op->request = request;
	LIST_INSERT_HEAD(&script->screens, request, entry);
	op->timeout_ms = timeout_ms;
	op->deadline = timer_new(script->spec.clock, on_deadline, op);
	timer_set_in(op->deadline, timeout_ms * NS_PER_MS);
	screendump_start(&request->dump, machine, live_run_dir(script->live),
			 ++script->n_screens, on_picture, request);
}

void
script_screens_free(struct script *script)
{
	struct screen_request *request;

	while ((request = LIST_FIRST(&script->screens)) != NULL) {
		LIST_REMOVE(request, entry);
		free(request);
	}
}

/* ---- a screenshot ---- */

static int
push_path(lua_State *L, void *data)
{
	const struct screen_op *op = data;

	lua_pushstring(L, op->path);
	return 1;
}

static void
keep_picture(struct screen_op *op, const struct picture *picture)
{
	struct err err = ERR_INIT;
	const char *file; /* within the results */

	if (picture_write_png(picture, op->path, &err) < 0) {
		screen_raise(op, err.text);
		return;
	}
	file = op->path + strlen(op->script->spec.results_dir) + 1;
	event_log_add(op->script->spec.log, "screenshot", "s:s, s:I, s:o, s:o",
		      "machine", op->machine, "step", (json_int_t)op->step,
		      "path", json_text(op->path, strlen(op->path)), "file",
		      json_text(file, strlen(file)));
	screen_fini(op);
	op_return(&op->op, push_path, op);
}

/* host.screenshot(node, path in the results, timeout) -> path */
static int
host_screenshot(lua_State *L)
{
	struct machine *machine =
	    live_machine(script_of(L)->live, script_check_node(L, 1));
	uint64_t timeout_ms = script_scaled_ms(L, 3, 0);
	char path[PATH_MAX];
	struct screen_op *op;

	script_results_path(L, 2, path, sizeof(path));
	op = screen_begin(L, keep_picture);
	memcpy(op->path, path, sizeof(path));
	screen_ask(op, machine, timeout_ms);
	return op_wait(L);
}

/* ---- reading it ---- */

/* FNV-1a over the picture: another one has another mark, all but surely. */
static lua_Integer
mark_of(const struct picture *picture)
{
	size_t n = (size_t)picture->width * picture->height * picture->depth;
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ picture->width;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ picture->pixels[i]) * UINT64_C(0x100000001b3);
	return (lua_Integer)(hash >> 1) + 1;
}

/* texts (a list, the best first), does one match, mark */
static int
push_texts(lua_State *L, void *data)
{
	const struct screen_op *op = data;
	lua_Integer n = 0;

	lua_createtable(L, TEXTS_MAX, 0);
	for (size_t i = 0; i < TEXTS_MAX; i++) {
		if (op->texts[i] == NULL)
			continue;
		lua_pushstring(L, op->texts[i]);
		lua_rawseti(L, -2, ++n);
	}
	lua_pushboolean(L, op->matched);
	lua_pushinteger(L, op->mark);
	return 3;
}

static void
end_reading(struct screen_op *op)
{
	/* The texts are pushed before op_return() returns and frees the
	 * operation, or the cancellation that may come of it does. */
	struct screen_op *result = xcalloc(1, sizeof(*result));

	memcpy(result->texts, op->texts, sizeof(op->texts));
	memset(op->texts, 0, sizeof(op->texts));
	result->matched = op->matched;
	result->mark = op->mark;
	screen_fini(op);
	op_return(&op->op, push_texts, result);
	for (size_t i = 0; i < TEXTS_MAX; i++)
		free(result->texts[i]);
	free(result);
}

static void
take_text(struct screen_op *op, size_t i, char *text)
{
	op->texts[i] = text;
	if (op->has_regex && regexec(&op->regex, text, 0, NULL, 0) == 0)
		op->matched = true;
}

static void
on_text(size_t way, const char *text, const struct err *err, void *arg)
{
	struct screen_op *op = arg;
	bool any = false;

	op->n_left--;
	if (text != NULL)
		take_text(op, 1 + way, xstrdup(text));
	else
		op->failure = *err;
	for (size_t i = 0; i < TEXTS_MAX; i++)
		any = any || op->texts[i] != NULL;
	if (op->n_left > 0 && !op->matched)
		return;
	if (any)
		end_reading(op);
	else
		screen_raise(op, op->failure.text);
}

static void
read_picture(struct screen_op *op, const struct picture *picture)
{
	const struct ocr_spec spec = {
		.base = op->script->spec.base,
		.clock = op->script->spec.clock,
		.picture = picture,
		.n_ways = op->n_ways,
		.timeout_ms = op->timeout_ms,
		.on_text = on_text,
		.arg = op,
	};
	struct err err = ERR_INIT;
	char *plain;

	op->mark = mark_of(picture);
	if (op->mark == op->seen) {
		end_reading(op);
		return;
	}
	plain = text_screen_read(picture);
	if (plain != NULL)
		take_text(op, 0, plain);
	if (op->matched || (plain != NULL && op->plain_is_enough)) {
		end_reading(op);
		return;
	}
	op->n_left = op->n_ways;
	op->ocr = ocr_start(&spec, &err);
	if (op->ocr == NULL)
		screen_raise(op, err.text);
}

/*
 * host.read_screen(node, timeout, ways, all, regex or nil, seen or nil)
 *  -> texts, does one match the regex, mark
 *
 * With @all a text screen is read by recognition, too.  The picture of the mark
 * @seen is not read again: there are no texts then.
 */
static int
host_read_screen(lua_State *L)
{
	struct machine *machine =
	    live_machine(script_of(L)->live, script_check_node(L, 1));
	uint64_t timeout_ms = script_scaled_ms(L, 2, 0);
	lua_Integer n_ways = luaL_checkinteger(L, 3);
	bool all = lua_toboolean(L, 4);
	lua_Integer seen = luaL_optinteger(L, 6, 0);
	struct screen_op *op;
	regex_t regex;

	luaL_argcheck(L, n_ways >= 1 && n_ways <= OCR_WAYS, 3, "not so many");
	if (!lua_isnoneornil(L, 5)) {
		script_compile(L, 5, &regex);
		regfree(&regex); /* what follows may raise an error */
	}
	op = screen_begin(L, read_picture);
	op->plain_is_enough = !all;
	op->n_ways = (size_t)n_ways;
	op->seen = seen;
	if (!lua_isnoneornil(L, 5)) {
		script_compile(L, 5, &op->regex);
		op->has_regex = true;
	}
	screen_ask(op, machine, timeout_ms);
	return op_wait(L);
}

const struct luaL_Reg script_screen_functions[] = {
	{ "key", host_key },
	{ "keys", host_keys },
	{ "screenshot", host_screenshot },
	{ "read_screen", host_read_screen },
	{ NULL, NULL },
};
