#include "config.h"

#include "driver/vm/guest-shell.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/unit/shell-rig.h"
#include "tests/unit/unit.h"

/* One assertion for megabytes: each costs a message to check's parent. */
static bool
is_repeated(const char *data, size_t size, const char *pattern)
{
	size_t len = strlen(pattern);

	for (size_t i = 0; i < size; i++)
		if (data[i] != pattern[i % len])
			return false;
	return true;
}

START_TEST(any_byte_comes_out_unchanged)
{
	struct shell_spec spec = { .text = "cat; cat /proc/$PPID/environ >&2" };
	struct outcome o;
	char *input;
	enum { SIZE = 300000 };

	rig_begin(_i);
	input = malloc(SIZE);
	for (unsigned i = 0; i < SIZE; i++)
		input[i] = (char)(i < 65536 ? i : (i * 2654435761u) >> 13);
	memcpy(input + 1000, "\n0123456789abcdef0123456789abcdef X 1 0\n", 40);
	spec.input = input;
	spec.input_size = SIZE;
	rig_run(&spec, &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_uint_eq(o.out_size, SIZE);
	ck_assert(memcmp(o.out, input, SIZE) == 0);
	ck_assert_uint_gt(o.err_size, 20); /* has NULs */
	outcome_clear(&o);
	spec.text = "wc -c";
	spec.input_size = 0;
	rig_run(&spec, &o);
	ck_assert_str_eq(o.out, "0\n");
	outcome_clear(&o);
	free(input);
	rig_end();
}
END_TEST

/* A shell's own `read` skips NULs, and so may not judge by what it has read. */
START_TEST(nothing_but_nuls_comes_out_whole)
{
	static const struct {
		const char *text;
		size_t out_size, err_size;
	} cases[] = {
		{ "head -c 1 /dev/zero", 1, 0 },
		{ "head -c 100000 /dev/zero", 100000, 0 },
		{ "head -c 65536 /dev/zero; head -c 999 /dev/zero >&2", 65536,
		  999 },
	};

	rig_begin(_i);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o;

		rig_run_text(cases[i].text, &o);
		ck_assert_str_eq(o.error, "");
		ck_assert_uint_eq(o.out_size, cases[i].out_size);
		ck_assert_uint_eq(o.err_size, cases[i].err_size);
		outcome_clear(&o);
	}
	rig_end();
}
END_TEST

/* What one command has been heard to say. */
struct heard {
	struct outcome o; /* first: rig_on_done() fills it in */
	size_t n_bytes[3];
	unsigned n_calls;
};

static void
on_output(int fd, const void *data, size_t size, void *arg)
{
	struct heard *heard = arg;

	(void)data;
	heard->n_bytes[fd] += size;
	heard->n_calls++;
}

START_TEST(output_streams_and_need_not_be_kept)
{
	struct heard heard = { .n_calls = 0 };
	struct shell_spec spec = {
		.text = "yes 0123456789abcde | head -c 2097152; echo e >&2",
		.discard = true,
		.on_output = on_output,
		.on_done = rig_on_done,
		.arg = &heard,
	};
	struct shell_command *command;

	rig_begin(_i);
	guest_shell_run(rig.shell, &spec);
	rig_spin_until(&heard.o.done);
	ck_assert_str_eq(heard.o.error, "");
	ck_assert_uint_eq(heard.n_bytes[1], 2097152);
	ck_assert_uint_eq(heard.n_bytes[2], 2);
	ck_assert_uint_gt(heard.n_calls, 30);
	ck_assert_uint_eq(heard.o.out_size, 0);
	outcome_clear(&heard.o);

	/* long before the end */
	heard = (struct heard){ .n_calls = 0 };
	spec.text = "echo first; while sleep 0.05; do :; done";
	spec.timeout_ms = 20000;
	command = guest_shell_run(rig.shell, &spec);
	while (heard.n_calls == 0)
		rig_spin_ms(5);
	ck_assert(!heard.o.done);
	guest_shell_kill(command);
	rig_spin_until(&heard.o.done);
	ck_assert_int_eq(heard.o.status, SHELL_STATUS_KILLED);
	ck_assert(!heard.o.timed_out);
	outcome_clear(&heard.o);
	rig_end();
}
END_TEST

START_TEST(eight_megabytes_come_whole)
{
	struct outcome o;

	rig_begin(_i);
	rig_run_text("yes 0123456789abcde | head -c 8388608", &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_uint_eq(o.out_size, 8388608);
	ck_assert(is_repeated(o.out, o.out_size, "0123456789abcde\n"));
	outcome_clear(&o);
	rig_end();
}
END_TEST

START_TEST(text_may_be_megabytes_and_one_line)
{
	enum { SIZE = 1024 * 1024 };
	char *text = malloc(SIZE + 100);
	struct outcome o;

	rig_begin(_i);
	strcpy(text, "wc -c <<'E'\n");
	memset(text + strlen(text), 'x', SIZE);
	strcpy(text + 12 + SIZE, "\nE\n");
	rig_run_text(text, &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_str_eq(o.out, "1048577\n");
	outcome_clear(&o);
	free(text);
	rig_end();
}
END_TEST

START_TEST(loud_commands_do_not_mix)
{
	struct outcome o[4] = { { .done = false } };
	char line[20], text[100];

	rig_begin(_i);
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text),
			 "yes %d | head -c 150000; yes %d | head -c 80000 >&2",
			 i, i + 4);
		rig_start(text, &o[i]);
	}
	for (int i = 0; i < 4; i++) {
		rig_spin_until(&o[i].done);
		ck_assert_str_eq(o[i].error, "");
		ck_assert_uint_eq(o[i].out_size, 150000);
		ck_assert_uint_eq(o[i].err_size, 80000);
		snprintf(line, sizeof(line), "%d\n", i);
		ck_assert(is_repeated(o[i].out, o[i].out_size, line));
		snprintf(line, sizeof(line), "%d\n", i + 4);
		ck_assert(is_repeated(o[i].err, o[i].err_size, line));
		outcome_clear(&o[i]);
	}
	rig_end();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		EACH_SHELL(any_byte_comes_out_unchanged),
		EACH_SHELL(nothing_but_nuls_comes_out_whole),
		EACH_SHELL(output_streams_and_need_not_be_kept),
		EACH_SHELL(eight_megabytes_come_whole),
		EACH_SHELL(text_may_be_megabytes_and_one_line),
		EACH_SHELL(loud_commands_do_not_mix),
		{ NULL, 0 },
	};

	return unit_run("guest_shell_bytes", tests, NULL, NULL);
}
