/* summary: the record of many tests as lines for a person: one a test, with
 * what is to be known of those that did not simply pass. */
#ifndef DRIVER_BATCH_SUMMARY_H
#define DRIVER_BATCH_SUMMARY_H

struct batch_record;
struct look;

/** summary_print() - to @look's .out */
void summary_print(const struct batch_record *batch, const struct look *look);

#endif /* DRIVER_BATCH_SUMMARY_H */
