/*
 * stp: the spanning tree of a segment: the machines of switch/rstp joined to
 * the segment's ports, its clock and its BPDUs.
 *
 * A segment has none until it is asked for: then BPDUs are frames like others.
 * Settings may be made before, and stay when it is turned off.
 */
#ifndef SWITCH_STP_H
#define SWITCH_STP_H

#include <stdbool.h>

#include "switch/rstp/rstp.h"

struct err;
struct port;
struct segment;

enum stp_protocol {
	STP_PROTOCOL_NONE,
	STP_PROTOCOL_STP, /* version 0, for all neighbours */
	STP_PROTOCOL_RSTP,
	N_STP_PROTOCOLS
};

/* Is there at most one bridge behind a port? */
enum stp_link {
	STP_LINK_AUTO, /* as its kind is made */
	STP_LINK_POINT_TO_POINT,
	STP_LINK_SHARED,
	N_STP_LINKS
};

struct stp_port_config {
	struct rstp_port_config rstp; /* but for .point_to_point */
	enum stp_link link;
};

/* "rstp"; "shared" */
const char *stp_protocol_name(enum stp_protocol protocol);
const char *stp_link_name(enum stp_link link);

/** stp_set_protocol() - turn it on or off; between turns only */
void stp_set_protocol(struct segment *segment, enum stp_protocol protocol);
enum stp_protocol stp_protocol(const struct segment *segment);

/** stp_config() - those in force, or that would be.  The bridge's address is
 * made of the segment's name, the switch's directory and the machine, so that
 * it is the same after a restart. */
struct rstp_config stp_config(const struct segment *segment);
/** stp_configure() - change them
 * @config: .version is left to stp_set_protocol()
 *
 * Return: 0; -EINVAL with @err set. */
int stp_configure(struct segment *segment, const struct rstp_config *config,
		  struct err *err);

/** stp_reset_config() - back to the defaults */
void stp_reset_config(struct segment *segment);

struct stp_port_config stp_port_config(const struct port *port);
int stp_port_configure(struct port *port, const struct stp_port_config *config,
		       struct err *err);
/** stp_port_migrate() - see rstp_port_migrate(); false when it is off */
bool stp_port_migrate(struct port *port);

/* Return: false when there is nothing to tell: it is off. */
bool stp_status(const struct segment *segment, struct rstp_status *status);
bool stp_port_status(const struct port *port, struct rstp_port_status *status);

/* ---- for the owners of ports and segments ---- */

/** stp_port_added() - @port is on its segment's list now */
void stp_port_added(struct port *port);
/** stp_port_carrier() - port->no_carrier is another */
void stp_port_carrier(struct port *port);
/** stp_port_removed() - it is about to be taken off the list; it has no
 * settings any more */
void stp_port_removed(struct port *port);
/** stp_free() - of a segment without ports */
void stp_free(struct segment *segment);

#endif /* SWITCH_STP_H */
