/* junit-text: what others wrote, as texts of a JUnit file. */
#ifndef DRIVER_REPORT_JUNIT_JUNIT_TEXT_H
#define DRIVER_REPORT_JUNIT_JUNIT_TEXT_H

#include <stddef.h>

/** junit_text() - @text, cleaned (clean-text.h); what readers of JUnit would
 * obey is made harmless; returned owned */
char *junit_text(const char *text);
/** junit_line() - likewise, as one line of @len_max octets (and some for what is
 * made harmless) */
char *junit_line(const char *text, size_t len_max);

#endif /* DRIVER_REPORT_JUNIT_JUNIT_TEXT_H */
