#include "config.h"

#include "driver/report/status-block.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "tests/unit/screen-model.h"
#include "tests/unit/unit.h"

static struct event_base *base;
static struct clock *clock_;
static struct screen_model screen;
static FILE *out;
static struct status_block *block;
static const char *lines_[8];
static size_t n_drawn;
static struct status_size size_;

static void
on_lines(struct status_lines *lines, const struct status_size *size, void *arg)
{
	(void)arg;
	n_drawn++;
	size_ = *size;
	for (size_t i = 0; i < 8 && lines_[i] != NULL; i++)
		status_lines_add(lines, xstrdup(lines_[i]));
}

static void
setup(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	base = event_base_new();
	clock_ = clock_virtual_new(5 * NS_PER_S);
	out = screen_open(&screen, 40, 8);
	block = status_block_new(base, clock_, out, on_lines, NULL);
	ck_assert_ptr_nonnull(block);
}

static void
teardown(void)
{
	status_block_free(block);
	fclose(out);
	screen_close(&screen);
	clock_free(clock_);
	event_base_free(base);
}

static void
expect(const char *want)
{
	screen_read(&screen);
	ck_assert_str_eq(screen_text(&screen), want);
	ck_assert(screen.wrap);
	ck_assert(!screen.synced);
}

static void
print(const char *text)
{
	fputs(text, status_block_out(block));
	status_block_change(block);
}

static void
advance_ms(uint64_t ms)
{
	clock_advance(clock_, ms * NS_PER_MS);
}

START_TEST(nothing_is_drawn_before_the_first_change)
{
	lines_[0] = "one";
	advance_ms(5000);
	expect("");
	status_block_change(block);
	expect("one\n");
}
END_TEST

START_TEST(what_is_printed_stands_above_the_lines)
{
	lines_[0] = "one";
	lines_[1] = "two";
	status_block_change(block);
	advance_ms(100);
	print("first\n");
	advance_ms(100);
	print("second\nthird\n");
	expect("first\nsecond\nthird\none\ntwo\n");
	/* And the cursor waits at the block's beginning. */
	ck_assert_uint_eq(screen.y, 3);
	ck_assert_uint_eq(screen.x, 0);
}
END_TEST

START_TEST(a_full_screen_scrolls)
{
	lines_[0] = "one";
	lines_[1] = "two";
	for (int i = 0; i < 20; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d\n", i);
		print(text);
		advance_ms(100);
	}
	expect("14\n15\n16\n17\n18\n19\none\ntwo\n");
}
END_TEST

START_TEST(changes_are_drawn_at_ten_a_second)
{
	lines_[0] = "0";
	status_block_change(block);
	expect("0\n");
	lines_[0] = "1";
	status_block_change(block);
	advance_ms(STATUS_BLOCK_PERIOD_MS - 1);
	expect("0\n");
	lines_[0] = "2";
	status_block_change(block);
	advance_ms(1);
	expect("2\n");
	ck_assert_uint_eq(screen.n_frames, 2);
	for (int i = 0; i < 1000; i++) {
		lines_[0] = i % 2 ? "a" : "b";
		print("x\n");
		advance_ms(1);
	}
	screen_read(&screen);
	ck_assert_uint_le(screen.n_frames, 2 + 11);
}
END_TEST

START_TEST(a_frame_is_one_write)
{
	lines_[0] = "one";
	lines_[1] = "two";
	status_block_change(block);
	screen_read(&screen);
	advance_ms(100);
	screen.n_writes = 0;
	print("printed\n");
	screen_read(&screen);
	ck_assert_uint_eq(screen.n_writes, 1);
	ck_assert_uint_eq(screen.n_frames, 2);
}
END_TEST

START_TEST(nothing_is_written_when_nothing_changes)
{
	size_t before;

	lines_[0] = "one";
	status_block_change(block);
	screen_read(&screen);
	before = screen.n_octets;
	n_drawn = 0;
	advance_ms(10 * 1000);
	screen_read(&screen);
	ck_assert_uint_eq(screen.n_octets, before);
	ck_assert_uint_eq(n_drawn, 10); /* it has been looked once a second */
}
END_TEST

START_TEST(elapsed_time_is_drawn_each_second)
{
	lines_[0] = "1 s";
	status_block_change(block);
	lines_[0] = "2 s";
	advance_ms(STATUS_BLOCK_TICK_MS - 1);
	expect("1 s\n");
	advance_ms(1);
	expect("2 s\n");
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	FILE *file = tmpfile(); /* a terminal would have to be read meanwhile */
	char text[1025];

	status_block_free(block);
	block = status_block_new(base, clock_, file, on_lines, NULL);
	memset(text, 'x', 1023);
	strcpy(text + 1023, "\n");
	status_block_change(block);
	for (int i = 0; i < STATUS_BLOCK_TEXT_MAX / 1024; i++)
		print(text);
	ck_assert_int_lt(ftell(file), 100);
	print(text);
	ck_assert_int_gt(ftell(file), STATUS_BLOCK_TEXT_MAX);
	status_block_free(block);
	block = NULL;
	fclose(file);
}
END_TEST

START_TEST(lines_that_are_too_long_do_not_wrap)
{
	/* What a terminal counts otherwise than we do. */
	lines_[0] = "0123456789012345678901234567890123456789012345";
	lines_[1] = "two";
	status_block_change(block);
	advance_ms(100);
	print("above\n");
	expect("above\n0123456789012345678901234567890123456789\ntwo\n");
}
END_TEST

START_TEST(a_low_terminal_has_the_first_lines)
{
	for (size_t i = 0; i < 7; i++)
		lines_[i] = "line";
	screen_resize(&screen, 40, 3);
	status_block_change(block);
	advance_ms(100);
	print("above\n");
	expect("above\nline\nline\n");
	screen_resize(&screen, 40, 1); /* room for nothing */
	advance_ms(100);
	print("again\n");
	expect("");
}
END_TEST

START_TEST(a_change_of_size_is_noticed)
{
	lines_[0] = "one";
	lines_[1] = "two";
	print("above\n");
	expect("above\none\ntwo\n");
	ck_assert_uint_eq(size_.columns, 40);
	screen_resize(&screen, 20, 5);
	advance_ms(100);
	raise(SIGWINCH);
	event_base_loop(base, EVLOOP_ONCE);
	expect("above\none\ntwo\n");
	ck_assert_uint_eq(size_.columns, 20);
	ck_assert_uint_eq(size_.rows, 5);
}
END_TEST

/* Terminals that fill lines anew keep the cursor at its character: below it
 * there is nothing but the block, however many rows it takes then. */
START_TEST(a_block_that_was_wrapped_goes_away_whole)
{
	static const char wrapped[] = "01234567890123456789\r\n"
				      "01234567890123456789\r\n"
				      "two\r\033[2A";

	lines_[0] = "0123456789012345678901234567890123456789";
	lines_[1] = "two";
	print("above\n");
	screen_read(&screen);
	screen_feed(&screen, wrapped, sizeof(wrapped) - 1);
	screen_resize(&screen, 20, 8);
	lines_[0] = "short";
	advance_ms(100);
	raise(SIGWINCH);
	event_base_loop(base, EVLOOP_ONCE);
	expect("above\nshort\ntwo\n");
}
END_TEST

START_TEST(the_block_goes_away_for_others)
{
	lines_[0] = "one";
	print("above\n");
	advance_ms(100);
	fputs("more\n", status_block_out(block));
	status_block_clear(block);
	expect("above\nmore\n");
	fputs("others\n", out);
	fflush(out);
	advance_ms(STATUS_BLOCK_PERIOD_MS - 1);
	expect("above\nmore\nothers\n");
	advance_ms(1); /* and comes back by itself */
	expect("above\nmore\nothers\none\n");
}
END_TEST

START_TEST(hidden_it_stays_away)
{
	lines_[0] = "one";
	print("above\n");
	status_block_hide(block, true);
	print("as it comes\n");
	advance_ms(5000);
	expect("above\nas it comes\n");
	status_block_hide(block, false);
	expect("above\nas it comes\none\n");
}
END_TEST

START_TEST(at_the_end_it_is_gone)
{
	lines_[0] = "one";
	print("above\n");
	print("below the limit\n");
	status_block_free(block);
	block = NULL;
	expect("above\nbelow the limit\n");
}
END_TEST

START_TEST(lines_of_the_log_come_above)
{
	int err = dup(2);

	status_block_free(block);
	dup2(fileno(out), 2);
	block = status_block_new(base, clock_, out, on_lines, NULL);
	lines_[0] = "one";
	print("above\n");
	log_init("prog", LOG_INFO);
	log_warn("beware");
	log_warn("twice");
	expect("above\nprog: beware\nprog: twice\n");
	advance_ms(100);
	expect("above\nprog: beware\nprog: twice\none\n");
	dup2(err, 2);
	close(err);
}
END_TEST

/* ^Z: in a process of its own, which stops, and goes on. */
START_TEST(before_it_is_stopped_the_terminal_is_put_in_order)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setpgid(0, 0);
		event_reinit(base);
		lines_[0] = "one";
		print("above\n");
		raise(SIGTSTP); /* noticed in the loop */
		event_base_loop(base, EVLOOP_ONCE);
		advance_ms(100);
		fflush(out);
		_exit(7);
	}
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	expect("above\n");
	kill(pid, SIGCONT);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	expect("above\none\n");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ nothing_is_drawn_before_the_first_change, 0 },
		{ what_is_printed_stands_above_the_lines, 0 },
		{ a_full_screen_scrolls, 0 },
		{ changes_are_drawn_at_ten_a_second, 0 },
		{ a_frame_is_one_write, 0 },
		{ nothing_is_written_when_nothing_changes, 0 },
		{ elapsed_time_is_drawn_each_second, 0 },
		{ what_waits_is_bounded, 0 },
		{ lines_that_are_too_long_do_not_wrap, 0 },
		{ a_low_terminal_has_the_first_lines, 0 },
		{ a_change_of_size_is_noticed, 0 },
		{ a_block_that_was_wrapped_goes_away_whole, 0 },
		{ the_block_goes_away_for_others, 0 },
		{ hidden_it_stays_away, 0 },
		{ at_the_end_it_is_gone, 0 },
		{ lines_of_the_log_come_above, 0 },
		{ before_it_is_stopped_the_terminal_is_put_in_order, 0 },
		{ NULL, 0 },
	};

	return unit_run("status-block", tests, setup, teardown);
}
