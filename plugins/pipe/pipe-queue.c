#include "plugins/pipe/pipe-queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What became of the last frame whose id led here. */
enum outcome {
	NEVER_ASKED,
	WAITS,
	ANSWERED,
	GIVEN_UP, /* not answered in time */
};

struct pipe_slot {
	uint32_t id;
	enum outcome outcome;
	struct pipe_wait wait; /* while it waits */
};

int
pipe_queue_init(struct pipe_queue *q, pipe_release_fn *release,
		pipe_emptied_fn *emptied, void *arg)
{
	*q = (struct pipe_queue){ .release = release,
				  .emptied = emptied,
				  .arg = arg };
	TAILQ_INIT(&q->all);
	TAILQ_INIT(&q->unsent);
	q->slots = calloc(PIPE_SLOTS, sizeof(*q->slots));
	return q->slots != NULL ? 0 : -ENOMEM;
}

void
pipe_queue_fini(struct pipe_queue *q)
{
	assert(q->n == 0);
	free(q->slots);
}

void
pipe_lane_init(struct pipe_lane *lane, uint32_t port, enum vl_stage stage)
{
	lane->port = port;
	lane->stage = stage;
	TAILQ_INIT(&lane->waits);
}

static struct pipe_slot *
slot_of(const struct pipe_queue *q, uint32_t id)
{
	return &q->slots[id % PIPE_SLOTS];
}

/* Return: the place of a frame that waits; NULL: there is none left. */
static struct pipe_wait *
add(struct pipe_queue *q, struct pipe_lane *lane, struct vl_frame *frame)
{
	struct pipe_slot *slot;

	if (q->n == PIPE_SLOTS)
		return NULL;
	/* One that has waited for long keeps its slot. */
	while (slot_of(q, q->next_id)->outcome == WAITS)
		q->next_id++;
	slot = slot_of(q, q->next_id);
	if (slot->outcome == GIVEN_UP)
		q->n_forgotten++;
	slot->id = q->next_id++;
	slot->outcome = WAITS;
	slot->wait =
	    (struct pipe_wait){ .frame = frame, .lane = lane, .id = slot->id };
	TAILQ_INSERT_TAIL(&lane->waits, &slot->wait, in_lane);
	q->n++;
	return &slot->wait;
}

bool
pipe_queue_ask(struct pipe_queue *q, struct pipe_lane *lane,
	       struct vl_frame *frame, uint64_t now_ns)
{
	struct pipe_wait *w = add(q, lane, frame);

	if (w == NULL)
		return false;
	w->state = PIPE_UNSENT;
	w->since_ns = now_ns;
	TAILQ_INSERT_TAIL(&q->all, w, in_all);
	TAILQ_INSERT_TAIL(&q->unsent, w, unsent);
	q->n_undecided++;
	return true;
}

bool
pipe_queue_follow(struct pipe_queue *q, struct pipe_lane *lane,
		  struct vl_frame *frame, uint8_t verdict)
{
	struct pipe_wait *w = add(q, lane, frame);

	if (w == NULL)
		return false;
	w->state = PIPE_DECIDED;
	w->verdict = verdict;
	return true;
}

void
pipe_queue_sent(struct pipe_queue *q)
{
	struct pipe_wait *w = TAILQ_FIRST(&q->unsent);

	TAILQ_REMOVE(&q->unsent, w, unsent);
	w->state = PIPE_ASKED;
	w->asked = w->expected = true;
}

struct pipe_wait *
pipe_queue_oldest(const struct pipe_queue *q)
{
	return TAILQ_FIRST(&q->all);
}

/* The answer is about what waits in @slot. */
static enum pipe_found
find_waiting(struct pipe_slot *slot, struct pipe_wait **wait)
{
	struct pipe_wait *w = &slot->wait;

	if (!w->asked)
		return PIPE_NOT_ASKED;
	if (!w->expected)
		return PIPE_TWICE;
	w->expected = false;
	if (w->state == PIPE_DECIDED)
		return PIPE_LATE;
	*wait = w;
	return PIPE_FOUND;
}

enum pipe_found
pipe_queue_find(struct pipe_queue *q, uint32_t id, struct pipe_wait **wait)
{
	struct pipe_slot *slot = slot_of(q, id);

	if (slot->outcome != NEVER_ASKED && slot->id == id) {
		if (slot->outcome == WAITS)
			return find_waiting(slot, wait);
		if (slot->outcome == ANSWERED)
			return PIPE_TWICE;
		slot->outcome = ANSWERED;
		return PIPE_LATE;
	}
	/* Was it asked once? */
	if ((int32_t)(id - q->next_id) >= 0 || q->n_forgotten == 0)
		return PIPE_UNKNOWN;
	q->n_forgotten--;
	return PIPE_LATE;
}

/* What waits first in @lane, and all decided behind it, goes on. */
static void
release_decided(struct pipe_queue *q, struct pipe_lane *lane)
{
	struct pipe_wait *w;

	while ((w = TAILQ_FIRST(&lane->waits)) != NULL &&
	       w->state == PIPE_DECIDED) {
		struct pipe_slot *slot = slot_of(q, w->id);
		struct vl_frame *frame = w->frame;

		TAILQ_REMOVE(&lane->waits, w, in_lane);
		slot->outcome = w->expected ? GIVEN_UP
				: w->asked  ? ANSWERED
					    : NEVER_ASKED;
		q->n--;
		q->release(q->arg, frame, w->verdict);
	}
	if (w == NULL)
		q->emptied(q->arg, lane);
}

void
pipe_queue_decide(struct pipe_queue *q, struct pipe_wait *w, uint8_t verdict)
{
	if (w->state == PIPE_UNSENT)
		TAILQ_REMOVE(&q->unsent, w, unsent);
	TAILQ_REMOVE(&q->all, w, in_all);
	q->n_undecided--;
	w->state = PIPE_DECIDED;
	w->verdict = verdict;
	release_decided(q, w->lane);
}

void
pipe_queue_restart(struct pipe_queue *q)
{
	assert(q->n == 0);
	memset(q->slots, 0, PIPE_SLOTS * sizeof(*q->slots));
	q->next_id = 0;
	q->n_forgotten = 0;
}
