/* rpc-message: the objects that travel, for both sides of lib/rpc. */
#ifndef LIB_RPC_MESSAGE_H
#define LIB_RPC_MESSAGE_H

#include <stddef.h>

#include <jansson.h>

struct err;

/* A request as it arrived.  All but root is borrowed from root. */
struct rpc_request {
	json_t *root;	    /* owned; NULL when it is not even JSON */
	json_t *id;	    /* NULL: there was none, nobody waits for a reply */
	const char *method; /* NULL unless the request is well formed */
	const json_t *params; /* NULL: none */
};

/**
 * rpc_request_parse() - take @line apart
 * @req: filled, also on failure; free with rpc_request_fini()
 *
 * Return: 0; RPC_PARSE_ERROR or RPC_INVALID_REQUEST with @err set.
 */
int rpc_request_parse(struct rpc_request *req, const char *line, size_t len,
		      struct err *err);
void rpc_request_fini(struct rpc_request *req);

/** rpc_message_load() - @line as a JSON value, returned owned; NULL with @err
 * set */
json_t *rpc_message_load(const char *line, size_t len, struct err *err);

/* Each returns a line with its LF (and no NUL), from malloc(), its length in
 * @len; NULL when out of memory. */

/** @id: borrowed; @result: taken */
char *rpc_message_result(json_t *id, json_t *result, size_t *len);
/** @id: borrowed; @code: JSON-RPC's; @err: class and text */
char *rpc_message_error(json_t *id, int code, const struct err *err,
			size_t *len);
/** @text: any bytes; @data: taken */
char *rpc_message_error_with(json_t *id, int code, const char *text,
			     json_t *data, size_t *len);
/** @id: -1 makes a notification; @params: taken; NULL for none */
char *rpc_message_request(json_int_t id, const char *method, json_t *params,
			  size_t *len);

/** rpc_message_outcome() - what a reply says
 * Return: the result, borrowed; NULL with @err set. */
json_t *rpc_message_outcome(const json_t *reply, struct err *err);

struct rpc_outbox;
/**
 * rpc_message_put() - a request is to be sent
 * @params: taken; NULL for none
 * @fds:    borrowed; duplicates travel
 *
 * Return: 0; -errno with @err set.
 */
int rpc_message_put(struct rpc_outbox *out, json_int_t id, const char *method,
		    json_t *params, const int *fds, size_t n_fds,
		    struct err *err);

#endif /* LIB_RPC_MESSAGE_H */
