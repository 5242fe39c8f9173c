/*
 * plugin-rig: a plugin host with built plugins of tests/unit/plugins, whose
 * methods are called as a client would and whose events are written down.
 */
#ifndef TESTS_PLUGIN_RIG_H
#define TESTS_PLUGIN_RIG_H

#include <limits.h>

#include <jansson.h>

#include "switch/plugin-host.h"
#include "vdelab/plugin.h"

struct vswitch;

struct plugin_rig {
	struct vswitch *sw;
	struct plugin_host *host;
	char dir[PATH_MAX]; /* of copies that only we can write */
	char events[4096];  /* "NAME DATA\n", keys sorted, no spaces */
};

/** plugin_rig_init() - a host for @sw, with the plugin @name */
void plugin_rig_init(struct plugin_rig *p, struct vswitch *sw,
		     const char *name);
void plugin_rig_fini(struct plugin_rig *p);
/** plugin_rig_copy() - the built @from in .dir, called @as */
void plugin_rig_copy(struct plugin_rig *p, const char *from, const char *as);

/* JSON in what follows has ' for ". */

/** plugin_rig_load() - @options: JSON; Return: the id, borrowed */
const char *plugin_rig_load(struct plugin_rig *p, const char *plugin,
			    const char *options, ...)
    __attribute__((format(printf, 3, 4)));
const char *plugin_rig_load_for(struct plugin_rig *p, const char *plugin,
				const char *port, enum vl_direction direction,
				const char *options, ...)
    __attribute__((format(printf, 5, 6)));
void plugin_rig_unload(struct plugin_rig *p, const char *id);

/** plugin_rig_set() - change options, which is to give @code */
void plugin_rig_set(struct plugin_rig *p, const char *id, int code,
		    const char *options, ...)
    __attribute__((format(printf, 4, 5)));

/** plugin_rig_call() - call @method ("probe.echo"), which is to give @code */
void plugin_rig_call(struct plugin_rig *p, const char *method, int code,
		     const char *params, ...)
    __attribute__((format(printf, 4, 5)));

/** plugin_rig_shown() - the number @key in @object (NULL: at the top) of what
 * plugin.show tells of @id; -1 when there is none */
json_int_t plugin_rig_shown(const struct plugin_rig *p, const char *id,
			    const char *object, const char *key);

void plugin_rig_assert_events(const struct plugin_rig *p, const char *want, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* TESTS_PLUGIN_RIG_H */
