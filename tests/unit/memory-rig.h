/*
 * memory-rig: files of memory as front-ends hand them over, and what of them
 * is left in this process.
 */
#ifndef TESTS_MEMORY_RIG_H
#define TESTS_MEMORY_RIG_H

#include <stdint.h>

enum { RIG_PAGE = 4096 }; /* the smallest of any machine */

/** memory_rig_file() - a new one, which can be sealed
 * Return: owned. */
int memory_rig_file(uint64_t size);
/** memory_rig_read(), memory_rig_write() - one octet by the other way, as the
 * front-end sees it */
uint8_t memory_rig_read(int fd, uint64_t at);
void memory_rig_write(int fd, uint64_t at, uint8_t octet);
/** memory_rig_pages() - how many pages of files of memfd_create() are mapped;
 * the kernel makes neighbours one mapping */
uint64_t memory_rig_pages(void);
/** memory_rig_fds() - how many descriptors are open */
unsigned memory_rig_fds(void);

#endif /* TESTS_MEMORY_RIG_H */
