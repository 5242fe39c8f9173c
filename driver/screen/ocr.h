/*
 * ocr: the text of a picture, read by the program tesseract, several ways at
 * once.
 *
 * No way of preparing a picture suits all: each goes to a process of its own,
 * and who waits for a certain text can end it all when the first has found it.
 */
#ifndef DRIVER_SCREEN_OCR_H
#define DRIVER_SCREEN_OCR_H

#include <stddef.h>
#include <stdint.h>

struct clock;
struct err;
struct event_base;
struct ocr;
struct picture;

enum { OCR_WAYS = 3 }; /* the first is the best for most screens */

struct ocr_spec {
	struct event_base *base;
	struct clock *clock;
	const struct picture *picture; /* RGB; not needed after the start */
	size_t n_ways;		       /* the first so many; 1..OCR_WAYS */
	uint64_t timeout_ms;	       /* for each */
	/* One way has been gone: @text is what was read, NULL with @err set
	 * when it failed.  From the loop; ocr_free() is allowed. */
	void (*on_text)(size_t way, const char *text, const struct err *err,
			void *arg);
	void *arg; /* borrowed */
};

/** ocr_start() - @spec is borrowed for the call.  Return: owned by the caller;
 * NULL with @err set, when tesseract is not installed, say. */
struct ocr *ocr_start(const struct ocr_spec *spec, struct err *err);
/** ocr_free() - ends what still reads; NULL is a no-op */
void ocr_free(struct ocr *ocr);

#endif /* DRIVER_SCREEN_OCR_H */
