/*
 * responder: HTTP over a unix socket, as far as whoever fetches metrics needs
 * it: GET and HEAD of /metrics, one request a connection.
 */
#ifndef METRICS_RESPONDER_H
#define METRICS_RESPONDER_H

#include <stddef.h>

#include "vdelab/plugin.h"

enum {
	RESPONDER_CLIENTS_MAX = 16,
	RESPONDER_REQUEST_MAX = 8192, /* octets of a request */
	RESPONDER_PATIENCE_MS = 5000, /* for a client, from its first moment */
};

struct responder;

/* A client wants the text: responder_answer() follows, now or later. */
typedef void responder_fn(void *arg);

/**
 * responder_new() - listen on @path, a socket for our own user
 * @path: a socket that nobody listens on any more is replaced
 *
 * Return: returned owned; NULL with the reason in @error.
 */
struct responder *responder_new(struct vl_inst *inst, const char *path,
				responder_fn *fn, void *arg, char *error,
				size_t error_size);
/** responder_free() - closes all clients, removes the socket; NULL is a
 * no-op */
void responder_free(struct responder *r);
/** responder_answer() - everybody who waits gets @text
 * @text: borrowed, @len octets; NULL: there is none, which is an error 500 */
void responder_answer(struct responder *r, const char *text, size_t len);

#endif /* METRICS_RESPONDER_H */
