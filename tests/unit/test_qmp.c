#include "driver/vm/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

#define GREETING                                                               \
	"{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}, "           \
	"\"future\": 1}\r\n"
#define CAPABILITIES "{\"execute\":\"qmp_capabilities\"}\r\n"

static struct event_base *base;
static struct qmp *qmp;
static int peer; /* QEMU's end */
static int n_done, n_failed, n_events, n_closed;
static struct err last_err;
static char last_event[64], last_reason[128];

static void
on_event(const char *event, const json_t *data, void *arg)
{
	(void)data;
	(void)arg;
	n_events++;
	strncpy(last_event, event, sizeof(last_event) - 1);
}

static void
on_closed(const char *reason, void *arg)
{
	(void)arg;
	n_closed++;
	strncpy(last_reason, reason, sizeof(last_reason) - 1);
	qmp_free(qmp);
	qmp = NULL;
}

static void
on_done(const json_t *result, const struct err *err, void *arg)
{
	int *order = arg;

	n_done++;
	if (order != NULL)
		*order = n_done;
	if (result == NULL) {
		n_failed++;
		last_err = *err;
	}
}

static void
setup(void)
{
	int fds[2];

	base = event_base_new();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	peer = fds[0];
	qmp = qmp_new(base, fds[1], on_event, on_closed, NULL);
}

static void
teardown(void)
{
	qmp_free(qmp);
	if (peer >= 0)
		close(peer);
	event_base_free(base);
}

static void
spin(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
say(const char *text)
{
	ck_assert_int_eq(send(peer, text, strlen(text), MSG_NOSIGNAL),
			 (ssize_t)strlen(text));
	spin();
}

static void
expect(const char *want)
{
	char buf[8192];
	ssize_t n;

	spin();
	n = recv(peer, buf, sizeof(buf) - 1, MSG_DONTWAIT);
	buf[n > 0 ? n : 0] = '\0';
	ck_assert_str_eq(buf, want);
}

static void
negotiate(void)
{
	say(GREETING);
	expect(CAPABILITIES);
	say("{\"return\": {}}\r\n");
}

START_TEST(commands_wait_for_the_greeting_and_for_negotiation)
{
	qmp_command(qmp, "query-status", NULL, on_done, NULL);
	expect("");
	say(GREETING);
	expect(CAPABILITIES);
	say("{\"return\": {}}\r\n");
	expect("{\"execute\":\"query-status\",\"id\":1}\r\n");
	say("{\"return\": {\"status\": \"running\"}, \"id\": 1}\r\n");
	ck_assert_int_eq(n_done, 1);
	ck_assert_int_eq(n_failed, 0);
}
END_TEST

START_TEST(arguments_go_along_and_line_feeds_in_them_are_escaped)
{
	negotiate();
	qmp_command(qmp, "set_link",
		    json_pack("{s:s, s:b}", "name", "a\nb", "up", 0), on_done,
		    NULL);
	expect("{\"execute\":\"set_link\",\"id\":1,"
	       "\"arguments\":{\"name\":\"a\\nb\",\"up\":false}}\r\n");
}
END_TEST

START_TEST(an_error_is_told_in_qemus_words)
{
	negotiate();
	qmp_command(qmp, "x", NULL, on_done, NULL);
	say("{\"id\": 1, \"error\": {\"class\": \"CommandNotFound\", "
	    "\"desc\": \"The command x has not been found\"}}\r\n");
	ck_assert_int_eq(n_failed, 1);
	ck_assert_ptr_nonnull(strstr(last_err.text, "has not been found"));
}
END_TEST

START_TEST(events_come_at_any_time_after_the_greeting)
{
	say(GREETING);
	say("{\"event\": \"RESUME\", \"timestamp\": {}}\r\n");
	ck_assert_int_eq(n_events, 1);
	say("{\"return\": {}}\r\n"
	    "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}, "
	    "\"new\": []}\r\n");
	ck_assert_int_eq(n_events, 2);
	ck_assert_str_eq(last_event, "SHUTDOWN");
}
END_TEST

START_TEST(replies_find_their_commands_and_others_are_ignored)
{
	int first = 0, second = 0;

	negotiate();
	qmp_command(qmp, "a", NULL, on_done, &first);
	qmp_command(qmp, "b", NULL, on_done, &second);
	say("{\"return\": {}, \"id\": 77}\r\n{\"return\": {}, \"id\": "
	    "\"x\"}\r\n"
	    "{\"return\": {}}\r\n{\"what\": 1}\r\n"
	    "{\"return\": {}, \"id\": 2}\r\n{\"return\": {}, \"id\": 2}\r\n"
	    "{\"return\": {}, \"id\": 1}\r\n");
	ck_assert_int_eq(n_done, 2);
	ck_assert_int_eq(second, 1);
	ck_assert_int_eq(first, 2);
	ck_assert_int_eq(n_closed, 0);
}
END_TEST

START_TEST(no_more_than_eight_commands_are_under_way)
{
	char buf[8192];
	ssize_t n;
	int lines = 0;

	negotiate();
	for (int i = 0; i < 9; i++)
		qmp_command(qmp, "q", NULL, on_done, NULL);
	spin();
	n = recv(peer, buf, sizeof(buf), MSG_DONTWAIT);
	for (ssize_t i = 0; i < n; i++)
		lines += buf[i] == '\n';
	ck_assert_int_eq(lines, 8);
	say("{\"return\": {}, \"id\": 1}\r\n");
	expect("{\"execute\":\"q\",\"id\":9}\r\n");
}
END_TEST

/* The next line of ours, and the descriptor that came with it, or -1. */
static int
take_line(char *line, size_t size)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = line, .iov_len = size - 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(peer, &msg, MSG_DONTWAIT);
	const struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
	int fd = -1;

	line[n > 0 ? n : 0] = '\0';
	if (n > 0 && header != NULL)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

START_TEST(a_descriptor_goes_with_its_command)
{
	char line[256];
	int ends[2], fd;

	ck_assert_int_eq(pipe(ends), 0);
	negotiate();
	qmp_command(qmp, "first", NULL, on_done, NULL);
	qmp_command_fd(qmp, "getfd", json_pack("{s:s}", "fdname", "x"), ends[1],
		       on_done, NULL);
	qmp_command(qmp, "last", NULL, on_done, NULL);
	close(ends[1]); /* it was borrowed */
	spin();
	/* Linux may join what came before, but does not let one read past it. */
	fd = take_line(line, sizeof(line));
	if (fd < 0)
		fd = take_line(line, sizeof(line));
	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_nonnull(strstr(line, "\"fdname\":\"x\""));
	expect("{\"execute\":\"last\",\"id\":3}\r\n");
	ck_assert_int_eq(write(fd, "!", 1), 1);
	close(fd);
	ck_assert_int_eq(read(ends[0], line, 2), 1);
	/* and nobody keeps another copy of it */
	ck_assert_int_eq(read(ends[0], line, 1), 0);
	close(ends[0]);
}
END_TEST

START_TEST(an_end_of_the_connection_fails_what_waits)
{
	qmp_command(qmp, "a", NULL, on_done, NULL);
	qmp_command(qmp, "b", NULL, NULL, NULL);
	close(peer);
	peer = -1;
	spin();
	ck_assert_int_eq(n_failed, 1);
	ck_assert_int_eq(last_err.code, -ECONNRESET);
	ck_assert_int_eq(n_closed, 1);
}
END_TEST

static const char *const hostile[] = {
	"hello\r\n",
	"[]\r\n",
	"{\"return\": {}}\r\n", /* before the greeting */
	"{\"QMP\": 1}\r\n",
	"{\"QMP\": {}, \"QMP\": {}}\r\n",
	"\xff\xfe\r\n",
	"{\"QMP\": {}}\r\nnonsense\r\n",
	"{\"QMP\": {}}\r\n7\r\n",
};

START_TEST(garbage_ends_the_connection_with_a_reason)
{
	qmp_command(qmp, "a", NULL, on_done, NULL);
	say(hostile[_i]);
	ck_assert_int_eq(n_closed, 1);
	ck_assert_int_eq(n_failed, 1);
	ck_assert_int_gt(strlen(last_reason), 0);
}
END_TEST

START_TEST(a_line_without_end_is_cut_off)
{
	static char junk[65536];

	memset(junk, ' ', sizeof(junk));
	fcntl(peer, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 64 && n_closed == 0; i++) {
		(void)!send(peer, junk, sizeof(junk), MSG_NOSIGNAL);
		spin();
	}
	ck_assert_int_eq(n_closed, 1);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ commands_wait_for_the_greeting_and_for_negotiation, 0 },
		{ arguments_go_along_and_line_feeds_in_them_are_escaped, 0 },
		{ an_error_is_told_in_qemus_words, 0 },
		{ events_come_at_any_time_after_the_greeting, 0 },
		{ replies_find_their_commands_and_others_are_ignored, 0 },
		{ no_more_than_eight_commands_are_under_way, 0 },
		{ a_descriptor_goes_with_its_command, 0 },
		{ an_end_of_the_connection_fails_what_waits, 0 },
		{ garbage_ends_the_connection_with_a_reason,
		  UNIT_ROWS(hostile) },
		{ a_line_without_end_is_cut_off, 0 },
		{ NULL, 0 },
	};

	return unit_run("qmp", tests, setup, teardown);
}
