/* general-commands: help, the end of a session and of the switch, scripts. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "switch/face/command.h"
#include "switch/face/face.h"
#include "switch/face/session.h"

static int
general_help(struct session *s, const char *arg, struct evbuffer *out)
{
	static const char format[] = "%-18s %-15s %s";

	(void)s;
	command_print(out, format, "COMMAND PATH", "SYNTAX", "HELP");
	command_print(out, format, "------------", "--------------",
		      "------------");
	for (size_t i = 0; command_tables[i] != NULL; i++) {
		const struct command *c = command_tables[i];

		for (; c->path != NULL; c++) {
			if (strncmp(c->path, arg, strlen(arg)) == 0)
				command_print(out, format, c->path, c->syntax,
					      c->help);
		}
	}
	return 0;
}

static int
general_logout(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)s;
	(void)arg;
	(void)out;
	return COMMAND_LOGOUT;
}

static int
general_shutdown(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)s;
	(void)arg;
	(void)out;
	return COMMAND_SHUTDOWN;
}

static int
general_showinfo(struct session *s, const char *arg, struct evbuffer *out)
{
	const struct face_options *o = s->face->options;
	const struct vswitch *sw = s->face->sw;
	uint64_t up_ms = clock_now_ms(sw->config.clock) - sw->started_ms;
	char mac[MAC_TEXT_SIZE];

	(void)arg;
	command_print(out, "VDE switch V." FACE_VDE_VERSION);
	command_print(out, "vdelab-switch " PACKAGE_VERSION
			   " in the manner of " FACE_PROGRAM);
	command_print(out, "%s", "");
	command_print(out, "pid %d MAC %s uptime %" PRIu64, (int)getpid(),
		      mac_format(&o->mac, mac), up_ms / 1000);
	if (o->mgmt != NULL)
		command_print(out, "mgmt %s perm 0%03o", o->mgmt,
			      (unsigned)o->mgmt_mode);
	return 0;
}

static int
general_load(struct session *s, const char *arg, struct evbuffer *out)
{
	int ret = session_load(s, arg, &s->error);

	(void)out;
	if (ret != -EINVAL && ret != -ELOOP)
		s->error.text[0] = '\0'; /* the number says it all */
	return -ret;
}

const struct command general_commands[] = {
	{ "help", "[arg]", "Help (limited to arg when specified)", general_help,
	  COMMAND_DATA },
	{ "logout", "", "logout from this mgmt terminal", general_logout, 0 },
	{ "shutdown", "", "shutdown of the switch", general_shutdown, 0 },
	{ "showinfo", "", "show switch version and info", general_showinfo,
	  COMMAND_DATA },
	{ "load", "path", "load a configuration script", general_load, 0 },
	{ NULL, NULL, NULL, NULL, 0 },
};
