/* start-script, with a test in the place of QEMU. */
#include "config.h"

#include "driver/vm/start-script.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "driver/lab/plan.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/process.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 120000 };

static char dir[64], name[] = "vm", command[] = "run-vm --fast",
		     option[] = "-rtc", *options[] = { option };
static struct plan_nic nics[2] = { { .vlan = 3 }, { .vlan = 12 } };
static unsigned told[] = { 200 };
static struct plan_node node;
static struct event_base *base;
static struct clock *clk; /* virtual: its time is the test's */
static struct start_script *script;
static struct start_script_spec spec;
static struct err err;
static int shell; /* that QEMU has connected; -1 */
static char line[1024];

static void
on_shell(int fd, void *arg)
{
	(void)arg;
	ck_assert_int_lt(shell, 0);
	shell = fd;
}

static void
on_line(const char *text, void *arg)
{
	(void)arg;
	snprintf(line, sizeof(line), "%s", text);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test-start-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	base = event_base_new();
	clk = clock_virtual_new(NS_PER_S);
	shell = -1;
	node = (struct plan_node){ .name = name,
				   .nics = nics,
				   .n_nics = 2,
				   .start_command = command,
				   .told_vlans = told,
				   .n_told_vlans = 1,
				   .qemu_options = options,
				   .n_qemu_options = 1 };
	spec = (struct start_script_spec){ .base = base,
					   .clock = clk,
					   .run_dir = dir,
					   .node = &node,
					   .on_shell = on_shell,
					   .on_line = on_line };
	script = start_script_new(&spec, &err);
	ck_assert_msg(script != NULL, "%s", err.text);
}

static void
teardown(void)
{
	start_script_free(script);
	clock_free(clk);
	event_base_free(base);
	if (shell >= 0)
		close(shell);
	ck_assert_int_eq(sockpath_remove_tree(dir, NULL), 0);
}

static void
spin(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* The path of a file of the machine's. */
static const char *
path_of(const char *file)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vm-state-vm/%s", dir, file);
	return path;
}

static int
dial(const char *file)
{
	int fd = sockpath_connect(path_of(file), SOCK_STREAM, &err);

	ck_assert_msg(fd >= 0, "%s", err.text);
	spin();
	return fd;
}

/* Is @text, with '@' for the run's directory, among them? */
static bool
has(const char *const *words, const char *text)
{
	const char *at = strchr(text, '@');
	char *word = at == NULL ? xstrdup(text)
				: xasprintf("%.*s%s%s", (int)(at - text), text,
					    dir, at + 1);
	bool found = false;

	for (; *words != NULL && !found; words++)
		found = strcmp(*words, word) == 0;
	free(word);
	return found;
}

START_TEST(a_script_gets_what_those_of_nixos_get)
{
	struct process_spec process = PROCESS_SPEC_INIT;
	struct stat st;

	start_script_fill(script, &process);
	ck_assert_str_eq(process.argv[0], "sh");
	ck_assert_str_eq(process.argv[1], "-c");
	ck_assert_str_eq(process.argv[2], "run-vm --fast \"$@\"");
	ck_assert(
	    has(process.argv, "unix:@/vm-state-vm/qmp,server=on,wait=off"));
	ck_assert(has(process.argv, "unix:@/vm-state-vm/monitor"));
	ck_assert(
	    has(process.argv, "socket,id=shell,path=@/vm-state-vm/shell"));
	ck_assert(has(process.argv, "virtio-serial"));
	ck_assert(has(process.argv, "virtconsole,chardev=shell"));
	ck_assert(has(process.argv, "virtio-rng-pci"));
	ck_assert(has(process.argv, "stdio"));
	ck_assert(has(process.argv, "-no-reboot"));
	ck_assert(has(process.argv, "-nographic"));
	ck_assert(has(process.argv, "-rtc"));
	ck_assert(has(process.env, "TMPDIR=@/vm-state-vm"));
	ck_assert(has(process.env, "SHARED_DIR=@/shared-xchg"));
	ck_assert(has(process.env, "USE_TMPDIR=1"));
	ck_assert(has(process.env, "QEMU_VDE_SOCKET_3=@/switch/vlan3"));
	ck_assert(has(process.env, "QEMU_VDE_SOCKET_12=@/switch/vlan12"));
	ck_assert(has(process.env, "QEMU_VDE_SOCKET_200=@/switch/vlan200"));
	ck_assert(process.kills_group);
	ck_assert_int_eq(stat(process.cwd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(a_reset_is_allowed_if_asked_for)
{
	struct process_spec process = PROCESS_SPEC_INIT;

	start_script_free(script);
	spec.allow_reboot = true;
	script = start_script_new(&spec, &err);
	ck_assert_ptr_nonnull(script);
	start_script_fill(script, &process);
	ck_assert(!has(process.argv, "-no-reboot"));
}
END_TEST

START_TEST(the_shell_is_one_connection)
{
	int fd = dial("shell");

	ck_assert_int_ge(shell, 0);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	close(fd);
	/* nobody else gets in after it */
	ck_assert_int_lt(access(path_of("shell"), F_OK), 0);
}
END_TEST

START_TEST(what_the_monitor_says_holds_nobody_up)
{
	static char text[65536];
	int fd = dial("monitor");

	for (int i = 0; i < 100; i++) {
		ck_assert_int_gt(
		    send(fd, text, sizeof(text), MSG_DONTWAIT | MSG_NOSIGNAL),
		    0);
		for (int turn = 0; turn < 20; turn++)
			spin();
	}
	close(fd);
	spin();
}
END_TEST

START_TEST(qmp_waits_for_qemu)
{
	int ours = start_script_qmp(script), listener, fd;
	char text[8] = "";

	ck_assert_int_ge(ours, 0);
	ck_assert_int_eq(send(ours, "early", 5, 0), 5);
	clock_advance(clk, NS_PER_S);
	listener = sockpath_listen(path_of("qmp"), SOCK_STREAM, 0600, &err);
	ck_assert_int_ge(listener, 0);
	clock_advance(clk, NS_PER_S);
	spin();
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 5);
	ck_assert_str_eq(text, "early");
	ck_assert_int_eq(send(fd, "hello", 5, 0), 5);
	spin();
	ck_assert_int_eq(recv(ours, text, sizeof(text), MSG_DONTWAIT), 5);
	/* QEMU's end is the end */
	close(fd);
	spin();
	ck_assert_int_eq(recv(ours, text, sizeof(text), MSG_DONTWAIT), 0);
	close(ours);
	close(listener);
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(a_script_that_swallows_its_arguments_is_told_of_once)
{
	clock_advance(clk, (START_SCRIPT_PATIENCE_MS - 100) * NS_PER_MS);
	ck_assert_str_eq(line, "");
	clock_advance(clk, 300 * NS_PER_MS);
	ck_assert_ptr_nonnull(strstr(line, "\"$@\""));
	line[0] = '\0';
	clock_advance(clk, START_SCRIPT_PATIENCE_MS * NS_PER_MS);
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(the_directory_stays_and_the_sockets_go)
{
	FILE *f = fopen(path_of("disk"), "w");

	ck_assert_ptr_nonnull(f);
	fclose(f);
	/* a QEMU that was killed has left this */
	close(sockpath_listen(path_of("qmp"), SOCK_STREAM, 0600, &err));
	start_script_free(script);
	ck_assert_int_lt(access(path_of("monitor"), F_OK), 0);
	ck_assert_int_lt(access(path_of("shell"), F_OK), 0);
	script = start_script_new(&spec, &err);
	ck_assert_msg(script != NULL, "%s", err.text);
	ck_assert_int_eq(access(path_of("disk"), F_OK), 0);
	ck_assert_int_lt(access(path_of("qmp"), F_OK), 0);
}
END_TEST

START_TEST(a_directory_too_deep_is_an_error_with_a_remedy)
{
	char deep[PATH_MAX];

	start_script_free(script);
	snprintf(deep, sizeof(deep), "%s/%0100d", dir, 0);
	spec.run_dir = deep;
	script = start_script_new(&spec, &err);
	ck_assert_ptr_null(script);
	ck_assert_ptr_nonnull(strstr(err.text, "too long"));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_script_gets_what_those_of_nixos_get, 0 },
		{ a_reset_is_allowed_if_asked_for, 0 },
		{ the_shell_is_one_connection, 0 },
		{ what_the_monitor_says_holds_nobody_up, 0 },
		{ qmp_waits_for_qemu, 0 },
		{ a_script_that_swallows_its_arguments_is_told_of_once, 0 },
		{ the_directory_stays_and_the_sockets_go, 0 },
		{ a_directory_too_deep_is_an_error_with_a_remedy, 0 },
		{ NULL, 0 },
	};

	return unit_run("start_script", tests, setup, teardown);
}
