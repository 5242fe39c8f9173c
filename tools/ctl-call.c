/* `call METHOD`: any method of the switch or of its plugins, by its name, for
 * which there need not be a command. */
#include <stdlib.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

static void
show_methods(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "METHOD", .key = "name" },
		{ .heading = "PARAMETERS", .key = "params" },
		{ .heading = "SUMMARY", .key = "summary" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

void
ctl_show_as_json(const struct ctl *ctl, const json_t *result)
{
	json_dumpf(result, ctl->out, JSON_ENCODE_ANY | JSON_INDENT(4));
	fputc('\n', ctl->out);
}

static int
list_methods(struct ctl *ctl)
{
	json_t *list;
	int code = ctl_call(ctl, "rpc.methods", NULL, -1, &list);

	if (code == EXIT_OK) {
		ctl_show(ctl, list, show_methods);
		json_decref(list);
	}
	return code;
}

static int
call(struct ctl *ctl, const struct verb *verb)
{
	size_t n = (size_t)cli_n_args(ctl->cli) - 1;
	const char **words = xcalloc(n + 1, sizeof(*words));
	json_t *params, *result;
	int code;

	for (size_t i = 0; i < n; i++)
		words[i] = cli_word(ctl->cli, (int)i + 1);
	code = ctl_params_from(ctl, verb, words, n, &params);
	if (code == EXIT_OK)
		code = ctl_call(ctl, verb->method, params, -1, &result);
	if (code == EXIT_OK) {
		ctl_show(ctl, result, ctl_show_as_json);
		json_decref(result);
	}
	free(words);
	return code;
}

int
ctl_run_call(const struct cli *cli)
{
	const struct verb verb = { .usage = "[KEY=VALUE...]",
				   .method = cli_word(cli, 0) };
	struct ctl ctl;
	int code = ctl_open(&ctl, cli);

	if (code == EXIT_OK)
		code = verb.method == NULL ? list_methods(&ctl)
					   : call(&ctl, &verb);
	ctl_close(&ctl);
	return code;
}
