/* What people see of results. */
#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "tools/ctl-table.h"
#include "tools/ctl.h"

enum { COLUMNS_MAX = 16 };

char *
ctl_value_text(const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return xasprintf("%" JSON_INTEGER_FORMAT,
				 json_integer_value(value));
	if (json_is_real(value))
		return xasprintf("%g", json_real_value(value));
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "yes" : "no");
	return NULL;
}

char *
ctl_append(char *list, const char *more)
{
	char *longer;

	if (list == NULL)
		return xstrdup(more);
	longer = xasprintf("%s, %s", list, more);
	free(list);
	return longer;
}

char *
ctl_counts_text(const json_t *object)
{
	const char *name;
	json_t *value;
	char *list = NULL;

	json_object_foreach((json_t *)object, name, value)
	{
		char *one;

		if (json_integer_value(value) == 0)
			continue;
		one = xasprintf("%s %" JSON_INTEGER_FORMAT, name,
				json_integer_value(value));
		list = ctl_append(list, one);
		free(one);
	}
	return list;
}

static bool
is_rate(const struct ctl *ctl, const struct ctl_column *column)
{
	return ctl->rates != NULL && column->counters != NULL;
}

/* In the order of @columns.  Return: their number. */
static size_t
choose_columns(const struct ctl *ctl, const struct ctl_column *columns,
	       const struct ctl_column *shown[COLUMNS_MAX],
	       struct table_column headings[COLUMNS_MAX])
{
	bool statistics = cli_has(ctl->cli, "statistics");
	size_t n = 0;

	for (; columns->heading != NULL && n < COLUMNS_MAX; columns++) {
		bool rate = is_rate(ctl, columns);

		if (columns->only_statistics && !statistics)
			continue;
		headings[n].heading =
		    xasprintf("%s%s", columns->heading, rate ? "/S" : "");
		headings[n].right = columns->right || rate;
		shown[n++] = columns;
	}
	return n;
}

static char *
cell_text(const struct ctl *ctl, const struct ctl_column *column,
	  const json_t *row)
{
	if (is_rate(ctl, column))
		return ctl_rate_text(ctl->rates, row, column->counters);
	if (column->text != NULL)
		return column->text(row);
	return ctl_value_text(json_object_get(row, column->key));
}

void
ctl_show_list(const struct ctl *ctl, const json_t *list,
	      const struct ctl_column *columns)
{
	const struct ctl_column *shown[COLUMNS_MAX];
	struct table_column headings[COLUMNS_MAX];
	size_t n = choose_columns(ctl, columns, shown, headings), i;
	struct table *table = table_new(headings, n);
	const json_t *row;

	json_array_foreach(list, i, row)
	{
		for (size_t c = 0; c < n; c++) {
			char *text = cell_text(ctl, shown[c], row);

			table_add(table, text);
			free(text);
		}
	}
	table_print(table, ctl->out);
	table_free(table);
	for (i = 0; i < n; i++)
		free((char *)headings[i].heading);
}

/* ---- the lists of the switch ---- */

static char *
fdb_size_text(const json_t *row)
{
	return xasprintf("%" PRId64 "/%" PRId64,
			 json_int_or(row, "fdb_count", 0),
			 json_int_or(row, "fdb_max", 0));
}

static char *
seconds_text(const json_t *row, const char *key)
{
	return xasprintf("%.3gs", (double)json_int_or(row, key, 0) / 1000);
}

static char *
ageing_text(const json_t *row)
{
	return seconds_text(row, "ageing_ms");
}

static char *
age_text(const json_t *row)
{
	if (json_bool_or(row, "static", false))
		return xstrdup("static");
	return seconds_text(row, "age_ms");
}

static void
show_segments(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "SEGMENT", .key = "name" },
		{ .heading = "MODE", .key = "mode" },
		{ .heading = "PORTS", .key = "ports", .right = true },
		{ .heading = "ADDRESSES",
		  .text = fdb_size_text,
		  .right = true },
		{ .heading = "AGEING", .text = ageing_text, .right = true },
		{ .heading = "MOVES",
		  .key = "moves",
		  .right = true,
		  .only_statistics = true,
		  .counters = "moves" },
		{ .heading = "SOCKETS", .key = "sockets" },
		{ .heading = NULL },
	};
	json_t *copy = json_deep_copy(list), *row;
	size_t i;

	/* Where to attach, which only we need to be told. */
	json_array_foreach(copy, i, row)
	{
		char *path =
		    xasprintf("%s/%s", ctl->dir, json_str_or(row, "name", "?"));

		json_object_set_new(row, "sockets", json_string(path));
		free(path);
	}
	ctl_show_list(ctl, copy, columns);
	json_decref(copy);
}

/* VDE clients mostly do, as "pid=4711" or "PID=4711". */
static bool
says_its_pid(const char *description, int64_t pid)
{
	char *word = xasprintf("pid=%" PRId64, pid);
	const char *at = strcasestr(description, word);
	bool says = at != NULL && !isdigit((unsigned char)at[strlen(word)]);

	free(word);
	return says;
}

static char *
peer_text(const json_t *row)
{
	const json_t *peer = json_object_get(row, "peer");
	const char *said = json_str_or(peer, "description", "");
	/* what somebody says of it here beats what it says of itself */
	const char *description = json_str_or(row, "description", said);
	int64_t pid = json_int_or(peer, "pid", 0);

	if (strcmp(json_str_or(row, "state", ""), "absent") == 0)
		return xstrdup("absent");
	if (!json_bool_or(row, "carrier", true))
		return xstrdup("no carrier");
	if (pid == 0 || says_its_pid(description, pid))
		return description[0] != '\0' ? xstrdup(description) : NULL;
	return xasprintf("%s%spid %" PRId64, description,
			 description[0] != '\0' ? ", " : "", pid);
}

/* "in runt 2, out queue-full 7" */
static char *
port_drops_text(const json_t *row)
{
	static const struct {
		const char *key;
		const char *text;
	} ways[] = { { "rx_drops", "in " }, { "tx_drops", "out " } };
	char *list = NULL;

	for (size_t i = 0; i < 2; i++) {
		char *counts =
		    ctl_counts_text(json_object_get(row, ways[i].key));
		char *one;

		if (counts == NULL)
			continue;
		one = xasprintf("%s%s", ways[i].text, counts);
		list = ctl_append(list, one);
		free(one);
		free(counts);
	}
	return list;
}

static void
show_ports(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .key = "name" },
		{ .heading = "SEGMENT", .key = "segment" },
		{ .heading = "KIND", .key = "kind" },
		{ .heading = "MTU", .key = "mtu", .right = true },
		{ .heading = "RX-FRAMES",
		  .key = "rx_frames",
		  .right = true,
		  .counters = "rx_frames" },
		{ .heading = "RX-BYTES",
		  .key = "rx_bytes",
		  .right = true,
		  .only_statistics = true,
		  .counters = "rx_bytes" },
		{ .heading = "TX-FRAMES",
		  .key = "tx_frames",
		  .right = true,
		  .counters = "tx_frames" },
		{ .heading = "TX-BYTES",
		  .key = "tx_bytes",
		  .right = true,
		  .only_statistics = true,
		  .counters = "tx_bytes" },
		{ .heading = "BROADCAST",
		  .key = "rx_broadcast",
		  .right = true,
		  .only_statistics = true,
		  .counters = "rx_broadcast" },
		{ .heading = "MULTICAST",
		  .key = "rx_multicast",
		  .right = true,
		  .only_statistics = true,
		  .counters = "rx_multicast" },
		{ .heading = "UNKNOWN",
		  .key = "rx_unknown_unicast",
		  .right = true,
		  .only_statistics = true,
		  .counters = "rx_unknown_unicast" },
		{ .heading = "QUEUED",
		  .key = "queued",
		  .right = true,
		  .only_statistics = true },
		{ .heading = "DROPPED",
		  .text = port_drops_text,
		  .only_statistics = true,
		  .counters = "rx_drops tx_drops" },
		{ .heading = "PEER", .text = peer_text },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

/* Those that come by themselves have none, not even none. */
static char *
kind_params_text(const json_t *row)
{
	return xstrdup(json_str_or(row, "params", "(comes by itself)"));
}

static void
show_kinds(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "KIND", .key = "name" },
		{ .heading = "PARAMETERS", .text = kind_params_text },
		{ .heading = "SUMMARY", .key = "summary" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

static void
show_fdb(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "SEGMENT", .key = "segment" },
		{ .heading = "ADDRESS", .key = "mac" },
		{ .heading = "VID", .key = "vid", .right = true },
		{ .heading = "PORT", .key = "port" },
		{ .heading = "AGE", .text = age_text, .right = true },
		{ .heading = "MOVES",
		  .key = "moves",
		  .right = true,
		  .only_statistics = true,
		  .counters = "moves" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

static char *
drops_text(const json_t *row)
{
	return ctl_counts_text(json_object_get(row, "drops"));
}

static void
show_stats(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "SEGMENT", .key = "segment" },
		{ .heading = "RX",
		  .key = "rx",
		  .right = true,
		  .counters = "rx" },
		{ .heading = "MADE",
		  .key = "made",
		  .right = true,
		  .counters = "made" },
		{ .heading = "COPIES",
		  .key = "copies",
		  .right = true,
		  .counters = "copies" },
		{ .heading = "TX",
		  .key = "tx",
		  .right = true,
		  .counters = "tx" },
		{ .heading = "QUEUED", .key = "queued", .right = true },
		{ .heading = "HELD", .key = "held", .right = true },
		{ .heading = "BALANCED", .key = "balanced" },
		{ .heading = "DROPPED",
		  .text = drops_text,
		  .counters = "drops" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

/* ---- one object ---- */

static void
show_info(const struct ctl *ctl, const json_t *result)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)result, name, value)
	{
		char *text = ctl_value_text(value);

		if (text != NULL)
			fprintf(ctl->out, "%-16s  %s\n", name, text);
		free(text);
	}
}

/* ---- a line ---- */

static void
show_name(const struct ctl *ctl, const json_t *result)
{
	fprintf(ctl->out, "%s\n", json_str_or(result, "name", "?"));
}

static void
show_id(const struct ctl *ctl, const json_t *result)
{
	char *id = ctl_value_text(json_object_get(result, "id"));

	fprintf(ctl->out, "%s\n", id != NULL ? id : "?");
	free(id);
}

static void
show_flushed(const struct ctl *ctl, const json_t *result)
{
	fprintf(ctl->out, "%" PRId64 " addresses forgotten\n",
		json_int_or(result, "flushed", 0));
}

static void
show_stopped(const struct ctl *ctl, const json_t *result)
{
	json_t *list = json_pack("[O]", result);

	ctl_show_captures(ctl, list);
	json_decref(list);
}

/* ---- which ---- */

/* Methods that are not here show nothing. */
static const struct {
	const char *method;
	ctl_show_fn *show;
} shows[] = {
	{ "capture.mark", ctl_show_marked },
	{ "capture.names", ctl_show_names },
	{ "capture.show", ctl_show_captures },
	{ "capture.start", show_id },
	{ "capture.stop", show_stopped },
	{ "dhcp.show", ctl_show_leases },
	{ "fdb.flush", show_flushed },
	{ "fdb.show", show_fdb },
	{ "filter.add", show_id },
	{ "filter.show", ctl_show_filter },
	{ "link.delay", show_id },
	{ "link.drop", show_id },
	{ "link.hold", show_id },
	{ "link.release", ctl_show_released },
	{ "link.show", ctl_show_links },
	{ "mirror.add", show_id },
	{ "mirror.show", ctl_show_mirrors },
	{ "netem.change", ctl_show_netem_set },
	{ "netem.set", ctl_show_netem_set },
	{ "netem.show", ctl_show_netem },
	{ "pipe.show", show_info },
	{ "plugin.load", show_id },
	{ "plugin.show", ctl_show_plugins },
	{ "port.add", show_name },
	{ "port.kinds", show_kinds },
	{ "port.show", show_ports },
	{ "portsec.show", ctl_show_portsec },
	{ "segment.show", show_segments },
	{ "segment.trace", ctl_show_trace },
	{ "stats.show", show_stats },
	{ "storm.show", ctl_show_storm },
	{ "stp.show", ctl_show_stp },
	{ "switch.info", show_info },
	{ "vlan.show", ctl_show_vlans },
};

ctl_show_fn *
ctl_shower(const char *method)
{
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
		if (strcmp(shows[i].method, method) == 0)
			return shows[i].show;
	}
	return NULL;
}
