#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "driver/vm/qcow2.h"
#include "lib/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

/* Property: what is read is within its bounds, begins as an image does, and what
 * it names stands in the file as it is told; what is not read has a reason. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qcow2_info info;
	struct err err = ERR_INIT;

	if (qcow2_read(data, size, &info, &err) < 0) {
		require(err.code < 0 && err.text[0] != '\0');
		return 0;
	}
	require(err.code == 0);
	require(qcow2_is(data, size));
	require(info.size_bytes > 0 && info.size_bytes <= QCOW2_SIZE_MAX_BYTES);
	if (info.backing[0] == '\0') {
		require(info.backing_format[0] == '\0');
		return 0;
	}
	require(memmem(data, size, info.backing, strlen(info.backing)) != NULL);
	require(memmem(data, size, info.backing_format,
		       strlen(info.backing_format)) != NULL);
	return 0;
}
