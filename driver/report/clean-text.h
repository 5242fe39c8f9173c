/*
 * clean-text: what guests, commands and scripts wrote, made fit for reports.
 *
 * No terminal's commands are left in it, no control characters but tab and
 * newline, and nothing that XML 1.0 or UTF-8 does not allow.
 */
#ifndef DRIVER_REPORT_CLEAN_TEXT_H
#define DRIVER_REPORT_CLEAN_TEXT_H

#include <stddef.h>

/**
 * clean_text() - @text, of @size octets, without what no report may hold
 *
 * Escape sequences of terminals are left out (one that does not end ends with
 * its line), backspaces too; carriage returns become newlines; what else cannot
 * stay becomes U+FFFD, one for each octet or character.
 *
 * Return: returned owned; at most three times as long as @text.
 */
char *clean_text(const char *text, size_t size);

/** clean_line() - @text as one line of at most @len_max octets: blanks in a row
 * are one, what is cut off is told by three dots; returned owned */
char *clean_line(const char *text, size_t len_max);

/** clean_cut() - how many octets of @text, of @size, can stand in @len_max with
 * no character in pieces */
size_t clean_cut(const char *text, size_t size, size_t len_max);

#endif /* DRIVER_REPORT_CLEAN_TEXT_H */
