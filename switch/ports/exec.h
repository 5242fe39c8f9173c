/* exec: ports whose peer is a program that we run; for the kinds that are such
 * programs of ours. */
#ifndef PORTS_EXEC_H
#define PORTS_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "lib/supervisor.h"
#include "switch/frame.h"

struct err;
struct port;

/**
 * exec_start() - .open of struct port_kind, once it is known what to run
 * @argv: borrowed, NULL-ended
 *
 * Return: priv of the functions below; NULL with @err set.
 */
void *exec_start(struct port *port, const char *const *argv,
		 enum program_restart restart, struct err *err);

/* As those of struct port_kind. */
size_t exec_transmit(void *priv, struct frame *const *frames, size_t n);
void exec_pause(void *priv, bool paused);
/* "pid", "restarts", "last_end" */
void exec_describe_program(const void *priv, json_t *into);
void exec_close(void *priv);

#endif /* PORTS_EXEC_H */
