#include "driver/check-cmd.h"

#include <stdio.h>

#include "driver/lab/plan.h"
#include "driver/script/test-file.h"
#include "lib/cli.h"
#include "lib/err.h"

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* Return: is the file without mistakes? */
static bool
check_file(const char *path)
{
	struct plan_problems problems = { .items = NULL, .n = 0 };
	struct test_file *file = test_file_load(path, &problems);
	const struct plan *plan;

	if (file != NULL) {
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
		if (!check_file(cli_word(cli, i)))
			code = EXIT_USAGE;
	return code;
}
