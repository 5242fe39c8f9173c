#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both sides need it. */
static unsigned
sum_of(const char *text, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += (unsigned char)text[i];
	return sum % 256;
}

/* Only the client speaks. */
int
protocol_encode(const char *text, char line[LINE_MAX_SIZE])
{
	size_t len = strlen(text);

	if (len > TEXT_MAX)
		return -1;
	return snprintf(line, LINE_MAX_SIZE, "%zu:%s:%02x\n", len, text,
			sum_of(text, len));
}

/* Only the server listens. */
int
protocol_decode(const char *line, char text[TEXT_MAX + 1])
{
	char *end;
	unsigned long len = strtoul(line, &end, 10);

	if (*end != ':' || len > TEXT_MAX || strlen(end) < len + 4)
		return -1;
	memcpy(text, end + 1, len);
	text[len] = '\0';
	if (strtoul(end + len + 2, NULL, 16) != sum_of(text, len))
		return -1;
	return 0;
}
