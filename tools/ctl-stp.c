/* What people see of spanning trees. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

static char *
cost_text(const json_t *row)
{
	return ctl_value_text(
	    json_object_get(json_object_get(row, "settings"), "cost"));
}

/* "edge", "shared", "stp": what is out of the ordinary. */
static char *
remarks_text(const json_t *row)
{
	const struct {
		bool holds;
		const char *text;
	} remarks[] = {
		{ json_bool_or(row, "edge", false), "edge" },
		{ !json_bool_or(row, "point_to_point", true), "shared" },
		{ strcmp(json_str_or(row, "sends", "rstp"), "rstp") != 0,
		  "stp" },
		{ json_int_or(row, "rx_own", 0) > 0, "hears itself" },
	};
	char *text = NULL;

	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
		char *longer;

		if (!remarks[i].holds)
			continue;
		longer = xasprintf("%s%s%s", text != NULL ? text : "",
				   text != NULL ? ", " : "", remarks[i].text);
		free(text);
		text = longer;
	}
	return text;
}

static void
show_bridge(const struct ctl *ctl, const json_t *row)
{
	const char *root_port = json_str_or(row, "root_port", NULL);

	fprintf(ctl->out, "  bridge %s, ", json_str_or(row, "bridge_id", "?"));
	if (root_port == NULL)
		fprintf(ctl->out, "the root\n");
	else
		fprintf(ctl->out, "root %s by %s, cost %" PRId64 "\n",
			json_str_or(row, "root_id", "?"), root_port,
			json_int_or(row, "root_cost", 0));
	fprintf(ctl->out,
		"  hello time %" PRId64 "s, maximum age %" PRId64
		"s, forward delay %" PRId64 "s\n",
		json_int_or(row, "hello_time", 0),
		json_int_or(row, "max_age", 0),
		json_int_or(row, "forward_delay", 0));
	fprintf(ctl->out, "  topology changes seen here %" PRId64,
		json_int_or(row, "topology_changes", 0));
	if (json_int_or(row, "topology_changes", 0) > 0)
		fprintf(ctl->out, ", the last %" PRId64 "s ago",
			json_int_or(row, "since_topology_change", 0));
	fprintf(ctl->out, "\n");
}

static void
show_tree(const struct ctl *ctl, const json_t *row)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .key = "port" },
		{ .heading = "ID", .key = "port_id" },
		{ .heading = "ROLE", .key = "role" },
		{ .heading = "STATE", .key = "state" },
		{ .heading = "COST", .text = cost_text, .right = true },
		{ .heading = "DESIGNATED-BRIDGE", .key = "designated_bridge" },
		{ .heading = "DESIGNATED-PORT", .key = "designated_port" },
		{ .heading = "RX",
		  .key = "rx",
		  .right = true,
		  .only_statistics = true,
		  .counters = "rx" },
		{ .heading = "TX",
		  .key = "tx",
		  .right = true,
		  .only_statistics = true,
		  .counters = "tx" },
		{ .heading = "INVALID",
		  .key = "rx_invalid",
		  .right = true,
		  .only_statistics = true,
		  .counters = "rx_invalid" },
		{ .heading = "REMARKS", .text = remarks_text },
		{ .heading = NULL },
	};

	fprintf(ctl->out, "segment %s: %s\n", json_str_or(row, "segment", "?"),
		json_str_or(row, "stp", "?"));
	if (json_object_get(row, "ports") == NULL)
		return;
	show_bridge(ctl, row);
	ctl_show_list(ctl, json_object_get(row, "ports"), columns);
}

void
ctl_show_stp(const struct ctl *ctl, const json_t *list)
{
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		show_tree(ctl, row);
	}
}
