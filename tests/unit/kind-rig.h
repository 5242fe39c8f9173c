/*
 * kind-rig: for tests of kinds of port that are added by hand: a port of such a
 * kind, whose peer the test plays, and beside it on the segment a dummy one,
 * "watch", that says and sees what the test wants.
 *
 * JSON is written with ' for " here.
 */
#ifndef TESTS_KIND_RIG_H
#define TESTS_KIND_RIG_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tests/unit/port-rig.h"

extern struct rig rig;
extern struct port *watch;

void kind_setup(void);
/** kind_own_network() - before kind_setup(): the process gets a network
 * namespace of its own, with a loopback and every right
 * Return: false where that is not allowed. */
bool kind_own_network(void);
/** kind_may_own_network() - asks without doing it */
bool kind_may_own_network(void);
void kind_teardown(void);

/** kind_add() - a port of @kind, called "p"; fails the test when refused
 * @fd: taken, or -1 */
struct port *kind_add(const char *kind, const char *params, int fd);
/** kind_refuse() - fails the test unless it is refused with words like @want */
void kind_refuse(const char *kind, const char *params, int fd,
		 const char *want);
/** kind_shows() - does the port describe itself by @want, an object of which
 * it may have more members? */
bool kind_shows(struct port *port, const char *want);

/** kind_say() - watch sends a frame of @len octets made of @seed to all */
void kind_say(size_t len, unsigned seed);
/** kind_next() - the next frame that watch gets; borrowed */
const struct frame *kind_next(void);
/** kind_hear() - it is @want */
void kind_hear(const void *want, size_t len);
/** kind_forget() - what it has heard takes no memory any more */
void kind_forget(void);
/** kind_ignore() - from now on kind_hear() passes over frames of this type */
void kind_ignore(uint16_t type);
/** kind_n_heard() - frames that watch has got and kind_hear() not seen */
size_t kind_n_heard(void);

/** kind_later() - the virtual clock goes on by so much */
void kind_later(unsigned ms);

#endif /* TESTS_KIND_RIG_H */
