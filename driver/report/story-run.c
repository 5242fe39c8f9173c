/* story-run: the run as a whole, its machines, its sources and its files. */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "driver/report/report-text.h"
#include "driver/report/story-internal.h"
#include "lib/json.h"
#include "lib/xalloc.h"

enum { NAME_COST_MAX = 1024, ERROR_COST_MAX = 256 * 1024, NICS_MAX = 256 };

/* ---- run.begin ---- */

static char *
text_member(const json_t *event, const char *key)
{
	return report_text_cut(story_text(event, key), NAME_COST_MAX);
}

/* NULL where the log has null or nothing. */
static char *
text_or_null(const json_t *event, const char *key, size_t max_cost)
{
	const char *text = json_str_or(event, key, NULL);

	return text != NULL ? report_text_cut(text, max_cost) : NULL;
}

/* "2026-11-23T06:10:00.123456789Z".  Return: ns since 1970, 0 for another
 * form. */
static int64_t
wall_ns(const char *text)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ns = 0, unit = 1000000000;
	time_t s;

	if (rest == NULL)
		return 0;
	if (*rest == '.')
		for (rest++; isdigit((unsigned char)*rest); rest++) {
			unit /= 10;
			ns += unit * (*rest - '0');
		}
	s = timegm(&tm);
	if (strcmp(rest, "Z") != 0 || s <= 0 || s >= INT64_MAX / 1000000000 - 1)
		return 0;
	return (int64_t)s * 1000000000 + ns;
}

static int
segment_index(struct story *story, const char *name)
{
	for (size_t i = 0; i < story->n_segments; i++)
		if (strcmp(story->segments[i].name, name) == 0)
			return (int)i;
	if (name[0] == '\0' || strlen(name) > 64 || strchr(name, '/') != NULL ||
	    story->n_segments == STORY_SEGMENTS_MAX)
		return -1;
	STORY_ADD(story->segments, story->n_segments)->name = xstrdup(name);
	return (int)story->n_segments - 1;
}

/* vlan2 comes before vlan10. */
static int
by_name(const void *a, const void *b)
{
	const struct story_segment *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

static void
read_nics(struct story *story, struct story_machine *machine,
	  const json_t *nics)
{
	const json_t *value;
	size_t i;

	json_array_foreach(nics, i, value)
	{
		struct story_nic *nic;

		if (machine->n_nics == NICS_MAX)
			return;
		nic = STORY_ADD(machine->nics, machine->n_nics);
		nic->port = text_member(value, "port");
		nic->segment =
		    segment_index(story, story_text(value, "segment"));
		nic->mac = text_member(value, "mac");
		nic->ipv4 = text_or_null(value, "ipv4", NAME_COST_MAX);
		nic->ipv6 = text_or_null(value, "ipv6", NAME_COST_MAX);
	}
}

static void
read_nodes(struct story_reader *reader, const json_t *nodes)
{
	struct story *story = reader->story;
	const json_t *node, *nic;
	size_t i, j;

	/* The segments in their order, before anything counts on it. */
	json_array_foreach(nodes, i, node)
	    json_array_foreach(json_object_get(node, "nics"), j, nic)
		segment_index(story, story_text(nic, "segment"));
	if (story->n_segments > 1)
		qsort(story->segments, story->n_segments,
		      sizeof(*story->segments), by_name);
	json_array_foreach(nodes, i, node)
	{
		int m = story_machine(reader, story_text(node, "name"));

		if (m >= 0)
			read_nics(story, &story->machines[m],
				  json_object_get(node, "nics"));
	}
}

void
story_on_run_begin(struct story_reader *reader, const json_t *event)
{
	struct story_run *run = &reader->story->run;

	if (reader->began)
		return;
	reader->began = true;
	run->test = text_member(event, "test");
	run->file = text_member(event, "file");
	run->version = text_member(event, "version");
	run->language = text_member(event, "language");
	run->accel = text_member(event, "accel");
	run->accel_reason = text_member(event, "accel_reason");
	run->began = text_or_null(event, "began", NAME_COST_MAX);
	run->began_ns = wall_ns(story_text(event, "began"));
	run->timeout_scale = story_number(event, "timeout_scale", 1);
	run->seed = json_int_or(event, "seed", 0);
	run->attempt = (int)json_int_or(event, "attempt", 1);
	run->schema = (int)json_int_or(event, "schema", 0);
	read_nodes(reader, json_object_get(event, "nodes"));
}

/* The last one counts: nothing comes behind it. */
void
story_on_run_end(struct story_reader *reader, const json_t *event)
{
	struct story_run *run = &reader->story->run;

	free(run->result);
	free(run->error);
	run->complete = true;
	run->result = text_member(event, "result");
	run->code = (int)json_int_or(event, "code", -1);
	run->error = text_or_null(event, "error", ERROR_COST_MAX);
	run->duration_s = story_number(event, "t", 0);
	json_decref(reader->end_at);
	reader->end_at = json_incref(json_object_get(event, "at"));
}

/* ---- sources ---- */

/* Whole lines of @text that cost no more than @max. */
static char *
first_lines(const char *text, size_t max, bool *cut)
{
	char *copy = xstrdup(text);
	size_t size = strlen(copy);

	*cut = false;
	while (report_text_cost(copy) > max) {
		char *end;

		*cut = true;
		size /= 2;
		copy[size] = '\0';
		end = strrchr(copy, '\n');
		size = end != NULL ? (size_t)(end - copy) + 1 : 0;
		copy[size] = '\0';
	}
	return copy;
}

void
story_on_source(struct story_reader *reader, const json_t *event)
{
	struct story *story = reader->story;
	const char *file = story_text(event, "file");
	struct story_source *source;
	bool cut;

	for (size_t i = 0; i < story->n_sources; i++)
		if (strcmp(story->sources[i].file, file) == 0)
			return;
	if (story->n_sources == STORY_SOURCES_MAX || file[0] == '\0' ||
	    strlen(file) > PATH_MAX ||
	    reader->sources_octets >= STORY_SOURCES_OCTETS) {
		reader->sources_left_out++;
		return;
	}
	source = STORY_ADD(story->sources, story->n_sources);
	source->file = xstrdup(file);
	source->text =
	    first_lines(story_text(event, "text"),
			STORY_SOURCES_OCTETS - reader->sources_octets, &cut);
	source->cut = cut || json_bool_or(event, "cut", false);
	reader->sources_octets +=
	    report_text_cost(source->text) + strlen(file) + STORY_ROW_OCTETS;
}

/* ---- files ---- */

static bool
climbs(const char *path)
{
	const char *at = path;

	while ((at = strstr(at, "..")) != NULL) {
		if ((at == path || at[-1] == '/') &&
		    (at[2] == '\0' || at[2] == '/'))
			return true;
		at += 2;
	}
	return false;
}

static bool
is_file(const struct story *story, const char *path, uint64_t *octets)
{
	char *full = xasprintf("%s/%s", story->dir, path);
	struct stat st;
	bool is = stat(full, &st) == 0 && S_ISREG(st.st_mode);

	if (is && octets != NULL)
		*octets = (uint64_t)st.st_size;
	free(full);
	return is;
}

char *
story_path(const struct story *story, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (path[0] == '\0' || strlen(path) > PATH_MAX)
		return NULL;
	/* As it was seen from where the run was started. */
	if (slash != NULL &&
	    (path[0] == '/' || climbs(path) || !is_file(story, path, NULL)))
		path = slash + 1;
	if (path[0] == '\0' || climbs(path))
		return NULL;
	return xstrdup(path);
}

/* @path is taken. */
static void
add_file(struct story *story, char *path, char *what)
{
	struct story_file *file = NULL;

	for (size_t i = 0; i < story->n_files; i++)
		if (strcmp(story->files[i].path, path) == 0)
			file = &story->files[i];
	if (file != NULL || story->n_files == STORY_FILES_MAX) {
		free(path);
		free(what);
		return;
	}
	file = STORY_ADD(story->files, story->n_files);
	file->path = path;
	file->what = what;
	is_file(story, path, &file->octets);
}

void
story_on_file(struct story_reader *reader, const json_t *event)
{
	struct story *story = reader->story;
	char *path = story_path(story, story_text(event, "path"));
	const char *machine = story_text(event, "machine");

	if (path == NULL || story->n_files == STORY_FILES_MAX) {
		reader->files_left_out += path != NULL;
		free(path);
		return;
	}
	add_file(story, path,
		 machine[0] != '\0' ? xasprintf("copied from %.64s", machine)
				    : xstrdup("copied"));
}

void
story_on_screenshot(struct story_reader *reader, const json_t *event)
{
	struct story *story = reader->story;
	char *path = story_path(story, story_text(event, "path"));
	struct story_screenshot *shot;

	if (path == NULL || story->n_screenshots == STORY_FILES_MAX) {
		reader->files_left_out += path != NULL;
		free(path);
		return;
	}
	shot = STORY_ADD(story->screenshots, story->n_screenshots);
	shot->t = story_number(event, "t", 0);
	shot->machine = story_machine(reader, story_text(event, "machine"));
	shot->step = story_step_of(story, json_int_or(event, "step", 0));
	shot->path = path;
}

void
story_on_capture(struct story_reader *reader, const json_t *event)
{
	struct story *story = reader->story;
	int i = segment_index(story, story_text(event, "segment"));
	struct story_segment *segment;

	if (i < 0)
		return;
	segment = &story->segments[i];
	segment->frames = story_count(event, "frames");
	segment->octets = story_count(event, "octets");
	segment->left_out = story_count(event, "left_out");
	free(segment->capture);
	segment->capture = story_path(story, story_text(event, "path"));
}

/* ---- what is there ---- */

/* "vlan1.pcapng" of a log that does not tell of it. */
static void
find_captures(struct story *story)
{
	DIR *dir = opendir(story->dir);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *end = strstr(entry->d_name, ".pcapng");
		char *name;

		if (end == NULL || end[7] != '\0' ||
		    strncmp(entry->d_name, "vlan", 4) != 0)
			continue;
		name = xasprintf("%.*s", (int)(end - entry->d_name),
				 entry->d_name);
		segment_index(story, name);
		free(name);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
find_capture(struct story *story, struct story_segment *segment)
{
	char *path = segment->capture;

	if (path == NULL)
		path = xasprintf("%s.pcapng", segment->name);
	segment->capture = NULL;
	if (is_file(story, path, NULL)) {
		segment->capture = path;
		add_file(story, xstrdup(path),
			 xasprintf("capture of %s", segment->name));
		return;
	}
	story_omit(story, 0, segment->frames, NULL,
		   "frames of %s: its capture %s is not there", segment->name,
		   path);
	free(path);
}

static void
find_serial_log(struct story *story, struct story_machine *machine)
{
	char *path = xasprintf("%s.serial.log", machine->name);

	if (strchr(path, '/') != NULL || !is_file(story, path, NULL)) {
		free(path);
		return;
	}
	machine->serial_log = path;
	add_file(story, xstrdup(path),
		 xasprintf("serial console of %s", machine->name));
}

void
story_find_files(struct story *story)
{
	add_file(story, xstrdup("log.jsonl"), xstrdup("log of the run"));
	if (story->n_segments == 0) {
		find_captures(story);
		if (story->n_segments > 1)
			qsort(story->segments, story->n_segments,
			      sizeof(*story->segments), by_name);
	}
	for (size_t i = 0; i < story->n_segments; i++)
		find_capture(story, &story->segments[i]);
	for (size_t i = 0; i < story->n_machines; i++)
		find_serial_log(story, &story->machines[i]);
	for (size_t i = 0; i < story->n_screenshots; i++)
		add_file(story, xstrdup(story->screenshots[i].path),
			 xstrdup("screenshot"));
}
