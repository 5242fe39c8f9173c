#include "tests/unit/wire-rig.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"
#include "tests/unit/packet-text.h"
#include "tests/unit/unit.h"

static void
put32(FILE *f, uint32_t value)
{
	uint8_t octets[4] = { (uint8_t)value, (uint8_t)(value >> 8),
			      (uint8_t)(value >> 16), (uint8_t)(value >> 24) };

	ck_assert_uint_eq(fwrite(octets, 1, 4, f), 4);
}

static void
put_padded(FILE *f, const void *data, size_t size)
{
	static const uint8_t zeros[4];

	ck_assert_uint_eq(fwrite(data, 1, size, f), size);
	ck_assert_uint_eq(fwrite(zeros, 1, -size % 4, f), -size % 4);
}

static size_t
padded(size_t size)
{
	return (size + 3) / 4 * 4;
}

/* Sections: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/ 4.1, 4.2
 */
static void
put_section(FILE *f)
{
	put32(f, 0x0a0d0d0a);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put32(f, 1);
	put32(f, 0xffffffff);
	put32(f, 0xffffffff);
	put32(f, 28);
}

static void
put_interface(FILE *f, const char *port)
{
	uint32_t size = 20 + 4 + (uint32_t)padded(strlen(port)) + 8 + 4;

	put32(f, 1);
	put32(f, size);
	put32(f, 1);
	put32(f, 0);
	put32(f, 2 | (uint32_t)strlen(port) << 16);
	put_padded(f, port, strlen(port));
	put32(f, 9 | 1 << 16);
	put32(f, 9);
	put32(f, 0);
	put32(f, size);
}

/* Opened for the first port of @segment. */
static FILE *
capture_of(struct story_rig *rig, const char *segment)
{
	char *path;
	unsigned i = 0;

	while (i < rig->n_ports && strcmp(rig->segments[i], segment) != 0)
		i++;
	if (i < rig->n_ports)
		return rig->captures[i];
	path = xasprintf("%s/%s.pcapng", rig->dir, segment);
	rig->captures[i] = fopen(path, "w");
	ck_assert_ptr_nonnull(rig->captures[i]);
	put_section(rig->captures[i]);
	free(path);
	return rig->captures[i];
}

/* The number of @port's interface in the capture, which may become its. */
static uint32_t
interface_of(struct story_rig *rig, const char *segment, const char *port,
	     FILE *f)
{
	uint32_t number = 0;

	for (unsigned i = 0; i < rig->n_ports; i++) {
		if (strcmp(rig->segments[i], segment) != 0)
			continue;
		if (strcmp(rig->ports[i], port) == 0)
			return number;
		number++;
	}
	ck_assert_uint_lt(rig->n_ports, 8);
	snprintf(rig->segments[rig->n_ports], 16, "%s", segment);
	snprintf(rig->ports[rig->n_ports++], 32, "%s", port);
	put_interface(f, port);
	return number;
}

void
rig_octets_frame(struct story_rig *rig, double t, const char *segment,
		 const char *port, const char *comment, const uint8_t *octets,
		 size_t size)
{
	FILE *f = capture_of(rig, segment);
	uint64_t ns =
	    (uint64_t)RIG_BEGAN_S * 1000000000 + (uint64_t)(t * 1e9 + 0.5);
	bool leaves = port[0] == '<';
	size_t noted = comment != NULL ? 4 + padded(strlen(comment)) : 0;
	uint32_t total = (uint32_t)(32 + padded(size) + noted + 8 + 4);
	uint32_t interface =
	    interface_of(rig, segment, leaves ? port + 1 : port, f);

	put32(f, 6);
	put32(f, total);
	put32(f, interface);
	put32(f, (uint32_t)(ns >> 32));
	put32(f, (uint32_t)ns);
	put32(f, (uint32_t)size);
	put32(f, (uint32_t)size);
	put_padded(f, octets, size);
	if (comment != NULL) {
		put32(f, 1 | (uint32_t)strlen(comment) << 16);
		put_padded(f, comment, strlen(comment));
	}
	put32(f, 2 | 4 << 16);
	put32(f, leaves ? 2 : 1);
	put32(f, 0);
	put32(f, total);
}

void
rig_frame(struct story_rig *rig, double t, const char *segment,
	  const char *port, const char *comment, const char *text)
{
	struct packet_builder *builder = packet_builder_new();
	struct err err = ERR_INIT;
	const uint8_t *octets;
	size_t size;

	ck_assert_msg(packet_text_make(text, builder, &octets, &size, &err) ==
			  0,
		      "%s: %s", text, err.text);
	rig_octets_frame(rig, t, segment, port, comment, octets, size);
	packet_builder_free(builder);
}
