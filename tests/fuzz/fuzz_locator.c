/* fuzz_locator: whatever follows vdelab://, it is refused with a reason, or
 * read into texts that end and numbers in range. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tools/vdeplug/locator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct err err = ERR_INIT;
	struct locator l;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (locator_parse(&l, text, &err) < 0) {
		if (err.text[0] == '\0')
			abort();
	} else if (strlen(l.segment) == 0 || strchr(l.segment, '/') != NULL ||
		   strlen(l.port) >= LOCATOR_NAME_SIZE || l.vid > 4094 ||
		   l.mtu < 68 || l.mtu > LOCATOR_MTU_DEFAULT ||
		   strlen(l.net) >= PATH_MAX) {
		abort();
	}
	free(text);
	return 0;
}
