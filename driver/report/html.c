#include "driver/report/html.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/clean-text.h"
#include "driver/report/page.h"

void
html_put(FILE *file, const char *text)
{
	char *clean = clean_text(text, strlen(text));

	page_write_text(file, clean);
	free(clean);
}

void
html_put_line(FILE *file, const char *text, size_t len_max)
{
	char *line = clean_line(text, len_max);

	page_write_text(file, line);
	free(line);
}

void
html_put_path(FILE *file, const char *path)
{
	/* "//host/" and "/x" are no paths of ours. */
	if (path[0] == '/')
		fputs("./", file);
	for (const unsigned char *p = (const unsigned char *)path; *p != '\0';
	     p++) {
		if (*p < 0x80 && (isalnum(*p) || strchr("-._~/", *p) != NULL))
			putc(*p, file);
		else
			fprintf(file, "%%%02X", *p);
	}
}
