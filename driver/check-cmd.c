#include "driver/check-cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "driver/lab/plan.h"
#include "driver/script/test-file.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

const char check_not_nixos[] =
    "it is Lua, and no description of a test that Nix has built "
    "(driverConfiguration.json)";

const struct cli_option check_command_options[] = {
	{ "json", 0, NULL,
	  "of each file without mistakes print its name, nodes and segments as "
	  "a line of JSON" },
	{ "nixos", 0, NULL,
	  "the files are tests that Nix has built: driverConfiguration.json" },
	{ NULL, 0, NULL, NULL },
};

static void
print_json(const char *path, const struct plan *plan)
{
	json_t *nodes = json_array(), *segments = json_array();
	json_t *object;
	char *text;

	for (size_t i = 0; i < plan->n_nodes; i++)
		json_array_append_new(nodes, json_string(plan->nodes[i].name));
	for (size_t i = 0; i < plan->n_vlans; i++)
		json_array_append_new(segments,
				      json_sprintf("vlan%u", plan->vlans[i]));
	object = json_pack("{s:o, s:s, s:o, s:o}", "file",
			   json_text(path, strlen(path)), "test", plan->name,
			   "nodes", nodes, "segments", segments);
	text = json_dumps(object, JSON_COMPACT);
	puts(text);
	free(text);
	json_decref(object);
}

/* Return: is the file without mistakes? */
static bool
check_file(const char *path, bool as_json, bool must_be_nixos)
{
	struct plan_problems problems = { .items = NULL, .n = 0 };
	struct test_file *file = test_file_load(path, &problems);
	const struct plan *plan;

	if (file != NULL && must_be_nixos && test_file_nixos(file) == NULL) {
		plan_problems_add(&problems, path, 0, "%s", check_not_nixos);
		test_file_free(file);
		file = NULL;
	}
	if (file != NULL && as_json) {
		print_json(path, test_file_plan(file));
	} else if (file != NULL) {
		plan = test_file_plan(file);
		printf("%s: ok (%zu node%s, %zu segment%s)\n", path,
		       plan->n_nodes, plural(plan->n_nodes), plan->n_vlans,
		       plural(plan->n_vlans));
	}
	plan_problems_print(&problems, stderr);
	plan_problems_fini(&problems);
	test_file_free(file);
	return file != NULL;
}

int
check_command(const struct cli *cli)
{
	int code = EXIT_OK;

	for (int i = 0; i < cli_n_args(cli); i++)
		if (!check_file(cli_word(cli, i), cli_has(cli, "json"),
				cli_has(cli, "nixos")))
			code = EXIT_USAGE;
	return code;
}
