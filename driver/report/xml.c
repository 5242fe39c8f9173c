#include "driver/report/xml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/clean-text.h"
#include "lib/xalloc.h"

/* Readers make blanks of line ends in attributes that are not escaped. */
static const char *
entity_of(char c, bool in_attribute)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;"; /* so that there is no ]]> in texts */
	case '"':
		return in_attribute ? "&quot;" : NULL;
	case '\n':
		return in_attribute ? "&#10;" : NULL;
	case '\t':
		return in_attribute ? "&#9;" : NULL;
	default:
		return NULL;
	}
}

static void
put_text(struct xml *xml, const char *text, bool in_attribute)
{
	char *clean = clean_text(text, strlen(text));

	for (const char *p = clean; *p != '\0'; p++) {
		const char *entity = entity_of(*p, in_attribute);

		if (entity != NULL)
			fputs(entity, xml->file);
		else
			putc(*p, xml->file);
	}
	free(clean);
}

static void
end_tag(struct xml *xml)
{
	if (xml->in_tag)
		putc('>', xml->file);
	xml->in_tag = false;
}

static void
put_line_end(struct xml *xml)
{
	fprintf(xml->file, "\n%*s", 2 * xml->depth, "");
}

void
xml_init(struct xml *xml, FILE *file)
{
	*xml = (struct xml){ .file = file };
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", file);
}

void
xml_begin(struct xml *xml, const char *name)
{
	assert(xml->depth < XML_DEPTH_MAX && !xml->has_text);
	end_tag(xml);
	put_line_end(xml);
	fprintf(xml->file, "<%s", name);
	xml->open[xml->depth++] = name;
	xml->in_tag = true;
}

void
xml_attr(struct xml *xml, const char *name, const char *text)
{
	assert(xml->in_tag);
	fprintf(xml->file, " %s=\"", name);
	put_text(xml, text, true);
	putc('"', xml->file);
}

void
xml_attrf(struct xml *xml, const char *name, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = xvasprintf(format, ap);
	va_end(ap);
	xml_attr(xml, name, text);
	free(text);
}

void
xml_text(struct xml *xml, const char *text)
{
	end_tag(xml);
	xml->has_text = true;
	put_text(xml, text, false);
}

void
xml_end(struct xml *xml)
{
	assert(xml->depth > 0);
	xml->depth--;
	if (xml->in_tag) {
		fputs("/>", xml->file);
	} else {
		if (!xml->has_text)
			put_line_end(xml);
		fprintf(xml->file, "</%s>", xml->open[xml->depth]);
	}
	xml->in_tag = false;
	xml->has_text = false;
	if (xml->depth == 0)
		putc('\n', xml->file);
}
