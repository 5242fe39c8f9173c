/* pipe-ports: the ports in scope, and which of them the program knows of. */
#ifndef PIPE_PORTS_H
#define PIPE_PORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "plugins/pipe/pipe-queue.h"

enum { PIPE_PORT_BUCKETS = 256 };

struct pipe_port {
	uint32_t id;
	bool gone;  /* but the program, or a frame, does not know yet */
	bool known; /* to the program */
	bool news;  /* for the program: on .untold */
	struct pipe_lane lanes[VL_N_STAGES];
	LIST_ENTRY(pipe_port) in_bucket;
	TAILQ_ENTRY(pipe_port) untold;
};

struct pipe_ports {
	LIST_HEAD(, pipe_port) buckets[PIPE_PORT_BUCKETS];
	TAILQ_HEAD(, pipe_port) untold;
};

void pipe_ports_init(struct pipe_ports *ports);
/** pipe_ports_fini() - nothing may wait in any lane */
void pipe_ports_fini(struct pipe_ports *ports);
/* NULL: there is none. */
struct pipe_port *pipe_ports_find(const struct pipe_ports *ports, uint32_t id);
/** pipe_ports_add() - or it has another name.  Return: 0; -ENOMEM. */
int pipe_ports_add(struct pipe_ports *ports, uint32_t id);
void pipe_ports_remove(struct pipe_ports *ports, uint32_t id);
/** pipe_ports_told() - the program knows the first of .untold */
void pipe_ports_told(struct pipe_ports *ports);
/** pipe_ports_restart() - another program, which knows of none */
void pipe_ports_restart(struct pipe_ports *ports);
/** pipe_ports_emptied() - nothing waits any more */
void pipe_ports_emptied(struct pipe_ports *ports, uint32_t id);

#endif /* PIPE_PORTS_H */
