#include <stdint.h>
#include <stdlib.h>

#include "lib/cursor.h"
#include "switch/rstp/bpdu.h"
#include "switch/rstp/rstp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_PORTS = 4, FRAME_LEN = BPDU_HEADER_LEN + BPDU_RST_LEN };

/* A port, and what the bridge has said of it. */
struct end {
	struct rstp_port *port; /* or NULL */
	enum rstp_state state;
	enum rstp_role role;
	unsigned n_sent; /* since the last tick */
};

static struct rstp *rstp;
static struct end ends[N_PORTS];

static void
require(int ok)
{
	if (!ok)
		abort();
}

static void
on_send(void *user, const struct bpdu *bpdu)
{
	struct end *end = user;
	uint8_t frame[BPDU_FRAME_LEN];
	struct bpdu again;

	bpdu_make_frame(bpdu, &rstp_config(rstp)->address, frame);
	require(bpdu_parse_frame(frame, sizeof(frame), &again) == 0);
	end->n_sent++;
}

static void
on_set_state(void *user, enum rstp_state state)
{
	struct end *end = user;

	end->state = state;
}

static void
on_flush(void *user)
{
	(void)user;
}

static void
on_role_changed(void *user, enum rstp_role role)
{
	struct end *end = user;

	require(end->role != role);
	end->role = role;
}

static const struct rstp_ops ops = {
	.send = on_send,
	.set_state = on_set_state,
	.flush = on_flush,
	.role_changed = on_role_changed,
	.topology_changed = on_flush,
};

/* Only ports of the tree are open, and at most one leads to the root. */
static void
check(void)
{
	struct rstp_status status = rstp_status(rstp);
	unsigned n_roots = 0;

	require(rstp_is_stable(rstp));
	for (int i = 0; i < N_PORTS; i++) {
		struct rstp_port_status s;

		if (ends[i].port == NULL)
			continue;
		s = rstp_port_status(ends[i].port);
		require(s.role == ends[i].role && s.state == ends[i].state);
		require(s.up || s.role == RSTP_ROLE_DISABLED);
		require(s.role == RSTP_ROLE_ROOT ||
			s.role == RSTP_ROLE_DESIGNATED ||
			s.state == RSTP_DISCARDING);
		n_roots += s.role == RSTP_ROLE_ROOT;
		require(ends[i].n_sent <= 2 * RSTP_TX_HOLD_MAX);
	}
	require(n_roots == (status.root_port != 0));
	require(status.root_port != 0 || status.root_id == status.bridge_id);
	require(status.root_id <= status.bridge_id);
}

/* ---- what may happen ---- */

static void
configure_port(struct end *end, uint8_t v)
{
	struct rstp_port_config config = rstp_port_config_default();

	config.priority = v & 0xf0;
	config.admin_edge = v & 1;
	config.auto_edge = v & 2;
	config.point_to_point = v & 4;
	config.path_cost = v & 8 ? RSTP_PATH_COST_MAX : 1;
	rstp_port_configure(end->port, &config);
}

static void
configure(uint8_t v)
{
	struct rstp_config config = *rstp_config(rstp);

	config.priority = (uint16_t)(v & 0xf0) << 8;
	config.version = v & 1 ? RSTP_VERSION_STP : RSTP_VERSION_RSTP;
	config.tx_hold_count = v & 2 ? RSTP_TX_HOLD_MAX : RSTP_TX_HOLD_MIN;
	config.forward_delay_s = v & 4 ? 15 : 30;
	rstp_configure(rstp, &config);
	/* a new hold count counts from now on */
	for (int i = 0; i < N_PORTS; i++)
		ends[i].n_sent = 0;
}

static void
toggle(int i)
{
	struct rstp_port_config config = rstp_port_config_default();
	struct end *end = &ends[i];

	if (end->port != NULL) {
		rstp_port_remove(end->port);
		*end = (struct end){ .port = NULL };
		return;
	}
	end->port = rstp_port_add(rstp, (uint16_t)(i + 1), &config, end);
	end->n_sent = 0;
}

static void
tick(void)
{
	for (int i = 0; i < N_PORTS; i++)
		ends[i].n_sent = 0;
	rstp_tick(rstp);
}

static void
receive(struct end *end, struct cursor *c)
{
	const uint8_t *octets = cursor_bytes(c, BPDU_RST_LEN);
	struct bpdu bpdu;

	if (octets == NULL)
		return;
	if (bpdu_parse(octets, BPDU_RST_LEN, &bpdu) == 0)
		rstp_port_receive(end->port, &bpdu);
	else
		rstp_port_reject(end->port);
}

static void
step(struct cursor *c)
{
	uint8_t what = cursor_u8(c);
	int i = what & 3;
	struct end *end = &ends[i];

	switch (what >> 2 & 7) {
	case 0:
		tick();
		return;
	case 1:
		configure(cursor_u8(c));
		return;
	case 2:
		toggle(i);
		return;
	default:
		break;
	}
	if (end->port == NULL)
		return;
	switch (what >> 2 & 7) {
	case 3:
		rstp_port_set_up(end->port, what & 0x80);
		break;
	case 4:
		configure_port(end, cursor_u8(c));
		break;
	case 5:
		rstp_port_migrate(end->port);
		break;
	default:
		receive(end, c);
		break;
	}
}

/* Property: whatever comes in whichever order, all machines come to rest, what
 * was told by callbacks is what is so, and only one port leads to the root. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	struct rstp_config config = rstp_config_default();

	config.address = (struct mac){ { 2, 0, 0, 0, 0, 5 } };
	rstp = rstp_new(&config, &ops);
	for (int i = 0; i < N_PORTS; i++)
		ends[i] = (struct end){ .port = NULL };
	while (c.left > 0 && cursor_ok(&c)) {
		step(&c);
		check();
	}
	rstp_free(rstp);
	return 0;
}
