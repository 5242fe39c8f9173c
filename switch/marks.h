/*
 * marks: the texts behind the numbers of marks that frames carry.
 *
 * Frames may carry a mark longer than its owner lives, so texts stay; the same
 * text is the same mark again.  There are at most MARKS_MAX: then the number
 * whose owner has been gone the longest gets another meaning.
 */
#ifndef SWITCH_MARKS_H
#define SWITCH_MARKS_H

#include <stdbool.h>
#include <stdint.h>

enum { MARKS_MAX = 8192 };

struct marks;

struct marks *marks_new(void);
/** marks_free() - NULL is a no-op */
void marks_free(struct marks *marks);

/** marks_add() - @owner: not looked into; @text: copied
 * Return: its number, 0..MARKS_MAX - 1; -EEXIST somebody has it; -ENOSPC. */
int marks_add(struct marks *marks, const void *owner, const char *text);
/** marks_release() - those of @owner are nobody's */
void marks_release(struct marks *marks, const void *owner);
bool marks_has(const struct marks *marks, const void *owner, int mark);
/** marks_text() - borrowed; @mark: one that was given out */
const char *marks_text(const struct marks *marks, uint16_t mark);

#endif /* SWITCH_MARKS_H */
