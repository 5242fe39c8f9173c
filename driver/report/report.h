/* report: report.html, made of what a run has left behind. */
#ifndef DRIVER_REPORT_REPORT_H
#define DRIVER_REPORT_REPORT_H

struct err;
struct story;

/** report_write() - @dir/report.html of the run whose results are in @dir.  It
 * is replaced as a whole.  Return: 0; negative with @err set. */
int report_write(const char *dir, struct err *err);
/** report_write_story() - the same of a story that has been read, with its wire
 */
int report_write_story(struct story *story, struct err *err);

#endif /* DRIVER_REPORT_REPORT_H */
