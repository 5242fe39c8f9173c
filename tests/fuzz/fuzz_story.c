#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/report/page-data.h"
#include "driver/report/story.h"
#include "lib/sockpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
write_file(const char *dir, const char *name, const uint8_t *data, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	must(f != NULL && fwrite(data, 1, size, f) == size && fclose(f) == 0);
}

static bool
is_index(int i, size_t n)
{
	return i >= -1 && i < (int)n;
}

static void
check_log(const struct story *story)
{
	must(story->run.test != NULL && story->run.result != NULL);
	must(story->n_steps <= STORY_STEPS_MAX &&
	     story->n_events <= STORY_EVENTS_MAX);
	for (size_t i = 0; i < story->n_steps; i++) {
		const struct story_step *step = &story->steps[i];

		must(is_index(step->parent, i));
		must(is_index(step->machine, story->n_machines));
		must(is_index(step->at.source, story->n_sources));
		must(strlen(step->text) <= STORY_TEXT_MAX);
	}
	for (size_t i = 0; i < story->n_events; i++) {
		const struct story_event *event = &story->events[i];

		must(event->type >= 0 &&
		     event->type < (int)story->n_event_types);
		must(is_index(event->machine, story->n_machines));
		must(is_index(event->step, story->n_steps));
		must(i == 0 || event->t >= event[-1].t);
	}
	must(is_index(story->failure.step, story->n_steps));
	for (size_t i = 0; i < story->n_screenshots; i++)
		must(story->screenshots[i].path[0] != '/');
}

static void
check_wire(const struct story *story)
{
	must(story->n_frames <= STORY_FRAMES_MAX);
	must(story->n_findings <= STORY_FINDINGS_MAX);
	for (size_t i = 0; i < story->n_frames; i++) {
		const struct story_frame *frame = &story->frames[i];

		must(frame->segment >= 0 &&
		     frame->segment < (int)story->n_segments);
		must(frame->to >= STORY_TO_MANY &&
		     frame->to < (int)story->n_machines);
		must(is_index(frame->from, story->n_machines));
		must(frame->port < (int)story->n_ports);
		must(frame->protocol < (int)story->n_protocols);
		must(i == 0 || frame->t >= frame[-1].t);
	}
	for (size_t i = 0; i < story->n_findings; i++) {
		const struct story_finding *finding = &story->findings[i];

		must(finding->n_frames > 0);
		for (size_t f = 0; f < finding->n_frames; f++)
			must(finding->frames[f] < story->n_frames);
	}
}

/*
 * Property: whatever a log holds, and behind its first NUL a capture of vlan1,
 * there is either no story, or one whose indexes lie in its arrays, in the order
 * that it promises; and its page data are JSON.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char dir[] = "/tmp/fuzz-story-XXXXXX";
	const uint8_t *end = memchr(data, '\0', size);
	size_t log_size = end != NULL ? (size_t)(end - data) : size;
	struct story *story;

	must(mkdtemp(dir) != NULL);
	write_file(dir, "log.jsonl", data, log_size);
	if (end != NULL)
		write_file(dir, "vlan1.pcapng", end + 1, size - log_size - 1);
	story = story_read(dir, NULL);
	if (story != NULL) {
		size_t json_size;
		char *json;
		json_t *value;

		check_log(story);
		story_read_wire(story);
		check_wire(story);
		json = page_data(story, &json_size);
		value = json_loadb(json, json_size, 0, NULL);
		must(json_is_object(value));
		json_decref(value);
		free(json);
	}
	story_free(story);
	sockpath_remove_tree(dir, NULL);
	return 0;
}
