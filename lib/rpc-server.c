#include "config.h"

#include "lib/rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/rpc-message.h"
#include "lib/rpc-session.h"
#include "lib/xalloc.h"

enum {
	ACCEPTS_PER_TURN = 16,
	ACCEPT_PAUSE_MS = 100, /* when we are out of descriptors */
};

struct rpc_server {
	struct event_base *base;	   /* borrowed */
	int fd;				   /* listens; owned */
	struct event *acceptable, *resume; /* owned */
	rpc_find_fn *find;
	void *find_arg;	    /* borrowed */
	rpc_gone_fn *gone;  /* or NULL */
	void *gone_arg;	    /* borrowed */
	uint64_t n_clients; /* so far */
	size_t n_sessions;
	struct rpc_session *sessions[RPC_CONNS_MAX]; /* owned */
};

const struct rpc_method *
rpc_find_in_table(const struct rpc_method *table, const char *name)
{
	for (; table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

/* ---- clients ---- */

static void
on_session_over(struct rpc_session *session, void *arg)
{
	struct rpc_server *server = arg;
	uint64_t client = rpc_session_client(session);
	size_t i = 0;

	while (server->sessions[i] != session)
		i++;
	server->sessions[i] = server->sessions[--server->n_sessions];
	rpc_session_free(session);
	if (server->gone != NULL)
		server->gone(client, server->gone_arg);
}

/* Return: 0; -EPERM for somebody else's process; -errno. */
static int
check_peer(int fd, struct rpc_peer *peer, struct err *err)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return err_errno(err, "its credentials");
	if (cred.uid != geteuid() && cred.uid != 0)
		return err_set(err, -EPERM, "clients of user %u are not served",
			       (unsigned)cred.uid);
	*peer = (struct rpc_peer){ .pid = cred.pid,
				   .uid = cred.uid,
				   .gid = cred.gid };
	return 0;
}

/* Tell a client why nobody will serve it, if it can take a line at once. */
static void
turn_away(int fd, const struct err *err)
{
	size_t len = 0;
	char *line = rpc_message_error(json_null(), RPC_FAILED, err, &len);

	LOG_LIMITED(LOG_WARN, "control: a client is turned away: %s",
		    err->text);
	if (line != NULL &&
	    send(fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		LOG_LIMITED(LOG_DEBUG, "control: and does not hear it");
	free(line);
	close(fd);
}

static void
admit(struct rpc_server *server, int fd)
{
	struct rpc_session *session;
	struct err err = ERR_INIT;
	struct rpc_peer peer;

	if (check_peer(fd, &peer, &err) < 0) {
		turn_away(fd, &err);
		return;
	}
	if (server->n_sessions == RPC_CONNS_MAX) {
		err_set(&err, -EBUSY, "%d clients are connected already",
			RPC_CONNS_MAX);
		turn_away(fd, &err);
		return;
	}
	peer.client = ++server->n_clients;
	session = rpc_session_new(server->base, fd, &peer, server->find,
				  server->find_arg, on_session_over, server);
	if (session == NULL) {
		LOG_LIMITED(LOG_ERROR, "control: cannot watch a client");
		return;
	}
	server->sessions[server->n_sessions++] = session;
}

/* ---- the listening socket ---- */

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct rpc_server *server = arg;

	(void)fd;
	(void)what;
	event_add(server->acceptable, NULL);
}

/* Without a descriptor for the waiting client the socket stays readable, and
 * the loop would do nothing else. */
static void
pause_accepting(struct rpc_server *server, int code)
{
	static const struct timeval pause = {
		.tv_usec = ACCEPT_PAUSE_MS * 1000,
	};

	LOG_LIMITED(LOG_ERROR, "control: cannot accept a client: %s",
		    strerror(-code));
	event_del(server->acceptable);
	event_add(server->resume, &pause);
}

static void
on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct rpc_server *server = arg;

	(void)what;
	for (int n = 0; n < ACCEPTS_PER_TURN; n++) {
		int client =
		    accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client >= 0) {
			admit(server, client);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_accepting(server, -errno);
		return; /* else none waits, or one that has gone again */
	}
}

static int
check_listens(int fd, struct err *err)
{
	socklen_t size = sizeof(int);
	int listens = 0;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0)
		return err_errno(err, "control socket");
	if (!listens)
		return err_set(err, -EINVAL,
			       "control socket: it does not listen");
	return 0;
}

struct rpc_server *
rpc_server_new(struct event_base *base, int listen_fd, rpc_find_fn *find,
	       void *find_arg, struct err *err)
{
	struct rpc_server *server = XNEW(struct rpc_server);

	server->base = base;
	server->fd = listen_fd;
	server->find = find;
	server->find_arg = find_arg;
	if (check_listens(listen_fd, err) < 0) {
		rpc_server_free(server);
		return NULL;
	}
	server->acceptable = event_new(base, listen_fd, EV_READ | EV_PERSIST,
				       on_acceptable, server);
	server->resume = evtimer_new(base, on_resume, server);
	if (server->acceptable == NULL || server->resume == NULL ||
	    event_add(server->acceptable, NULL) < 0) {
		err_set(err, -ENOMEM,
			"control socket: the event loop cannot watch it");
		rpc_server_free(server);
		return NULL;
	}
	return server;
}

void
rpc_server_on_gone(struct rpc_server *server, rpc_gone_fn *gone, void *arg)
{
	server->gone = gone;
	server->gone_arg = arg;
}

static bool
anybody_listens(const struct rpc_server *server)
{
	size_t i = 0;

	while (i < server->n_sessions &&
	       !rpc_session_is_subscribed(server->sessions[i]))
		i++;
	return i < server->n_sessions;
}

static void
broadcast(struct rpc_server *server, const char *method, const json_t *params)
{
	size_t len = 0;
	/* The reference is given back when the line is made. */
	char *line = rpc_message_request(-1, method,
					 json_incref((json_t *)params), &len);

	if (line == NULL || len > RPC_LINE_MAX + 1) {
		log_error("control: event %s is lost: %s", method,
			  line == NULL ? "out of memory" : "it is too long");
		free(line);
		return;
	}
	for (size_t i = 0; i < server->n_sessions; i++)
		rpc_session_notify(server->sessions[i], line, len);
	free(line);
}

void
rpc_server_broadcast(struct rpc_server *server, const char *method,
		     const json_t *params)
{
	if (anybody_listens(server))
		broadcast(server, method, params);
}

void
rpc_server_free(struct rpc_server *server)
{
	if (server == NULL)
		return;
	while (server->n_sessions > 0)
		rpc_session_free(server->sessions[--server->n_sessions]);
	if (server->acceptable != NULL)
		event_free(server->acceptable);
	if (server->resume != NULL)
		event_free(server->resume);
	if (server->fd >= 0)
		close(server->fd);
	free(server);
}
