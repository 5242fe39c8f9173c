/* story-free: the end of a story. */
#include <stdlib.h>

#include "driver/report/story.h"

static void
free_machine(struct story_machine *machine)
{
	for (size_t i = 0; i < machine->n_nics; i++) {
		free(machine->nics[i].port);
		free(machine->nics[i].mac);
		free(machine->nics[i].ipv4);
		free(machine->nics[i].ipv6);
	}
	free(machine->nics);
	free(machine->name);
	free(machine->serial_log);
}

static void
free_run(struct story_run *run)
{
	char *const texts[] = {
		run->test,     run->file,  run->result,
		run->error,    run->began, run->version,
		run->language, run->accel, run->accel_reason,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
}

static void
free_log(struct story *story)
{
	for (size_t i = 0; i < story->n_steps; i++) {
		free(story->steps[i].kind);
		free(story->steps[i].text);
		free(story->steps[i].error);
		free(story->steps[i].at.file);
	}
	free(story->steps);
	for (size_t i = 0; i < story->n_events; i++) {
		free(story->events[i].text);
		free(story->events[i].data);
	}
	free(story->events);
	for (size_t i = 0; i < story->n_event_types; i++)
		free(story->event_types[i]);
	free(story->event_types);
	for (size_t i = 0; i < story->n_sources; i++) {
		free(story->sources[i].file);
		free(story->sources[i].text);
	}
	free(story->sources);
}

static void
free_files(struct story *story)
{
	for (size_t i = 0; i < story->n_segments; i++) {
		free(story->segments[i].name);
		free(story->segments[i].capture);
	}
	free(story->segments);
	for (size_t i = 0; i < story->n_screenshots; i++)
		free(story->screenshots[i].path);
	free(story->screenshots);
	for (size_t i = 0; i < story->n_files; i++) {
		free(story->files[i].path);
		free(story->files[i].what);
	}
	free(story->files);
	for (size_t i = 0; i < story->n_omissions; i++) {
		free(story->omissions[i].what);
		free(story->omissions[i].where);
	}
	free(story->omissions);
}

static void
free_wire(struct story *story)
{
	for (size_t i = 0; i < story->n_ports; i++)
		free(story->ports[i]);
	free(story->ports);
	for (size_t i = 0; i < story->n_protocols; i++)
		free(story->protocols[i]);
	free(story->protocols);
	for (size_t i = 0; i < story->n_frames; i++) {
		free(story->frames[i].text);
		free(story->frames[i].note);
		free(story->frames[i].data);
	}
	free(story->frames);
	for (size_t i = 0; i < story->n_findings; i++) {
		free(story->findings[i].text);
		free(story->findings[i].frames);
	}
	free(story->findings);
}

void
story_free(struct story *story)
{
	if (story == NULL)
		return;
	for (size_t i = 0; i < story->n_machines; i++)
		free_machine(&story->machines[i]);
	free(story->machines);
	free_run(&story->run);
	free_log(story);
	free_files(story);
	free_wire(story);
	free(story->failure.error);
	free(story->failure.at.file);
	free(story->dir);
	free(story);
}
