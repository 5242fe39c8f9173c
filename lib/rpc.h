/*
 * rpc: JSON-RPC 2.0 (jsonrpc.org/specification), one object a line, over a
 * unix stream socket; client and server side of the one framing.
 *
 * A line holds at most RPC_LINE_MAX bytes and the LF that ends it.  Lines may
 * be split and pipelined at will; replies carry the request's id and come in
 * the order in which methods finish.  Batches (arrays) are refused, and so are
 * parameters by position.  Descriptors may travel with a request by
 * SCM_RIGHTS: those received with the bytes of a line belong to that line;
 * what a method does not take is closed.
 *
 * From a client that leaves replies unread no further requests are read.  One
 * that breaks the framing, or leaves more than RPC_BACKLOG_MAX bytes of events
 * and replies unread, is closed; nobody else notices.
 */
#ifndef LIB_RPC_H
#define LIB_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

struct err;
struct event_base;
struct rpc_call;
struct rpc_conn;
struct rpc_server;

enum {
	RPC_LINE_MAX = 1024 * 1024,
	RPC_BACKLOG_MAX = 1024 * 1024,
	RPC_FDS_MAX = 8,     /* descriptors with one request */
	RPC_CONNS_MAX = 64,  /* clients of one server */
	RPC_CALLS_MAX = 256, /* unfinished calls of one client */

	/* JSON-RPC's own codes */
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_METHOD_NOT_FOUND = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL_ERROR = -32603,
	/* a method failed: "data": {"errno": "ENOENT"} tells the class */
	RPC_FAILED = -32000,
};

/* ---- server ---- */

/**
 * What a method does.  @params have passed json_check(), are borrowed, and NULL
 * when the request has none.  It must finish @call by exactly one of
 * rpc_reply(), rpc_fail() and rpc_fail_err(), now or later; @call is gone then.
 * It may not free its server.
 */
typedef void rpc_method_fn(struct rpc_call *call, const json_t *params,
			   void *arg);

struct rpc_method {
	const char *name;    /* "port.add" */
	const char *params;  /* json_check() signature */
	const char *summary; /* one line, for help and the manual */
	rpc_method_fn *fn;
	/* For the manual; may be NULL.  Plain text; `words` in backquotes. */
	const char *result;  /* what it answers: "`{id, name}`" */
	const char *details; /* all that a caller must know beyond that */
};

/* Who may connect, asked once for each accepted client. */
struct rpc_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	/* Of each client of a server another one, never given again; 0: a call
	 * from within the process. */
	uint64_t client;
};

/**
 * rpc_find_fn - look a method up.  Lets a server serve methods that come and
 * go (plugins bring some).  Return: borrowed until the next event; or NULL.
 * *@arg is handed to the method's fn.
 */
typedef const struct rpc_method *rpc_find_fn(const char *name, void **arg,
					     void *find_arg);

/**
 * rpc_server_new() - serve clients that connect to @listen_fd
 * @listen_fd: a listening unix socket; taken, also on failure
 * @find:      called for each request
 *
 * Only peers with our own effective uid, or root, are served (SO_PEERCRED).
 * A client that shuts down its writing side still gets the replies it waits
 * for, then is closed.
 *
 * Return: a server the caller owns; NULL with @err set.
 */
struct rpc_server *rpc_server_new(struct event_base *base, int listen_fd,
				  rpc_find_fn *find, void *find_arg,
				  struct err *err);
/** rpc_server_broadcast() - a notification to every client that subscribed
 * with the built-in method "rpc.subscribe"; @params borrowed */
void rpc_server_broadcast(struct rpc_server *server, const char *method,
			  const json_t *params);
/* A client is gone; its unfinished calls are void. */
typedef void rpc_gone_fn(uint64_t client, void *arg);
/** rpc_server_on_gone() - @gone may not free the server; it does not run for
 * clients that rpc_server_free() closes */
void rpc_server_on_gone(struct rpc_server *server, rpc_gone_fn *gone,
			void *arg);
/** rpc_server_free() - unfinished calls become void, rpc_reply() on them stays
 * safe; NULL is a no-op */
void rpc_server_free(struct rpc_server *server);

/** rpc_find_in_table() - the row of @table (ended by a NULL name), or NULL */
const struct rpc_method *rpc_find_in_table(const struct rpc_method *table,
					   const char *name);

const struct rpc_peer *rpc_call_peer(const struct rpc_call *call);
/** rpc_call_id() - its request's id, borrowed; NULL: nobody waits for an answer
 */
const json_t *rpc_call_id(const struct rpc_call *call);
/** rpc_call_take_fd() - the next descriptor sent with the request, returned
 * owned, close-on-exec; -ENOENT when there is no further one */
int rpc_call_take_fd(struct rpc_call *call);
/** rpc_reply() - finish @call; @result is taken, NULL means null; one that does
 * not fit into a line becomes the error EMSGSIZE */
void rpc_reply(struct rpc_call *call, json_t *result);
/** rpc_fail() - finish @call with an error; @code: negative errno */
void rpc_fail(struct rpc_call *call, int code, const char *text);
/** rpc_fail_err() - the same from @err */
void rpc_fail_err(struct rpc_call *call, const struct err *err);
/**
 * rpc_fail_with() - the same with all that JSON-RPC lets an error say
 * @code: JSON-RPC's, RPC_FAILED for one
 * @text: of any length, of any bytes; cut where a line would not hold it
 * @data: taken
 */
void rpc_fail_with(struct rpc_call *call, int code, const char *text,
		   json_t *data);

/* ---- client, on an event loop ---- */

/* @result is borrowed and NULL on failure; then @err tells why.  Also runs,
 * with -ECONNRESET, for calls that are outstanding when the connection ends. */
typedef void rpc_done_fn(const json_t *result, const struct err *err,
			 void *arg);
typedef void rpc_notify_fn(const char *method, const json_t *params, void *arg);
/* The peer is gone.  rpc_conn_free() is allowed here. */
typedef void rpc_closed_fn(void *arg);

/** rpc_conn_new() - talk over @fd, connected; taken, also on failure */
struct rpc_conn *rpc_conn_new(struct event_base *base, int fd,
			      rpc_notify_fn *notify, rpc_closed_fn *closed,
			      void *arg);
/**
 * rpc_conn_call() - send a request
 * @params: taken; NULL for none
 * @fds:    borrowed for the call (duplicates travel)
 * @done:   runs once, from the loop, or at once when the request cannot be
 *          sent at all; must not free @conn; or NULL when nobody waits
 */
void rpc_conn_call(struct rpc_conn *conn, const char *method, json_t *params,
		   const int *fds, size_t n_fds, rpc_done_fn *done, void *arg);
/** rpc_conn_last_id() - of the request that was sent last */
json_int_t rpc_conn_last_id(const struct rpc_conn *conn);
/** rpc_conn_error() - while a done runs that has failed: the peer's whole error,
 * {code, message, data}, borrowed; NULL when the peer has said none */
const json_t *rpc_conn_error(const struct rpc_conn *conn);
/** rpc_conn_is_lost() - is the peer gone?  What fails then, it has not answered
 */
bool rpc_conn_is_lost(const struct rpc_conn *conn);
/** rpc_conn_free() - outstanding calls are forgotten, their done never runs */
void rpc_conn_free(struct rpc_conn *conn);

/* ---- within the process ---- */

/**
 * rpc_call_local() - call a method that @find finds, as a client would that
 * runs as our own user
 * @params: taken; NULL for none; checked against the method's signature
 * @fd:     goes with the call; taken; or -1
 * @done:   runs once, often before this returns; or NULL
 */
void rpc_call_local(rpc_find_fn *find, void *find_arg, const char *method,
		    json_t *params, int fd, rpc_done_fn *done, void *arg);

/* ---- client, blocking, for command line tools ---- */

/**
 * rpc_call_sync() - one request and its reply over a blocking connection
 * @fd:     connected stream socket; borrowed
 * @params: taken
 *
 * Return: the result, returned owned; NULL with @err set.
 */
json_t *rpc_call_sync(int fd, const char *method, json_t *params,
		      const int *fds, size_t n_fds, int timeout_ms,
		      struct err *err);

#endif /* LIB_RPC_H */
