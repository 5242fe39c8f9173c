/* What people see of VLAN rules and of traces. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

enum { NO_VID = 4095 };

/* ---- rules ---- */

/* "10-20,30" of those rows of .vlans that are tagged, or are not. */
static char *
vids_text(const json_t *row, bool untagged)
{
	const json_t *vlans = json_object_get(row, "vlans"), *vlan;
	char *list = NULL;
	size_t i;

	json_array_foreach(vlans, i, vlan)
	{
		int64_t vid = json_int_or(vlan, "vid", 0);
		int64_t end = json_int_or(vlan, "vid_end", vid);
		const char *before = list != NULL ? list : "";
		const char *comma = list != NULL ? "," : "";
		char *longer;

		if (json_bool_or(vlan, "untagged", false) != untagged)
			continue;
		if (end == vid)
			longer = xasprintf("%s%s%" PRId64, before, comma, vid);
		else
			longer = xasprintf("%s%s%" PRId64 "-%" PRId64, before,
					   comma, vid, end);
		free(list);
		list = longer;
	}
	return list;
}

static char *
untagged_text(const json_t *row)
{
	return vids_text(row, true);
}

static char *
tagged_text(const json_t *row)
{
	return vids_text(row, false);
}

static char *
pvid_text(const json_t *row)
{
	int64_t pvid = json_int_or(row, "pvid", NO_VID);

	return pvid == NO_VID ? NULL : xasprintf("%" PRId64, pvid);
}

static char *
rules_text(const json_t *row)
{
	return xstrdup(json_bool_or(row, "own", false) ? "its own"
						       : "the segment's");
}

void
ctl_show_vlans(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .key = "port" },
		{ .heading = "SEGMENT", .key = "segment" },
		{ .heading = "PVID", .text = pvid_text, .right = true },
		{ .heading = "UNTAGGED", .text = untagged_text },
		{ .heading = "TAGGED", .text = tagged_text },
		{ .heading = "ACCEPT", .key = "accept" },
		{ .heading = "FILTER", .key = "filter" },
		{ .heading = "RULES", .text = rules_text },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

/* ---- a trace ---- */

void
ctl_show_trace(const struct ctl *ctl, const json_t *result)
{
	const char *reason = json_str_or(result, "reason", NULL);
	const json_t *step;
	size_t i;

	json_array_foreach(json_object_get(result, "steps"), i, step)
	    fprintf(ctl->out, "%-9s %s\n", json_str_or(step, "step", "?"),
		    json_str_or(step, "text", ""));
	fprintf(ctl->out, "%-9s %s%s%s\n", "verdict",
		json_str_or(result, "verdict", "?"), reason != NULL ? ": " : "",
		reason != NULL ? reason : "");
}
