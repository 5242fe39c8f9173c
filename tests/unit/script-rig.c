#include "tests/unit/script-rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "driver/report/event-log.h"
#include "driver/script/script.h"
#include "driver/script/test-file.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

enum { STEP_MS = 10, STEPS_MAX = 1000000 };

static char path[64], log_path[96];
struct script_rig rig;

static void
on_event(const json_t *event, void *arg)
{
	const char *type = json_string_value(json_object_get(event, "type"));

	(void)arg;
	if (strcmp(type, "log") == 0) {
		strncat(rig.logged,
			json_string_value(json_object_get(event, "text")),
			sizeof(rig.logged) - strlen(rig.logged) - 2);
		strcat(rig.logged, ";");
	} else if (strcmp(type, "step.begin") == 0) {
		snprintf(rig.steps + strlen(rig.steps),
			 sizeof(rig.steps) - strlen(rig.steps), "+%s ",
			 json_string_value(json_object_get(event, "kind")));
	} else if (strcmp(type, "step.end") == 0) {
		strncat(rig.steps,
			json_is_true(json_object_get(event, "ok")) ? "- "
								   : "! ",
			sizeof(rig.steps) - strlen(rig.steps) - 1);
	}
}

static void
on_done(const char *error, void *arg)
{
	(void)arg;
	rig.n_done++;
	snprintf(rig.died_of, sizeof(rig.died_of), "%s",
		 error != NULL ? error : "");
}

void
script_rig_setup(void)
{
	strcpy(path, "/tmp/test-script-XXXXXX.lua");
	ck_assert_int_ge(mkstemps(path, 4), 0);
	snprintf(log_path, sizeof(log_path), "%s.jsonl", path);
	rig.base = event_base_new();
	rig.clock = clock_virtual_new(0);
	rig.log = event_log_new(rig.clock, log_path, NULL);
	ck_assert_ptr_nonnull(rig.log);
	event_log_add_view(rig.log, on_event, NULL);
}

void
script_rig_teardown(void)
{
	script_free(rig.script);
	test_file_free(rig.file);
	event_log_free(rig.log);
	clock_free(rig.clock);
	event_base_free(rig.base);
	unlink(path);
	unlink(log_path);
}

void
script_rig_load(const char *body)
{
	struct plan_problems problems = { 0 };
	FILE *f = fopen(path, "w");
	struct script_spec spec = { .base = rig.base,
				    .clock = rig.clock,
				    .log = rig.log,
				    .timeout_scale = 1,
				    .seed = 7,
				    .results_dir = "/nonexistent" };
	struct err err = ERR_INIT;

	fprintf(f,
		"return { name = 'x', nodes = { a = {}, b = {} },\n"
		"test_script = function()\n"
		"local id = function(...) return ... end\n"
		"%s\nend }\n",
		body);
	fclose(f);
	rig.file = test_file_load(path, &problems);
	ck_assert_msg(rig.file != NULL, "%d: %s",
		      problems.n > 0 ? problems.items[0].line : 0,
		      problems.n > 0 ? problems.items[0].text : "");
	plan_problems_fini(&problems);
	spec.file = rig.file;
	rig.script = script_new(&spec, &err);
	ck_assert_msg(rig.script != NULL, "%s", err.text);
	script_start(rig.script, NULL, on_done, NULL);
}

void
script_rig_run(const char *body)
{
	script_rig_load(body);
	for (int i = 0; i < STEPS_MAX && rig.n_done == 0; i++) {
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
		clock_advance(rig.clock, STEP_MS * NS_PER_MS);
	}
	ck_assert_int_eq(rig.n_done, 1);
}
