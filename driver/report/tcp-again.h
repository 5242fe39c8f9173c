/* tcp-again: which TCP segments have been sent before.  Bounded: of very many
 * connections at once, or after many segments, some are forgotten. */
#ifndef DRIVER_REPORT_TCP_AGAIN_H
#define DRIVER_REPORT_TCP_AGAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tcp_again;

struct tcp_again *tcp_again_new(void);
void tcp_again_free(struct tcp_again *again);
/**
 * tcp_again_seen() - the next frame of a segment of the network
 * @segment: which
 *
 * Return: has a frame with data, SYN or FIN of the same sequence number been
 *         there in that direction of the connection?
 */
bool tcp_again_seen(struct tcp_again *again, size_t segment,
		    const uint8_t *data, size_t size);

#endif /* DRIVER_REPORT_TCP_AGAIN_H */
