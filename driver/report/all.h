/* all: the reports about all tests of a run, which stand beside results.json. */
#ifndef DRIVER_REPORT_ALL_H
#define DRIVER_REPORT_ALL_H

struct batch_record;
struct err;

/** report_write_all() - .root/junit.xml and .root/report.html of @record, with
 * its tag in their names ("junit.1-of-4.xml")
 * Return: 0; -errno with the first @err set, all is tried */
int report_write_all(const struct batch_record *record, struct err *err);

#endif /* DRIVER_REPORT_ALL_H */
