/*
 * script-manual: doc/script-api.md from its template and the table of methods.
 * Runs when the driver is built.
 *
 * A line @OWNER@ of the template is replaced by the methods of that owner; each
 * must be there once.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "driver/script/methods-manual.h"

/* Return: the owner that the line "@machine@\n" names; METHOD_N_OWNERS: none. */
static enum method_owner
owner_of(const char *line)
{
	enum method_owner owner = METHOD_GLOBAL;
	char wanted[64];

	for (; owner < METHOD_N_OWNERS; owner++) {
		snprintf(wanted, sizeof(wanted), "@%s@\n",
			 method_owner_name(owner));
		if (strcmp(line, wanted) == 0)
			break;
	}
	return owner;
}

static int
fill(FILE *template)
{
	unsigned n_seen[METHOD_N_OWNERS] = { 0 };
	char line[1024];
	int code = 0;

	while (fgets(line, sizeof(line), template) != NULL) {
		enum method_owner owner = owner_of(line);

		if (owner == METHOD_N_OWNERS) {
			fputs(line, stdout);
			continue;
		}
		methods_print_manual(stdout, owner);
		n_seen[owner]++;
	}
	for (enum method_owner o = METHOD_GLOBAL; o < METHOD_N_OWNERS; o++) {
		if (n_seen[o] == 1)
			continue;
		fprintf(stderr,
			"script-manual: @%s@ is %u times in the template\n",
			method_owner_name(o), n_seen[o]);
		code = 1;
	}
	return code;
}

int
main(int argc, char **argv)
{
	FILE *template;
	int code;

	if (argc != 2) {
		fputs("usage: script-manual TEMPLATE\n", stderr);
		return 2;
	}
	template = fopen(argv[1], "r");
	if (template == NULL) {
		perror(argv[1]);
		return 1;
	}
	code = fill(template);
	fclose(template);
	if (fflush(stdout) != 0) {
		perror("script-manual");
		return 1;
	}
	return code;
}
