/* script-internal: what the files of the run time share. */
#ifndef DRIVER_SCRIPT_SCRIPT_INTERNAL_H
#define DRIVER_SCRIPT_SCRIPT_INTERNAL_H

#include <regex.h>
#include <sys/queue.h>

#include <lauxlib.h>
#include <lua.h>

#include "driver/script/script.h"
#include "driver/script/task.h"

struct capture_index;
struct plan;
struct plan_node;
struct script_command;
struct script_guard;
struct screen_request;
struct script_sender;
struct script_state;

/* What a wait is woken for. */
struct machine_news {
	bool panicked;
	const char *line; /* of the serial console, whole or not; NULL: none */
};

/* A task that waits for something a machine does. */
struct machine_wait {
	struct op op;
	TAILQ_ENTRY(machine_wait) entry;
	struct script *script;
	size_t node;
	struct timer *deadline; /* owned; NULL: none */
	/* @news: NULL at the first look.  Return: true when it has ended, by
	 * op_return() or op_raise(). */
	bool (*check)(struct machine_wait *wait,
		      const struct machine_news *news);
	uint64_t from; /* of a wait for QMP events: the number of the next */
	regex_t regex; /* of a wait for console text */
	bool has_regex;
};

struct script {
	struct script_spec spec; /* all borrowed */
	struct task_set tasks;
	const struct plan *plan; /* borrowed */
	struct live *live;	 /* borrowed; NULL before the start */
	struct task *main;
	bool served; /* others than the script call: it may have ended */
	LIST_HEAD(, script_call) calls;
	TAILQ_HEAD(, pause_op) pauses; /* the tasks that stand still */
	TAILQ_HEAD(, machine_wait) waits;
	/* One for each of the plan's vlans; NULL: not needed yet. */
	struct capture_index **indices;
	struct script_sender *senders;
	LIST_HEAD(, screen_request) screens; /* asked for, not answered yet */
	unsigned n_screens;
	TAILQ_HEAD(, script_command) commands; /* in the background */
	LIST_HEAD(, script_guard) guards;
	lua_Integer n_steps;
	TAILQ_HEAD(, script_state) states; /* saved ones; owned */
	lua_Integer n_states;
	lua_Integer n_commands; /* numbers given to them */
	script_done_fn *done;
	void *arg; /* borrowed */
};

/** script_of() - whose Lua state @L belongs to */
struct script *script_of(lua_State *L);
/** script_check_node() - argument @i is a node's name: its index */
size_t script_check_node(lua_State *L, int i);
/** script_check_vlan() - argument @i is the number of a segment: which of the
 * plan's it is */
size_t script_check_vlan(lua_State *L, int i);
/** script_check_path() - argument @i is a path of the host: @out, relative ones
 * starting from the test file's directory */
void script_check_path(lua_State *L, int i, char *out, size_t size);
/** script_scaled_ms() - seconds, argument @i, as a scaled deadline in ms; nil
 * or absent: @otherwise_ms, scaled as well */
uint64_t script_scaled_ms(lua_State *L, int i, uint64_t otherwise_ms);
/** script_wake() - look again at what waits for @node */
void script_wake(struct script *script, size_t node,
		 const struct machine_news *news);

/* Functions for the prelude, ended by a NULL name. */
extern const struct luaL_Reg script_machine_functions[];
extern const struct luaL_Reg script_network_functions[];
extern const struct luaL_Reg script_console_functions[];
extern const struct luaL_Reg script_screen_functions[];
extern const struct luaL_Reg script_capture_functions[];
extern const struct luaL_Reg script_packet_functions[];
extern const struct luaL_Reg script_send_functions[];
extern const struct luaL_Reg script_command_functions[];
extern const struct luaL_Reg script_guard_functions[];
extern const struct luaL_Reg script_text_functions[];
extern const struct luaL_Reg script_file_functions[];
extern const struct luaL_Reg script_task_functions[];
extern const struct luaL_Reg script_lab_functions[];
extern const struct luaL_Reg script_call_functions[];
extern const struct luaL_Reg script_pause_functions[];
extern const struct luaL_Reg script_ways_functions[];
extern const struct luaL_Reg script_coverage_functions[];

/** script_compile() - argument @i, a regular expression, into @regex, unless
 * it is none: an error is raised then */
void script_compile(lua_State *L, int i, regex_t *regex);
/** script_wait_begin() - an operation that looks at a machine's doings
 * @check:       see struct machine_wait
 * @timeout_arg: the argument that says for how many seconds at most, to be
 *               scaled; nil: for ever */
struct machine_wait *script_wait_begin(
    lua_State *L,
    bool (*check)(struct machine_wait *, const struct machine_news *),
    int timeout_arg);
/** script_wait_return() - it ends; @push and @data as of op_return() */
void script_wait_return(struct machine_wait *wait, op_push_fn *push,
			void *data);
/** script_wait_raise() - it ends with this error and the console's last lines */
void script_wait_raise(struct machine_wait *wait, const char *what);
/** script_results_path() - argument @i as a path in the results, for a file that
 * the script makes; an error is raised when it leads elsewhere */
void script_results_path(lua_State *L, int i, char *out, size_t size);

/** script_screens_free() - pictures that QEMU never made */
void script_screens_free(struct script *script);
/** script_commands_end() - kill them; while machines are still there */
void script_commands_end(struct script *script);
/** script_guards_end() - close them */
void script_guards_end(struct script *script);
/** script_n_losses() - how many machines have died, or lost their shell, of
 * themselves so far */
size_t script_n_losses(const struct script *script);
/** script_states_free() - forget the states that were saved */
void script_states_free(struct script *script);
/** script_senders_free() - unplug what scripts sent by */
void script_senders_free(struct script *script);

int script_host_check(lua_State *L);
int script_host_unknown_member(lua_State *L);

struct method;

/** script_note_failure() - keep what @co, which has died, leaves to look at */
void script_note_failure(struct script *script, lua_State *L, lua_State *co);
/** script_check_call() - do the values on @L's stack from @first on suit
 * @method?  Raises an error when not. */
void script_check_call(lua_State *L, const struct method *method, int first);

/* Values as calls from outside have them (script-call.h).  @objects: index of
 * the table of what they may name. */

/** script_push_value() - raises an error for what there is not */
void script_push_value(lua_State *L, const json_t *value, int objects);
/** script_value() - the value at @i; returned owned; raises an error for what
 * cannot leave */
json_t *script_value(lua_State *L, int i, int objects);

/** lua_push_json() - @value as a Lua value; objects and arrays become tables */
void lua_push_json(lua_State *L, const json_t *value);
/** lua_push_json_whole() - the same, and it can be written again as it was: a
 * null becomes a light userdata of NULL, and arrays are marked */
void lua_push_json_whole(lua_State *L, const json_t *value);
/** lua_mark_array() - the table on top is an array, also when it is empty */
void lua_mark_array(lua_State *L);
bool lua_is_marked_array(lua_State *L, int i);
/** lua_push_json_result() - the same as an op_push_fn; @data: the json_t */
int lua_push_json_result(lua_State *L, void *data);
/** lua_to_json() - the value at @i; returned owned; raises an error for what
 * JSON cannot say */
json_t *lua_to_json(lua_State *L, int i);

#endif /* DRIVER_SCRIPT_SCRIPT_INTERNAL_H */
