/* complete: what a made frame says of itself across its layers: lengths,
 * numbers of next headers, checksums.  For build.c only. */
#ifndef DRIVER_PACKET_COMPLETE_H
#define DRIVER_PACKET_COMPLETE_H

#include "driver/packet/build.h"

struct packet_made_part {
	const struct packet_protocol *protocol;
	size_t at, base, size; /* as in struct packet_part */
	bool has_fixed;	       /* its fixed fields are there */
	uint64_t given;	       /* a bit a field, by its place in the table */
	unsigned counts[4];    /* items of the sections of DNS */
};

struct packet_made {
	uint8_t *data; /* PACKET_SIZE_MAX octets, owned */
	size_t size;
	struct packet_made_part layers[PACKET_BUILD_LAYERS_MAX];
	size_t n_layers;
};

/** packet_complete() - Return: 0; -EMSGSIZE with @err set when a length cannot
 * say how long it is */
int packet_complete(struct packet_made *made, struct err *err);

#endif /* DRIVER_PACKET_COMPLETE_H */
