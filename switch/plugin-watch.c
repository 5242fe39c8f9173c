/* Descriptors that plugins wait for. */
#include "vdelab/plugin.h"

#include <stdlib.h>

#include <event2/event.h>

#include "switch/plugin-inst.h"
#include "switch/switch.h"

struct vl_watch {
	struct vl_inst *inst;
	struct event *event;
	int fd;
	vl_watch_fn *fn;
	void *priv;
	LIST_ENTRY(vl_watch) link;
};

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct vl_watch *watch = arg;
	struct lane *lane = watch->inst->lane;
	unsigned events =
	    (what & EV_READ ? VL_READ : 0u) | (what & EV_WRITE ? VL_WRITE : 0u);

	lane_enter(lane);
	watch->fn(watch->priv, (int)fd, events); /* may free it */
	lane_leave(lane);
}

void
vl_watch_set(struct vl_watch *watch, unsigned events)
{
	short what = EV_PERSIST;

	if (events & VL_READ)
		what |= EV_READ;
	if (events & VL_WRITE)
		what |= EV_WRITE;
	event_del(watch->event);
	if (what == EV_PERSIST)
		return;
	event_assign(watch->event, watch->inst->lane->base, watch->fd, what,
		     on_event, watch);
	event_add(watch->event, NULL);
}

struct vl_watch *
vl_watch_add(struct vl_inst *inst, int fd, unsigned events, vl_watch_fn *fn,
	     void *priv)
{
	struct vl_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->inst = inst;
	watch->fd = fd;
	watch->fn = fn;
	watch->priv = priv;
	watch->event =
	    event_new(inst->lane->base, fd, EV_PERSIST, on_event, watch);
	if (watch->event == NULL) {
		free(watch);
		return NULL;
	}
	LIST_INSERT_HEAD(&inst->watches, watch, link);
	vl_watch_set(watch, events);
	return watch;
}

void
vl_watch_free(struct vl_watch *watch)
{
	if (watch == NULL)
		return;
	LIST_REMOVE(watch, link);
	event_free(watch->event);
	free(watch);
}

void
plugin_watches_detach(struct vl_inst *inst)
{
	struct vl_watch *watch;

	LIST_FOREACH (watch, &inst->watches, link)
		vl_watch_set(watch, 0);
}

void
plugin_watches_fini(struct vl_inst *inst)
{
	struct vl_watch *watch;

	while ((watch = LIST_FIRST(&inst->watches)) != NULL)
		vl_watch_free(watch);
}
