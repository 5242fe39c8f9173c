#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugins/metrics/responder.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/unit.h"

#define NS_PER_MS UINT64_C(1000000)

enum { N_QUESTIONS = 5, DEADLINE_MS = 120000 };

extern const struct vl_plugin vl_plugin;

static struct fake_host *host;
static char dir[] = "/tmp/vdelab-metrics.XXXXXX", path[64];

static void
setup(void)
{
	host = fake_host_new();
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/m", dir);
}

static void
teardown(void)
{
	char beside[80];

	fake_host_free(host);
	snprintf(beside, sizeof(beside), "%s.new", path);
	unlink(beside);
	unlink(path);
	rmdir(dir);
}

/* @kind: "socket" or "file" */
static int
start(const char *kind, const char *more, char *error, size_t error_size)
{
	char json[256];

	snprintf(json, sizeof(json), "{\"%s\": \"%s\"%s}", kind, path, more);
	return fake_start(host, &vl_plugin, json, error, error_size);
}

static void
start_socket(void)
{
	char error[256] = "";

	ck_assert_msg(start("socket", "", error, sizeof(error)) == 0, "%s",
		      error);
}

static int
client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	while (fake_io(host))
		continue;
	return fd;
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 (ssize_t)strlen(text));
	while (fake_io(host))
		continue;
}

/* Answers the last five requests: what is asked for one text. */
static void
answer_all(const char *version)
{
	size_t n = fake_n_requests(host);
	char info[64];

	ck_assert_uint_ge(n, N_QUESTIONS);
	snprintf(info, sizeof(info), "{\"version\": \"%s\"}", version);
	for (size_t i = n - N_QUESTIONS; i < n; i++) {
		bool is_info =
		    strcmp(fake_request(host, i)->method, "switch.info") == 0;

		fake_answer(host, i, 0, NULL, is_info ? info : "[]");
	}
}

/* What has come, until the end; "" when there is none yet.  Borrowed. */
static const char *
heard(int fd)
{
	static char text[8192];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof(text) - 1 - len,
			 MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

static bool
is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

START_TEST(who_asks_gets_the_text)
{
	int fd;
	const char *text;

	start_socket();
	fd = client();
	say(fd, "GET /metrics HTTP/1.1\r\nHost: switch\r\n\r\n");
	ck_assert_uint_eq(fake_n_requests(host), N_QUESTIONS);
	ck_assert_str_eq(heard(fd), "");
	answer_all("1.2.3");
	text = heard(fd);
	ck_assert_ptr_eq(strstr(text, "HTTP/1.1 200 OK\r\n"), text);
	ck_assert_ptr_nonnull(strstr(text, "application/openmetrics-text"));
	ck_assert_ptr_nonnull(
	    strstr(text, "\r\n\r\n# TYPE vdelab_switch info\n"));
	ck_assert_ptr_nonnull(strstr(text, "version=\"1.2.3\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "# EOF\n"));
	ck_assert(is_closed(fd));
	ck_assert_uint_eq(fake_counter(host, "texts"), 1);
	close(fd);
}
END_TEST

START_TEST(a_request_may_come_in_pieces)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	int fd;

	start_socket();
	fd = client();
	for (size_t i = 0; i + 1 < sizeof(request); i++) {
		ck_assert_uint_eq(fake_n_requests(host), 0);
		say(fd, (char[]){ request[i], '\0' });
	}
	answer_all("1");
	ck_assert_ptr_nonnull(strstr(heard(fd), "200 OK"));
	close(fd);
}
END_TEST

START_TEST(the_head_alone_has_the_length_and_no_text)
{
	const char *text;
	int fd;

	start_socket();
	fd = client();
	say(fd, "HEAD /metrics HTTP/1.1\r\n\r\n");
	answer_all("1");
	text = heard(fd);
	ck_assert_ptr_nonnull(strstr(text, "Content-Length: "));
	ck_assert_ptr_null(strstr(text, "Content-Length: 0"));
	ck_assert_str_eq(text + strlen(text) - 4, "\r\n\r\n");
	close(fd);
}
END_TEST

START_TEST(who_comes_while_answers_are_under_way_gets_newer_ones)
{
	int a, b;

	start_socket();
	a = client();
	say(a, "GET /metrics HTTP/1.1\r\n\r\n");
	fake_answer(host, 0, 0, NULL, "{}");
	b = client();
	say(b, "GET /metrics HTTP/1.1\r\n\r\n");
	for (size_t i = 1; i < N_QUESTIONS; i++)
		fake_answer(host, i, 0, NULL, "[]");
	ck_assert_ptr_nonnull(strstr(heard(a), "200 OK"));
	close(a);
	ck_assert_ptr_nonnull(strstr(heard(b), "200 OK"));
	close(b);
}
END_TEST

START_TEST(a_question_that_fails_leaves_its_part_out)
{
	const char *text;
	int fd;

	start_socket();
	fd = client();
	say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
	fake_answer(host, 0, 0, NULL, "{\"version\": \"1\"}");
	for (size_t i = 1; i < N_QUESTIONS; i++)
		fake_answer(host, i, -EIO, "no", NULL);
	text = heard(fd);
	ck_assert_ptr_nonnull(strstr(text, "200 OK"));
	ck_assert_ptr_nonnull(strstr(text, "vdelab_switch_info"));
	ck_assert_ptr_null(strstr(text, "vdelab_port_"));
	close(fd);
}
END_TEST

static const struct {
	const char *request, *status;
} refused[] = {
	{ "POST /metrics HTTP/1.1\r\n\r\n", "405" },
	{ "GET /other HTTP/1.1\r\n\r\n", "404" },
	{ "GET /metricss HTTP/1.1\r\n\r\n", "404" },
	{ "\r\n\r\n", "405" },
};

START_TEST(other_requests_are_refused)
{
	int fd;

	start_socket();
	fd = client();
	say(fd, refused[_i].request);
	ck_assert_ptr_nonnull(strstr(heard(fd), refused[_i].status));
	ck_assert(is_closed(fd));
	ck_assert_uint_eq(fake_n_requests(host), 0);
	close(fd);
}
END_TEST

START_TEST(a_request_without_end_is_refused_at_its_limit)
{
	char line[RESPONDER_REQUEST_MAX / 8 + 1];
	int fd;

	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	start_socket();
	fd = client();
	for (int i = 0; i < 7; i++)
		say(fd, line);
	ck_assert_str_eq(heard(fd), "");
	line[sizeof(line) - 2] = '\0';
	say(fd, line);
	ck_assert_str_eq(heard(fd), "");
	say(fd, "a");
	ck_assert_ptr_nonnull(strstr(heard(fd), "431"));
	close(fd);
}
END_TEST

START_TEST(who_says_nothing_is_let_go)
{
	int fd;

	start_socket();
	fd = client();
	fake_advance(host, RESPONDER_PATIENCE_MS * NS_PER_MS - 1);
	ck_assert(!is_closed(fd));
	fake_advance(host, 1);
	ck_assert(is_closed(fd));
	close(fd);
}
END_TEST

START_TEST(clients_that_go_cost_nothing)
{
	int fds[3];

	start_socket();
	for (int i = 0; i < 3; i++)
		fds[i] = client();
	say(fds[0], "GET / HTTP/1.1\r\n");
	say(fds[1], "GET / HTTP/1.1\r\n\r\n");
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	while (fake_io(host))
		continue;
	answer_all("1");
}
END_TEST

START_TEST(more_clients_wait_for_their_turn)
{
	int fds[RESPONDER_CLIENTS_MAX + 1];

	start_socket();
	for (int i = 0; i <= RESPONDER_CLIENTS_MAX; i++)
		fds[i] = client();
	say(fds[RESPONDER_CLIENTS_MAX], "GET / HTTP/1.1\r\n\r\n");
	ck_assert_uint_eq(fake_n_requests(host), 0);
	close(fds[0]);
	while (fake_io(host))
		continue;
	ck_assert_uint_eq(fake_n_requests(host), N_QUESTIONS);
	for (int i = 1; i <= RESPONDER_CLIENTS_MAX; i++)
		close(fds[i]);
}
END_TEST

START_TEST(without_descriptors_a_client_waits_and_the_switch_does_not_spin)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct rlimit limit, none;

	start_socket();
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert(fake_io(host));
	ck_assert(!fake_io(host));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fake_advance(host, 100 * NS_PER_MS);
	say(fd, "GET / HTTP/1.1\r\n\r\n");
	ck_assert_uint_eq(fake_n_requests(host), N_QUESTIONS);
	close(fd);
}
END_TEST

START_TEST(the_socket_is_for_its_owner_and_goes_with_the_plugin)
{
	struct stat st;

	start_socket();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	fake_stop(host);
	ck_assert_int_eq(stat(path, &st), -1);
}
END_TEST

START_TEST(a_socket_in_use_and_other_files_stay)
{
	char error[256] = "";
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	close(fd);
	ck_assert_int_lt(start("socket", "", error, sizeof(error)), 0);
	ck_assert_ptr_nonnull(strstr(error, path));
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	start_socket();
	close(client());
}
END_TEST

START_TEST(without_a_place_it_does_not_start)
{
	char error[256] = "";

	ck_assert_int_eq(
	    fake_start(host, &vl_plugin, "{}", error, sizeof(error)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "socket="));
}
END_TEST

/* ---- the file ---- */

/* Waits until the file says so. */
static bool
file_says(const char *what)
{
	char text[8192];

	for (int ms = 0; ms < DEADLINE_MS; ms++) {
		int fd = open(path, O_RDONLY);
		ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

		if (fd >= 0)
			close(fd);
		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, what) != NULL)
			return strstr(text, "# EOF\n") != NULL;
		poll(NULL, 0, 1);
	}
	return false;
}

START_TEST(a_file_is_written_now_and_then)
{
	char error[256] = "";
	struct stat st;

	ck_assert_int_eq(
	    start("file", ", \"interval_ms\": 1000", error, sizeof(error)), 0);
	fake_advance(host, 0);
	answer_all("first");
	ck_assert(file_says("first"));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0444, 0444);
	fake_advance(host, 1000 * NS_PER_MS - 1);
	ck_assert_uint_eq(fake_n_requests(host), N_QUESTIONS);
	fake_advance(host, 1);
	answer_all("second");
	ck_assert(file_says("second"));
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_counted)
{
	char error[256] = "";

	ck_assert_int_eq(
	    fake_start(host, &vl_plugin,
		       "{\"file\": \"/nowhere/at/all\", \"interval_ms\": 100}",
		       error, sizeof(error)),
	    0);
	fake_advance(host, 0);
	answer_all("1");
	/* the thread takes as long as it takes */
	for (int ms = 0; ms < DEADLINE_MS; ms++) {
		fake_advance(host, 100 * NS_PER_MS);
		answer_all("1");
		if (fake_counter(host, "failed") > 0)
			return;
		poll(NULL, 0, 1);
		if (fake_n_requests(host) > 40 * N_QUESTIONS)
			poll(NULL, 0, 1000);
	}
	ck_abort_msg("no failure is counted");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ who_asks_gets_the_text, 0 },
		{ a_request_may_come_in_pieces, 0 },
		{ the_head_alone_has_the_length_and_no_text, 0 },
		{ who_comes_while_answers_are_under_way_gets_newer_ones, 0 },
		{ a_question_that_fails_leaves_its_part_out, 0 },
		{ other_requests_are_refused, UNIT_ROWS(refused) },
		{ a_request_without_end_is_refused_at_its_limit, 0 },
		{ who_says_nothing_is_let_go, 0 },
		{ clients_that_go_cost_nothing, 0 },
		{ more_clients_wait_for_their_turn, 0 },
		{ without_descriptors_a_client_waits_and_the_switch_does_not_spin,
		  0 },
		{ the_socket_is_for_its_owner_and_goes_with_the_plugin, 0 },
		{ a_socket_in_use_and_other_files_stay, 0 },
		{ a_stale_socket_is_replaced, 0 },
		{ without_a_place_it_does_not_start, 0 },
		{ a_file_is_written_now_and_then, 0 },
		{ a_file_that_cannot_be_written_is_counted, 0 },
		{ NULL, 0 },
	};

	return unit_run("metrics", tests, setup, teardown);
}
