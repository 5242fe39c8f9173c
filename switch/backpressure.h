/*
 * backpressure: who sends to a port whose peer does not keep up has to wait,
 * for a moment.
 *
 * A port whose unicast frames pile up at their destination is not read (.pause
 * of its kind) until the destination has sent all it had, so that its peer
 * finds its own socket full and waits.  Without this a switch that reads in
 * batches turns its speed into loss.
 *
 * The moment is short, but longer than a machine takes to let somebody run who
 * is about to read: with 2 ms, eight pairs of stations on one CPU lost up to a
 * tenth of their frames, with 16 none.  A destination that makes somebody wait
 * for all of it is slow from then on: it makes nobody wait, and drops what it
 * has no room for, until it has sent all it had.  So who never reads costs
 * others one such moment, and who reads in gulps at most one a gulp.
 *
 * A port that somebody waits for does not wait itself: no two ports wait for
 * each other, neither directly nor by way of others, and a peer that must
 * write before it reads again is not kept from writing by those it keeps
 * waiting.  Floods make nobody wait.
 */
#ifndef SWITCH_BACKPRESSURE_H
#define SWITCH_BACKPRESSURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct clock;
struct port;
struct timer;

enum {
	BACKPRESSURE_PAUSE_NS = 16 * 1000 * 1000,
	/* A destination is full whose socket takes no more, with so much in
	 * its queue: the rest of that is for what others have read already. */
	BACKPRESSURE_FRAMES = 64,
	BACKPRESSURE_BYTES = 128 * 1024,
};

TAILQ_HEAD(backpressure_list, port);

/* Of a lane. */
struct backpressure {
	struct timer *timer;
	struct backpressure_list paused; /* by .until_ns */
};

/* Of a port. */
struct backpressure_port {
	/* As a source. */
	struct port *waits_for; /* NULL: it is read */
	uint64_t until_ns;
	TAILQ_ENTRY(port) in_paused;
	TAILQ_ENTRY(port) in_waiting; /* of .waits_for */
	/* As a destination. */
	struct backpressure_list waiting; /* for it */
	bool slow; /* has not sent all it had since somebody waited in vain */
};

void backpressure_init(struct backpressure *bp, struct clock *clock);
/** backpressure_fini() - all ports are gone */
void backpressure_fini(struct backpressure *bp);
void backpressure_port_init(struct backpressure_port *bp);

/** backpressure_check() - unicast frames from @in were queued at @out: must @in
 * wait? */
void backpressure_check(struct port *in, struct port *out, uint64_t now_ns);
/** backpressure_release() - @out has sent all that it had, or will not send
 * anything any more */
void backpressure_release(struct port *out);
/** backpressure_forget() - @port is going: nobody waits for it, and it is not
 * read again */
void backpressure_forget(struct port *port);

#endif /* SWITCH_BACKPRESSURE_H */
