#include "switch/face/command.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

/* The order in which help lists them, and in which they are tried. */
const struct command *const command_tables[] = {
	ds_commands,	 general_commands, debug_commands,
	plugin_commands, hash_commands,	   fstp_commands,
	port_commands,	 vlan_commands,	   NULL,
};

static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

const struct command *
command_find(const char *line, const char **arg)
{
	for (size_t i = 0; command_tables[i] != NULL; i++) {
		const struct command *c = command_tables[i];

		for (; c->path != NULL; c++) {
			size_t len = strlen(c->path);

			if (c->fn == NULL || strncmp(line, c->path, len) != 0)
				continue;
			*arg = skip_blanks(line + len);
			return c;
		}
	}
	return NULL;
}

void
command_print(struct evbuffer *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (evbuffer_add_vprintf(out, fmt, ap) < 0 ||
	    evbuffer_add(out, "\n", 1) < 0)
		abort();
	va_end(ap);
}

/* Return: behind the number; NULL when there is none, or a number that is
 * none: "3x". */
static const char *
read_int(const char *text, int base, int *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, base);
	if (end == text || errno != 0 || n < INT_MIN || n > INT_MAX ||
	    (*end != '\0' && !isblank((unsigned char)*end)))
		return NULL;
	*value = (int)n;
	return skip_blanks(end);
}

bool
command_number(const char *arg, int *value)
{
	*value = 0;
	if (*arg == '\0')
		return true;
	arg = read_int(arg, 10, value);
	return arg != NULL && *arg == '\0';
}

bool
command_numbers(const char *arg, int *values, size_t n)
{
	for (size_t i = 0; i < n && arg != NULL; i++)
		arg = read_int(arg, 0, &values[i]);
	return arg != NULL && *arg == '\0';
}
