#include "driver/vm/kernel-trouble.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* As Linux 4.19 to 6.x write them.  Each is the first of its kind of message:
 * what follows it, a trace, is not told again. */
static const char *const words[] = {
	"Out of memory: Killed process",
	"Memory cgroup out of memory: Killed process",
	"BUG: ",
	"Oops: ",
	"general protection fault",
	"Internal error: ", /* arm64's Oops */
	"kernel BUG at ",
	"WARNING: CPU: ",
	"rcu: INFO: ",
	"blocked for more than",
	" segfault at ",
	"traps: ",
	"I/O error, dev ",
	"EXT4-fs error",
	"Buffer I/O error on dev",
	"Remounting filesystem read-only",
	"detected stalls on CPUs",
	"NETDEV WATCHDOG: ",
};

/* "[   12.345678] ": whatever is not the kernel's has no such beginning.
 * Return: what follows; NULL: it is not the kernel's. */
static const char *
after_stamp(const char *line)
{
	const char *p = strchr(line, '[');

	if (p == NULL)
		return NULL;
	p += 1 + strspn(p + 1, " ");
	if (!isdigit((unsigned char)*p))
		return NULL;
	p += strspn(p, "0123456789.");
	if (*p != ']')
		return NULL;
	p++;
	if (*p == '[' && strchr(p, ']') != NULL) /* CONFIG_PRINTK_CALLER */
		p = strchr(p, ']') + 1;
	return p + strspn(p, " ");
}

const char *
kernel_trouble_in(const char *line)
{
	const char *message = after_stamp(line);

	if (message == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(message, words[i]) != NULL)
			return message;
	return NULL;
}
