/*
 * snapshot-key: which machines can go on from one saved state, and which from
 * none.
 */
#ifndef DRIVER_VM_SNAPSHOT_KEY_H
#define DRIVER_VM_SNAPSHOT_KEY_H

#include "driver/lab/plan.h"
#include "driver/vm/accel.h"

struct err;
struct vm_image;

enum { SNAPSHOT_KEY_LEN = 32 };

/** snapshot_save_refusal() - why the state of such a machine cannot be saved;
 * NULL: it can */
const char *snapshot_save_refusal(const struct plan_node *node);
/** snapshot_refusal() - why such a machine has to boot; NULL: it need not */
const char *snapshot_refusal(const struct plan_node *node);

/* A node without an identity, like @node but for that: what is booted once in
 * place of many. */
struct snapshot_node {
	struct plan_node node; /* members are borrowed of the original */
	struct plan_nic nics[PLAN_NICS_MAX];
};
void snapshot_node_init(struct snapshot_node *anyone,
			const struct plan_node *node);

/**
 * snapshot_key() - everything that a saved state depends on, as text
 *
 * QEMU (which file, how old), its arguments, the files that are booted, the
 * shell functions that are in the guest, this boot of the host; with KVM also
 * its kernel and CPU.
 *
 * Return: returned owned; NULL with @err set when a file cannot be looked at.
 */
char *snapshot_key(const char *qemu, enum accel accel,
		   const struct plan_node *node, const struct vm_image *image,
		   struct err *err);
/** snapshot_key_hash() - SNAPSHOT_KEY_LEN digits and a NUL into @name */
void snapshot_key_hash(const char *key, char name[static SNAPSHOT_KEY_LEN + 1]);

#endif /* DRIVER_VM_SNAPSHOT_KEY_H */
