/*
 * page: the shell of report.html, one file that needs no other.  Its style and
 * its program (driver/report/page/) are compiled in; what it shows is JSON that
 * is written into it.
 */
#ifndef DRIVER_REPORT_PAGE_H
#define DRIVER_REPORT_PAGE_H

#include <stddef.h>
#include <stdio.h>

/**
 * page_write() - a whole report.html
 * @title:   what the window is called
 * @summary: lines of text for readers without JavaScript
 * @data:    JSON, of @data_size octets, in the form that
 *           driver/report/page/README.md describes
 *
 * Nothing needs to be escaped: what would end the element in which a text
 * stands is escaped here, also in @data.
 *
 * Return: 0, or -EIO when @file says so
 */
int page_write(FILE *file, const char *title, const char *summary,
	       const char *data, size_t data_size);

/** page_write_text() - @text with what means something in HTML escaped */
void page_write_text(FILE *file, const char *text);

/** page_style() - the colours and the types of all pages of vdelab, as CSS */
const char *page_style(void);

#endif /* DRIVER_REPORT_PAGE_H */
