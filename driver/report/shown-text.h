/*
 * shown-text: text that may hold anything, a guest's, on a terminal, which must
 * not obey it.
 *
 * Controls (C0, C1, DEL), what changes the direction of writing, what cannot be
 * seen, and what is no UTF-8 are shown as \xNN, octet by octet.
 */
#ifndef DRIVER_REPORT_SHOWN_TEXT_H
#define DRIVER_REPORT_SHOWN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** shown_put() - @text to @out; behind its line ends follow @indent spaces;
 * tabs stay */
void shown_put(FILE *out, const char *text, int indent);

/**
 * shown_line() - @text as one line of @columns at most, cut with "..."
 * @unicode: else each character beyond ASCII is a '?'
 *
 * Line ends and tabs become spaces.  Return: owned by the caller.
 */
char *shown_line(const char *text, size_t columns, bool unicode);
/** shown_columns() - how many columns @text takes, which has been through
 * shown_line() */
size_t shown_columns(const char *text);

/** shown_is_harmless() - the octets of a character as utf8_len() measured them:
 * may they go to a terminal as they are? */
bool shown_is_harmless(const char *p, size_t len);

#endif /* DRIVER_REPORT_SHOWN_TEXT_H */
