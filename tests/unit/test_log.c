#include "config.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/unit/unit.h"

static int reader, writer; /* of the pipe that stands for stderr */
static char text[65536 * 2];

static void
setup(void)
{
	int fds[2];

	unsetenv("JOURNAL_STREAM");
	ck_assert_int_eq(pipe(fds), 0);
	reader = fds[0];
	writer = fds[1];
	ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	log_set_fd(writer);
	log_init("prog", LOG_INFO);
}

/* What was logged since the last call; "" when nothing was. */
static const char *
logged(void)
{
	ssize_t n = read(reader, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Leave no room in the pipe, for blocking writers to notice. */
static void
fill_pipe(void)
{
	static const char block[4096];

	ck_assert_int_eq(fcntl(writer, F_SETFL, O_NONBLOCK), 0);
	while (write(writer, block, sizeof(block)) > 0)
		;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(fcntl(writer, F_SETFL, 0), 0);
}

static void
empty_pipe(void)
{
	while (read(reader, text, sizeof(text)) > 0)
		;
}

START_TEST(a_line_is_program_and_message)
{
	log_error("port %d: %s", 3, "gone");
	ck_assert_str_eq(logged(), "prog: port 3: gone\n");
	ck_assert_str_eq(log_program(), "prog");
}
END_TEST

START_TEST(an_unnamed_program_is_called_as_it_was_started)
{
	log_init(NULL, LOG_INFO);
	ck_assert_str_eq(log_program(), program_invocation_short_name);
}
END_TEST

START_TEST(messages_above_the_level_are_dropped)
{
	log_set_level(_i);
	log_error("0");
	log_warn("1");
	log_info("2");
	log_debug("3");
	logged();
	for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
		char line[24];

		snprintf(line, sizeof(line), "prog: %d\n", level);
		ck_assert_int_eq(strstr(text, line) != NULL, level <= _i);
	}
}
END_TEST

START_TEST(logging_leaves_errno_alone)
{
	errno = ENOENT;
	log_info("x");
	ck_assert_int_eq(errno, ENOENT);
	fill_pipe();
	errno = EACCES;
	log_info("x");
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

static const struct {
	const char *message;
	const char *want;
} escapes[] = {
	{ "", "" },
	{ "a b~", "a b~" },
	{ "a\nprog: forged", "a\\x0aprog: forged" },
	{ "a\r\t\b", "a\\x0d\\x09\\x08" },
	{ "\x1b[31mred", "\\x1b[31mred" },
	{ "\x01\x1f\x7f", "\\x01\\x1f\\x7f" },
	{ "\xc2\x9b"
	  "31m",
	  "\\xc2\\x9b31m" }, /* U+009B is ESC [ */
	{ "\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
	{ "\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "\xc3(", "\\xc3(" },
	{ "\xff\xfe", "\\xff\\xfe" },
	{ "cut \xe2\x82", "cut \\xe2\\x82" },
	{ "\xc0\x8a", "\\xc0\\x8a" }, /* a newline in an overlong form */
};

START_TEST(what_is_not_printable_is_escaped)
{
	char want[64];

	log_info("%s", escapes[_i].message);
	snprintf(want, sizeof(want), "prog: %s\n", escapes[_i].want);
	ck_assert_str_eq(logged(), want);
}
END_TEST

/* "prog: " and the newline leave this much of 4096. */
enum { MESSAGE_MAX = 4096 - 7 };

START_TEST(the_longest_line_fits_and_a_longer_one_is_cut_visibly)
{
	static char message[8192];

	memset(message, 'm', MESSAGE_MAX - 3);
	log_info("%s", message);
	ck_assert_uint_eq(strlen(logged()), 4096 - 3);
	ck_assert_str_eq(text + 4096 - 5, "m\n");

	memset(message, 'm', sizeof(message) - 1);
	log_info("%s", message);
	ck_assert_uint_eq(strlen(logged()), 4096);
	ck_assert_str_eq(text + 4096 - 5, "m...\n");
}
END_TEST

START_TEST(a_cut_does_not_split_an_escape_or_a_character)
{
	static char message[8192];

	for (size_t at = 4070; at < 4096; at++) {
		const char *tail;

		memset(message, 'm', sizeof(message) - 1);
		memcpy(message + at, _i == 0 ? "\n\n" : "\xe2\x82\xac", 2 + _i);
		log_info("%s", message);
		logged();
		ck_assert_uint_le(strlen(text), 4096);
		tail = strstr(text, "...\n");
		ck_assert_ptr_nonnull(tail);
		if (_i == 0)
			tail = strchr(text, '\\') != NULL
				   ? strstr(text, "\\x0a")
				   : tail;
		else
			tail = strchr(text, '\xe2') != NULL
				   ? strstr(text, "\xe2\x82\xac")
				   : tail;
		ck_assert_ptr_nonnull(tail);
	}
}
END_TEST

START_TEST(an_unread_pipe_never_blocks_and_the_loss_is_told)
{
	fill_pipe();
	log_info("lost");
	log_info("lost too");
	empty_pipe();
	log_info("again");
	ck_assert_str_eq(logged(),
			 "prog: lines lost because nobody read them: 2\n"
			 "prog: again\n");
	log_info("told once");
	ck_assert_str_eq(logged(), "prog: told once\n");
}
END_TEST

START_TEST(a_reader_that_is_gone_does_not_kill_us)
{
	close(reader);
	log_info("x");
	log_info("y");
}
END_TEST

START_TEST(a_closed_stderr_does_no_harm)
{
	close(writer);
	log_info("x");
}
END_TEST

START_TEST(a_line_torn_by_a_full_socket_is_ended_before_the_next)
{
	static char message[4000];
	int smallest = 1;
	int fds[2];

	memset(message, 'm', sizeof(message) - 1);
	close(reader);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &smallest,
				    sizeof(smallest)),
			 0);
	reader = fds[0];
	ck_assert_int_eq(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	log_set_fd(fds[1]); /* a blocking socket: write() would wait */
	/* the kernel's least buffer takes two pieces: this, and half a line */
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	log_info("%s", message);
	logged();
	ck_assert_uint_lt(strlen(text), 4000);
	ck_assert_int_eq(strncmp(text, "xprog: mmm", 10), 0);
	log_info("next");
	ck_assert_str_eq(logged(),
			 "\nprog: lines lost because nobody read them: 1\n"
			 "prog: next\n");
	log_info("clean");
	ck_assert_str_eq(logged(), "prog: clean\n");
}
END_TEST

/* ---- the journal ---- */

static void
name_stream(int fd, unsigned off_by, const char *rest)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju%s", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + off_by, rest);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_init("prog", LOG_DEBUG);
}

START_TEST(on_the_journals_stream_lines_get_its_levels)
{
	name_stream(writer, 0, "");
	log_error("a");
	log_warn("b");
	log_info("c");
	log_debug("d");
	ck_assert_str_eq(logged(), "<3>a\n<4>b\n<6>c\n<7>d\n");
}
END_TEST

START_TEST(every_line_for_the_journal_has_a_level)
{
	name_stream(writer, 0, "");
	fill_pipe();
	log_error("lost");
	empty_pipe();
	log_error("a\nb");
	ck_assert_str_eq(logged(), "<4>lines lost because nobody read them: 1\n"
				   "<3>a\\x0ab\n");
}
END_TEST

START_TEST(another_stream_than_the_journals_is_for_people)
{
	name_stream(writer, 1, "");
	log_error("a");
	ck_assert_str_eq(logged(), "prog: a\n");
	name_stream(writer, 0, "x");
	log_error("a");
	ck_assert_str_eq(logged(), "prog: a\n");
	setenv("JOURNAL_STREAM", "nonsense", 1);
	log_init("prog", LOG_DEBUG);
	log_error("a");
	ck_assert_str_eq(logged(), "prog: a\n");
}
END_TEST

/* ---- limits ---- */

static void
flood(struct log_site *site, int n)
{
	for (int i = 0; i < n; i++)
		log_msg_limited(site, LOG_WARN, "bad frame");
}

static unsigned
n_lines(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

START_TEST(a_site_shows_so_many_lines_in_a_window_and_tells_the_rest_later)
{
	struct clock *clock = clock_virtual_new(5 * NS_PER_S);
	struct log_site site = { 0 };
	struct log_site other = { 0 };

	log_set_clock(clock);
	flood(&site, LOG_LIMIT_LINES);
	ck_assert_uint_eq(n_lines(logged()), LOG_LIMIT_LINES);
	flood(&site, 7);
	ck_assert_str_eq(logged(), "");
	flood(&other, 1);
	ck_assert_str_eq(logged(), "prog: bad frame\n");

	clock_advance(clock, (LOG_LIMIT_WINDOW_MS - 5000) * NS_PER_MS);
	flood(&site, 1);
	ck_assert_str_eq(logged(),
			 "prog: lines like the next that were held back: 7\n"
			 "prog: bad frame\n");
	flood(&site, 1);
	ck_assert_str_eq(logged(), "prog: bad frame\n");
	log_set_clock(NULL);
	clock_free(clock);
}
END_TEST

START_TEST(a_window_ends_exactly)
{
	struct clock *clock = clock_virtual_new(77 * NS_PER_S);
	struct log_site site = { 0 };

	log_set_clock(clock);
	flood(&site, LOG_LIMIT_LINES + 1);
	logged();
	clock_advance(clock, LOG_LIMIT_WINDOW_MS * NS_PER_MS - 1);
	flood(&site, 1);
	ck_assert_str_eq(logged(), "");
	clock_advance(clock, 1);
	flood(&site, 1);
	ck_assert_str_eq(logged(),
			 "prog: lines like the next that were held back: 2\n"
			 "prog: bad frame\n");
	log_set_clock(NULL);
	clock_free(clock);
}
END_TEST

START_TEST(what_was_held_back_is_told_even_when_that_line_is_lost)
{
	struct clock *clock = clock_virtual_new(77 * NS_PER_S);
	struct log_site site = { 0 };

	log_set_clock(clock);
	flood(&site, LOG_LIMIT_LINES + 3);
	clock_advance(clock, LOG_LIMIT_WINDOW_MS * NS_PER_MS);
	fill_pipe();
	flood(&site, 1);
	empty_pipe();
	flood(&site, 1);
	ck_assert_str_eq(logged(),
			 "prog: lines lost because nobody read them: 1\n"
			 "prog: lines like the next that were held back: 3\n"
			 "prog: bad frame\n");
	log_set_clock(NULL);
	clock_free(clock);
}
END_TEST

START_TEST(a_hidden_level_uses_up_no_limit)
{
	struct log_site site = { 0 };

	log_set_level(LOG_ERROR);
	flood(&site, 100);
	log_set_level(LOG_WARN);
	flood(&site, 1);
	ck_assert_str_eq(logged(), "prog: bad frame\n");
}
END_TEST

START_TEST(the_macro_limits_each_place_by_itself)
{
	for (int i = 0; i < LOG_LIMIT_LINES + 1; i++) {
		LOG_LIMITED(LOG_WARN, "here %d", i);
		LOG_LIMITED(LOG_WARN, "there %d", i);
	}
	logged();
	ck_assert_uint_eq(n_lines(text), 2 * LOG_LIMIT_LINES);
	ck_assert_ptr_nonnull(strstr(text, "there 4"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_line_is_program_and_message, 0 },
		{ an_unnamed_program_is_called_as_it_was_started, 0 },
		{ messages_above_the_level_are_dropped, LOG_DEBUG + 1 },
		{ logging_leaves_errno_alone, 0 },
		{ what_is_not_printable_is_escaped, UNIT_ROWS(escapes) },
		{ the_longest_line_fits_and_a_longer_one_is_cut_visibly, 0 },
		{ a_cut_does_not_split_an_escape_or_a_character, 2 },
		{ an_unread_pipe_never_blocks_and_the_loss_is_told, 0 },
		{ a_reader_that_is_gone_does_not_kill_us, 0 },
		{ a_closed_stderr_does_no_harm, 0 },
		{ a_line_torn_by_a_full_socket_is_ended_before_the_next, 0 },
		{ on_the_journals_stream_lines_get_its_levels, 0 },
		{ every_line_for_the_journal_has_a_level, 0 },
		{ another_stream_than_the_journals_is_for_people, 0 },
		{ a_site_shows_so_many_lines_in_a_window_and_tells_the_rest_later,
		  0 },
		{ a_window_ends_exactly, 0 },
		{ what_was_held_back_is_told_even_when_that_line_is_lost, 0 },
		{ a_hidden_level_uses_up_no_limit, 0 },
		{ the_macro_limits_each_place_by_itself, 0 },
		{ NULL, 0 },
	};

	return unit_run("log", tests, setup, NULL);
}
