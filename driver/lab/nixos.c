#include "driver/lab/nixos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/lab/node.h"
#include "driver/lab/plan.h"
#include "driver/lab/reader.h"
#include "driver/lab/start-nics.h"
#include "lib/xalloc.h"

enum {
	TIMEOUT_DEFAULT_S = 3600,
	SCRIPT_SIZE_MAX = 1024 * 1024, /* of a start script, what is read */
	TEST_NAME_MAX = 100,
};

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SUFFIX ".json"
#define USUAL_NAME "driverConfiguration"

/* Jansson does not tell where a member stands. */
static int
no_line(const char *path, const char **file, void *arg)
{
	(void)path;
	(void)file;
	(void)arg;
	return 0;
}

bool
nixos_is(const char *text, size_t size)
{
	size_t blank = 0;

	while (blank < size && text[blank] != '\0' &&
	       strchr(" \t\r\n", text[blank]) != NULL)
		blank++;
	return blank < size && text[blank] == '{';
}

/* ---- names ---- */

static bool
is_machine_name(const char *name)
{
	return *name != '\0' && *name != '-' &&
	       name[strspn(name, LOWER UPPER DIGITS "_-")] == '\0';
}

/* What is not in a test's name becomes '-'. */
static char *
test_name(const char *text, size_t len)
{
	char *name = xasprintf("%.*s", (int)len, text);

	for (char *p = name; *p != '\0'; p++)
		if (strchr(LOWER UPPER DIGITS "._-", *p) == NULL)
			*p = '-';
	if (strlen(name) > TEST_NAME_MAX)
		name[TEST_NAME_MAX] = '\0';
	return name;
}

/* "nat" of "nat.json" and of "nat/driverConfiguration.json". */
static char *
name_of_file(const char *path)
{
	char *absolute = realpath(path, NULL);
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = strlen(name), suffix = strlen(SUFFIX);
	char *result;

	if (len > suffix && strcmp(name + len - suffix, SUFFIX) == 0)
		len -= suffix;
	if (absolute != NULL && len == strlen(USUAL_NAME) &&
	    strncmp(name, USUAL_NAME, len) == 0) {
		char *end = strrchr(absolute, '/');
		char *begin;

		*end = '\0';
		begin = strrchr(absolute, '/');
		if (begin != NULL && begin[1] != '\0') {
			name = begin + 1;
			len = strlen(name);
		}
	}
	result = test_name(name, len);
	free(absolute);
	if (strchr(LOWER UPPER DIGITS, *result) == NULL || *result == '\0') {
		free(result);
		result = xstrdup("nixos");
	}
	return result;
}

static void
read_name(struct reader *r, const json_t *value, struct nixos *nixos)
{
	const char *text;
	char *name;

	if (!reader_text(r, value, &text))
		return;
	name = test_name(text, strlen(text));
	if (*text == '\0' || strchr(LOWER UPPER DIGITS, *text) == NULL ||
	    strcmp(name, text) != 0)
		reader_problem(r, "a test's name has letters, digits, '.', '_' "
				  "and '-', a letter or digit first");
	free(nixos->plan->name);
	nixos->plan->name = name;
}

/* ---- machines ---- */

/* The beginning of a file; returned owned, NULL if it cannot be read. */
static char *
read_beginning(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *text;

	if (f == NULL)
		return NULL;
	text = xcalloc(1, SCRIPT_SIZE_MAX);
	*size = fread(text, 1, SCRIPT_SIZE_MAX, f);
	fclose(f);
	return text;
}

static void
add_nic(struct plan_node *node, const struct start_nic *found)
{
	struct plan_nic *nic = &node->nics[node->n_nics++];

	*nic = (struct plan_nic){ .vlan = found->vlan, .mac = found->mac };
	memcpy(nic->netdev, found->netdev, sizeof(nic->netdev));
}

/* What the script at @path tells of its machine. */
static void
read_script(struct reader *r, const char *path, struct plan_node *node)
{
	struct start_nic found[PLAN_NICS_MAX];
	size_t size = 0, n;
	char *text = read_beginning(path, &size);
	unsigned memory_mib;

	if (text == NULL)
		return; /* it can be run all the same */
	n = start_nics_find(text, size, found, PLAN_NICS_MAX);
	memory_mib = start_memory_find(text, size);
	free(text);
	if (memory_mib > 0) /* how many fit beside each other */
		node->memory_mib = memory_mib;
	if (n > PLAN_NICS_MAX) {
		reader_problem(r,
			       "'%s' has %zu network cards on segments, and a "
			       "machine has at most %d here",
			       path, n, PLAN_NICS_MAX);
		return;
	}
	for (size_t i = 0; i < n; i++)
		add_nic(node, &found[i]);
}

static void
read_start_script(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text;
	char *path, *quoted;
	json_t *members;

	if (json_is_null(value)) {
		reader_problem(r, "must be the path of a script that starts "
				  "QEMU, not null");
		return;
	}
	if (!reader_text(r, value, &text))
		return;
	path = reader_beside_file(r, text);
	quoted = node_quote(path);
	members = json_pack("{s:[], s:s}", "vlans", "start_command", quoted);
	node_read(r, members, node);
	if (*text == '\0' || access(path, X_OK) < 0)
		reader_problem(r, "cannot start '%s': %m", path);
	else
		read_script(r, path, node);
	json_decref(members);
	free(quoted);
	free(path);
}

static void
check_name(struct reader *r, const char *name, const struct plan *plan)
{
	char *script_name = plan_script_name(name);
	const struct plan_node *same = plan_find_node(plan, script_name);

	if (!is_machine_name(name))
		reader_problem(r,
			       "'%s' is no name of a machine: letters, digits, "
			       "'_' and '-', which is not the first",
			       name);
	else if (strlen(name) > PLAN_NAME_MAX)
		reader_problem(r, "a machine's name has at most %d characters",
			       PLAN_NAME_MAX);
	else if (strncmp(name, "vlan", 4) == 0 && name[4] != '\0' &&
		 name[4 + strspn(name + 4, DIGITS)] == '\0')
		reader_problem(r, "scripts call a segment so; choose another "
				  "name");
	else if (same != NULL)
		reader_problem(r, "scripts call it %s, as they do '%s'",
			       script_name, same->name);
	free(script_name);
}

static void
read_vm(struct reader *r, const char *key, const json_t *value,
	struct plan *plan)
{
	const json_t *name = json_object_get(value, "name");
	const json_t *script = json_object_get(value, "start_script");
	struct plan_node *node;
	const char *text = key;

	if (!json_is_object(value)) {
		reader_problem(r, "must be an object, { \"name\": ..., "
				  "\"start_script\": ... }");
		return;
	}
	if (name != NULL && !json_is_null(name)) {
		reader_enter(r, "name");
		reader_text(r, name, &text);
		reader_leave(r);
	}
	check_name(r, text, plan);
	plan->nodes =
	    xrealloc(plan->nodes, plan->n_nodes + 1, sizeof(*plan->nodes));
	node = &plan->nodes[plan->n_nodes++];
	*node = (struct plan_node){ .name = xstrdup(text) };
	if (script == NULL) {
		reader_problem(r, "it has no start_script");
		return;
	}
	reader_enter(r, "start_script");
	read_start_script(r, script, node);
	reader_leave(r);
}

static void
read_vms(struct reader *r, const json_t *value, struct nixos *nixos)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value)) {
		reader_problem(r, "must be an object: machines by name");
		return;
	}
	if (json_object_size(value) > PLAN_NODES_MAX) {
		reader_problem(r, "a test has at most %d machines, not %zu",
			       PLAN_NODES_MAX, json_object_size(value));
		return;
	}
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		read_vm(r, key, member, nixos->plan);
		reader_leave(r);
	}
}

/* ---- other members ---- */

static void
read_containers(struct reader *r, const json_t *value, struct nixos *nixos)
{
	const char *key;
	json_t *member;

	(void)nixos;
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		reader_problem(r,
			       "containers are refused: they share the "
			       "host's kernel, and need its privileges; make "
			       "it one of the `nodes`");
		reader_leave(r);
	}
}

/* As the description has them; sort_vlans() follows. */
static void
read_vlans(struct reader *r, const json_t *value, struct nixos *nixos)
{
	struct plan *plan = nixos->plan;
	int64_t vlan;
	size_t n;

	if (!reader_list(r, value, "segment numbers, as in [1, 2]", &n) ||
	    plan->vlans != NULL)
		return;
	plan->vlans = xcalloc(n + 1, sizeof(*plan->vlans));
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(value, i);

		reader_enter_index(r, i + 1);
		if (json_is_null(item))
			reader_problem(r, "must be a number, not null");
		else if (reader_int(r, item, PLAN_VLAN_MIN, PLAN_VLAN_MAX,
				    &vlan))
			plan->vlans[plan->n_vlans++] = (unsigned)vlan;
		reader_leave(r);
	}
}

static void
read_timeout(struct reader *r, const json_t *value, struct nixos *nixos)
{
	double seconds = json_number_value(value);

	if (!json_is_number(value) || !(seconds >= 1) ||
	    seconds > PLAN_TIMEOUT_MAX_S)
		reader_problem(r, "must be a number of seconds, from 1 to %d",
			       PLAN_TIMEOUT_MAX_S);
	else
		nixos->plan->timeout_ms = (uint64_t)(seconds * 1000);
}

static void
read_ssh_backdoor(struct reader *r, const json_t *value, struct nixos *nixos)
{
	reader_bool(r, value, &nixos->wants_ssh_backdoor);
}

static void
read_script_file(struct reader *r, const json_t *value, struct nixos *nixos)
{
	char *absolute = NULL;
	FILE *f;

	if (!reader_named_file(r, value, &absolute, &nixos->script_path))
		return;
	f = fopen(absolute, "rb");
	nixos->script = xcalloc(1, SCRIPT_SIZE_MAX + 1);
	if (f != NULL)
		nixos->script_size =
		    fread(nixos->script, 1, SCRIPT_SIZE_MAX + 1, f);
	if (f == NULL || ferror(f))
		reader_problem(r, "cannot read '%s': %m", absolute);
	else if (nixos->script_size > SCRIPT_SIZE_MAX)
		reader_problem(r, "'%s' is larger than 1 MiB", absolute);
	if (f != NULL)
		fclose(f);
	free(absolute);
}

static void
read_test_script(struct reader *r, const json_t *value, struct nixos *nixos)
{
	const char *text;

	if (json_is_null(value))
		reader_problem(r, "must be the script, or its path, not null");
	else if (!reader_text(r, value, &text))
		return;
	else if (strpbrk(text, "\n(") == NULL)
		read_script_file(r, value, nixos);
	else {
		nixos->script_path = xasprintf("%s:test_script", r->file);
		nixos->script = xstrdup(text);
		nixos->script_size = strlen(text);
	}
}

static const struct {
	const char *name;
	void (*read)(struct reader *r, const json_t *value,
		     struct nixos *nixos);
} members[] = {
	{ "name", read_name },
	{ "vms", read_vms },
	{ "containers", read_containers },
	{ "vlans", read_vlans },
	{ "global_timeout", read_timeout },
	{ "enable_ssh_backdoor", read_ssh_backdoor },
	{ "test_script", read_test_script },
};

static void
read_members(struct reader *r, const json_t *value, struct nixos *nixos)
{
	if (!json_is_object(value)) {
		reader_problem(r, "it is no object, as Nix's descriptions of "
				  "tests are");
		return;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *member = json_object_get(value, members[i].name);

		if (member == NULL)
			continue;
		reader_enter(r, members[i].name);
		members[i].read(r, member, nixos);
		reader_leave(r);
	}
	if (json_object_get(value, "vms") == NULL)
		reader_problem(r, "it has no vms: is it the description of a "
				  "test, driverConfiguration.json?");
	else if (nixos->plan->n_nodes == 0)
		reader_problem(r, "vms: a test needs at least one machine");
	if (json_object_get(value, "test_script") == NULL)
		reader_problem(r, "it has no test_script");
}

struct nixos *
nixos_read(const char *path, const char *text, size_t size,
	   struct plan_problems *problems)
{
	struct nixos *nixos = XNEW(struct nixos);
	size_t n_before = problems->n;
	struct reader r = { .file = path,
			    .line = no_line,
			    .problems = problems };
	json_error_t why;
	json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);

	nixos->plan = XNEW(struct plan);
	nixos->plan->file = xstrdup(path);
	nixos->plan->name = name_of_file(path);
	nixos->plan->timeout_ms = TIMEOUT_DEFAULT_S * UINT64_C(1000);
	if (value == NULL)
		plan_problems_add(problems, path, why.line > 0 ? why.line : 0,
				  "no JSON: %s", why.text);
	else
		read_members(&r, value, nixos);
	json_decref(value);
	if (problems->n == n_before) {
		nixos_complete(nixos->plan);
		nixos_check_macs(&r, nixos->plan);
	}
	if (problems->n == n_before)
		return nixos;
	plan_problems_sort(problems);
	nixos_free(nixos);
	return NULL;
}

void
nixos_free(struct nixos *nixos)
{
	if (nixos == NULL)
		return;
	plan_free(nixos->plan);
	free(nixos->script_path);
	free(nixos->script);
	free(nixos);
}
