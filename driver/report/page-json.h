/* page-json: JSON, written piece by piece.  Texts are UTF-8. */
#ifndef DRIVER_REPORT_PAGE_JSON_H
#define DRIVER_REPORT_PAGE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct page_json {
	FILE *file; /* borrowed */
	bool comma; /* something stands before, in this list or object */
};

/** json_open(), json_close() - '[' or '{'; @key: NULL in a list */
void page_json_open(struct page_json *json, const char *key, char bracket);
void page_json_close(struct page_json *json, char bracket);
/** page_json_text() - null for NULL */
void page_json_text(struct page_json *json, const char *key, const char *text);
void page_json_int(struct page_json *json, const char *key, int64_t value);
/** page_json_bool() - true or false */
void page_json_bool(struct page_json *json, const char *key, bool value);
/** page_json_time() - seconds, to the microsecond; null when it is negative */
void page_json_time(struct page_json *json, const char *key, double s);
/** page_json_raw() - JSON as it is; null for NULL */
void page_json_raw(struct page_json *json, const char *key, const char *text);

#endif /* DRIVER_REPORT_PAGE_JSON_H */
