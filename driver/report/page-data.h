/* page-data: a story as the JSON that report.html shows, in the form that
 * driver/report/page/README.md describes. */
#ifndef DRIVER_REPORT_PAGE_DATA_H
#define DRIVER_REPORT_PAGE_DATA_H

#include <stddef.h>

struct story;

/* Octets of the JSON, escaped for a page; pictures get what the rest leaves. */
enum { PAGE_DATA_MAX = 19 * 1024 * 1024 };

/** page_data() - Return: JSON of @size octets, owned by the caller; NULL when out
 * of memory.  What there is no room for is in .omissions, too. */
char *page_data(struct story *story, size_t *size);

#endif /* DRIVER_REPORT_PAGE_DATA_H */
