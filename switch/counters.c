#include "switch/counters.h"

const char *
drop_reason_name(enum drop_reason reason)
{
	static const char *const names[N_DROP_REASONS] = {
		[DROP_RUNT] = "runt",
		[DROP_OVERSIZE] = "oversize",
		[DROP_NO_BUFFER] = "no-buffer",
		[DROP_FILTERED] = "filtered",
		[DROP_NO_DESTINATION] = "no-destination",
		[DROP_QUEUE_FULL] = "queue-full",
		[DROP_SEND_ERROR] = "send-error",
		[DROP_PORT_GONE] = "port-gone",
		[DROP_PLUGIN] = "plugin",
		[DROP_LINK_LOCAL] = "link-local",
		[DROP_STP] = "stp",
		[DROP_VLAN] = "vlan",
		[DROP_BAD_OFFLOAD] = "bad-offload",
	};

	return names[reason];
}

const char *
flood_kind_name(enum flood_kind kind)
{
	static const char *const names[N_FLOOD_KINDS] = {
		[FLOOD_NOT] = "unicast",
		[FLOOD_BROADCAST] = "broadcast",
		[FLOOD_MULTICAST] = "multicast",
		[FLOOD_UNKNOWN] = "unknown-unicast",
	};

	return names[kind];
}

void
counters_add(struct port_counters *sum, const struct port_counters *c)
{
	sum->rx_frames += c->rx_frames;
	sum->rx_bytes += c->rx_bytes;
	sum->tx_frames += c->tx_frames;
	sum->tx_bytes += c->tx_bytes;
	sum->moves += c->moves;
	for (int i = 0; i < N_FLOOD_KINDS; i++)
		sum->rx_kinds[i] += c->rx_kinds[i];
	for (int i = 0; i < N_DROP_REASONS; i++) {
		sum->rx_drops[i] += c->rx_drops[i];
		sum->tx_drops[i] += c->tx_drops[i];
	}
}
