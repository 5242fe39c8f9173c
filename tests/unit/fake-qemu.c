/*
 * fake-qemu: what a machine starts in tests instead of QEMU.  It finds its
 * sockets in the arguments as QEMU would, speaks QMP, and does on command what
 * guests and QEMUs do:
 *
 *   fake-serial {text}   the guest writes to its serial console
 *   fake-event {name, data}
 *   fake-boot            the guest's shell comes up (a real one)
 *   fake-shell-end       the guest's shell is told to go
 *   fake-reset           the guest's shell is gone, then a RESET event
 *   fake-exit {status}   QEMU ends
 *   fake-typed {n}       returns the next n bytes typed at the serial console
 *   screendump {filename}  writes a picture: a red pixel and a blue one
 *   fake-fds             returns which descriptors QEMU has
 *   fake-links           returns how many carriers have been set, and how often
 *                        the guest was to say who it is
 *   migrate              ends well, as events tell; but with the last argument
 *                        "full" it fails, and with "stuck" it does not end
 *   migrate-incoming     ends QEMU with a word of complaint, as for a state that
 *                        is not one; but with "stuck" nothing happens, and with
 *                        "load" it is loaded
 *   fake-continued       returns how often it was to continue
 *   quit                 as QEMU's
 *
 * Any other command is answered with its own arguments.  The last argument of
 * the command line is a word: "mute" (never greets), "garbage" (greets with
 * something else), "fail" (cannot start), "talk" (the guest says "hello" on its
 * serial console), or anything else for none of these.
 */
#include "config.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

static int qmp = -1, serial = -1, shell = -1;
static const char *mode;
static int n_links_set, n_announced, n_continued;
static pid_t guest = -1;

static void
say(const char *text)
{
	if (send(qmp, text, strlen(text), MSG_NOSIGNAL) < 0)
		exit(EXIT_FAILURE);
}

static void
say_json(json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	say(text);
	say("\r\n");
	free(text);
	json_decref(message);
}

static void
say_event(const char *name, json_t *data)
{
	say_json(json_pack("{s:s, s:o, s:{s:i, s:i}}", "event", name, "data",
			   data != NULL ? data : json_object(), "timestamp",
			   "seconds", 1, "microseconds", 2));
}

/* The number in the argument "socket,id=NAME,fd=NUMBER". */
static int
find_fd(char **argv, const char *name)
{
	char key[64];

	snprintf(key, sizeof(key), "socket,id=%s,fd=", name);
	for (; *argv != NULL; argv++)
		if (strncmp(*argv, key, strlen(key)) == 0)
			return atoi(*argv + strlen(key));
	return -1;
}

/* ---- the guest ---- */

static void
guest_signal(int signo)
{
	if (guest > 0) {
		kill(guest, signo);
		waitpid(guest, NULL, 0);
	}
	guest = -1;
}

static void
guest_boot(void)
{
	guest_signal(SIGKILL);
	guest = fork();
	if (guest != 0)
		return;
	/* When we go it meets the end of its input, if only it is not stopped,
	 * and removes what it has started: killed, it would leave that. */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGCONT);
	for (int fd = 0; fd < 3; fd++)
		dup2(shell, fd);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	execlp("sh", "sh", (char *)NULL);
	_exit(127);
}

/* ---- commands ---- */

static const char *
text_of(const json_t *arguments, const char *key)
{
	const char *text = json_string_value(json_object_get(arguments, key));

	return text != NULL ? text : "";
}

static json_t *
list_fds(void)
{
	json_t *list = json_array();
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
		    atoi(entry->d_name) != dirfd(dir))
			json_array_append_new(
			    list, json_integer(atoi(entry->d_name)));
	closedir(dir);
	return list;
}

static json_t *
read_typed(size_t n)
{
	char *text = calloc(n + 1, 1);
	json_t *result = NULL;

	if (text != NULL && recv(serial, text, n, MSG_WAITALL) == (ssize_t)n)
		result = json_pack("{s:s}", "text", text);
	free(text);
	return result != NULL ? result : json_object();
}

static void
write_picture(const char *path)
{
	static const char picture[] = "P6\n2 1\n255\n\xff\0\0\0\0\xff";
	FILE *out = fopen(path, "w");

	if (out == NULL || fwrite(picture, sizeof(picture) - 1, 1, out) != 1 ||
	    fclose(out) != 0)
		exit(EXIT_FAILURE);
}

/* As QEMU, which says that a migration is completed before it is. */
static json_t *
say_status(void)
{
	static unsigned n_asked;

	return json_pack("{s:s}", "status",
			 n_asked++ < 2 ? "finish-migrate" : "postmigrate");
}

static void
do_migrate(void)
{
	if (strcmp(mode, "stuck") == 0)
		return;
	say_event("MIGRATION", json_pack("{s:s}", "status", "setup"));
	say_event(
	    "MIGRATION",
	    json_pack("{s:s}", "status",
		      strcmp(mode, "full") == 0 ? "failed" : "completed"));
}

/* Return: what the reply carries, returned owned. */
static json_t *
do_command(const char *name, json_t *arguments)
{
	const char *text = text_of(arguments, "text");

	n_links_set += strcmp(name, "set_link") == 0;
	n_announced += strcmp(name, "announce-self") == 0;
	n_continued += strcmp(name, "cont") == 0;
	if (strcmp(name, "fake-serial") == 0) {
		if (send(serial, text, strlen(text), MSG_NOSIGNAL) < 0)
			exit(EXIT_FAILURE);
	} else if (strcmp(name, "fake-event") == 0) {
		say_event(text_of(arguments, "name"),
			  json_incref(json_object_get(arguments, "data")));
	} else if (strcmp(name, "fake-boot") == 0) {
		guest_boot();
	} else if (strcmp(name, "fake-shell-end") == 0) {
		guest_signal(SIGTERM);
	} else if (strcmp(name, "fake-reset") == 0) {
		guest_signal(SIGKILL);
		say_event("RESET", json_pack("{s:b}", "guest", 1));
	} else if (strcmp(name, "fake-typed") == 0) {
		return read_typed((size_t)json_integer_value(
		    json_object_get(arguments, "n")));
	} else if (strcmp(name, "screendump") == 0) {
		write_picture(text_of(arguments, "filename"));
	} else if (strcmp(name, "query-status") == 0) {
		return say_status();
	} else if (strcmp(name, "migrate") == 0) {
		do_migrate();
	} else if (strcmp(name, "fake-continued") == 0) {
		return json_pack("{s:i}", "n", n_continued);
	} else if (strcmp(name, "migrate-incoming") == 0 &&
		   strcmp(mode, "load") == 0) {
		say_event("MIGRATION",
			  json_pack("{s:s}", "status", "completed"));
	} else if (strcmp(name, "migrate-incoming") == 0 &&
		   strcmp(mode, "stuck") != 0) {
		fprintf(stderr, "fake-qemu: this is no state\n");
		exit(EXIT_FAILURE);
	} else if (strcmp(name, "fake-links") == 0) {
		return json_pack("{s:i, s:i}", "set", n_links_set, "announced",
				 n_announced);
	} else if (strcmp(name, "fake-fds") == 0) {
		return list_fds();
	} else if (arguments != NULL) {
		return json_incref(arguments);
	}
	return json_object();
}

static void
handle(json_t *request)
{
	const char *name = text_of(request, "execute");
	json_t *arguments = json_object_get(request, "arguments");
	json_t *id = json_object_get(request, "id");
	json_t *reply = json_object();

	if (strcmp(name, "fake-exit") == 0)
		exit((int)json_integer_value(
		    json_object_get(arguments, "status")));
	if (strcmp(text_of(arguments, "name"), "n8-dev") == 0)
		json_object_set_new(reply, "error",
				    json_pack("{s:s, s:s}", "class",
					      "DeviceNotFound", "desc",
					      "Device 'n8-dev' not found"));
	else
		json_object_set_new(reply, "return",
				    do_command(name, arguments));
	if (id != NULL)
		json_object_set(reply, "id", id);
	say_json(reply);
	if (strcmp(name, "quit") == 0) {
		say_event("SHUTDOWN", json_pack("{s:b, s:s}", "guest", 0,
						"reason", "host-qmp-quit"));
		exit(EXIT_SUCCESS);
	}
}

int
main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	FILE *in;

	mode = argv[argc - 1];
	qmp = find_fd(argv, "qmp");
	serial = find_fd(argv, "serial");
	shell = find_fd(argv, "shell");
	if (strcmp(mode, "fail") == 0) {
		fprintf(stderr, "fake-qemu: cannot set up guest memory\n");
		return EXIT_FAILURE;
	}
	if (strcmp(mode, "garbage") == 0)
		say("220 mail.example.org ESMTP\r\n");
	else if (strcmp(mode, "mute") != 0)
		say("{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
	if (strcmp(mode, "talk") == 0 &&
	    send(serial, "hello\r\n", 7, MSG_NOSIGNAL) < 0)
		return EXIT_FAILURE;
	in = fdopen(qmp, "r");
	while (in != NULL && getline(&line, &size, in) > 0) {
		json_t *request = json_loads(line, 0, NULL);

		if (request != NULL)
			handle(request);
		json_decref(request);
	}
	guest_signal(SIGKILL);
	free(line);
	return EXIT_SUCCESS;
}
