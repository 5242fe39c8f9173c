#include "config.h"

#include "driver/run-facts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/batch/record.h"
#include "driver/lab/plan.h"
#include "driver/report/event-log.h"
#include "driver/results.h"
#include "driver/run-internal.h"
#include "driver/run.h"
#include "driver/script/test-file.h"
#include "driver/wire/pcapng-read.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/mac.h"
#include "lib/xalloc.h"

static json_t *
text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_text(text, strlen(text))
					       : json_null();
}

/* ---- the beginning ---- */

static json_t *
describe_nic(const struct plan_nic *nic)
{
	char mac[MAC_TEXT_SIZE], segment[16];

	snprintf(segment, sizeof(segment), "vlan%u", nic->vlan);
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "port", nic->port,
			 "segment", segment, "mac", mac_format(&nic->mac, mac),
			 "ipv4", text_or_null(nic->ipv4), "ipv6",
			 text_or_null(nic->ipv6));
}

static json_t *
describe_nodes(const struct plan *plan)
{
	json_t *nodes = json_array();

	for (size_t i = 0; i < plan->n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];
		json_t *nics = json_array();

		for (size_t k = 0; k < node->n_nics; k++)
			json_array_append_new(nics,
					      describe_nic(&node->nics[k]));
		json_array_append_new(
		    nodes,
		    json_pack("{s:s, s:o}", "name", node->name, "nics", nics));
	}
	return nodes;
}

/* What the test is written in. */
static const char *
language(const struct run *run)
{
	if (run->options->serve)
		return "clients";
	return test_file_is_python(run->file) ? "python" : "lua";
}

/* The end of the character that begins before @size: none is cut. */
static size_t
whole_characters(const char *text, size_t size)
{
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

void
run_log_source(struct run *run, const char *path, const char *text, size_t size)
{
	size_t left = RUN_SOURCES_MAX - run->n_source_bytes;
	size_t shown = size;

	if (shown > RUN_SOURCE_MAX)
		shown = RUN_SOURCE_MAX;
	if (shown > left)
		shown = left;
	if (shown < size)
		shown = whole_characters(text, shown);
	run->n_source_bytes += shown;
	event_log_add(run->log, "source", "s:o, s:o, s:b", "file",
		      json_text(path, strlen(path)), "text",
		      json_text(text, shown), "cut", shown < size);
}

void
run_log_begin(struct run *run)
{
	const struct run_options *options = run->options;
	const struct plan *plan = run->plan;
	char *began = event_log_wall_text(event_log_began_ns(run->log));
	const char *path, *text;
	size_t size;

	event_log_add(
	    run->log, "run.begin",
	    "s:i, s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:i, s:o, s:s, s:o, s:f, "
	    "s:I",
	    "schema", EVENT_LOG_SCHEMA, "version", PACKAGE_VERSION, "began",
	    began, "language", language(run), "test", plan->name, "file",
	    json_text(plan->file, strlen(plan->file)), "attempt",
	    options->attempt > 1 ? (int)options->attempt : 1, "machines",
	    (int)plan->n_nodes, "segments", (int)plan->n_vlans, "nodes",
	    describe_nodes(plan), "accel", accel_name(options->accel),
	    "accel_reason", text_or_null(options->accel_reason),
	    "timeout_scale", options->timeout_scale, "seed",
	    (json_int_t)options->seed);
	free(began);
	for (size_t i = 0; test_file_source(run->file, i, &path, &text, &size);
	     i++)
		run_log_source(run, path, text, size);
}

/* ---- the end ---- */

static void
log_capture(struct run *run, const char *segment)
{
	struct err err = ERR_INIT;
	struct pcapng_frame frame;
	struct pcapng_reader *reader;
	json_int_t frames = 0, octets = 0, dropped = 0;
	char name[32], path[PATH_MAX];
	int ret;

	snprintf(name, sizeof(name), "%s.pcapng", segment);
	if (snprintf(path, sizeof(path), "%s/%s", results_dir(run->results),
		     name) >= (int)sizeof(path) ||
	    access(path, F_OK) < 0)
		return; /* it never began */
	reader = pcapng_open(path, &err);
	if (reader == NULL) {
		log_warn("%s", err.text);
		return;
	}
	while ((ret = pcapng_next(reader, &frame, &err)) > 0) {
		if (pcapng_is_dropped(&frame)) {
			dropped++;
			continue;
		}
		frames++;
		octets += frame.len;
	}
	if (ret < 0)
		log_warn("%s: %s", path, err.text);
	event_log_add(run->log, "capture", "s:s, s:s, s:I, s:I, s:I, s:I",
		      "segment", segment, "path", name, "frames", frames,
		      "octets", octets, "dropped", dropped, "left_out",
		      (json_int_t)pcapng_n_lost(reader));
	pcapng_close(reader);
}

void
run_log_captures(struct run *run)
{
	char segment[16];

	for (size_t i = 0; i < run->plan->n_vlans; i++) {
		snprintf(segment, sizeof(segment), "vlan%u",
			 run->plan->vlans[i]);
		log_capture(run, segment);
	}
}

/* Where the test failed: as who ended the run said, or as the error does. */
static json_t *
failed_at(const struct run *run)
{
	const char *path = NULL;
	int line = 0;

	if (run->error_file != NULL)
		return event_log_place(run->error_file, run->error_line);
	if (run->error != NULL)
		line = test_file_place(run->file, run->error, &path);
	return event_log_place(path, line);
}

void
run_log_end(struct run *run)
{
	const char *dir = results_dir(run->results);
	char *ended = event_log_wall_text(clock_wall_ns(run->clock));

	event_log_add(run->log, "run.end", "s:s, s:s, s:i, s:o, s:o, s:o, s:s",
		      "test", run->plan->name, "result",
		      result_word(result_of_code(run->code)), "code", run->code,
		      "error", text_or_null(run->error), "at", failed_at(run),
		      "results", json_text(dir, strlen(dir)), "ended", ended);
	free(ended);
}
