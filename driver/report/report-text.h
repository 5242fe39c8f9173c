/* report-text: texts of any length within what a page has room for. */
#ifndef DRIVER_REPORT_TEXT_H
#define DRIVER_REPORT_TEXT_H

#include <stddef.h>

/** report_text_cost() - octets of @text, UTF-8, as a string in the JSON of a page,
 * without its quotes */
size_t report_text_cost(const char *text);
/**
 * report_text_cut() - @text, or its beginning and its end, and between them how
 * much is left out
 * @max_cost: what report_text_cost() may be; below 64 only the beginning stays,
 *            as with report_text_begin()
 *
 * Return: returned owned, valid UTF-8 as @text is.
 */
char *report_text_cut(const char *text, size_t max_cost);

/** report_text_begin() - @text, or its beginning and "..."; the same otherwise */
char *report_text_begin(const char *text, size_t max_cost);

#endif /* DRIVER_REPORT_TEXT_H */
