#include "switch/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"
#include "switch/lanes.h"
#include "switch/plugin-host.h"
#include "switch/port-settings.h"
#include "switch/port.h"
#include "switch/methods/methods.h"
#include "switch/segment.h"
#include "switch/stp.h"
#include "switch/switch.h"

/* Traffic that never pauses must not starve a caller.  In this time the loop
 * has gone round often enough for every socket's buffer to have been read. */
enum { PATIENCE_MS = 1000 };

struct idle_job {
	control_idle_fn *fn;
	struct rpc_call *call;
	STAILQ_ENTRY(idle_job) link;
};

/* ---- when there is nothing else to do ---- */

static void
start_waiting(struct control *control)
{
	event_active(control->idle, 0, 0);
	if (!timer_is_set(control->patience))
		timer_set_in(control->patience, PATIENCE_MS * NS_PER_MS);
}

/* Those that wait, in the order in which they came. */
static void
run_idle_jobs(struct control *control)
{
	struct idle_jobs jobs = STAILQ_HEAD_INITIALIZER(jobs);
	struct idle_job *job;

	timer_cancel(control->patience);
	event_del(control->idle);
	STAILQ_CONCAT(&jobs, &control->lane_jobs);
	STAILQ_CONCAT(&jobs, &control->idle_jobs);
	while ((job = STAILQ_FIRST(&jobs)) != NULL) {
		STAILQ_REMOVE_HEAD(&jobs, link);
		job->fn(control, job->call);
		free(job);
	}
}

static void
on_lanes_idle(void *arg)
{
	struct control *control = arg;
	struct idle_jobs later = STAILQ_HEAD_INITIALIZER(later);

	STAILQ_CONCAT(&later, &control->idle_jobs);
	run_idle_jobs(control);
	if (STAILQ_EMPTY(&later))
		return;
	STAILQ_CONCAT(&control->idle_jobs, &later);
	start_waiting(control);
}

/* We are idle: are the workers? */
static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;

	(void)fd;
	(void)what;
	switch_hold(control->sw);
	if (control->sw->lanes == NULL) {
		run_idle_jobs(control);
	} else if (STAILQ_EMPTY(&control->lane_jobs)) {
		STAILQ_CONCAT(&control->lane_jobs, &control->idle_jobs);
		lanes_when_idle(control->sw->lanes, on_lanes_idle, control);
	}
}

static void
on_patience(void *arg)
{
	struct control *control = arg;

	switch_hold(control->sw);
	if (control->sw->lanes != NULL)
		lanes_forget_idle(control->sw->lanes);
	run_idle_jobs(control);
}

void
control_when_idle(struct control *control, control_idle_fn *fn,
		  struct rpc_call *call)
{
	struct idle_job *job = XNEW(struct idle_job);

	job->fn = fn;
	job->call = call;
	STAILQ_INSERT_TAIL(&control->idle_jobs, job, link);
	start_waiting(control);
}

/* ---- events ---- */

static void
tell(struct control *control, const char *event, json_t *data)
{
	rpc_server_broadcast(control->server, event, data);
	json_decref(data);
}

static void
on_port_added(struct port *port, void *arg)
{
	tell(arg, "port.added",
	     json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)port->id,
		       "name", port->name, "segment", port->segment->name,
		       "kind", port->kind->name));
}

static void
on_port_removed(struct port *port, const char *reason, void *arg)
{
	tell(arg, "port.removed",
	     json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)port->id,
		       "name", port->name, "segment", port->segment->name,
		       "reason", reason));
}

static const char *
name_of(const struct vswitch *sw, port_id_t id)
{
	const struct port *port = switch_port(sw, id);

	return port != NULL ? port->name : NULL;
}

static void
on_loop_suspected(struct segment *segment, const struct fdb_entry *station,
		  void *arg)
{
	const struct vswitch *sw = segment->sw;
	char mac[MAC_TEXT_SIZE];

	tell(arg, "segment.loop-suspected",
	     json_pack("{s:s, s:s, s:i, s:s?, s:s?, s:I}", "segment",
		       segment->name, "mac", mac_format(&station->mac, mac),
		       "vid", (int)station->vid, "port",
		       name_of(sw, station->port), "from",
		       name_of(sw, station->moved_from), "moves",
		       (json_int_t)station->n_moves));
}

static void
on_port_carrier(struct port *port, void *arg)
{
	tell(arg, "port.carrier",
	     json_pack("{s:I, s:s, s:s, s:b}", "id", (json_int_t)port->id,
		       "name", port->name, "segment", port->segment->name,
		       "carrier", !port->no_carrier));
}

static void
on_port_stp(struct port *port, void *arg)
{
	struct rstp_port_status status;

	if (!stp_port_status(port, &status))
		return;
	tell(arg, "port.stp",
	     json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)port->id,
		       "name", port->name, "segment", port->segment->name,
		       "role", rstp_role_name(status.role), "state",
		       rstp_state_name(status.state)));
}

static void
on_topology_changed(struct port *port, void *arg)
{
	tell(arg, "segment.topology-changed",
	     json_pack("{s:s, s:s}", "segment", port->segment->name, "port",
		       port->name));
}

static void
on_plugin_event(const char *event, const json_t *data, void *arg)
{
	struct control *control = arg;

	rpc_server_broadcast(control->server, event, data);
}

/* ---- methods ---- */

/* With the parameters of the kinds that there are now. */
const struct rpc_method *
control_port_add(struct control *control)
{
	const struct vswitch *sw = control->sw;

	if (control->port_add_params == NULL ||
	    control->kinds_generation != sw->kinds_generation) {
		free(control->port_add_params);
		control->port_add_params =
		    control_port_add_params(sw->config.kinds);
		control->port_add.params = control->port_add_params;
		control->kinds_generation = sw->kinds_generation;
	}
	return &control->port_add;
}

static const struct rpc_method *
find_method(const char *name, void **arg, void *find_arg)
{
	struct control *control = find_arg;
	const struct rpc_method *method;

	/* Whatever it is going to do. */
	switch_hold(control->sw);
	*arg = control;
	if (strcmp(name, control->port_add.name) == 0)
		return control_port_add(control);
	method = methods_find(name);
	if (method == NULL)
		method = plugin_host_find_method(control->host, name, arg);
	return port_settings_wrap(control->port_settings, method, arg);
}

static void
on_plugin_control(const char *method, json_t *params, rpc_done_fn *done,
		  void *done_arg, void *arg)
{
	rpc_call_local(find_method, arg, method, params, -1, done, done_arg);
}

/* Is there a member of the same name as that of @word, "path:str?"? */
static bool
has_member(const char *params, const char *word)
{
	size_t len = strcspn(word, ":") + 1;

	for (; *params != '\0'; params += strspn(params, " ")) {
		if (strncmp(params, word, len) == 0)
			return true;
		params += strcspn(params, " ");
	}
	return false;
}

/* "path:str" may be missing when it is not a stream port that is added.  What
 * several kinds have is of one type with all of them. */
static char *
add_optional(char *params, const char *kind_params)
{
	char *words = xstrdup(kind_params), *rest = words, *word;

	while ((word = strsep(&rest, " ")) != NULL) {
		size_t len = strlen(word);
		char *longer;

		if (len == 0 || has_member(params, word))
			continue;
		longer = xasprintf("%s %s%s", params, word,
				   word[len - 1] == '?' ? "" : "?");
		free(params);
		params = longer;
	}
	free(words);
	return params;
}

char *
control_port_add_params(const struct port_kind *const *kinds)
{
	char *params = xstrdup(methods_find("port.add")->params);

	for (; *kinds != NULL; kinds++) {
		if ((*kinds)->params != NULL)
			params = add_optional(params, (*kinds)->params);
	}
	return params;
}

struct control *
control_new(const struct control_config *config, struct err *err)
{
	struct control *control = XNEW(struct control);
	struct vswitch *sw = config->sw;

	control->config = *config;
	control->sw = sw;
	control->host = config->host;
	STAILQ_INIT(&control->idle_jobs);
	STAILQ_INIT(&control->lane_jobs);
	control->server = rpc_server_new(sw->config.base, config->listen_fd,
					 find_method, control, err);
	if (control->server == NULL) {
		free(control);
		return NULL;
	}
	control->idle = event_new(sw->config.base, -1, 0, on_idle, control);
	if (control->idle == NULL)
		abort();
	event_priority_set(control->idle, SWITCH_PRIORITY_IDLE);
	control->patience = timer_new(sw->config.clock, on_patience, control);
	control->port_add = *methods_find("port.add");
	control->port_settings = port_settings_new(control);
	control->observer = (struct switch_observer){
		.port_added = on_port_added,
		.port_removed = on_port_removed,
		.loop_suspected = on_loop_suspected,
		.port_carrier = on_port_carrier,
		.port_stp = on_port_stp,
		.topology_changed = on_topology_changed,
		.arg = control,
	};
	switch_observer_add(sw, &control->observer);
	plugin_host_on_event(control->host, on_plugin_event, control);
	plugin_host_on_control(control->host, on_plugin_control, control);
	return control;
}

void
control_call(struct control *control, const char *method, json_t *params,
	     int fd, rpc_done_fn *done, void *arg)
{
	rpc_call_local(find_method, control, method, params, fd, done, arg);
}

const char *
control_signature(struct control *control, const char *method)
{
	const struct rpc_method *m;
	void *arg;

	m = find_method(method, &arg, control);
	return m != NULL ? m->params : NULL;
}

void
control_free(struct control *control)
{
	struct idle_job *job;

	if (control == NULL)
		return;
	if (control->sw->lanes != NULL)
		lanes_forget_idle(control->sw->lanes);
	STAILQ_CONCAT(&control->idle_jobs, &control->lane_jobs);
	plugin_host_on_event(control->host, NULL, NULL);
	plugin_host_on_control(control->host, NULL, NULL);
	switch_observer_remove(control->sw, &control->observer);
	port_settings_free(control->port_settings);
	while ((job = STAILQ_FIRST(&control->idle_jobs)) != NULL) {
		STAILQ_REMOVE_HEAD(&control->idle_jobs, link);
		if (job->call != NULL)
			rpc_fail(job->call, -ESHUTDOWN,
				 "the switch is stopping");
		free(job);
	}
	timer_free(control->patience);
	event_free(control->idle);
	rpc_server_free(control->server);
	free(control->port_add_params);
	free(control);
}
