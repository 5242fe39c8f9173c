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

/* All borrowed for the call. */
struct exec_spec {
	const char *const *argv; /* NULL-ended */
	enum program_restart restart;
	int final_status;    /* as of struct program_spec */
	const json_t *shown; /* members of .describe, beside the program's */
};

/**
 * exec_start() - .open of struct port_kind, once it is known what to run
 * Return: priv of the functions below; NULL with @err set.
 */
void *exec_start(struct port *port, const struct exec_spec *spec,
		 struct err *err);

/* As those of struct port_kind. */
size_t exec_transmit(void *priv, struct frame *const *frames, size_t n);
void exec_pause(void *priv, bool paused);
/* What is to be shown, "pid", "restarts", "last_end". */
void exec_describe(const void *priv, json_t *into);
void exec_close(void *priv);

#endif /* PORTS_EXEC_H */
