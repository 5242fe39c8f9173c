/*
 * frame-filter: which frames are meant, in the language of pcap-filter(7).
 */
#ifndef DRIVER_WIRE_FRAME_FILTER_H
#define DRIVER_WIRE_FRAME_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct frame_filter;

enum {
	FRAME_FILTER_MAX = 1024, /* characters; libpcap's time grows fast */
	FRAME_FILTER_PARTS_MAX = 32,
};

/** frame_filter_new() - @text: NULL or "" matches every frame
 * Return: owned by the caller; NULL with @err set: it has the text, and what
 *         libpcap says of it. */
struct frame_filter *frame_filter_new(const char *text, struct err *err);
void frame_filter_free(struct frame_filter *filter);
/** frame_filter_matches() - @len: on the wire; @size: octets at @data */
bool frame_filter_matches(const struct frame_filter *filter,
			  const uint8_t *data, size_t size, size_t len);
/**
 * frame_filter_likeness() - how much of the filter a frame matches
 *
 * The parts are what `and` joins, if nothing but `and` joins anything outside
 * of parentheses, else the whole; and of each part that begins with a protocol
 * ("tcp dst port 80"), that protocol alone.  Parts that deny ("not arp") do not
 * count.
 *
 * Return: how many parts match.
 */
unsigned frame_filter_likeness(struct frame_filter *filter, const uint8_t *data,
			       size_t size, size_t len);

#endif /* DRIVER_WIRE_FRAME_FILTER_H */
