#include "tools/compat/answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROMPT_END "$ "

void
answer_init(struct answer *a, answer_fn *data, answer_fn *event, void *arg)
{
	memset(a, 0, sizeof(*a));
	a->data = data;
	a->event = event;
	a->arg = arg;
}

void
answer_next(struct answer *a)
{
	a->in_data = false;
	a->has_code = false;
	a->code = 0;
	a->text[0] = '\0';
	a->len = 0;
}

/* "1017 File exists": is it four digits, the first of them @first? */
static bool
is_numbered(const char *line, char first)
{
	if (line[0] != first)
		return false;
	for (int i = 1; i < 4; i++) {
		if (!isdigit((unsigned char)line[i]))
			return false;
	}
	return line[4] == ' ';
}

static void
take_code(struct answer *a, const char *line)
{
	int code = atoi(line + 1);

	if (a->has_code && a->code != 0)
		return; /* the first failure counts */
	a->has_code = true;
	a->code = code;
	snprintf(a->text, sizeof(a->text), "%s", line + 5);
}

static void
show(const struct answer *a, const char *line)
{
	if (a->greeted && a->data != NULL)
		a->data(line, a->arg);
}

static void
take_line(struct answer *a, const char *line)
{
	if (a->in_data) {
		if (strcmp(line, ".") == 0)
			a->in_data = false;
		else
			show(a, line);
	} else if (strncmp(line, "0000 ", 5) == 0) {
		a->in_data = true;
	} else if (is_numbered(line, '3')) {
		if (a->event != NULL)
			a->event(line, a->arg);
	} else if (is_numbered(line, '1')) {
		take_code(a, line);
	} else if (*line != '\0') {
		show(a, line); /* what a script says */
	}
}

/* Does the rest end like a prompt? */
static bool
is_prompt(const struct answer *a)
{
	size_t len = strlen(PROMPT_END);

	return !a->in_data && a->len >= len &&
	       memcmp(a->rest + a->len - len, PROMPT_END, len) == 0;
}

int
answer_feed(struct answer *a, const char *data, size_t len)
{
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t n = end != NULL ? (size_t)(end - data) : len;

		if (n > ANSWER_LINE_MAX - a->len)
			return -EPROTO;
		memcpy(a->rest + a->len, data, n);
		a->len += n;
		if (end == NULL)
			break;
		a->rest[a->len] = '\0';
		a->len = 0;
		take_line(a, a->rest);
		data += n + 1;
		len -= n + 1;
	}
	if (!is_prompt(a) || (a->greeted && !a->has_code))
		return 0;
	a->greeted = true;
	a->len = 0;
	return 1;
}

int
answer_end(struct answer *a)
{
	a->rest[a->len] = '\0';
	if (!a->greeted || !is_numbered(a->rest, '9'))
		return -EPROTO;
	a->has_code = true;
	snprintf(a->text, sizeof(a->text), "%s", a->rest + 5);
	return 1;
}
