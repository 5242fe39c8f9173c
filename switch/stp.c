#include "switch/stp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/siphash.h"
#include "lib/xalloc.h"
#include "switch/fdb.h"
#include "switch/forward.h"
#include "switch/port.h"
#include "switch/rstp/bpdu.h"
#include "switch/segment.h"
#include "switch/switch.h"

struct stp {
	struct segment *segment;
	struct rstp_config config;
	struct rstp *rstp; /* NULL: turned off */
	struct timer *timer;
	uint64_t tick_ns; /* when it is due */
};

struct stp_port {
	struct port *port;
	struct stp_port_config config;
	/* NULL: turned off, or there was no number left */
	struct rstp_port *rstp;
};

const char *
stp_protocol_name(enum stp_protocol protocol)
{
	static const char *const names[N_STP_PROTOCOLS] = {
		[STP_PROTOCOL_NONE] = "off",
		[STP_PROTOCOL_STP] = "stp",
		[STP_PROTOCOL_RSTP] = "rstp",
	};

	return names[protocol];
}

const char *
stp_link_name(enum stp_link link)
{
	static const char *const names[N_STP_LINKS] = {
		[STP_LINK_AUTO] = "auto",
		[STP_LINK_POINT_TO_POINT] = "point-to-point",
		[STP_LINK_SHARED] = "shared",
	};

	return names[link];
}

/* ---- what the machines want done ---- */

static void
on_send(void *user, const struct bpdu *bpdu)
{
	struct stp_port *sp = user;
	struct port *port = sp->port;
	const struct stp *stp = port->segment->stp;
	struct lane *lane = port->lane;
	struct frame *frame = frame_alloc(lane->pool, BPDU_FRAME_LEN);

	/* like one that is lost on the wire: the next is due soon */
	if (frame == NULL)
		return;
	frame->len = BPDU_FRAME_LEN;
	frame->in_port = PORT_NONE;
	bpdu_make_frame(bpdu, &stp->config.address, frame->data);
	forward_originate(port, frame, clock_now_ns(lane->clock));
}

static void
on_set_state(void *user, enum rstp_state state)
{
	static const enum stp_state states[RSTP_N_STATES] = {
		[RSTP_DISCARDING] = STP_DISCARDING,
		[RSTP_LEARNING] = STP_LEARNING,
		[RSTP_FORWARDING] = STP_FORWARDING,
	};
	struct stp_port *sp = user;
	struct port *port = sp->port;

	if (port->stp_state == states[state])
		return;
	port->stp_state = states[state];
	log_debug("port %s is %s", port->name, rstp_state_name(state));
	/* .rstp is not known yet while the port is being added */
	if (sp->rstp != NULL)
		switch_tell_of_port(SWITCH_PORT_STP, port);
}

static void
on_flush(void *user)
{
	const struct stp_port *sp = user;

	fdb_flush_port(sp->port->segment->fdb, sp->port->id);
}

static void
on_role_changed(void *user, enum rstp_role role)
{
	const struct stp_port *sp = user;

	log_debug("port %s is %s", sp->port->name, rstp_role_name(role));
	if (sp->rstp != NULL)
		switch_tell_of_port(SWITCH_PORT_STP, sp->port);
}

static void
on_topology_changed(void *user)
{
	const struct stp_port *sp = user;

	switch_tell_of_port(SWITCH_TOPOLOGY_CHANGED, sp->port);
}

static const struct rstp_ops ops = {
	.send = on_send,
	.set_state = on_set_state,
	.flush = on_flush,
	.role_changed = on_role_changed,
	.topology_changed = on_topology_changed,
};

/* ---- the address of the bridge ---- */

/* Neither a secret nor unique in itself: containers share it. */
static void
read_machine(char *text, size_t size)
{
	FILE *f = fopen("/etc/machine-id", "re");
	size_t n = f != NULL ? fread(text, 1, size - 1, f) : 0;

	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	if (n == 0 && gethostname(text, size - 1) < 0)
		text[0] = '\0';
}

/* Locally administered (IEEE 802, 8.2): nobody has registered it. */
static struct mac
make_address(const struct segment *segment)
{
	static const struct siphash_key key = { 0x7664656c61622d62,
						0x72696467 };
	const char *dir = segment->sw->dir;
	char machine[64] = "";
	uint64_t hash;
	char *text;
	struct mac mac;

	read_machine(machine, sizeof(machine));
	text = xasprintf("%s\n%s\n%s", machine, dir != NULL ? dir : "",
			 segment->name);
	hash = siphash(&key, text, strlen(text));
	free(text);
	for (int i = 0; i < MAC_LEN; i++)
		mac.b[i] = (uint8_t)(hash >> (8 * i));
	mac.b[0] = (uint8_t)((mac.b[0] & 0xfc) | 0x02);
	return mac;
}

static struct rstp_config
default_config(const struct segment *segment)
{
	struct rstp_config config = rstp_config_default();

	config.address = make_address(segment);
	return config;
}

/* ---- bridges ---- */

static void
on_bpdu(struct port *in, const struct frame *frame, uint64_t now_ns, void *arg)
{
	struct stp_port *sp = in->stp;
	struct bpdu bpdu;

	(void)now_ns;
	(void)arg;
	if (sp == NULL || sp->rstp == NULL)
		return;
	if (bpdu_parse_frame(frame->data, frame->len, &bpdu) == 0)
		rstp_port_receive(sp->rstp, &bpdu);
	else
		rstp_port_reject(sp->rstp);
}

/* A switch that was stopped for a while does not make up for it: the seconds
 * in which nobody was heard were its own fault. */
static void
on_tick(void *arg)
{
	struct stp *stp = arg;
	struct lane *lane = stp->segment->lane;
	uint64_t now_ns = clock_now_ns(lane->clock);

	stp->tick_ns += NS_PER_S;
	if (stp->tick_ns < now_ns)
		stp->tick_ns = now_ns + NS_PER_S;
	timer_set(stp->timer, stp->tick_ns);
	lane_enter(lane);
	rstp_tick(stp->rstp);
	lane_leave(lane);
}

static struct stp *
need_stp(struct segment *segment)
{
	struct stp *stp = segment->stp;

	if (stp != NULL)
		return stp;
	stp = XNEW(struct stp);
	stp->segment = segment;
	stp->config = default_config(segment);
	segment->stp = stp;
	return stp;
}

static struct stp_port *
need_port(struct port *port)
{
	struct stp_port *sp = port->stp;

	if (sp != NULL)
		return sp;
	sp = XNEW(struct stp_port);
	sp->port = port;
	sp->config.rstp = rstp_port_config_default();
	port->stp = sp;
	return sp;
}

/* The lowest that is free; 0 when none is. */
static uint16_t
free_number(const struct segment *segment)
{
	bool taken[RSTP_PORTS_MAX + 1] = { true };
	const struct port *port;
	uint16_t n = 0;

	TAILQ_FOREACH (port, &segment->ports, in_segment) {
		if (port->stp != NULL && port->stp->rstp != NULL)
			taken[rstp_port_number(port->stp->rstp)] = true;
	}
	while (n <= RSTP_PORTS_MAX && taken[n])
		n++;
	return n <= RSTP_PORTS_MAX ? n : 0;
}

/* What the machines are told. */
static struct rstp_port_config
rstp_config_of(const struct stp_port *sp)
{
	struct rstp_port_config config = sp->config.rstp;

	config.point_to_point =
	    sp->config.link == STP_LINK_AUTO
		? !sp->port->kind->shared
		: sp->config.link == STP_LINK_POINT_TO_POINT;
	return config;
}

static void
start_port(const struct stp *stp, struct port *port)
{
	struct stp_port *sp = need_port(port);
	struct rstp_port_config config = rstp_config_of(sp);
	uint16_t number = free_number(stp->segment);

	port->stp_state = STP_DISCARDING;
	if (number == 0) {
		log_warn("port %s: a spanning tree has at most %d ports; this "
			 "one stays closed",
			 port->name, RSTP_PORTS_MAX);
		return;
	}
	sp->rstp = rstp_port_add(stp->rstp, number, &config, sp);
	rstp_port_set_up(sp->rstp, !port->no_carrier);
}

static void
start(struct stp *stp)
{
	struct segment *segment = stp->segment;
	struct clock *clock = segment->lane->clock;
	struct port *port;

	stp->rstp = rstp_new(&stp->config, &ops);
	segment_trap_bpdus(segment, on_bpdu, stp);
	stp->tick_ns = clock_now_ns(clock) + NS_PER_S;
	stp->timer = timer_new(clock, on_tick, stp);
	timer_set(stp->timer, stp->tick_ns);
	TAILQ_FOREACH (port, &segment->ports, in_segment)
		start_port(stp, port);
}

static void
stop(struct stp *stp)
{
	struct segment *segment = stp->segment;
	struct port *port;

	timer_free(stp->timer);
	stp->timer = NULL;
	segment_trap_bpdus(segment, NULL, NULL);
	rstp_free(stp->rstp);
	stp->rstp = NULL;
	TAILQ_FOREACH (port, &segment->ports, in_segment) {
		if (port->stp != NULL)
			port->stp->rstp = NULL;
		port->stp_state = STP_FORWARDING;
	}
	fdb_flush(segment->fdb);
}

void
stp_set_protocol(struct segment *segment, enum stp_protocol protocol)
{
	enum stp_protocol before = stp_protocol(segment);
	struct lane *lane = segment->lane;
	struct stp *stp;

	if (protocol == before)
		return;
	stp = need_stp(segment);
	stp->config.version =
	    protocol == STP_PROTOCOL_STP ? RSTP_VERSION_STP : RSTP_VERSION_RSTP;
	lane_enter(lane);
	if (protocol == STP_PROTOCOL_NONE)
		stop(stp);
	else if (before == STP_PROTOCOL_NONE)
		start(stp);
	else
		rstp_configure(stp->rstp, &stp->config);
	lane_leave(lane);
}

enum stp_protocol
stp_protocol(const struct segment *segment)
{
	const struct stp *stp = segment->stp;

	if (stp == NULL || stp->rstp == NULL)
		return STP_PROTOCOL_NONE;
	return stp->config.version == RSTP_VERSION_STP ? STP_PROTOCOL_STP
						       : STP_PROTOCOL_RSTP;
}

struct rstp_config
stp_config(const struct segment *segment)
{
	return segment->stp != NULL ? segment->stp->config
				    : default_config(segment);
}

int
stp_configure(struct segment *segment, const struct rstp_config *config,
	      struct err *err)
{
	enum rstp_version version;
	struct stp *stp;
	int ret = rstp_config_check(config, err);

	if (ret < 0)
		return ret;
	stp = need_stp(segment);
	version = stp->config.version;
	stp->config = *config;
	stp->config.version = version;
	if (stp->rstp == NULL)
		return 0;
	lane_enter(segment->lane);
	rstp_configure(stp->rstp, &stp->config);
	lane_leave(segment->lane);
	return 0;
}

void
stp_reset_config(struct segment *segment)
{
	const struct rstp_config config = default_config(segment);

	if (segment->stp != NULL)
		stp_configure(segment, &config, NULL);
}

bool
stp_status(const struct segment *segment, struct rstp_status *status)
{
	if (stp_protocol(segment) == STP_PROTOCOL_NONE)
		return false;
	*status = rstp_status(segment->stp->rstp);
	return true;
}

void
stp_free(struct segment *segment)
{
	assert(TAILQ_EMPTY(&segment->ports));
	if (segment->stp == NULL)
		return;
	timer_free(segment->stp->timer);
	rstp_free(segment->stp->rstp);
	free(segment->stp);
	segment->stp = NULL;
}

/* ---- ports ---- */

struct stp_port_config
stp_port_config(const struct port *port)
{
	if (port->stp != NULL)
		return port->stp->config;
	return (struct stp_port_config){ .rstp = rstp_port_config_default() };
}

int
stp_port_configure(struct port *port, const struct stp_port_config *config,
		   struct err *err)
{
	struct rstp_port_config rstp_config;
	struct stp_port *sp;
	int ret = rstp_port_config_check(&config->rstp, err);

	if (ret < 0)
		return ret;
	sp = need_port(port);
	sp->config = *config;
	if (sp->rstp == NULL)
		return 0;
	rstp_config = rstp_config_of(sp);
	lane_enter(port->lane);
	rstp_port_configure(sp->rstp, &rstp_config);
	lane_leave(port->lane);
	return 0;
}

bool
stp_port_migrate(struct port *port)
{
	if (port->stp == NULL || port->stp->rstp == NULL)
		return false;
	lane_enter(port->lane);
	rstp_port_migrate(port->stp->rstp);
	lane_leave(port->lane);
	return true;
}

bool
stp_port_status(const struct port *port, struct rstp_port_status *status)
{
	if (port->stp == NULL || port->stp->rstp == NULL)
		return false;
	*status = rstp_port_status(port->stp->rstp);
	return true;
}

void
stp_port_added(struct port *port)
{
	const struct stp *stp = port->segment->stp;

	if (stp != NULL && stp->rstp != NULL)
		start_port(stp, port);
}

void
stp_port_carrier(struct port *port)
{
	if (port->stp == NULL || port->stp->rstp == NULL)
		return;
	lane_enter(port->lane);
	rstp_port_set_up(port->stp->rstp, !port->no_carrier);
	lane_leave(port->lane);
}

void
stp_port_removed(struct port *port)
{
	struct stp_port *sp = port->stp;

	if (sp == NULL)
		return;
	if (sp->rstp != NULL)
		rstp_port_remove(sp->rstp);
	free(sp);
	port->stp = NULL;
}
