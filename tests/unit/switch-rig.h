/*
 * switch-rig: a switch on a virtual clock with one segment of dummy ports, for
 * unit tests.  Every rig_fini() checks that the books balance and that no
 * frame is lost.
 */
#ifndef TESTS_SWITCH_RIG_H
#define TESTS_SWITCH_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "switch/ports/dummy.h"
#include "switch/switch.h"

enum { RIG_PORTS_MAX = 64, RIG_START_MS = 1000 };

struct rig {
	struct event_base *base;
	struct clock *clock;
	struct vswitch *sw;
	struct segment *segment;	   /* "lab" */
	struct port *ports[RIG_PORTS_MAX]; /* "p0", "p1", ...; NULL: removed */
	size_t n_ports;
};

/* A frame to send: addresses by number, see rig_send(). */
enum { RIG_BROADCAST = 255 };

void rig_init(struct rig *rig, size_t n_ports);
void rig_init_config(struct rig *rig, size_t n_ports,
		     const struct switch_config *config);
void rig_fini(struct rig *rig);

/** rig_send() - a frame of @len octets comes in by port @in, from station
 * @src to station @dst (RIG_BROADCAST: to all) */
void rig_send(struct rig *rig, size_t in, uint8_t dst, uint8_t src, size_t len);
/** rig_send_batch() - @n of them in one batch */
void rig_send_batch(struct rig *rig, size_t in, uint8_t dst, uint8_t src,
		    size_t len, size_t n);
/** rig_fill() - the octets of such a frame */
void rig_fill(uint8_t *data, size_t len, uint8_t dst, uint8_t src);
/** rig_learn_all() - station i is known to be behind port i; then what was
 * sent is forgotten, and the counters with it: take them from here on */
void rig_learn_all(struct rig *rig);

/** rig_sent() - frames that port @i has sent since rig_learn_all() */
size_t rig_sent(const struct rig *rig, size_t i);
/** rig_drops() - of the whole segment */
uint64_t rig_drops(const struct rig *rig, enum drop_reason reason);
uint64_t rig_held(const struct rig *rig);
void rig_assert_books(const struct rig *rig);
/** rig_loop() - run what is ready */
void rig_loop(struct rig *rig);
/** rig_remove() - port @i goes */
void rig_remove(struct rig *rig, size_t i);

#endif /* TESTS_SWITCH_RIG_H */
