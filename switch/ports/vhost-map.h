/*
 * vhost-map: a part of a file that a peer has handed over, in our memory.
 *
 * The peer keeps its descriptor, and may make the file shorter: then what is
 * mapped reads as zeros and is nobody's but ours (vhost-sigbus).
 */
#ifndef PORTS_VHOST_MAP_H
#define PORTS_VHOST_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct vhost_guard;

/* Of one mapping.  A file without contents may be longer than our address
 * space, which is everybody's. */
#define VHOST_MAP_MAX_BYTES (UINT64_C(1) << 40)

/* All zeros: nothing is mapped. */
struct vhost_map {
	uint8_t *at;   /* the first octet asked for; NULL: nothing is mapped */
	uint64_t size; /* octets from there on */
	void *base;    /* of the mapping, which begins and ends with pages */
	size_t base_size;
	struct vhost_guard *guard;
	/* which octets of which file these are */
	uint64_t offset;
	dev_t dev;
	ino_t ino;
};

/**
 * vhost_map_open() - for reading and writing, shared with the peer
 * @map:  nothing is mapped
 * @fd:   borrowed: may be closed afterwards
 * @size: > 0; @offset + @size may be anything
 * @damaged: is set once octets are gone; outlives the mapping
 *
 * Only files that are memory by themselves are taken: pages of others may keep
 * the whole process waiting.
 *
 * Return: 0; -EPROTO: it is no such file, or has no such octets, or they are
 *         more than VHOST_MAP_MAX_BYTES; other -errno when mapping fails.
 */
int vhost_map_open(struct vhost_map *map, int fd, uint64_t offset,
		   uint64_t size, atomic_bool *damaged, struct err *err);
/**
 * vhost_map_is() - would vhost_map_open() with these find what is mapped?
 *
 * No if the file has become shorter than that.
 */
bool vhost_map_is(const struct vhost_map *map, int fd, uint64_t offset,
		  uint64_t size);
/** vhost_map_close() - no-op when nothing is mapped */
void vhost_map_close(struct vhost_map *map);

#endif /* PORTS_VHOST_MAP_H */
