/* page-picture: screenshots in the page's JSON. */
#ifndef DRIVER_REPORT_PAGE_PICTURE_H
#define DRIVER_REPORT_PAGE_PICTURE_H

#include <stddef.h>

struct page_json;
struct story;

/** page_put_pictures() - "screenshots", with the files themselves as long as they
 * fit into @room octets: those of the failure first, then the last ones.  What
 * does not fit is told in .omissions. */
void page_put_pictures(struct page_json *json, struct story *story,
		       size_t room);

#endif /* DRIVER_REPORT_PAGE_PICTURE_H */
