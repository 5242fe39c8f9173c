#include "driver/batch/line-prefix.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

void
line_prefix_init(struct line_prefix *prefix, const char *name, FILE *out)
{
	*prefix = (struct line_prefix){ .name = name, .out = out };
}

static void
put(struct line_prefix *prefix)
{
	if (prefix->name != NULL)
		fprintf(prefix->out, "%s | ", prefix->name);
	if (prefix->len > 0)
		fwrite(prefix->text, 1, prefix->len, prefix->out);
	fputc('\n', prefix->out);
	prefix->len = 0;
}

void
line_prefix_add(struct line_prefix *prefix, const void *data, size_t size)
{
	const char *p = data, *end = p + size;

	if (prefix->text == NULL)
		prefix->text = xcalloc(1, LINE_PREFIX_LEN);
	for (; p < end; p++) {
		if (*p == '\n' || prefix->len == LINE_PREFIX_LEN)
			put(prefix);
		if (*p != '\n')
			prefix->text[prefix->len++] = *p;
	}
	fflush(prefix->out);
}

void
line_prefix_end(struct line_prefix *prefix)
{
	if (prefix->len > 0)
		put(prefix);
	free(prefix->text);
	prefix->text = NULL;
	prefix->len = 0;
}
