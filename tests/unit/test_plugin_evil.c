/* Plugins that break their contract: the switch lives, its books balance, and
 * nothing of them stays. */
#include "config.h"

#include "switch/plugin-host.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "switch/switch.h"
#include "tests/unit/plugin-rig.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 3 };

static struct rig rig;
static struct plugin_rig p;

static void
setup(void)
{
	rig_init(&rig, N_PORTS);
	rig_learn_all(&rig);
	plugin_rig_init(&p, rig.sw, "evil");
	log_set_fd(-1); /* it complains a lot */
}

static void
teardown(void)
{
	plugin_rig_fini(&p);
	rig_assert_books(&rig);
	rig_fini(&rig);
}

static size_t
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Return: the error; NULL when it is loaded. */
static const char *
try_load(const char *how, struct err *err)
{
	const char *set[] = { how, NULL };
	char path[PATH_MAX + 16];
	struct plugin_request request = { .plugin = path, .settings = set };

	snprintf(path, sizeof(path), "%s/evil.so", p.dir);
	*err = (struct err)ERR_INIT;
	return plugin_host_load(p.host, &request, err) == NULL ? err->text
							       : NULL;
}

/* Time passes, frames go by, ports come: who is still there hears of it. */
static void
assert_nobody_is_there(void)
{
	clock_advance(rig.clock, NS_PER_S);
	rig_loop(&rig);
	rig_send(&rig, 0, 0, 0, 60); /* a drop */
	rig_send(&rig, 0, 1, 0, 60);
	rig_assert_books(&rig);
	ck_assert_str_eq(p.events, "");
	ck_assert_ptr_null(switch_find_kind(rig.sw, "hole"));
}

static const struct {
	const char *how;
	int code;
} failures[] = {
	{ "how=fail", -EIO },
	{ "how=positive", -EIO },
};

START_TEST(a_start_that_fails_half_way_leaves_nothing)
{
	struct err err;
	size_t n_fds;

	/* the first time opens what stays open, such as libraries */
	ck_assert_str_eq(try_load(failures[_i].how, &err),
			 "plugin evil: Input/output error");
	n_fds = count_fds();
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_nonnull(try_load(failures[_i].how, &err));
		ck_assert_int_eq(err.code, failures[_i].code);
	}
	assert_nobody_is_there();
	ck_assert_uint_eq(count_fds(), n_fds);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 0);
}
END_TEST

START_TEST(what_it_forgets_is_taken_back)
{
	struct err err;

	ck_assert_ptr_null(try_load("how=forget", &err));
	rig_send_batch(&rig, 0, 1, 0, 60, 7);
	ck_assert_uint_eq(rig_held(&rig), 7);
	plugin_rig_unload(&p, "evil");
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 7);
	assert_nobody_is_there();
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
}
END_TEST

START_TEST(asking_for_the_impossible_does_no_harm)
{
	struct err err;

	ck_assert_ptr_null(try_load("how=misuse", &err));
	rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, 3);
	rig_assert_books(&rig);
	/* a verdict that is none drops; its own watch hears of that */
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 3);
	ck_assert_ptr_nonnull(strstr(p.events, "evil.drop"));
	p.events[0] = '\0';
	ck_assert_ptr_nonnull(switch_find_port(rig.sw, "p0"));
	plugin_rig_unload(&p, "evil");
	assert_nobody_is_there();
}
END_TEST

/* Built otherwise, and why that is refused. */
static const struct {
	const char *built, *says;
} refusals[] = {
	{ "evil-signature.so", "is no signature of options" },
	{ "evil-stop.so", "lacks a valid name, start or stop" },
};

START_TEST(what_cannot_be_whole_is_refused)
{
	struct err err;
	const char *why;

	plugin_rig_copy(&p, refusals[_i].built, "evil.so");
	why = try_load("how=forget", &err);
	ck_assert_ptr_nonnull(why);
	ck_assert_int_eq(err.code, -ENOEXEC);
	ck_assert_msg(strstr(why, refusals[_i].says) != NULL, "%s", why);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_start_that_fails_half_way_leaves_nothing,
		  UNIT_ROWS(failures) },
		{ what_it_forgets_is_taken_back, 0 },
		{ asking_for_the_impossible_does_no_harm, 0 },
		{ what_cannot_be_whole_is_refused, UNIT_ROWS(refusals) },
		{ NULL, 0 },
	};

	return unit_run("plugin-evil", tests, setup, teardown);
}
