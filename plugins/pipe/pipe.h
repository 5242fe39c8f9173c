/* pipe: what the parts of the plugin share. */
#ifndef PIPE_H
#define PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/pipe/pipe-ports.h"
#include "plugins/pipe/pipe-proto.h"
#include "plugins/pipe/pipe-queue.h"
#include "vdelab/plugin.h"

struct pipe_counters {
	uint64_t *passed, *dropped, *changed; /* as the program said */
	uint64_t *undecided;		      /* as .fails_open says */
	uint64_t *late;	  /* answers that nobody waited for */
	uint64_t *starts; /* of the program */
};

/* Invariant: while !usable, whatever waits is about to be released by the
 * timer .soon, if it has not been yet. */
struct pipe {
	struct vl_inst *inst;
	struct vl_program *program;
	int fd;			/* the program's; -1: it does not run */
	struct vl_watch *watch; /* of it; NULL: it is not listened to */
	bool usable;		/* it can be asked, and .watch is there */
	bool told_hello;
	struct pipe_ports ports;
	struct pipe_queue queue;
	struct vl_timer *deadline; /* when the oldest has waited too long */
	struct vl_timer *soon;	   /* to release all, outside of hooks */
	struct vl_timer *closing;  /* it has closed its descriptor */
	uint64_t started_ns;
	uint64_t heard_ns; /* its last answer; 0: none yet */
	bool fails_open;
	uint64_t deadline_ns; /* a frame waits so long */
	size_t window;	      /* frames it is asked about at once */
	int undecided;	      /* the reason of drops */
	const char *stage;    /* as the option says */
	struct pipe_counters counters;
	char last_end[160];
	uint8_t message[PIPE_MESSAGE_MAX];
};

/* The program and the talk with it (pipe-talk.c). */
extern const struct vl_program_ops pipe_program_ops;

/** pipe_ask() - send what is to be sent; releases nothing, so hooks may */
void pipe_ask(struct pipe *p);
/** pipe_expect() - see to it that what waits does not wait too long */
void pipe_expect(struct pipe *p);
/** pipe_release_all() - undecided; not from hooks */
void pipe_release_all(struct pipe *p);
/** pipe_undecided() - the verdict of a frame the program has not decided on,
 * and count it */
uint8_t pipe_undecided(struct pipe *p);

/* Functions of its timers. */
void pipe_on_deadline(void *priv);
void pipe_on_soon(void *priv);
void pipe_on_closing(void *priv);

#endif /* PIPE_H */
