/* check-names: what the global names of a script mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/script/checker.h"
#include "driver/script/lua-lex.h"
#include "driver/script/lua-library.h"
#include "driver/script/lua-parse.h"
#include "driver/script/methods.h"
#include "lib/json.h"
#include "lib/nearest.h"
#include "lib/xalloc.h"

static void
add_machine(struct checker *c, char *name, struct checker_machine facts)
{
	c->machines =
	    xrealloc(c->machines, c->n_machines + 2, sizeof(*c->machines));
	c->facts = xrealloc(c->facts, c->n_machines + 1, sizeof(*c->facts));
	c->facts[c->n_machines] = facts;
	c->machines[c->n_machines++] = name;
	c->machines[c->n_machines] = NULL;
}

/* Does it boot our image, with busybox as process 1? */
static bool
is_busybox(const json_t *node)
{
	static const char *const others[] = { "kernel", "disk", "image",
					      "start_command", NULL };
	enum plan_init init = PLAN_INIT_BUSYBOX;

	for (size_t i = 0; others[i] != NULL; i++)
		if (json_object_get(node, others[i]) != NULL)
			return false;
	/* What is wrong with it is told elsewhere. */
	return plan_init_find(json_str_or(node, "init", "busybox"), &init) &&
	       init == PLAN_INIT_BUSYBOX;
}

static void
add_node(struct checker *c, const char *name, const json_t *node)
{
	const json_t *vlans = json_object_get(node, "vlans");
	struct checker_machine facts = {
		.n_nics = vlans != NULL ? json_array_size(vlans) : 1,
		.no_systemd = is_busybox(node),
	};
	const json_t *vlan;
	size_t i;

	add_machine(c, plan_script_name(name), facts);
	if (vlans == NULL)
		c->vlans[PLAN_VLAN_MIN] = true;
	json_array_foreach(vlans, i, vlan)
	{
		json_int_t n = json_integer_value(vlan);

		if (n >= PLAN_VLAN_MIN && n <= PLAN_VLAN_MAX)
			c->vlans[n] = true;
	}
}

void
checker_init_names(struct checker *c, const json_t *value)
{
	const json_t *machine = json_object_get(value, "machine");
	json_t *nodes = json_object_get(value, "nodes");
	const char *name;
	json_t *node;

	c->machines = xcalloc(1, sizeof(*c->machines));
	json_object_foreach(nodes, name, node) add_node(c, name, node);
	if (machine != NULL)
		add_node(c, "machine", machine);
	else if (c->n_machines == 1)
		add_machine(c, xstrdup("machine"), c->facts[0]);
}

void
checker_fini_names(struct checker *c)
{
	for (size_t i = 0; i < c->n_machines; i++)
		free(c->machines[i]);
	free(c->machines);
	free(c->facts);
}

static struct checker_machine
facts_of(const struct checker *c, const char *name)
{
	for (size_t i = 0; i < c->n_machines; i++)
		if (strcmp(c->machines[i], name) == 0)
			return c->facts[i];
	return (struct checker_machine){ .n_nics = 0 };
}

size_t
checker_n_nics(const struct checker *c, const char *name)
{
	return facts_of(c, name).n_nics;
}

bool
checker_no_systemd(const struct checker *c, const char *name)
{
	return facts_of(c, name).no_systemd;
}

/* "vlan12" -> 12; -1 when @name is not of this kind. */
static int
segment_number(const char *name)
{
	char again[16];
	int n;

	if (sscanf(name, "vlan%3d", &n) != 1)
		return -1;
	snprintf(again, sizeof(again), "vlan%d", n);
	return strcmp(again, name) == 0 ? n : -1;
}

struct symbol
checker_find(const struct checker *c, const char *name)
{
	const struct lua_library *base = lua_library_find("");
	struct symbol symbol = {
		.method = methods_find(METHOD_GLOBAL, name),
		.library = *name != '\0' ? lua_library_find(name) : NULL,
	};
	int vlan = segment_number(name);

	for (size_t i = 0; i < c->n_machines; i++)
		if (strcmp(c->machines[i], name) == 0)
			symbol.kind = SYMBOL_MACHINE;
	if (vlan >= 0 && vlan <= PLAN_VLAN_MAX && c->vlans[vlan])
		symbol.kind = SYMBOL_SEGMENT;
	if (symbol.method != NULL)
		symbol.kind = SYMBOL_METHOD;
	if (symbol.library != NULL)
		symbol.kind = SYMBOL_LIBRARY;
	if (lua_library_has(base, name) || strcmp(name, "_ENV") == 0)
		symbol.kind = SYMBOL_LUA;
	return symbol;
}

/* client.eth1: is there such a machine, with such an interface? */
static bool
is_port(const struct checker *c, const struct ast_node *index)
{
	const struct ast_node *machine = index->left, *key = index->right;

	return machine->kind == AST_NAME && key->kind == AST_STRING &&
	       checker_resolve(c, machine).kind == SYMBOL_MACHINE &&
	       key->len == 4 && strncmp(key->text, "eth", 3) == 0 &&
	       key->text[3] >= '1' &&
	       (size_t)(key->text[3] - '0') <= checker_n_nics(c, machine->text);
}

struct symbol
checker_resolve(const struct checker *c, const struct ast_node *node)
{
	if (node->kind == AST_INDEX && is_port(c, node))
		return (struct symbol){ .kind = SYMBOL_PORT };
	if (node->kind != AST_NAME || checker_is_local(c, node->text) ||
	    checker_is_local(c, "_ENV"))
		return (struct symbol){ .kind = SYMBOL_UNKNOWN };
	return checker_find(c, node->text);
}

/* Every name that can be used where the walk is; NULL-ended, the array is
 * returned owned. */
static const char **
all_words(const struct checker *c)
{
	const char *const *base = lua_library_find("")->members;
	size_t n = c->n_locals + c->n_machines + 1;
	const struct method *m;
	const char **words;

	for (size_t i = 0; methods_at(i) != NULL; i++)
		n++;
	for (const struct lua_library *l = lua_libraries(); l->name != NULL;
	     l++)
		n++;
	for (size_t i = 0; base[i] != NULL; i++)
		n++;
	words = xcalloc(n, sizeof(*words));
	n = 0;
	for (size_t i = 0; i < c->n_machines; i++)
		words[n++] = c->machines[i];
	for (size_t i = c->n_locals; i > 0; i--)
		words[n++] = c->locals[i - 1];
	for (size_t i = 0; (m = methods_at(i)) != NULL; i++)
		if (m->owner == METHOD_GLOBAL)
			words[n++] = m->name;
	for (const struct lua_library *l = lua_libraries(); l->name != NULL;
	     l++)
		if (l->name[0] != '\0')
			words[n++] = l->name;
	for (size_t i = 0; base[i] != NULL; i++)
		words[n++] = base[i];
	return words;
}

/* "vlan1, vlan2"; returned owned. */
static char *
segment_list(const struct checker *c)
{
	char *text = xstrdup("");

	for (unsigned i = PLAN_VLAN_MIN; i <= PLAN_VLAN_MAX; i++) {
		char *longer;

		if (!c->vlans[i])
			continue;
		longer =
		    xasprintf("%s%svlan%u", text, *text != '\0' ? ", " : "", i);
		free(text);
		text = longer;
	}
	return text;
}

void
checker_unknown_global(struct checker *c, const struct ast_node *name)
{
	const char *why = lua_missing_why(name->text);
	const char **words, *near;
	char *segments;

	if (why != NULL) {
		checker_problem(c, name->line, "%s is not there for tests: %s",
				name->text, why);
		return;
	}
	if (c->n_machines == 0)
		return; /* which is told; names of nodes are no mistakes */
	if (segment_number(name->text) >= 0) {
		segments = segment_list(c);
		checker_problem(
		    c, name->line, "no node is on %s; the segments are %s",
		    name->text, *segments != '\0' ? segments : "none");
		free(segments);
		return;
	}
	words = all_words(c);
	near = nearest_word(name->text, words);
	if (near != NULL)
		checker_problem(c, name->line,
				"unknown name '%s' (did you mean '%s'?)",
				name->text, near);
	else
		checker_problem(c, name->line,
				"unknown name '%s': no local, no node, and no "
				"function of a test",
				name->text);
	free(words);
}

void
checker_node_names(struct checker *c, const json_t *value, plan_line_fn *line,
		   void *line_arg)
{
	json_t *nodes = json_object_get(value, "nodes");
	const char *name;
	json_t *node;

	json_object_foreach(nodes, name, node)
	{
		char *script_name = plan_script_name(name);
		enum symbol_kind kind = checker_find(c, script_name).kind;
		char *path = xasprintf("nodes\n%s", name);

		/* other bad names are the plan's to tell */
		if (kind == SYMBOL_METHOD || kind == SYMBOL_LIBRARY ||
		    kind == SYMBOL_LUA)
			checker_problem(c, line(path, NULL, line_arg),
					"a node called '%s' would hide what "
					"scripts call so; choose another name",
					name);
		else if (lua_is_keyword(script_name))
			checker_problem(c, line(path, NULL, line_arg),
					"a node cannot be called '%s', which "
					"is a word of Lua's own",
					name);
		free(path);
		free(script_name);
	}
}
