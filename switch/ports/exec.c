/*
 * exec: the port kind for a program that is a station on the segment.
 *
 * Its descriptor 3 is one end of a pair of SOCK_SEQPACKET sockets; a datagram
 * is a frame, both ways.  lib/supervisor runs it and starts it again; here its
 * frames go to and fro.  While it does not run, the port has no carrier, and
 * what is to leave by it is dropped and counted.
 */
#include "config.h"

#include "switch/ports/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/words.h"
#include "lib/xalloc.h"
#include "switch/ports/datagram-io.h"
#include "switch/ports/port-provider.h"

enum {
	ARGS_MAX = 256,
	/* From the end of its descriptor to that of the program, when it is
	 * one and the same end. */
	CLOSING_MS = 500,
};

struct exec {
	struct port *port; /* borrowed */
	struct program *program;
	enum program_restart restart;
	struct datagram_io *io; /* NULL while it does not run */
	bool paused;
	struct timer *closing; /* set: it has closed its descriptor */
	json_t *shown;
};

/* ---- traffic ---- */

/* Return: will the program send nothing more, and has all it sent been read? */
static bool
has_ended(const struct exec *x)
{
	char octet;

	return recv(datagram_io_fd(x->io), &octet, 1,
		    MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
exec_failed(void *arg, int error)
{
	struct exec *x = arg;

	/* Otherwise one frame is lost that we sent; or what the program sent
	 * last is still to be read, and then there is the end. */
	if (error != EPIPE || !has_ended(x))
		return;
	datagram_io_stop(x->io);
	port_set_carrier(x->port, false);
	timer_set_in(x->closing, CLOSING_MS * NS_PER_MS);
}

static const struct datagram_ops exec_ops = { .failed = exec_failed };

size_t
exec_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct exec *x = priv;

	if (x->io != NULL)
		return datagram_io_transmit(x->io, frames, n);
	for (size_t i = 0; i < n; i++)
		port_tx_drop(x->port, DROP_SEND_ERROR, frames[i]);
	return n;
}

void
exec_pause(void *priv, bool paused)
{
	struct exec *x = priv;

	x->paused = paused;
	if (x->io != NULL)
		datagram_io_pause(x->io, paused);
}

/* ---- the program ---- */

static void
on_closing(void *arg)
{
	static const char why[] = "it has closed descriptor 3";
	struct exec *x = arg;

	if (x->restart == PROGRAM_NEVER)
		port_gone(x->port, "its program ended: %s", why);
	else
		program_restart(x->program, why);
}

static void
set_peer(struct exec *x)
{
	struct port_peer peer = { .pid = program_pid(x->program),
				  .uid = geteuid(),
				  .gid = getegid() };

	port_set_peer(x->port, &peer);
}

static void
on_started(void *arg, int fd)
{
	struct exec *x = arg;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own >= 0)
		x->io = datagram_io_new(x->port, own, -1, &exec_ops, x);
	if (x->io == NULL) {
		log_error("port %s: cannot talk to its program: %s",
			  port_name(x->port), strerror(errno));
		program_restart(x->program, "there was no way to talk to it");
		return;
	}
	if (x->paused)
		datagram_io_pause(x->io, true);
	set_peer(x);
	port_set_carrier(x->port, true);
}

static void
on_ended(void *arg, const char *reason, bool for_good)
{
	struct exec *x = arg;

	timer_cancel(x->closing);
	if (x->io != NULL)
		datagram_io_drain(x->io);
	datagram_io_free(x->io);
	x->io = NULL;
	set_peer(x);
	port_set_carrier(x->port, false);
	/* What waited for room in the socket that is no more is dropped. */
	port_writable(x->port);
	if (for_good)
		port_gone(x->port, "its program ended: %s", reason);
}

static const struct program_ops program_ops = { on_started, on_ended };

/* ---- coming and going ---- */

void
exec_close(void *priv)
{
	struct exec *x = priv;

	program_stop(x->program);
	datagram_io_free(x->io);
	timer_free(x->closing);
	json_decref(x->shown);
	free(x);
}

void *
exec_start(struct port *port, const struct exec_spec *spec, struct err *err)
{
	char *name = xasprintf("port %s", port_name(port));
	char *port_env = xasprintf("VDELAB_PORT=%s", port_name(port));
	const char *const env[] = { port_env, NULL };
	struct exec *x = XNEW(struct exec);
	const struct program_spec program = { .name = name,
					      .argv = spec->argv,
					      .env = env,
					      .restart = spec->restart,
					      .final_status =
						  spec->final_status,
					      .ops = &program_ops,
					      .arg = x };

	x->port = port;
	x->restart = spec->restart;
	x->closing = timer_new(port_clock(port), on_closing, x);
	x->shown = json_copy((json_t *)spec->shown);
	port_set_carrier(port, false);
	x->program = program_start(port_programs(port), &program, err);
	if (x->program == NULL) {
		exec_close(x);
		x = NULL;
	}
	free(port_env);
	free(name);
	return x;
}

/* Run @argv as @params say. */
static void *
start_argv(struct port *port, const json_t *params, const char *const *argv,
	   struct err *err)
{
	static const struct {
		const char *word;
		enum program_restart restart;
	} policies[] = {
		{ "always", PROGRAM_ALWAYS },
		{ "on-failure", PROGRAM_ON_FAILURE },
		{ "never", PROGRAM_NEVER },
	};
	const char *word = json_str_or(params, "restart", "on-failure");
	json_t *texts = json_array();
	json_t *shown = json_pack("{s:o, s:s}", "argv", texts, "restart", word);
	struct exec_spec spec = { .argv = argv, .shown = shown };
	size_t i = 0;
	void *priv;

	while (strcmp(policies[i].word, word) != 0)
		i++;
	spec.restart = policies[i].restart;
	for (; *argv != NULL; argv++)
		json_array_append_new(texts, json_text(*argv, strlen(*argv)));
	priv = exec_start(port, &spec, err);
	json_decref(shown);
	return priv;
}

/* The texts of @list; the array is returned owned.  NULL with @err set. */
static const char **
texts_of(const json_t *list, struct err *err)
{
	size_t n = json_array_size(list);
	const char **texts;

	if (n > ARGS_MAX) {
		err_set(err, -E2BIG, "argv has more than %d words", ARGS_MAX);
		return NULL;
	}
	texts = xcalloc(n + 1, sizeof(*texts));
	for (size_t i = 0; i < n; i++) {
		const json_t *text = json_array_get(list, i);

		texts[i] = json_string_value(text);
		if (texts[i] != NULL &&
		    strlen(texts[i]) == json_string_length(text))
			continue;
		err_set(err, -EINVAL, "argv: member %zu is not a text", i);
		free(texts);
		return NULL;
	}
	return texts;
}

static void *
open_command(struct port *port, const json_t *params, const char *command,
	     struct err *err)
{
	struct words words;
	void *priv;

	if (words_split(command, &words, err) < 0) {
		err_prefix(err, "command");
		return NULL;
	}
	priv = start_argv(port, params, words.word, err);
	words_fini(&words);
	return priv;
}

static void *
exec_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	const json_t *list = json_object_get(params, "argv");
	const char *command = json_str_or(params, "command", NULL);
	const char **argv;
	void *priv;

	if (fd >= 0) {
		close(fd);
		err_set(err, -EINVAL,
			"a port of kind exec takes no descriptor");
		return NULL;
	}
	if (json_is_array(list) == (command != NULL)) {
		err_set(err, -EINVAL,
			"a port of kind exec needs a program: "
			"either argv or command, on a command line "
			"-- PROGRAM ARG...");
		return NULL;
	}
	if (command != NULL)
		return open_command(port, params, command, err);
	argv = texts_of(list, err);
	if (argv == NULL)
		return NULL;
	priv = start_argv(port, params, argv, err);
	free(argv);
	return priv;
}

void
exec_describe(const void *priv, json_t *into)
{
	const struct exec *x = priv;
	const char *end = program_last_end(x->program);

	json_object_update(into, x->shown);
	json_object_set_new(into, "pid", json_integer(program_pid(x->program)));
	json_object_set_new(
	    into, "restarts",
	    json_integer((json_int_t)program_n_restarts(x->program)));
	if (end != NULL)
		json_object_set_new(into, "last_end",
				    json_text(end, strlen(end)));
}

const struct port_kind port_kind_exec = {
	.name = "exec",
	.summary = "a program that is a station: frames on its descriptor 3",
	.params = "argv:list? command:str? restart:always|on-failure|never?",
	.details =
	    "Runs the program `argv` (texts; on a command line the words "
	    "behind `--`), or `command`, which is taken apart as a line of a "
	    "configuration file is; no shell is involved. Its descriptor 3 "
	    "(`VDELAB_FD`) is one end of a socketpair of type SOCK_SEQPACKET: "
	    "what it writes there, a frame each time, comes in by the port, "
	    "and it reads what leaves by it. What it prints is logged. "
	    "`restart`: when it has ended it is started again, at once and "
	    "then ever more slowly, up to every 10 seconds: `always`, unless "
	    "its exit status is 0 (`on-failure`, the default), or `never`; "
	    "when it is not, the port is removed. Until it runs, frames for it "
	    "are dropped and counted. `port.show` has also `argv`, `restart`, "
	    "`pid` (0 while it does not run), `restarts` (how many) and "
	    "`last_end`.",
	.open = exec_open,
	.transmit = exec_transmit,
	.pause = exec_pause,
	.describe = exec_describe,
	.close = exec_close,
};
