#include "config.h"

#include "driver/report/relative-path.h"

#include <stddef.h>
#include <string.h>

#include "lib/xalloc.h"

/* How much of both is the same directory, up to behind its last octet. */
static size_t
common_len(const char *a, const char *b)
{
	size_t len = 0;

	for (size_t i = 0;; i++) {
		bool a_ends = a[i] == '\0' || a[i] == '/';
		bool b_ends = b[i] == '\0' || b[i] == '/';

		if (a_ends && b_ends)
			len = i;
		if (a[i] == '\0' || a[i] != b[i])
			return len;
	}
}

char *
relative_path(const char *dir, const char *path)
{
	size_t len = common_len(dir, path);
	const char *rest = path + len + (path[len] == '/');
	size_t n_up = 0;
	char *relative, *p;

	for (const char *d = dir + len; *d != '\0'; d++)
		n_up += *d == '/' && d[1] != '\0';
	relative = xcalloc(3 * n_up + strlen(rest) + 2, 1);
	p = relative;
	for (size_t i = 0; i < n_up; i++)
		p = stpcpy(p, "../");
	if (*rest != '\0')
		strcpy(p, rest);
	else if (n_up > 0)
		p[-1] = '\0';
	else
		strcpy(p, ".");
	return relative;
}

bool
path_is_below(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	if (len == 1 && dir[0] == '/')
		return path[0] == '/';
	return strncmp(dir, path, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}
