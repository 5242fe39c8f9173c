/*
 * live: a plan brought to life: its network and the machines of the nodes.  Tells the event log whatever
 * happens.
 */
#ifndef DRIVER_LIVE_H
#define DRIVER_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "driver/vm/machine.h"

struct clock;
struct err;
struct event_base;
struct event_log;
struct live;
struct network;
struct plan;
struct vm_image;

/* What machines do, after the event log has been told; @text and @data as in
 * machine_event_fn. */
typedef void live_machine_fn(size_t node, enum machine_event event,
			     const char *text, void *arg);
/* The lab can no longer be trusted: there is no network any more. */
typedef void live_broken_fn(const char *why, void *arg);

struct live_spec {
	struct event_base *base;
	struct clock *clock;
	struct event_log *log;
	const struct plan *plan;
	const struct vm_image *images; /* one for each node */
	const char *qemu;
	enum accel accel;
	bool snapshots;	     /* machines need not boot: driver/vm/snapshot.h */
	const char *run_dir; /* private; removed by the caller */
	const char *results_dir; /* captures, serial logs */
	const char *title;	 /* of the run, for who reads them */
	live_machine_fn *on_machine;
	live_broken_fn *on_broken;
	void *arg;
};

/** live_new() - start the switch, make segments, start captures; machines are
 * off.  Runs the loop.  @spec's pointers are borrowed.
 * Return: owned by the caller; NULL with @err set. */
struct live *live_new(const struct live_spec *spec, struct err *err);
/** live_free() - kill the machines, stop the switch, which completes the
 * captures; runs the loop.  Return: 0, or -errno with @err set when something
 * was not in order.  NULL is a no-op. */
int live_free(struct live *live, struct err *err);

struct machine *live_machine(struct live *live, size_t node);
struct network *live_network(struct live *live);
/** live_run_dir() - where files may be kept until the run ends; borrowed */
const char *live_run_dir(const struct live *live);

/* @err is NULL on success.  From the loop, or at once. */
typedef void live_started_fn(const struct err *err, void *arg);

/** live_start() - plug a node's interfaces in and start its QEMU; when that is
 * under way already, wait for it.  One that goes on from a saved state is up
 * when @done runs. */
void live_start(struct live *live, size_t node, bool allow_reboot,
		live_started_fn *done, void *arg);
/** live_start_from() - the same from what machine_save() has written; what
 * @origin points to is borrowed until @done, which is told when it is loaded
 * when it is held.  -EBUSY when it runs. */
void live_start_from(struct live *live, size_t node, bool allow_reboot,
		     const struct machine_origin *origin, live_started_fn *done,
		     void *arg);

#endif /* DRIVER_LIVE_H */
