#include "config.h"

#include "driver/batch/log-follow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/report/progress.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/vdelab-follow.XXXXXX";
static struct log_follow *follow;
static struct progress progress;

static void
setup(void)
{
	close(mkstemp(path));
	unlink(path); /* a run makes it when it begins */
	follow = log_follow_new(path);
	progress = (struct progress)PROGRESS_INIT;
}

static void
teardown(void)
{
	log_follow_free(follow);
	progress_fini(&progress);
	unlink(path);
}

static void
append(const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	close(fd);
}

static void
add(const char *text)
{
	append(text, strlen(text));
}

static size_t
n_open(void)
{
	size_t n = 0;

	log_follow_read(follow, &progress);
	for (struct progress_step *s = progress.open; s != NULL; s = s->next)
		n++;
	return n;
}

static const char begins[] = "{\"n\":1,\"t\":0.5,\"type\":\"step.begin\","
			     "\"step\":1,\"in\":0,\"kind\":\"boot\","
			     "\"machine\":\"a\",\"text\":\"x\"}\n";
static const char ends[] = "{\"n\":2,\"t\":0.6,\"type\":\"step.end\","
			   "\"step\":1,\"ok\":true,\"error\":null}\n";

START_TEST(a_log_that_is_not_there_yet_is_no_harm)
{
	ck_assert_uint_eq(n_open(), 0);
	add(begins);
	ck_assert_uint_eq(n_open(), 1);
	ck_assert_str_eq(progress.open->machine, "a");
}
END_TEST

START_TEST(events_are_taken_as_they_come)
{
	add(begins);
	ck_assert_uint_eq(n_open(), 1);
	ck_assert_uint_eq(n_open(), 1); /* once each */
	add(ends);
	ck_assert_uint_eq(n_open(), 0);
	ck_assert_uint_eq(progress.n_steps, 1);
}
END_TEST

START_TEST(a_line_counts_when_it_has_its_end)
{
	for (size_t i = 0; i + 1 < sizeof(begins); i++) {
		ck_assert_uint_eq(n_open(), 0);
		append(begins + i, 1);
	}
	ck_assert_uint_eq(n_open(), 1);
}
END_TEST

static const char *const damaged[] = {
	"",
	"{",
	"[]",
	"null",
	"\"type\":\"step.begin\"",
	"{\"type\":\"step.begin\"",
	"{\"type\":\"step.begin\",\"step\":\"x\"",
	"\xff\xfe",
	"{\"type\":\"machine.started\",\"machine\":3,",
};

START_TEST(what_is_damaged_is_left_out)
{
	add(damaged[_i]);
	add("\n");
	add(begins);
	ck_assert_uint_eq(n_open(), 1);
}
END_TEST

static const struct {
	size_t len;
	size_t n;
} lengths[] = {
	{ LOG_FOLLOW_LINE_MAX, 1 },
	{ LOG_FOLLOW_LINE_MAX + 1, 0 },
	{ 3 * LOG_FOLLOW_LINE_MAX, 0 },
};

START_TEST(a_line_that_is_too_long_is_left_out)
{
	static const char head[] = "{\"type\":\"step.begin\",\"step\":1,"
				   "\"text\":\"";
	char *line = malloc(lengths[_i].len + 1);

	memset(line, 'x', lengths[_i].len);
	memcpy(line, head, sizeof(head) - 1);
	memcpy(line + lengths[_i].len - 2, "\"}", 2);
	line[lengths[_i].len] = '\n';
	append(line, lengths[_i].len + 1);
	ck_assert_uint_eq(n_open(), lengths[_i].n);
	add(begins);
	ck_assert_uint_eq(n_open(), lengths[_i].n + 1);
	free(line);
}
END_TEST

START_TEST(a_flood_is_read_in_parts)
{
	size_t n = 2 * LOG_FOLLOW_BYTES / 1024, size = n * 1024;
	char *noise = malloc(size);
	int n_reads = 0;

	memset(noise, 'x', size);
	for (size_t i = 0; i < n; i++)
		noise[i * 1024 + 1023] = '\n';
	append(noise, size);
	add(begins);
	while (n_open() == 0)
		n_reads++;
	ck_assert_int_eq(n_reads, 2);
	free(noise);
}
END_TEST

START_TEST(a_link_is_not_followed)
{
	char target[sizeof(path) + 8];

	snprintf(target, sizeof(target), "%s.other", path);
	add(begins);
	rename(path, target);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_uint_eq(n_open(), 0);
	unlink(target);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_log_that_is_not_there_yet_is_no_harm, 0 },
		{ events_are_taken_as_they_come, 0 },
		{ a_line_counts_when_it_has_its_end, 0 },
		{ what_is_damaged_is_left_out, UNIT_ROWS(damaged) },
		{ a_line_that_is_too_long_is_left_out, UNIT_ROWS(lengths) },
		{ a_flood_is_read_in_parts, 0 },
		{ a_link_is_not_followed, 0 },
		{ NULL, 0 },
	};

	return unit_run("log-follow", tests, setup, teardown);
}
