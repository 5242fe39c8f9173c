/* line-prefix: what comes in pieces, printed as whole lines behind a name, so
 * that the lines of several sources do not mix. */
#ifndef DRIVER_BATCH_LINE_PREFIX_H
#define DRIVER_BATCH_LINE_PREFIX_H

#include <stddef.h>
#include <stdio.h>

enum { LINE_PREFIX_LEN = 16 * 1024 }; /* a longer line becomes several */

struct line_prefix {
	const char *name; /* borrowed; NULL: nothing stands before lines */
	FILE *out;	  /* borrowed */
	char *text;	  /* of a line that has not ended, or NULL; owned */
	size_t len;
};

void line_prefix_init(struct line_prefix *prefix, const char *name, FILE *out);
void line_prefix_add(struct line_prefix *prefix, const void *data, size_t size);
/** line_prefix_end() - there will be no more: what has no line's end is
 * printed, too; it may be called again */
void line_prefix_end(struct line_prefix *prefix);

#endif /* DRIVER_BATCH_LINE_PREFIX_H */
