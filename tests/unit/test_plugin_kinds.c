/* Kinds of port that a plugin brings. */
#include "config.h"

#include "switch/plugin-host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "switch/control.h"
#include "switch/switch.h"
#include "tests/unit/plugin-rig.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 3 };

static struct rig rig;
static struct plugin_rig p;

static void
setup(void)
{
	rig_init(&rig, N_PORTS);
	rig_learn_all(&rig);
	plugin_rig_init(&p, rig.sw, "kinds");
}

static void
teardown(void)
{
	plugin_rig_fini(&p);
	rig_assert_books(&rig);
	rig_fini(&rig);
}

/* Adds a port "w" of kind @name with @params, JSON with ' for "; NULL with @err
 * set. */
static struct port *
add_port(const char *name, const char *params, struct err *err)
{
	const struct port_kind *kind = switch_find_kind(rig.sw, name);
	char text[256];
	struct port *port;
	json_t *parsed;

	ck_assert_ptr_nonnull(kind);
	snprintf(text, sizeof(text), "%s", params);
	for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
		*quote = '"';
	parsed = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(parsed);
	port = switch_add_port(rig.segment, kind, "w", PORT_MTU_DEFAULT, parsed,
			       -1, err);
	json_decref(parsed);
	return port;
}

static struct port *
wire(const char *params)
{
	struct err err = ERR_INIT;
	struct port *port = add_port("wire", params, &err);

	ck_assert_msg(port != NULL, "%s", err.text);
	return port;
}

static json_int_t
described(const struct port *port, const char *key)
{
	json_t *obj = json_object();
	json_int_t value;

	port->kind->describe(port->priv, obj);
	ck_assert_str_eq(json_str_or(obj, "plugin", ""), "kinds");
	value = json_integer_value(json_object_get(obj, key));
	json_decref(obj);
	return value;
}

START_TEST(frames_leave_by_it)
{
	struct port *port;

	plugin_rig_load(&p, "kinds", "{}");
	port = wire("{}");
	rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, 64);
	ck_assert_int_eq(described(port, "taken"), 64);
	ck_assert_uint_eq(port->counters.tx_frames, 64);
}
END_TEST

START_TEST(frames_come_in_by_it)
{
	struct port *port;

	plugin_rig_load(&p, "kinds", "{}");
	port = wire("{}");
	plugin_rig_call(&p, "kinds.input", 0, "{'port':'w','n':3,'len':100}");
	ck_assert_uint_eq(rig_sent(&rig, 0), 3);
	ck_assert_uint_eq(rig_sent(&rig, 2), 3);
	ck_assert_uint_eq(dummy_sent(rig.ports[0], 0)->in_port, port->id);
	ck_assert_uint_eq(port->counters.rx_frames, 3);
	ck_assert_uint_eq(port->counters.rx_bytes, 300);
	ck_assert_uint_eq(rig.segment->made, 0);
}
END_TEST

START_TEST(its_mtu_is_kept)
{
	struct port *port;

	plugin_rig_load(&p, "kinds", "{}");
	port = wire("{}");
	port_set_mtu(port, 1500);
	plugin_rig_call(&p, "kinds.input", 0, "{'port':'w','n':1,'len':1515}");
	ck_assert_uint_eq(port->counters.rx_drops[DROP_OVERSIZE], 1);
	plugin_rig_call(&p, "kinds.input", 0, "{'port':'w','n':1,'len':1514}");
	ck_assert_uint_eq(rig_sent(&rig, 0), 1);
}
END_TEST

START_TEST(what_it_sends_back_inside_transmit_goes_on_later)
{
	struct port *port;

	plugin_rig_load(&p, "kinds", "{}");
	port = wire("{'echo':true}");
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	rig_loop(&rig); /* comes in by port w, and goes to the others */
	ck_assert_int_ge(described(port, "taken"), 1);
	ck_assert_uint_ge(rig_sent(&rig, 1), 2);
}
END_TEST

START_TEST(one_that_is_full_waits_to_be_writable)
{
	struct port *port;

	plugin_rig_load(&p, "kinds", "{}");
	port = wire("{'credit':2}");
	rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, 5);
	ck_assert_int_eq(described(port, "taken"), 2);
	ck_assert_uint_eq(port_queued(port), 3);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(port_queued(port), 4);
	plugin_rig_call(&p, "kinds.writable", 0, "{'port':'w'}");
	ck_assert_uint_eq(port_queued(port), 4); /* no credit yet */
	ck_assert(port->blocked);
}
END_TEST

START_TEST(a_frame_that_it_loses_is_a_drop)
{
	struct port *port;

	plugin_rig_load(&p, "kinds", "{}");
	port = wire("{}");
	rig_send(&rig, 0, RIG_BROADCAST, 0, 666);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	ck_assert_uint_eq(port->counters.tx_frames, 1);
	ck_assert_uint_eq(port->counters.tx_drops[DROP_SEND_ERROR], 1);
}
END_TEST

START_TEST(a_port_whose_peer_is_lost_is_removed)
{
	plugin_rig_load(&p, "kinds", "{}");
	wire("{}");
	plugin_rig_call(&p, "kinds.lose", 0, "{'port':'w'}");
	ck_assert_ptr_nonnull(switch_find_port(rig.sw, "w"));
	rig_loop(&rig);
	ck_assert_ptr_null(switch_find_port(rig.sw, "w"));
	ck_assert_int_eq(plugin_rig_shown(&p, "kinds", "counters", "closed"),
			 -1);
}
END_TEST

START_TEST(a_refusal_is_the_plugins)
{
	struct err err = ERR_INIT;

	plugin_rig_load(&p, "kinds", "{}");
	ck_assert_ptr_null(add_port("wire", "{'refuse':true}", &err));
	ck_assert_int_eq(err.code, -ECONNREFUSED);
	ck_assert_str_eq(err.text, "wire: told to refuse");
	ck_assert_ptr_null(add_port("wire", "{'colour':1}", &err));
	ck_assert_int_eq(err.code, -EINVAL);
}
END_TEST

START_TEST(ports_go_before_their_plugin)
{
	plugin_rig_load(&p, "kinds", "{}");
	wire("{'credit':0}");
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	plugin_rig_unload(&p, "kinds");
	ck_assert_ptr_null(switch_find_port(rig.sw, "w"));
	ck_assert_ptr_null(switch_find_kind(rig.sw, "wire"));
	rig_assert_books(&rig);
	plugin_rig_load(&p, "kinds", "{}");
	wire("{}");
}
END_TEST

START_TEST(a_start_that_fails_takes_its_kind_along)
{
	struct err err = ERR_INIT;
	const char *set[] = { "fail=true", NULL };
	char path[PATH_MAX + 16];
	struct plugin_request request = { .plugin = path, .settings = set };

	snprintf(path, sizeof(path), "%s/kinds.so", p.dir);
	ck_assert_ptr_null(plugin_host_load(p.host, &request, &err));
	ck_assert_ptr_null(switch_find_kind(rig.sw, "wire"));
}
END_TEST

static const struct {
	const char *name, *params;
	int code;
} kinds[] = {
	{ "name=wire", "params=a:int b:str?", 0 },
	{ "name=w", "params=path:str", 0 }, /* as that of others */
	{ "name=w", "params=", 0 },
	{ "name=stream", "params=a:int", -EEXIST },
	{ "name=Wire", "params=a:int", -EINVAL },
	{ "name=wire", "params=path:int", -EINVAL }, /* not as others */
	{ "name=wire", "params=segment:name", -EINVAL },
	{ "name=wire", "params=nonsense", -EINVAL },
};

START_TEST(kinds_are_checked)
{
	struct err err = ERR_INIT;
	const char *set[] = { kinds[_i].name, kinds[_i].params, NULL };
	char path[PATH_MAX + 16];
	struct plugin_request request = { .plugin = path, .settings = set };
	char *params;

	snprintf(path, sizeof(path), "%s/kinds.so", p.dir);
	switch_add_kind(rig.sw, &port_kind_stream);
	ck_assert_int_eq(
	    plugin_host_load(p.host, &request, &err) != NULL ? 0 : err.code,
	    kinds[_i].code);
	params = control_port_add_params(rig.sw->config.kinds);
	ck_assert(json_signature_valid(params));
	ck_assert_int_eq(strstr(params, "a:int?") != NULL, _i == 0);
	free(params);
	plugin_host_free(p.host);
	p.host = NULL;
	switch_remove_kind(rig.sw, &port_kind_stream);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ frames_leave_by_it, 0 },
		{ frames_come_in_by_it, 0 },
		{ its_mtu_is_kept, 0 },
		{ what_it_sends_back_inside_transmit_goes_on_later, 0 },
		{ one_that_is_full_waits_to_be_writable, 0 },
		{ a_frame_that_it_loses_is_a_drop, 0 },
		{ a_port_whose_peer_is_lost_is_removed, 0 },
		{ a_refusal_is_the_plugins, 0 },
		{ ports_go_before_their_plugin, 0 },
		{ a_start_that_fails_takes_its_kind_along, 0 },
		{ kinds_are_checked, UNIT_ROWS(kinds) },
		{ NULL, 0 },
	};

	return unit_run("plugin-kinds", tests, setup, teardown);
}
