#include "plugins/pipe/pipe-proto.h"

#include <errno.h>
#include <string.h>

#include "vdelab/plugin.h"

static void
put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

void
pipe_proto_write(uint8_t header[PIPE_HEADER_LEN],
		 const struct pipe_message *message)
{
	header[0] = PIPE_VERSION;
	header[1] = (uint8_t)message->type;
	header[2] = (uint8_t)message->stage;
	header[3] = 0;
	put32(header + 4, message->id);
	put32(header + 8, message->port);
	put32(header + 12, message->len);
	put32(header + 16, (uint32_t)(message->time_ns >> 32));
	put32(header + 20, (uint32_t)message->time_ns);
}

/* Return: what is wrong with it; NULL. */
static const char *
find_fault(const uint8_t *header, size_t size)
{
	uint32_t len;

	if (size < PIPE_HEADER_LEN)
		return "it is shorter than a header";
	if (header[0] != PIPE_VERSION)
		return "it is of another version";
	len = get32(header + 12);
	if (len != size - PIPE_HEADER_LEN)
		return "it is not as long as it says";
	switch (header[1]) {
	case PIPE_PASS:
	case PIPE_DROP:
		return len == 0 ? NULL : "something follows what needs nothing";
	case PIPE_CHANGED:
		if (len < VL_FRAME_LEN_MIN)
			return "its frame is too short";
		return len <= VL_FRAME_LEN_MAX ? NULL : "its frame is too long";
	default:
		return "it is of an unknown type";
	}
}

int
pipe_proto_read(const void *data, size_t size, struct pipe_answer *answer,
		const char **why)
{
	const uint8_t *header = data;

	*why = find_fault(header, size);
	if (*why != NULL)
		return -EPROTO;
	answer->type = (enum pipe_type)header[1];
	answer->id = get32(header + 4);
	answer->len = get32(header + 12);
	answer->frame = header + PIPE_HEADER_LEN;
	return 0;
}
