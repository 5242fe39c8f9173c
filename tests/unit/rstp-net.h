/*
 * rstp-net: bridges joined by wires, in virtual time, for tests of the spanning
 * tree.  BPDUs travel as the octets of frames.  After every event it is looked
 * whether the machines have come to rest and whether frames could go round in
 * a circle.
 */
#ifndef TESTS_RSTP_NET_H
#define TESTS_RSTP_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/rstp/bpdu.h"
#include "switch/rstp/rstp.h"

enum {
	NET_BRIDGES_MAX = 16,
	NET_PORTS_MAX = 16, /* of a bridge */
	NET_WIRES_MAX = 64,
	NET_ENDS_MAX = 4, /* of a wire; more than two: a hub */
	NET_NONE = -1,
	NET_WIRE_US = 200,
};

struct net_port {
	struct net *net;
	int bridge, index;
	int wire;		/* or NET_NONE: nobody is behind it */
	struct rstp_port *rstp; /* NULL: not there */
	enum rstp_state state;
	enum rstp_role role;
	unsigned n_flushed, n_sent, n_topology_changes;
	struct bpdu sent;   /* the last */
	uint8_t sent_flags; /* of all since a test has cleared it */
	uint64_t sent_us, forwarding_since_us;
};

struct net_bridge {
	struct rstp *rstp; /* NULL: not there, or dead */
	uint64_t next_tick_us;
	struct net_port ports[NET_PORTS_MAX];
	int n_ports;
};

struct net_wire {
	bool cut;
	int n_ends;
	struct net_port *ends[NET_ENDS_MAX];
	uint64_t delay_us;
};

struct net_frame {
	uint64_t at_us;
	uint64_t order;
	int wire;
	const struct net_port *from;
	uint8_t data[BPDU_FRAME_LEN];
};

struct net {
	uint64_t now_us, n_events;
	uint64_t random;
	int n_bridges, n_wires;
	struct net_bridge bridges[NET_BRIDGES_MAX];
	struct net_wire wires[NET_WIRES_MAX];
	struct net_frame *frames; /* on their way, in no order */
	size_t n_frames, n_frames_max;
	unsigned loss_percent; /* of BPDUs */
	unsigned n_loops;      /* events after which there was a circle */
	uint64_t loop_us;      /* time during which there was one */
	uint64_t changed_us;   /* when a port last changed its state or role */
};

void net_init(struct net *net, uint64_t seed);
void net_fini(struct net *net);
/** net_random() - 0..@n-1 */
uint32_t net_random(struct net *net, uint32_t n);

/** net_bridge() - one more bridge, with address 02:00:00:00:00:NUMBER+1
 * Return: its number */
int net_bridge(struct net *net, uint16_t priority);
int net_bridge_config(struct net *net, struct rstp_config config);
/** net_old_bridge() - one that speaks STP */
int net_old_bridge(struct net *net, uint16_t priority);
/** net_id() - the identifier of @bridge when it has @priority */
uint64_t net_id(int bridge, uint16_t priority);
/** net_port() - one more port of it, with nobody behind it; it is up */
struct net_port *net_port(struct net *net, int bridge);
struct net_port *net_port_config(struct net *net, int bridge,
				 const struct rstp_port_config *config);
/** net_wire() - between two new ports; Return: its number */
int net_wire(struct net *net, int bridge_a, int bridge_b);
/** net_join() - between ports there are; the second may be the first: what
 * it sends comes back */
int net_join(struct net *net, struct net_port *a, struct net_port *b);
/** net_hub() - one port more on @wire */
void net_hub(struct net *net, int wire, struct net_port *port);

/** net_cut() - both ends go down, what is on the wire is lost */
void net_cut(struct net *net, int wire);
void net_mend(struct net *net, int wire);
/** net_silence() - BPDUs are lost, but no port goes down */
void net_silence(struct net *net, int wire);
/** net_kill() - a bridge goes, its ports and wires with it */
void net_kill(struct net *net, int bridge);

/** net_inject() - @bpdu comes in at @port as from a bridge that is not
 * simulated */
void net_inject(struct net_port *port, const struct bpdu *bpdu);
/** net_config_bpdu() - what port 1 of @bridge says, with default times */
struct bpdu net_config_bpdu(uint64_t root, uint32_t cost, uint64_t bridge);
/** net_rst_bpdu() - the same by RSTP, of a designated port */
struct bpdu net_rst_bpdu(uint64_t root, uint32_t cost, uint64_t bridge,
			 uint8_t flags);

void net_run_us(struct net *net, uint64_t us);
void net_run_s(struct net *net, unsigned s);
/** net_settle() - run until nothing has changed for @quiet_s
 * Return: microseconds until the last change */
uint64_t net_settle(struct net *net, unsigned quiet_s);

/** net_has_loop() - is there a circle of wires and forwarding ports? */
bool net_has_loop(const struct net *net);
/** net_spans() - does everything that wires connect also hang together by
 * ports that forward? */
bool net_spans(const struct net *net);
/** net_assert_tree() - both, and every wire has exactly one designated port */
void net_assert_tree(const struct net *net);

#endif /* TESTS_RSTP_NET_H */
