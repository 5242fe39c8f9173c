#include "driver/lab/plan.h"

#include <stdlib.h>
#include <string.h>

#include "driver/lab/coverage-key.h"
#include "driver/lab/node.h"
#include "driver/lab/reader.h"
#include "lib/xalloc.h"

enum {
	TEST_NAME_MAX = 100, /* it names a directory of results */
	TIMEOUT_DEFAULT_S = 3600,
};

static void
read_name(struct reader *r, const json_t *value, struct plan *plan)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789";
	const char *name;
	size_t rest;

	if (!reader_text(r, value, &name))
		return;
	rest = strspn(name, first);
	while (rest > 0 && name[rest] != '\0' &&
	       (strchr(first, name[rest]) || strchr("._-", name[rest])))
		rest++;
	if (rest == 0 || name[rest] != '\0')
		reader_problem(r, "a test's name has letters, digits, '.', '_' "
				  "and '-', a letter or digit first");
	else if (rest > TEST_NAME_MAX)
		reader_problem(r, "a test's name has at most %d characters",
			       TEST_NAME_MAX);
	plan->name = xstrdup(name);
}

static void
read_timeout(struct reader *r, const json_t *value, struct plan *plan)
{
	double seconds = json_number_value(value);

	if (json_is_null(value))
		return;
	if (!json_is_number(value) || !(seconds >= 1) ||
	    seconds > PLAN_TIMEOUT_MAX_S)
		reader_problem(r, "must be a number of seconds, from 1 to %d",
			       PLAN_TIMEOUT_MAX_S);
	else
		plan->timeout_ms = (uint64_t)(seconds * 1000);
}

static struct plan_node *
add_node(struct plan *plan, const char *name)
{
	plan->nodes =
	    xrealloc(plan->nodes, plan->n_nodes + 1, sizeof(*plan->nodes));
	plan->nodes[plan->n_nodes] =
	    (struct plan_node){ .name = xstrdup(name) };
	return &plan->nodes[plan->n_nodes++];
}

static void
read_nodes(struct reader *r, const json_t *value, struct plan *plan)
{
	const char *name;
	json_t *member;

	if (!reader_table(r, value, "nodes by name, as in { client = {} }"))
		return;
	if (json_object_size(value) == 0)
		reader_problem(r, "a test needs at least one node");
	if (json_object_size(value) > PLAN_NODES_MAX) {
		reader_problem(r, "a test has at most %d nodes, not %zu",
			       PLAN_NODES_MAX, json_object_size(value));
		return;
	}
	json_object_foreach((json_t *)value, name, member)
	{
		reader_enter(r, name);
		node_check_name(r, name);
		node_read(r, member, add_node(plan, name));
		node_check_ways(r, plan->nodes, plan->n_nodes - 1);
		reader_leave(r);
	}
}

static void
read_machine(struct reader *r, const json_t *value, struct plan *plan)
{
	node_read(r, value, add_node(plan, "machine"));
	node_check_ways(r, plan->nodes, 0);
}

static void
read_script(struct reader *r, const json_t *value, struct plan *plan)
{
	(void)plan;
	if (!json_is_null(value)) /* a function is not here */
		reader_problem(r, "must be a function");
}

/* Everything a test file's table can have. */
static const struct {
	const char *name;
	void (*read)(struct reader *r, const json_t *value, struct plan *plan);
} keys[] = {
	{ "name", read_name },	     { "nodes", read_nodes },
	{ "machine", read_machine }, { "test_script", read_script },
	{ "timeout", read_timeout }, { "coverage", coverage_read },
};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static void
read_member(struct reader *r, const char *key, const json_t *value,
	    struct plan *plan)
{
	const char *known[N_KEYS + 1] = { NULL };

	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, key) == 0) {
			keys[i].read(r, value, plan);
			return;
		}
		known[i] = keys[i].name;
	}
	reader_unknown_key(r, key, known);
}

static void
read_test(struct reader *r, const json_t *value, struct plan *plan)
{
	bool has_nodes = json_object_get(value, "nodes") != NULL;
	bool has_machine = json_object_get(value, "machine") != NULL;
	const char *key;
	json_t *member;

	if (!reader_table(r, value, "what the test has"))
		return;
	if (json_object_get(value, "name") == NULL)
		reader_problem(r, "the test has no name: add `name`");
	if (has_nodes == has_machine)
		reader_problem(r, has_nodes
				      ? "`nodes` and `machine` exclude each "
					"other: make the machine a node"
				      : "the test has no nodes: add `nodes`, "
					"or `machine` for a single one");
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		read_member(r, key, member, plan);
		reader_leave(r);
	}
	coverage_complete(r, json_object_get(value, "coverage"), plan);
}

static int
compare_nodes(const void *a, const void *b)
{
	const struct plan_node *p = a;
	const struct plan_node *q = b;

	return strcmp(p->name, q->name);
}

static void
collect_vlans(struct plan *plan)
{
	bool used[PLAN_VLAN_MAX + 1] = { false };

	for (size_t i = 0; i < plan->n_nodes; i++)
		for (size_t k = 0; k < plan->nodes[i].n_nics; k++)
			used[plan->nodes[i].nics[k].vlan] = true;
	plan->vlans = xcalloc(PLAN_VLAN_MAX, sizeof(*plan->vlans));
	for (unsigned vlan = PLAN_VLAN_MIN; vlan <= PLAN_VLAN_MAX; vlan++)
		if (used[vlan])
			plan->vlans[plan->n_vlans++] = vlan;
}

struct plan *
plan_new(const char *file, const json_t *value, plan_line_fn *line,
	 void *line_arg, struct plan_problems *problems)
{
	struct plan *plan = XNEW(struct plan);
	size_t n_before = problems->n;
	struct reader r = {
		.file = file,
		.line = line,
		.line_arg = line_arg,
		.problems = problems,
	};

	plan->file = xstrdup(file);
	plan->timeout_ms = TIMEOUT_DEFAULT_S * UINT64_C(1000);
	read_test(&r, value, plan);
	if (problems->n > n_before || plan->n_nodes == 0) {
		plan_problems_sort(problems);
		plan_free(plan);
		return NULL;
	}
	qsort(plan->nodes, plan->n_nodes, sizeof(*plan->nodes), compare_nodes);
	collect_vlans(plan);
	plan_assign_addresses(plan);
	return plan;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->n_nodes; i++)
		node_fini(&plan->nodes[i]);
	free(plan->nodes);
	coverage_free(plan->coverage);
	free(plan->vlans);
	free(plan->name);
	free(plan->file);
	free(plan);
}

char *
plan_script_name(const char *name)
{
	char *script_name = xstrdup(name);

	for (char *p = script_name; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	return script_name;
}

const struct plan_node *
plan_find_node(const struct plan *plan, const char *name)
{
	const struct plan_node *found = NULL;

	for (size_t i = 0; i < plan->n_nodes && found == NULL; i++) {
		char *script_name = plan_script_name(plan->nodes[i].name);

		if (strcmp(plan->nodes[i].name, name) == 0 ||
		    strcmp(script_name, name) == 0)
			found = &plan->nodes[i];
		free(script_name);
	}
	return found;
}
