/*
 * packet-text: frames written as text, for tests:
 *
 *   eth dst=52:54:00:12:01:02 / ipv4 src=10.0.0.1 / tcp flags=S options[ nop;
 *   mss value=1460 ] / raw data=hello
 *
 * Layers are parted by " / "; words by blanks; "\x" in data is an octet.
 */
#ifndef TESTS_UNIT_PACKET_TEXT_H
#define TESTS_UNIT_PACKET_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "driver/packet/build.h"

/** packet_text_make() - build what @text says
 * Return: 0, with @octets (borrowed from @builder); or what the builder says,
 *         -EINVAL for a text that is wrong. */
int packet_text_make(const char *text, struct packet_builder *builder,
		     const uint8_t **octets, size_t *size, struct err *err);

#endif /* TESTS_UNIT_PACKET_TEXT_H */
