#include "config.h"

#include "driver/report/log-lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/report/story.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { CHUNK_BYTES = 256 * 1024 };

struct log_lines {
	int fd;		  /* owned */
	uint64_t at;	  /* where the next read begins */
	uint64_t end;	  /* no further */
	char *buffer;	  /* room octets and a NUL, owned */
	size_t room;	  /* CHUNK_BYTES up to STORY_LINE_MAX and a bit */
	size_t from, len; /* what has not been given */
	size_t searched;  /* of it: has no line's end */
	bool skipping;	  /* up to the end of a line that is too long */
};

struct log_lines *
log_lines_open(const char *path, struct err *err)
{
	struct log_lines *lines;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		err_errno(err, "%s", path);
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(err, -EINVAL, "%s: not a file", path);
		close(fd);
		return NULL;
	}
	lines = XNEW(struct log_lines);
	lines->fd = fd;
	lines->end = UINT64_MAX;
	lines->room = CHUNK_BYTES;
	lines->buffer = xcalloc(1, CHUNK_BYTES + 1);
	return lines;
}

void
log_lines_close(struct log_lines *lines)
{
	if (lines == NULL)
		return;
	close(lines->fd);
	free(lines->buffer);
	free(lines);
}

void
log_lines_rewind(struct log_lines *lines)
{
	lines->end = lines->at;
	lines->at = 0;
	lines->from = lines->len = lines->searched = 0;
	lines->skipping = false;
}

/* More octets behind those that are there.  Return: 1; 0 at the end; -EIO. */
static int
read_more(struct log_lines *lines)
{
	size_t room;
	ssize_t n;

	memmove(lines->buffer, lines->buffer + lines->from, lines->len);
	lines->from = 0;
	if (lines->len == lines->room) {
		lines->room *= 2;
		lines->buffer = xrealloc(lines->buffer, 1, lines->room + 1);
	}
	room = lines->room - lines->len;
	if (room > lines->end - lines->at)
		room = (size_t)(lines->end - lines->at);
	do
		n = pread(lines->fd, lines->buffer + lines->len, room,
			  (off_t)lines->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -EIO : 0;
	lines->at += (uint64_t)n;
	lines->len += (size_t)n;
	return 1;
}

static void
drop(struct log_lines *lines, size_t n)
{
	lines->from += n;
	lines->len -= n;
	lines->searched = 0;
}

int
log_lines_next(struct log_lines *lines, const char **line, size_t *len)
{
	for (;;) {
		char *begin = lines->buffer + lines->from;
		char *end = lines->len > lines->searched
				? memchr(begin + lines->searched, '\n',
					 lines->len - lines->searched)
				: NULL;
		int ret;

		if (end != NULL) {
			bool skipped = lines->skipping;

			*end = '\0';
			*line = begin;
			*len = (size_t)(end - begin);
			drop(lines, *len + 1);
			lines->skipping = false;
			return skipped || *len > STORY_LINE_MAX ? -EMSGSIZE : 1;
		}
		lines->searched = lines->len;
		if (lines->len > STORY_LINE_MAX) {
			lines->skipping = true;
			drop(lines, lines->len);
		}
		ret = read_more(lines);
		if (ret <= 0)
			return ret;
	}
}
