#include "driver/report/junit/junit-text.h"

#include <stdlib.h>
#include <string.h>

#include "driver/report/clean-text.h"
#include "lib/xalloc.h"

char *
junit_text(const char *text)
{
	/* Readers take files by such lines, and guests must not name any. */
	static const char *const obeyed[] = { "[[ATTACHMENT", "[[PROPERTY" };
	char *clean = clean_text(text, strlen(text));
	size_t n = 0, n_brackets = 0;
	char *safe;

	for (const char *p = clean; *p != '\0'; p++)
		n_brackets += *p == '[';
	safe = xcalloc(strlen(clean) + n_brackets + 1, 1);
	for (const char *p = clean; *p != '\0'; p++) {
		safe[n++] = *p;
		for (size_t i = 0; i < sizeof(obeyed) / sizeof(obeyed[0]); i++)
			if (strncmp(p, obeyed[i], strlen(obeyed[i])) == 0)
				safe[n++] = ' ';
	}
	free(clean);
	return safe;
}

char *
junit_line(const char *text, size_t len_max)
{
	char *line = clean_line(text, len_max);
	char *safe = junit_text(line);

	free(line);
	return safe;
}
