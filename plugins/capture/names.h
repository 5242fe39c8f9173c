/*
 * names: what stations are called: addresses and their names, which captures
 * carry along so that Wireshark shows them.  Does no I/O.
 */
#ifndef CAPTURE_NAMES_H
#define CAPTURE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "plugins/capture/pcapng.h"

enum { NAMES_MAX = 8192 };

struct names;

/** names_new() - Return: owned by the caller; NULL when out of memory. */
struct names *names_new(void);
/** names_free() - NULL is a no-op */
void names_free(struct names *names);

/**
 * names_set() - all that @object says, or nothing
 * @object: names by address, {"192.168.1.1": "client"}: IPv4, IPv6 and MAC
 *          addresses; an empty name takes an address out; borrowed
 *
 * Return: 0; -EINVAL, -ENOSPC, -ENOMEM with the reason in @error.
 */
int names_set(struct names *names, const json_t *object, char *error,
	      size_t error_size);

/** names_list() - the table, *@n of them, by address; borrowed until the next
 * change */
const struct pcapng_name *names_list(const struct names *names, size_t *n);
/** names_generation() - another number after each change */
uint64_t names_generation(const struct names *names);
/** names_json() - as names_set() takes it; returned owned */
json_t *names_json(const struct names *names);

#endif /* CAPTURE_NAMES_H */
