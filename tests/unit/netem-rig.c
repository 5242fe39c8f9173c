#include "tests/unit/netem-rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

struct netem_rig rig;

void
netem_rig_setup(void)
{
	char error[256] = "";

	rig.host = fake_host_new();
	rig.vlan1 = fake_segment_add(rig.host, "vlan1");
	rig.client = fake_port_add(rig.host, rig.vlan1, "client.eth1");
	rig.server = fake_port_add(rig.host, rig.vlan1, "server.eth1");
	ck_assert_msg(
	    fake_start(rig.host, &vl_plugin, NULL, error, sizeof(error)) == 0,
	    "%s", error);
}

void
netem_rig_teardown(void)
{
	fake_host_free(rig.host);
}

/* ---- calls ---- */

const struct fake_reply *
rig_call(const char *method, const char *fmt, ...)
{
	char params[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(params, sizeof(params), fmt, ap);
	va_end(ap);
	return fake_call(rig.host, method, params, -1);
}

const json_t *
rig_set(const char *method, const char *port, const char *dir, const char *spec)
{
	const struct fake_reply *reply = rig_call(
	    method, "{\"port\": \"%s\", \"dir\": \"%s\", \"spec\": \"%s\"}",
	    port, dir, spec);

	ck_assert_msg(reply->code == 0, "%s", reply->text);
	return reply->result;
}

const json_t *
rig_show(const char *port, const char *dir)
{
	const struct fake_reply *reply =
	    rig_call("show", "{\"port\": \"%s\"}", port);
	const json_t *row;
	size_t i;

	ck_assert_msg(reply->code == 0, "%s", reply->text);
	json_array_foreach(reply->result, i, row)
	{
		const char *of = json_string_value(json_object_get(row, "dir"));

		if (strcmp(of, dir) == 0)
			return row;
	}
	return NULL;
}

json_int_t
rig_number(const char *port, const char *dir, const char *key)
{
	const json_t *value = json_object_get(rig_show(port, dir), key);

	ck_assert_msg(json_is_integer(value), "no %s", key);
	return json_integer_value(value);
}

const char *
rig_string(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	ck_assert_msg(text != NULL, "no %s", key);
	return text;
}

/* ---- frames ---- */

struct fake_fate
rig_push(int i)
{
	uint8_t octets[100] = { 2, [99] = (uint8_t)i };
	struct fake_frame frame = { octets, sizeof(octets) };

	return fake_push(rig.host, rig.client, rig.server, &frame);
}

const char *
rig_outs(void)
{
	static char text[FAKE_OUTS_MAX];
	size_t n = fake_n_outs(rig.host);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('0' + fake_out(rig.host, i)->data[99]);
	text[n] = '\0';
	return text;
}

const char *
rig_fates(int n)
{
	static char texts[2][256];
	static int turn;
	char *text = texts[turn++ % 2];

	for (int i = 0; i < n; i++)
		text[i] = rig_push(i).verdict == VL_PASS ? '.' : 'x';
	text[n] = '\0';
	return text;
}
