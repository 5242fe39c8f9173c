/*
 * build: make a frame's octets of fields.
 *
 *     packet_builder_open(b, protocol)      the next layer
 *       packet_builder_set(b, field, ...)   in the order of the table
 *       packet_builder_open(b, kind)        an item of a list of its tail
 *         ...
 *       packet_builder_close(b)
 *     packet_builder_close(b)
 *     packet_builder_finish(b)
 *
 * Fields that are not set get what the table says: lengths, checksums, numbers
 * of the next header.  Those that are set stay as they are, right or wrong.
 * Pure.
 */
#ifndef DRIVER_PACKET_BUILD_H
#define DRIVER_PACKET_BUILD_H

#include "driver/packet/packet.h"

struct err;
struct packet_builder;

enum { PACKET_BUILD_LAYERS_MAX = 64 };

struct packet_builder *packet_builder_new(void);
void packet_builder_free(struct packet_builder *builder);
/** packet_builder_open() - begin a layer, or an item of what is open
 * Return: 0; -E2BIG for too many layers, or too deep. */
int packet_builder_open(struct packet_builder *builder,
			const struct packet_protocol *protocol,
			struct err *err);
/** packet_builder_open_item() - begin an item of @list, a field of what is open
 */
int packet_builder_open_item(struct packet_builder *builder,
			     const struct packet_field *list,
			     const struct packet_protocol *kind,
			     struct err *err);
/** packet_builder_set() - a field of what is open, which is no list
 * Return: 0; -ERANGE with @err set for what it cannot hold. */
int packet_builder_set(struct packet_builder *builder,
		       const struct packet_field *field,
		       const struct packet_value *value, struct err *err);
void packet_builder_close(struct packet_builder *builder);
/**
 * packet_builder_finish() - fill in what depends on several layers
 * @octets: borrowed from @builder
 *
 * Return: 0; -EMSGSIZE for more than PACKET_SIZE_MAX octets, or more than a
 *         length can say.
 */
int packet_builder_finish(struct packet_builder *builder,
			  const uint8_t **octets, size_t *size,
			  struct err *err);
/** packet_builder_copy() - open, set and close everything that @part of @packet
 * has, as it is */
int packet_builder_copy(struct packet_builder *builder,
			const struct packet *packet,
			const struct packet_part *part, struct err *err);

#endif /* DRIVER_PACKET_BUILD_H */
