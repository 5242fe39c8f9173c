/* The life of segments and ports. */
#include "switch/switch.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 4 };
static struct rig rig;

static void
setup(void)
{
	rig_init(&rig, N_PORTS);
}

static void
teardown(void)
{
	rig_fini(&rig);
}

static const struct {
	const char *name;
	bool good;
} segment_names[] = {
	{ "a", true },	  { "vlan1", true },  { "a-b-", true },
	{ "", false },	  { "1vlan", false }, { "-a", false },
	{ "Lab", false }, { "a.b", false },   { "a_b", false },
	{ "..", false },  { "a/b", false },   { "\xc3\xa4", false },
};

START_TEST(names_of_segments_are_checked)
{
	struct err err = ERR_INIT;
	bool made = switch_add_segment(rig.sw, segment_names[_i].name, &err);

	ck_assert_int_eq(made, segment_names[_i].good);
	ck_assert_int_eq(err.code, made ? 0 : -EINVAL);
}
END_TEST

static const struct {
	const char *name;
	bool good;
} port_names[] = {
	{ "a", true },	       { "0", true },	 { "client.eth1", true },
	{ "a_b-c.d", true },   { "", false },	 { ".a", false },
	{ "-a", false },       { "_a", false },	 { "A", false },
	{ "a b", false },      { "a/b", false }, { "a\n", false },
	{ "\xc3\xa4", false },
};

START_TEST(names_of_ports_are_checked)
{
	ck_assert_int_eq(port_name_is_valid(port_names[_i].name),
			 port_names[_i].good);
}
END_TEST

START_TEST(a_name_has_at_most_63_characters)
{
	char name[65];

	memset(name, 'a', 64);
	name[64] = '\0';
	ck_assert(!port_name_is_valid(name));
	ck_assert(!segment_name_is_valid(name));
	name[63] = '\0';
	ck_assert(port_name_is_valid(name));
	ck_assert(segment_name_is_valid(name));
}
END_TEST

START_TEST(a_name_is_given_once)
{
	struct segment *other = switch_add_segment(rig.sw, "other", NULL);
	struct err err = ERR_INIT;

	ck_assert_ptr_null(switch_add_segment(rig.sw, "lab", &err));
	ck_assert_int_eq(err.code, -EEXIST);
	ck_assert_str_eq(err.text, "there is a segment lab already");
	/* names of ports are the switch's, not the segment's */
	ck_assert_ptr_null(switch_add_port(other, &port_kind_dummy, "p0",
					   PORT_MTU_DEFAULT, NULL, -1, &err));
	ck_assert_int_eq(err.code, -EEXIST);
	ck_assert_str_eq(err.text, "there is a port p0 already");
}
END_TEST

START_TEST(ids_are_never_used_twice)
{
	port_id_t last = rig.ports[3]->id;
	struct port *port;

	rig_remove(&rig, 3);
	port = switch_add_port(rig.segment, &port_kind_dummy, "p3",
			       PORT_MTU_DEFAULT, NULL, -1, NULL);
	ck_assert_uint_gt(port->id, last);
	ck_assert_ptr_null(switch_port(rig.sw, last));
	ck_assert_ptr_eq(switch_port(rig.sw, port->id), port);
}
END_TEST

START_TEST(a_peers_name_that_is_in_use_gets_a_number)
{
	static const struct {
		const char *wanted, *got;
	} rows[] = {
		{ "p1", "p1-2" },     { "p1", "p1-3" },
		{ "fresh", "fresh" }, { NULL, "dummy7" },
		{ "Bad!", "dummy8" }, { "dummy10", "dummy10" },
		{ NULL, "dummy11" }, /* by its id 10, but that one is taken */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct port *model = rig.ports[0];
		void *priv = port_kind_dummy.open(model, NULL, -1, NULL);
		struct port *port;

		port = port_accept(&rig.segment->port_site, &port_kind_dummy,
				   priv, rows[i].wanted, NULL, NULL);
		ck_assert_str_eq(port_name(port), rows[i].got);
	}
}
END_TEST

START_TEST(a_port_that_is_lost_goes_with_the_next_turn_of_the_loop)
{
	port_id_t id = rig.ports[1]->id;

	rig_learn_all(&rig);
	port_gone(rig.ports[1], "a test says %s", "so");
	ck_assert_ptr_nonnull(switch_port(rig.sw, id));
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PORT_GONE), 1);
	port_gone(rig.ports[1], "again");
	rig_loop(&rig);
	ck_assert_ptr_null(switch_port(rig.sw, id));
	rig_send(&rig, 0, 1, 0, 60); /* forgotten: flooded */
	ck_assert_uint_eq(rig_sent(&rig, 2), 1);
}
END_TEST

START_TEST(what_waits_for_a_port_that_goes_is_dropped_and_counted)
{
	struct segment_stats before, after;

	rig_learn_all(&rig);
	dummy_set_credit(rig.ports[1], 3);
	rig_send_batch(&rig, 0, 1, 0, 60, 10);
	dummy_set_pending(rig.ports[1], 1); /* the third went out in part */
	ck_assert_uint_eq(port_queued(rig.ports[1]), 8);
	rig_assert_books(&rig);
	segment_read_stats(rig.segment, &before);
	rig_remove(&rig, 1);
	segment_read_stats(rig.segment, &after);
	ck_assert_uint_eq(after.drops[DROP_PORT_GONE], 8);
	ck_assert_uint_eq(after.queued, 0);
	ck_assert_uint_eq(after.tx, before.tx);
	ck_assert_uint_eq(after.rx, before.rx);
}
END_TEST

START_TEST(a_segment_that_goes_takes_its_ports_along)
{
	port_id_t id = rig.ports[2]->id;

	dummy_set_credit(rig.ports[1], 0);
	rig_send(&rig, 0, RIG_BROADCAST, 0, 60);
	switch_remove_segment(rig.sw, rig.segment);
	ck_assert_ptr_null(switch_find_segment(rig.sw, "lab"));
	ck_assert_ptr_null(switch_port(rig.sw, id));
	ck_assert_uint_eq(rig.sw->n_ports, 0);
	ck_assert_uint_eq(frame_pool_in_use(rig.sw->lane->pool), 0);
}
END_TEST

START_TEST(a_switch_has_a_limit_of_ports)
{
	struct err err = ERR_INIT;

	for (uint32_t i = N_PORTS; i < SWITCH_PORTS_MAX; i++)
		ck_assert_ptr_nonnull(
		    switch_add_port(rig.segment, &port_kind_dummy, NULL,
				    PORT_MTU_DEFAULT, NULL, -1, &err));
	ck_assert_ptr_null(switch_add_port(rig.segment, &port_kind_dummy, NULL,
					   PORT_MTU_DEFAULT, NULL, -1, &err));
	ck_assert_int_eq(err.code, -ENOSPC);
}
END_TEST

struct heard {
	char text[256];
};

static void
on_added(struct port *port, void *arg)
{
	struct heard *heard = arg;

	strcat(strcat(strcat(heard->text, "+"), port->name), " ");
}

static void
on_removed(struct port *port, const char *reason, void *arg)
{
	struct heard *heard = arg;

	ck_assert_ptr_eq(switch_find_port(port->sw, port->name), port);
	strcat(strcat(strcat(heard->text, "-"), port->name), " ");
	strcat(strcat(heard->text, reason), " ");
}

static void
send_to_leaver(struct port *port, const char *reason, void *arg)
{
	(void)port;
	(void)reason;
	(void)arg;
	rig_send(&rig, 0, 1, 0, 60);
}

START_TEST(a_port_that_is_being_removed_is_sent_nothing_more)
{
	struct switch_observer observer = {
		.port_added = on_added,
		.port_removed = send_to_leaver,
	};

	rig_learn_all(&rig);
	switch_observer_add(rig.sw, &observer);
	rig_remove(&rig, 1);
	switch_observer_remove(rig.sw, &observer);
	ck_assert_uint_eq(rig_drops(&rig, DROP_PORT_GONE), 1);
}
END_TEST

START_TEST(observers_hear_of_ports_in_order)
{
	struct heard heard = { "" };
	struct switch_observer observer = {
		.port_added = on_added,
		.port_removed = on_removed,
		.arg = &heard,
	};

	switch_observer_add(rig.sw, &observer);
	switch_add_port(rig.segment, &port_kind_dummy, "x", PORT_MTU_DEFAULT,
			NULL, -1, NULL);
	port_gone(rig.ports[0], "gone");
	rig_loop(&rig);
	rig_remove(&rig, 1);
	switch_observer_remove(rig.sw, &observer);
	rig_remove(&rig, 2);
	ck_assert_str_eq(heard.text, "+x -p0 gone -p1 a test says so ");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ names_of_segments_are_checked, UNIT_ROWS(segment_names) },
		{ names_of_ports_are_checked, UNIT_ROWS(port_names) },
		{ a_name_has_at_most_63_characters, 0 },
		{ a_name_is_given_once, 0 },
		{ ids_are_never_used_twice, 0 },
		{ a_peers_name_that_is_in_use_gets_a_number, 0 },
		{ a_port_that_is_lost_goes_with_the_next_turn_of_the_loop, 0 },
		{ what_waits_for_a_port_that_goes_is_dropped_and_counted, 0 },
		{ a_segment_that_goes_takes_its_ports_along, 0 },
		{ a_switch_has_a_limit_of_ports, 0 },
		{ a_port_that_is_being_removed_is_sent_nothing_more, 0 },
		{ observers_hear_of_ports_in_order, 0 },
		{ NULL, 0 },
		{ NULL, 0 },
	};

	return unit_run("switch", tests, setup, teardown);
}
