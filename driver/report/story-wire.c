/*
 * story-wire: the frames of a story, from its captures.
 *
 * Each capture is read twice, and never held: first its frames are counted, then
 * those that there is room for are decoded.  The octets of those near the
 * failure are read once more, as far as they fit.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/packet/packet.h"
#include "driver/report/findings.h"
#include "driver/report/report-text.h"
#include "driver/report/story-internal.h"
#include "driver/report/tcp-again.h"
#include "driver/report/wire-frame.h"
#include "driver/report/wire-names.h"
#include "driver/report/wire-text.h"
#include "driver/wire/pcapng-read.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum {
	TEXT_COST_MAX = 200, /* of a frame */
	NOTE_COST_MAX = 80,
	FRAME_COST = 300,		/* of a row, at most */
	OTHER_OCTETS = 3 * 1024 * 1024, /* pictures, octets of frames, ... */
	FRAME_OCTETS_MAX = 700 * 1024,
};

#define BEFORE_FAILURE_S 1.0

/* A frame and what it says, to be sorted together. */
struct decoded {
	struct story_frame frame;
	struct wire_frame wire;
};

struct wire {
	struct story *story;	  /* borrowed */
	struct wire_names *names; /* owned, as all */
	struct tcp_again *again;
	struct keep *keep;
	json_t *ports, *protocols; /* name -> index */
	struct decoded *frames;
	size_t n_frames;
	uint64_t *n_counted; /* of each segment */
	uint64_t *last;	     /* the number of its last frame */
	size_t at;	     /* of .frames, while octets are read */
};

/* ---- times ---- */

static double
since_begin(const struct story *story, const struct pcapng_frame *frame)
{
	int64_t ns = (int64_t)(frame->time_ns - (uint64_t)story->run.began_ns);

	return ns > 0 ? (double)ns / 1e9 : 0;
}

void
story_window(const struct story *story, double *begin_s, double *end_s)
{
	const struct story_failure *failure = &story->failure;

	*begin_s = *end_s = -1;
	if (!failure->happened)
		return;
	*end_s = failure->t;
	*begin_s = failure->step >= 0 ? story->steps[failure->step].begin_s
				      : failure->t - 10 * BEFORE_FAILURE_S;
	*begin_s -= BEFORE_FAILURE_S;
	if (*begin_s < 0)
		*begin_s = 0;
}

/* ---- reading a capture ---- */

typedef void frame_fn(struct wire *wire, size_t segment,
		      const struct pcapng_frame *frame);

/* Of a frame that nobody was there to get the capture has two records. */
static bool
is_noise(const struct pcapng_frame *frame)
{
	return strcmp(frame->comment,
		      "dropped by the switch: no-destination") == 0;
}

/* No further than number @last: the capture may be growing. */
static int
read_capture(struct wire *wire, size_t i, uint64_t last, frame_fn *fn,
	     struct err *err)
{
	const struct story_segment *segment = &wire->story->segments[i];
	char *path = xasprintf("%s/%s", wire->story->dir, segment->capture);
	struct pcapng_reader *reader = pcapng_open(path, err);
	struct pcapng_frame frame;
	int ret = reader != NULL ? 1 : -EIO;

	free(path);
	while (ret > 0) {
		ret = pcapng_next(reader, &frame, err);
		if (ret > 0 && frame.number > last)
			break;
		if (ret > 0 && !is_noise(&frame))
			fn(wire, i, &frame);
	}
	pcapng_close(reader);
	return ret;
}

static void
count_frame(struct wire *wire, size_t i, const struct pcapng_frame *frame)
{
	struct story_segment *segment = &wire->story->segments[i];

	segment->frames++;
	segment->octets += frame->len;
	wire->n_counted[i]++;
	wire->last[i] = frame->number;
	keep_count(wire->keep, i < KEEP_LANES_MAX ? i : KEEP_LANES_MAX - 1,
		   since_begin(wire->story, frame), FRAME_COST);
}

/* What was counted while it was written may be less than what is there. */
static void
count_capture(struct wire *wire, size_t i)
{
	struct story_segment *segment = &wire->story->segments[i];
	struct err err = ERR_INIT;

	if (segment->capture == NULL)
		return;
	segment->frames = segment->octets = 0;
	if (read_capture(wire, i, UINT64_MAX, count_frame, &err) < 0)
		story_omit(wire->story, segment->frames, 0, segment->capture,
			   "frames of %s behind number %llu: %s", segment->name,
			   (unsigned long long)segment->frames, err.text);
}

/* ---- decoding ---- */

static int
index_of(json_t *map, char ***names, size_t *n, const char *name)
{
	json_t *known = json_object_get(map, name);
	json_t *text;

	if (known != NULL)
		return (int)json_integer_value(known);
	text = json_text(name, strlen(name)); /* it may be anything */
	known = json_object_get(map, json_string_value(text));
	if (known == NULL) {
		known = json_integer((json_int_t)*n);
		*STORY_ADD(*names, *n) = xstrdup(json_string_value(text));
		json_object_set_new(map, json_string_value(text), known);
	}
	json_decref(text);
	return (int)json_integer_value(known);
}

static char *
clean(const char *text, size_t max_cost)
{
	json_t *utf8 = json_text(text, strlen(text));
	char *begin = report_text_begin(json_string_value(utf8), max_cost);

	json_decref(utf8);
	return begin;
}

static unsigned
flags_of(struct wire *wire, size_t segment, const struct pcapng_frame *frame,
	 const struct wire_frame *said)
{
	unsigned flags = 0;

	if (pcapng_is_dropped(frame))
		return STORY_FRAME_DROPPED;
	if (frame->comment[0] != '\0')
		flags |= STORY_FRAME_IMPAIRED;
	if (frame->direction != PCAPNG_OUTBOUND &&
	    strstr(frame->comment, "duplicated") == NULL &&
	    tcp_again_seen(wire->again, segment, frame->data,
			   frame->captured_len))
		flags |= STORY_FRAME_AGAIN;
	if (said != NULL && said->bad_sum)
		flags |= STORY_FRAME_BAD_SUM;
	return flags;
}

/* Where it entered says whose it is, before its address does. */
static void
set_ends(struct wire *wire, const struct pcapng_frame *frame,
	 const struct wire_frame *said, struct story_frame *f)
{
	int machine = wire_names_of_port(wire->names, frame->port);
	bool leaves = frame->direction == PCAPNG_OUTBOUND;

	if (!leaves)
		wire_names_learn(wire->names, &said->src, machine);
	f->from = leaves || machine < 0
		      ? wire_names_of_mac(wire->names, &said->src)
		      : machine;
	if (leaves && machine >= 0)
		f->to = machine;
	else if (mac_is_multicast(&said->dst))
		f->to = STORY_TO_MANY;
	else
		f->to = wire_names_of_mac(wire->names, &said->dst);
}

static void
decode(struct wire *wire, size_t segment, const struct pcapng_frame *frame)
{
	struct story *story = wire->story;
	struct decoded *d = STORY_ADD(wire->frames, wire->n_frames);
	struct story_frame *f = &d->frame;
	char text[WIRE_TEXT_SIZE];
	struct packet packet;

	packet_dissect(frame->data, frame->captured_len, &packet);
	wire_frame_read(&packet, frame->captured_len == frame->len, &d->wire);
	f->t = since_begin(story, frame);
	f->segment = (int)segment;
	f->number = frame->number;
	f->octets = frame->len;
	f->port =
	    index_of(wire->ports, &story->ports, &story->n_ports, frame->port);
	f->protocol = index_of(wire->protocols, &story->protocols,
			       &story->n_protocols, d->wire.protocol);
	f->flags = flags_of(wire, segment, frame, &d->wire);
	set_ends(wire, frame, &d->wire, f);
	f->text = clean(wire_text(wire->names, &packet, &d->wire, f, text),
			TEXT_COST_MAX);
	if (frame->comment[0] != '\0')
		f->note = clean(frame->comment, NOTE_COST_MAX);
}

static void
take_frame(struct wire *wire, size_t segment, const struct pcapng_frame *frame)
{
	size_t lane = segment < KEEP_LANES_MAX ? segment : KEEP_LANES_MAX - 1;

	if (keep_take(wire->keep, lane, since_begin(wire->story, frame),
		      FRAME_COST))
		decode(wire, segment, frame);
	else /* what comes later may be what this one was */
		flags_of(wire, segment, frame, NULL);
}

static size_t
text_cost(const char *text)
{
	return text != NULL ? report_text_cost(text) : 0;
}

/* What the page needs for all but frames, octets. */
static size_t
cost_of_log(const struct story *story)
{
	size_t cost = OTHER_OCTETS;

	for (size_t i = 0; i < story->n_steps; i++)
		cost += text_cost(story->steps[i].text) +
			text_cost(story->steps[i].error) + STORY_ROW_OCTETS;
	for (size_t i = 0; i < story->n_events; i++)
		cost += text_cost(story->events[i].text) +
			text_cost(story->events[i].data) + STORY_ROW_OCTETS;
	for (size_t i = 0; i < story->n_sources; i++)
		cost += text_cost(story->sources[i].text);
	return cost;
}

static void
choose_frames(struct wire *wire)
{
	size_t cost = cost_of_log(wire->story);
	struct keep_budget budget = { .items = STORY_FRAMES_MAX };
	double begin_s, end_s;

	if (cost < STORY_PAGE_OCTETS)
		budget.octets = STORY_PAGE_OCTETS - cost;
	story_window(wire->story, &begin_s, &end_s);
	keep_choose(wire->keep, &budget, begin_s, end_s);
}

static int
by_time(const void *a, const void *b)
{
	const struct decoded *x = a, *y = b;

	return (x->frame.t > y->frame.t) - (x->frame.t < y->frame.t);
}

static void
omit_frames(struct wire *wire)
{
	struct story *story = wire->story;
	uint64_t *shown = xcalloc(story->n_segments + 1, sizeof(*shown));

	for (size_t i = 0; i < wire->n_frames; i++)
		shown[wire->frames[i].frame.segment]++;
	for (size_t i = 0; i < story->n_segments; i++)
		if (shown[i] < wire->n_counted[i])
			story_omit(story, shown[i], wire->n_counted[i],
				   story->segments[i].capture, "frames of %s",
				   story->segments[i].name);
	free(shown);
}

/* ---- octets ---- */

struct near {
	double outside_s;  /* of the window of the failure */
	double from_end_s; /* of the failure */
	size_t frame;
};

static int
by_distance(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->outside_s != y->outside_s)
		return x->outside_s > y->outside_s ? 1 : -1;
	return (x->from_end_s > y->from_end_s) -
	       (x->from_end_s < y->from_end_s);
}

/* The nearest to the failure first; without one all frames or none. */
static void
mark_octets(struct wire *wire)
{
	struct near *nearest = xcalloc(wire->n_frames + 1, sizeof(*nearest));
	double begin_s, end_s;
	uint64_t total = 0, room = FRAME_OCTETS_MAX;

	story_window(wire->story, &begin_s, &end_s);
	for (size_t i = 0; i < wire->n_frames; i++) {
		double t = wire->frames[i].frame.t;

		nearest[i].frame = i;
		nearest[i].from_end_s = fabs(t - end_s);
		if (t < begin_s || t > end_s)
			nearest[i].outside_s =
			    t < begin_s ? begin_s - t : t - end_s;
		total += wire->frames[i].frame.octets;
	}
	if (begin_s >= 0)
		qsort(nearest, wire->n_frames, sizeof(*nearest), by_distance);
	for (size_t i = 0; i < wire->n_frames; i++) {
		struct story_frame *f = &wire->frames[nearest[i].frame].frame;

		if (begin_s < 0 && total > FRAME_OCTETS_MAX)
			break;
		if (f->octets > room)
			break;
		room -= f->octets;
		f->data_len = f->octets;
	}
	free(nearest);
}

/* Frames come in the order of wire->frames, with others between them. */
static void
take_octets(struct wire *wire, size_t segment, const struct pcapng_frame *frame)
{
	struct story_frame *f;

	while (wire->at < wire->n_frames &&
	       (wire->frames[wire->at].frame.segment < (int)segment ||
		(wire->frames[wire->at].frame.segment == (int)segment &&
		 wire->frames[wire->at].frame.number < frame->number)))
		wire->at++;
	if (wire->at == wire->n_frames)
		return;
	f = &wire->frames[wire->at].frame;
	if (f->segment != (int)segment || f->number != frame->number ||
	    f->data_len == 0)
		return;
	f->data_len = frame->captured_len;
	f->data = xcalloc(frame->captured_len + 1, 1);
	memcpy(f->data, frame->data, frame->captured_len);
}

/* ---- all of it ---- */

static void
read_frames(struct wire *wire)
{
	struct story *story = wire->story;

	for (size_t i = 0; i < story->n_segments; i++)
		count_capture(wire, i);
	choose_frames(wire);
	for (size_t i = 0; i < story->n_segments; i++)
		if (story->segments[i].capture != NULL)
			read_capture(wire, i, wire->last[i], take_frame, NULL);
	omit_frames(wire);
	mark_octets(wire);
	for (size_t i = 0; i < story->n_segments; i++)
		if (story->segments[i].capture != NULL)
			read_capture(wire, i, wire->last[i], take_octets, NULL);
}

/* The story gets its frames, by time, and what stands out among them. */
static void
give_frames(struct wire *wire)
{
	struct story *story = wire->story;
	struct wire_frame *said;

	if (wire->n_frames > 1)
		qsort(wire->frames, wire->n_frames, sizeof(*wire->frames),
		      by_time);
	story->frames = xcalloc(wire->n_frames + 1, sizeof(*story->frames));
	said = xcalloc(wire->n_frames + 1, sizeof(*said));
	for (size_t i = 0; i < wire->n_frames; i++) {
		story->frames[i] = wire->frames[i].frame;
		said[i] = wire->frames[i].wire;
	}
	story->n_frames = wire->n_frames;
	free(wire->frames);
	findings_find(story, wire->names, said);
	free(said);
}

void
story_read_wire(struct story *story)
{
	struct wire wire = { .story = story };
	bool any = false;

	for (size_t i = 0; i < story->n_segments; i++)
		any |= story->segments[i].capture != NULL;
	if (story->run.began_ns == 0 || story->n_frames > 0 || !any) {
		if (any && story->n_frames == 0)
			story_omit(story, 0, 0, "the captures",
				   "frames: the log does not say when the run "
				   "began");
		return;
	}
	wire.names = wire_names_new(story);
	wire.again = tcp_again_new();
	wire.keep = keep_new();
	wire.ports = json_object();
	wire.protocols = json_object();
	wire.n_counted = xcalloc(story->n_segments, sizeof(*wire.n_counted));
	wire.last = xcalloc(story->n_segments, sizeof(*wire.last));
	read_frames(&wire);
	give_frames(&wire);
	wire_names_free(wire.names);
	tcp_again_free(wire.again);
	keep_free(wire.keep);
	json_decref(wire.ports);
	json_decref(wire.protocols);
	free(wire.n_counted);
	free(wire.last);
}
