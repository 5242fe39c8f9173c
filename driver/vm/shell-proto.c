#include "driver/vm/shell-proto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* Longest line that means something: base64 programs break lines after 76
 * characters, od after about 50; the text of a frame is shorter than this. */
enum { LINE_SIZE = 256 };

struct shell_parser {
	char nonce[SHELL_NONCE_LEN + 1];
	char line[LINE_SIZE];
	size_t len;
	bool skipping;	  /* the line is too long to be of interest */
	bool hexadecimal; /* encoding of output; else base64 */
	bool in_data;	  /* between a data frame's first and last line */
	bool data_padded; /* base64 padding has come: nothing may follow */
	uint32_t n_data[4];
	size_t chunk_size;
	uint8_t chunk[SHELL_CHUNK_MAX];
};

/* What follows the type in each frame. */
static const struct frame_form {
	char type;
	unsigned n_numbers;
	bool text;
} frame_forms[] = {
	{ SHELL_FRAME_READY, 0, true },	     { SHELL_FRAME_UNABLE, 0, true },
	{ SHELL_FRAME_IDLE, 1, false },	     { SHELL_FRAME_DATA, 4, false },
	{ SHELL_FRAME_END, 2, false },	     { SHELL_FRAME_LOST, 2, false },
	{ SHELL_FRAME_STATUS, 2, false },    { SHELL_FRAME_KILLED, 2, false },
	{ SHELL_FRAME_SIGNALLED, 2, false }, { SHELL_FRAME_WANTS, 1, false },
	{ SHELL_FRAME_QUIT, 0, false },
};

struct shell_parser *
shell_parser_new(const char *nonce)
{
	struct shell_parser *p = XNEW(struct shell_parser);

	memcpy(p->nonce, nonce, SHELL_NONCE_LEN);
	return p;
}

void
shell_parser_free(struct shell_parser *parser)
{
	free(parser);
}

/* One line of base64; after one that ends in padding comes no other. */
static bool
decode_base64(struct shell_parser *p, const char *line, size_t len)
{
	uint8_t octets[LINE_SIZE];
	size_t n;

	if (len == 0)
		return true;
	if (p->data_padded)
		return false;
	if (base64_decode(line, len, octets, &n) < 0 ||
	    n > sizeof(p->chunk) - p->chunk_size)
		return false;
	memcpy(p->chunk + p->chunk_size, octets, n);
	p->chunk_size += n;
	p->data_padded = line[len - 1] == '=';
	return true;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line of od -tx1: pairs of digits parted by blanks. */
static bool
decode_hexadecimal(struct shell_parser *p, const char *line, size_t len)
{
	for (size_t i = 0; i < len;) {
		int high, low;

		if (line[i] == ' ') {
			i++;
			continue;
		}
		if (i + 1 >= len || p->chunk_size == sizeof(p->chunk))
			return false;
		high = hex_value(line[i]);
		low = hex_value(line[i + 1]);
		if (high < 0 || low < 0)
			return false;
		p->chunk[p->chunk_size++] = (uint8_t)(high << 4 | low);
		i += 2;
		if (i < len && line[i] != ' ')
			return false;
	}
	return true;
}

static int
fail_noise(const char *line, size_t len, struct err *err)
{
	char seen[61];
	size_t n = len < sizeof(seen) - 1 ? len : sizeof(seen) - 1;

	for (size_t i = 0; i < n; i++)
		seen[i] = line[i] >= ' ' && line[i] < 0x7f ? line[i] : '.';
	seen[n] = '\0';
	return err_set(
	    err, -EPROTO,
	    "something else in the guest writes to the shell's "
	    "connection (a kernel console, a getty?): \"%s\" came in "
	    "the middle of a command's output",
	    seen);
}

/* A number of at most nine digits and the blank before it. */
static bool
parse_number(const char **at, uint32_t *value)
{
	const char *s = *at;
	unsigned n = 0;

	if (*s++ != ' ')
		return false;
	for (*value = 0; *s >= '0' && *s <= '9'; s++, n++)
		*value = *value * 10 + (uint32_t)(*s - '0');
	*at = s;
	return n >= 1 && n <= 9;
}

static bool
parse_frame(const char *line, struct shell_frame *frame)
{
	const struct frame_form *form = NULL;
	const char *s = line + 1;

	for (size_t i = 0; i < sizeof(frame_forms) / sizeof(*frame_forms); i++)
		if (frame_forms[i].type == line[0])
			form = &frame_forms[i];
	if (form == NULL)
		return false;
	*frame = (struct shell_frame){ .type = (unsigned char)form->type };
	for (unsigned i = 0; i < form->n_numbers; i++)
		if (!parse_number(&s, &frame->n[i]))
			return false;
	if (form->text && *s == ' ')
		frame->text = s + 1;
	return form->text ? frame->text != NULL : *s == '\0';
}

/* @line: what follows the nonce and a blank. */
static int
end_of_frame_line(struct shell_parser *p, const char *line,
		  struct shell_frame *frame, struct err *err)
{
	size_t n_blocks;

	if (p->in_data != (strcmp(line, ".") == 0) ||
	    (!p->in_data && !parse_frame(line, frame)))
		return err_set(err, -EPROTO,
			       "a frame of the guest's shell is damaged: \"%s\""
			       "; does something else use its connection?",
			       line);
	if (p->in_data) {
		p->in_data = false;
		n_blocks =
		    (p->chunk_size + SHELL_BLOCK_SIZE - 1) / SHELL_BLOCK_SIZE;
		if (n_blocks != p->n_data[3])
			return err_set(err, -EPROTO,
				       "the connection to the guest's shell "
				       "loses data: %u blocks of a command's "
				       "output were sent, %zu have come",
				       p->n_data[3], n_blocks);
		*frame = (struct shell_frame){ .type = SHELL_FRAME_DATA,
					       .data = p->chunk,
					       .size = p->chunk_size };
		memcpy(frame->n, p->n_data, sizeof(frame->n));
		return 1;
	}
	if (frame->type == SHELL_FRAME_DATA) {
		memcpy(p->n_data, frame->n, sizeof(p->n_data));
		p->in_data = true;
		p->data_padded = false;
		p->chunk_size = 0;
		return 0;
	}
	if (frame->type == SHELL_FRAME_READY)
		p->hexadecimal = strcmp(frame->text, "x") == 0;
	return 1;
}

/* A whole line is in p->line.  Return: as shell_parser_next(). */
static int
end_of_line(struct shell_parser *p, struct shell_frame *frame, struct err *err)
{
	char *line = p->line;
	size_t len = p->len;
	bool skipped = p->skipping;
	bool good;

	p->len = 0;
	p->skipping = false;
	if (skipped && !p->in_data)
		return 0;
	if (skipped)
		return fail_noise(line, len, err);
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (len > SHELL_NONCE_LEN && line[SHELL_NONCE_LEN] == ' ' &&
	    memcmp(line, p->nonce, SHELL_NONCE_LEN) == 0 &&
	    memchr(line, '\0', len) == NULL)
		return end_of_frame_line(p, line + SHELL_NONCE_LEN + 1, frame,
					 err);
	if (!p->in_data)
		return 0;
	good = p->hexadecimal ? decode_hexadecimal(p, line, len)
			      : decode_base64(p, line, len);
	return good ? 0 : fail_noise(line, len, err);
}

int
shell_parser_next(struct shell_parser *parser, const uint8_t **data,
		  size_t *size, struct shell_frame *frame, struct err *err)
{
	int ret = 0;

	while (*size > 0 && ret == 0) {
		const uint8_t *newline = memchr(*data, '\n', *size);
		size_t n = newline != NULL ? (size_t)(newline - *data) : *size;
		size_t room = LINE_SIZE - 1 - parser->len;

		if (n > room)
			parser->skipping = true;
		memcpy(parser->line + parser->len, *data, n < room ? n : room);
		parser->len += n < room ? n : room;
		*data += n + (newline != NULL);
		*size -= n + (newline != NULL);
		if (newline != NULL)
			ret = end_of_line(parser, frame, err);
		else if (parser->skipping && parser->in_data)
			ret = fail_noise(parser->line, parser->len, err);
	}
	return ret;
}
