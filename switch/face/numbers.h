/*
 * numbers: the ports of vde_switch, which are places rather than attachments.
 *
 * A numbered port is made by a command or by the first client that comes to it,
 * and stays when its clients go: who may use it and what was set for it holds
 * for the next one, and may be set before there is any.  Clients that do not
 * care get the lowest number that is free and not reserved; 0 is nobody's.
 */
#ifndef FACE_NUMBERS_H
#define FACE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "switch/port.h"
#include "switch/rstp/rstp.h"
#include "switch/vid.h"

struct face;
struct numbers;

#define NUMBERED_ANYBODY UINT32_MAX /* as a user or a group */

struct numbered_traffic {
	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
};

struct numbered {
	uint32_t number;
	struct port *port; /* borrowed; NULL: nobody is there */
	bool reserved;	   /* for those who ask for it by number */
	uid_t user;	   /* who may come; NUMBERED_ANYBODY */
	gid_t group;
	bool edge; /* of the spanning tree: only stations there */
	enum rstp_state last_state; /* that was told of */
	enum rstp_role last_role;
	struct vid_rules vids; /* change them by numbered_set_*() only */
	/* What is to be added to the port's counters to get those that are
	 * shown: modulo 2^64, for they may have been set back. */
	struct numbered_traffic offset;
};

/** numbers_new() - number the ports of @face's segment, of which there are none
 * yet
 * @n: 1..FACE_PORTS_MAX; numbers go up to @n - 1 */
struct numbers *numbers_new(struct face *face, uint32_t n);
/** numbers_free() - its ports go on without; NULL is a no-op */
void numbers_free(struct numbers *numbers);

uint32_t numbers_count(const struct numbers *numbers);
/** numbers_resize() - Return: 0; -EADDRINUSE when one beyond @n exists */
int numbers_resize(struct numbers *numbers, uint32_t n);

/** numbers_get() - NULL when it has not been made, or cannot be */
struct numbered *numbers_get(const struct numbers *numbers, uint32_t number);
/** numbers_of() - the number of port @id; 0 for one that has none */
uint32_t numbers_of(const struct numbers *numbers, port_id_t id);
/** numbers_make() - a new one, reserved
 * @number: 0 for the lowest that is not in use
 * Return: its number; -EEXIST; -ENOSPC all are taken; -EINVAL out of range */
int64_t numbers_make(struct numbers *numbers, uint32_t number);
/** numbers_need() - the one there is, else a new one, reserved: what is set for
 * a port holds for who comes later
 * Return: NULL when it cannot be. */
struct numbered *numbers_need(struct numbers *numbers, uint32_t number);
/** numbers_remove() - Return: 0; -ENXIO; -EADDRINUSE somebody is there */
int numbers_remove(struct numbers *numbers, uint32_t number);

/** numbered_set_untagged() - frames without a tag are of VLAN @vid from now on,
 * and those of @vid leave without one; of the one before it is no member
 * @vid: 0..VID_MAX, or VID_NONE */
void numbered_set_untagged(struct numbered *np, uint16_t vid);
/** numbered_set_tagged() - is it a member of VLAN @vid?
 * @vid: 0..VID_MAX, not the untagged one */
void numbered_set_tagged(struct numbered *np, uint16_t vid, bool member);

struct numbered_traffic numbered_read_traffic(const struct numbered *np);
void numbered_reset_traffic(struct numbered *np);

#endif /* FACE_NUMBERS_H */
