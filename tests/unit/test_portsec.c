#include "config.h"

#include <errno.h>

#include "tests/unit/guard-rig.h"
#include "tests/unit/unit.h"

#define NS_PER_S UINT64_C(1000000000)

#define STATION_1 "52:54:00:00:00:01"
#define STATION_3 "52:54:00:00:00:03"

static struct guard_rig rig;

static void
setup(void)
{
	guard_init(&rig);
	guard_start(&rig, NULL);
}

static void
teardown(void)
{
	guard_fini(&rig);
}

/* Does what a station sends by the client's port pass? */
static bool
first_passes(void)
{
	return guard_push(&rig, rig.client, rig.server, FRAME_ACK) == VL_PASS;
}

static bool
stranger_passes(void)
{
	return guard_push(&rig, rig.client, rig.server, FRAME_STRANGER) ==
	       VL_PASS;
}

START_TEST(a_port_that_is_not_secured_is_not_asked_about)
{
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	ck_assert(first_passes());
	ck_assert(stranger_passes());
	guard_call(&rig, "set", "{'port': 'client.eth1'}");
	ck_assert(fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
	guard_call(&rig, "del", "{'port': 'client.eth1'}");
	ck_assert(!fake_hook_enabled(rig.host, VL_STAGE_INGRESS));
}
END_TEST

START_TEST(as_many_stations_as_allowed_and_no_more)
{
	guard_call(&rig, "set", "{'port': 'client.eth1'}");
	ck_assert(first_passes());
	ck_assert(!stranger_passes());
	ck_assert(first_passes());
	ck_assert_uint_eq(fake_dropped(rig.host, "violation"), 1);
	guard_call(&rig, "set", "{'port': 'client.eth1', 'max': 2}");
	ck_assert(stranger_passes());
}
END_TEST

START_TEST(only_those_that_are_allowed)
{
	guard_call(&rig, "allow",
		   "{'port': 'client.eth1', 'mac': '" STATION_3 "'}");
	ck_assert(stranger_passes());
	ck_assert(!first_passes());
	guard_call(&rig, "allow",
		   "{'port': 'client.eth1', 'mac': '" STATION_1 "'}");
	ck_assert(first_passes());
	guard_call(&rig, "forbid",
		   "{'port': 'client.eth1', 'mac': '" STATION_1 "'}");
	guard_call(&rig, "set", "{'port': 'client.eth1', 'max': 1}");
	ck_assert(!first_passes());
}
END_TEST

START_TEST(an_address_cannot_be_stolen_from_another_port)
{
	guard_call(&rig, "set", "{'port': 'client.eth1', 'max': 5}");
	guard_call(&rig, "set", "{'port': 'third.eth1', 'max': 5}");
	ck_assert(first_passes());
	ck_assert_uint_ne(guard_push(&rig, rig.third, rig.server, FRAME_ACK),
			  VL_PASS);
	/* nobody asks about it where nothing is secured */
	ck_assert_uint_eq(guard_push(&rig, rig.server, rig.third, FRAME_ACK),
			  VL_PASS);
}
END_TEST

START_TEST(a_violation_is_told_once_a_second)
{
	guard_call(&rig, "set", "{'port': 'client.eth1'}");
	first_passes();
	stranger_passes();
	ck_assert_str_eq(
	    guard_text(fake_event(rig.host, "portsec.violation"), "mac"),
	    STATION_3);
	ck_assert_int_eq(
	    guard_number(guard_call(&rig, "show", "{}"), "violations"), 1);
}
END_TEST

START_TEST(protection_is_silent)
{
	guard_call(&rig, "set",
		   "{'port': 'client.eth1', 'violation': 'protect'}");
	first_passes();
	ck_assert(!stranger_passes());
	ck_assert_ptr_null(fake_event(rig.host, "portsec.violation"));
	ck_assert_int_eq(
	    guard_number(guard_call(&rig, "show", "{}"), "violations"), 1);
}
END_TEST

START_TEST(a_violation_blocks_the_port_until_it_recovers)
{
	guard_call(
	    &rig, "set",
	    "{'port': 'client.eth1', 'violation': 'block', 'recover_ms': "
	    "1000}");
	ck_assert(first_passes());
	ck_assert(!stranger_passes());
	ck_assert(!first_passes());
	ck_assert_uint_eq(fake_dropped(rig.host, "blocked"), 1);
	fake_advance(rig.host, NS_PER_S - 1);
	ck_assert(!first_passes());
	fake_advance(rig.host, 1);
	ck_assert(first_passes());
	ck_assert_ptr_nonnull(fake_event(rig.host, "portsec.unblocked"));
}
END_TEST

START_TEST(without_recovery_somebody_must_clear_it)
{
	guard_call(&rig, "set",
		   "{'port': 'client.eth1', 'violation': 'block'}");
	first_passes();
	stranger_passes();
	fake_advance(rig.host, 3600 * NS_PER_S);
	ck_assert(!first_passes());
	guard_call(&rig, "clear", "{'port': 'client.eth1'}");
	/* stations are learned anew */
	ck_assert(stranger_passes());
	ck_assert(!first_passes());
}
END_TEST

START_TEST(stations_are_forgotten_when_they_are_old)
{
	guard_call(&rig, "set", "{'port': 'client.eth1', 'age': 10}");
	ck_assert(first_passes());
	fake_advance(rig.host, 10 * NS_PER_S);
	ck_assert(!stranger_passes());
	fake_advance(rig.host, 1);
	ck_assert(stranger_passes());
	ck_assert(!first_passes());
}
END_TEST

START_TEST(a_station_that_is_old_may_be_behind_another_port)
{
	guard_call(&rig, "set", "{'port': 'client.eth1', 'age': 10}");
	guard_call(&rig, "set", "{'port': 'third.eth1'}");
	ck_assert(first_passes());
	fake_advance(rig.host, 10 * NS_PER_S);
	ck_assert_uint_ne(guard_push(&rig, rig.third, rig.server, FRAME_ACK),
			  VL_PASS);
	fake_advance(rig.host, 1);
	ck_assert_uint_eq(guard_push(&rig, rig.third, rig.server, FRAME_ACK),
			  VL_PASS);
}
END_TEST

START_TEST(a_station_that_is_old_is_neither_shown_nor_counted)
{
	const json_t *shown;

	guard_call(&rig, "set", "{'port': 'client.eth1', 'age': 10, 'max': 2}");
	ck_assert(first_passes());
	fake_advance(rig.host, 10 * NS_PER_S + 1);
	guard_call(&rig, "set", "{'port': 'client.eth1', 'max': 0}");
	shown = guard_call(&rig, "show", "{}");
	ck_assert_uint_eq(json_array_size(json_object_get(
			      json_array_get(shown, 0), "stations")),
			  0);
}
END_TEST

START_TEST(sticky_stations_do_not_age)
{
	guard_call(&rig, "set",
		   "{'port': 'client.eth1', 'age': 10, 'sticky': true}");
	ck_assert(first_passes());
	fake_advance(rig.host, 3600 * NS_PER_S);
	ck_assert(!stranger_passes());
	ck_assert(first_passes());
}
END_TEST

START_TEST(stations_are_shown)
{
	const json_t *shown, *stations;

	guard_call(&rig, "set", "{'port': 'client.eth1', 'max': 2}");
	first_passes();
	guard_call(&rig, "allow",
		   "{'port': 'client.eth1', 'mac': '" STATION_3 "'}");
	shown = guard_call(&rig, "show", "{'port': 'client.eth1'}");
	stations = json_object_get(json_array_get(shown, 0), "stations");
	ck_assert_uint_eq(json_array_size(stations), 2);
	ck_assert_str_eq(guard_text(stations, "mac"), STATION_1);
	ck_assert(json_is_true(
	    json_object_get(json_array_get(stations, 1), "fixed")));
}
END_TEST

static const struct {
	const char *method, *params;
	int code;
	const char *what;
} mistakes[] = {
	{ "set", "{'port': 'nobody'}", -ENOENT, "\"nobody\"" },
	{ "allow", "{'port': 'client.eth1', 'mac': '52:54:00:00:00'}", -EINVAL,
	  "52:54:00:00:00" },
	{ "allow", "{'port': 'client.eth1', 'mac': 'ff:ff:ff:ff:ff:ff'}",
	  -EINVAL, "ff:ff" },
	{ "allow", "{'port': 'client.eth1', 'mac': '52:54:00:00:00:01x'}",
	  -EINVAL, "01x" },
	{ "allow", "{'port': 'client.eth1', 'mac': '52:54:00:00:00:-1'}",
	  -EINVAL, ":-1" },
	{ "allow", "{'port': 'client.eth1', 'mac': '52:54:00:00: 1:01'}",
	  -EINVAL, ": 1:" },
	{ "forbid", "{'port': 'client.eth1', 'mac': '" STATION_1 "'}", -ENOENT,
	  STATION_1 },
	{ "del", "{'port': 'third.eth1'}", -ENOENT, "third.eth1" },
};

START_TEST(mistakes_are_named)
{
	guard_refuse(&rig, mistakes[_i].method, mistakes[_i].params,
		     mistakes[_i].code, mistakes[_i].what);
}
END_TEST

START_TEST(fewer_than_are_there_cannot_be_allowed)
{
	guard_call(&rig, "set", "{'port': 'client.eth1', 'max': 2}");
	first_passes();
	stranger_passes();
	guard_refuse(&rig, "set", "{'port': 'client.eth1', 'max': 1}", -EBUSY,
		     "2 stations");
	ck_assert(first_passes());
	ck_assert(stranger_passes());
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_port_that_is_not_secured_is_not_asked_about, 0 },
		{ as_many_stations_as_allowed_and_no_more, 0 },
		{ only_those_that_are_allowed, 0 },
		{ an_address_cannot_be_stolen_from_another_port, 0 },
		{ a_violation_is_told_once_a_second, 0 },
		{ protection_is_silent, 0 },
		{ a_violation_blocks_the_port_until_it_recovers, 0 },
		{ without_recovery_somebody_must_clear_it, 0 },
		{ stations_are_forgotten_when_they_are_old, 0 },
		{ a_station_that_is_old_may_be_behind_another_port, 0 },
		{ a_station_that_is_old_is_neither_shown_nor_counted, 0 },
		{ sticky_stations_do_not_age, 0 },
		{ stations_are_shown, 0 },
		{ mistakes_are_named, UNIT_ROWS(mistakes) },
		{ fewer_than_are_there_cannot_be_allowed, 0 },
		{ NULL, 0 },
	};

	return unit_run("portsec", tests, setup, teardown);
}
