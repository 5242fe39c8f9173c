#include "config.h"

#include "driver/report/page-data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/page-json.h"
#include "driver/report/page-picture.h"
#include "driver/report/story.h"
#include "lib/base64.h"
#include "lib/xalloc.h"

/* ---- the run ---- */

static void
put_run(struct page_json *json, const struct story *story)
{
	const struct story_run *run = &story->run;

	page_json_int(json, "schema", 1);
	page_json_text(json, "test", run->test);
	page_json_text(json, "result", run->result);
	page_json_int(json, "code", run->code);
	page_json_text(json, "error", run->error);
	page_json_bool(json, "complete", run->complete);
	page_json_text(json, "began", run->began_ns > 0 ? run->began : NULL);
	page_json_time(json, "duration", run->duration_s);
	page_json_text(json, "version", run->version);
	page_json_text(json, "file", run->file);
	page_json_text(json, "language", run->language);
	page_json_int(json, "seed", run->seed);
	page_json_text(json, "accel", run->accel);
	page_json_text(json, "accel_reason", run->accel_reason);
	page_json_time(json, "timeout_scale", run->timeout_scale);
	page_json_int(json, "attempt", run->attempt);
}

static void
put_nic(struct page_json *json, const struct story_nic *nic)
{
	page_json_open(json, NULL, '{');
	page_json_text(json, "port", nic->port);
	page_json_int(json, "segment", nic->segment);
	page_json_text(json, "mac", nic->mac);
	page_json_text(json, "ipv4", nic->ipv4);
	page_json_text(json, "ipv6", nic->ipv6);
	page_json_close(json, '}');
}

static void
put_machines(struct page_json *json, const struct story *story)
{
	page_json_open(json, "machines", '[');
	for (size_t i = 0; i < story->n_machines; i++) {
		const struct story_machine *machine = &story->machines[i];

		page_json_open(json, NULL, '{');
		page_json_text(json, "name", machine->name);
		page_json_text(json, "serial_log", machine->serial_log);
		page_json_open(json, "nics", '[');
		for (size_t n = 0; n < machine->n_nics; n++)
			put_nic(json, &machine->nics[n]);
		page_json_close(json, ']');
		page_json_close(json, '}');
	}
	page_json_close(json, ']');
}

static void
put_segments(struct page_json *json, const struct story *story)
{
	page_json_open(json, "segments", '[');
	for (size_t i = 0; i < story->n_segments; i++) {
		const struct story_segment *segment = &story->segments[i];

		page_json_open(json, NULL, '{');
		page_json_text(json, "name", segment->name);
		page_json_text(json, "capture", segment->capture);
		page_json_int(json, "frames", (int64_t)segment->frames);
		page_json_int(json, "octets", (int64_t)segment->octets);
		page_json_int(json, "left_out", (int64_t)segment->left_out);
		page_json_close(json, '}');
	}
	page_json_close(json, ']');
}

static void
put_sources(struct page_json *json, const struct story *story)
{
	page_json_open(json, "sources", '[');
	for (size_t i = 0; i < story->n_sources; i++) {
		const struct story_source *source = &story->sources[i];

		page_json_open(json, NULL, '{');
		page_json_text(json, "file", source->file);
		page_json_text(json, "text", source->text);
		page_json_bool(json, "cut", source->cut);
		page_json_close(json, '}');
	}
	page_json_close(json, ']');
}

static void
put_failure(struct page_json *json, const struct story *story)
{
	const struct story_failure *failure = &story->failure;

	if (!failure->happened) {
		page_json_raw(json, "failure", NULL);
		return;
	}
	page_json_open(json, "failure", '{');
	page_json_int(json, "step", failure->step);
	page_json_time(json, "t", failure->t);
	page_json_text(json, "error", failure->error);
	page_json_int(json, "source", failure->at.source);
	page_json_int(json, "line", failure->at.line);
	page_json_text(json, "file", failure->at.file);
	page_json_close(json, '}');
}

static void
put_findings(struct page_json *json, const struct story *story)
{
	page_json_open(json, "findings", '[');
	for (size_t i = 0; i < story->n_findings; i++) {
		const struct story_finding *finding = &story->findings[i];

		page_json_open(json, NULL, '{');
		page_json_text(json, "text", finding->text);
		page_json_time(json, "t0", finding->begin_s);
		page_json_time(json, "t1", finding->end_s);
		page_json_int(json, "segment", finding->segment);
		page_json_open(json, "frames", '[');
		for (size_t f = 0; f < finding->n_frames; f++)
			page_json_int(json, NULL, (int64_t)finding->frames[f]);
		page_json_close(json, ']');
		page_json_text(json, "severity",
			       finding->severity == STORY_BAD ? "bad" : "note");
		page_json_close(json, '}');
	}
	page_json_close(json, ']');
}

/* ---- what there is much of: rows ---- */

static void
put_step(struct page_json *json, const struct story_step *step)
{
	page_json_open(json, NULL, '[');
	page_json_int(json, NULL, step->id);
	page_json_int(json, NULL, step->parent);
	page_json_text(json, NULL, step->kind);
	page_json_int(json, NULL, step->machine);
	page_json_text(json, NULL, step->text);
	page_json_time(json, NULL, step->begin_s);
	page_json_time(json, NULL, step->ended ? step->end_s : -1);
	if (step->ended)
		page_json_int(json, NULL, step->ok);
	else
		page_json_raw(json, NULL, NULL);
	page_json_text(json, NULL, step->error);
	page_json_int(json, NULL, step->at.source);
	page_json_int(json, NULL, step->at.line);
	page_json_int(json, NULL, step->timed_out);
	page_json_close(json, ']');
}

static void
put_event(struct page_json *json, const struct story_event *event)
{
	page_json_open(json, NULL, '[');
	page_json_time(json, NULL, event->t);
	page_json_int(json, NULL, event->type);
	page_json_int(json, NULL, event->machine);
	page_json_int(json, NULL, event->step);
	page_json_text(json, NULL, event->text);
	page_json_raw(json, NULL, event->data);
	page_json_close(json, ']');
}

static void
put_frame(struct page_json *json, const struct story_frame *frame)
{
	page_json_open(json, NULL, '[');
	page_json_time(json, NULL, frame->t);
	page_json_int(json, NULL, frame->segment);
	page_json_int(json, NULL, (int64_t)frame->number);
	page_json_int(json, NULL, frame->port);
	page_json_int(json, NULL, frame->from);
	page_json_int(json, NULL, frame->to);
	page_json_int(json, NULL, frame->protocol);
	page_json_text(json, NULL, frame->text);
	page_json_int(json, NULL, frame->octets);
	page_json_int(json, NULL, frame->flags);
	page_json_text(json, NULL, frame->note);
	page_json_close(json, ']');
}

static void
put_rows(struct page_json *json, const struct story *story)
{
	page_json_open(json, "steps", '[');
	for (size_t i = 0; i < story->n_steps; i++)
		put_step(json, &story->steps[i]);
	page_json_close(json, ']');
	page_json_open(json, "events", '[');
	for (size_t i = 0; i < story->n_events; i++)
		put_event(json, &story->events[i]);
	page_json_close(json, ']');
	page_json_open(json, "frames", '[');
	for (size_t i = 0; i < story->n_frames; i++)
		put_frame(json, &story->frames[i]);
	page_json_close(json, ']');
}

static void
put_names(struct page_json *json, const char *key, char *const names[],
	  size_t n)
{
	page_json_open(json, key, '[');
	for (size_t i = 0; i < n; i++)
		page_json_text(json, NULL, names[i]);
	page_json_close(json, ']');
}

static void
put_octets(struct page_json *json, const struct story *story)
{
	page_json_open(json, "frame_octets", '{');
	for (size_t i = 0; i < story->n_frames; i++) {
		const struct story_frame *frame = &story->frames[i];
		char index[24], *text;

		if (frame->data == NULL)
			continue;
		snprintf(index, sizeof(index), "%zu", i);
		text = base64_encode(frame->data, frame->data_len);
		page_json_text(json, index, text);
		free(text);
	}
	page_json_close(json, '}');
}

static void
put_files(struct page_json *json, const struct story *story)
{
	page_json_open(json, "files", '[');
	for (size_t i = 0; i < story->n_files; i++) {
		const struct story_file *file = &story->files[i];

		page_json_open(json, NULL, '{');
		page_json_text(json, "path", file->path);
		page_json_int(json, "octets", (int64_t)file->octets);
		page_json_text(json, "what", file->what);
		page_json_close(json, '}');
	}
	page_json_close(json, ']');
}

static void
put_omissions(struct page_json *json, const struct story *story)
{
	page_json_open(json, "left_out", '[');
	for (size_t i = 0; i < story->n_omissions; i++) {
		const struct story_omission *omission = &story->omissions[i];

		page_json_open(json, NULL, '{');
		page_json_text(json, "what", omission->what);
		page_json_int(json, "shown", (int64_t)omission->shown);
		page_json_int(json, "of", (int64_t)omission->of);
		page_json_text(json, "where", omission->where);
		page_json_close(json, '}');
	}
	page_json_close(json, ']');
}

/* What the page makes of @text: it escapes what means something in HTML. */
static size_t
escaped_size(const char *text, size_t size)
{
	size_t escaped = size;

	for (size_t i = 0; i < size; i++)
		if (text[i] == '<' || text[i] == '>' || text[i] == '&')
			escaped += 5;
		else if (text[i] == '\xe2') /* U+2028, perhaps */
			escaped += 3;
	return escaped;
}

char *
page_data(struct story *story, size_t *size)
{
	char *text = NULL;
	struct page_json json = { .file = open_memstream(&text, size) };
	size_t used;

	if (json.file == NULL)
		return NULL;
	page_json_open(&json, NULL, '{');
	put_run(&json, story);
	put_machines(&json, story);
	put_segments(&json, story);
	put_sources(&json, story);
	put_failure(&json, story);
	put_findings(&json, story);
	put_names(&json, "event_types", story->event_types,
		  story->n_event_types);
	put_names(&json, "ports", story->ports, story->n_ports);
	put_names(&json, "protocols", story->protocols, story->n_protocols);
	put_rows(&json, story);
	put_octets(&json, story);
	put_files(&json, story);
	fflush(json.file);
	used = escaped_size(text, *size);
	page_put_pictures(&json, story,
			  used < PAGE_DATA_MAX ? PAGE_DATA_MAX - used : 0);
	put_omissions(&json, story);
	page_json_close(&json, '}');
	if (ferror(json.file) || fclose(json.file) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
