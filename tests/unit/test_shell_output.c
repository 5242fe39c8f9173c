#include "driver/vm/shell-output.h"

#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "driver/vm/shell-slots.h"
#include "driver/vm/shell-text.h"
#include "lib/clock.h"
#include "tests/unit/unit.h"

#define DIGITS "0123456789abcdef0123456789abcdef"
#define DOTS                                                                   \
	"...................................................................." \
	".........................."
#define MARK "\036" DIGITS DOTS "\n"

static struct shell_stream stream;
static char got[400];

static void
setup(void)
{
	shell_stream_init(&stream, MARK);
	got[0] = '\0';
}

static void
on_bytes(const void *data, size_t size, void *arg)
{
	(void)arg;
	ck_assert_uint_gt(size, 0);
	strncat(got, data, size);
}

static void
feed(const char *text)
{
	shell_stream_feed(&stream, text, strlen(text), on_bytes, NULL);
}

/* ---- streams ---- */

START_TEST(output_ends_at_the_mark)
{
	char mark[SHELL_MARK_LEN + 1] = "";

	shell_mark_fill(mark, DIGITS);
	ck_assert_str_eq(mark, MARK);
	feed("some");
	feed(" output" MARK "what a child left");
	ck_assert(stream.ended);
	feed("more of it");
	ck_assert_str_eq(got, "some output");
}
END_TEST

START_TEST(the_mark_may_come_in_two_pieces)
{
	char first[SHELL_MARK_LEN + 2] = "x";

	strncat(first, MARK, (size_t)_i + 1);
	feed(first);
	ck_assert(!stream.ended);
	ck_assert_str_eq(got, "x");
	feed(&MARK[_i + 1]);
	ck_assert(stream.ended);
	ck_assert_str_eq(got, "x");
}
END_TEST

static const struct {
	const char *text, *got;
} lookalikes[] = {
	{ "\036", "" }, /* held back: it may become the mark */
	{ "\036x", "\036x" },
	{ "\036\036\036", "\036\036" },
	{ "\036" MARK, "\036" },
	{ "\036012" MARK, "\036012" },
	{ "\036" DIGITS "x", "\036" DIGITS "x" },
	{ DIGITS DOTS "\n", DIGITS DOTS "\n" },
};

START_TEST(what_only_looks_like_the_mark_is_output)
{
	feed(lookalikes[_i].text);
	ck_assert_str_eq(got, lookalikes[_i].got);
}
END_TEST

START_TEST(an_end_without_mark_loses_nothing)
{
	feed("x\0360123");
	ck_assert_str_eq(got, "x");
	shell_stream_finish(&stream, on_bytes, NULL);
	ck_assert(stream.ended);
	ck_assert_str_eq(got, "x\0360123");
	shell_stream_finish(&stream, on_bytes, NULL);
	ck_assert_str_eq(got, "x\0360123");
}
END_TEST

/* ---- slots ---- */

START_TEST(a_slot_is_taken_until_its_worker_is_idle)
{
	struct shell_slots slots = { .n = 0 };

	ck_assert_uint_eq(shell_slots_take(&slots, 1), 0);
	ck_assert_uint_eq(shell_slots_take(&slots, 2), 1);
	shell_slots_done(&slots, 0, 0);
	ck_assert_uint_eq(shell_slots_take(&slots, 3), 2);
	shell_slots_release(&slots, 1);
	shell_slots_release(&slots, 77);
	ck_assert_uint_eq(shell_slots_take(&slots, 4), 0);
	shell_slots_fini(&slots);
}
END_TEST

START_TEST(a_worker_counts_as_held_when_the_grace_is_over)
{
	const uint64_t grace_ns = SHELL_SLOT_GRACE_MS * NS_PER_MS;
	struct shell_slots slots = { .n = 0 };

	shell_slots_take(&slots, 1);
	shell_slots_take(&slots, 2);
	ck_assert_uint_eq(shell_slots_needed(&slots), 2);
	ck_assert_uint_eq(shell_slots_deadline_ns(&slots), UINT64_MAX);
	shell_slots_done(&slots, 1, 1000);
	ck_assert_uint_eq(shell_slots_needed(&slots), 1); /* soon idle */
	ck_assert_uint_eq(shell_slots_deadline_ns(&slots), 1000 + grace_ns);
	ck_assert_int_eq(shell_slots_next_held(&slots, 999 + grace_ns), -1);
	ck_assert_int_eq(shell_slots_next_held(&slots, 1000 + grace_ns), 1);
	ck_assert_int_eq(shell_slots_next_held(&slots, 1000 + grace_ns), -1);
	ck_assert_uint_eq(shell_slots_needed(&slots), 2);
	ck_assert_uint_eq(shell_slots_deadline_ns(&slots), UINT64_MAX);
	shell_slots_release(&slots, 2);
	ck_assert_uint_eq(shell_slots_needed(&slots), 1);
	shell_slots_fini(&slots);
}
END_TEST

/* ---- text ---- */

static void
expect_text(struct evbuffer *out, const char *want)
{
	evbuffer_add(out, "", 1);
	ck_assert_str_eq((char *)evbuffer_pullup(out, -1), want);
	evbuffer_drain(out, evbuffer_get_length(out));
}

START_TEST(text_for_the_guest_is_quoted_and_encoded)
{
	struct evbuffer *out = evbuffer_new();

	shell_quote(out, "it's '$HOME'", 12);
	expect_text(out, "'it'\\''s '\\''$HOME'\\'''");
	shell_text_script(out, 2, 9, "echo 'a'\n", 9, true);
	expect_text(out, "vl_script 2 9 'echo '\\''a'\\''\n'\n");
	shell_text_script(out, 2, 9, "", 0, false);
	expect_text(out, "vl_script_more 2 ''\n");
	shell_text_input(out, 0, "a\0\xff%", 4, true, true);
	expect_text(out, "vl_input 0\nvl_input_base64 0 'YQD/JQ=='\n");
	shell_text_input(out, 0, "\xfb\xf0", 2, false, true);
	expect_text(out, "vl_input_base64 0 '+/A='\n");
	shell_text_input(out, 0, "a\0\xff%", 4, false, false);
	expect_text(out, "vl_input_octal 0 '\\141\\000\\377\\045'\n");
	shell_text_run(out, 3, 10, true, MARK);
	expect_text(out, "vl_run 3 10 1 '\036" DIGITS "'\n");
	evbuffer_free(out);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ output_ends_at_the_mark, 0 },
		{ the_mark_may_come_in_two_pieces, SHELL_MARK_LEN - 1 },
		{ what_only_looks_like_the_mark_is_output,
		  UNIT_ROWS(lookalikes) },
		{ an_end_without_mark_loses_nothing, 0 },
		{ a_slot_is_taken_until_its_worker_is_idle, 0 },
		{ a_worker_counts_as_held_when_the_grace_is_over, 0 },
		{ text_for_the_guest_is_quoted_and_encoded, 0 },
		{ NULL, 0 },
	};

	return unit_run("shell_output", tests, setup, NULL);
}
