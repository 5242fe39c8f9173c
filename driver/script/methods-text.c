/* methods-text: the table of methods as text for a person at a prompt. */
#include "driver/script/methods-manual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

/* "client:succeed(...)", "vlan1:frames(...)": how one of @owner is called. */
static const char *
prefix_of(enum method_owner owner)
{
	static const char *const prefixes[METHOD_N_OWNERS] = {
		[METHOD_GLOBAL] = "",
		[METHOD_MACHINE] = "MACHINE",
		[METHOD_SEGMENT] = "SEGMENT",
		[METHOD_PORT] = "PORT",
		[METHOD_WATCH] = "WATCH",
		[METHOD_COMMAND] = "COMMAND",
		[METHOD_CONDITION] = "CONDITION",
	};

	return prefixes[owner] != NULL ? prefixes[owner] : "OBJECT";
}

static void
print_head(FILE *f, const struct method *method)
{
	const char *prefix = prefix_of(method->owner);
	char *usage = method_usage(method);

	fprintf(f, "%s%s%s", prefix,
		prefix[0] == '\0'	 ? ""
		: method->params != NULL ? ":"
					 : ".",
		usage);
	if (method->returns != NULL)
		fprintf(f, " -> %s", method->returns);
	free(usage);
}

static void
print_method(FILE *f, const struct method *method)
{
	print_head(f, method);
	fprintf(f, "\n  %s\n", method->doc);
	method_print_arguments(f, method, "  ", "");
}

/* One line for each method of @owner. */
static size_t
print_owner(FILE *f, enum method_owner owner)
{
	const struct method *method;
	size_t n = 0;

	for (size_t i = 0; (method = methods_at(i)) != NULL; i++) {
		if (method->owner != owner)
			continue;
		print_head(f, method);
		fputc('\n', f);
		n++;
	}
	return n;
}

static size_t
print_named(FILE *f, const char *name)
{
	const char *word = strrchr(name, '.');
	const char *colon = strrchr(name, ':');
	const struct method *method;
	size_t n = 0;

	/* "machine.succeed" and "client:succeed" are found, too. */
	if (colon != NULL)
		word = colon;
	word = word != NULL ? word + 1 : name;
	for (size_t i = 0; (method = methods_at(i)) != NULL; i++) {
		if (strcmp(method->name, word) != 0 &&
		    strcmp(method->name, name) != 0)
			continue;
		print_method(f, method);
		n++;
	}
	return n;
}

char *
methods_describe(const char *name)
{
	char *text = NULL;
	size_t size, n = 0;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		abort(); /* out of memory */
	for (int owner = 0; owner < METHOD_N_OWNERS; owner++)
		if (name == NULL ||
		    strcmp(name, method_owner_name((enum method_owner)owner)) ==
			0)
			n += print_owner(f, (enum method_owner)owner);
	if (n == 0)
		n = print_named(f, name);
	fclose(f);
	if (n > 0)
		return text;
	free(text);
	return NULL;
}
