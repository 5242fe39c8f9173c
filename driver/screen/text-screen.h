/*
 * text-screen: the text of a screen that shows a PC's text mode, or a console
 * in the same font, read cell by cell: exactly, and at once.  Pure.
 */
#ifndef DRIVER_SCREEN_TEXT_SCREEN_H
#define DRIVER_SCREEN_TEXT_SCREEN_H

struct picture;

/**
 * text_screen_read() - the lines, each ended by LF, without the blanks at
 * their ends; empty lines at the bottom are left out
 * @picture: RGB
 *
 * A few cells in which there is no character are U+FFFD.  The cursor is not
 * seen.
 * Return: returned owned; NULL when it shows something else than text.
 */
char *text_screen_read(const struct picture *picture);

#endif /* DRIVER_SCREEN_TEXT_SCREEN_H */
