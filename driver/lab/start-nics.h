/*
 * start-nics: what network cards a script that starts QEMU gives its machine,
 * as far as its text tells.
 *
 * Scripts of NixOS have, for each card, the words
 *	-device virtio-net-pci,netdev=vlan1,mac=52:54:00:12:02:01
 *	-netdev vde,id=vlan1,sock="$QEMU_VDE_SOCKET_2"
 * where the id counts cards and the socket's number is the segment's.  What is
 * written in any other way is not found; nothing is run.
 */
#ifndef DRIVER_LAB_START_NICS_H
#define DRIVER_LAB_START_NICS_H

#include <stdbool.h>
#include <stddef.h>

#include "driver/lab/plan.h"
#include "lib/mac.h"

struct start_nic {
	unsigned vlan;		       /* PLAN_VLAN_MIN..PLAN_VLAN_MAX */
	char netdev[PLAN_NETDEV_SIZE]; /* its -netdev's id; "": unknown */
	struct mac mac;		       /* all zero: unknown */
};

/**
 * start_nics_find() - the cards, in the order in which the text has them
 * @text: any bytes, @size of them
 * @nics: filled with the first @max
 *
 * Return: how many there are, which may be more than @max.
 */
size_t start_nics_find(const char *text, size_t size, struct start_nic *nics,
		       size_t max);

/** start_memory_find() - how much memory its machine has: "-m 1024", "-m 1G"
 * Return: MiB; 0: the text does not tell. */
unsigned start_memory_find(const char *text, size_t size);

#endif /* DRIVER_LAB_START_NICS_H */
