/* checker: what the parts of the static check share; for check*.c only. */
#ifndef DRIVER_SCRIPT_CHECKER_H
#define DRIVER_SCRIPT_CHECKER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "driver/lab/plan.h"

struct ast_node;
struct lua_library;
struct method;

/* A misspelling, unless one of the files defines a field of that name. */
struct suspect {
	const char *name; /* borrowed from the tree */
	const char *path; /* of the file; borrowed */
	int line;
	char *text; /* of the problem */
};

/* What a node's table tells of its machine. */
struct checker_machine {
	size_t n_nics;
	bool no_systemd; /* it boots an image without */
};

struct checker {
	const char *path; /* of the file that is looked at */
	struct plan_problems *problems;
	char **machines;	       /* their names in scripts; NULL-ended */
	struct checker_machine *facts; /* of each */
	size_t n_machines;
	bool vlans[PLAN_VLAN_MAX + 1];
	const char **locals; /* those in scope, the innermost last */
	size_t n_locals;
	size_t locals_size;
	json_t *fields; /* names of fields that the files define */
	struct suspect *suspects;
	size_t n_suspects;
};

/* What a name means that is no local's. */
enum symbol_kind {
	SYMBOL_UNKNOWN,
	SYMBOL_MACHINE,
	SYMBOL_SEGMENT,
	SYMBOL_PORT,	/* client.eth1 */
	SYMBOL_METHOD,	/* a global of the driver: .method */
	SYMBOL_LIBRARY, /* string, table: .library */
	SYMBOL_LUA,	/* a function of Lua's */
};

struct symbol {
	enum symbol_kind kind;
	const struct method *method;
	const struct lua_library *library;
};

void checker_problem(struct checker *c, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** checker_suspect() - a problem unless @name turns out to be the file's own */
void checker_suspect(struct checker *c, const char *name, int line,
		     const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool checker_is_local(const struct checker *c, const char *name);

/* check-names.c */
/** checker_init_names() - machines and segments, of a test file's @value */
void checker_init_names(struct checker *c, const json_t *value);
void checker_fini_names(struct checker *c);
struct symbol checker_find(const struct checker *c, const char *name);
/** checker_resolve() - what @node, a name or a machine's port, means;
 * SYMBOL_UNKNOWN for a local and for every other expression */
struct symbol checker_resolve(const struct checker *c,
			      const struct ast_node *node);
/** checker_unknown_global() - a problem, with what may have been meant */
void checker_unknown_global(struct checker *c, const struct ast_node *name);
/** checker_node_names() - problems of nodes that scripts cannot name */
void checker_node_names(struct checker *c, const json_t *value,
			plan_line_fn *line, void *line_arg);

/** checker_n_nics() - how many interfaces the machine @name has */
size_t checker_n_nics(const struct checker *c, const char *name);
/** checker_no_systemd() - is it known that @name does not run it? */
bool checker_no_systemd(const struct checker *c, const char *name);

/* check-packet.c */
/** checker_is_packet() - is it the driver's `packet`? */
bool checker_is_packet(const struct checker *c, const struct ast_node *node);
/** checker_packet_member() - packet.eth; Return: false after a problem */
bool checker_packet_member(struct checker *c, const struct ast_node *index);
/** checker_packet_call() - packet.eth{...}: does it have these fields? */
void checker_packet_call(struct checker *c, const struct ast_node *call);

/* check-call.c */
/** checker_call() - f(...), a.f(...) or a:f(...): is there such a function,
 * and do the arguments suit? */
void checker_call(struct checker *c, const struct ast_node *call);
/** checker_member() - a.b, without a call */
void checker_member(struct checker *c, const struct ast_node *index);

#endif /* DRIVER_SCRIPT_CHECKER_H */
