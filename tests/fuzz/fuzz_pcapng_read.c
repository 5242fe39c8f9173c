#include "config.h"

#include "driver/wire/pcapng-read.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver/wire/frame-info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: whatever the file holds, frames lie inside the block they came
 * in, are numbered without a gap, and reading ends. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct pcapng_reader *reader;
	struct pcapng_frame frame;
	struct frame_info info;
	char path[32], text[16];
	uint64_t n = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = pcapng_open(path, NULL);
	if (reader == NULL)
		abort();
	while (pcapng_next(reader, &frame, NULL) > 0) {
		if (frame.number <= n || frame.captured_len > size)
			abort();
		n = frame.number;
		if (frame_info_parse(frame.data, frame.captured_len, &info))
			frame_info_protocol(&info, text, sizeof(text));
	}
	pcapng_close(reader);
	close(fd);
	return 0;
}
