#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/capture-fixture.h"

/* A capture into a pipe that is full, with its ring not empty. */
static void
start_stuck(int fds[2])
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_ge(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	start_ok("", fds[1]);
	for (int i = 0; i < 20; i++)
		push(fx.client, fx.server, 1000, 0x0800, 1);
}

START_TEST(stop_gives_up_on_a_reader_after_two_seconds)
{
	const struct fake_reply *reply;
	const json_t *event;
	int fds[2];

	start_stuck(fds);
	reply = fake_call(fx.host, "stop", "{\"id\": \"1\"}", -1);
	fake_advance(fx.host, UINT64_C(1999) * MS);
	ck_assert(reply->deferred);
	fake_advance(fx.host, UINT64_C(2) * MS);
	ck_assert(!reply->deferred);
	ck_assert_str_eq(
	    json_string_value(json_object_get(reply->result, "state")),
	    "failed");
	ck_assert_int_lt(number(reply->result, "written_bytes"),
			 number(reply->result, "accepted_bytes"));
	event = fake_event(fx.host, "capture.failed");
	ck_assert_str_eq(json_string_value(json_object_get(event, "id")), "1");
	close(fds[0]);
}
END_TEST

START_TEST(a_capture_is_stopped_by_one_at_a_time)
{
	const struct fake_reply *first, *second;
	struct block b[64];
	int fds[2];

	start_stuck(fds);
	first = fake_call(fx.host, "stop", "{\"id\": \"1\"}", -1);
	ck_assert(first->deferred);
	second = fake_call(fx.host, "stop", "{\"id\": \"1\"}", -1);
	ck_assert_int_eq(second->code, -EALREADY);
	ck_assert(state_is("1", "finishing"));
	read_blocks(fds[0], b, 64);
	await(!first->deferred);
	ck_assert_int_eq(number(first->result, "frames"), 20);
	close(fds[0]);
}
END_TEST

START_TEST(a_reader_that_goes_ends_the_capture_and_nothing_else)
{
	const json_t *event;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	start_ok("", fds[1]);
	start_ok("", -1);
	close(fds[0]);
	await((event = fake_event(fx.host, "capture.failed")) != NULL);
	ck_assert_str_eq(json_string_value(json_object_get(event, "id")), "1");
	ck_assert(json_is_string(json_object_get(event, "error")));
	ck_assert(state_is("1", "failed"));
	ck_assert(json_is_string(json_object_get(show("1"), "error")));
	push(fx.client, fx.server, 60, 0x0800, 1);
	ck_assert_int_eq(number(stop_ok("2"), "frames"), 1);
	ck_assert_str_eq(
	    json_string_value(json_object_get(stop("1")->result, "state")),
	    "failed");
}
END_TEST

START_TEST(a_full_disk_ends_the_capture)
{
	strcpy(fx.path, "/dev/full");
	start_ok("", -1);
	await(state_is("1", "failed"));
	ck_assert_str_eq(json_string_value(json_object_get(show("1"), "error")),
			 strerror(ENOSPC));
	ck_assert(!fake_hook_enabled(fx.host, VL_STAGE_FORWARD));
	push(fx.client, fx.server, 60, 0x0800, 1);
	strcpy(fx.path, fx.dir);
}
END_TEST

START_TEST(unloading_writes_everything)
{
	enum { N = 64 };
	struct block b[N + 16];
	int fds[2];
	size_t n;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	start_ok("", -1);
	start_ok("", fds[1]);
	for (int i = 0; i < N; i++)
		push(fx.client, fx.server, 60, 0x0800, 1);
	fake_stop(fx.host);
	n = read_file(b, N + 16);
	ck_assert_uint_eq(count(b, n, EPB), N);
	ck_assert_uint_eq(count(b, n, ISB), 2);
	n = read_blocks(fds[0], b, N + 16);
	ck_assert_uint_eq(count(b, n, EPB), N);
	ck_assert_uint_eq(count(b, n, ISB), 2);
	close(fds[0]);
}
END_TEST

START_TEST(unloading_waits_two_seconds_for_a_reader_at_most)
{
	const struct fake_reply *reply;
	uint64_t took_ms, start_ms;
	int fds[2], others[2];

	start_stuck(fds);
	start_stuck(others); /* both are waited for at once */
	reply = fake_call(fx.host, "stop", "{\"id\": \"1\"}", -1);
	ck_assert(reply->deferred);
	start_ms = now_ms();
	fake_stop(fx.host);
	took_ms = now_ms() - start_ms;
	ck_assert_uint_ge(took_ms, 1900);
	ck_assert_uint_lt(took_ms, 3500);
	ck_assert(!reply->deferred); /* who asked has an answer */
	ck_assert_str_eq(
	    json_string_value(json_object_get(reply->result, "state")),
	    "failed");
	close(fds[0]);
	close(others[0]);
}
END_TEST

static const struct {
	const char *segment;
	const char *more;   /* members */
	const char *suffix; /* of the path; NULL: no file */
	int code;
	const char *text; /* a part of the reason */
} refused[] = {
	{ "vlan9", "", "", -ENOENT, "\"vlan9\"" },
	{ "vlan1", ", \"port\": \"x\"", "", -ENOENT, "no port called \"x\"" },
	{ "vlan1", ", \"port\": \"router.eth1\"", "", -ENOENT,
	  "\"vlan1\" has no port called \"router.eth1\"" },
	{ "vlan1", "", NULL, -EINVAL, "a file or a descriptor" },
	{ "vlan1", "", "/no/such", -ENOENT, "/no/such: No such file" },
	{ "vlan1", ", \"filter\": \"arp amd icmp\"", "", -EINVAL,
	  "filter \"arp amd icmp\": \"amd\" is neither" },
};

START_TEST(who_holds_a_capture_ends_it)
{
	char params[160];
	char c;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	snprintf(params, sizeof(params),
		 "{\"segment\": \"vlan1\", \"file\": \"%s\"}", fx.path);
	ck_assert_int_eq(fake_call(fx.host, "start", params, fds[1])->code, 0);
	push(fx.client, fx.server, 60, 0x0800, 1);
	ck_assert(!fake_io(fx.host));
	ck_assert(state_is("1", "running"));
	close(fds[0]);
	ck_assert(fake_io(fx.host));
	await(state_is("1", "finished"));
	ck_assert(!fake_io(fx.host));
	ck_assert_int_eq(number(stop_ok("1"), "frames"), 1);

	/* And is told when it has ended by itself. */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	snprintf(params, sizeof(params),
		 "{\"segment\": \"vlan1\", \"file\": \"%s\", \"count\": 1}",
		 fx.path);
	ck_assert_int_eq(fake_call(fx.host, "start", params, fds[1])->code, 0);
	push(fx.client, fx.server, 60, 0x0800, 1);
	await(state_is("2", "finished"));
	ck_assert_int_eq(read(fds[0], &c, 1), 0);
	close(fds[0]);
}
END_TEST

START_TEST(a_capture_that_is_held_ends_with_the_plugin)
{
	char params[160];
	char c;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	snprintf(params, sizeof(params),
		 "{\"segment\": \"vlan1\", \"file\": \"%s\"}", fx.path);
	ck_assert_int_eq(fake_call(fx.host, "start", params, fds[1])->code, 0);
	fake_host_free(fx.host);
	fx.host = NULL;
	ck_assert_int_eq(read(fds[0], &c, 1), 0);
	close(fds[0]);
}
END_TEST

START_TEST(a_mistake_is_explained)
{
	const struct fake_reply *reply;
	const char *suffix = refused[_i].suffix;
	char params[512], file[256] = "";

	if (suffix != NULL)
		snprintf(file, sizeof(file), ", \"file\": \"%s%s\"", fx.path,
			 suffix);
	snprintf(params, sizeof(params), "{\"segment\": \"%s\"%s%s}",
		 refused[_i].segment, refused[_i].more, file);
	reply = fake_call(fx.host, "start", params, -1);
	ck_assert_int_eq(reply->code, refused[_i].code);
	ck_assert_msg(strstr(reply->text, refused[_i].text) != NULL, "%s",
		      reply->text);
	ck_assert_uint_eq(
	    json_array_size(fake_call(fx.host, "show", "{}", -1)->result), 0);
}
END_TEST

START_TEST(a_descriptor_of_no_use_is_refused)
{
	int fd = open("/dev/null", O_RDONLY);
	const struct fake_reply *reply = start_fd("", fd);

	ck_assert_int_eq(reply->code, -EBADF);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1); /* it was taken and closed */
}
END_TEST

START_TEST(a_symbolic_link_is_not_followed)
{
	char target[80];
	const struct fake_reply *reply;

	snprintf(target, sizeof(target), "%s.target", fx.path);
	ck_assert_int_eq(symlink(target, fx.path), 0);
	reply = start_fd("", -1);
	ck_assert_int_eq(reply->code, -ELOOP);
	ck_assert_ptr_nonnull(strstr(reply->text, "symbolic link"));
	ck_assert_int_eq(access(target, F_OK), -1);
}
END_TEST

START_TEST(a_fifo_without_a_reader_does_not_hold_the_switch_up)
{
	const struct fake_reply *reply;
	struct block b[16];
	int reader;

	ck_assert_int_eq(mkfifo(fx.path, 0600), 0);
	reply = start_fd("", -1);
	ck_assert_int_eq(reply->code, -ENXIO);
	ck_assert_ptr_nonnull(strstr(reply->text, "start the reader first"));

	reader = open(fx.path, O_RDONLY | O_NONBLOCK);
	start_ok("", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	stop_ok("1");
	ck_assert_uint_eq(read_blocks(reader, b, 16), 6);
	close(reader);
}
END_TEST

START_TEST(a_file_has_one_capture_and_loses_what_it_held)
{
	const struct fake_reply *reply;
	struct block b[16];
	FILE *f = fopen(fx.path, "w");

	for (int i = 0; i < 1000; i++)
		fputs("something longer than the capture\n", f);
	fclose(f);
	start_ok("", -1);
	push(fx.client, fx.server, 60, 0x0800, 1);
	reply = start_fd("", -1);
	ck_assert_int_eq(reply->code, -EBUSY);
	ck_assert_ptr_nonnull(strstr(reply->text, "capture 1"));
	stop_ok("1");
	ck_assert_uint_eq(read_file(b, 16), 6);
	start_ok("", -1); /* now it is free again */
}
END_TEST

START_TEST(a_mistake_leaves_a_file_as_it_was)
{
	FILE *f = fopen(fx.path, "w");
	struct stat st;

	fputs("precious", f);
	fclose(f);
	ck_assert_int_eq(start_fd(", \"filter\": \"arp amd\"", -1)->code,
			 -EINVAL);
	ck_assert_int_eq(stat(fx.path, &st), 0);
	ck_assert_int_eq(st.st_size, 8);
}
END_TEST

START_TEST(ended_captures_are_kept_until_there_are_too_many)
{
	const json_t *list;

	for (int i = 0; i < 20; i++) {
		int fds[2];

		ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
		start_ok("", fds[1]);
		close(fds[0]);
	}
	await(fake_call(fx.host, "show", "{}", -1)->result != NULL &&
	      json_array_size(fake_call(fx.host, "show", "{}", -1)->result) ==
		  16);
	list = fake_call(fx.host, "show", "{}", -1)->result;
	ck_assert_str_eq(
	    json_string_value(json_object_get(json_array_get(list, 15), "id")),
	    "20"); /* the oldest went */
}
END_TEST

START_TEST(captures_have_a_limit)
{
	const struct fake_reply *reply;

	for (int i = 0; i < 64; i++)
		start_ok("", open("/dev/null", O_WRONLY));
	reply = start_fd("", open("/dev/null", O_WRONLY));
	ck_assert_int_eq(reply->code, -ENOSPC);
	ck_assert_ptr_nonnull(strstr(reply->text, "64"));
	stop_ok("64");
	start_ok("", open("/dev/null", O_WRONLY));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ stop_gives_up_on_a_reader_after_two_seconds, 0 },
		{ a_capture_is_stopped_by_one_at_a_time, 0 },
		{ a_reader_that_goes_ends_the_capture_and_nothing_else, 0 },
		{ a_full_disk_ends_the_capture, 0 },
		{ unloading_writes_everything, 0 },
		{ unloading_waits_two_seconds_for_a_reader_at_most, 0 },
		{ who_holds_a_capture_ends_it, 0 },
		{ a_capture_that_is_held_ends_with_the_plugin, 0 },
		{ a_mistake_is_explained, UNIT_ROWS(refused) },
		{ a_descriptor_of_no_use_is_refused, 0 },
		{ a_symbolic_link_is_not_followed, 0 },
		{ a_fifo_without_a_reader_does_not_hold_the_switch_up, 0 },
		{ a_file_has_one_capture_and_loses_what_it_held, 0 },
		{ a_mistake_leaves_a_file_as_it_was, 0 },
		{ ended_captures_are_kept_until_there_are_too_many, 0 },
		{ captures_have_a_limit, 0 },
		{ NULL, 0 },
	};

	return unit_run("capture_end", tests, setup, teardown);
}
