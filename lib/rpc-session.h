/* rpc-session: one client of a server: its requests, its unfinished calls and
 * what is sent to it; for lib/rpc-server alone. */
#ifndef LIB_RPC_SESSION_H
#define LIB_RPC_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/rpc.h"

struct event_base;
struct rpc_session;

/* Runs once, from the loop, when the connection is over: free it here. */
typedef void rpc_session_over_fn(struct rpc_session *session, void *arg);

/**
 * rpc_session_new() - serve @fd
 * @fd: connected; taken, also on failure
 *
 * Return: a session the caller owns; NULL when the loop cannot watch @fd.
 */
struct rpc_session *rpc_session_new(struct event_base *base, int fd,
				    const struct rpc_peer *peer,
				    rpc_find_fn *find, void *find_arg,
				    rpc_session_over_fn *over, void *arg);
/** rpc_session_client() - its number */
uint64_t rpc_session_client(const struct rpc_session *session);
bool rpc_session_is_subscribed(const struct rpc_session *session);
/** rpc_session_notify() - send @line, @len bytes with its LF, to a client that
 * has subscribed */
void rpc_session_notify(struct rpc_session *session, const char *line,
			size_t len);
/** rpc_session_free() - not while one of its methods runs */
void rpc_session_free(struct rpc_session *session);

#endif /* LIB_RPC_SESSION_H */
