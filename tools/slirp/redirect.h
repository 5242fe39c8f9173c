/*
 * redirect: services of unix sockets at the host's own address.
 *
 * libslirp leads to a unix socket only what calls an address that is neither
 * its own nor DNS's.  So such a service is put at an address that no station
 * can have, the network's own, and frames are changed on their way there and
 * back.  Pure.
 */
#ifndef TOOLS_SLIRP_REDIRECT_H
#define TOOLS_SLIRP_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_config;

/** redirect_in() - a frame from a guest: calls a service's port of the host?
 * Then it is changed.  Return: was it? */
bool redirect_in(const struct net_config *config, uint8_t *frame, size_t len);

/** redirect_is_out() - does a frame of libslirp's come from a service? */
bool redirect_is_out(const struct net_config *config, const uint8_t *frame,
		     size_t len);
/** redirect_out() - change it */
void redirect_out(const struct net_config *config, uint8_t *frame);

#endif /* TOOLS_SLIRP_REDIRECT_H */
