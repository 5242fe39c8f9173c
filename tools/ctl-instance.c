/* `INSTANCE METHOD KEY=VALUE...`: the methods of plugins, which only a running
 * switch knows; and `help`, which tells what they are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/nearest.h"
#include "lib/verb.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

enum { PATIENCE_MS = 1000 };

/* ---- what there is ---- */

/* Return: the answer, returned owned; NULL when there is none. */
static json_t *
ask(struct ctl *ctl, const char *method)
{
	return rpc_call_sync(ctl->fd, method, NULL, NULL, 0, PATIENCE_MS, NULL);
}

/* The name of @method behind "INSTANCE."; NULL: it is not the instance's. */
static const char *
name_in(const json_t *method, const char *instance)
{
	const char *name = json_str_or(method, "name", "");
	size_t len = strlen(instance);

	return strncmp(name, instance, len) == 0 && name[len] == '.'
		   ? name + len + 1
		   : NULL;
}

/* Those of @instance among @methods, returned owned. */
static json_t *
methods_of(const json_t *methods, const char *instance)
{
	json_t *list = json_array(), *method;
	size_t i;

	json_array_foreach(methods, i, method)
	{
		if (name_in(method, instance) != NULL)
			json_array_append(list, method);
	}
	return list;
}

static bool
has_instance(const json_t *plugins, const char *instance)
{
	const json_t *plugin;
	size_t i;

	json_array_foreach(plugins, i, plugin)
	{
		if (strcmp(json_str_or(plugin, "id", ""), instance) == 0)
			return true;
	}
	return false;
}

/* ---- for people ---- */

static void
print_type(const char *type, size_t len)
{
	static const struct {
		const char *type, *shown;
	} names[] = {
		{ "str", "TEXT" },   { "name", "NAME" },   { "num", "NUMBER" },
		{ "obj", "JSON" },   { "list", "JSON" },   { "any", "VALUE" },
		{ "int", "NUMBER" }, { "bool", "yes|no" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].type) == len &&
		    memcmp(names[i].type, type, len) == 0) {
			fputs(names[i].shown, stdout);
			return;
		}
	}
	printf("%.*s", (int)len, type);
}

/* "port:name state:block|unblock count:int(1..9)?" as people write it. */
static void
print_signature(const char *signature)
{
	while (*signature != '\0') {
		size_t word = strcspn(signature, " ");
		size_t key = strcspn(signature, ":");
		bool optional = signature[word - 1] == '?';
		const char *type = signature + key + 1;
		size_t len = word - key - 1 - optional;

		printf(" %s%.*s=", optional ? "[" : "", (int)key, signature);
		if (strncmp(type, "int(", 4) == 0) /* the range alone */
			printf("%.*s", (int)len - 5, type + 4);
		else
			print_type(type, len);
		if (optional)
			putchar(']');
		signature += word + strspn(signature + word, " ");
	}
}

/* @methods: of @instance */
static void
print_help(const json_t *methods, const char *instance)
{
	const json_t *method;
	size_t i;

	json_array_foreach(methods, i, method)
	{
		const char *result = json_str_or(method, "result", NULL);
		const char *details = json_str_or(method, "details", NULL);

		printf("%s %s", instance, name_in(method, instance));
		print_signature(json_str_or(method, "params", ""));
		printf("\n    %s\n", json_str_or(method, "summary", ""));
		if (details != NULL)
			printf("    %s\n", details);
		if (result != NULL)
			printf("    answers: %s\n", result);
	}
}

static int
fail_text(char *text)
{
	struct err err = ERR_INIT;

	err_set(&err, -EINVAL, "%s", text);
	free(text);
	return ctl_fail(&err);
}

/* The method that @word names, perhaps abbreviated; NULL after telling. */
static const char *
find_method(const json_t *methods, const char *instance, const char *word)
{
	size_t n = json_array_size(methods);
	const char **names = xcalloc(n + 1, sizeof(*names));
	const char *near, *found = NULL;
	char *list;
	int i;

	for (size_t k = 0; k < n; k++)
		names[k] = name_in(json_array_get(methods, k), instance);
	i = nearest_match(word, strlen(word), names);
	near = nearest_word(word, names);
	list = nearest_list("", 0, names, "");
	if (i >= 0)
		found = json_str_or(json_array_get(methods, (size_t)i), "name",
				    NULL);
	else if (near != NULL)
		fail_text(xasprintf("%s has no method \"%s\", did you mean "
				    "\"%s\"?",
				    instance, word, near));
	else
		fail_text(xasprintf("%s has no method \"%s\"; there are: %s",
				    instance, word, list));
	free(list);
	free(names);
	return found;
}

/* ---- running ---- */

static int
call(struct ctl *ctl, const char *method)
{
	const struct verb verb = { .usage = "[KEY=VALUE...]",
				   .method = method };
	size_t n = (size_t)cli_n_args(ctl->cli) - 2;
	const char **words = xcalloc(n + 1, sizeof(*words));
	json_t *params, *result;
	int code;

	for (size_t i = 0; i < n; i++)
		words[i] = cli_word(ctl->cli, (int)i + 2);
	code = ctl_params_from(ctl, &verb, words, n, &params);
	if (code == EXIT_OK)
		code = ctl_call(ctl, method, params, -1, &result);
	if (code == EXIT_OK) {
		ctl_show(ctl, result, ctl_show_as_json);
		json_decref(result);
	}
	free(words);
	return code;
}

/* @instance is there, with these @methods. */
static int
run(struct ctl *ctl, const json_t *methods, const char *instance)
{
	const char *word = cli_word(ctl->cli, 1);
	const char *method;

	if (json_array_size(methods) == 0)
		return fail_text(
		    xasprintf("the plugin %s has no methods", instance));
	if (word == NULL || strcmp(word, "help") == 0) {
		print_help(methods, instance);
		return EXIT_OK;
	}
	method = find_method(methods, instance, word);
	return method != NULL ? call(ctl, method) : EXIT_TEST_FAILED;
}

/* A word that no instance of a running switch has for its name is a mistake of
 * who wrote it, be there a switch or not. */
static int
run_instance(const struct cli *cli)
{
	const char *instance = cli_word(cli, 0);
	json_t *plugins = NULL, *all, *methods;
	struct ctl ctl;
	int code = -1;

	if (ctl_try(&ctl, cli))
		plugins = ask(&ctl, "plugin.show");
	if (has_instance(plugins, instance)) {
		code = ctl_call(&ctl, "rpc.methods", NULL, -1, &all);
		if (code == EXIT_OK) {
			methods = methods_of(all, instance);
			code = run(&ctl, methods, instance);
			json_decref(methods);
			json_decref(all);
		}
	}
	json_decref(plugins);
	ctl_close(&ctl);
	return code >= 0 ? code : cli_unknown_command(cli);
}

int
ctl_run_help(const struct cli *cli)
{
	const char *instance = cli_word(cli, 0);
	json_t *all, *methods;
	struct ctl ctl;
	int code = ctl_open(&ctl, cli);

	if (code == EXIT_OK)
		code = ctl_call(&ctl, "rpc.methods", NULL, -1, &all);
	if (code == EXIT_OK) {
		methods = methods_of(all, instance);
		if (json_array_size(methods) > 0)
			print_help(methods, instance);
		else
			code = fail_text(
			    xasprintf("no plugin %s is loaded that has methods",
				      instance));
		json_decref(methods);
		json_decref(all);
	}
	ctl_close(&ctl);
	return code;
}

/* ---- what words may become ---- */

static json_t *
ask_now(const struct cli *cli, const char *method)
{
	json_t *result = NULL;
	struct ctl ctl;

	if (ctl_try(&ctl, cli))
		result = ask(&ctl, method);
	ctl_close(&ctl);
	return result;
}

void
ctl_complete_instances(const struct cli *cli)
{
	json_t *plugins = ask_now(cli, "plugin.show"), *plugin;
	size_t i;

	json_array_foreach(plugins, i, plugin)
	    cli_candidate(cli, json_str_or(plugin, "id", ""),
			  json_str_or(plugin, "summary", NULL));
	json_decref(plugins);
}

bool
ctl_complete_help(const struct cli *cli, const char *value)
{
	if (value == NULL && cli_n_args(cli) == 0)
		ctl_complete_instances(cli);
	return true;
}

static bool
complete_instance(const struct cli *cli, const char *value)
{
	const char *instance = cli_word(cli, 0), *word = cli_word(cli, 1);
	json_t *all, *methods, *method;
	char *name;
	size_t i;

	if (value != NULL)
		return false;
	if (word != NULL) {
		name = xasprintf("%s.%s", instance, word);
		ctl_complete_settings(cli, name, 2);
		free(name);
		return true;
	}
	all = ask_now(cli, "rpc.methods");
	methods = methods_of(all, instance);
	json_array_foreach(methods, i, method)
	    cli_candidate(cli, name_in(method, instance),
			  json_str_or(method, "summary", NULL));
	if (json_array_size(methods) > 0)
		cli_candidate(cli, "help", "what its methods take");
	json_decref(methods);
	json_decref(all);
	return true;
}

const struct cli_command ctl_instance = {
	.name = "PLUGIN",
	.args = "METHOD [KEY=VALUE...]",
	.help = "call a method of a plugin",
	.min_args = 1,
	.max_args = -1,
	.run = run_instance,
	.complete = complete_instance,
};
