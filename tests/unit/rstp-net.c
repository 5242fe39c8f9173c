#include "tests/unit/rstp-net.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"
#include "tests/unit/unit.h"

enum { US_PER_S = 1000 * 1000 };

/* ck_assert() writes a line to a file each time, also when all is well. */
static void
require(bool ok, const char *what)
{
	if (!ok)
		ck_abort_msg("%s", what);
}

/* ---- what a bridge wants done ---- */

static void
put_on_wire(struct net *net, const struct net_port *from, const uint8_t *data)
{
	struct net_frame *frame;

	if (net->n_frames == net->n_frames_max) {
		net->n_frames_max = 2 * net->n_frames_max + 16;
		net->frames = xrealloc(net->frames, net->n_frames_max,
				       sizeof(*net->frames));
	}
	frame = &net->frames[net->n_frames++];
	*frame = (struct net_frame){
		.at_us = net->now_us + net->wires[from->wire].delay_us,
		.order = net->n_events++,
		.wire = from->wire,
		.from = from,
	};
	memcpy(frame->data, data, BPDU_FRAME_LEN);
}

static void
on_send(void *user, const struct bpdu *bpdu)
{
	struct net_port *port = user;
	struct net *net = port->net;
	const struct mac src = { { 0x02, 0, 0, 1, (uint8_t)port->bridge,
				   (uint8_t)port->index } };
	uint8_t data[BPDU_FRAME_LEN];

	port->n_sent++;
	port->sent = *bpdu;
	port->sent_flags |= bpdu->flags;
	port->sent_us = net->now_us;
	if (port->wire == NET_NONE || net->wires[port->wire].cut)
		return;
	if (net->loss_percent > 0 && net_random(net, 100) < net->loss_percent)
		return;
	bpdu_make_frame(bpdu, &src, data);
	put_on_wire(net, port, data);
}

static void
on_set_state(void *user, enum rstp_state state)
{
	struct net_port *port = user;

	if (port->state != state)
		port->net->changed_us = port->net->now_us;
	if (state == RSTP_FORWARDING && port->state != state)
		port->forwarding_since_us = port->net->now_us;
	port->state = state;
}

static void
on_flush(void *user)
{
	struct net_port *port = user;

	port->n_flushed++;
}

static void
on_role_changed(void *user, enum rstp_role role)
{
	struct net_port *port = user;

	require(role != port->role, "a role that does not change is told");
	port->role = role;
	port->net->changed_us = port->net->now_us;
}

static void
on_topology_changed(void *user)
{
	struct net_port *port = user;

	port->n_topology_changes++;
}

static const struct rstp_ops ops = {
	.send = on_send,
	.set_state = on_set_state,
	.flush = on_flush,
	.role_changed = on_role_changed,
	.topology_changed = on_topology_changed,
};

/* ---- building ---- */

void
net_init(struct net *net, uint64_t seed)
{
	*net = (struct net){ .random = seed * 2 + 1 };
}

void
net_fini(struct net *net)
{
	for (int b = 0; b < net->n_bridges; b++)
		rstp_free(net->bridges[b].rstp);
	free(net->frames);
}

uint32_t
net_random(struct net *net, uint32_t n)
{
	/* Knuth's MMIX; the upper bits are the good ones */
	net->random = net->random * UINT64_C(6364136223846793005) +
		      UINT64_C(1442695040888963407);
	return (uint32_t)((net->random >> 33) % n);
}

int
net_bridge_config(struct net *net, struct rstp_config config)
{
	int b = net->n_bridges++;

	ck_assert_int_lt(b, NET_BRIDGES_MAX);
	config.address = (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)(b + 1) } };
	net->bridges[b].rstp = rstp_new(&config, &ops);
	net->bridges[b].next_tick_us =
	    net->now_us + 1 + net_random(net, US_PER_S);
	return b;
}

int
net_bridge(struct net *net, uint16_t priority)
{
	struct rstp_config config = rstp_config_default();

	config.priority = priority;
	return net_bridge_config(net, config);
}

uint64_t
net_id(int bridge, uint16_t priority)
{
	return (uint64_t)priority << 48 |
	       (UINT64_C(0x020000000001) + (uint64_t)bridge);
}

int
net_old_bridge(struct net *net, uint16_t priority)
{
	struct rstp_config config = rstp_config_default();

	config.priority = priority;
	config.version = RSTP_VERSION_STP;
	return net_bridge_config(net, config);
}

struct net_port *
net_port_config(struct net *net, int bridge,
		const struct rstp_port_config *config)
{
	struct net_bridge *b = &net->bridges[bridge];
	struct net_port *port = &b->ports[b->n_ports];

	ck_assert_int_lt(b->n_ports, NET_PORTS_MAX);
	*port = (struct net_port){ .net = net,
				   .bridge = bridge,
				   .index = b->n_ports,
				   .wire = NET_NONE };
	b->n_ports++;
	port->rstp = rstp_port_add(b->rstp, (uint16_t)b->n_ports, config, port);
	rstp_port_set_up(port->rstp, true);
	return port;
}

struct net_port *
net_port(struct net *net, int bridge)
{
	struct rstp_port_config config = rstp_port_config_default();

	return net_port_config(net, bridge, &config);
}

int
net_join(struct net *net, struct net_port *a, struct net_port *b)
{
	int w = net->n_wires++;

	ck_assert_int_lt(w, NET_WIRES_MAX);
	net->wires[w] = (struct net_wire){
		.n_ends = a == b ? 1 : 2,
		.ends = { a, b },
		.delay_us = NET_WIRE_US,
	};
	a->wire = b->wire = w;
	/* what they have sent so far has gone into the void */
	net_cut(net, w);
	net_mend(net, w);
	return w;
}

int
net_wire(struct net *net, int bridge_a, int bridge_b)
{
	struct net_port *a = net_port(net, bridge_a);

	return net_join(net, a, net_port(net, bridge_b));
}

void
net_hub(struct net *net, int wire, struct net_port *port)
{
	struct net_wire *w = &net->wires[wire];

	ck_assert_int_lt(w->n_ends, NET_ENDS_MAX);
	w->ends[w->n_ends++] = port;
	port->wire = wire;
	rstp_port_set_up(port->rstp, false);
	rstp_port_set_up(port->rstp, true);
}

/* ---- mishaps ---- */

static void
drop_frames(struct net *net, int wire)
{
	size_t n = 0;

	for (size_t i = 0; i < net->n_frames; i++) {
		if (net->frames[i].wire != wire)
			net->frames[n++] = net->frames[i];
	}
	net->n_frames = n;
}

static void
set_wire_up(struct net *net, int wire, bool up)
{
	struct net_wire *w = &net->wires[wire];

	net->changed_us = net->now_us;
	for (int i = 0; i < w->n_ends; i++) {
		struct net_port *port = w->ends[i];

		if (port->rstp == NULL)
			continue;
		rstp_port_set_up(port->rstp, up);
	}
}

void
net_cut(struct net *net, int wire)
{
	net->wires[wire].cut = true;
	drop_frames(net, wire);
	set_wire_up(net, wire, false);
}

void
net_mend(struct net *net, int wire)
{
	net->wires[wire].cut = false;
	set_wire_up(net, wire, true);
}

void
net_silence(struct net *net, int wire)
{
	net->wires[wire].cut = true;
	drop_frames(net, wire);
}

void
net_kill(struct net *net, int bridge)
{
	struct net_bridge *b = &net->bridges[bridge];

	for (int i = 0; i < b->n_ports; i++) {
		struct net_port *port = &b->ports[i];

		port->rstp = NULL;
		port->state = RSTP_DISCARDING;
		port->role = RSTP_ROLE_DISABLED;
		/* who shares a hub with it does not see it go */
		if (port->wire != NET_NONE &&
		    net->wires[port->wire].n_ends <= 2)
			net_cut(net, port->wire);
	}
	rstp_free(b->rstp);
	b->rstp = NULL;
}

/* ---- bridges that are not simulated ---- */

struct bpdu
net_config_bpdu(uint64_t root, uint32_t cost, uint64_t bridge)
{
	return (struct bpdu){
		.type = BPDU_CONFIG,
		.root = root,
		.root_path_cost = cost,
		.bridge = bridge,
		.port = 0x8001,
		.message_age = cost > 0 ? 256 : 0,
		.max_age = 20 * 256,
		.hello_time = 2 * 256,
		.forward_delay = 15 * 256,
	};
}

struct bpdu
net_rst_bpdu(uint64_t root, uint32_t cost, uint64_t bridge, uint8_t flags)
{
	struct bpdu bpdu = net_config_bpdu(root, cost, bridge);

	bpdu.type = BPDU_RST;
	bpdu.version = 2;
	bpdu.flags = (uint8_t)(flags | BPDU_ROLE_DESIGNATED << BPDU_ROLE_SHIFT);
	return bpdu;
}

/* ---- time ---- */

static void
account(struct net *net, uint64_t until_us, bool looped)
{
	if (looped)
		net->loop_us += until_us - net->now_us;
}

static void
check(struct net *net)
{
	for (int b = 0; b < net->n_bridges; b++) {
		const struct net_bridge *bridge = &net->bridges[b];

		require(bridge->rstp == NULL || rstp_is_stable(bridge->rstp),
			"a machine has not come to rest");
	}
	net->n_loops += net_has_loop(net);
}

static void
receive(struct net_port *port, const uint8_t *data)
{
	struct bpdu bpdu;

	if (port->rstp == NULL)
		return;
	require(bpdu_parse_frame(data, BPDU_FRAME_LEN, &bpdu) == 0,
		"a BPDU that we have made is none");
	rstp_port_receive(port->rstp, &bpdu);
}

void
net_inject(struct net_port *port, const struct bpdu *bpdu)
{
	static const struct mac src = { { 0x02, 0, 0, 2, 0, 0 } };
	uint8_t data[BPDU_FRAME_LEN];

	bpdu_make_frame(bpdu, &src, data);
	receive(port, data);
	check(port->net);
}

static void
deliver(struct net *net, size_t i)
{
	struct net_frame frame = net->frames[i];
	struct net_wire *w = &net->wires[frame.wire];

	net->frames[i] = net->frames[--net->n_frames];
	for (int e = 0; e < w->n_ends; e++) {
		/* a wire with one end is bent back */
		if (w->ends[e] != frame.from || w->n_ends == 1)
			receive(w->ends[e], frame.data);
	}
}

/* The event that comes first.  Return: its time; @frame: SIZE_MAX when it is
 * the tick of @bridge. */
static uint64_t
next_event(const struct net *net, size_t *frame, int *bridge)
{
	uint64_t at_us = UINT64_MAX, order = 0;

	*frame = SIZE_MAX;
	*bridge = NET_NONE;
	for (int b = 0; b < net->n_bridges; b++) {
		const struct net_bridge *br = &net->bridges[b];

		if (br->rstp != NULL && br->next_tick_us < at_us) {
			at_us = br->next_tick_us;
			*bridge = b;
		}
	}
	for (size_t i = 0; i < net->n_frames; i++) {
		const struct net_frame *f = &net->frames[i];

		if (f->at_us < at_us ||
		    (f->at_us == at_us && *frame != SIZE_MAX &&
		     f->order < order)) {
			at_us = f->at_us;
			order = f->order;
			*frame = i;
		}
	}
	return at_us;
}

void
net_run_us(struct net *net, uint64_t us)
{
	uint64_t end_us = net->now_us + us;

	for (;;) {
		bool looped = net_has_loop(net);
		size_t frame;
		int bridge;
		uint64_t at_us = next_event(net, &frame, &bridge);

		if (at_us > end_us) {
			account(net, end_us, looped);
			break;
		}
		account(net, at_us, looped);
		net->now_us = at_us;
		if (frame != SIZE_MAX) {
			deliver(net, frame);
		} else {
			net->bridges[bridge].next_tick_us += US_PER_S;
			rstp_tick(net->bridges[bridge].rstp);
		}
		check(net);
	}
	net->now_us = end_us;
}

void
net_run_s(struct net *net, unsigned s)
{
	net_run_us(net, (uint64_t)s * US_PER_S);
}

uint64_t
net_settle(struct net *net, unsigned quiet_s)
{
	uint64_t start_us = net->now_us;
	uint64_t quiet_us = (uint64_t)quiet_s * US_PER_S;

	while (net->now_us - net->changed_us < quiet_us) {
		require(net->now_us - start_us < 500 * quiet_us,
			"the network does not settle");
		net_run_us(net, US_PER_S / 10);
	}
	return net->changed_us > start_us ? net->changed_us - start_us : 0;
}

/* ---- what came of it ---- */

enum { NODES_MAX = NET_BRIDGES_MAX + NET_WIRES_MAX };

static int
find(const int *parent, int i)
{
	while (parent[i] != i)
		i = parent[i];
	return i;
}

/* Bridges and wires are nodes, ports are what joins them.  Return: was there
 * a way between them already? */
static bool
join(int *parent, const struct net_port *port)
{
	int a = find(parent, port->bridge);
	int b = find(parent, NET_BRIDGES_MAX + port->wire);

	parent[a] = b;
	return a == b;
}

static bool
is_connected(const struct net *net, const struct net_port *port)
{
	return port->rstp != NULL && port->wire != NET_NONE &&
	       !net->wires[port->wire].cut;
}

/* @all: also by ports that do not forward.  Return: is there a circle? */
static bool
connect(const struct net *net, bool all, int parent[static NODES_MAX])
{
	bool looped = false;

	for (int i = 0; i < NODES_MAX; i++)
		parent[i] = i;
	for (int b = 0; b < net->n_bridges; b++) {
		const struct net_bridge *bridge = &net->bridges[b];

		for (int i = 0; i < bridge->n_ports; i++) {
			const struct net_port *port = &bridge->ports[i];

			if (is_connected(net, port) &&
			    (all || port->state == RSTP_FORWARDING))
				looped |= join(parent, port);
		}
	}
	return looped;
}

/* A wire bent back is a circle by itself. */
static bool
has_bent_wire(const struct net *net)
{
	for (int w = 0; w < net->n_wires; w++) {
		const struct net_wire *wire = &net->wires[w];

		if (wire->n_ends == 1 && is_connected(net, wire->ends[0]) &&
		    wire->ends[0]->state == RSTP_FORWARDING)
			return true;
	}
	return false;
}

bool
net_has_loop(const struct net *net)
{
	int parent[NODES_MAX];

	return connect(net, false, parent) || has_bent_wire(net);
}

bool
net_spans(const struct net *net)
{
	int there[NODES_MAX], tree[NODES_MAX];

	connect(net, true, there);
	connect(net, false, tree);
	for (int a = 0; a < net->n_bridges; a++) {
		for (int b = 0; b < a; b++) {
			if ((find(there, a) == find(there, b)) !=
			    (find(tree, a) == find(tree, b)))
				return false;
		}
	}
	return true;
}

void
net_assert_tree(const struct net *net)
{
	require(!net_has_loop(net), "frames can go round in a circle");
	require(net_spans(net), "the tree does not reach everybody");
	for (int w = 0; w < net->n_wires; w++) {
		const struct net_wire *wire = &net->wires[w];
		int n_designated = 0, n_there = 0;

		for (int i = 0; i < wire->n_ends; i++) {
			if (!is_connected(net, wire->ends[i]))
				continue;
			n_there++;
			n_designated +=
			    wire->ends[i]->role == RSTP_ROLE_DESIGNATED;
		}
		require(n_there == 0 || n_designated == 1,
			"a wire has not exactly one designated port");
	}
}
