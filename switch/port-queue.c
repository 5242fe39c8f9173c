#include "switch/port-queue.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/xalloc.h"

static uint32_t
slot(const struct port_queue *queue, uint32_t i)
{
	return (queue->head + i) % PORT_QUEUE_FRAMES;
}

void
port_queue_fini(struct port_queue *queue)
{
	assert(queue->n == 0);
	free(queue->ring);
	*queue = (struct port_queue){ .ring = NULL };
}

bool
port_queue_push(struct port_queue *queue, struct frame *frame)
{
	if (queue->n == PORT_QUEUE_FRAMES ||
	    frame->len > PORT_QUEUE_BYTES - queue->bytes)
		return false;
	if (queue->ring == NULL)
		queue->ring = xcalloc(PORT_QUEUE_FRAMES, sizeof(*queue->ring));
	queue->ring[slot(queue, queue->n)] = frame;
	queue->n++;
	queue->bytes += frame->len;
	return true;
}

uint32_t
port_queue_peek(const struct port_queue *queue, struct frame *const **frames)
{
	uint32_t to_end = PORT_QUEUE_FRAMES - queue->head;

	*frames = queue->n > 0 ? &queue->ring[queue->head] : NULL;
	return queue->n < to_end ? queue->n : to_end;
}

void
port_queue_pop(struct port_queue *queue, uint32_t n)
{
	assert(n <= queue->n);
	for (; n > 0; n--) {
		struct frame *frame = queue->ring[queue->head];

		queue->bytes -= frame->len;
		queue->head = slot(queue, 1);
		queue->n--;
		frame_unref(frame);
	}
	/* Its first slots are in the cache, if any are. */
	if (queue->n == 0)
		queue->head = 0;
}

uint32_t
port_queue_take(struct port_queue *queue,
		struct frame *frames[PORT_QUEUE_FRAMES])
{
	uint32_t n = queue->n;

	for (uint32_t i = 0; i < n; i++)
		frames[i] = queue->ring[slot(queue, i)];
	queue->head = 0;
	queue->n = 0;
	queue->bytes = 0;
	return n;
}

void
port_queue_settle(struct port_queue *queue)
{
	for (uint32_t i = 0; i < queue->n; i++) {
		struct frame **frame = &queue->ring[slot(queue, i)];

		*frame = frame_settle(*frame);
	}
}
