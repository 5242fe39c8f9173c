/* complete: what the end of a line at the prompt may become.  Pure. */
#ifndef DRIVER_PROMPT_COMPLETE_H
#define DRIVER_PROMPT_COMPLETE_H

#include <stddef.h>

#include <jansson.h>

struct completion {
	char **words; /* sorted, each once; owned, with the array */
	size_t n;
	size_t typed; /* how many characters of each are there already */
};

/**
 * complete_line() - fill @c, which complete_fini() empties
 * @info: run.info, which names machines, segments and subtests
 * @line: @len characters, up to the cursor
 */
void complete_line(const json_t *info, const char *line, size_t len,
		   struct completion *c);
/** complete_common() - how many characters all of them begin with alike */
size_t complete_common(const struct completion *c);
void complete_fini(struct completion *c);

#endif /* DRIVER_PROMPT_COMPLETE_H */
