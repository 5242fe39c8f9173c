/*
 * snapshot: machines that need not boot.  Of machines that differ in nothing but
 * their identity one is booted, without a network, until its shell answers; its
 * state is kept, and all of them go on from there.
 */
#ifndef DRIVER_VM_SNAPSHOT_H
#define DRIVER_VM_SNAPSHOT_H

#include "driver/vm/machine.h"
#include "driver/vm/snapshot-store.h"

struct snapshots;

/* Something was done, for the log; borrowed. */
typedef void snapshots_log_fn(const char *text, void *arg);

/** snapshots_new() - @host: borrowed for its life */
struct snapshots *snapshots_new(const struct machine_host *host,
				snapshots_log_fn *log, void *arg);

/* @snapshot: taken; NULL when the machine has to boot, and @why tells.  May run
 * inside snapshots_get(). */
typedef void snapshot_done_fn(struct snapshot *snapshot, const char *why,
			      void *arg);
/**
 * snapshots_get() - what a machine can go on from, made if need be
 * @node, @image: borrowed until @done
 *
 * That one is made takes as long as a guest needs to boot; where that fails it
 * is tried once.  Forgotten by snapshots_free().
 */
void snapshots_get(struct snapshots *snapshots, const struct plan_node *node,
		   const struct vm_image *image, snapshot_done_fn *done,
		   void *arg);
/** snapshots_reject() - that one was no good, because of @why: it is removed, and
 * such machines boot from now on */
void snapshots_reject(struct snapshots *snapshots, const struct plan_node *node,
		      const struct vm_image *image, const char *why);
void snapshots_free(struct snapshots *snapshots);

#endif /* DRIVER_VM_SNAPSHOT_H */
