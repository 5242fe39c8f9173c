#include "config.h"

#include "tests/unit/screen-model.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <check.h>

#include "lib/utf8.h"

FILE *
screen_open(struct screen_model *s, unsigned columns, unsigned rows)
{
	struct winsize size = { .ws_row = (unsigned short)rows,
				.ws_col = (unsigned short)columns };
	struct termios termios;
	FILE *slave;
	int fd;

	memset(s, 0, sizeof(*s));
	s->columns = columns;
	s->rows = rows;
	s->wrap = true;
	ck_assert_int_eq(openpty(&s->master, &fd, NULL, NULL, &size), 0);
	ck_assert_int_eq(tcgetattr(fd, &termios), 0);
	ck_assert(termios.c_oflag & ONLCR); /* \n begins a line */
	/* Or ^Z and ^C take away what was written and has not been read. */
	termios.c_lflag |= NOFLSH;
	ck_assert_int_eq(tcsetattr(fd, TCSANOW, &termios), 0);
	ck_assert_int_eq(fcntl(s->master, F_SETFL, O_NONBLOCK), 0);
	slave = fdopen(fd, "w");
	ck_assert_ptr_nonnull(slave);
	return slave;
}

void
screen_resize(struct screen_model *s, unsigned columns, unsigned rows)
{
	struct winsize size = { .ws_row = (unsigned short)rows,
				.ws_col = (unsigned short)columns };

	s->columns = columns;
	s->rows = rows;
	if (s->x >= columns)
		s->x = columns - 1;
	for (; s->y >= rows; s->y--)
		memmove(s->cells[0], s->cells[1],
			(SCREEN_ROWS_MAX - 1) * sizeof(s->cells[0]));
	ck_assert_int_eq(ioctl(s->master, TIOCSWINSZ, &size), 0);
}

static void
new_line(struct screen_model *s)
{
	if (s->y + 1 < s->rows) {
		s->y++;
		return;
	}
	memmove(s->cells[0], s->cells[1], (s->rows - 1) * sizeof(s->cells[0]));
	memset(s->cells[s->rows - 1], 0, sizeof(s->cells[0]));
	s->n_scrolled++;
}

static void
put(struct screen_model *s, const char *p, size_t len)
{
	wchar_t c = 0;
	char bytes[5] = "";
	int width;

	memcpy(bytes, p, len);
	ck_assert_int_gt(mbtowc(&c, bytes, len), 0);
	width = wcwidth(c);
	ck_assert_msg(width >= 0, "a control reached the terminal: U+%04x",
		      (unsigned)c);
	if (width == 0) {
		char *cell = s->cells[s->y][s->x > 0 ? s->x - 1 : 0];

		if (strlen(cell) + len < SCREEN_CELL_SIZE)
			strcat(cell, bytes);
		return;
	}
	if (s->x + (unsigned)width > s->columns) {
		if (!s->wrap)
			return; /* hidden behind the edge, as far as we care */
		s->x = 0;
		new_line(s);
	}
	strcpy(s->cells[s->y][s->x], bytes);
	if (width == 2)
		strcpy(s->cells[s->y][s->x + 1], "");
	s->x += (unsigned)width;
}

static void
erase_below(struct screen_model *s)
{
	for (unsigned x = s->x; x < SCREEN_COLUMNS_MAX; x++)
		s->cells[s->y][x][0] = '\0';
	for (unsigned y = s->y + 1; y < SCREEN_ROWS_MAX; y++)
		memset(s->cells[y], 0, sizeof(s->cells[y]));
}

/* @p: behind "ESC ["; @len: to its last character */
static void
obey(struct screen_model *s, const char *p, size_t len)
{
	char text[16] = "";

	ck_assert_uint_lt(len, sizeof(text));
	memcpy(text, p, len);
	if (strcmp(text, "?2026h") == 0) {
		ck_assert(!s->synced);
		s->synced = true;
		s->n_frames++;
	} else if (strcmp(text, "?2026l") == 0) {
		ck_assert(s->synced);
		s->synced = false;
	} else if (strcmp(text, "?7h") == 0 || strcmp(text, "?7l") == 0) {
		s->wrap = text[2] == 'h';
	} else if (strcmp(text, "J") == 0) {
		erase_below(s);
	} else if (text[len - 1] == 'A') {
		unsigned n = (unsigned)atoi(text);

		ck_assert_uint_gt(n, 0);
		ck_assert_msg(n <= s->y, "it goes up beyond the top");
		s->y -= n;
	} else {
		ck_assert_msg(text[len - 1] == 'm', "sequence %s", text);
	}
}

/* Return: octets consumed; 0: there is only a part. */
static size_t
step(struct screen_model *s, const char *p, size_t size)
{
	size_t len;

	if (*p == '\r') {
		s->x = 0;
		return 1;
	}
	if (*p == '\n') {
		new_line(s);
		return 1;
	}
	if (*p == '\t') {
		s->x = (s->x | 7) + 1;
		return 1;
	}
	if (*p == '\033') {
		if (size < 2)
			return 0;
		ck_assert_int_eq(p[1], '[');
		for (len = 2; len < size; len++)
			if (p[len] >= 0x40 && p[len] <= 0x7e)
				break;
		if (len == size)
			return 0;
		obey(s, p + 2, len - 1);
		return len + 1;
	}
	ck_assert_msg((unsigned char)*p >= 0x20 && *p != 0x7f,
		      "control %02x reached the terminal", (unsigned char)*p);
	len = utf8_len(p, size);
	if (len == 0) {
		ck_assert_msg(size < 4, "no UTF-8: %02x", (unsigned char)*p);
		return 0;
	}
	put(s, p, len);
	return len;
}

void
screen_feed(struct screen_model *s, const char *data, size_t size)
{
	char *all = malloc(s->n_unfinished + size + 1), *p = all;

	ck_assert_ptr_nonnull(all);
	memcpy(all, s->unfinished, s->n_unfinished);
	memcpy(all + s->n_unfinished, data, size);
	s->n_octets += size;
	size += s->n_unfinished;
	while (size > 0) {
		size_t used = step(s, p, size);

		if (used == 0)
			break;
		p += used;
		size -= used;
	}
	ck_assert_uint_lt(size, sizeof(s->unfinished));
	memcpy(s->unfinished, p, size);
	s->n_unfinished = size;
	free(all);
}

void
screen_read(struct screen_model *s)
{
	char data[4096];
	ssize_t n;

	while ((n = read(s->master, data, sizeof(data))) > 0) {
		s->n_writes++;
		screen_feed(s, data, (size_t)n);
	}
	ck_assert(n < 0 && (errno == EAGAIN || errno == EIO));
}

const char *
screen_text(struct screen_model *s)
{
	char *out = s->text, *end = s->text;

	for (unsigned y = 0; y < s->rows; y++) {
		char *line = out;

		for (unsigned x = 0; x < s->columns; x++) {
			const char *cell = s->cells[y][x];
			bool second = x > 0 && cell[0] == '\0' &&
				      strlen(s->cells[y][x - 1]) > 2;

			if (second)
				continue;
			out = stpcpy(out, cell[0] != '\0' ? cell : " ");
		}
		while (out > line && out[-1] == ' ')
			out--;
		if (out > line)
			end = out + 1;
		*out++ = '\n';
	}
	*end = '\0';
	return s->text;
}

void
screen_close(struct screen_model *s)
{
	close(s->master);
}
