#include "driver/methods-cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "driver/script/methods.h"
#include "lib/cli.h"
#include "lib/err.h"

/* "succed" may be of any owner. */
static const char *
nearest(const char *name)
{
	const char *near = methods_nearest(METHOD_N_OWNERS, name);

	return near != NULL ? near : methods_nearest(METHOD_GLOBAL, name);
}

int
method_help_command(const struct cli *cli)
{
	const char *name = cli_word(cli, 0);
	char *text = methods_describe(name);
	const char *near;

	if (text != NULL) {
		fputs(text, stdout);
		free(text);
		return EXIT_OK;
	}
	near = nearest(name);
	if (near != NULL)
		return cli_usage_error(
		    cli, "there is no method '%s' (did you mean '%s'?)", name,
		    near);
	return cli_usage_error(cli, "there is no method '%s'", name);
}

bool
method_help_complete(const struct cli *cli, const char *value)
{
	const struct method *method;

	if (value != NULL)
		return false;
	for (enum method_owner o = METHOD_GLOBAL; o < METHOD_N_OWNERS; o++)
		cli_candidate(cli, method_owner_name(o), "all of its methods");
	for (size_t i = 0; (method = methods_at(i)) != NULL; i++)
		cli_candidate(cli, method->name, method->doc);
	return true;
}
