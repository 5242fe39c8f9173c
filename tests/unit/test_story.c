#include "driver/report/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/xalloc.h"
#include "tests/unit/story-rig.h"
#include "tests/unit/unit.h"

static struct story_rig rig;
static struct story *story;

static void
setup(void)
{
	story_rig_init(&rig);
}

static void
teardown(void)
{
	story_rig_fini(&rig);
}

static void
read_story(void)
{
	story = rig_read(&rig);
}

/* ---- the run ---- */

START_TEST(the_runs_facts_are_read)
{
	rig_begin(&rig);
	rig_end(&rig, 12.5, 0, NULL);
	read_story();
	ck_assert_str_eq(story->run.test, "nat");
	ck_assert_str_eq(story->run.result, "passed");
	ck_assert_int_eq(story->run.code, 0);
	ck_assert_ptr_null(story->run.error);
	ck_assert(story->run.complete);
	ck_assert_double_eq(story->run.duration_s, 12.5);
	ck_assert_str_eq(story->run.version, "0.5");
	ck_assert_int_eq(story->run.seed, 7);
	ck_assert_int_eq(story->run.began_ns,
			 (int64_t)RIG_BEGAN_S * 1000000000);
	ck_assert(!story->failure.happened);
	ck_assert_uint_eq(story->n_omissions, 2); /* no captures here */
}
END_TEST

START_TEST(machines_and_segments_stand_in_their_order)
{
	rig_begin(&rig);
	read_story();
	ck_assert_uint_eq(story->n_machines, 3);
	ck_assert_str_eq(story->machines[1].name, "router");
	ck_assert_uint_eq(story->n_segments, 2);
	ck_assert_str_eq(story->segments[0].name, "vlan1");
	ck_assert_str_eq(story->segments[1].name, "vlan2");
	ck_assert_uint_eq(story->machines[1].n_nics, 2);
	ck_assert_int_eq(story->machines[1].nics[0].segment, 1);
	ck_assert_str_eq(story->machines[1].nics[0].mac, "52:54:00:12:02:02");
	ck_assert_ptr_null(story->machines[2].nics[0].ipv6);
}
END_TEST

static const struct {
	const char *text;
	int64_t ns;
} walls[] = {
	{ "2026-11-23T06:10:00Z", RIG_BEGAN_S * 1000000000LL },
	{ "2026-11-23T06:10:00.5Z", RIG_BEGAN_S * 1000000000LL + 500000000 },
	{ "2026-11-23T06:10:00.123456789Z",
	  RIG_BEGAN_S * 1000000000LL + 123456789 },
	{ "2026-11-23T06:10:00.1234567899999Z",
	  RIG_BEGAN_S * 1000000000LL + 123456789 },
	{ "2026-11-23T06:10:00", 0 },
	{ "2026-11-23T06:10:00.5+01:00", 0 },
	{ "1960-01-01T00:00:00Z", 0 },
	{ "9999-99-99T99:99:99Z", 0 },
	{ "now", 0 },
};

START_TEST(a_wall_clock_is_exact_or_unknown)
{
	rig_line(&rig, 0,
		 "'type':'run.begin','schema':1,'test':'x',"
		 "'began':'%s'",
		 walls[_i].text);
	read_story();
	ck_assert_int_eq(story->run.began_ns, walls[_i].ns);
}
END_TEST

START_TEST(a_run_that_was_killed_says_so)
{
	rig_begin(&rig);
	rig_step(&rig, 1, -1, 1, 0, "succeed", NULL);
	rig_line(&rig, 2.5, "'type':'log','text':'x','step':1");
	rig_octets(&rig, "{\"n\":9,\"t\":3,\"type\":\"log\",\"te", 30);
	read_story();
	ck_assert(!story->run.complete);
	ck_assert_str_eq(story->run.result, "killed");
	ck_assert_int_eq(story->run.code, -1);
	ck_assert_ptr_nonnull(strstr(story->run.error, "ends at 2.500 s"));
	ck_assert_double_eq(story->run.duration_s, 2.5);
	ck_assert_uint_eq(story->n_events, 1);
	ck_assert(!story->steps[0].ended);
	ck_assert_ptr_null(rig_omission(&rig, "cannot be read"));
}
END_TEST

START_TEST(what_is_no_log_is_refused)
{
	static const char *const logs[] = {
		"",
		"\n",
		"hello\n",
		"{}\n",
		"{\"t\":1,\"type\":\"log\"}\n",
		"{\"t\":0,\"type\":\"run.begin\"}"
	};

	ck_assert_ptr_null(story_read(rig.dir, &rig.err));
	ck_assert_ptr_nonnull(strstr(rig.err.text, "log.jsonl"));
	rig_octets(&rig, logs[_i], strlen(logs[_i]));
	ck_assert_ptr_null(story_read(rig.dir, &rig.err));
	ck_assert_ptr_nonnull(strstr(rig.err.text, "no log of a run"));
}
END_TEST

START_TEST(lines_that_are_none_are_counted)
{
	static const char *const bad[] = {
		"\n",
		"[1,2]\n",
		"{\"t\":1}\n",
		"{\"t\":-1,\"type\":\"log\"}\n",
		"{\"t\":1e999,\"type\":\"log\"}\n",
		"{\"t\":\"1\",\"type\":\"log\"}\n",
		"{\"t\":1,\"type\":7}\n",
		"{\"t\":1,\"type\":\"log\",\"text\":\"\xff\"}\n",
		"{\"t\":1,\"type\":\"log\",\"text\":\"\\u0000\"}\n",
	};

	rig_begin(&rig);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		rig_octets(&rig, bad[i], strlen(bad[i]));
	rig_end(&rig, 2, 0, NULL);
	read_story();
	ck_assert_uint_eq(story->n_events, 0);
	ck_assert_uint_eq(rig_omission(&rig, "cannot be read")->of,
			  sizeof(bad) / sizeof(bad[0]));
}
END_TEST

/* ---- steps and the failure ---- */

START_TEST(steps_know_their_parents)
{
	rig_begin(&rig);
	rig_line(&rig, 1,
		 "'type':'step.begin','step':1,'in':0,'kind':"
		 "'subtest','machine':null,'text':'s'");
	rig_step(&rig, 1, 2, 2, 1, "succeed", NULL);
	rig_line(&rig, 3, "'type':'step.end','step':1,'ok':true,'error':null");
	read_story();
	ck_assert_uint_eq(story->n_steps, 2);
	ck_assert_int_eq(story->steps[0].parent, -1);
	ck_assert_int_eq(story->steps[1].parent, 0);
	ck_assert_int_eq(story->steps[0].machine, -1);
	ck_assert_str_eq(story->machines[story->steps[1].machine].name,
			 "client");
	ck_assert_double_eq(story->steps[0].end_s, 3);
	ck_assert(story->steps[0].ok && story->steps[0].ended);
}
END_TEST

static void
fail_inside(const char *error)
{
	rig_begin(&rig);
	rig_line(&rig, 0,
		 "'type':'source','file':'nat.lua','text':'one\\ntwo\\n',"
		 "'cut':false");
	rig_step(&rig, 1, 2, 1, 0, "succeed", NULL);
	rig_step(&rig, 2, 3, 2, 0, "fail", "nat.lua:1: caught");
	rig_line(&rig, 4,
		 "'type':'step.begin','step':3,'in':0,'kind':"
		 "'subtest','machine':null,'text':'s','at':"
		 "{'file':'nat.lua','line':1}");
	rig_step(&rig, 5, 6, 4, 3, "succeed", NULL);
	rig_line(&rig, 6,
		 "'type':'step.begin','step':5,'in':3,'kind':'succeed',"
		 "'machine':'client','text':'x','at':{'file':'nat.lua',"
		 "'line':2}");
	rig_line(&rig, 7,
		 "'type':'step.end','step':5,'ok':false,'error':'%s',"
		 "'timed_out':true",
		 error);
	rig_line(&rig, 7, "'type':'step.end','step':3,'ok':false,'error':'%s'",
		 error);
}

START_TEST(the_innermost_step_is_where_it_failed)
{
	fail_inside("nat.lua:2: it failed");
	rig_end(&rig, 8, 1, "nat.lua:2: it failed\\nand more");
	read_story();
	ck_assert(story->failure.happened);
	ck_assert_int_eq(story->failure.step, 4);
	ck_assert_double_eq(story->failure.t, 7);
	ck_assert_int_eq(story->failure.at.line, 2);
	ck_assert_int_eq(story->failure.at.source, 0);
	ck_assert(story->steps[4].timed_out);
	ck_assert_int_eq(story->steps[4].at.line, 2);
}
END_TEST

START_TEST(an_error_that_was_caught_is_not_the_failure)
{
	fail_inside("nat.lua:2: it failed");
	rig_end(&rig, 8, 1, "nat.lua:1: another error");
	read_story();
	ck_assert(story->failure.happened);
	ck_assert_int_eq(story->failure.step, -1);
	ck_assert_double_eq(story->failure.t, 8);
	ck_assert_int_eq(story->failure.at.line, 1);
	ck_assert_int_eq(story->failure.at.source, 0);
}
END_TEST

START_TEST(a_run_that_passed_has_no_failure)
{
	fail_inside("nat.lua:2: it failed");
	rig_end(&rig, 8, 0, NULL);
	read_story();
	ck_assert(!story->failure.happened);
	ck_assert_int_eq(story->failure.step, -1);
}
END_TEST

START_TEST(a_stopped_run_failed_in_what_went_on)
{
	fail_inside("nat.lua:2: it failed");
	rig_end(&rig, 8, 124, "the test did not end within its 8 s");
	read_story();
	ck_assert_int_eq(story->failure.step, 4);
}
END_TEST

START_TEST(the_ends_place_outweighs_all)
{
	fail_inside("nat.lua:2: it failed");
	rig_line(&rig, 8,
		 "'type':'run.end','result':'failed','code':1,"
		 "'error':'nat.lua:2: it failed','at':{'file':'lib.lua',"
		 "'line':77}");
	read_story();
	ck_assert_str_eq(story->failure.at.file, "lib.lua");
	ck_assert_int_eq(story->failure.at.line, 77);
	ck_assert_int_eq(story->failure.at.source, -1);
}
END_TEST

START_TEST(numbers_of_steps_that_do_not_ascend_are_refused)
{
	rig_begin(&rig);
	rig_step(&rig, 1, 2, 5, 0, "a", NULL);
	rig_step(&rig, 1, 2, 5, 0, "b", NULL);
	rig_step(&rig, 1, 2, 4, 0, "c", NULL);
	rig_step(&rig, 1, 2, 6, 7, "d", NULL);
	rig_step(&rig, 1, 2, 8, 8, "e", NULL);
	read_story();
	ck_assert_uint_eq(story->n_steps, 3);
	ck_assert_int_eq(story->steps[1].parent, -1);
	ck_assert_int_eq(story->steps[2].parent, -1);
	/* Two beginnings, and two ends of what has ended or is not there. */
	ck_assert_uint_eq(rig_omission(&rig, "cannot be read")->of, 3);
}
END_TEST

/* @n steps, all of which pass but number @failed. */
static void
many_steps(unsigned n, unsigned failed)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (unsigned i = 1; i <= n; i++) {
		fprintf(f,
			"{\"t\":%u,\"type\":\"step.begin\",\"step\":%u,\"in\":"
			"0,\"kind\":\"succeed\",\"machine\":null,\"text\":"
			"\"\"}\n",
			i, i);
		fprintf(f,
			"{\"t\":%u,\"type\":\"step.end\",\"step\":%u,\"ok\":%s,"
			"\"error\":null}\n",
			i, i, i == failed ? "false" : "true");
	}
	fclose(f);
	rig_octets(&rig, text, size);
	free(text);
}

START_TEST(as_many_steps_as_there_is_room_for_stay)
{
	rig_begin(&rig);
	many_steps(STORY_STEPS_MAX, 0);
	read_story();
	ck_assert_uint_eq(story->n_steps, STORY_STEPS_MAX);
	ck_assert_ptr_null(rig_omission(&rig, "steps"));
}
END_TEST

START_TEST(of_more_steps_the_middle_goes_but_for_failures)
{
	static const unsigned n[] = { STORY_STEPS_MAX + 1,
				      5 * STORY_STEPS_MAX + 123 };
	bool found = false;

	rig_begin(&rig);
	many_steps(n[_i], n[_i] / 2);
	read_story();
	ck_assert_uint_le(story->n_steps, STORY_STEPS_MAX);
	ck_assert_uint_ge(story->n_steps, STORY_STEPS_MAX - 1000);
	ck_assert_int_eq(story->steps[0].id, 1);
	ck_assert_int_eq(story->steps[story->n_steps - 1].id, (int)n[_i]);
	for (size_t i = 0; i < story->n_steps; i++)
		found |= story->steps[i].id == n[_i] / 2 && !story->steps[i].ok;
	ck_assert(found);
	ck_assert_uint_eq(rig_omission(&rig, "steps")->of, n[_i]);
	ck_assert_uint_eq(rig_omission(&rig, "steps")->shown, story->n_steps);
}
END_TEST

/* ---- events ---- */

START_TEST(events_have_types_texts_and_the_rest)
{
	rig_begin(&rig);
	rig_step(&rig, 1, -1, 1, 0, "succeed", NULL);
	rig_line(&rig, 1.5,
		 "'type':'output','machine':'client','step':1,'stream':"
		 "'stderr','text':'oops','cut':false");
	rig_line(&rig, 1.6,
		 "'type':'output','machine':'client','step':1,'stream':"
		 "'stdout','text':'ok','cut':true,'command':3");
	rig_line(&rig, 1.7,
		 "'type':'qmp','machine':'server','text':'RESET',"
		 "'data':{'guest':true}");
	rig_line(&rig, 1.8, "'type':'switch.restored','ms':12");
	read_story();
	ck_assert_uint_eq(story->n_events, 4);
	ck_assert_str_eq(story_event_type(story, &story->events[0]), "stderr");
	ck_assert_str_eq(story->events[0].text, "oops");
	ck_assert_int_eq(story->events[0].step, 0);
	ck_assert_ptr_null(story->events[0].data);
	ck_assert_str_eq(story_event_type(story, &story->events[1]), "stdout");
	ck_assert_str_eq(story->events[1].data, "{\"cut\":true,\"command\":3}");
	ck_assert_str_eq(story->events[2].data, "{\"data\":{\"guest\":true}}");
	ck_assert_int_eq(story->events[2].machine, 2);
	ck_assert_int_eq(story->events[2].step, -1);
	ck_assert_str_eq(story->events[3].text, "");
	ck_assert_str_eq(story->events[3].data, "{\"ms\":12}");
	ck_assert_int_eq(story->events[3].machine, -1);
}
END_TEST

START_TEST(events_stand_in_the_order_of_time)
{
	rig_begin(&rig);
	rig_line(&rig, 3, "'type':'log','text':'c'");
	rig_line(&rig, 1, "'type':'log','text':'a'");
	rig_line(&rig, 2, "'type':'log','text':'b'");
	read_story();
	ck_assert_str_eq(story->events[0].text, "a");
	ck_assert_str_eq(story->events[1].text, "b");
	ck_assert_str_eq(story->events[2].text, "c");
}
END_TEST

START_TEST(a_flood_of_serial_lines_leaves_the_rest_alone)
{
	enum { N = STORY_EVENTS_MAX + 50000 };
	const struct story_omission *omission;
	char *text;
	size_t size, logs = 0;
	FILE *f = open_memstream(&text, &size);

	rig_begin(&rig);
	for (unsigned i = 0; i < N; i++) {
		fprintf(f,
			"{\"t\":%u,\"type\":\"serial\",\"machine\":\"client\","
			"\"text\":\"%u\"}\n",
			i / 100, i);
		if (i % 10000 == 0)
			fprintf(f,
				"{\"t\":%u,\"type\":\"log\",\"text\":\"\"}"
				"\n",
				i / 100);
	}
	fclose(f);
	rig_octets(&rig, text, size);
	free(text);
	read_story();
	ck_assert_uint_le(story->n_events, STORY_EVENTS_MAX);
	ck_assert_uint_gt(story->n_events, STORY_EVENTS_MAX / 2);
	for (size_t i = 0; i < story->n_events; i++)
		logs += strcmp(story_event_type(story, &story->events[i]),
			       "log") == 0;
	ck_assert_uint_eq(logs, N / 10000);
	omission = rig_omission(&rig, "serial of client");
	ck_assert_uint_eq(omission->of, N);
	ck_assert_uint_eq(omission->shown, story->n_events - logs);
	ck_assert_str_eq(omission->where, "client.serial.log");
}
END_TEST

START_TEST(a_huge_output_loses_its_middle)
{
	char *text = xcalloc(1, 1024 * 1024 + 1);

	memset(text, 'x', 1024 * 1024);
	rig_begin(&rig);
	rig_line(&rig, 1,
		 "'type':'output','machine':'client','step':1,"
		 "'stream':'stdout','text':'BEGIN%sEND'",
		 text);
	free(text);
	read_story();
	text = story->events[0].text;
	ck_assert_uint_le(strlen(text), STORY_TEXT_MAX);
	ck_assert_int_eq(strncmp(text, "BEGIN", 5), 0);
	ck_assert_str_eq(text + strlen(text) - 3, "END");
	ck_assert_ptr_nonnull(strstr(text, "octets left out"));
}
END_TEST

/* ---- files ---- */

START_TEST(files_that_are_there_are_known)
{
	rig_begin(&rig);
	rig_line(&rig, 1,
		 "'type':'screenshot','machine':'client','step':0,"
		 "'path':'%s/shot.png'",
		 rig.dir);
	rig_line(&rig, 1,
		 "'type':'file','machine':'client','step':0,"
		 "'path':'etc/hosts'");
	rig_line(&rig, 1,
		 "'type':'capture','segment':'vlan2','path':"
		 "'vlan2.pcapng','frames':3,'octets':180,"
		 "'left_out':1");
	rig_file(&rig, "vlan2.pcapng", "x", 1);
	rig_file(&rig, "client.serial.log", "xyz", 3);
	read_story();
	ck_assert_str_eq(story->screenshots[0].path, "shot.png");
	ck_assert_str_eq(story->machines[0].serial_log, "client.serial.log");
	ck_assert_ptr_null(story->machines[1].serial_log);
	ck_assert_ptr_null(story->segments[0].capture);
	ck_assert_str_eq(story->segments[1].capture, "vlan2.pcapng");
	ck_assert_uint_eq(story->segments[1].frames, 3);
	ck_assert_uint_eq(story->segments[1].left_out, 1);
	ck_assert_ptr_nonnull(rig_omission(&rig, "frames of vlan1: its "
						 "capture vlan1.pcapng is not "
						 "there"));
	ck_assert_ptr_null(rig_omission(&rig, "frames of vlan2"));
}
END_TEST

START_TEST(no_path_leads_out_of_the_directory)
{
	static const char *const paths[] = { "../../etc/passwd",
					     "/etc/passwd",
					     "x/../../passwd",
					     "..",
					     "/",
					     "" };

	rig_begin(&rig);
	rig_line(&rig, 1, "'type':'screenshot','machine':'client','path':'%s'",
		 paths[_i]);
	read_story();
	if (story->n_screenshots > 0)
		ck_assert_str_eq(story->screenshots[0].path, "passwd");
}
END_TEST

START_TEST(sources_come_with_their_lines)
{
	char *line;

	rig_begin(&rig);
	rig_line(&rig, 0,
		 "'type':'source','file':'nat.lua','text':"
		 "'one\\n\\nthree','cut':true");
	rig_line(&rig, 0, "'type':'source','file':'nat.lua','text':'again'");
	read_story();
	ck_assert_uint_eq(story->n_sources, 1);
	ck_assert(story->sources[0].cut);
	line = story_source_line(&story->sources[0], 3);
	ck_assert_str_eq(line, "three");
	free(line);
	line = story_source_line(&story->sources[0], 2);
	ck_assert_str_eq(line, "");
	free(line);
	ck_assert_ptr_null(story_source_line(&story->sources[0], 4));
	ck_assert_ptr_null(story_source_line(&story->sources[0], 0));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_runs_facts_are_read, 0 },
		{ machines_and_segments_stand_in_their_order, 0 },
		{ a_wall_clock_is_exact_or_unknown, UNIT_ROWS(walls) },
		{ a_run_that_was_killed_says_so, 0 },
		{ what_is_no_log_is_refused, 6 },
		{ lines_that_are_none_are_counted, 0 },
		{ steps_know_their_parents, 0 },
		{ the_innermost_step_is_where_it_failed, 0 },
		{ an_error_that_was_caught_is_not_the_failure, 0 },
		{ a_run_that_passed_has_no_failure, 0 },
		{ a_stopped_run_failed_in_what_went_on, 0 },
		{ the_ends_place_outweighs_all, 0 },
		{ numbers_of_steps_that_do_not_ascend_are_refused, 0 },
		{ as_many_steps_as_there_is_room_for_stay, 0 },
		{ of_more_steps_the_middle_goes_but_for_failures, 2 },
		{ events_have_types_texts_and_the_rest, 0 },
		{ events_stand_in_the_order_of_time, 0 },
		{ a_flood_of_serial_lines_leaves_the_rest_alone, 0 },
		{ a_huge_output_loses_its_middle, 0 },
		{ files_that_are_there_are_known, 0 },
		{ no_path_leads_out_of_the_directory, 6 },
		{ sources_come_with_their_lines, 0 },
		{ NULL, 0 },
	};

	return unit_run("story", tests, setup, teardown);
}
