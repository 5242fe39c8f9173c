/* Loading, scoping and unloading real shared objects; what instances are given
 * and what they leave behind. */
#include "config.h"

#include "switch/plugin-host.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "switch/switch.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 3 };

static struct rig rig;
static struct plugin_host *host;
static struct err err;
static char dir[PATH_MAX]; /* of copies of plugins */
static char probe_path[PATH_MAX + 32];
static char events[1024];

static void
on_event(const char *event, const json_t *data, void *arg)
{
	char *text = json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS);

	(void)arg;
	ck_assert_uint_lt(strlen(events) + strlen(event) + strlen(text) + 3,
			  sizeof(events));
	strcat(strcat(strcat(strcat(events, event), " "), text), "\n");
	free(text);
}

/* A copy of the built plugin @name, called @as, writable by us alone. */
static void
copy_plugin(const char *name, const char *as)
{
	const char *top = getenv("TOP_BUILDDIR");
	char from[PATH_MAX], to[PATH_MAX + 64], buf[4096];
	FILE *in, *out;
	size_t n;

	snprintf(from, sizeof(from), "%s/tests/unit/plugins/%s",
		 top != NULL ? top : ".", name);
	snprintf(to, sizeof(to), "%s/%s", dir, as);
	in = fopen(from, "rb");
	ck_assert_msg(in != NULL, "cannot open %s", from);
	out = fopen(to, "wb");
	ck_assert_ptr_nonnull(out);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		ck_assert_uint_eq(fwrite(buf, 1, n, out), n);
	fclose(in);
	fclose(out);
	ck_assert_int_eq(chmod(to, 0644), 0);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vdelab-plugins-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	copy_plugin("probe.so", "probe.so");
	snprintf(probe_path, sizeof(probe_path), "%s/probe.so", dir);
	rig_init(&rig, N_PORTS);
	rig_learn_all(&rig);
	host = plugin_host_new(rig.sw);
	plugin_host_on_event(host, on_event, NULL);
}

static void
teardown(void)
{
	plugin_host_free(host);
	rig_fini(&rig);
	sockpath_remove_tree(dir, NULL);
}

/* Loads a probe with "key=value" settings, up to two. */
static const char *
load(const char *a, const char *b)
{
	const char *settings[] = { a, b, NULL };
	struct plugin_request request = { .plugin = probe_path,
					  .settings = settings };

	return plugin_host_load(host, &request, &err);
}

static json_int_t
shown(const char *id, const char *counter)
{
	json_t *list = plugin_host_show(host), *inst;
	json_int_t value = -1;
	size_t i;

	json_array_foreach(list, i, inst)
	{
		const json_t *c =
		    json_object_get(json_object_get(inst, "counters"), counter);

		if (strcmp(json_string_value(json_object_get(inst, "id")),
			   id) != 0)
			continue;
		value = json_integer_value(
		    c != NULL ? json_object_get(c, "value")
			      : json_object_get(inst, counter));
	}
	json_decref(list);
	return value;
}

/* ---- loading ---- */

START_TEST(instances_are_called_after_their_plugin_and_numbered)
{
	ck_assert_str_eq(load(NULL, NULL), "probe");
	ck_assert_str_eq(load(NULL, NULL), "probe1");
	ck_assert_str_eq(load(NULL, NULL), "probe2");
	ck_assert_int_eq(plugin_host_unload(host, "probe1", &err), 0);
	ck_assert_str_eq(load(NULL, NULL), "probe1");
}
END_TEST

START_TEST(an_instance_that_is_not_there_cannot_be_unloaded)
{
	ck_assert_int_eq(plugin_host_unload(host, "probe", &err), -ENOENT);
	ck_assert_str_eq(err.text, "no plugin probe is loaded");
}
END_TEST

/* Is our group ours alone?  Then it may write, see below. */
static bool
has_private_group(void)
{
	const struct passwd *user = getpwuid(geteuid());
	const struct group *group = getgrgid(getegid());

	return user != NULL && group != NULL &&
	       strcmp(user->pw_name, group->gr_name) == 0 &&
	       group->gr_mem[0] == NULL;
}

enum { FOREIGN_GROUP = 65534 }; /* which only root can give a file */

static void
set_modes(mode_t file_mode, mode_t dir_mode)
{
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(probe_path, -1, FOREIGN_GROUP), 0);
		ck_assert_int_eq(chown(dir, -1, FOREIGN_GROUP), 0);
	}
	ck_assert_int_eq(chmod(probe_path, file_mode), 0);
	ck_assert_int_eq(chmod(dir, dir_mode), 0);
}

static const struct {
	mode_t file, dir;
	bool good;
} modes[] = {
	{ 0644, 0700, true },	{ 0755, 0755, true },  { 0664, 0700, false },
	{ 0646, 0700, false },	{ 0644, 0770, false }, { 0644, 0707, false },
	{ 0644, 01777, true }, /* sticky, as /tmp */
	{ 0666, 01777, false },
};

START_TEST(what_others_can_write_is_not_loaded)
{
	bool by_all = ((modes[_i].file | modes[_i].dir) & S_IWOTH) != 0;
	bool good = modes[_i].good ||
		    (!by_all && geteuid() != 0 && has_private_group());

	set_modes(modes[_i].file, modes[_i].dir);
	ck_assert_int_eq(load(NULL, NULL) != NULL, good);
	if (!good) {
		ck_assert_int_eq(err.code, -EPERM);
		ck_assert_ptr_nonnull(strstr(err.text, "chmod go-w"));
	}
}
END_TEST

/* What a umask of 002 leaves, where each user has a group of his own. */
START_TEST(what_only_the_owners_own_group_can_write_is_loaded)
{
	ck_assert_int_eq(chmod(probe_path, 0775), 0);
	ck_assert_int_eq(chmod(dir, 0775), 0);
	ck_assert_int_eq(load(NULL, NULL) != NULL, has_private_group());
}
END_TEST

START_TEST(what_belongs_to_others_is_not_loaded)
{
	struct plugin_request request = { .plugin = probe_path };
	pid_t child;
	int status;

	if (geteuid() != 0) /* nobody else can give files away */
		return;
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chown(probe_path, 65534, 65534), 0);
	ck_assert_ptr_null(load(NULL, NULL));
	ck_assert_int_eq(err.code, -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "belongs to user 65534"));
	ck_assert_int_eq(chown(probe_path, 0, 0), 0);
	child = fork(); /* what belongs to root is loaded for others, too */
	if (child == 0)
		_exit(seteuid(65534) == 0 &&
			      plugin_host_load(host, &request, &err) != NULL
			  ? 0
			  : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* The built object, the name it gets, and what the refusal must say. */
static const struct {
	const char *built, *as, *ask;
	int code;
	const char *says;
} refusals[] = {
	{ "probe-abi.so", "probe.so", "%s/probe.so", -ENOEXEC,
	  "was built for plugin ABI 1, this switch has 2" },
	{ "probe.so", "other.so", "%s/other.so", -ENOEXEC,
	  "the file must be called probe.so" },
	{ "hollow.so", "hollow.so", "%s/hollow.so", -ENOEXEC,
	  "it exports no vl_plugin" },
	{ "../../../config.h", "text.so", "%s/text.so", -ENOEXEC,
	  "cannot load a plugin" },
	{ "probe.so", "probe.so", "%s/missing.so", -ENOENT, "missing.so" },
	{ "probe.so", "probe.so", "no-such-plugin", -ENOENT,
	  "plugin no-such-plugin" },
	{ "probe.so", "probe.so", "Probe", -EINVAL, "no name for a plugin" },
	{ "probe.so", "probe.so", "", -EINVAL, "no name for a plugin" },
	{ "probe.so", "probe.so", "..", -EINVAL, "no name for a plugin" },
	{ "probe.so", "probe.so", "switch", -EINVAL, "no name for a plugin" },
};

START_TEST(what_is_no_plugin_is_refused_with_the_reason)
{
	struct plugin_request request = { .plugin = NULL };
	char name[PATH_MAX + 32];

	copy_plugin(refusals[_i].built, refusals[_i].as);
	snprintf(name, sizeof(name), "%s", refusals[_i].ask);
	if (name[0] == '%')
		snprintf(name, sizeof(name), "%s%s", dir, refusals[_i].ask + 2);
	request.plugin = name;
	ck_assert_ptr_null(plugin_host_load(host, &request, &err));
	ck_assert_int_eq(err.code, refusals[_i].code);
	ck_assert_msg(strstr(err.text, refusals[_i].says) != NULL,
		      "\"%s\" says nothing of \"%s\"", err.text,
		      refusals[_i].says);
}
END_TEST

START_TEST(a_plugin_that_fails_to_start_leaves_nothing_behind)
{
	ck_assert_ptr_null(load("fail=true", "tick=true"));
	ck_assert_int_eq(err.code, -EBUSY);
	ck_assert_str_eq(err.text, "plugin probe: told to fail");
	rig_send(&rig, 0, 1, 0, 60);	    /* its hook is gone */
	clock_advance(rig.clock, NS_PER_S); /* its timer is gone */
	ck_assert_str_eq(events, "");
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
}
END_TEST

static const struct {
	const char *setting, *says;
} settings[] = {
	{ "stage", "\"stage\" is not of the form key=value" },
	{ "stage=nowhere", "stage" },
	{ "stag=ingress", "stage" }, /* meant, probably */
	{ "leak=perhaps", "leak" },
};

START_TEST(options_are_checked_against_the_plugins_signature)
{
	ck_assert_ptr_null(load(settings[_i].setting, NULL));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_msg(strstr(err.text, settings[_i].says) != NULL, "%s",
		      err.text);
	ck_assert_int_eq(strncmp(err.text, "plugin ", 7), 0);
}
END_TEST

START_TEST(options_may_come_as_json)
{
	json_t *options = json_pack("{s:s}", "verdict", "drop");
	struct plugin_request request = { .plugin = probe_path,
					  .options = options };

	ck_assert_ptr_nonnull(plugin_host_load(host, &request, &err));
	json_decref(options);
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 1);
}
END_TEST

/* ---- ids and order ---- */

static const struct {
	const char *id;
	int code;
	const char *says;
} ids[] = {
	{ "wan", 0, "" },
	{ "probe", 0, "" },
	{ "a-b-9", 0, "" },
	{ "first", -EEXIST, "there is a plugin first already" },
	{ "Wan", -EINVAL, "is no id" },
	{ "9", -EINVAL, "is no id" },
	{ "", -EINVAL, "is no id" },
	{ "port", -EINVAL, "is no id" },
	{ "vlan", -EINVAL, "it is a command of vdelabctl" },
	{ "link", -EINVAL, "it is a command of vdelabctl" },
};

START_TEST(an_instance_may_have_an_id_of_its_own)
{
	struct plugin_request request = { .plugin = probe_path,
					  .id = ids[_i].id };
	const char *id;

	ck_assert_str_eq(load("id=first", NULL), "first");
	id = plugin_host_load(host, &request, &err);
	if (ids[_i].code == 0) {
		ck_assert_msg(id != NULL, "%s", err.text);
		ck_assert_str_eq(id, ids[_i].id);
		return;
	}
	ck_assert_ptr_null(id);
	ck_assert_int_eq(err.code, ids[_i].code);
	ck_assert_msg(strstr(err.text, ids[_i].says) != NULL, "%s", err.text);
}
END_TEST

/* The first one steals, the second drops: which is it? */
static const struct {
	const char *first, *second;
	uint64_t n_held;
} orders[] = {
	{ "order=500", "order=500", 1 },
	{ "order=501", "order=500", 0 },
	{ "order=1000", "order=0", 0 },
	{ "order=0", "order=1000", 1 },
};

START_TEST(an_order_that_is_given_is_that_of_the_hooks)
{
	const char *set[] = { "verdict=steal", orders[_i].first, NULL };
	struct plugin_request request = { .plugin = probe_path,
					  .settings = set };

	ck_assert_ptr_nonnull(plugin_host_load(host, &request, &err));
	ck_assert_ptr_nonnull(load("verdict=drop", orders[_i].second));
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(rig_held(&rig), orders[_i].n_held);
}
END_TEST

static const struct {
	const char *setting, *says;
} bad_settings[] = {
	{ "order=1001", "order must be 0 to 1000" },
	{ "order=-1", "order must be 0 to 1000" },
	{ "order=x", "order must be 0 to 1000" },
	{ "dir=up", "dir must be in, out or both" },
	{ "port=nobody", "nobody" },
	{ "segment=nowhere", "nowhere" },
};

START_TEST(what_is_the_hosts_among_the_settings_is_checked)
{
	ck_assert_ptr_null(load(bad_settings[_i].setting, NULL));
	ck_assert_msg(strstr(err.text, bad_settings[_i].says) != NULL, "%s",
		      err.text);
}
END_TEST

START_TEST(settings_may_say_for_what_a_plugin_is)
{
	load("port=p1", "dir=in");
	rig_send(&rig, 0, 1, 0, 60);
	rig_send(&rig, 1, 0, 1, 60);
	ck_assert_int_eq(shown("probe", "seen"), 1);
}
END_TEST

START_TEST(a_plugin_without_set_keeps_its_options)
{
	json_t *options = json_pack("{s:s}", "verdict", "drop");

	load(NULL, NULL);
	ck_assert_int_eq(plugin_host_set(host, "probe", options, &err),
			 -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(err.text, "unload it and load it"));
	ck_assert_int_eq(plugin_host_set(host, "nobody", options, &err),
			 -ENOENT);
	json_decref(options);
}
END_TEST

/* ---- scope ---- */

static const struct {
	const char *segment, *port;
	int code;
	json_int_t seen; /* of one frame by each of p0, p1 and other's q */
} scopes[] = {
	{ NULL, NULL, 0, 3 },
	{ "lab", NULL, 0, 2 },
	{ "other", NULL, 0, 1 },
	{ NULL, "p1", 0, 1 },
	{ "lab", "p1", 0, 1 },
	{ "other", "p1", -EINVAL, 0 },
	{ "nowhere", NULL, -ENOENT, 0 },
	{ NULL, "nobody", -ENOENT, 0 },
};

START_TEST(an_instance_sees_the_frames_of_its_scope)
{
	struct plugin_request request = { .plugin = probe_path,
					  .segment = scopes[_i].segment,
					  .port = scopes[_i].port };
	struct segment *other = switch_add_segment(rig.sw, "other", NULL);
	struct port *q = switch_add_port(other, &port_kind_dummy, "q",
					 PORT_MTU_DEFAULT, NULL, -1, NULL);
	bool loaded = plugin_host_load(host, &request, &err) != NULL;
	uint8_t data[60];

	ck_assert_int_eq(loaded ? 0 : err.code, scopes[_i].code);
	rig_send(&rig, 0, 2, 0, 60);
	rig_send(&rig, 1, 2, 1, 60);
	rig_fill(data, sizeof(data), 2, 0);
	dummy_inject(q, data, sizeof(data));
	if (loaded)
		ck_assert_int_eq(shown("probe", "seen"), scopes[_i].seen);
}
END_TEST

START_TEST(an_instance_hears_of_the_ports_in_its_scope)
{
	struct plugin_request request = { .plugin = probe_path,
					  .segment = "lab" };
	const char *watch[] = { "watch=true", NULL };
	struct segment *other = switch_add_segment(rig.sw, "other", NULL);

	request.settings = watch;
	rig_remove(&rig, 2);
	ck_assert_ptr_nonnull(plugin_host_load(host, &request, &err));
	switch_add_port(other, &port_kind_dummy, "q", PORT_MTU_DEFAULT, NULL,
			-1, NULL);
	switch_add_port(rig.segment, &port_kind_dummy, "r", PORT_MTU_DEFAULT,
			NULL, -1, NULL);
	rig_remove(&rig, 1);
	switch_remove_segment(rig.sw, other);
	ck_assert_str_eq(events,
			 "probe.port {\"name\":\"p0\",\"segment\":\"lab\","
			 "\"what\":\"added\"}\n"
			 "probe.port {\"name\":\"p1\",\"segment\":\"lab\","
			 "\"what\":\"added\"}\n"
			 "probe.port {\"name\":\"r\",\"segment\":\"lab\","
			 "\"what\":\"added\"}\n"
			 "probe.port {\"name\":\"p1\",\"segment\":\"lab\","
			 "\"what\":\"removed\"}\n");
}
END_TEST

/* ---- frames, counters, timers ---- */

START_TEST(an_instance_counts_what_it_did)
{
	load("verdict=drop", NULL);
	rig_send(&rig, 0, 1, 0, 100);
	rig_send(&rig, 0, 1, 0, 200);
	ck_assert_int_eq(shown("probe", "seen"), 2);
	ck_assert_int_eq(shown("probe", "octets"), 300);
	ck_assert_int_eq(shown("probe", "dropped"), 2);
	ck_assert_int_eq(shown("probe", "held"), 0);
}
END_TEST

START_TEST(a_timer_runs_at_its_time_and_can_release_frames)
{
	load("verdict=steal", "tick=true");
	rig_send(&rig, 0, 1, 0, 60);
	clock_advance(rig.clock, NS_PER_MS - 1);
	ck_assert_int_eq(shown("probe", "held"), 1);
	clock_advance(rig.clock, 1);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	ck_assert_str_eq(events, "probe.fired {\"now_ns\":1001000000}\n");
}
END_TEST

static const char *const stages[] = { "stage=ingress", "stage=forward",
				      "stage=egress" };

START_TEST(unloading_under_traffic_loses_nothing)
{
	const char *id = load(stages[_i], "verdict=steal");

	for (int i = 0; i < 200; i++)
		rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(rig_held(&rig), 200);
	ck_assert_int_eq(plugin_host_unload(host, id, &err), 0);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(rig_sent(&rig, 1), 200);
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(rig_sent(&rig, 1), 201);
}
END_TEST

START_TEST(frames_an_unloaded_plugin_let_go_meet_the_hooks_of_others)
{
	load(stages[_i], "verdict=steal");
	load(stages[_i], "verdict=drop"); /* behind it: "probe1" */
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_int_eq(plugin_host_unload(host, "probe", &err), 0);
	rig_assert_books(&rig);
	ck_assert_int_eq(shown("probe1", "dropped"), 1);
}
END_TEST

START_TEST(frames_a_plugin_forgets_are_dropped_when_it_is_unloaded)
{
	load(stages[_i], "verdict=steal");
	plugin_host_unload(host, "probe", &err);
	{
		const char *set[] = { stages[_i], "verdict=steal", "leak=true",
				      NULL };
		struct plugin_request request = { .plugin = probe_path,
						  .settings = set };

		log_set_level(LOG_ERROR); /* it warns */
		ck_assert_ptr_nonnull(plugin_host_load(host, &request, &err));
	}
	rig_send_batch(&rig, 0, 1, 0, 60, 5);
	ck_assert_int_eq(plugin_host_unload(host, "probe", &err), 0);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PLUGIN), 5);
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 0);
}
END_TEST

START_TEST(what_a_plugin_adds_while_it_stops_goes_with_it)
{
	const char *set[] = { "verdict=steal", "late=true", NULL };
	struct plugin_request request = { .plugin = probe_path,
					  .settings = set };

	ck_assert_ptr_nonnull(plugin_host_load(host, &request, &err));
	rig_send(&rig, 0, 1, 0, 60);
	/* the frame that it lets go does not meet the hook that came too late */
	ck_assert_int_eq(plugin_host_unload(host, "probe", &err), 0);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(rig_sent(&rig, 1), 2);
	load("verdict=drop", NULL);
	rig_send(&rig, 0, 1, 0, 60); /* nobody watches the drop */
	rig_assert_books(&rig);
	ck_assert_int_eq(shown("probe", "dropped"), 1);
}
END_TEST

START_TEST(giving_back_what_it_does_not_hold_does_no_harm)
{
	log_set_fd(-1); /* it complains */
	load("misuse=true", NULL);
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
}
END_TEST

START_TEST(the_end_of_the_host_unloads_all_and_the_newest_first)
{
	load("verdict=steal", NULL);
	load("verdict=drop", NULL); /* would drop what the first lets go */
	rig_send(&rig, 0, 1, 0, 60);
	plugin_host_free(host);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	host = NULL;
}
END_TEST

START_TEST(there_is_a_limit_of_instances)
{
	for (int i = 0; i < PLUGIN_INSTANCES_MAX; i++)
		ck_assert_ptr_nonnull(load(NULL, NULL));
	ck_assert_ptr_null(load(NULL, NULL));
	ck_assert_int_eq(err.code, -ENOSPC);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ instances_are_called_after_their_plugin_and_numbered, 0 },
		{ an_instance_that_is_not_there_cannot_be_unloaded, 0 },
		{ what_others_can_write_is_not_loaded, UNIT_ROWS(modes) },
		{ what_only_the_owners_own_group_can_write_is_loaded, 0 },
		{ what_belongs_to_others_is_not_loaded, 0 },
		{ what_is_no_plugin_is_refused_with_the_reason,
		  UNIT_ROWS(refusals) },
		{ a_plugin_that_fails_to_start_leaves_nothing_behind, 0 },
		{ options_are_checked_against_the_plugins_signature,
		  UNIT_ROWS(settings) },
		{ options_may_come_as_json, 0 },
		{ an_instance_may_have_an_id_of_its_own, UNIT_ROWS(ids) },
		{ an_order_that_is_given_is_that_of_the_hooks,
		  UNIT_ROWS(orders) },
		{ what_is_the_hosts_among_the_settings_is_checked,
		  UNIT_ROWS(bad_settings) },
		{ settings_may_say_for_what_a_plugin_is, 0 },
		{ a_plugin_without_set_keeps_its_options, 0 },
		{ an_instance_sees_the_frames_of_its_scope, UNIT_ROWS(scopes) },
		{ an_instance_hears_of_the_ports_in_its_scope, 0 },
		{ an_instance_counts_what_it_did, 0 },
		{ a_timer_runs_at_its_time_and_can_release_frames, 0 },
		{ unloading_under_traffic_loses_nothing, UNIT_ROWS(stages) },
		{ frames_an_unloaded_plugin_let_go_meet_the_hooks_of_others,
		  UNIT_ROWS(stages) },
		{ frames_a_plugin_forgets_are_dropped_when_it_is_unloaded,
		  UNIT_ROWS(stages) },
		{ what_a_plugin_adds_while_it_stops_goes_with_it, 0 },
		{ giving_back_what_it_does_not_hold_does_no_harm, 0 },
		{ the_end_of_the_host_unloads_all_and_the_newest_first, 0 },
		{ there_is_a_limit_of_instances, 0 },
		{ NULL, 0 },
	};

	return unit_run("plugin-host", tests, setup, teardown);
}
