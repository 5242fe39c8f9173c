/* ds-commands: the directory to which clients attach. */
#include "switch/face/command.h"
#include "switch/face/face.h"
#include "switch/face/session.h"

static int
ds_showinfo(struct session *s, const char *arg, struct evbuffer *out)
{
	const struct segment *segment = s->face->segment;

	(void)arg;
	command_print(out, "ctl dir %s",
		      segment->dir != NULL ? segment->dir : "");
	command_print(out, "std mode 0%03o", (unsigned)segment->access.mode);
	return 0;
}

const struct command ds_commands[] = {
	{ "ds", "============", "DATA SOCKET MENU", NULL, 0 },
	{ "ds/showinfo", "", "show ds info", ds_showinfo, COMMAND_DATA },
	{ NULL, NULL, NULL, NULL, 0 },
};
