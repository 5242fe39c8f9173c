/* rpc-rig: a server of lib/rpc with some methods, and clients that write and
 * read plain text. */
#ifndef TESTS_RPC_RIG_H
#define TESTS_RPC_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/rpc.h"

enum { RPC_RIG_PATIENCE_S = 120, RPC_RIG_TEXT_MAX = 2 * RPC_LINE_MAX };

/*
 * Methods:
 *   echo value:any?   the value
 *   fail              ENOENT
 *   later             is left in .later
 *   big size:int      a string of that many bytes
 *   write             writes "hello" into the first descriptor of the request
 *   keep              leaves the first descriptor in .kept_fd
 *   who               [pid, uid] of the client
 */
struct rpc_rig {
	struct event_base *base;
	struct rpc_server *server;
	struct sockaddr_un address;
	socklen_t address_size;
	struct rpc_call *later[RPC_CALLS_MAX + 1];
	size_t n_later;
	size_t n_big; /* how often big was called */
	int kept_fd;
	char *text; /* the line read last; RPC_RIG_TEXT_MAX + 1 bytes */
};

void rpc_rig_init(struct rpc_rig *rig);
/* .server may be NULL by now. */
void rpc_rig_fini(struct rpc_rig *rig);
/** rpc_rig_find() - find_arg is the rig */
const struct rpc_method *rpc_rig_find(const char *name, void **arg,
				      void *find_arg);

/** rpc_rig_settle() - let the server see everything that is there already */
void rpc_rig_settle(struct rpc_rig *rig);
/** rpc_rig_connect() - a client; its end of the connection */
int rpc_rig_connect(struct rpc_rig *rig);
void rpc_rig_send_bytes(struct rpc_rig *rig, int fd, const char *bytes,
			size_t size);
void rpc_rig_send_text(struct rpc_rig *rig, int fd, const char *text);
/** rpc_rig_send_with_fd() - in one message, the server does not run */
void rpc_rig_send_with_fd(int to, const char *line, int fd);
/** rpc_rig_read_line() - the next line, without its LF, in .text; NULL when the
 * server has closed */
const char *rpc_rig_read_line(struct rpc_rig *rig, int fd);
void rpc_rig_assert_reply(struct rpc_rig *rig, int fd, const char *want);
void rpc_rig_assert_silent(struct rpc_rig *rig, int fd);
/** rpc_rig_has_ended() - is nobody left at the other end of @fd? */
bool rpc_rig_has_ended(int fd);

#define RPC_REQUEST(id, rest) "{\"jsonrpc\":\"2.0\",\"id\":" id "," rest "}\n"
#define RPC_ECHO(id)                                                           \
	RPC_REQUEST(id, "\"method\":\"echo\",\"params\":{\"value\":" id "}")
#define RPC_LATER(id) RPC_REQUEST(id, "\"method\":\"later\"")
#define RPC_RESULT(id, value)                                                  \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":" value "}"
#define RPC_ERROR(id, code, message, name)                                     \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code         \
	",\"message\":\"" message "\",\"data\":{\"errno\":\"" name "\"}}}"

#endif /* TESTS_RPC_RIG_H */
