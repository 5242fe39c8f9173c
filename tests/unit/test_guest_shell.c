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

START_TEST(status_stdout_and_stderr_come_apart)
{
	struct outcome o;

	rig_begin(_i);
	rig_run_text("echo out; echo err >&2; exit 7", &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_int_eq(o.status, 7);
	ck_assert(!o.timed_out);
	ck_assert_str_eq(o.out, "out\n");
	ck_assert_str_eq(o.err, "err\n");
	outcome_clear(&o);
	rig_expect("true", 0, "");
	rig_expect("cat", 0, ""); /* stdin is /dev/null */
	rig_expect("kill -TERM $$", 128 + SIGTERM, "");
	rig_expect("sh -c 'kill -KILL $$'; echo $?", 0, "137\n");
	rig_end();
}
END_TEST

/* What would derail a driver that types commands into a terminal. */
static const struct {
	const char *text;
	bool ok;
	const char *out;
} awkward[] = {
	{ "echo a # it's a comment", true, "a\n" },
	{ "echo 'it'\\''s'; echo \"\\\"\"", true, "it's\n\"\n" },
	{ "echo 'never closed", false, "" },
	{ "echo \"never closed", false, "" },
	{ "if true; then echo a", false, "" },
	{ ")", false, "" },
	{ "}; exit", false, "" },
	{ "cat <<'VL'\nVL_\nvl_run 0 1\nVL\necho b", true,
	  "VL_\nvl_run 0 1\nb\n" },
	{ "#!/bin/sh\necho a\n\n\necho b\n", true, "a\nb\n" },
	{ "", true, "" },
	{ "false\necho still here", true, "still here\n" },
	{ "set -e; false; echo no", false, "" },
	{ "false | true", true, "" },
	{ "f() { echo $1; }; f x\ty", true, "x\n" },
	{ "printf '%s' '$HOME `id` $(id) \\n'", true, "$HOME `id` $(id) \\n" },
	{ "exec echo replaced", true, "replaced\n" },
	{ "nosuchcommand", false, "" },
	{ "exec 3>&1 8>&1 9>&1; echo x >&8", true, "x\n" },
	{ "stty sane echo; exec <&-; echo x", true, "x\n" },
};

START_TEST(awkward_text_does_what_it_would_do_in_a_file)
{
	rig_begin(_i);
	for (int i = 0; i < UNIT_ROWS(awkward); i++) {
		struct outcome o;

		rig_run_text(awkward[i].text, &o);
		ck_assert_msg(o.error[0] == '\0', "%s: %s", awkward[i].text,
			      o.error);
		ck_assert_msg((o.status == 0) == awkward[i].ok, "%s: status %d",
			      awkward[i].text, o.status);
		ck_assert_str_eq(o.out, awkward[i].out);
		ck_assert_msg(awkward[i].ok || o.status == 1 || o.err_size > 0,
			      "%s: no message", awkward[i].text);
		outcome_clear(&o);
	}
	rig_end();
}
END_TEST

START_TEST(a_command_has_default_signals_and_no_descriptor_of_ours)
{
	rig_begin(_i);
	rig_expect("trap 'echo got it' INT; kill -INT $$; echo go on", 0,
		   "got it\ngo on\n");
	rig_expect("sh -c 'kill -INT $$'; echo $?", 0, "130\n");
	/* Signals 32 and 33 are the C library's: whoever is started by its
	 * posix_spawn(), by make for one, has them ignored. */
	rig_expect("cat /proc/self/status | while read a b; do\n"
		   "  [ $a = SigIgn: ] || continue\n"
		   "  case $b in 0000000[01][08]0000000) echo none;;\n"
		   "  *) echo $b;; esac\ndone",
		   0, "none\n");
	rig_expect("yes | head -n 1; sh -c 'kill -PIPE $$'; echo $?", 0,
		   "y\n141\n");
	rig_expect("for f in /proc/self/fd/[3-9]; do\n"
		   "  [ -e $f ] && [ \"${f#*fd/}\" -gt 2 ] &&\n"
		   "  case $(cat <$f 2>/dev/null | head -c 1) in \n"
		   "  *) echo leaked $f;; esac; done 2>/dev/null; true",
		   0, "");
	rig_end();
}
END_TEST

START_TEST(every_byte_but_nul_may_stand_in_the_text)
{
	char text[64 + 2 * 256] = "cat <<'end_of_bytes'\n";
	char want[300];
	size_t n = strlen(text), w = 0;
	struct outcome o;

	rig_begin(_i);
	for (int c = 1; c < 256; c++)
		want[w++] = (char)c;
	want[w++] = '\n';
	memcpy(text + n, want, w);
	strcpy(text + n + w, "end_of_bytes");
	rig_run_text(text, &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_uint_eq(o.out_size, w);
	ck_assert(memcmp(o.out, want, w) == 0);
	outcome_clear(&o);
	rig_end();
}
END_TEST

START_TEST(commands_run_at_the_same_time)
{
	struct outcome o[6] = { { .done = false } };
	char text[300], want[20];

	rig_begin(_i);
	for (int i = 0; i < 6; i++) {
		/* each waits for the one after it: in turn they would hang */
		snprintf(text, sizeof(text),
			 "cd %s; %s while ! [ -e f%d ]; do sleep 0.05; done; "
			 "touch f%d; echo c%d",
			 rig.far.dir, i == 5 ? "touch f6;" : "", i + 1, i, i);
		rig_start(text, &o[i]);
	}
	for (int i = 0; i < 6; i++) {
		rig_spin_until(&o[i].done);
		snprintf(want, sizeof(want), "c%d\n", i);
		ck_assert_str_eq(o[i].out, want);
		ck_assert_int_eq(o[i].status, 0);
		outcome_clear(&o[i]);
	}
	rig_end();
}
END_TEST

START_TEST(noise_between_frames_is_skipped)
{
	static const char noise[] =
	    "\r\n[   12.345678] eth0: link up\nlogin: \n\n ";
	char long_noise[5000];
	struct outcome o = { .done = false };
	int fd;

	rig_begin(_i);
	if (rig.far.tty[0] == '\0') { /* a socket has no other writer */
		rig_end();
		return;
	}
	fd = open(rig.far.tty, O_RDWR | O_NOCTTY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, noise, sizeof(noise)), sizeof(noise));
	rig_expect("echo a", 0, "a\n");
	memset(long_noise, 'A', sizeof(long_noise));
	ck_assert_int_eq(write(fd, long_noise, sizeof(long_noise)),
			 sizeof(long_noise));
	rig_start("sleep 0.3; echo b", &o);
	rig_spin_ms(100);
	ck_assert_int_eq(write(fd, noise, sizeof(noise)), sizeof(noise));
	rig_spin_until(&o.done);
	ck_assert_str_eq(o.out, "b\n");
	outcome_clear(&o);
	close(fd);
	rig_end();
}
END_TEST

START_TEST(a_shell_that_comes_late_is_awaited)
{
	struct outcome o = { .done = false };

	rig_begin_without(_i, NULL, 500);
	rig_start("echo here", &o);
	ck_assert(!guest_shell_ready(rig.shell));
	rig_spin_until(&o.done);
	ck_assert(rig.is_ready);
	ck_assert_str_eq(o.out, "here\n");
	outcome_clear(&o);
	rig_end();
}
END_TEST

START_TEST(base64_and_setsid_are_not_needed)
{
	struct shell_spec spec = { .text = "cat; sleep 0.1 & wait",
				   .input = "\0\1\2%s\\n\377",
				   .input_size = 8 };
	struct outcome o;

	rig_begin_without(_i, "base64 setsid", 0);
	rig_run(&spec, &o);
	ck_assert_str_eq(o.error, "");
	ck_assert_uint_eq(o.out_size, 8);
	ck_assert(memcmp(o.out, spec.input, 8) == 0);
	outcome_clear(&o);
	spec = (struct shell_spec){ .text = "sleep 300 & sleep 300",
				    .timeout_ms = 500 };
	rig_run(&spec, &o);
	ck_assert(o.timed_out);
	outcome_clear(&o);
	rig_end();
}
END_TEST

START_TEST(a_guest_without_the_tools_is_told_apart)
{
	rig_begin_without(_i, "mkfifo", 0);
	if (shell_kinds[_i].busybox) { /* has them built in */
		rig_expect("echo fine", 0, "fine\n");
	} else {
		rig_spin_until_lost();
		ck_assert_ptr_nonnull(strstr(rig.lost, "mkfifo"));
	}
	rig_end();
}
END_TEST

START_TEST(a_terminal_that_stays_cooked_is_told_apart)
{
	rig_begin_without(_i, "stty", 0);
	if (rig.far.tty[0] == '\0' || shell_kinds[_i].busybox) {
		rig_expect("echo fine", 0, "fine\n");
	} else {
		rig_spin_until_lost();
		ck_assert_ptr_nonnull(strstr(rig.lost, "stty"));
	}
	rig_end();
}
END_TEST

static void
on_done_free(const struct shell_result *result, void *arg)
{
	bool *done = arg;

	ck_assert_int_eq(result->status, 3);
	guest_shell_free(rig.shell);
	rig.shell = NULL;
	*done = true;
}

START_TEST(the_shell_may_be_freed_when_a_command_is_done)
{
	bool done = false;
	struct outcome other = { .done = false };
	struct shell_spec spec = { .text = "exit 3",
				   .on_done = on_done_free,
				   .arg = &done };

	rig_begin(_i);
	guest_shell_run(rig.shell, &spec);
	rig_start("sleep 300", &other);
	rig_spin_until(&done);
	ck_assert(!other.done);
	/* The host is gone in the middle of a command: on a busy machine the
	 * far side may be killed before it has tidied up. */
	rig.far.untidy = true;
	rig_end();
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		EACH_SHELL(status_stdout_and_stderr_come_apart),
		EACH_SHELL(awkward_text_does_what_it_would_do_in_a_file),
		EACH_SHELL(
		    a_command_has_default_signals_and_no_descriptor_of_ours),
		EACH_SHELL(every_byte_but_nul_may_stand_in_the_text),
		EACH_SHELL(commands_run_at_the_same_time),
		EACH_SHELL(noise_between_frames_is_skipped),
		EACH_SHELL(a_shell_that_comes_late_is_awaited),
		EACH_SHELL(base64_and_setsid_are_not_needed),
		EACH_SHELL(a_guest_without_the_tools_is_told_apart),
		EACH_SHELL(a_terminal_that_stays_cooked_is_told_apart),
		EACH_SHELL(the_shell_may_be_freed_when_a_command_is_done),
		{ NULL, 0 },
	};

	return unit_run("guest_shell", tests, NULL, NULL);
}
