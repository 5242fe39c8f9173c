/* html: what others wrote, as parts of a page. */
#ifndef DRIVER_REPORT_HTML_H
#define DRIVER_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

/** html_put() - @text, cleaned (clean-text.h) and escaped, in an element or
 * between the quotes of an attribute */
void html_put(FILE *file, const char *text);
/** html_put_line() - likewise, as one line of at most @len_max octets */
void html_put_line(FILE *file, const char *text, size_t len_max);
/** html_put_path() - relative @path of a file as a reference to it, between the
 * quotes of href: never one with a scheme or a host */
void html_put_path(FILE *file, const char *path);

#endif /* DRIVER_REPORT_HTML_H */
