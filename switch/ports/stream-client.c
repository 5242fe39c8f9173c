#include "config.h"

#include "switch/ports/stream-client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum { ABSENT_TOLD_MS = 1000 };

struct stream_client {
	char *path;
	uint64_t asked_ms; /* by the parameters */
	uint64_t first_ms; /* before the first attempt */
	uint64_t wait_ms;  /* before the next attempt */
	uint64_t longest_ms;
	uint64_t n_connects;
	int last_error;	    /* told once; or 0 */
	uint64_t absent_ms; /* since when there is nobody */
	struct timer *timer;
	stream_client_fn *fn;
	void *arg;
};

/* Never waits: a listener whose backlog is full is an error.
 * Return: descriptor; -errno. */
static int
connect_to(const char *path, struct err *err)
{
	struct sockaddr_un addr;
	int ret = sockpath_fill(&addr, path, err);
	int fd;

	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, "cannot make a socket");
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	if (errno == EAGAIN)
		ret = err_set(err, -EAGAIN,
			      "%s takes no connection now: try again", path);
	else
		ret = err_errno(err, "cannot connect to %s", path);
	close(fd);
	return ret;
}

static int
check_socket(int fd, struct err *err)
{
	struct sockaddr_storage addr;
	socklen_t size = sizeof(addr);
	int type = -1;
	socklen_t type_size = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) < 0 ||
	    type != SOCK_STREAM)
		return err_set(err, -EINVAL,
			       "the descriptor is not a stream socket");
	if (getpeername(fd, (struct sockaddr *)&addr, &size) < 0)
		return err_errno(err, "the descriptor's socket");
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static int
connect_first(const json_t *params, const char *path, struct err *err)
{
	struct sockaddr_un addr;
	int fd = connect_to(path, err);

	if (fd >= 0 || json_int_or(params, "reconnect", 0) == 0 ||
	    sockpath_fill(&addr, path, err) < 0)
		return fd;
	return -EINPROGRESS;
}

int
stream_client_socket(const char *kind, const json_t *params, int fd,
		     struct err *err)
{
	const char *path = json_str_or(params, "path", NULL);
	int ret = 0;

	if ((path != NULL) == (fd >= 0))
		ret = err_set(err, -EINVAL,
			      "a %s port needs a path to connect to or a "
			      "connected descriptor, one of the two",
			      kind);
	else if (path != NULL)
		return connect_first(params, path, err);
	else if (json_int_or(params, "reconnect", 0) != 0)
		ret = err_set(err, -EINVAL,
			      "reconnect goes with path: where else to?");
	else
		ret = check_socket(fd, err);
	if (ret == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

/* ---- again ---- */

static void
on_time(void *arg)
{
	struct stream_client *c = arg;
	struct err err = ERR_INIT;
	int fd = connect_to(c->path, &err);

	if (fd >= 0) {
		c->wait_ms = c->first_ms;
		c->last_error = 0;
		c->absent_ms = 0;
		c->n_connects++;
		c->fn(c->arg, fd);
		return;
	}
	/* Who is about to listen is not worth a word. */
	c->absent_ms += c->wait_ms;
	if (c->last_error != fd && c->absent_ms >= ABSENT_TOLD_MS) {
		log_info("%s; trying again", err.text);
		c->last_error = fd;
	}
	if (c->wait_ms < c->longest_ms)
		c->wait_ms = 2 * c->wait_ms < c->longest_ms ? 2 * c->wait_ms
							    : c->longest_ms;
	stream_client_lost(c);
}

struct stream_client *
stream_client_new(struct clock *clock, const json_t *params,
		  stream_client_fn *fn, void *arg)
{
	int64_t wait_ms = json_int_or(params, "reconnect", 0);
	struct stream_client *c;

	if (wait_ms == 0)
		return NULL;
	c = XNEW(struct stream_client);
	c->path = xstrdup(json_str_or(params, "path", ""));
	c->asked_ms = c->first_ms = c->wait_ms = (uint64_t)wait_ms;
	c->longest_ms = STREAM_CLIENT_WAIT_MAX_MS;
	c->timer = timer_new(clock, on_time, c);
	c->fn = fn;
	c->arg = arg;
	return c;
}

void
stream_client_free(struct stream_client *c)
{
	if (c == NULL)
		return;
	timer_free(c->timer);
	free(c->path);
	free(c);
}

void
stream_client_lost(struct stream_client *c)
{
	timer_set_in(c->timer, c->wait_ms * NS_PER_MS);
}

void
stream_client_set_wait(struct stream_client *c, uint64_t wait_ms)
{
	c->first_ms = c->wait_ms = wait_ms > 0 ? wait_ms : c->asked_ms;
	if (timer_is_set(c->timer))
		stream_client_lost(c);
}

void
stream_client_set_longest(struct stream_client *c, uint64_t longest_ms)
{
	c->longest_ms = longest_ms;
}

void
stream_client_describe(const struct stream_client *c, json_t *into)
{
	json_object_set_new(into, "path", json_text(c->path, strlen(c->path)));
	json_object_set_new(into, "reconnect_ms",
			    json_integer((json_int_t)c->first_ms));
	json_object_set_new(into, "reconnects",
			    json_integer((json_int_t)c->n_connects));
}
