/*
 * frame-sender: a plug of the driver's own on a segment, by which scripts send
 * frames.  What arrives there is thrown away.
 */
#ifndef DRIVER_WIRE_FRAME_SENDER_H
#define DRIVER_WIRE_FRAME_SENDER_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct event_base;
struct frame_sender;

/** frame_sender_new() - @fd: a guest's end of network_plug(), taken */
struct frame_sender *frame_sender_new(struct event_base *base, int fd);
void frame_sender_free(struct frame_sender *sender);
/** frame_sender_send() - Return: 0; -EAGAIN when the switch has to catch up
 * first; another -errno with @err set. */
int frame_sender_send(struct frame_sender *sender, const uint8_t *data,
		      size_t size, struct err *err);

#endif /* DRIVER_WIRE_FRAME_SENDER_H */
