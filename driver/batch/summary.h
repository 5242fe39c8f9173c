/* summary: the record of many tests as lines for a person: one a test, with
 * what is to be known of those that did not simply pass. */
#ifndef DRIVER_BATCH_SUMMARY_H
#define DRIVER_BATCH_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

struct batch_record;

/** summary_print() - @unicode: ticks and crosses, else words of ASCII */
void summary_print(const struct batch_record *batch, bool unicode, FILE *out);
/** summary_locale_is_utf8() - does the environment say that terminals show
 * UTF-8? */
bool summary_locale_is_utf8(void);

#endif /* DRIVER_BATCH_SUMMARY_H */
