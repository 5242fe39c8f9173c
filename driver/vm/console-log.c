#include "driver/vm/console-log.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

struct console_log {
	char *text; /* what is kept, and a NUL; owned */
	size_t size;
	size_t room;
	char line[CONSOLE_LINE_MAX + 1];
	size_t line_len;
	int escape; /* where in a terminal's escape sequence we are */
	console_line_fn *on_line;
	void *arg; /* borrowed */
};

enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI, ESCAPE_STRING };

struct console_log *
console_log_new(console_line_fn *on_line, void *arg)
{
	struct console_log *log = XNEW(struct console_log);

	log->on_line = on_line;
	log->arg = arg;
	log->room = 64 * 1024;
	log->text = xcalloc(log->room, 1);
	return log;
}

static void
keep(struct console_log *log, const char *data, size_t size)
{
	const size_t most = CONSOLE_KEPT_BYTES + CONSOLE_SLACK_BYTES;

	if (log->size + size + 1 > most) {
		memmove(log->text, log->text + log->size - CONSOLE_KEPT_BYTES,
			CONSOLE_KEPT_BYTES);
		log->size = CONSOLE_KEPT_BYTES;
	}
	while (log->size + size + 1 > log->room) {
		log->room = log->room < most / 2 ? 2 * log->room : most;
		log->text = xrealloc(log->text, log->room, 1);
	}
	memcpy(log->text + log->size, data, size);
	log->size += size;
	log->text[log->size] = '\0';
}

static void
end_line(struct console_log *log)
{
	log->line[log->line_len] = '\0';
	keep(log, log->line, log->line_len);
	keep(log, "\n", 1);
	log->line_len = 0;
	log->on_line(log->line, log->arg);
}

/* Firmware and boot loaders draw: their sequences (ECMA-48) say nothing that
 * a log should keep.  Return: @c was part of one. */
static bool
in_escape(struct console_log *log, unsigned char c)
{
	switch (log->escape) {
	case ESCAPE_NONE:
		if (c != 0x1b)
			return false;
		log->escape = ESCAPE_BEGUN;
		break;
	case ESCAPE_BEGUN:
		if (c >= 0x20 && c <= 0x2f)
			break; /* "ESC ( B": more follows */
		log->escape = c == '['			? ESCAPE_CSI
			      : strchr("]PX^_", c) && c ? ESCAPE_STRING
							: ESCAPE_NONE;
		break;
	case ESCAPE_CSI:
		if (c >= 0x40 && c <= 0x7e)
			log->escape = ESCAPE_NONE;
		break;
	default: /* ends with BEL, or with ESC and a backslash */
		if (c == 0x07)
			log->escape = ESCAPE_NONE;
		else if (c == 0x1b)
			log->escape = ESCAPE_BEGUN;
		break;
	}
	/* Whatever it was, a line ends it. */
	if (c == '\n') {
		log->escape = ESCAPE_NONE;
		return false;
	}
	return true;
}

void
console_log_add(struct console_log *log, const void *data, size_t size)
{
	const unsigned char *p = data;

	for (; size > 0; p++, size--) {
		if (in_escape(log, *p))
			continue;
		if (*p == '\n') {
			end_line(log);
			continue;
		}
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			continue;
		log->line[log->line_len++] = (char)*p;
		if (log->line_len == CONSOLE_LINE_MAX)
			end_line(log);
	}
}

const char *
console_log_unfinished(struct console_log *log)
{
	log->line[log->line_len] = '\0';
	return log->line;
}

void
console_log_flush(struct console_log *log)
{
	if (log->line_len > 0)
		end_line(log);
}

const char *
console_log_text(const struct console_log *log, size_t *size)
{
	size_t kept =
	    log->size < CONSOLE_KEPT_BYTES ? log->size : CONSOLE_KEPT_BYTES;

	*size = kept;
	return log->text + log->size - kept;
}

const char *
console_log_tail(const struct console_log *log, size_t n_lines)
{
	const char *p = log->text + log->size;
	size_t n = 0;

	while (p > log->text) {
		if (p[-1] == '\n' && n++ == n_lines)
			break;
		p--;
	}
	return p;
}

void
console_log_clear(struct console_log *log)
{
	log->size = 0;
	log->text[0] = '\0';
	log->line_len = 0;
	log->escape = ESCAPE_NONE;
}

void
console_log_free(struct console_log *log)
{
	if (log == NULL)
		return;
	free(log->text);
	free(log);
}
