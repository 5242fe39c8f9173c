/* What people see of the plugins that stand guard at ports: link, filter,
 * mirror, storm and portsec. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

/* ---- link ---- */

/* "3 hold 'arp' in, 1 of 2 seen, 1 held" */
static char *
rule_text(const json_t *rule)
{
	int64_t held = json_int_or(rule, "held", 0);
	char *waiting =
	    held > 0 ? xasprintf(", %" PRId64 " held", held) : xstrdup("");
	char *text = xasprintf(
	    "%" PRId64 ": %s '%s' %s, %" PRId64 " of %" PRId64 " seen%s",
	    json_int_or(rule, "id", 0), json_str_or(rule, "action", "?"),
	    json_str_or(rule, "filter", ""), json_str_or(rule, "direction", ""),
	    json_int_or(rule, "acted", 0), json_int_or(rule, "seen", 0),
	    waiting);

	free(waiting);
	return text;
}

static char *
rules_text(const json_t *row)
{
	json_t *rules = json_object_get(row, "rules"), *rule;
	char *list = NULL;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		char *one = rule_text(rule);

		list = ctl_append(list, one);
		free(one);
	}
	return list;
}

static char *
line_text(const json_t *row, const char *direction, const char *flap)
{
	const json_t *times = json_object_get(row, flap);
	const char *state = json_str_or(row, direction, "?");

	if (times == NULL)
		return xstrdup(state);
	return xasprintf("%s (up %" PRId64 " ms, down %" PRId64 " ms)", state,
			 json_int_or(times, "up_ms", 0),
			 json_int_or(times, "down_ms", 0));
}

static char *
in_text(const json_t *row)
{
	return line_text(row, "in", "flap_in");
}

static char *
out_text(const json_t *row)
{
	return line_text(row, "out", "flap_out");
}

void
ctl_show_links(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .key = "port" },
		{ .heading = "IN", .text = in_text },
		{ .heading = "OUT", .text = out_text },
		{ .heading = "DROPPED-IN",
		  .key = "dropped_in",
		  .right = true,
		  .counters = "dropped_in" },
		{ .heading = "DROPPED-OUT",
		  .key = "dropped_out",
		  .right = true,
		  .counters = "dropped_out" },
		{ .heading = "HELD-IN", .key = "held_in", .right = true },
		{ .heading = "HELD-OUT", .key = "held_out", .right = true },
		{ .heading = "RULES", .text = rules_text },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

/* Of link.release. */
void
ctl_show_released(const struct ctl *ctl, const json_t *result)
{
	fprintf(ctl->out, "%" PRId64 " frames released\n",
		json_int_or(result, "released", 0));
}

/* ---- filter and mirror ---- */

void
ctl_show_filter(const struct ctl *ctl, const json_t *result)
{
	static const struct ctl_column columns[] = {
		{ .heading = "ID", .key = "id", .right = true },
		{ .heading = "ACTION", .key = "action" },
		{ .heading = "PORT", .key = "port" },
		{ .heading = "DIRECTION", .key = "direction" },
		{ .heading = "MATCHES",
		  .key = "matches",
		  .right = true,
		  .counters = "matches" },
		{ .heading = "FILTER", .key = "filter" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, json_object_get(result, "rules"), columns);
	fprintf(ctl->out, "what none matches: %s\n",
		json_str_or(result, "policy", "?"));
}

void
ctl_show_mirrors(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "ID", .key = "id", .right = true },
		{ .heading = "TO", .key = "to" },
		{ .heading = "FROM", .key = "from" },
		{ .heading = "DIRECTION", .key = "direction" },
		{ .heading = "COPIED",
		  .key = "copied",
		  .right = true,
		  .counters = "copied" },
		{ .heading = "LOST",
		  .key = "lost",
		  .right = true,
		  .counters = "lost" },
		{ .heading = "FILTER", .key = "filter" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

/* ---- storm and portsec ---- */

/* "1000 frames, storm, 5 dropped" */
static char *
limit_text(const json_t *row, const char *kind)
{
	const json_t *limit = json_object_get(row, kind);
	int64_t frames = json_int_or(limit, "frames", 0);
	int64_t bits = json_int_or(limit, "bits", 0);
	char *text = NULL, *part;

	if (frames > 0)
		text = xasprintf("%" PRId64 " frames", frames);
	if (bits > 0) {
		part = xasprintf("%" PRId64 " bits", bits);
		text = ctl_append(text, part);
		free(part);
	}
	if (json_int_or(limit, "dropped", 0) > 0) {
		part = xasprintf(
		    "%" PRId64 " dropped%s", json_int_or(limit, "dropped", 0),
		    json_bool_or(limit, "storm", false) ? " (storm)" : "");
		text = ctl_append(text, part);
		free(part);
	}
	return text;
}

static char *
broadcast_text(const json_t *row)
{
	return limit_text(row, "broadcast");
}

static char *
multicast_text(const json_t *row)
{
	return limit_text(row, "multicast");
}

static char *
unknown_text(const json_t *row)
{
	return limit_text(row, "unknown");
}

static char *
blocked_text(const json_t *row)
{
	return xstrdup(json_bool_or(row, "blocked", false) ? "blocked" : "ok");
}

void
ctl_show_storm(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .key = "port" },
		{ .heading = "STATE", .text = blocked_text },
		{ .heading = "BROADCAST", .text = broadcast_text },
		{ .heading = "MULTICAST", .text = multicast_text },
		{ .heading = "UNKNOWN", .text = unknown_text },
		{ .heading = "ACTION", .key = "action" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

static char *
stations_text(const json_t *row)
{
	json_t *stations = json_object_get(row, "stations"), *station;
	char *list = NULL;
	size_t i;

	json_array_foreach(stations, i, station)
	{
		char *one = xasprintf(
		    "%s%s", json_str_or(station, "mac", "?"),
		    json_bool_or(station, "fixed", false) ? " (fixed)" : "");

		list = ctl_append(list, one);
		free(one);
	}
	return list;
}

void
ctl_show_portsec(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .key = "port" },
		{ .heading = "STATE", .text = blocked_text },
		{ .heading = "MAX", .key = "max", .right = true },
		{ .heading = "VIOLATION", .key = "violation" },
		{ .heading = "VIOLATIONS",
		  .key = "violations",
		  .right = true,
		  .counters = "violations" },
		{ .heading = "STATIONS", .text = stations_text },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}
