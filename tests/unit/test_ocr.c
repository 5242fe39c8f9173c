/* What reads the screen here is a script that is called tesseract. */
#include "config.h"

#include "driver/screen/ocr.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/screen/picture.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/test-ocr-XXXXXX";
static char program[64], note[64];
static struct event_base *base;
static struct clock *clock_;
static struct picture *picture;
static struct ocr *ocr;
static size_t n_texts, n_errors;
static char texts[OCR_WAYS][256];
static char error[ERR_TEXT_SIZE];
static bool free_at_first;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(program, sizeof(program), "%s/tesseract", dir);
	snprintf(note, sizeof(note), "%s/note", dir);
	base = event_base_new();
	clock_ = clock_real_new(base);
	picture = picture_new(10, 5, 3);
}

static void
teardown(void)
{
	ocr_free(ocr);
	picture_free(picture);
	clock_free(clock_);
	event_base_free(base);
	unlink(program);
	unlink(note);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* The program that is found first, of shell text. */
static void
install(const char *text)
{
	FILE *out = fopen(program, "w");
	char path[2000];

	fprintf(out, "#!/bin/sh\n%s\n", text);
	fclose(out);
	ck_assert_int_eq(chmod(program, 0755), 0);
	snprintf(path, sizeof(path), "%s:%s", dir, getenv("PATH"));
	setenv("PATH", path, 1);
}

static void
on_text(size_t way, const char *text, const struct err *err, void *arg)
{
	ck_assert_ptr_eq(arg, &n_texts);
	ck_assert_uint_lt(way, OCR_WAYS);
	ck_assert((text == NULL) == (err != NULL));
	if (text != NULL) {
		n_texts++;
		snprintf(texts[way], sizeof(texts[way]), "%s", text);
	} else {
		n_errors++;
		snprintf(error, sizeof(error), "%s", err->text);
	}
	if (free_at_first) {
		ocr_free(ocr);
		ocr = NULL;
	}
}

static void
start(size_t n_ways, uint64_t timeout_ms)
{
	const struct ocr_spec spec = {
		.base = base,
		.clock = clock_,
		.picture = picture,
		.n_ways = n_ways,
		.timeout_ms = timeout_ms,
		.on_text = on_text,
		.arg = &n_texts,
	};
	struct err err = ERR_INIT;

	ocr = ocr_start(&spec, &err);
	snprintf(error, sizeof(error), "%s", err.text);
}

static void
spin_until(size_t n)
{
	while (n_texts + n_errors < n)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

START_TEST(the_picture_comes_in_on_stdin_prepared_in_each_way)
{
	install("head -n 2 | tr '\\n' ' '; printf '%s ' \"$@\"; "
		"echo $OMP_THREAD_LIMIT; printf '\\n\\f'");
	start(OCR_WAYS, 20000);
	spin_until(OCR_WAYS);
	ck_assert_uint_eq(n_errors, 0);
	ck_assert_str_eq(texts[0], "P5 20 10 stdin stdout -l eng --oem 1 --psm "
				   "6 -c debug_file=/dev/null 1\n");
	ck_assert_ptr_nonnull(strstr(texts[1], "P5 10 5 "));
	ck_assert_ptr_nonnull(strstr(texts[1], "--psm 11 "));
	ck_assert_ptr_nonnull(strstr(texts[2], "P5 30 15 "));
}
END_TEST

START_TEST(as_many_ways_are_gone_as_asked_for)
{
	install("cat >/dev/null; echo x >>$(dirname $0)/note; echo hi");
	start(1, 20000);
	spin_until(1);
	ck_assert_str_eq(texts[0], "hi\n");
	ocr_free(ocr);
	ocr = NULL;
	{
		struct stat st;

		ck_assert_int_eq(stat(note, &st), 0);
		ck_assert_int_eq(st.st_size, 2);
	}
}
END_TEST

START_TEST(a_screen_without_text_is_read_as_nothing)
{
	install("cat >/dev/null; printf '\\f'");
	start(1, 20000);
	spin_until(1);
	ck_assert_uint_eq(n_texts, 1);
	ck_assert_str_eq(texts[0], "");
}
END_TEST

START_TEST(a_failure_is_quoted)
{
	install("echo 'no data for eng' >&2; exit 3");
	start(1, 20000);
	spin_until(1);
	ck_assert_uint_eq(n_errors, 1);
	ck_assert_ptr_nonnull(strstr(error, "exit status 3"));
	ck_assert_ptr_nonnull(strstr(error, "no data for eng"));
}
END_TEST

START_TEST(one_that_hangs_is_ended_in_time)
{
	install("exec sleep 1000");
	start(1, 50);
	spin_until(1);
	ck_assert_uint_eq(n_errors, 1);
	ck_assert_ptr_nonnull(strstr(error, "within 0.05 s"));
}
END_TEST

START_TEST(who_has_enough_ends_the_others)
{
	/* The first way is done, the others would take for ever. */
	install("case \"$*\" in *'--psm 6 '*) echo found;; *) "
		"exec sleep 1000;; esac");
	free_at_first = true;
	start(OCR_WAYS, 100000);
	spin_until(1);
	ck_assert_ptr_null(ocr);
	ck_assert_str_eq(texts[0], "found\n");
}
END_TEST

START_TEST(a_flood_of_text_is_cut)
{
	install("cat >/dev/null; yes 0123456789 | head -c 3000000; echo end");
	start(1, 60000);
	spin_until(1);
	ck_assert_uint_eq(n_texts, 1);
	ck_assert_ptr_nonnull(strstr(texts[0], "0123456789\n0123"));
}
END_TEST

START_TEST(a_machine_without_it_is_told_what_to_install)
{
	setenv("PATH", "/nonexistent", 1);
	start(OCR_WAYS, 1000);
	ck_assert_ptr_null(ocr);
	ck_assert_ptr_nonnull(strstr(error, "tesseract-ocr"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_picture_comes_in_on_stdin_prepared_in_each_way, 0 },
		{ as_many_ways_are_gone_as_asked_for, 0 },
		{ a_screen_without_text_is_read_as_nothing, 0 },
		{ a_failure_is_quoted, 0 },
		{ one_that_hangs_is_ended_in_time, 0 },
		{ who_has_enough_ends_the_others, 0 },
		{ a_flood_of_text_is_cut, 0 },
		{ a_machine_without_it_is_told_what_to_install, 0 },
		{ NULL, 0 },
	};

	return unit_run("ocr", tests, setup, teardown);
}
