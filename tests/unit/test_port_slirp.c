/* What ports of kind slirp ask of vdelab-slirp; what that does is tested with
 * it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/xalloc.h"
#include "switch/port.h"
#include "tests/unit/kind-rig.h"

/* Does the program of @port have a command line?  It gets one a moment after
 * exec has closed what it closes. */
static bool
read_command(const struct port *port, char *text, size_t size)
{
	char path[64];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)port->peer.pid);
	file = fopen(path, "r");
	n = file != NULL ? fread(text, 1, size - 1, file) : 0;
	if (file != NULL)
		fclose(file);
	for (size_t i = 0; i + 1 < n; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
	}
	text[n] = '\0';
	return n > 0;
}

/* % is a directory where sockets may be. */
static const struct {
	const char *params, *options; /* behind --fd 3 */
} lines[] = {
	{ "{}", "" },
	{ "{'network': '10.9.0.0/16', 'dns': '10.9.0.7'}",
	  " --network 10.9.0.0/16 --dns 10.9.0.7" },
	{ "{'host': '10.0.2.9', 'dhcp_start': '10.0.2.20'}",
	  " --host 10.0.2.9 --dhcp-start 10.0.2.20" },
	{ "{'dhcp': false, 'restrict': true}", " --no-dhcp --restrict" },
	{ "{'dhcp': 'no', 'restrict': 'yes'}", " --no-dhcp --restrict" },
	{ "{'dhcp': 'yes', 'restrict': 'off'}", "" },
	{ "{'host_loopback': true, 'ipv6': 'on'}", " --host-loopback --ipv6" },
	{ "{'hostfwd': 'unix:%/x-:3'}", " --hostfwd unix:%/x-:3" },
	{ "{'hostfwd': 'unix:%/x-:3,unix:%/y-:4'}",
	  " --hostfwd unix:%/x-:3 --hostfwd unix:%/y-:4" },
	{ "{'hostfwd': ['unix:%/x-:3', 'unix:%/y-:4']}",
	  " --hostfwd unix:%/x-:3 --hostfwd unix:%/y-:4" },
	{ "{'guestfwd': '80-unix:%/x'}", " --guestfwd 80-unix:%/x" },
};

/* Return: @text with the rig's directory for each %, returned owned. */
static char *
fill_in(const char *text)
{
	char *filled = xstrdup("");

	for (;;) {
		size_t len = strcspn(text, "%");
		char *more = xasprintf("%s%.*s%s", filled, (int)len, text,
				       text[len] == '%' ? rig.top : "");

		free(filled);
		filled = more;
		if (text[len] == '\0')
			return filled;
		text += len + 1;
	}
}

START_TEST(parameters_are_its_options)
{
	char *params = fill_in(lines[_i].params);
	char *want = fill_in(lines[_i].options);
	struct port *port = kind_add("slirp", params, -1);
	const char *options;
	char text[1024];

	kind_later(0);
	RIG_UNTIL(&rig, read_command(port, text, sizeof(text)));
	options = strstr(text, "/vdelab-slirp --fd 3");
	ck_assert_msg(options != NULL, "%s", text);
	ck_assert_str_eq(options + strlen("/vdelab-slirp --fd 3"), want);
	ck_assert(kind_shows(port, params));
	free(want);
	free(params);
}
END_TEST

START_TEST(what_it_cannot_do_ends_the_port)
{
	/* LeakSanitizer cannot look into a program of two users, and ends it
	 * otherwise. */
	if (rig_has_root())
		rig_be_root();
	kind_add("slirp", "{'network': 'nowhere'}", -1);
	rig_be_ordinary();
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_str_eq(rig.last_reason, "its program ended: exit status 2");
}
END_TEST

static const struct {
	const char *params, *want;
} refused[] = {
	{ "{'restrict': 'perhaps'}", "\"restrict\" must be yes or no" },
	{ "{'dhcp': 1}", "\"dhcp\" must be yes or no" },
	{ "{'hostfwd': 7}", "must be a text or a list" },
	{ "{'hostfwd': ['tcp::1-:2', 3]}", "member 1 is not a text" },
	{ "{'hostfwd': 'unix:x-:3'}", "is not absolute" },
	{ "{'guestfwd': '80-unix:x'}", "is not absolute" },
	{ "{'netwrok': '10.0.0.0/8'}", "network" },
};

START_TEST(bad_parameters_are_refused)
{
	kind_refuse("slirp", refused[_i].params, -1, refused[_i].want);
}
END_TEST

START_TEST(a_descriptor_is_refused)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	kind_refuse("slirp", "{}", fds[0], "takes no descriptor");
	close(fds[1]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ parameters_are_its_options, UNIT_ROWS(lines) },
		{ what_it_cannot_do_ends_the_port, 0 },
		{ bad_parameters_are_refused, UNIT_ROWS(refused) },
		{ a_descriptor_is_refused, 0 },
		{ NULL, 0 },
	};

	return unit_run("port_slirp", tests, kind_setup, kind_teardown);
}
