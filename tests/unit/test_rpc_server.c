#include "config.h"

#include "lib/rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/rpc-rig.h"
#include "tests/unit/unit.h"

static struct rpc_rig rig;

static void
setup(void)
{
	rpc_rig_init(&rig);
}

static void
teardown(void)
{
	rpc_rig_fini(&rig);
}

/* ---- what is asked and answered ---- */

static const struct {
	const char *request;
	const char *reply;
} dialogues[] = {
	{ RPC_ECHO("1"), RPC_RESULT("1", "1") },
	{ RPC_ECHO("\"a\""), RPC_RESULT("\"a\"", "\"a\"") },
	{ RPC_ECHO("null"), RPC_RESULT("null", "null") },
	{ RPC_ECHO("-1.5"), RPC_RESULT("-1.5", "-1.5") },
	{ RPC_REQUEST("1", "\"method\":\"echo\""), RPC_RESULT("1", "null") },
	{ RPC_REQUEST("1", "\"method\":\"echo\",\"params\":null"),
	  RPC_RESULT("1", "null") },
	{ " {\t\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1 } \r\n",
	  RPC_RESULT("1", "null") },
	{ RPC_REQUEST("1", "\"method\":\"fail\",\"more\":0"),
	  RPC_ERROR("1", "-32000", "no \\\"such\\\" thing \xef\xbf\xbd",
		    "ENOENT") },
	{ RPC_REQUEST("1", "\"method\":\"absent\""),
	  RPC_ERROR("1", "-32601",
		    "no method \\\"absent\\\"; rpc.methods lists them",
		    "ENOSYS") },
	{ RPC_REQUEST("1", "\"method\":\"echo\",\"params\":{\"valu\":1}"),
	  RPC_ERROR("1", "-32602",
		    "echo: unknown member \\\"valu\\\"; did you mean "
		    "\\\"value\\\"?",
		    "EINVAL") },
	{ RPC_REQUEST("1", "\"method\":\"echo\",\"params\":[1]"),
	  RPC_ERROR("1", "-32602",
		    "echo: the arguments must be an object, not a list",
		    "EINVAL") },
	{ RPC_REQUEST("[1]", "\"method\":\"echo\""),
	  RPC_ERROR(
	      "null", "-32600",
	      "\\\"id\\\" must be a number or a string of at most 256 bytes",
	      "EBADMSG") },
	{ RPC_REQUEST("1", "\"method\":7"),
	  RPC_ERROR("1", "-32600", "\\\"method\\\" must be a string",
		    "EBADMSG") },
	{ "{\"id\":1,\"method\":\"echo\"}\n",
	  RPC_ERROR("1", "-32600", "\\\"jsonrpc\\\" must be \\\"2.0\\\"",
		    "EBADMSG") },
	{ "{\"jsonrpc\":\"1.0\",\"method\":\"echo\"}\n",
	  RPC_ERROR("null", "-32600", "\\\"jsonrpc\\\" must be \\\"2.0\\\"",
		    "EBADMSG") },
	{ "[" RPC_RESULT("1", "1") "]\n",
	  RPC_ERROR(
	      "null", "-32600",
	      "batches are not served: send each request as a line of its "
	      "own",
	      "EBADMSG") },
	{ "7\n", RPC_ERROR("null", "-32600", "a request must be an object",
			   "EBADMSG") },
};

START_TEST(requests_are_answered)
{
	int fd = rpc_rig_connect(&rig);

	rpc_rig_send_text(&rig, fd, dialogues[_i].request);
	rpc_rig_assert_reply(&rig, fd, dialogues[_i].reply);
	/* whatever it was, the connection goes on */
	rpc_rig_send_text(&rig, fd, RPC_ECHO("2"));
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("2", "2"));
	close(fd);
}
END_TEST

static void
assert_code(int fd, const char *bytes, size_t size, const char *code)
{
	char want[64];

	snprintf(want, sizeof(want),
		 "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%s,",
		 code);
	rpc_rig_send_bytes(&rig, fd, bytes, size);
	ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, fd));
	ck_assert_int_eq(strncmp(rig.text, want, strlen(want)), 0);
}

START_TEST(nonsense_is_answered_and_survived)
{
	static const char nul[] = "{\"jsonrpc\":\"2.0\"\0,\"id\":1}\n";
	char deep[10001], id[400];
	int fd = rpc_rig_connect(&rig);

	assert_code(fd, "\n", 1, "-32700");
	assert_code(fd, "{\n", 2, "-32700");
	assert_code(fd, "\"\xff\"\n", 4, "-32700");
	assert_code(fd, nul, sizeof(nul) - 1, "-32700");
	assert_code(fd, "[\"\\u0000\"]\n", 11, "-32700");
	assert_code(fd, "{\"id\":1,\"id\":1}\n", 16, "-32700");
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = '\n';
	assert_code(fd, deep, sizeof(deep), "-32700");
	/* an id comes back, so it is bounded: 256 bytes and 257 */
	snprintf(id, sizeof(id),
		 RPC_REQUEST("\"%0256d\"", "\"method\":\"who\""), 0);
	rpc_rig_send_text(&rig, fd, id);
	ck_assert_ptr_nonnull(
	    strstr(rpc_rig_read_line(&rig, fd), "\"result\""));
	snprintf(id, sizeof(id),
		 RPC_REQUEST("\"%0257d\"", "\"method\":\"who\""), 0);
	assert_code(fd, id, strlen(id), "-32600");
	close(fd);
}
END_TEST

START_TEST(notifications_are_run_and_not_answered)
{
	int fd = rpc_rig_connect(&rig);

	rpc_rig_send_text(
	    &rig, fd,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"big\","
	    "\"params\":{\"size\":1}}\n"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"fail\"}\n"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"absent\"}\n"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"big\"}\n"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"later\"}\n" RPC_ECHO("1"));
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "1"));
	ck_assert_uint_eq(rig.n_big, 1);
	ck_assert_uint_eq(rig.n_later, 1);
	rpc_reply(rig.later[0], NULL);
	rpc_rig_assert_silent(&rig, fd);
	close(fd);
}
END_TEST

START_TEST(requests_may_be_split_anywhere)
{
	static const char both[] = RPC_ECHO("1") RPC_ECHO("2");
	int fd = rpc_rig_connect(&rig);

	for (size_t at = 1; at < sizeof(both) - 1; at++) {
		rpc_rig_send_bytes(&rig, fd, both, at);
		rpc_rig_settle(&rig);
		rpc_rig_send_text(&rig, fd, both + at);
		rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "1"));
		rpc_rig_assert_reply(&rig, fd, RPC_RESULT("2", "2"));
	}
	close(fd);
}
END_TEST

START_TEST(requests_may_be_pipelined)
{
	char line[128];
	int fd = rpc_rig_connect(&rig);

	for (int i = 0; i < 1000; i++) {
		snprintf(
		    line, sizeof(line),
		    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"echo\"}\n", i);
		rpc_rig_send_text(&rig, fd, line);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line),
			 "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":null}", i);
		rpc_rig_assert_reply(&rig, fd, line);
	}
	close(fd);
}
END_TEST

START_TEST(replies_come_when_methods_finish)
{
	int fd = rpc_rig_connect(&rig);

	rpc_rig_send_text(&rig, fd,
			  RPC_LATER("1") RPC_LATER("2") RPC_ECHO("3"));
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("3", "3"));
	rpc_rig_assert_silent(&rig, fd);
	rpc_reply(rig.later[1], json_true());
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("2", "true"));
	rpc_fail(rig.later[0], -EIO, "late");
	rpc_rig_assert_reply(&rig, fd, RPC_ERROR("1", "-32000", "late", "EIO"));
	close(fd);
}
END_TEST

START_TEST(methods_know_who_asks)
{
	char want[128];
	int fd = rpc_rig_connect(&rig);

	rpc_rig_send_text(&rig, fd, RPC_REQUEST("1", "\"method\":\"who\""));
	snprintf(want, sizeof(want),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[%d,%d]}",
		 (int)getpid(), (int)geteuid());
	rpc_rig_assert_reply(&rig, fd, want);
	close(fd);
}
END_TEST

START_TEST(only_subscribers_get_events)
{
	json_t *params = json_pack("{s:i}", "id", 7);
	int subscriber = rpc_rig_connect(&rig);
	int other = rpc_rig_connect(&rig);

	rpc_server_broadcast(rig.server, "port.added", params);
	rpc_rig_send_text(&rig, subscriber,
			  RPC_REQUEST("1", "\"method\":\"rpc.subscribe\""));
	rpc_rig_assert_reply(&rig, subscriber, RPC_RESULT("1", "true"));
	rpc_server_broadcast(rig.server, "port.removed", params);
	rpc_server_broadcast(rig.server, "nothing", NULL);
	rpc_rig_assert_reply(&rig, subscriber,
			     "{\"jsonrpc\":\"2.0\",\"method\":"
			     "\"port.removed\",\"params\":{\"id\":7}}");
	rpc_rig_assert_reply(&rig, subscriber,
			     "{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}");
	rpc_rig_assert_silent(&rig, other);
	json_decref(params);
	close(subscriber);
	close(other);
}
END_TEST

/* ---- descriptors ---- */

#define WRITE(id) RPC_REQUEST(id, "\"method\":\"write\"")

START_TEST(a_method_takes_the_descriptors_of_its_request)
{
	int fds[2], fd = rpc_rig_connect(&rig);
	char bytes[8] = "";

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	rpc_rig_send_text(&rig, fd, WRITE("1"));
	rpc_rig_send_with_fd(fd, WRITE("2"), fds[1]);
	rpc_rig_send_text(&rig, fd, WRITE("3"));
	close(fds[1]);
	rpc_rig_assert_reply(&rig, fd,
			     RPC_ERROR("1", "-32000",
				       "a descriptor to write to is missing",
				       "ENOENT"));
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("2", "null"));
	ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, fd));
	ck_assert_int_eq(read(fds[0], bytes, sizeof(bytes)), 5);
	ck_assert(rpc_rig_has_ended(fds[0]));
	close(fds[0]);
	close(fd);
}
END_TEST

START_TEST(descriptors_that_nobody_takes_are_closed)
{
	int fds[2], fd = rpc_rig_connect(&rig);

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	rpc_rig_send_with_fd(fd, "nonsense", fds[1]);
	rpc_rig_send_with_fd(fd, "\n", fds[1]);
	ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, fd));
	rpc_rig_send_with_fd(fd, RPC_ECHO("1"), fds[1]);
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "1"));
	rpc_rig_send_with_fd(fd, RPC_LATER("2"), fds[1]);
	rpc_rig_settle(&rig);
	ck_assert_uint_eq(rig.n_later, 1);
	close(fds[1]);
	ck_assert(!rpc_rig_has_ended(fds[0]));
	rpc_reply(rig.later[0], NULL);
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("2", "null"));
	ck_assert(rpc_rig_has_ended(fds[0]));
	close(fds[0]);
	close(fd);
}
END_TEST

START_TEST(a_taken_descriptor_belongs_to_the_method)
{
	int fds[2], fd = rpc_rig_connect(&rig);

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	rpc_rig_send_with_fd(fd, RPC_REQUEST("1", "\"method\":\"keep\""),
			     fds[1]);
	close(fds[1]);
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "null"));
	ck_assert(!rpc_rig_has_ended(fds[0]));
	ck_assert_int_eq(close(rig.kept_fd), 0);
	ck_assert(rpc_rig_has_ended(fds[0]));
	close(fds[0]);
	close(fd);
}
END_TEST

START_TEST(a_request_with_too_many_descriptors_is_refused)
{
	int fds[2], fd = rpc_rig_connect(&rig);

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	for (int i = 0; i < RPC_FDS_MAX; i++)
		rpc_rig_send_with_fd(fd, " ", fds[1]);
	rpc_rig_send_with_fd(fd, WRITE("1"), fds[1]);
	rpc_rig_assert_reply(
	    &rig, fd,
	    RPC_ERROR("1", "-32600",
		      "write: more than 8 descriptors with one "
		      "request",
		      "EMFILE"));
	close(fds[1]);
	ck_assert(rpc_rig_has_ended(fds[0]));
	close(fds[0]);
	close(fd);
}
END_TEST

/* ---- the end of a connection ---- */

START_TEST(a_call_survives_its_client)
{
	int fds[2], fd = rpc_rig_connect(&rig), other = rpc_rig_connect(&rig);

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	rpc_rig_send_with_fd(fd, RPC_LATER("1"), fds[1]);
	rpc_rig_send_text(&rig, fd, RPC_LATER("2"));
	close(fds[1]);
	rpc_rig_settle(&rig);
	ck_assert_uint_eq(rig.n_later, 2);
	close(fd);
	rpc_rig_settle(&rig);
	ck_assert_int_eq(rpc_call_peer(rig.later[0])->pid, getpid());
	rpc_fail(rig.later[0], -EIO, "nobody hears this");
	ck_assert(rpc_rig_has_ended(fds[0]));
	rpc_reply(rig.later[1], json_object());
	rpc_rig_send_text(&rig, other, RPC_ECHO("3"));
	rpc_rig_assert_reply(&rig, other, RPC_RESULT("3", "3"));
	close(fds[0]);
	close(other);
}
END_TEST

START_TEST(a_call_survives_its_server)
{
	int fd = rpc_rig_connect(&rig);

	rpc_rig_send_text(&rig, fd, RPC_LATER("1") RPC_LATER("2"));
	rpc_rig_settle(&rig);
	ck_assert_uint_eq(rig.n_later, 2);
	rpc_server_free(rig.server);
	rig.server = NULL;
	rpc_reply(rig.later[0], json_true());
	rpc_fail(rig.later[1], -EIO, "late");
	ck_assert_ptr_null(rpc_rig_read_line(&rig, fd));
	close(fd);
}
END_TEST

START_TEST(a_client_that_says_no_more_still_gets_its_replies)
{
	int fd = rpc_rig_connect(&rig);

	rpc_rig_send_text(&rig, fd, RPC_LATER("1") RPC_ECHO("2"));
	shutdown(fd, SHUT_WR);
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("2", "2"));
	rpc_rig_assert_silent(&rig, fd);
	rpc_reply(rig.later[0], json_true());
	rpc_rig_assert_reply(&rig, fd, RPC_RESULT("1", "true"));
	ck_assert_ptr_null(rpc_rig_read_line(&rig, fd));
	close(fd);
}
END_TEST

START_TEST(the_last_reply_is_sent_whole)
{
	int fd = rpc_rig_connect(&rig);

	/* more than the socket holds */
	rpc_rig_send_text(&rig, fd,
			  RPC_REQUEST("1", "\"method\":\"big\","
					   "\"params\":{\"size\":1000000}"));
	shutdown(fd, SHUT_WR);
	rpc_rig_settle(&rig);
	ck_assert_ptr_nonnull(rpc_rig_read_line(&rig, fd));
	ck_assert_uint_gt(strlen(rig.text), 1000000);
	ck_assert_ptr_null(rpc_rig_read_line(&rig, fd));
	close(fd);
}
END_TEST

/* ---- calls from within the process ---- */

struct local_answer {
	unsigned n;
	json_t *result; /* owned */
	struct err err;
};

static void
on_local_done(const json_t *result, const struct err *err, void *arg)
{
	struct local_answer *answer = arg;

	answer->n++;
	answer->result = json_incref((json_t *)result);
	if (err != NULL)
		answer->err = *err;
}

START_TEST(a_local_call_gets_its_answer)
{
	struct local_answer answer = { .n = 0 };

	rpc_call_local(rpc_rig_find, &rig, "echo",
		       json_pack("{s:s}", "value", "hello"), -1, on_local_done,
		       &answer);
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_str_eq(json_string_value(answer.result), "hello");
	json_decref(answer.result);
}
END_TEST

START_TEST(a_local_call_is_checked_like_a_clients)
{
	struct local_answer answer = { .n = 0 };

	rpc_call_local(rpc_rig_find, &rig, "big",
		       json_pack("{s:i}", "size", 2000001), -1, on_local_done,
		       &answer);
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_ptr_null(answer.result);
	ck_assert_ptr_nonnull(strstr(answer.err.text, "size"));

	rpc_call_local(rpc_rig_find, &rig, "nonsense", NULL, -1, on_local_done,
		       &answer);
	ck_assert_uint_eq(answer.n, 2);
	ck_assert_ptr_nonnull(strstr(answer.err.text, "nonsense"));
}
END_TEST

START_TEST(a_descriptor_that_a_local_call_does_not_take_is_closed)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	rpc_call_local(rpc_rig_find, &rig, "echo", NULL, fds[1], NULL, NULL);
	ck_assert_int_eq(fcntl(fds[1], F_GETFD), -1);
	close(fds[0]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ requests_are_answered, UNIT_ROWS(dialogues) },
		{ nonsense_is_answered_and_survived, 0 },
		{ notifications_are_run_and_not_answered, 0 },
		{ requests_may_be_split_anywhere, 0 },
		{ requests_may_be_pipelined, 0 },
		{ replies_come_when_methods_finish, 0 },
		{ methods_know_who_asks, 0 },
		{ only_subscribers_get_events, 0 },
		{ a_method_takes_the_descriptors_of_its_request, 0 },
		{ descriptors_that_nobody_takes_are_closed, 0 },
		{ a_taken_descriptor_belongs_to_the_method, 0 },
		{ a_request_with_too_many_descriptors_is_refused, 0 },
		{ a_call_survives_its_client, 0 },
		{ a_call_survives_its_server, 0 },
		{ a_client_that_says_no_more_still_gets_its_replies, 0 },
		{ the_last_reply_is_sent_whole, 0 },
		{ a_local_call_gets_its_answer, 0 },
		{ a_local_call_is_checked_like_a_clients, 0 },
		{ a_descriptor_that_a_local_call_does_not_take_is_closed, 0 },
		{ NULL, 0 },
	};

	return unit_run("rpc_server", tests, setup, teardown);
}
