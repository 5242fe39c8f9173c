/*
 * xml: writes XML 1.0, for programs.  Whatever texts hold, what comes out is
 * well formed: they are cleaned (clean-text.h) and escaped here.
 */
#ifndef DRIVER_REPORT_XML_H
#define DRIVER_REPORT_XML_H

#include <stdbool.h>
#include <stdio.h>

enum { XML_DEPTH_MAX = 16 };

struct xml {
	FILE *file; /* borrowed; who owns it asks ferror() */
	const char *open[XML_DEPTH_MAX];
	int depth;
	bool in_tag;   /* attributes may follow */
	bool has_text; /* of the innermost element */
};

/** xml_init() - and the declaration; @file is borrowed until the last end */
void xml_init(struct xml *xml, FILE *file);
/** xml_begin() - element @name, borrowed until its end; names are written by
 * programmers and not looked at */
void xml_begin(struct xml *xml, const char *name);
/** xml_attr() - of the element just begun */
void xml_attr(struct xml *xml, const char *name, const char *text);
void xml_attrf(struct xml *xml, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** xml_text() - in the innermost element, which must not hold others then */
void xml_text(struct xml *xml, const char *text);
/** xml_end() - of the innermost element; the last one ends the file's line */
void xml_end(struct xml *xml);

#endif /* DRIVER_REPORT_XML_H */
