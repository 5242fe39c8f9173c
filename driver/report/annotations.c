#include "driver/report/annotations.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/clean-text.h"
#include "lib/xalloc.h"

/* ---- GitHub ---- */

/* What has a meaning in a command's text, and with @property in its properties,
 * too. */
static void
put_github(FILE *out, const char *text, size_t len_max, bool property)
{
	size_t size = strlen(text);
	char *clean = clean_text(text, clean_cut(text, size, len_max));

	for (const char *p = clean; *p != '\0'; p++)
		if (strchr("%\r\n", *p) != NULL ||
		    (property && strchr(":,", *p) != NULL))
			fprintf(out, "%%%02X", (unsigned char)*p);
		else
			fputc(*p, out);
	if (size > len_max)
		fputs(property ? "..." : "%0A...", out);
	free(clean);
}

void
github_annotate(FILE *out, enum annotation_severity severity, const char *file,
		long long line, const char *title, const char *message)
{
	fputs(severity == ANNOTATION_ERROR ? "::error " : "::warning ", out);
	if (file != NULL) {
		fputs("file=", out);
		put_github(out, file, ANNOTATION_MESSAGE_MAX, true);
		fputc(',', out);
		if (line > 0)
			fprintf(out, "line=%lld,", line);
	}
	fputs("title=", out);
	put_github(out, title, ANNOTATION_TITLE_MAX, true);
	fputs("::", out);
	put_github(out, message, ANNOTATION_MESSAGE_MAX, false);
	fputc('\n', out);
	fflush(out);
}

void
github_group_begin(FILE *out, const char *title, const char *token)
{
	fputs("::group::", out);
	put_github(out, title, ANNOTATION_TITLE_MAX, false);
	fprintf(out, "\n::stop-commands::%s\n", token);
	fflush(out);
}

void
github_group_end(FILE *out, const char *token)
{
	fprintf(out, "::%s::\n::endgroup::\n", token);
	fflush(out);
}

/* As a character reference no sign begins markup, a link or a cell (CommonMark
 * 2.5). */
void
github_markdown(FILE *out, const char *text)
{
	char *clean = clean_text(text, strlen(text));

	for (const char *p = clean; *p != '\0'; p++)
		if (*p == '\n')
			fputs("<br>", out);
		else if (ispunct((unsigned char)*p))
			fprintf(out, "&#%d;", *p);
		else
			fputc(*p, out);
	free(clean);
}

/* ---- GitLab ---- */

static void
put_name(FILE *out, const char *name)
{
	for (; *name != '\0'; name++)
		fputc(isalnum((unsigned char)*name) ||
			      strchr("._-", *name) != NULL
			  ? *name
			  : '_',
		      out);
}

void
gitlab_section_begin(FILE *out, const char *name, const char *header,
		     int64_t now_s, bool collapsed)
{
	char *line = clean_line(header, ANNOTATION_TITLE_MAX);

	fprintf(out, "\033[0Ksection_start:%" PRId64 ":", now_s);
	put_name(out, name);
	fprintf(out, "%s\r\033[0K%s\n", collapsed ? "[collapsed=true]" : "",
		line);
	fflush(out);
	free(line);
}

void
gitlab_section_end(FILE *out, const char *name, int64_t now_s)
{
	fprintf(out, "\033[0Ksection_end:%" PRId64 ":", now_s);
	put_name(out, name);
	fputs("\r\033[0K\n", out);
	fflush(out);
}

char *
gitlab_url(const char *path)
{
	char *url = xcalloc(3 * strlen(path) + 1, 1);
	size_t n = 0;

	for (; *path != '\0'; path++) {
		if (isalnum((unsigned char)*path) ||
		    strchr("/._-~", *path) != NULL)
			url[n++] = *path;
		else
			n += (size_t)sprintf(url + n, "%%%02X",
					     (unsigned char)*path);
	}
	return url;
}
