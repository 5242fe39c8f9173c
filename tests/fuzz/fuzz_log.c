/*
 * fuzz_log: whatever a peer's text is, logging it writes exactly one line of at
 * most 4096 bytes, which is UTF-8 without control characters.
 */
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "lib/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_BYTES = 4096 };

static const char head[] = "fuzz_log: ";

/* What the C library makes of the line, so that our own idea of UTF-8 is not
 * its own judge. */
static void
check_characters(const char *line, size_t len)
{
	mbstate_t state = { 0 };

	while (len > 0) {
		wchar_t c;
		size_t n = mbrtowc(&c, line, len, &state);

		if (n == 0 || n > len)
			abort();
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			abort();
		line += n;
		len -= n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[LINE_MAX_BYTES + 1];
	char *text = malloc(size + 1);
	ssize_t len;
	int fds[2];

	if (text == NULL || pipe(fds) < 0 ||
	    setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	log_init("fuzz_log", LOG_INFO);
	log_set_fd(fds[1]);
	log_info("%s", text);
	close(fds[1]);
	len = read(fds[0], line, sizeof(line));
	close(fds[0]);
	free(text);

	if (len < (ssize_t)sizeof(head) || len > LINE_MAX_BYTES)
		abort();
	if (memcmp(line, head, strlen(head)) != 0 || line[len - 1] != '\n')
		abort();
	check_characters(line, (size_t)len - 1);
	return 0;
}
