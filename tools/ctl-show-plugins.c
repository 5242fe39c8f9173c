/* What people see of plugins, and of those that come with the switch. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/json.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

/* The file, the newest one of several, and what went wrong with it. */
static char *
capture_target_text(const json_t *row)
{
	const char *file = json_str_or(
	    row, "last_file", json_str_or(row, "file", "(a descriptor)"));
	const char *error = json_str_or(row, "error", NULL);

	return error != NULL ? xasprintf("%s: %s", file, error) : xstrdup(file);
}

void
ctl_show_captures(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "ID", .key = "id", .right = true },
		{ .heading = "SEGMENT", .key = "segment" },
		{ .heading = "PORT", .key = "port" },
		{ .heading = "STATE", .key = "state" },
		{ .heading = "FRAMES",
		  .key = "frames",
		  .right = true,
		  .counters = "frames" },
		{ .heading = "DROPPED",
		  .key = "dropped",
		  .right = true,
		  .counters = "dropped" },
		{ .heading = "BYTES",
		  .key = "written_bytes",
		  .right = true,
		  .counters = "written_bytes" },
		{ .heading = "FILE", .text = capture_target_text },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

void
ctl_show_marked(const struct ctl *ctl, const json_t *result)
{
	json_int_t n = json_int_or(result, "captures", 0);

	fprintf(ctl->out, "%" PRId64 " %s marked\n", (int64_t)n,
		n == 1 ? "capture" : "captures");
}

void
ctl_show_names(const struct ctl *ctl, const json_t *names)
{
	static const struct ctl_column columns[] = {
		{ .heading = "ADDRESS", .key = "address" },
		{ .heading = "NAME", .key = "name" },
		{ .heading = NULL },
	};
	json_t *list = json_array(), *name;
	const char *address;

	json_object_foreach((json_t *)names, address, name)
	{
		json_array_append_new(list, json_pack("{s:s, s:O}", "address",
						      address, "name", name));
	}
	ctl_show_list(ctl, list, columns);
	json_decref(list);
}

/* {"dropped": {"value": 3, "unit": "frames"}} as "dropped 3 frames", and
 * {"loss": 2} of its drops as "loss 2 frames" */
static char *
counters_text(const json_t *row)
{
	json_t *counters = json_object_get(row, "counters"), *counter;
	json_t *drops = json_object_get(row, "drops"), *n;
	const char *name;
	char *list = NULL;

	json_object_foreach(drops, name, n)
	{
		char *one = xasprintf("%s %" PRId64 " frames", name,
				      (int64_t)json_integer_value(n));

		list = ctl_append(list, one);
		free(one);
	}

	json_object_foreach(counters, name, counter)
	{
		char *one = xasprintf("%s %" PRId64 " %s", name,
				      json_int_or(counter, "value", 0),
				      json_str_or(counter, "unit", ""));

		list = ctl_append(list, one);
		free(one);
	}
	return list;
}

/* {} as "everything", {"port": "p", "dir": "in"} as "port p in" */
static char *
scope_text(const json_t *row)
{
	const json_t *scope = json_object_get(row, "scope");
	const char *segment = json_str_or(scope, "segment", NULL);
	const char *port = json_str_or(scope, "port", NULL);
	const char *dir = json_str_or(scope, "dir", NULL);
	const char *space = dir != NULL ? " " : "";

	if (dir == NULL)
		dir = "";
	if (port != NULL)
		return xasprintf("port %s%s%s", port, space, dir);
	if (segment != NULL)
		return xasprintf("segment %s%s%s", segment, space, dir);
	return xasprintf("everything%s%s", space, dir);
}

void
ctl_show_plugins(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "ID", .key = "id" },
		{ .heading = "PLUGIN", .key = "plugin" },
		{ .heading = "SCOPE", .text = scope_text },
		{ .heading = "COUNTERS",
		  .text = counters_text,
		  .only_statistics = true },
		{ .heading = "SUMMARY", .key = "summary" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

/* ---- dhcp ---- */

static char *
expires_text(const json_t *row)
{
	int64_t s = json_int_or(row, "expires_s", -1);

	return s >= 0 ? xasprintf("%" PRId64 " s", s) : NULL;
}

static char *
lease_state_text(const json_t *row)
{
	return xasprintf("%s%s", json_str_or(row, "state", "?"),
			 json_bool_or(row, "reserved", false) ? " (reserved)"
							      : "");
}

void
ctl_show_leases(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .key = "port" },
		{ .heading = "MAC", .key = "mac" },
		{ .heading = "ADDRESS", .key = "address" },
		{ .heading = "STATE", .text = lease_state_text },
		{ .heading = "EXPIRES", .text = expires_text, .right = true },
		{ .heading = "NAME", .key = "name" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}
