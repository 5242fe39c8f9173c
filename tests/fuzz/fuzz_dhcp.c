/* fuzz_dhcp: whatever a station sends, the server reads nothing beyond it, and
 * answers, if at all, with a frame that fits, about an address of its range. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/dhcp/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
answer(struct dhcp_server *s, const uint8_t *frame, size_t len)
{
	uint8_t out[DHCP_FRAME_MAX];
	const struct lease *lease;
	struct dhcp_message m;
	size_t out_len = dhcp_answer_arp(&s->net, frame, len, out);

	if (out_len > DHCP_FRAME_MAX)
		abort();
	if (dhcp_parse(&m, frame, len) < 0)
		return;
	if (strlen(m.name) >= sizeof(m.name))
		abort();
	server_answer(s, &m, 1, out, &out_len, &lease);
	if (out_len > DHCP_FRAME_MAX ||
	    (lease != NULL && (lease->address < s->leases.first ||
			       lease->address > s->leases.last)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_server s = {
		.net = { .address = 0xc0a801fe, .prefix = 24, .lease_s = 60 },
		.leases = { .first = 0xc0a80164,
			    .last = 0xc0a80165,
			    .next = 0xc0a80164 },
	};

	/* frames, each behind its length */
	while (size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		answer(&s, data, len);
		data += len;
		size -= len;
	}
	leases_fini(&s.leases);
	return 0;
}
