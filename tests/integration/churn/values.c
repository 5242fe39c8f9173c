/* What methods are called with: from their signatures, and from what words
 * mean that many of them have. */
#include "tests/integration/churn/churn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"

enum { WORD_SIZE = 256 };

/* What a start takes cannot be asked for; a plugin that is not here is started
 * without options.  What none does anything without is not optional here. */
static const struct {
	const char *plugin, *options;
} plugin_options[] = {
	{ "capture", "buffer_bytes:int(131072..1073741824)?" },
	{ "filter", "policy:allow|deny?" },
	{ "link", "limit:int(1..100000)?" },
	{ "metrics", "socket:str file:str? interval_ms:int(100..86400000)?" },
	{ "pipe",
	  "command:str stage:ingress|forward|egress|both? fail:open|closed? "
	  "deadline:int(1..600000)? window:int(1..2048)?" },
	{ "storm", "broadcast:int(0..100000)? multicast:int(0..100000)? "
		   "unknown:int(0..100000)?" },
};

/*
 * Members that are more than their type says, by plugin (NULL: any) and name.
 * A value is JSON, or else a text; '@' stands for the directory of files, '%'
 * for that of programs.  Wrong ones are among them on purpose.
 */
static const struct {
	const char *owner, *member;
	const char *values[12];
} known[] = {
	{ NULL,
	  "filter",
	  { "ip", "arp or vlan", "len > 1000", "ether broadcast",
	    "ether[0] & 1 = 1", "vlan 7", "ether proto 0x88b5", "nonsense" } },
	{ NULL, "mac", { "02:00:00:00:00:03", "02:00:00:00:00:09", "x" } },
	{ "dhcp", "address", { "10.0.0.254/24", "10.0.0.7", "10.0.0/33" } },
	{ "dhcp", "range", { "10.0.0.100-10.0.0.199", "10.0.0.9-10.0.0.1" } },
	{ "dhcp", "router", { "10.0.0.254", "none" } },
	{ "dhcp", "dns", { "10.0.0.254", "x" } },
	{ NULL, "address", { "10.0.0.1", "fd00::1", "02:00:00:00:00:04", "" } },
	{ NULL, "text", { "a mark", "", "\"\\u00e4\"" } },
	{ NULL, "comment", { "churn", "" } },
	{ NULL, "description", { "somebody", "" } },
	{ NULL, "names", { "{\"10.0.0.1\":\"a\"}", "{\"x\":1}", "{}" } },
	{ NULL,
	  "file",
	  { "\"@/c1.pcapng\"", "\"@/c2.pcap\"", "\"@/none/c.pcapng\"",
	    "\"@/m.prom\"" } },
	{ NULL,
	  "socket",
	  { "\"@/metrics\"", "\"@/metrics2\"", "\"@/metrics3\"",
	    "\"@/none/metrics\"" } },
	{ NULL, "ring", { "2x64K", "3x1s", "x" } },
	{ NULL, "file_size", { "64K", "1M", "\"0\"" } },
	{ NULL, "files", { "1", "2", "5" } },
	{ NULL, "file_seconds", { "1", "2" } },
	{ NULL, "file_frames", { "1", "50", "500" } },
	{ "capture", "count", { "1", "100", "500" } },
	{ "capture", "id", { "\"1\"", "\"9\"", "x" } },
	{ NULL, "vid", { "1", "7", "7-12", "4094", "4095", "0" } },
	{ NULL, "frame", { "ffffffffffff02000000000188b5", "00", "zz" } },
	{ NULL, "mtu", { "68", "1500", "1500", "9000", "65536", "65536" } },
	{ NULL, "table", { "16", "64", "8192" } },
	{ NULL, "ageing", { "1", "2", "300" } },
	{ NULL, "interval_ms", { "100", "200" } },
	{ NULL, "buffer_bytes", { "131072", "262144" } },
	{ NULL, "limit", { "1", "10", "200" } },
	{ NULL, "nth", { "1", "2", "30" } },
	{ NULL, "ms", { "1", "20", "200", "3000" } },
	{ NULL, "up_ms", { "1", "10", "300" } },
	{ NULL, "down_ms", { "1", "10", "300" } },
	{ NULL, "recover_ms", { "0", "1", "100" } },
	{ NULL, "deadline", { "1", "20", "500" } },
	{ NULL, "window", { "1", "16", "2048" } },
	{ NULL,
	  "command",
	  { "\"%/pipepeer pass\"", "\"%/pipepeer change\"",
	    "\"%/pipepeer backwards\"", "\"%/pipepeer drop\"",
	    "\"%/pipepeer hang\"", "\"%/pipepeer crash\"",
	    "\"%/pipepeer garbage\"", "\"%/pipepeer flood\"",
	    "\"%/pipepeer unread\"", "\"%/pipepeer quits\"",
	    "\"%/pipepeer closes\"", "\"%/none\"" } },
	{ NULL, "argv", { "[]", "[\"/bin/true\"]", "[1]" } },
	{ "netem",
	  "spec",
	  { "delay 5ms 2ms", "loss 20% 25%", "delay 200ms", "duplicate 30%",
	    "delay 1ms loss 5% duplicate 5% corrupt 5%",
	    "delay 3ms reorder 25% 50% gap 3", "rate 10mbit limit 50",
	    "slot 2ms 5ms packets 16", "loss gemodel 1% 10%", "delay x",
	    "seed 4" } },
	{ "netem", "delay", { "1ms", "30ms 10ms 25%", "0", "-1ms" } },
	{ "netem", "distribution", { "normal", "pareto", "none" } },
	{ "netem", "loss", { "10", "1% 50%", "state 1%", "200%" } },
	{ "netem", "duplicate", { "5", "100%" } },
	{ "netem", "corrupt", { "5", "50% 10%" } },
	{ "netem", "reorder", { "25% 50%", "101" } },
	{ "netem", "gap", { "2", "5" } },
	{ "netem", "rate", { "1mbit", "100mbit 20 48 5", "1" } },
	{ "netem", "slot", { "1ms", "1ms 9ms", "5ms bytes 3000" } },
	{ "netem", "seed", { "1", "2", "-1" } },
};

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

const char *
churn_options_of(const char *plugin)
{
	for (size_t i = 0; i < N_OF(plugin_options); i++) {
		if (strcmp(plugin_options[i].plugin, plugin) == 0)
			return plugin_options[i].options;
	}
	return "";
}

const char *
churn_pick(struct churn *c, const json_t *list, const char *key)
{
	size_t n = json_array_size(list);

	if (n == 0)
		return NULL;
	return json_str_or(json_array_get(list, churn_below(c, n)), key, NULL);
}

/* Return: @text with '@' and '%' replaced, as JSON or as a text. */
static json_t *
read_value(const struct churn *c, const char *text)
{
	char whole[2 * 4096];
	size_t n = 0;
	bool is_json = strchr("\"{[", text[0]) != NULL && text[0] != '\0';
	json_t *value;

	for (; *text != '\0' && n < sizeof(whole) / 2; text++) {
		if (is_json && (*text == '@' || *text == '%'))
			n += (size_t)snprintf(
			    whole + n, sizeof(whole) / 2, "%s",
			    *text == '@' ? c->scratch : c->programs);
		else
			whole[n++] = *text;
	}
	whole[n] = '\0';
	value = json_loads(whole, JSON_DECODE_ANY, NULL);
	return value != NULL ? value : json_string(whole);
}

static json_t *
known_value(struct churn *c, const char *owner, const char *member)
{
	for (size_t i = 0; i < N_OF(known); i++) {
		size_t n = 0;

		if (strcmp(known[i].member, member) != 0 ||
		    (known[i].owner != NULL &&
		     (owner == NULL || strcmp(known[i].owner, owner) != 0)))
			continue;
		while (n < N_OF(known[i].values) && known[i].values[n] != NULL)
			n++;
		return read_value(c, known[i].values[churn_below(c, n)]);
	}
	return NULL;
}

/* What is there goes by these names. */
static json_t *
name_of_something(struct churn *c, const char *member)
{
	const char *name = NULL;

	if (churn_chance(c, 4))
		return json_string("nobody");
	if (strcmp(member, "segment") == 0)
		name = churn_pick(c, c->segments, "name");
	else if (strcmp(member, "port") == 0 || strcmp(member, "from") == 0 ||
		 strcmp(member, "to") == 0)
		name = churn_pick(c, c->ports, "name");
	else if (strcmp(member, "name") == 0)
		return json_sprintf("n%zu", churn_below(c, 20));
	return name != NULL ? json_string(name) : NULL;
}

/* Small numbers mean more than large ones. */
static json_t *
some_integer(struct churn *c, const char *type)
{
	int64_t min = 0, max = 1000;

	sscanf(type, "int(%" SCNd64 "..%" SCNd64 ")", &min, &max);
	if (churn_chance(c, 4))
		return json_integer(churn_chance(c, 50) ? min - 1 : max + 1);
	if (max - min > 20 && !churn_chance(c, 15))
		max = min + 20;
	return json_integer(
	    min + (int64_t)(churn_random(c) % (uint64_t)(max - min + 1)));
}

/* One of "a|b|c". */
static json_t *
some_word(struct churn *c, const char *type)
{
	size_t n = 1;
	const char *at = type;

	for (const char *p = type; (p = strchr(p, '|')) != NULL; p++)
		n++;
	for (n = churn_below(c, n); n > 0; n--)
		at = strchr(at, '|') + 1;
	return json_stringn(at, strcspn(at, "|"));
}

/* One of what the instance has made. */
static json_t *
some_id(struct churn *c, const json_t *instance, const char *member)
{
	json_t *list = json_object_get(c->ids, json_str_or(instance, "id", ""));

	if (list == NULL || churn_chance(c, 10) ||
	    (strcmp(member, "id") != 0 && strcmp(member, "before") != 0))
		return NULL;
	return json_incref(
	    json_array_get(list, churn_below(c, json_array_size(list))));
}

static json_t *
value_of(struct churn *c, const char *owner, const json_t *instance,
	 const char *member, const char *type)
{
	json_t *value = NULL;

	if (churn_chance(c, 1))
		return json_pack("[n]");
	if (strchr(type, '|') != NULL)
		return some_word(c, type);
	value = some_id(c, instance, member);
	if (value == NULL)
		value = known_value(c, owner, member);
	if (value != NULL)
		return value;
	if (strncmp(type, "int", 3) == 0)
		return some_integer(c, type);
	if (strcmp(type, "bool") == 0)
		return json_boolean(churn_chance(c, 50));
	if (strcmp(type, "num") == 0)
		return json_real((double)churn_below(c, 1000) / 10);
	if (strcmp(type, "obj") == 0)
		return json_object();
	if (strcmp(type, "list") == 0)
		return json_array();
	value = name_of_something(c, member);
	return value != NULL ? value : json_sprintf("%zu", churn_below(c, 40));
}

/* What does not go together.  '!': where there is no such member. */
static const struct {
	const char *owner, *with;
	const char *without[12];
} apart[] = {
	{ "netem", "port", { "segment" } },
	{ "netem",
	  "spec",
	  { "delay", "distribution", "loss", "duplicate", "corrupt", "reorder",
	    "gap", "rate", "limit", "slot", "seed" } },
	{ "netem", "!delay", { "distribution", "reorder", "gap" } },
	{ "netem", "!reorder", { "gap" } },
	{ "capture",
	  "!file",
	  { "ring", "files", "file_size", "file_seconds", "file_frames" } },
	{ "capture",
	  "ring",
	  { "files", "file_size", "file_seconds", "file_frames" } },
	{ "capture", "!file_frames", { "files" } },
	{ "link", "id", { "port" } },
	{ "pipe", "command", { "argv" } },
};

static void
take_apart(json_t *params, const char *owner)
{
	for (size_t i = 0; i < N_OF(apart); i++) {
		const char *with = apart[i].with;
		bool absent = with[0] == '!';

		if (strcmp(apart[i].owner, owner) != 0 ||
		    (json_object_get(params, with + absent) == NULL) != absent)
			continue;
		for (size_t k = 0; k < N_OF(apart[i].without); k++) {
			if (apart[i].without[k] != NULL)
				json_object_del(params, apart[i].without[k]);
		}
	}
}

/* A plugin that was loaded for a port or a segment knows no others. */
static void
keep_to_scope(struct churn *c, json_t *params, const json_t *instance)
{
	const json_t *scope = json_object_get(instance, "scope");
	const char *segment = json_str_or(scope, "segment", NULL);
	const char *port = json_str_or(scope, "port", NULL);
	size_t n = json_array_size(c->ports);

	if (json_object_get(params, "port") == NULL)
		return;
	for (size_t tries = 0; segment != NULL && n > 0 && tries < 50;
	     tries++) {
		const json_t *row = json_array_get(c->ports, churn_below(c, n));

		if (strcmp(json_str_or(row, "segment", ""), segment) == 0)
			port = json_str_or(row, "name", "");
	}
	if (port != NULL)
		json_object_set_new(params, "port", json_string(port));
}

/* A port is on one segment. */
static void
bring_together(const struct churn *c, json_t *params)
{
	const char *port = json_str_or(params, "port", "");
	const json_t *row;
	size_t i;

	if (json_object_get(params, "segment") == NULL)
		return;
	json_array_foreach(c->ports, i, row)
	{
		if (strcmp(json_str_or(row, "name", ""), port) == 0)
			json_object_set(params, "segment",
					json_object_get(row, "segment"));
	}
}

json_t *
churn_params(struct churn *c, const char *owner, const json_t *instance,
	     const char *signature)
{
	json_t *params = json_object();
	unsigned often =
	    (unsigned)(10 + churn_below(c, 60)); /* optional ones */

	for (const char *at = signature; *at != '\0';) {
		size_t len = strcspn(at, " ");
		char word[WORD_SIZE], *type;
		bool optional;

		snprintf(word, sizeof(word), "%.*s", (int)len, at);
		at += len + (at[len] == ' ');
		type = strchr(word, ':');
		if (type == NULL)
			continue;
		*type++ = '\0';
		optional = type[strlen(type) - 1] == '?';
		if (optional)
			type[strlen(type) - 1] = '\0';
		if (churn_chance(c, optional ? often : 98))
			json_object_set_new(
			    params, word,
			    value_of(c, owner, instance, word, type));
	}
	if (churn_chance(c, 85)) {
		keep_to_scope(c, params, instance);
		bring_together(c, params);
		if (owner != NULL)
			take_apart(params, owner);
	}
	if (churn_chance(c, 1))
		json_object_set_new(params, "no-such-member", json_true());
	return params;
}
