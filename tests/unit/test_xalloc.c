#include "lib/xalloc.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "tests/unit/unit.h"

/* AddressSanitizer would end the process itself. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

START_TEST(memory_comes_zeroed)
{
	unsigned char *p = xcalloc(3, 7);

	for (int i = 0; i < 21; i++)
		ck_assert_uint_eq(p[i], 0);
	free(p);
}
END_TEST

START_TEST(nothing_is_a_valid_size)
{
	void *a = xcalloc(0, 8);
	void *b = xrealloc(NULL, 0, 8);

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	b = xrealloc(b, 0, 8);
	ck_assert_ptr_nonnull(b);
	free(a);
	free(b);
}
END_TEST

START_TEST(growing_keeps_the_contents)
{
	char *p = xstrdup("vlan1");

	p = xrealloc(p, 1000, 2);
	ck_assert_str_eq(p, "vlan1");
	memset(p, 'x', 2000);
	free(p);
}
END_TEST

START_TEST(text_is_formatted_at_any_length)
{
	char *s = xasprintf("%s/%0500d", "dir", 7);

	ck_assert_uint_eq(strlen(s), 504);
	ck_assert_int_eq(strncmp(s, "dir/000", 7), 0);
	free(s);
}
END_TEST

static void
calloc_too_much(void)
{
	free(xcalloc(SIZE_MAX / 2, 1));
}

static void
calloc_overflow(void)
{
	volatile size_t n = SIZE_MAX / 2;

	free(xcalloc(n, 3));
}

static void
realloc_overflow(void)
{
	volatile size_t n = SIZE_MAX / 2 + 2;

	free(xrealloc(NULL, n, 2)); /* 2 bytes, were it not noticed */
}

static void (*const out_of_memory[])(void) = {
	calloc_too_much,
	calloc_overflow,
	realloc_overflow,
};

START_TEST(out_of_memory_ends_the_process_with_a_message)
{
	char text[128] = "";
	int pipe_fds[2];
	int status;
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		log_init("prog", LOG_INFO);
		log_set_fd(pipe_fds[1]);
		out_of_memory[_i]();
		_exit(0);
	}
	close(pipe_fds[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	ck_assert_int_gt(read(pipe_fds[0], text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, "prog: out of memory\n");
	close(pipe_fds[0]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ memory_comes_zeroed, 0 },
		{ nothing_is_a_valid_size, 0 },
		{ growing_keeps_the_contents, 0 },
		{ text_is_formatted_at_any_length, 0 },
		{ out_of_memory_ends_the_process_with_a_message,
		  UNIT_ROWS(out_of_memory) },
		{ NULL, 0 },
	};

	return unit_run("xalloc", tests, NULL, NULL);
}
