#include "config.h"

#include "tools/extcap/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc.h"

enum { CALL_MS = 10000 };

static int
complain(const char *text)
{
	fprintf(stderr, "vdelab-extcap: %s\n", text);
	return EXIT_INFRA;
}

/* ---- asking ---- */

static json_t *
call(const struct interface *interface, const char *method, json_t *params,
     int fd, struct err *err)
{
	return rpc_call_sync(interface->fd, method, params, &fd,
			     fd >= 0 ? 1 : 0, CALL_MS, err);
}

/* Has the switch the plugin?  It costs nothing while nothing is captured, so
 * people need not know of it. */
static int
load_plugin(const struct interface *interface, struct err *err)
{
	json_t *methods = call(interface, "rpc.methods", NULL, -1, err);
	json_t *method, *loaded;
	bool known = false;
	size_t i;

	if (methods == NULL)
		return -EIO;
	json_array_foreach(methods, i, method)
	{
		known |= strcmp(json_str_or(method, "name", ""),
				"capture.start") == 0;
	}
	json_decref(methods);
	if (known)
		return 0;
	loaded = call(interface, "plugin.load",
		      json_pack("{s:s}", "plugin", "capture"), -1, err);
	json_decref(loaded);
	return loaded != NULL ? 0 : -EIO;
}

int
live_check_filter(const struct interface *interface, const char *filter,
		  FILE *out)
{
	struct err err = ERR_INIT;
	json_t *answer = NULL;

	if (load_plugin(interface, &err) == 0)
		answer = call(interface, "capture.check",
			      json_pack("{s:s}", "filter", filter), -1, &err);
	if (answer == NULL)
		fprintf(out, "%s\n", err.text);
	json_decref(answer);
	return EXIT_OK;
}

/* ---- capturing ---- */

/* Return: the answer, returned owned; NULL with @err set. */
static json_t *
start(const struct live_request *request, int fd, struct err *err)
{
	static const char signature[] = "snaplen:int";
	const struct interface *interface = request->interface;
	json_t *params =
	    json_pack("{s:s, s:s}", "segment", interface->segment, "direction",
		      interface->port != NULL ? "both" : "in");
	json_t *snaplen = NULL;

	if (load_plugin(interface, err) < 0)
		goto fail;
	if (request->snaplen != NULL) {
		snaplen =
		    json_from_text(signature, "snaplen", request->snaplen, err);
		if (snaplen == NULL)
			goto fail;
		json_object_set_new(params, "snaplen", snaplen);
	}
	if (interface->port != NULL)
		json_object_set_new(params, "port",
				    json_string(interface->port));
	if (request->filter != NULL && request->filter[0] != '\0')
		json_object_set_new(params, "filter",
				    json_string(request->filter));
	if (request->direction != NULL)
		json_object_set_new(params, "direction",
				    json_string(request->direction));
	if (request->drops)
		json_object_set_new(params, "drops", json_true());
	return call(interface, "capture.start", params, fd, err);
fail:
	json_decref(params);
	return NULL;
}

/* Until the end is asked for, nobody reads, or the switch goes. */
static int
wait_for_end(int signal_fd, int fifo, int control)
{
	struct pollfd pfd[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = fifo },
		{ .fd = control },
	};

	while (poll(pfd, sizeof(pfd) / sizeof(pfd[0]), -1) < 0)
		if (errno != EINTR)
			return complain(strerror(errno));
	if (pfd[0].revents == 0 && pfd[1].revents == 0)
		return complain("the switch has gone; the capture ends here");
	return EXIT_OK;
}

static int
run(const struct live_request *request, int signal_fd, int fifo)
{
	struct err err = ERR_INIT;
	json_t *started = start(request, fifo, &err), *stopped;
	int code;

	if (started == NULL)
		return complain(err.text);
	code = wait_for_end(signal_fd, fifo, request->interface->fd);
	/* Who has gone already needs no answer. */
	stopped = call(request->interface, "capture.stop",
		       json_pack("{s:O}", "id", json_object_get(started, "id")),
		       -1, NULL);
	json_decref(stopped);
	json_decref(started);
	return code;
}

int
live_capture(const struct live_request *request, const char *path)
{
	int fifo, signal_fd, code;
	sigset_t set;

	/* Waits until somebody reads; until then, signals end us. */
	fifo = open(path, O_WRONLY | O_CLOEXEC);
	if (fifo < 0) {
		fprintf(stderr, "vdelab-extcap: cannot write to %s: %s\n", path,
			strerror(errno));
		return EXIT_INFRA;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (signal_fd < 0) {
		code = complain(strerror(errno));
	} else {
		code = run(request, signal_fd, fifo);
		close(signal_fd);
	}
	close(fifo);
	return code;
}
