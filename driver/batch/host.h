/* host: how much memory and how many cores there are for machines, now. */
#ifndef DRIVER_BATCH_HOST_H
#define DRIVER_BATCH_HOST_H

#include <stdint.h>

struct host_room {
	uint64_t memory_mib; /* UINT64_MAX: nobody knows */
	unsigned cores;	     /* 1 at least */
};

/**
 * host_room_read() - what can be used without swapping, and by this process:
 * MemAvailable, and what the control groups (version 2) around us leave of
 * memory.max and cpu.max; the cores of our affinity
 * @root: "", or in tests a directory with a proc/ and a sys/fs/cgroup/ of its
 *        own
 */
void host_room_read(const char *root, struct host_room *room);

#endif /* DRIVER_BATCH_HOST_H */
