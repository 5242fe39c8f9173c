#include "tools/slirp/gate.h"

#include <string.h>

#include "lib/cursor.h"

enum {
	TYPE_ARP = 0x0806,
	TYPE_IPV4 = 0x0800,
	HARDWARE_ETHERNET = 1,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	MAC_LEN = 6,
	IPV4_LEN = 4,
};

void
gate_init(struct gate *gate, uint32_t host, uint32_t guest)
{
	*gate =
	    (struct gate){ .host = host, .guest = guest, .state = GATE_IDLE };
}

bool
gate_watches(const struct gate *gate)
{
	return gate->state != GATE_ASKING;
}

void
gate_called(struct gate *gate, bool waiting, uint64_t now_ms)
{
	if (gate->state == GATE_OPEN) {
		gate->state = GATE_IDLE;
	} else if (gate->state == GATE_IDLE && waiting) {
		gate->state = GATE_ASKING;
		gate->ask_at_ms = now_ms;
	}
}

uint32_t
gate_timeout_ms(const struct gate *gate, uint64_t now_ms)
{
	if (gate->state != GATE_ASKING)
		return UINT32_MAX;
	return gate->ask_at_ms > now_ms ? (uint32_t)(gate->ask_at_ms - now_ms)
					: 0;
}

static uint8_t *
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *
put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

/* The address that libslirp has itself: 52:55 and the IPv4 address. */
static uint8_t *
put_host_mac(uint8_t *at, uint32_t host)
{
	return put32(put16(at, 0x5255), host);
}

static uint8_t *
put_same(uint8_t *at, uint8_t value, size_t n)
{
	memset(at, value, n);
	return at + n;
}

bool
gate_ask(struct gate *gate, uint64_t now_ms,
	 uint8_t frame[static GATE_FRAME_LEN])
{
	uint8_t *at = frame;

	if (gate->state != GATE_ASKING || now_ms < gate->ask_at_ms)
		return false;
	gate->ask_at_ms = now_ms + GATE_ASK_MS;
	at = put_same(at, 0xff, MAC_LEN);
	at = put_host_mac(at, gate->host);
	at = put16(at, TYPE_ARP);
	at = put16(at, HARDWARE_ETHERNET);
	at = put16(at, TYPE_IPV4);
	*at++ = MAC_LEN;
	*at++ = IPV4_LEN;
	at = put16(at, ARP_REQUEST);
	at = put_host_mac(at, gate->host);
	at = put32(at, gate->host);
	at = put_same(at, 0, MAC_LEN);
	put32(at, gate->guest);
	return true;
}

void
gate_see(struct gate *gate, const uint8_t *frame, size_t len)
{
	struct cursor c = cursor_over(frame, len);
	uint16_t type, operation;
	uint32_t sender;

	if (gate->state != GATE_ASKING)
		return;
	cursor_skip(&c, MAC_LEN + MAC_LEN);
	type = cursor_be16(&c);
	cursor_skip(&c, 2 + 2 + 1 + 1); /* what sorts of addresses */
	operation = cursor_be16(&c);
	cursor_skip(&c, MAC_LEN);
	sender = cursor_be32(&c);
	if (cursor_ok(&c) && type == TYPE_ARP && operation == ARP_REPLY &&
	    sender == gate->guest)
		gate->state = GATE_OPEN;
}
