/* plugin-inst: what an instance of a plugin has; for plugin-host.c, which owns
 * it, and for plugin-*.c, which are what the plugin sees of it. */
#ifndef SWITCH_PLUGIN_INST_H
#define SWITCH_PLUGIN_INST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/log.h"
#include "lib/rpc.h"
#include "switch/drop-watch.h"
#include "switch/pipeline.h"
#include "switch/plugin-file.h"
#include "vdelab/plugin.h"

struct marks;
struct plugin_host;
struct event;
struct inst_kind;
struct inst_request;
struct lane;
struct vl_timer;
struct vl_watch;
struct vswitch;

enum {
	INST_NAME_SIZE = 48,
	INST_REQUESTS_MAX = 256, /* of the switch, open */
};

struct inst_counter {
	uint64_t value;
	char *name, *unit;
	STAILQ_ENTRY(inst_counter) link;
};

struct inst_method {
	struct vl_inst *inst;
	char *full_name; /* "capture.start" */
	struct rpc_method rpc;
	vl_method_fn *fn;
	STAILQ_ENTRY(inst_method) link;
};

/* A method that has been called and has not returned. */
struct inst_call {
	struct rpc_call *rpc;
	bool deferred;
	struct vl_call *later; /* when deferred, until it is answered */
};

/* A method that has returned and will answer later. */
struct vl_call {
	struct vl_inst *inst;
	struct rpc_call *rpc;
	LIST_ENTRY(vl_call) link;
};

struct vl_inst {
	char name[INST_NAME_SIZE];
	struct plugin_host *host;
	struct vswitch *sw;
	struct lane *lane; /* of its scope: where all of it runs */
	struct plugin_file file;
	struct hook_owner owner;
	struct drop_watch drop_watch;
	struct marks *marks;		  /* of all instances; borrowed */
	uint64_t n_lost, n_looped;	  /* frames it injected */
	char *scope_segment, *scope_port; /* names, as asked for; or NULL */
	json_t *options;		  /* as they are now; owned */
	vl_port_fn *on_port;		  /* or NULL */
	STAILQ_HEAD(, inst_counter) counters;
	STAILQ_HEAD(, inst_method) methods;
	LIST_HEAD(, inst_kind) kinds;
	LIST_HEAD(, vl_timer) timers;
	LIST_HEAD(, vl_program) programs;
	LIST_HEAD(, vl_watch) watches;
	LIST_HEAD(, vl_call) calls;
	STAILQ_HEAD(inst_requests, inst_request) requests;
	unsigned n_requests;
	struct event *asks;	   /* runs what .requests wait for; or NULL */
	struct inst_call *current; /* or NULL */
	struct log_site log_site;
	TAILQ_ENTRY(vl_inst) link;
};

/** plugin_inst_detach() - no hook, method, timer or event reaches the plugin
 * any more (plugin-api.c) */
void plugin_inst_detach(struct vl_inst *inst);
/** plugin_inst_fini() - free the rest of what the API gave it; open calls are
 * answered, frames it has kept are dropped (plugin-api.c) */
void plugin_inst_fini(struct vl_inst *inst);

/* Their parts for frames, ports and control (plugin-*.c). */
void plugin_frames_detach(struct vl_inst *inst);
void plugin_frames_fini(struct vl_inst *inst);
void plugin_ports_detach(struct vl_inst *inst);
/* Removes ports: between turns, unless there can be none. */
void plugin_kinds_detach(struct vl_inst *inst);
void plugin_programs_detach(struct vl_inst *inst);
void plugin_programs_fini(struct vl_inst *inst);
void plugin_control_detach(struct vl_inst *inst);
void plugin_control_fini(struct vl_inst *inst);
void plugin_watches_detach(struct vl_inst *inst);
void plugin_watches_fini(struct vl_inst *inst);

/** plugin_inst_show() - its part of plugin.show, returned owned
 * (plugin-show.c) */
json_t *plugin_inst_show(const struct vl_inst *inst);
/** plugin_host_control() - call a method of the switch; as control_call()
 * (plugin-host.c) */
void plugin_host_control(struct plugin_host *host, const char *method,
			 json_t *params, rpc_done_fn *done, void *arg);
/** plugin_host_send_event() - @data: borrowed (plugin-host.c) */
void plugin_host_send_event(struct plugin_host *host, const char *event,
			    const json_t *data);

#endif /* SWITCH_PLUGIN_INST_H */
