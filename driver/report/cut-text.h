/*
 * cut-text: a text that may get long, of which the beginning and the end are
 * kept, and how much is left out between them is told.
 */
#ifndef DRIVER_REPORT_CUT_TEXT_H
#define DRIVER_REPORT_CUT_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct cut_text {
	size_t head_max, tail_max; /* octets */
	char *text;		   /* owned */
	size_t size, capacity;
	uint64_t n_out; /* octets left out, behind the head */
};

/** cut_text_init() - @max octets, a quarter of them for the beginning */
void cut_text_init(struct cut_text *cut, size_t max);
void cut_text_add(struct cut_text *cut, const char *text);
void cut_text_addf(struct cut_text *cut, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** cut_text_take() - all of it, or its beginning and its end in whole lines as
 * far as there are any; returned owned, @cut is empty then */
char *cut_text_take(struct cut_text *cut);

#endif /* DRIVER_REPORT_CUT_TEXT_H */
