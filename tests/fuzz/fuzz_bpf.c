/*
 * Compiling a filter asks no name service, whatever its text; a name that is
 * refused is a part of the text; a program looks at no octet beyond a frame's.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/bpf-names.h"
#include "plugins/common/bpf.h"
#include "tests/unit/name-service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int truth)
{
	if (!truth)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(size + 1, 1);
	char error[512] = "";
	struct bpf_name name;
	struct bpf *bpf;
	uint8_t *frame;

	require(text != NULL);
	memcpy(text, data, size);
	if (bpf_names_find(text, &name))
		require(name.len > 0 && name.at >= text &&
			name.at + name.len <= text + strlen(text));
	bpf = bpf_compile(text, error, sizeof(error));
	require(name_service_asked()[0] == '\0');
	require(bpf != NULL || (errno != 0 && error[0] != '\0'));
	for (uint32_t len = 14; bpf != NULL && len <= 128; len += 19) {
		frame = malloc(len);
		require(frame != NULL);
		memset(frame, (int)size, len);
		bpf_match(bpf, frame, len);
		free(frame);
	}
	bpf_free(bpf);
	free(text);
	return 0;
}
