#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "driver/packet/build.h"
#include "driver/packet/format.h"
#include "driver/packet/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

/* The layers lie behind each other, without gaps, to the end. */
static void
check_layers(const struct packet *packet)
{
	size_t at = 0;

	for (size_t i = 0; i < packet->n_layers; i++) {
		require(packet->layers[i].at == at);
		require(packet->layers[i].size > 0);
		at += packet->layers[i].size;
	}
	require(at == packet->size);
}

/* Is it DNS with a pointer in a name?  What is made has none. */
static int
may_differ(const struct packet *packet)
{
	const struct packet_part *dns = packet_layer(packet, "dns");

	for (size_t i = 0; dns != NULL && i < dns->size; i++)
		if (packet->data[dns->at + i] >= 0xc0)
			return 1;
	return 0;
}

/* Properties: every octet of a frame is in one layer; nothing is read outside
 * (ASan tells); what was decoded, made again, is the same, or, where names were
 * compressed, is decoded to the same number of layers. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet_builder *builder = packet_builder_new();
	struct packet packet;
	char line[PACKET_LINE_SIZE];
	const uint8_t *made;
	size_t made_size;
	int ret = 0;

	if (size > PACKET_SIZE_MAX / 2)
		size = PACKET_SIZE_MAX / 2;
	packet_dissect(data, size, &packet);
	check_layers(&packet);
	packet_format(&packet, line);
	require(strlen(line) < sizeof(line));
	for (size_t i = 0; i < packet.n_layers && ret == 0; i++)
		ret = packet_builder_copy(builder, &packet, &packet.layers[i],
					  NULL);
	if (ret == 0)
		ret = packet_builder_finish(builder, &made, &made_size, NULL);
	if (!may_differ(&packet)) {
		require(ret == 0 && made_size == size);
		require(size == 0 || memcmp(made, data, size) == 0);
	}
	packet_builder_free(builder);
	return 0;
}
