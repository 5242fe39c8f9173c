/* protocol: what client and server of the example say to each other: a line
 *
 *	LENGTH:TEXT:SUM
 *
 * with the length of the text in decimal, and the sum of its bytes, modulo 256,
 * in two hexadecimal digits. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stddef.h>

enum { TEXT_MAX = 200, LINE_MAX_SIZE = TEXT_MAX + 16 };

/* Return: the length of @line, without its NUL; -1 when @text is too long. */
int protocol_encode(const char *text, char line[LINE_MAX_SIZE]);
/* Return: 0 with the text; -1 when @line is not one, or was damaged. */
int protocol_decode(const char *line, char text[TEXT_MAX + 1]);

#endif
