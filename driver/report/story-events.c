/*
 * story-events: what happened beside the steps.
 *
 * The log is read twice: first the events are counted, by type and machine, then
 * those that there is room for are taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/report-text.h"
#include "driver/report/story-internal.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum {
	TYPE_SIZE_MAX = 64,
	TYPES_MAX = 256,
	LANE_OTHERS = KEEP_LANES_MAX - 1, /* what has no lane of its own */
	BEFORE_FAILURE_S = 5,
};

/* "stdout" for an output; what it is called, else. */
static const char *
type_of(const json_t *event)
{
	const char *type = story_text(event, "type");
	const char *stream = story_text(event, "stream");

	if (strcmp(type, "output") != 0)
		return type;
	return strcmp(stream, "stderr") == 0 ? "stderr" : "stdout";
}

static const char *
text_of(const json_t *event)
{
	static const char *const keys[] = { "text", "path", "error" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = json_str_or(event, keys[i], NULL);

		if (text != NULL)
			return text;
	}
	return "";
}

/* Members that are not in the columns of an event; returned owned, or NULL. */
static char *
data_of(const json_t *event)
{
	static const char *const columns[] = { "n",    "t",	"type",
					       "text", "step",	"machine",
					       "path", "stream" };
	json_t *data = json_object();
	const char *key;
	json_t *value;
	char *text = NULL;

	json_object_foreach((json_t *)event, key, value)
	{
		bool is_column = json_is_null(value);

		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]);
		     i++)
			is_column |= strcmp(key, columns[i]) == 0;
		if (!is_column &&
		    !(json_is_false(value) && strcmp(key, "cut") == 0))
			json_object_set(data, key, value);
	}
	if (json_object_size(data) > 0)
		text = json_dumps(data, JSON_COMPACT);
	json_decref(data);
	if (text == NULL || strlen(text) <= STORY_DATA_MAX)
		return text;
	free(text);
	return xstrdup("{\"left_out\":true}");
}

/* The index of @type, which becomes known. */
static int
type_index(struct story_reader *reader, const char *type)
{
	struct story *story = reader->story;
	const json_t *known = json_object_get(reader->types, type);

	if (known != NULL)
		return (int)json_integer_value(known);
	if (story->n_event_types >= TYPES_MAX && strcmp(type, "other") != 0)
		return type_index(reader, "other");
	json_object_set_new(reader->types, type,
			    json_integer((json_int_t)story->n_event_types));
	*STORY_ADD(story->event_types, story->n_event_types) = xstrdup(type);
	return (int)story->n_event_types - 1;
}

/* Who has many of one kind does not take the others' place. */
static size_t
lane_of(struct story_reader *reader, const char *type, int machine)
{
	char key[TYPE_SIZE_MAX + 16];
	const json_t *known;
	size_t n = json_object_size(reader->lanes);

	snprintf(key, sizeof(key), "%s/%d", type, machine);
	known = json_object_get(reader->lanes, key);
	if (known != NULL)
		return (size_t)json_integer_value(known);
	if (n == LANE_OTHERS || reader->taking)
		return LANE_OTHERS;
	json_object_set_new(reader->lanes, key, json_integer((json_int_t)n));
	return n;
}

static void
take(struct story_reader *reader, const json_t *event, const char *type,
     int machine, char *text, char *data)
{
	struct story *story = reader->story;
	struct story_event *e = STORY_ADD(story->events, story->n_events);

	e->t = story_number(event, "t", 0);
	e->type = type_index(reader, type);
	e->machine = machine;
	e->step = story_step_of(story, json_int_or(event, "step", 0));
	e->text = text;
	e->data = data;
}

void
story_on_event(struct story_reader *reader, const json_t *event)
{
	const char *type = type_of(event);
	double t = story_number(event, "t", 0);
	char *text, *data;
	uint64_t cost;
	size_t lane;
	int machine;

	if (strlen(type) >= TYPE_SIZE_MAX) {
		reader->bad_lines += !reader->taking;
		return;
	}
	machine = story_machine(reader, story_text(event, "machine"));
	lane = lane_of(reader, type, machine);
	text = report_text_cut(text_of(event), STORY_TEXT_MAX);
	data = data_of(event);
	cost = STORY_ROW_OCTETS + report_text_cost(text) +
	       (data != NULL ? report_text_cost(data) : 0);
	if (!reader->taking) {
		keep_count(reader->events, lane, t, cost);
	} else if (keep_take(reader->events, lane, t, cost)) {
		take(reader, event, type, machine, text, data);
		return;
	}
	free(text);
	free(data);
}

void
story_choose_events(struct story_reader *reader)
{
	static const struct keep_budget budget = { .items = STORY_EVENTS_MAX,
						   .octets =
						       STORY_EVENTS_OCTETS };
	const struct story *story = reader->story;
	const struct story_failure *failure = &story->failure;
	double begin_s = -1;

	if (failure->happened) {
		begin_s = failure->step >= 0
			      ? story->steps[failure->step].begin_s
			      : failure->t;
		if (begin_s < failure->t - BEFORE_FAILURE_S)
			begin_s = failure->t - BEFORE_FAILURE_S;
		if (begin_s < 0)
			begin_s = 0;
	}
	keep_choose(reader->events, &budget, begin_s, failure->t);
}

/* ---- afterwards ---- */

static int
by_time(const void *a, const void *b)
{
	const struct story_event *x = a, *y = b;

	return (x->t > y->t) - (x->t < y->t);
}

static void
omit_lane(struct story *story, const char *key, struct keep_lane lane)
{
	const char *slash = strrchr(key, '/');
	int machine = slash != NULL ? atoi(slash + 1) : -1;
	int len = slash != NULL ? (int)(slash - key) : 0;
	const char *name;
	char *where;

	if (machine < 0) {
		story_omit(story, lane.taken, lane.counted, "log.jsonl",
			   "events: %.*s", len, key);
		return;
	}
	name = story->machines[machine].name;
	where = strncmp(key, "serial/", 7) == 0
		    ? xasprintf("%s.serial.log", name)
		    : xstrdup("log.jsonl");
	story_omit(story, lane.taken, lane.counted, where, "%.*s of %s", len,
		   key, name);
	free(where);
}

void
story_end_events(struct story_reader *reader)
{
	struct story *story = reader->story;
	struct keep_lane others = keep_lane(reader->events, LANE_OTHERS);
	const char *key;
	json_t *value;

	json_object_foreach(reader->lanes, key, value)
	{
		struct keep_lane lane = keep_lane(
		    reader->events, (size_t)json_integer_value(value));

		if (lane.taken < lane.counted)
			omit_lane(story, key, lane);
	}
	if (others.taken < others.counted)
		story_omit(story, others.taken, others.counted, "log.jsonl",
			   "other events");
	/* In order, unless the log is not. */
	for (size_t i = 1; i < story->n_events; i++) {
		if (story->events[i].t >= story->events[i - 1].t)
			continue;
		qsort(story->events, story->n_events, sizeof(*story->events),
		      by_time);
		break;
	}
}
