#include "lib/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
err_vset(struct err *err, int code, const char *fmt, va_list ap)
{
	/* The arguments may point into the text that is replaced. */
	char text[ERR_TEXT_SIZE];

	if (err != NULL) {
		vsnprintf(text, sizeof(text), fmt, ap);
		memcpy(err->text, text, sizeof(text));
		err->code = code;
	}
	return code;
}

int
err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, code, fmt, ap);
	va_end(ap);
	return code;
}

/* Append ": CAUSE" to @text, cutting @text rather than the cause, which is what
 * a reader must not lose. */
static void
append_cause(char *text, size_t size, const char *cause)
{
	size_t room = size - strlen(": ") - strlen(cause);
	size_t len = strlen(text);

	if (len >= room)
		len = room - 1;
	snprintf(text + len, size - len, ": %s", cause);
}

int
err_errno(struct err *err, const char *fmt, ...)
{
	/* a failure that left no errno must not read as success */
	int code = errno > 0 ? -errno : -EIO;
	va_list ap;

	if (err != NULL) {
		va_start(ap, fmt);
		err_vset(err, code, fmt, ap);
		va_end(ap);
		append_cause(err->text, sizeof(err->text), strerror(-code));
	}
	return code;
}

void
err_prefix(struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;
	size_t len, room;

	if (err == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* what was there before is cut at its end when both do not fit */
	len = strlen(text);
	if (len > sizeof(text) / 2)
		len = sizeof(text) / 2;
	room = sizeof(text) - 1 - strlen(": ") - len;
	snprintf(text + len, sizeof(text) - len, ": %.*s", (int)room,
		 err->text);
	memcpy(err->text, text, sizeof(text));
}
