/* debug-commands: which events a session is told.  A category is meant by any
 * beginning of its path, so that nothing means all. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "switch/face/command.h"
#include "switch/face/debug.h"
#include "switch/face/session.h"

/* The categories that @path means, as a set of 1 << category. */
static uint32_t
meant_by(const char *path)
{
	uint32_t set = 0;

	for (unsigned i = 0; i < N_DEBUG_CATEGORIES; i++) {
		if (strncmp(debug_categories[i].path, path, strlen(path)) == 0)
			set |= 1u << i;
	}
	return set;
}

static int
debug_list(struct session *s, const char *arg, struct evbuffer *out)
{
	uint32_t set = meant_by(arg);

	command_print(out, "%-22s %-3s %-6s %s", "CATEGORY", "TAG", "STATUS",
		      "HELP");
	command_print(out, "%-22s %-3s %-6s %s", "------------", "---",
		      "------", "----");
	for (unsigned i = 0; i < N_DEBUG_CATEGORIES; i++) {
		const struct debug_info *info = &debug_categories[i];
		bool on = (s->debug & 1u << i) != 0;

		if ((set & 1u << i) != 0)
			command_print(out, "%-22s %03o %-6s %s", info->path,
				      info->tag, on ? "ON" : "OFF", info->help);
	}
	return set != 0 ? 0 : ENOENT;
}

static int
debug_add(struct session *s, const char *arg, struct evbuffer *out)
{
	uint32_t set = meant_by(arg);

	(void)out;
	if (set == 0)
		return EINVAL;
	if ((set & ~s->debug) == 0)
		return EEXIST;
	s->debug |= set;
	return 0;
}

static int
debug_del(struct session *s, const char *arg, struct evbuffer *out)
{
	uint32_t set = meant_by(arg);

	(void)out;
	if (set == 0)
		return EINVAL;
	if ((set & s->debug) == 0)
		return ENOENT;
	s->debug &= ~set;
	return 0;
}

const struct command debug_commands[] = {
	{ "debug", "============", "DEBUG MENU", NULL, 0 },
	{ "debug/list", "", "list debug categories", debug_list,
	  COMMAND_DATA | COMMAND_CLIENT },
	{ "debug/add", "dbgpath", "enable debug info for a given category",
	  debug_add, COMMAND_CLIENT },
	{ "debug/del", "dbgpath", "disable debug info for a given category",
	  debug_del, COMMAND_CLIENT },
	{ NULL, NULL, NULL, NULL, 0 },
};
