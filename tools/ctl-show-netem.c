/* What people see of the plugin netem. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/json.h"
#include "lib/xalloc.h"
#include "tools/ctl.h"

/* Whose settings: the port's, those of its segment, or of all a segment's. */
static char *
netem_whose_text(const json_t *row)
{
	const char *port = json_str_or(row, "port", NULL);
	const char *segment = json_str_or(row, "segment", "");

	if (port == NULL)
		return xasprintf("segment %s", segment);
	if (segment[0] != '\0')
		return xasprintf("%s (segment %s)", port, segment);
	if (!json_bool_or(row, "present", true))
		return xasprintf("%s (absent)", port);
	return xstrdup(port);
}

void
ctl_show_netem(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ .heading = "PORT", .text = netem_whose_text },
		{ .heading = "DIR", .key = "dir" },
		{ .heading = "QUEUED",
		  .key = "queued",
		  .right = true,
		  .only_statistics = true },
		{ .heading = "PASSED",
		  .key = "passed",
		  .right = true,
		  .only_statistics = true,
		  .counters = "passed" },
		{ .heading = "DELAYED",
		  .key = "delayed",
		  .right = true,
		  .only_statistics = true,
		  .counters = "delayed" },
		{ .heading = "LOST",
		  .key = "lost",
		  .right = true,
		  .only_statistics = true,
		  .counters = "lost" },
		{ .heading = "DUPLICATED",
		  .key = "duplicated",
		  .right = true,
		  .only_statistics = true,
		  .counters = "duplicated" },
		{ .heading = "CORRUPTED",
		  .key = "corrupted",
		  .right = true,
		  .only_statistics = true,
		  .counters = "corrupted" },
		{ .heading = "REORDERED",
		  .key = "reordered",
		  .right = true,
		  .only_statistics = true,
		  .counters = "reordered" },
		{ .heading = "LIMITED",
		  .key = "limited",
		  .right = true,
		  .only_statistics = true,
		  .counters = "limited" },
		{ .heading = "SETTINGS", .key = "spec" },
		{ .heading = NULL },
	};

	ctl_show_list(ctl, list, columns);
}

void
ctl_show_netem_set(const struct ctl *ctl, const json_t *list)
{
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		char *whose = netem_whose_text(row);

		fprintf(ctl->out, "%s %s: %s\n", whose,
			json_str_or(row, "dir", ""),
			json_str_or(row, "spec", ""));
		free(whose);
	}
}
