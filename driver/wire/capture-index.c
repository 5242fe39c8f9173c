#include "driver/wire/capture-index.h"

#include <stdlib.h>

#include "driver/wire/pcapng-read.h"
#include "lib/err.h"
#include "lib/xalloc.h"

struct mark {
	struct pcapng_reader *reader; /* at this place, at rest; owned */
	uint64_t latest_ns;	      /* of all frames before; 0: none */
};

struct capture_index {
	char *path;		    /* owned */
	struct pcapng_reader *tail; /* has read all; owned; NULL: none yet */
	uint64_t latest_ns;
	uint64_t apart; /* octets between two marks */
	struct mark marks[CAPTURE_MARKS_MAX];
	size_t n_marks;
};

struct capture_index *
capture_index_new(const char *path)
{
	struct capture_index *index = XNEW(struct capture_index);

	index->path = xstrdup(path);
	index->apart = CAPTURE_MARK_BYTES;
	return index;
}

void
capture_index_free(struct capture_index *index)
{
	if (index == NULL)
		return;
	for (size_t i = 0; i < index->n_marks; i++)
		pcapng_close(index->marks[i].reader);
	pcapng_close(index->tail);
	free(index->path);
	free(index);
}

/* Every second one goes. */
static void
thin_out(struct capture_index *index)
{
	size_t kept = 0;

	for (size_t i = 0; i < index->n_marks; i++) {
		if (i % 2 == 0)
			index->marks[kept++] = index->marks[i];
		else
			pcapng_close(index->marks[i].reader);
	}
	index->n_marks = kept;
	index->apart *= 2;
}

static void
add_mark(struct capture_index *index)
{
	if (index->n_marks == CAPTURE_MARKS_MAX)
		thin_out(index);
	index->marks[index->n_marks++] =
	    (struct mark){ .reader = pcapng_clone(index->tail),
			   .latest_ns = index->latest_ns };
}

static bool
is_mark_due(const struct capture_index *index)
{
	return index->n_marks == 0 ||
	       pcapng_at(index->tail) -
		       pcapng_at(index->marks[index->n_marks - 1].reader) >=
		   index->apart;
}

/* Reads what has been written since.  Return: 0; negative with @err set. */
static int
catch_up(struct capture_index *index, struct err *err)
{
	struct pcapng_frame frame;
	int ret;

	if (index->tail == NULL) {
		index->tail = pcapng_open(index->path, err);
		if (index->tail == NULL)
			return -1;
	}
	do {
		if (is_mark_due(index))
			add_mark(index);
		ret = pcapng_next(index->tail, &frame, err);
		if (ret > 0 && frame.time_ns > index->latest_ns)
			index->latest_ns = frame.time_ns;
	} while (ret > 0);
	pcapng_rest(index->tail);
	return ret;
}

struct pcapng_reader *
capture_index_open(struct capture_index *index, uint64_t since_ns,
		   struct err *err)
{
	size_t i;

	if (catch_up(index, err) < 0)
		return NULL;
	i = index->n_marks;
	while (--i > 0 && index->marks[i].latest_ns >= since_ns)
		;
	return pcapng_clone(index->marks[i].reader);
}
