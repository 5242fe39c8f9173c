#include "config.h"

#include "driver/batch/log-follow.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/report/progress.h"
#include "lib/xalloc.h"

struct log_follow {
	char *path;
	int fd; /* -1: not there yet */
	char *line;
	size_t len;
	bool skipping; /* the line is too long */
};

struct log_follow *
log_follow_new(const char *path)
{
	struct log_follow *f = XNEW(struct log_follow);

	f->path = xstrdup(path);
	f->fd = -1;
	return f;
}

/* Is it worth reading as JSON?  The first "type" is the event's: what stands
 * before it are numbers. */
static bool
is_wanted(const char *line, size_t len)
{
	static const char key[] = "\"type\":\"";
	static const char *const begins[] = { "run.", "step.", "machine.",
					      "output", "attempt" };
	const char *type = memmem(line, len, key, strlen(key));

	if (type == NULL)
		return false;
	type += strlen(key);
	len -= (size_t)(type - line);
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (len > strlen(begins[i]) &&
		    memcmp(type, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

static void
take_line(struct log_follow *f, struct progress *progress)
{
	json_t *event = NULL;

	if (!f->skipping && is_wanted(f->line, f->len))
		event = json_loadb(f->line, f->len, 0, NULL);
	if (json_is_object(event))
		progress_take(progress, event);
	json_decref(event);
	f->len = 0;
	f->skipping = false;
}

static void
add_part(struct log_follow *f, const char *data, size_t len)
{
	if (f->skipping || f->len + len > LOG_FOLLOW_LINE_MAX) {
		f->skipping = true;
		return;
	}
	memcpy(f->line + f->len, data, len);
	f->len += len;
}

void
log_follow_read(struct log_follow *f, struct progress *progress)
{
	char data[16 * 1024];
	size_t total = 0;
	ssize_t n;

	if (f->fd < 0)
		f->fd = open(f->path,
			     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (f->fd < 0)
		return;
	if (f->line == NULL)
		f->line = xcalloc(1, LOG_FOLLOW_LINE_MAX);
	while (total < LOG_FOLLOW_BYTES &&
	       (n = read(f->fd, data, sizeof(data))) > 0) {
		const char *p = data, *end = data + n;

		total += (size_t)n;
		while (p < end) {
			const char *eol = memchr(p, '\n', (size_t)(end - p));

			add_part(f, p, (size_t)((eol ? eol : end) - p));
			if (eol == NULL)
				break;
			take_line(f, progress);
			p = eol + 1;
		}
	}
}

void
log_follow_free(struct log_follow *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->line);
	free(f->path);
	free(f);
}
