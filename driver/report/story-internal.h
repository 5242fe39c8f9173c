/* story-internal: what the files of story share while a log is read. */
#ifndef DRIVER_REPORT_STORY_INTERNAL_H
#define DRIVER_REPORT_STORY_INTERNAL_H

#include <jansson.h>

#include "driver/report/keep.h"
#include "driver/report/story.h"

/* What the page has room for, octets; what is left is for frames and pictures.
 */
enum {
	STORY_PAGE_OCTETS = 19 * 1024 * 1024,
	STORY_EVENTS_OCTETS = 7 * 1024 * 1024,
	STORY_STEPS_OCTETS = 1024 * 1024, /* behind it texts are short */
	STORY_SHORT_TEXT = 64,
	STORY_SOURCES_OCTETS = 1024 * 1024,
	STORY_DATA_MAX = 16 * 1024, /* of an event */
	STORY_ROW_OCTETS = 64,	    /* of a row but its texts */
};

struct story_reader {
	struct story *story; /* borrowed */
	json_t *machines;    /* name -> index; owned, as the others */
	json_t *types;	     /* event type -> index */
	json_t *lanes;	     /* type and machine -> lane */
	struct keep *events; /* owned */
	bool taking;	     /* the second time through the log */
	bool began;	     /* there was a run.begin */
	double last_s;	     /* of all events */
	json_t *end_at;	     /* run.end's place */
	size_t steps_octets, sources_octets;
	uint64_t bad_lines;
	uint64_t steps_seen;
	uint64_t sources_left_out, files_left_out;
};

/** story_grow() - room for one more behind the @n of @array; zeroed */
void *story_grow(void *array, size_t n, size_t size);
/* A new last item of an array. */
#define STORY_ADD(array, n)                                                    \
	((array) = story_grow((array), (n), sizeof(*(array))), &(array)[(n)++])

/** story_text() - the member @key of @event, "" for none; borrowed */
const char *story_text(const json_t *event, const char *key);
/** story_number() - finite; @otherwise when it is none */
double story_number(const json_t *event, const char *key, double otherwise);
/** story_count() - an integer that is not negative, else 0 */
uint64_t story_count(const json_t *event, const char *key);
/** story_machine() - the index of a name, which becomes known; -1: none */
int story_machine(struct story_reader *reader, const char *name);
/** story_path() - @path as the log has it, relative to the story's directory;
 * returned owned; NULL: no file in there */
char *story_path(const struct story *story, const char *path);
/** story_place() - of an "at" of the log, or NULL */
struct story_place story_place(const struct story *story, const json_t *at);
/** story_place_in() - the place that an error begins with: "FILE:LINE: text" */
struct story_place story_place_in(const struct story *story, const char *error);
/** story_omit() - tell what has been left out, in printf()'s words */
void story_omit(struct story *story, uint64_t shown, uint64_t of,
		const char *where, const char *what, ...)
    __attribute__((format(printf, 5, 6)));

/** story_window() - what to look at for the failure, from a second before its step
 * began; negative without a failure */
void story_window(const struct story *story, double *begin_s, double *end_s);

/* story-run.c: the handlers of what is not a step and no other event. */
void story_on_run_begin(struct story_reader *reader, const json_t *event);
void story_on_run_end(struct story_reader *reader, const json_t *event);
void story_on_source(struct story_reader *reader, const json_t *event);
void story_on_capture(struct story_reader *reader, const json_t *event);
void story_on_file(struct story_reader *reader, const json_t *event);
void story_on_screenshot(struct story_reader *reader, const json_t *event);
/** story_find_files() - captures and logs that are there, whatever the log says
 */
void story_find_files(struct story *story);

/* story-steps.c */
void story_on_step_begin(struct story_reader *reader, const json_t *event);
void story_on_step_end(struct story_reader *reader, const json_t *event);
/** story_end_steps() - parents, places, and the failure */
void story_end_steps(struct story_reader *reader);
/** story_step_of() - the index of the step with this number; -1 */
int story_step_of(const struct story *story, int64_t id);

/* story-events.c */
void story_on_event(struct story_reader *reader, const json_t *event);
/** story_choose_events() - between the first time and the second */
void story_choose_events(struct story_reader *reader);
void story_end_events(struct story_reader *reader);

#endif /* DRIVER_REPORT_STORY_INTERNAL_H */
