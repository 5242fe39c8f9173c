/* page: the shell of report.html, and what is put into it. */
#include "driver/report/page.h"

#include <errno.h>
#include <string.h>

/* Made by the build; their places are lines such as @DATA@. */
static const char shell[] =
#include "driver/report/page-html.h"
    ;
static const char style[] =
#include "driver/report/page-style.h"
    ;

const char *
page_style(void)
{
	return style;
}

void
page_write_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '&':
			fputs("&amp;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			fputc(*text, file);
		}
	}
}

/* How many octets come next that need no look. */
static size_t
plain_len(const char *text, size_t size)
{
	size_t len = 0;

	while (len < size && text[len] != '<' && text[len] != '>' &&
	       text[len] != '&' && text[len] != '\xe2')
		len++;
	return len;
}

/*
 * In JSON these stand in strings only, where an escape means the same.  U+2028
 * and U+2029 (e2 80 a8, a9) would end lines of a program.
 */
static void
write_json(FILE *file, const char *text, size_t size)
{
	while (size > 0) {
		size_t len = plain_len(text, size);

		fwrite(text, 1, len, file);
		text += len;
		size -= len;
		if (size == 0)
			return;
		len = 1;
		if (*text == '\xe2' && size >= 3 && text[1] == '\x80' &&
		    (text[2] == '\xa8' || text[2] == '\xa9')) {
			fprintf(file, "\\u202%c",
				text[2] == '\xa8' ? '8' : '9');
			len = 3;
		} else if (*text == '\xe2') {
			fputc(*text, file);
		} else {
			fprintf(file, "\\u%04x", (unsigned)*text);
		}
		text += len;
		size -= len;
	}
}

int
page_write(FILE *file, const char *title, const char *summary, const char *data,
	   size_t data_size)
{
	static const char *const places[] = { "@TITLE@", "@SUMMARY@",
					      "@DATA@" };
	const char *text = shell;

	for (;;) {
		const char *next = NULL;
		size_t which = 0;

		for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
			const char *found = strstr(text, places[i]);

			if (found != NULL && (next == NULL || found < next)) {
				next = found;
				which = i;
			}
		}
		if (next == NULL)
			break;
		fwrite(text, 1, (size_t)(next - text), file);
		if (which == 2)
			write_json(file, data, data_size);
		else
			page_write_text(file, which == 0 ? title : summary);
		text = next + strlen(places[which]);
	}
	fputs(text, file);
	return fflush(file) != 0 || ferror(file) ? -EIO : 0;
}
