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

uint32_t
port_queue_push(struct port_queue *queue, struct frame *const *frames,
		uint32_t n)
{
	uint32_t room = PORT_QUEUE_FRAMES - queue->n, i;
	uint32_t bytes = queue->bytes;

	if (queue->ring == NULL)
		queue->ring = xcalloc(PORT_QUEUE_FRAMES, sizeof(*queue->ring));
	for (i = 0; i < n && i < room; i++) {
		if (frames[i]->len > PORT_QUEUE_BYTES - bytes)
			break;
		bytes += frames[i]->len;
		queue->ring[slot(queue, queue->n + i)] = frames[i];
	}
	queue->n += i;
	queue->bytes = bytes;
	return i;
}

uint32_t
port_queue_peek(const struct port_queue *queue, struct frame *const **frames)
{
	uint32_t to_end = PORT_QUEUE_FRAMES - queue->head;

	*frames = queue->n > 0 ? &queue->ring[queue->head] : NULL;
	return queue->n < to_end ? queue->n : to_end;
}

uint32_t
port_queue_pop(struct port_queue *queue, uint32_t n)
{
	uint32_t bytes = 0;

	assert(n <= queue->n);
	for (uint32_t i = 0; i < n; i++) {
		struct frame *frame = queue->ring[slot(queue, i)];

		bytes += frame->len;
		frame_unref(frame);
	}
	queue->bytes -= bytes;
	queue->n -= n;
	/* Its first slots are in the cache, if any are. */
	queue->head = queue->n > 0 ? slot(queue, n) : 0;
	return bytes;
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
