#include "lib/line-log.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

void
line_log_init(struct line_log *log, const char *name, const struct clock *clock)
{
	*log = (struct line_log){ .name = name, .clock = clock };
	log->window_start_ms = clock_now_ms(clock);
}

static void
tell_held(struct line_log *log)
{
	if (log->n_held > 0)
		log_info("%s: (lines held back: %u)", log->name, log->n_held);
	log->n_held = 0;
}

static void
show(struct line_log *log, struct line_log_source *s)
{
	uint64_t now_ms = clock_now_ms(log->clock);
	size_t len = s->len;

	if (len > 0 && s->text[len - 1] == '\r' && !s->cut)
		len--;
	if (now_ms - log->window_start_ms >= LINE_LOG_WINDOW_MS) {
		log->window_start_ms = now_ms;
		log->n_in_window = 0;
	}
	if (len > 0 && log->n_in_window >= LINE_LOG_LINES) {
		log->n_held++;
	} else if (len > 0) {
		log->n_in_window++;
		tell_held(log);
		log_info("%s: %.*s%s", log->name, (int)len, s->text,
			 s->cut ? "..." : "");
	}
	s->len = 0;
	s->cut = false;
}

void
line_log_add(struct line_log *log, unsigned source, const void *data,
	     size_t size)
{
	struct line_log_source *s = &log->sources[source];
	const char *text = data;

	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t len = end != NULL ? (size_t)(end - text) : size;
		size_t room = sizeof(s->text) - s->len;

		if (len > room)
			s->cut = true;
		memcpy(s->text + s->len, text, len < room ? len : room);
		s->len += len < room ? len : room;
		if (end != NULL) {
			show(log, s);
			len++;
		}
		text += len;
		size -= len;
	}
}

void
line_log_end(struct line_log *log)
{
	for (size_t i = 0; i < 2; i++)
		show(log, &log->sources[i]);
	tell_held(log);
}
