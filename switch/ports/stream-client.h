/*
 * stream-client: the connection that a stream port makes itself, to a listening
 * unix socket, and makes again when it was asked to: passt, gvproxy, another
 * switch.
 */
#ifndef PORTS_STREAM_CLIENT_H
#define PORTS_STREAM_CLIENT_H

#include <stdint.h>

#include <jansson.h>

struct clock;
struct err;
struct stream_client;

enum {
	/* Each attempt that fails doubles the time to the next one, until so
	 * long; one asked for that is longer stays as it is. */
	STREAM_CLIENT_WAIT_MAX_MS = 10 * 1000,
};

#define STREAM_CLIENT_PARAMS "path:str? reconnect:int(10..3600000)?"

/* @fd: taken; connected, non-blocking */
typedef void stream_client_fn(void *arg, int fd);

/**
 * stream_client_socket() - what the port's parameters say
 * @kind:   its name, for errors
 * @params: checked against STREAM_CLIENT_PARAMS
 * @fd:     that came with them, or -1; taken
 *
 * Return: a connected stream socket, owned by the caller; -EINPROGRESS when there
 * is nobody yet, and it is to be tried again; another -errno with @err set.
 */
int stream_client_socket(const char *kind, const json_t *params, int fd,
			 struct err *err);

/** stream_client_new() - who connects again
 * @fn: gets each new connection
 * Return: NULL unless @params ask for it. */
struct stream_client *stream_client_new(struct clock *clock,
					const json_t *params,
					stream_client_fn *fn, void *arg);
void stream_client_free(struct stream_client *client);
/** stream_client_lost() - the connection has gone, or there was none: try again
 * in a while */
void stream_client_lost(struct stream_client *client);

/** stream_client_set_wait() - another time before the first attempt to connect
 * again; 0: that of the parameters */
void stream_client_set_wait(struct stream_client *client, uint64_t wait_ms);

/** stream_client_set_longest() - in place of STREAM_CLIENT_WAIT_MAX_MS */
void stream_client_set_longest(struct stream_client *client,
			       uint64_t longest_ms);

/** stream_client_describe() - adds to the port's description */
void stream_client_describe(const struct stream_client *client, json_t *into);

#endif /* PORTS_STREAM_CLIENT_H */
