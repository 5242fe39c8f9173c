#include "driver/vm/shell-text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "driver/vm/shell-output.h"
#include "lib/base64.h"

void
shell_quote(struct evbuffer *out, const char *data, size_t size)
{
	const char *end = data + size;

	evbuffer_add(out, "'", 1);
	while (data < end) {
		const char *quote = memchr(data, '\'', (size_t)(end - data));

		if (quote == NULL)
			break;
		evbuffer_add(out, data, (size_t)(quote - data));
		evbuffer_add(out, "'\\''", 4);
		data = quote + 1;
	}
	evbuffer_add(out, data, (size_t)(end - data));
	evbuffer_add(out, "'", 1);
}

void
shell_text_script(struct evbuffer *out, unsigned slot, uint32_t id,
		  const char *text, size_t size, bool is_first)
{
	if (is_first)
		evbuffer_add_printf(out, "vl_script %u %" PRIu32 " ", slot, id);
	else
		evbuffer_add_printf(out, "vl_script_more %u ", slot);
	shell_quote(out, text, size);
	evbuffer_add(out, "\n", 1);
}

static void
add_base64(struct evbuffer *out, const uint8_t *data, size_t size)
{
	char *text = base64_encode(data, size);

	evbuffer_add(out, text, strlen(text));
	free(text);
}

static void
add_octal(struct evbuffer *out, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char escape[4] = { '\\', (char)('0' + (data[i] >> 6)),
				   (char)('0' + (data[i] >> 3 & 7)),
				   (char)('0' + (data[i] & 7)) };

		evbuffer_add(out, escape, sizeof(escape));
	}
}

void
shell_text_input(struct evbuffer *out, unsigned slot, const void *data,
		 size_t size, bool is_first, bool base64)
{
	if (is_first)
		evbuffer_add_printf(out, "vl_input %u\n", slot);
	evbuffer_add_printf(out, "vl_input_%s %u '",
			    base64 ? "base64" : "octal", slot);
	if (base64)
		add_base64(out, data, size);
	else
		add_octal(out, data, size);
	evbuffer_add(out, "'\n", 2);
}

void
shell_text_run(struct evbuffer *out, unsigned slot, uint32_t id,
	       enum shell_input input, const char *mark)
{
	evbuffer_add_printf(out, "vl_run %u %" PRIu32 " %d '%.*s'\n", slot, id,
			    (int)input, SHELL_MARK_TOLD_LEN, mark);
}
