/*
 * dummy: a port without a peer.  Added by hand it swallows what it is sent;
 * tests inject frames, see what was sent, and let it be slow, full or broken.
 */
#ifndef SWITCH_PORTS_DUMMY_H
#define SWITCH_PORTS_DUMMY_H

#include <stdbool.h>
#include <stddef.h>

#include "switch/ports/port-provider.h"

/** dummy_inject() - the @len octets at @data come in by @port
 * @len: 0..FRAME_BLOCK_SIZE, also lengths that no frame may have */
void dummy_inject(struct port *port, const void *data, size_t len);
/** dummy_inject_batch() - @n times the same, as one batch
 * @n: at most FRAME_BATCH */
void dummy_inject_batch(struct port *port, const void *data, size_t len,
			size_t n);

/** dummy_record() - keep what is sent from now on; forget what was kept */
void dummy_record(struct port *port);
/** dummy_n_sent() - frames accepted, also those not kept */
size_t dummy_n_sent(const struct port *port);
/** dummy_sent() - the @i-th frame since dummy_record(), borrowed */
const struct frame *dummy_sent(const struct port *port, size_t i);
/** dummy_n_transmits() - how often .transmit ran */
size_t dummy_n_transmits(const struct port *port);

/** dummy_set_credit() - frames it accepts before it is full; SIZE_MAX, the
 * default, = any number.  A port that was full gets its write event. */
void dummy_set_credit(struct port *port, size_t n_frames);
/** dummy_set_broken() - refuse what is sent, each frame for good */
void dummy_set_broken(struct port *port, bool broken);
/** dummy_set_pending() - say that so many of the frames accepted last have
 * not left yet */
void dummy_set_pending(struct port *port, size_t n_frames);

/** dummy_is_paused() - would it be read?  Frames may be injected all the same,
 * as if they had been read before. */
bool dummy_is_paused(const struct port *port);
size_t dummy_n_pauses(const struct port *port);

#endif /* SWITCH_PORTS_DUMMY_H */
