#include "driver/vm/shell-text.h"

#include <inttypes.h>
#include <string.h>

#include <event2/buffer.h>

#include "driver/vm/shell-output.h"

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
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16;
		char group[4];

		if (i + 1 < size)
			v |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < size)
			v |= data[i + 2];
		group[0] = digits[v >> 18];
		group[1] = digits[v >> 12 & 63];
		group[2] = i + 1 < size ? digits[v >> 6 & 63] : '=';
		group[3] = i + 2 < size ? digits[v & 63] : '=';
		evbuffer_add(out, group, sizeof(group));
	}
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
shell_text_run(struct evbuffer *out, unsigned slot, uint32_t id, bool has_input,
	       const char *mark)
{
	evbuffer_add_printf(out, "vl_run %u %" PRIu32 " %d '%.*s'\n", slot, id,
			    has_input, SHELL_MARK_TOLD_LEN, mark);
}
