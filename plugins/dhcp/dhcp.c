/*
 * dhcp: a DHCP server as a station on a segment: a kind of port.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <jansson.h>

#include "plugins/common/inst.h"
#include "plugins/dhcp/server.h"
#include "plugins/dhcp/settings.h"
#include "vdelab/plugin.h"

#define NS_PER_S UINT64_C(1000000000)

struct dhcp;

/* One port. */
struct station {
	LIST_ENTRY(station) link;
	struct dhcp *owner; /* borrowed */
	uint32_t port;
	struct dhcp_server server;
	/* Answers go when the turn that brought the questions is over. */
	struct vl_frame *answers[VL_VECTOR_MAX]; /* owned */
	uint32_t n_answers;
	struct vl_timer *timer;
	uint64_t n_events[SERVER_N_EVENTS];
	uint64_t n_malformed;
};

struct dhcp {
	struct vl_inst *inst;
	LIST_HEAD(, station) stations;
};

/* ---- frames ---- */

static void
on_timer(void *priv)
{
	struct station *s = priv;
	uint32_t n = s->n_answers;

	s->n_answers = 0;
	vl_port_input(s->owner->inst, s->port, s->answers, n);
}

static void
send_answer(struct station *s, const uint8_t *octets, size_t len)
{
	struct vl_inst *inst = s->owner->inst;
	struct vl_frame *frame;

	/* clients ask again */
	if (s->n_answers == VL_VECTOR_MAX)
		return;
	frame = vl_frame_new(inst, octets, (uint32_t)len);
	if (frame == NULL)
		return;
	s->answers[s->n_answers++] = frame;
	vl_timer_set(s->timer, vl_now_ns(inst));
}

static void
tell_bound(const struct station *s, const struct lease *lease)
{
	char mac[MAC_TEXT_SIZE], address[ADDRESS_TEXT_SIZE];

	vl_event_send(s->owner->inst, "bound",
		      json_pack("{s:s, s:s, s:s, s:s}", "port",
				vl_port_name(s->owner->inst, s->port), "mac",
				settings_mac_text(lease->mac, mac), "address",
				settings_address_text(lease->address, address),
				"name", lease->name));
}

static void
take_frame(struct station *s, const uint8_t *octets, size_t len)
{
	uint8_t answer[DHCP_FRAME_MAX];
	const struct lease *lease = NULL;
	struct dhcp_message m;
	enum server_event event;
	size_t answer_len =
	    dhcp_answer_arp(&s->server.net, octets, len, answer);
	int ret;

	if (answer_len > 0) {
		send_answer(s, answer, answer_len);
		return;
	}
	ret = dhcp_parse(&m, octets, len);
	s->n_malformed += ret == -EBADMSG;
	if (ret < 0)
		return;
	event = server_answer(&s->server, &m, vl_now_ns(s->owner->inst), answer,
			      &answer_len, &lease);
	s->n_events[event]++;
	if (answer_len > 0)
		send_answer(s, answer, answer_len);
	if (event == SERVER_BOUND)
		tell_bound(s, lease);
	else if (event == SERVER_EXHAUSTED)
		vl_log(s->owner->inst, "port %s: no address is left",
		       vl_port_name(s->owner->inst, s->port));
}

static uint32_t
station_transmit(void *priv, struct vl_frame *const *frames, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		take_frame(priv, vl_frame_data(frames[i]),
			   vl_frame_len(frames[i]));
	return n;
}

/* ---- the port ---- */

static void
station_close(void *priv)
{
	struct station *s = priv;

	for (uint32_t i = 0; i < s->n_answers; i++)
		vl_frame_discard(s->owner->inst, s->answers[i], VL_DROP);
	LIST_REMOVE(s, link);
	vl_timer_free(s->timer);
	leases_fini(&s->server.leases);
	free(s);
}

static int
station_open(struct vl_inst *inst, uint32_t port, const struct json_t *params,
	     int fd, void **priv, char *error, size_t error_size)
{
	struct dhcp *dhcp = vl_priv(inst);
	struct station *s;
	int ret;

	if (fd >= 0) {
		close(fd);
		snprintf(error, error_size,
			 "a port of kind dhcp takes no descriptor");
		return -EINVAL;
	}
	snprintf(error, error_size, "out of memory");
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	ret = settings_read(&s->server, params, error, error_size);
	if (ret == 0)
		s->timer = vl_timer_add(inst, on_timer, s);
	if (s->timer == NULL) {
		free(s);
		return ret < 0 ? ret : -ENOMEM;
	}
	s->owner = dhcp;
	s->port = port;
	LIST_INSERT_HEAD(&dhcp->stations, s, link);
	*priv = s;
	return 0;
}

static json_t *
lease_json(const struct lease *lease, uint64_t now_ns)
{
	char mac[MAC_TEXT_SIZE], address[ADDRESS_TEXT_SIZE];
	bool over = lease->state == LEASE_FREE || lease->until_ns <= now_ns;
	json_t *object = json_pack(
	    "{s:s, s:s, s:s, s:b}", "mac", settings_mac_text(lease->mac, mac),
	    "address", settings_address_text(lease->address, address), "state",
	    lease_state_names[over ? LEASE_FREE : lease->state], "reserved",
	    lease->reserved);

	if (lease->name[0] != '\0')
		json_object_set_new(object, "name", json_string(lease->name));
	if (!over)
		json_object_set_new(
		    object, "expires_s",
		    json_integer(
			(json_int_t)((lease->until_ns - now_ns) / NS_PER_S)));
	return object;
}

static json_t *
leases_json(const struct station *s)
{
	uint64_t now_ns = vl_now_ns(s->owner->inst);
	json_t *list = json_array();

	for (size_t i = 0; i < s->server.leases.n; i++)
		json_array_append_new(
		    list, lease_json(&s->server.leases.list[i], now_ns));
	return list;
}

static void
station_describe(const void *priv, struct json_t *into)
{
	static const char *const names[SERVER_N_EVENTS] = {
		[SERVER_SILENT] = "ignored",
		[SERVER_OFFERED] = "offers",
		[SERVER_BOUND] = "acks",
		[SERVER_REFUSED] = "naks",
		[SERVER_TOLD] = "informs",
		[SERVER_EXHAUSTED] = "exhausted",
		[SERVER_DECLINED] = "declines",
		[SERVER_RELEASED] = "releases",
	};
	const struct station *s = priv;
	char text[ADDRESS_TEXT_SIZE];
	json_t *dhcp =
	    json_pack("{s:s, s:I}", "address",
		      settings_address_text(s->server.net.address, text),
		      "malformed", (json_int_t)s->n_malformed);

	for (int i = 0; i < SERVER_N_EVENTS; i++)
		json_object_set_new(dhcp, names[i],
				    json_integer((json_int_t)s->n_events[i]));
	json_object_set_new(into, "dhcp", dhcp);
}

static const struct vl_port_kind kind = {
	.name = "dhcp",
	.summary = "a DHCP server",
	.params = SETTINGS_PARAMS,
	.details =
	    "`address` is the server's own, and the length of its network's: "
	    "192.168.1.254/24. Strangers get addresses of `range` "
	    "(192.168.1.100-192.168.1.199; without it, nobody does for whom "
	    "`dhcp.reserve` has none), for `lease` seconds (3600), and are "
	    "told "
	    "of `router`, up to four `dns` servers parted by commas, and "
	    "`domain`. `port.show` has also `dhcp`, how many messages were "
	    "answered how.",
	.open = station_open,
	.transmit = station_transmit,
	.describe = station_describe,
	.close = station_close,
};

/* ---- methods ---- */

static struct station *
find_station(const struct dhcp *dhcp, const json_t *params, char *error,
	     size_t error_size)
{
	const char *name = param_text(params, "port");
	uint32_t port = vl_port_find(dhcp->inst, name);
	struct station *s;

	LIST_FOREACH (s, &dhcp->stations, link) {
		if (s->port == port && port != VL_PORT_NONE)
			return s;
	}
	snprintf(error, error_size,
		 "\"%s\" is not a port of kind dhcp; `port add SEGMENT dhcp "
		 "address=ADDRESS/LENGTH` makes one",
		 name);
	return NULL;
}

static int
read_mac(const json_t *params, uint8_t *mac, char *error, size_t error_size)
{
	const char *text = param_text(params, "mac");

	if (settings_mac(text, mac) == 0)
		return 0;
	snprintf(error, error_size,
		 "\"%s\" is not the address of a station, such as "
		 "52:54:00:12:01:02",
		 text);
	return -EINVAL;
}

static int
method_reserve(void *priv, struct vl_inst *inst, const struct json_t *params,
	       struct json_t **result, char *error, size_t error_size)
{
	struct station *s = find_station(priv, params, error, error_size);
	const char *text = param_text(params, "address");
	const char *name = param_text(params, "name");
	uint8_t mac[DHCP_MAC_LEN];
	uint32_t address = 0;
	int ret;

	(void)inst;
	if (s == NULL)
		return -ENOENT;
	if (read_mac(params, mac, error, error_size) < 0)
		return -EINVAL;
	if (settings_address(text, &address) < 0 ||
	    !settings_is_host(&s->server.net, address) ||
	    address == s->server.net.address) {
		snprintf(error, error_size,
			 "\"%s\" is not an address for a station of the "
			 "server's network",
			 text);
		return -EINVAL;
	}
	if (name != NULL && strlen(name) >= DHCP_NAME_SIZE) {
		snprintf(error, error_size, "a name has at most %d bytes",
			 DHCP_NAME_SIZE - 1);
		return -EINVAL;
	}
	ret = leases_reserve(&s->server.leases, mac, address,
			     name != NULL ? name : "");
	if (ret == -EADDRINUSE)
		snprintf(error, error_size, "%s is reserved for another", text);
	else if (ret == -ENOSPC)
		snprintf(error, error_size, "at most %d leases", LEASES_MAX);
	*result = ret == 0 ? json_true() : NULL;
	return ret;
}

static int
method_forget(void *priv, struct vl_inst *inst, const struct json_t *params,
	      struct json_t **result, char *error, size_t error_size)
{
	struct station *s = find_station(priv, params, error, error_size);
	uint8_t mac[DHCP_MAC_LEN];

	(void)inst;
	if (s == NULL)
		return -ENOENT;
	if (read_mac(params, mac, error, error_size) < 0)
		return -EINVAL;
	if (leases_forget(&s->server.leases, mac) < 0) {
		snprintf(error, error_size, "%s has no address here",
			 param_text(params, "mac"));
		return -ENOENT;
	}
	*result = json_true();
	return 0;
}

static int
method_show(void *priv, struct vl_inst *inst, const struct json_t *params,
	    struct json_t **result, char *error, size_t error_size)
{
	struct dhcp *dhcp = priv;
	const struct station *s, *only = NULL;

	if (param_text(params, "port") != NULL) {
		only = find_station(dhcp, params, error, error_size);
		if (only == NULL)
			return -ENOENT;
	}
	*result = json_array();
	LIST_FOREACH (s, &dhcp->stations, link) {
		json_t *leases = leases_json(s), *lease;
		size_t i;

		json_array_foreach(leases, i, lease)
		{
			if (only != NULL && only != s)
				continue;
			json_object_set_new(
			    lease, "port",
			    json_string(vl_port_name(inst, s->port)));
			json_array_append(*result, lease);
		}
		json_decref(leases);
	}
	return 0;
}

static const struct vl_method methods[] = {
	{ .name = "reserve",
	  .params = "port:name mac:str address:str name:str?",
	  .summary = "an address is always the same station's",
	  .result = "`true`",
	  .details = "`port` is the server. The address may be within its "
		     "range or not; who has it now is told so when he asks "
		     "again. With `name`, the station is told that it is "
		     "called so.",
	  .fn = method_reserve },
	{ .name = "forget",
	  .params = "port:name mac:str",
	  .summary = "forget the address of a station, reserved or not",
	  .result = "`true`",
	  .fn = method_forget },
	{ .name = "show",
	  .params = "port:name?",
	  .summary = "who has which address",
	  .result = "`[{port, mac, address, state, reserved, name?, "
		    "expires_s?}]`; `state` is `free`, `offered`, `bound` or "
		    "`declined`",
	  .fn = method_show },
	{ .name = NULL },
};

/* ---- the instance ---- */

static int
dhcp_start(struct vl_inst *inst, const struct json_t *options, char *error,
	   size_t error_size)
{
	struct dhcp *dhcp = calloc(1, sizeof(*dhcp));
	int ret;

	(void)options;
	if (dhcp == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	dhcp->inst = inst;
	LIST_INIT(&dhcp->stations);
	vl_set_priv(inst, dhcp);
	ret = inst_add_methods(inst, methods);
	if (ret == 0)
		ret = vl_port_kind_add(inst, &kind);
	if (ret < 0) {
		snprintf(error, error_size, "%s",
			 ret == -EEXIST ? "it is loaded already: one is enough "
					  "for all segments"
					: strerror(-ret));
		free(dhcp);
	}
	return ret;
}

static void
dhcp_stop(struct vl_inst *inst)
{
	free(vl_priv(inst));
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "dhcp",
	.summary = "ports of kind dhcp: DHCP servers",
	.options = "",
	.start = dhcp_start,
	.stop = dhcp_stop,
	.methods = methods,
};
