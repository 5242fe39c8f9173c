#include "config.h"

#include "tests/unit/guard-rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/xalloc.h"

enum { FRAME_LEN = 60 };

void
guard_init(struct guard_rig *rig)
{
	rig->host = fake_host_new();
	rig->vlan1 = fake_segment_add(rig->host, "vlan1");
	rig->client = fake_port_add(rig->host, rig->vlan1, "client.eth1");
	rig->server = fake_port_add(rig->host, rig->vlan1, "server.eth1");
	rig->third = fake_port_add(rig->host, rig->vlan1, "third.eth1");
}

void
guard_fini(struct guard_rig *rig)
{
	fake_host_free(rig->host);
}

/* Returned owned. */
static char *
to_json(const char *text)
{
	char *json = xstrdup(text);

	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return json;
}

void
guard_start(struct guard_rig *rig, const char *options)
{
	char *json = options != NULL ? to_json(options) : NULL;
	char error[256] = "";

	ck_assert_msg(
	    fake_start(rig->host, &vl_plugin, json, error, sizeof(error)) == 0,
	    "%s", error);
	free(json);
}

const json_t *
guard_call(struct guard_rig *rig, const char *method, const char *params)
{
	char *json = to_json(params);
	const struct fake_reply *reply = fake_call(rig->host, method, json, -1);

	ck_assert_msg(reply->code == 0, "%s %s: %s", method, json, reply->text);
	free(json);
	return reply->result;
}

void
guard_refuse(struct guard_rig *rig, const char *method, const char *params,
	     int code, const char *what)
{
	char *json = to_json(params);
	const struct fake_reply *reply = fake_call(rig->host, method, json, -1);

	ck_assert_msg(reply->code == code, "%s %s: %d", method, json,
		      reply->code);
	ck_assert_msg(strstr(reply->text, what) != NULL, "%s", reply->text);
	free(json);
}

static const json_t *
member(const json_t *list, const char *key)
{
	const json_t *first =
	    json_is_array(list) ? json_array_get(list, 0) : list;
	const json_t *value = json_object_get(first, key);

	ck_assert_msg(value != NULL, "%s is missing", key);
	return value;
}

json_int_t
guard_number(const json_t *list, const char *key)
{
	return json_integer_value(member(list, key));
}

const char *
guard_text(const json_t *list, const char *key)
{
	return json_string_value(member(list, key));
}

/* ---- frames ---- */

static void
put_mac(uint8_t *at, uint8_t station)
{
	const uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, station };

	memcpy(at, mac, sizeof(mac));
}

static void
put_tcp(uint8_t *f, uint8_t to, uint8_t from, uint8_t ports, uint8_t flags)
{
	static const uint8_t ip[] = { 0x08, 0x00, 0x45, 0, 0, 40, 0,  0,
				      0,    0,	  64,	6, 0, 0,  10, 0,
				      0,    0,	  10,	0, 0, 0 };

	put_mac(f, to);
	put_mac(f + 6, from);
	memcpy(f + 12, ip, sizeof(ip));
	f[29] = from;
	f[33] = to;
	f[34 + ports] = 0;
	f[35 + ports] = 80;
	f[46] = 5 << 4;
	f[47] = flags;
}

const uint8_t *
guard_octets(enum guard_frame kind, uint8_t tag)
{
	static const uint8_t group[] = { 0x01, 0, 0x5e, 0, 0, 1 };
	static uint8_t f[FRAME_LEN];

	memset(f, 0, sizeof(f));
	switch (kind) {
	case FRAME_ARP:
		memset(f, 0xff, 6);
		put_mac(f + 6, 1);
		f[12] = 0x08;
		f[13] = 0x06;
		break;
	case FRAME_SYN:
		put_tcp(f, 2, 1, 2, 0x02);
		break;
	case FRAME_ACK:
		put_tcp(f, 2, 1, 2, 0x10);
		break;
	case FRAME_ANSWER:
		put_tcp(f, 1, 2, 0, 0x10);
		break;
	case FRAME_GROUP:
		put_tcp(f, 2, 1, 2, 0x10);
		memcpy(f, group, sizeof(group));
		break;
	case FRAME_STRANGER:
		put_tcp(f, 2, 3, 2, 0x10);
		break;
	}
	f[FRAME_LEN - 1] = tag;
	return f;
}

unsigned
guard_push_tagged(struct guard_rig *rig, uint32_t in, uint32_t out,
		  enum guard_frame kind, uint8_t tag)
{
	struct fake_frame frame = { guard_octets(kind, tag), FRAME_LEN };

	return fake_push(rig->host, in, out, &frame).verdict;
}

unsigned
guard_push(struct guard_rig *rig, uint32_t in, uint32_t out,
	   enum guard_frame kind)
{
	return guard_push_tagged(rig, in, out, kind, 0);
}

const char *
guard_tags(const struct guard_rig *rig)
{
	static char text[512];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < fake_n_outs(rig->host); i++) {
		const struct fake_out *out = fake_out(rig->host, i);

		if (out->way == FAKE_RESUMED)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%u", len > 0 ? " " : "",
						out->data[FRAME_LEN - 1]);
	}
	return text;
}
