#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "switch/rstp/bpdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

/* Property: what is accepted, made into octets again, is accepted and means
 * the same; and of the octets of a BPDU nothing is lost or invented. */
static void
check_bpdu(const struct bpdu *bpdu, const uint8_t *octets, size_t len)
{
	uint8_t made[BPDU_RST_LEN];
	size_t n = bpdu_make(bpdu, made);
	struct bpdu again;

	require(n <= len);
	/* version, and RST's Version 1 Length, are what we say */
	require(memcmp(made + 3, octets + 3,
		       bpdu->type == BPDU_RST ? n - 4 : n - 3) == 0);
	require(bpdu_parse(made, n, &again) == 0);
	again.version = bpdu->version;
	require(again.type == bpdu->type && again.flags == bpdu->flags &&
		again.root == bpdu->root && again.bridge == bpdu->bridge &&
		again.root_path_cost == bpdu->root_path_cost &&
		again.port == bpdu->port &&
		again.message_age == bpdu->message_age &&
		again.max_age == bpdu->max_age &&
		again.hello_time == bpdu->hello_time &&
		again.forward_delay == bpdu->forward_delay);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpdu bpdu;

	if (bpdu_parse_frame(data, size, &bpdu) == 0) {
		require(bpdu_is_frame(data, size));
		check_bpdu(&bpdu, data + BPDU_HEADER_LEN,
			   size - BPDU_HEADER_LEN);
	}
	if (bpdu_parse(data, size, &bpdu) == 0)
		check_bpdu(&bpdu, data, size);
	return 0;
}
