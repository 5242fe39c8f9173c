/*
 * pipe-queue: the frames that wait for what the program says of them, and in
 * which order they go on.
 *
 * Frames of one port at one stage leave in the order they came, whatever the
 * order of the answers; others do not wait for them.  Does no I/O and knows no
 * time but what it is told.
 */
#ifndef PIPE_QUEUE_H
#define PIPE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "vdelab/plugin.h"

enum { PIPE_SLOTS = 4096 }; /* frames that wait, at most */

/* A frame that waits. */
struct pipe_wait {
	struct vl_frame *frame;
	struct pipe_lane *lane;
	uint32_t id;
	uint64_t since_ns;
	enum { PIPE_UNSENT, PIPE_ASKED, PIPE_DECIDED } state;
	uint8_t verdict; /* once decided */
	bool asked;	 /* the program was .. */
	bool expected;	 /* .. and has not answered */
	TAILQ_ENTRY(pipe_wait) in_lane, in_all, unsent;
};
TAILQ_HEAD(pipe_wait_list, pipe_wait);

/* One port at one stage. */
struct pipe_lane {
	uint32_t port;
	enum vl_stage stage;
	struct pipe_wait_list waits; /* in the order they came */
};

/* What an answer is about. */
enum pipe_found {
	PIPE_FOUND,
	PIPE_LATE,	/* a frame that did not wait for it any longer */
	PIPE_TWICE,	/* one that was answered already */
	PIPE_NOT_ASKED, /* one the program has not got yet */
	PIPE_UNKNOWN,	/* none there ever was */
};

/* A frame goes on: @frame is the callee's from now on. */
typedef void pipe_release_fn(void *arg, struct vl_frame *frame,
			     uint8_t verdict);

/* Nothing waits in @lane any more; it may be freed. */
typedef void pipe_emptied_fn(void *arg, struct pipe_lane *lane);

struct pipe_queue {
	struct pipe_slot *slots;      /* PIPE_SLOTS of them, by id */
	struct pipe_wait_list all;    /* in the order they came */
	struct pipe_wait_list unsent; /* likewise */
	size_t n;		      /* that wait, decided ones included */
	size_t n_undecided;
	uint32_t next_id;
	uint32_t n_forgotten; /* ids that may still be answered late, and whose
				 slots are others' now */
	pipe_release_fn *release;
	pipe_emptied_fn *emptied;
	void *arg;
};

/** pipe_queue_init() - Return: 0; -ENOMEM */
int pipe_queue_init(struct pipe_queue *q, pipe_release_fn *release,
		    pipe_emptied_fn *emptied, void *arg);
/** pipe_queue_fini() - nothing may wait any more */
void pipe_queue_fini(struct pipe_queue *q);

void pipe_lane_init(struct pipe_lane *lane, uint32_t port, enum vl_stage stage);

/** pipe_queue_ask() - @frame, stolen, waits from now on, to be sent
 * @lane: borrowed as long as something waits in it
 * Return: false: too many wait. */
bool pipe_queue_ask(struct pipe_queue *q, struct pipe_lane *lane,
		    struct vl_frame *frame, uint64_t now_ns);
/** pipe_queue_follow() - @frame, stolen, waits only for those before it in
 * @lane, where there are some, to go on with @verdict
 * Return: false: too many wait. */
bool pipe_queue_follow(struct pipe_queue *q, struct pipe_lane *lane,
		       struct vl_frame *frame, uint8_t verdict);
/** pipe_queue_sent() - the first unsent has been sent */
void pipe_queue_sent(struct pipe_queue *q);
/** pipe_queue_oldest() - of those undecided; NULL: there is none */
struct pipe_wait *pipe_queue_oldest(const struct pipe_queue *q);
/** pipe_queue_find() - the frame that answer @id is about
 * Return: PIPE_FOUND with *@wait, or why there is none; the answer counts. */
enum pipe_found pipe_queue_find(struct pipe_queue *q, uint32_t id,
				struct pipe_wait **wait);
/** pipe_queue_decide() - @wait shall go on with @verdict, as soon as those
 * before it in its lane have; if it was asked and has not answered, its answer
 * will be late */
void pipe_queue_decide(struct pipe_queue *q, struct pipe_wait *wait,
		       uint8_t verdict);
/** pipe_queue_restart() - the next program begins: no answer is late any more;
 * nothing may wait */
void pipe_queue_restart(struct pipe_queue *q);

#endif /* PIPE_QUEUE_H */
