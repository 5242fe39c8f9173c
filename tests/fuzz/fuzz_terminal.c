/*
 * fuzz_terminal: whatever a log holds, what is printed of it is UTF-8 without
 * controls but line ends and tabs, and no line of the status is wider than the
 * terminal.
 *
 * The first two octets are the size of the terminal, the third says how lines
 * look; the rest are lines of a log.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "driver/report/look.h"
#include "driver/report/progress.h"
#include "driver/report/shown-text.h"
#include "driver/report/status-lines.h"
#include "driver/report/terminal.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text, size_t size, bool lines)
{
	while (size > 0) {
		size_t len = utf8_len(text, size);

		if (len == 0)
			abort();
		if (!shown_is_harmless(text, len) &&
		    (!lines || strchr("\n\t", *text) == NULL))
			abort();
		text += len;
		size -= len;
	}
}

static void
check_status(const struct progress *progress, double now_s, unsigned columns,
	     unsigned rows)
{
	const struct look look = { .unicode = true };
	const struct status_size place = { columns, rows };
	struct status_lines lines = { .n = 0 };

	status_lines_run(&lines, progress, now_s, &look, &place);
	status_lines_add(&lines, status_line_test("test", 10, progress, now_s,
						  &look, columns));
	/* As many as there is room for, and the one more. */
	if (lines.n > (rows > 2 ? rows : 2))
		abort();
	for (size_t i = 0; i < lines.n; i++) {
		check_text(lines.items[i], strlen(lines.items[i]), false);
		if (shown_columns(lines.items[i]) > columns)
			abort();
	}
	status_lines_clear(&lines);
}

static void
take_line(struct terminal *terminal, struct progress *progress,
	  const char *line, size_t len, const uint8_t *head)
{
	json_t *event = json_loadb(line, len, 0, NULL);

	if (json_is_object(event)) {
		terminal_show(terminal, event);
		progress_take(progress, event);
		check_status(progress, (double)head[2], head[0], head[1]);
	}
	json_decref(event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct progress progress = PROGRESS_INIT;
	const char *p = (const char *)data + 3;
	struct look look = { .color = false };
	struct terminal *terminal;
	size_t text_size;
	char *text;

	if (size < 3)
		return 0;
	look.out = open_memstream(&text, &text_size);
	look.compact = data[2] & 1;
	look.verbose = data[2] & 2;
	look.unicode = data[2] & 4;
	terminal = terminal_new(NULL, &look);
	for (size -= 3; size > 0;) {
		const char *end = memchr(p, '\n', size);
		size_t len = end != NULL ? (size_t)(end - p) : size;

		take_line(terminal, &progress, p, len, data);
		len += end != NULL;
		p += len;
		size -= len;
	}
	terminal_free(terminal);
	progress_fini(&progress);
	fclose(look.out);
	check_text(text, text_size, true);
	free(text);
	return 0;
}
