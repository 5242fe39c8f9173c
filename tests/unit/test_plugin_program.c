/* Programs that plugins have the host run. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/supervisor.h"
#include "tests/unit/plugin-rig.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

static struct rig rig;
static struct plugin_rig plugins;

static void
setup(void)
{
	rig_init(&rig, 2);
	plugin_rig_init(&plugins, rig.sw, "runner");
}

static void
teardown(void)
{
	plugin_rig_fini(&plugins);
	rig_fini(&rig);
}

static void
load(const char *script, const char *more)
{
	plugin_rig_load(&plugins, "runner", "{'argv': ['sh', '-c', '%s']%s}",
			script, more);
}

/* The program's end, or its output, wakes the loop up. */
static void
await_event(const char *name)
{
	while (strstr(plugins.events, name) == NULL)
		event_base_loop(rig.base, EVLOOP_ONCE);
}

static void
forget_events(void)
{
	plugins.events[0] = '\0';
}

static pid_t
pid(void)
{
	pid_t value;

	forget_events();
	plugin_rig_call(&plugins, "runner.pid", 0, "{}");
	value = atoi(strchr(plugins.events, ':') + 1);
	forget_events();
	return value;
}

START_TEST(a_plugin_hears_of_the_start_from_the_loop)
{
	load("exec cat <&3 >&3", "");
	plugin_rig_assert_events(&plugins, "%s", "");
	plugin_rig_call(&plugins, "runner.ask", -EPIPE, "{'text': 'x'}");
	clock_advance(rig.clock, 0);
	plugin_rig_assert_events(&plugins, "runner.started {\"pid\":true}\n");
	plugin_rig_call(&plugins, "runner.ask", 0, "{'text': 'hello'}");
	ck_assert_uint_eq(rig.sw->lane->depth, 0);
}
END_TEST

START_TEST(an_end_is_told_and_the_program_is_started_again)
{
	pid_t first;

	load("exec cat <&3 >&3", "");
	clock_advance(rig.clock, 0);
	first = pid();
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	await_event("ended");
	plugin_rig_assert_events(
	    &plugins, "runner.ended {\"pid\":0,\"reason\":\"killed by signal 9 "
		      "(Killed)\"}\n");
	clock_advance(rig.clock, 0);
	ck_assert_ptr_nonnull(strstr(plugins.events, "runner.started"));
	ck_assert_int_ne(pid(), first);
	plugin_rig_call(&plugins, "runner.ask", 0, "{'text': 'hello'}");
}
END_TEST

START_TEST(an_exit_status_of_0_is_an_end_like_others)
{
	load("exit 0", "");
	await_event("ended");
	clock_advance(rig.clock, 0);
	ck_assert_int_ne(pid(), 0);
}
END_TEST

START_TEST(a_plugin_may_ask_for_a_restart)
{
	load("exec cat <&3 >&3", "");
	clock_advance(rig.clock, 0);
	plugin_rig_call(&plugins, "runner.restart", 0, "{}");
	forget_events();
	await_event("ended");
	plugin_rig_assert_events(
	    &plugins,
	    "runner.ended {\"pid\":0,\"reason\":\"it was asked for\"}\n");
	clock_advance(rig.clock, 0);
	ck_assert_int_ne(pid(), 0);
}
END_TEST

START_TEST(a_program_ends_with_its_plugin)
{
	int pidfd;

	load("exec cat <&3 >&3", "");
	clock_advance(rig.clock, 0);
	pidfd = pidfd_open(pid(), 0);
	ck_assert_int_ge(pidfd, 0);
	plugin_rig_unload(&plugins, "runner");
	while (pidfd_send_signal(pidfd, 0, NULL, 0) == 0)
		event_base_loop(rig.base, EVLOOP_ONCE);
	plugin_rig_assert_events(&plugins, "%s", "");
	close(pidfd);
}
END_TEST

START_TEST(a_program_may_be_stopped_when_it_has_ended)
{
	load("exit 1", ", 'stops_itself': true");
	await_event("ended");
	forget_events();
	clock_advance(rig.clock, 60 * NS_PER_S);
	plugin_rig_assert_events(&plugins, "%s", "");
	plugin_rig_load(&plugins, "runner", "{'argv': ['true']}");
}
END_TEST

START_TEST(why_it_cannot_be_run_is_told)
{
	json_t *options =
	    json_pack("{s:[s]}", "argv", "no-such-program-anywhere");
	char path[PATH_MAX + 16];
	struct plugin_request request = { .plugin = path, .options = options };
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/runner.so", plugins.dir);
	ck_assert_ptr_null(plugin_host_load(plugins.host, &request, &err));
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_msg(strstr(err.text,
			     "no-such-program-anywhere: no such program in "
			     "PATH") != NULL,
		      "%s", err.text);
	json_decref(options);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_plugin_hears_of_the_start_from_the_loop, 0 },
		{ an_end_is_told_and_the_program_is_started_again, 0 },
		{ an_exit_status_of_0_is_an_end_like_others, 0 },
		{ a_plugin_may_ask_for_a_restart, 0 },
		{ a_program_ends_with_its_plugin, 0 },
		{ a_program_may_be_stopped_when_it_has_ended, 0 },
		{ why_it_cannot_be_run_is_told, 0 },
		{ NULL, 0 },
	};

	return unit_run("plugin_program", tests, setup, teardown);
}
