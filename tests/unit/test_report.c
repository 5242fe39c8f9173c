#include "driver/report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/report/page-data.h"
#include "driver/report/report-child.h"
#include "driver/report/story.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire-rig.h"

#define CLIENT "eth src=52:54:00:12:01:01 dst=52:54:00:12:01:02 / "
#define SYN "tcp src_port=4000 dst_port=80 seq=7 flags=S"

enum { REPORT_MAX = 20 * 1024 * 1024 };

static const char png[] = "\x89PNG\r\n\x1a\nrest of it";

static struct story_rig rig;
static struct story *story;
static json_t *data;

static void
setup(void)
{
	story_rig_init(&rig);
	rig_begin(&rig);
}

static void
teardown(void)
{
	json_decref(data);
	story_rig_fini(&rig);
}

/* A run with a bit of everything, which failed. */
static void
a_run(void)
{
	rig_line(&rig, 0,
		 "'type':'source','file':'nat.lua','text':'one\\ntwo',"
		 "'cut':false");
	rig_step(&rig, 1, 2, 1, 0, "succeed", NULL);
	rig_line(&rig, 3,
		 "'type':'step.begin','step':2,'in':0,'kind':'succeed',"
		 "'machine':'client','text':'curl','at':{'file':'nat.lua',"
		 "'line':2}");
	rig_line(&rig, 3.5,
		 "'type':'output','machine':'client','step':2,"
		 "'stream':'stderr','text':'no luck','cut':true");
	rig_line(&rig, 8,
		 "'type':'step.end','step':2,'ok':false,'error':'nat.lua:2: "
		 "client: failed','timed_out':false");
	rig_line(&rig, 8.5,
		 "'type':'screenshot','machine':'client','step':0,"
		 "'path':'failed-client.png'");
	rig_frame(&rig, 4, "vlan1", "client.eth1", NULL,
		  CLIENT "ipv4 src=192.168.1.1 dst=192.168.1.2 / " SYN);
	rig_end(&rig, 9, 1, "nat.lua:2: client: failed");
}

static void
make_data(void)
{
	size_t size;
	char *text;
	json_error_t error;

	story = rig_read(&rig);
	story_read_wire(story);
	text = page_data(story, &size);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), size);
	data = json_loadb(text, size, 0, &error);
	ck_assert_msg(data != NULL, "%s at %d", error.text, error.position);
	free(text);
}

/* The member at @path, "failure.line", as JSON. */
static void
expect(const char *path, const char *want)
{
	char *copy = xstrdup(path), *word, *rest = copy, *text;
	json_t *value = data;

	while ((word = strtok_r(rest, ".", &rest)) != NULL)
		value = json_is_array(value)
			    ? json_array_get(value, (size_t)atoi(word))
			    : json_object_get(value, word);
	ck_assert_msg(value != NULL, "no %s", path);
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	ck_assert_msg(strcmp(text, want) == 0, "%s: %s", path, text);
	free(text);
	free(copy);
}

/* ---- the data ---- */

static const struct {
	const char *path, *want;
} members[] = {
	{ "schema", "1" },
	{ "test", "\"nat\"" },
	{ "result", "\"failed\"" },
	{ "code", "1" },
	{ "complete", "true" },
	{ "began", "\"2026-11-23T06:10:00.000000000Z\"" },
	{ "duration", "9.0" },
	{ "seed", "7" },
	{ "machines.0.name", "\"client\"" },
	{ "machines.0.serial_log", "null" },
	{ "machines.0.nics.0",
	  "{\"port\":\"client.eth1\",\"segment\":0,\"mac\":\"52:54:00:12:01:"
	  "01\",\"ipv4\":\"192.168.1.1\",\"ipv6\":\"2001:db8:1::1\"}" },
	{ "segments.0.capture", "\"vlan1.pcapng\"" },
	{ "segments.0.frames", "1" },
	{ "segments.1.capture", "null" },
	{ "sources.0",
	  "{\"file\":\"nat.lua\",\"text\":\"one\\ntwo\",\"cut\":false}" },
	{ "failure.step", "1" },
	{ "failure.t", "8.0" },
	{ "failure.source", "0" },
	{ "failure.line", "2" },
	{ "findings.0.severity", "\"bad\"" },
	{ "findings.0.frames", "[0]" },
	{ "findings.0.segment", "0" },
	{ "steps.0", "[1,-1,\"succeed\",0,\"step 1\",1.0,2.0,1,null,-1,0,0]" },
	{ "steps.1", "[2,-1,\"succeed\",0,\"curl\",3.0,8.0,0,\"nat.lua:2: "
		     "client: failed\",0,2,0]" },
	{ "event_types.0", "\"stderr\"" },
	{ "events.0", "[3.5,0,0,1,\"no luck\",{\"cut\":true}]" },
	{ "ports", "[\"client.eth1\"]" },
	{ "protocols", "[\"TCP\"]" },
	{ "frames.0", "[4.0,0,1,0,0,1,0,\"4000 > 80: Flags [S], seq 7, win "
		      "65535, length 0\",54,0,null]" },
	{ "frame_octets.0",
	  "\"UlQAEgECUlQAEgEBCABFAAAoAAAAAEAG93zAqAEBwKgBAg+gAFAAAAAHAAAAAFAC"
	  "//8cmAAA\"" },
	{ "screenshots.0.path", "\"failed-client.png\"" },
	{ "screenshots.0.png", "\"iVBORw0KGgpyZXN0IG9mIGl0AA==\"" },
	{ "files.0.path", "\"log.jsonl\"" },
	{ "left_out.0.what",
	  "\"frames of vlan2: its capture vlan2.pcapng is not there\"" },
};

START_TEST(the_data_are_what_the_page_reads)
{
	a_run();
	rig_file(&rig, "failed-client.png", png, sizeof(png));
	make_data();
	expect(members[_i].path, members[_i].want);
}
END_TEST

START_TEST(what_has_not_ended_is_null)
{
	rig_step(&rig, 1, -1, 1, 0, "succeed", NULL);
	make_data();
	expect("complete", "false");
	expect("result", "\"killed\"");
	expect("failure", "null");
	expect("steps.0",
	       "[1,-1,\"succeed\",0,\"step 1\",1.0,null,null,null,-1,0,0]");
}
END_TEST

/* ---- pictures ---- */

START_TEST(what_is_no_picture_of_ours_is_left_out)
{
	char *path = xasprintf("%s/failed-client.png", rig.dir);

	a_run();
	if (_i == 0)
		rig_file(&rig, "failed-client.png", "no picture", 10);
	else if (_i == 1)
		ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	else if (_i == 2)
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	else if (_i == 3)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	make_data();
	expect("screenshots.0.png", "null");
	ck_assert_ptr_nonnull(rig_omission(&rig, "screenshot"));
	free(path);
}
END_TEST

START_TEST(pictures_that_do_not_fit_are_left_out_the_earlier_first)
{
	size_t size = 7 * 1024 * 1024;
	char *picture = xcalloc(1, size);

	memcpy(picture, png, 8);
	for (int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d.png", i);
		rig_file(&rig, name, picture, size);
		rig_line(&rig, 1,
			 "'type':'screenshot','machine':'client',"
			 "'step':%d,'path':'%s'",
			 i == 0 ? 0 : 5, name);
		if (i == 0)
			rig_step(&rig, 1, 2, 5, 0, "a", NULL);
	}
	free(picture);
	make_data();
	/* that of the failure, and the later one of the others do not both
	 * fit: 9.3 MiB each, of 19 */
	ck_assert(json_is_string(json_object_get(
	    json_array_get(json_object_get(data, "screenshots"), 0), "png")));
	expect("screenshots.1.png", "null");
}
END_TEST

/* ---- the page ---- */

static char *
read_report(size_t *size)
{
	char *path = xasprintf("%s/report.html", rig.dir);
	FILE *f = fopen(path, "r");
	char *text;
	struct stat st;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fstat(fileno(f), &st), 0);
	*size = (size_t)st.st_size;
	text = xcalloc(1, *size + 1);
	ck_assert_uint_eq(fread(text, 1, *size, f), *size);
	fclose(f);
	free(path);
	return text;
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what)) != NULL) {
		n++;
		text += strlen(what);
	}
	return n;
}

static void
write_report(void)
{
	struct err err = ERR_INIT;

	rig_flush(&rig);
	ck_assert_msg(report_write(rig.dir, &err) == 0, "%s", err.text);
}

/* Wherever it stands in the log. */
START_TEST(no_text_gets_out_of_the_data)
{
	static const char *const evil =
	    "</script><script>alert(1)</script><!--\\u2028\\u2029\\u202e"
	    "\\u001b[31m&lt;\\\\\\\"]]>";
	size_t size, before, comments;
	char *text, *begin, *end;

	rig_end(&rig, 0, 0, NULL);
	write_report();
	text = read_report(&size);
	before = count(text, "</script");
	comments = count(text, "<!--");
	free(text);
	teardown();
	setup();
	data = NULL;
	rig_line(&rig, 0, "'type':'source','file':'%s','text':'%s'", evil,
		 evil);
	rig_line(&rig, 1,
		 "'type':'step.begin','step':1,'in':0,'kind':'%s',"
		 "'machine':'%s','text':'%s','at':{'file':'%s',"
		 "'line':1}",
		 evil, evil, evil, evil);
	rig_line(&rig, 1,
		 "'type':'output','machine':'%s','step':1,"
		 "'stream':'stdout','text':'%s','%s':{'%s':['%s']}",
		 evil, evil, evil, evil, evil);
	rig_line(&rig, 1, "'type':'<b>%s','text':'x'", "</script>");
	rig_line(&rig, 1,
		 "'type':'screenshot','machine':'%s','step':0,"
		 "'path':'%s'",
		 evil, evil);
	rig_line(&rig, 2, "'type':'step.end','step':1,'ok':false,'error':'%s'",
		 evil);
	rig_frame(&rig, 1, "vlan1", "</script><b>", "</script><i>",
		  "eth src=52:54:00:12:01:01 / raw data=</script>");
	rig_end(&rig, 3, 1, evil);
	write_report();
	text = read_report(&size);
	ck_assert_uint_eq(count(text, "</script"), before);
	ck_assert_uint_eq(count(text, "<!--"), comments);
	begin = strstr(text, "id=\"data\">");
	ck_assert_ptr_nonnull(begin);
	begin += 10;
	end = strstr(begin, "</script");
	*end = '\0';
	ck_assert_ptr_null(strpbrk(begin, "<>&"));
	ck_assert_ptr_null(strstr(begin, "\xe2\x80\xa8"));
	ck_assert_ptr_null(strstr(begin, "\xe2\x80\xa9"));
	data = json_loadb(begin, (size_t)(end - begin), 0, NULL);
	ck_assert_ptr_nonnull(data);
	ck_assert_ptr_nonnull(
	    strstr(json_string_value(json_object_get(data, "error")),
		   "</script><script>alert(1)</script><!--"));
	free(text);
}
END_TEST

START_TEST(a_reader_without_a_program_sees_what_matters)
{
	size_t size;
	char *text;

	a_run();
	write_report();
	text = read_report(&size);
	ck_assert_ptr_nonnull(strstr(text, "<title>nat: failed</title>"));
	ck_assert_ptr_nonnull(strstr(text, "nat failed after 9.0 s."));
	ck_assert_ptr_nonnull(strstr(text, "nat.lua, line 2:\ntwo\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "client asked router (192.168.1.2) for a connection"));
	free(text);
}
END_TEST

/* All that costs the most, everywhere. */
static void
write_too_much(void)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	uint8_t octets[1500] = { 0x52, 0x54, 0,	   0x12, 1, 2,	  0x52,
				 0x54, 0,    0x12, 1,	 1, 0x88, 0xb5 };
	char *brackets = xcalloc(1, 65537);

	memset(brackets, '<', 65536);
	for (int i = 0; i < 30; i++)
		fprintf(f,
			"{\"t\":0,\"type\":\"source\",\"file\":\"%d\","
			"\"text\":\"%s\"}\n",
			i, brackets);
	for (int i = 1; i <= STORY_STEPS_MAX + 100; i++)
		fprintf(f,
			"{\"t\":%d,\"type\":\"step.begin\",\"step\":%d,\"in\":"
			"%d,\"kind\":\"%.200s\",\"machine\":\"client\","
			"\"text\":\"%.200s\"}\n{\"t\":%d,\"type\":\"step.end\","
			"\"step\":%d,\"ok\":false,\"error\":\"%.200s\"}\n",
			i, i, i - 1, brackets, brackets, i, i, brackets);
	for (int i = 0; i < 300; i++)
		fprintf(f,
			"{\"t\":%d,\"type\":\"output\",\"machine\":"
			"\"client\",\"stream\":\"stdout\",\"text\":\"%s\"}"
			"\n",
			i * 10, brackets);
	fclose(f);
	rig_octets(&rig, text, size);
	free(text);
	free(brackets);
	for (unsigned i = 0; i < STORY_FRAMES_MAX + 5000; i++)
		rig_octets_frame(&rig, i / 1e2, "vlan1", "client.eth1",
				 "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", octets,
				 i % 100 == 0 ? 1500 : 60);
	rig_end(&rig, 20000, 1, "no");
}

START_TEST(a_report_is_never_larger_than_it_may_be)
{
	struct stat st;
	char *path = xasprintf("%s/report.html", rig.dir);

	write_too_much();
	write_report();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_le(st.st_size, REPORT_MAX);
	ck_assert_int_gt(st.st_size, REPORT_MAX / 2);
	free(path);
}
END_TEST

/* ---- how it is written ---- */

START_TEST(a_report_replaces_the_one_before)
{
	char *path = xasprintf("%s/report.html", rig.dir);
	char *find = xasprintf("ls -A %s | grep -c report", rig.dir);
	char n[8] = "";
	FILE *ls;
	struct stat st;

	rig_file(&rig, "report.html", "old", 3);
	rig_end(&rig, 1, 0, NULL);
	write_report();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, 1000);
	ls = popen(find, "r");
	ck_assert_ptr_nonnull(fgets(n, sizeof(n), ls));
	pclose(ls);
	ck_assert_str_eq(n, "1\n");
	free(find);
	free(path);
}
END_TEST

START_TEST(a_report_that_cannot_be_written_says_why)
{
	struct err err = ERR_INIT;
	char *path = xasprintf("%s/report.html", rig.dir);

	ck_assert_int_lt(report_write("/nonexistent", &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/log.jsonl"));
	rig_end(&rig, 1, 0, NULL);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_lt(report_write(rig.dir, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	free(path);
}
END_TEST

START_TEST(a_child_writes_all_reports_and_tells_what_stands_out)
{
	char findings[REPORT_FINDINGS_SIZE];
	struct err err = ERR_INIT;
	char *path = xasprintf("%s/junit.xml", rig.dir);

	a_run();
	rig_flush(&rig);
	ck_assert_msg(
	    report_child_run(rig.dir, REPORT_CHILD_MS, findings, &err) == 0,
	    "%s", err.text);
	ck_assert_ptr_nonnull(strstr(findings, "client asked router"));
	ck_assert_int_eq(findings[strlen(findings) - 1], '\n');
	ck_assert_int_eq(access(path, F_OK), 0);
	free(path);
}
END_TEST

START_TEST(a_child_that_fails_says_why)
{
	char findings[REPORT_FINDINGS_SIZE];
	struct err err = ERR_INIT;

	ck_assert_int_lt(
	    report_child_run("/nonexistent", REPORT_CHILD_MS, findings, &err),
	    0);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/log.jsonl"));
	ck_assert_str_eq(findings, "");
}
END_TEST

START_TEST(a_child_that_takes_too_long_is_killed)
{
	char findings[REPORT_FINDINGS_SIZE];
	struct err err = ERR_INIT;

	a_run();
	rig_flush(&rig);
	ck_assert_int_eq(report_child_run(rig.dir, 0, findings, &err),
			 -ETIMEDOUT);
	ck_assert_ptr_nonnull(strstr(err.text, "longer"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_data_are_what_the_page_reads, UNIT_ROWS(members) },
		{ what_has_not_ended_is_null, 0 },
		{ what_is_no_picture_of_ours_is_left_out, 5 },
		{ pictures_that_do_not_fit_are_left_out_the_earlier_first, 0 },
		{ no_text_gets_out_of_the_data, 0 },
		{ a_reader_without_a_program_sees_what_matters, 0 },
		{ a_report_is_never_larger_than_it_may_be, 0 },
		{ a_report_replaces_the_one_before, 0 },
		{ a_report_that_cannot_be_written_says_why, 0 },
		{ a_child_writes_all_reports_and_tells_what_stands_out, 0 },
		{ a_child_that_fails_says_why, 0 },
		{ a_child_that_takes_too_long_is_killed, 0 },
		{ NULL, 0 },
	};

	return unit_run("report", tests, setup, teardown);
}
