#include "switch/fdb.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

enum { CAPACITY = 8, AGEING_MS = 1000 };
static const struct siphash_key key = { 1, 2 };
static const struct mac A = { { 0x02, 0, 0, 0, 0, 0x0a } };
static const struct mac B = { { 0x02, 0, 0, 0, 0, 0x0b } };
static struct fdb *fdb;

static void
setup(void)
{
	fdb = fdb_new(CAPACITY, AGEING_MS, &key);
}

static void
teardown(void)
{
	fdb_free(fdb);
}

/* The @i-th of many addresses. */
static struct mac
nth(uint32_t i)
{
	struct mac m = { { 0x02, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
			   (uint8_t)(i >> 8), (uint8_t)i } };

	return m;
}

static enum fdb_result
learn_nth(uint32_t i, port_id_t port, uint64_t now_ms)
{
	struct mac m = nth(i);

	return fdb_learn(fdb, &m, 0, port, now_ms);
}

static port_id_t
lookup_nth(uint32_t i, uint64_t now_ms)
{
	struct mac m = nth(i);

	return fdb_lookup(fdb, &m, 0, now_ms);
}

START_TEST(an_address_that_moves_is_found_on_its_new_port_at_once)
{
	ck_assert_int_eq(fdb_learn(fdb, &A, 0, 7, 0), FDB_ADDED);
	ck_assert_int_eq(fdb_learn(fdb, &A, 0, 7, 0), FDB_REFRESHED);
	ck_assert_int_eq(fdb_learn(fdb, &A, 0, 8, 0), FDB_MOVED);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 0), 8);
	ck_assert_uint_eq(fdb_count(fdb), 1);
}
END_TEST

START_TEST(the_same_address_on_two_vlans_is_two_stations)
{
	fdb_learn(fdb, &A, 0, 6, 0);
	fdb_learn(fdb, &A, 1, 7, 0);
	fdb_learn(fdb, &A, FDB_VID_MAX, 8, 0);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 0), 6);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 1, 0), 7);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, FDB_VID_MAX, 0), 8);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 2, 0), PORT_NONE);
	ck_assert_uint_eq(fdb_lookup(fdb, &B, 1, 0), PORT_NONE);
}
END_TEST

/* The last instant of its life, and the first after it. */
static const struct {
	uint64_t at_ms;
	port_id_t want;
} ageing[] = {
	{ 5, 7 },
	{ 5 + AGEING_MS - 1, 7 },
	{ 5 + AGEING_MS, PORT_NONE },
};

static void
count_entry(const struct fdb_entry *entry, void *arg)
{
	size_t *n = arg;

	ck_assert(mac_eq(&entry->mac, &A));
	ck_assert_uint_eq(entry->vid, 12);
	ck_assert_uint_eq(entry->port, 7);
	++*n;
}

START_TEST(an_entry_lives_exactly_as_long_as_the_ageing_time)
{
	bool gone = ageing[_i].want == PORT_NONE;
	size_t n_seen = 0;

	fdb_learn(fdb, &A, 12, 7, 5);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 12, ageing[_i].at_ms),
			  ageing[_i].want);
	fdb_each(fdb, ageing[_i].at_ms, count_entry, &n_seen);
	ck_assert_uint_eq(n_seen, gone ? 0 : 1);
	ck_assert_uint_eq(fdb_expire(fdb, ageing[_i].at_ms), gone ? 1 : 0);
	ck_assert_uint_eq(fdb_count(fdb), gone ? 0 : 1);
}
END_TEST

START_TEST(being_seen_again_starts_the_ageing_time_anew)
{
	fdb_learn(fdb, &A, 0, 7, 0);
	fdb_learn(fdb, &A, 0, 7, AGEING_MS - 1);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 2 * AGEING_MS - 2), 7);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 2 * AGEING_MS - 1), PORT_NONE);
}
END_TEST

static const struct mac no_stations[] = {
	{ { 0 } },
	{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ { 0x01, 0x80, 0xc2, 0, 0, 0 } },
	{ { 0x01, 0, 0, 0, 0, 0 } },
};

START_TEST(what_is_no_station_is_not_learned)
{
	ck_assert_int_eq(fdb_learn(fdb, &no_stations[_i], 0, 1, 0),
			 FDB_REFUSED);
	ck_assert_uint_eq(fdb_count(fdb), 0);
}
END_TEST

START_TEST(flushing_a_port_leaves_the_others)
{
	for (uint32_t i = 0; i < 6; i++)
		learn_nth(i, 1 + i % 2, i);
	ck_assert_uint_eq(fdb_flush_port(fdb, 1), 3);
	ck_assert_uint_eq(fdb_flush_port(fdb, 1), 0);
	ck_assert_uint_eq(fdb_flush_port(fdb, 99), 0);
	for (uint32_t i = 0; i < 6; i++)
		ck_assert_uint_eq(lookup_nth(i, 6), i % 2 ? 2 : PORT_NONE);
	ck_assert_uint_eq(fdb_flush(fdb), 3);
	ck_assert_uint_eq(fdb_count(fdb), 0);
}
END_TEST

START_TEST(a_full_table_takes_a_new_address_for_the_oldest_of_the_same_port)
{
	for (uint32_t i = 0; i < CAPACITY; i++)
		ck_assert_int_eq(learn_nth(i, 1, i), FDB_ADDED);
	learn_nth(0, 1, CAPACITY); /* seen again: 1 is the oldest now */
	ck_assert_int_eq(learn_nth(100, 1, CAPACITY), FDB_EVICTED);
	ck_assert_uint_eq(fdb_count(fdb), CAPACITY);
	ck_assert_uint_eq(lookup_nth(1, CAPACITY), PORT_NONE);
	ck_assert_uint_eq(lookup_nth(0, CAPACITY), 1);
	ck_assert_uint_eq(lookup_nth(100, CAPACITY), 1);
}
END_TEST

START_TEST(a_port_that_invents_addresses_pushes_out_its_own)
{
	learn_nth(1, 1, 0);
	learn_nth(2, 2, 0);
	for (uint32_t i = 0; i < 1000; i++)
		learn_nth(1000 + i, 3, i / 10);
	ck_assert_uint_eq(lookup_nth(1, 100), 1);
	ck_assert_uint_eq(lookup_nth(2, 100), 2);
	ck_assert_uint_eq(fdb_count(fdb), CAPACITY);
}
END_TEST

START_TEST(a_latecomer_gets_its_share_of_a_full_table)
{
	for (uint32_t i = 0; i < CAPACITY; i++)
		learn_nth(i, 1, i);
	for (uint32_t i = 0; i < CAPACITY; i++)
		learn_nth(100 + i, 2, CAPACITY);
	ck_assert_uint_eq(fdb_flush_port(fdb, 1), CAPACITY / 2);
	ck_assert_uint_eq(fdb_flush_port(fdb, 2), CAPACITY / 2);
}
END_TEST

START_TEST(a_table_of_one_entry_works)
{
	struct fdb *one = fdb_new(1, AGEING_MS, &key);

	ck_assert_int_eq(fdb_learn(one, &A, 0, 1, 0), FDB_ADDED);
	ck_assert_int_eq(fdb_learn(one, &A, 0, 2, 0), FDB_MOVED);
	ck_assert_int_eq(fdb_learn(one, &B, 0, 3, 0), FDB_EVICTED);
	ck_assert_uint_eq(fdb_lookup(one, &A, 0, 0), PORT_NONE);
	ck_assert_uint_eq(fdb_lookup(one, &B, 0, 0), 3);
	ck_assert_uint_eq(fdb_expire(one, AGEING_MS), 1);
	fdb_free(one);
}
END_TEST

/*
 * Against a table that anyone can check: thousands of random operations, and
 * whatever this naive one knows the real one must know too.
 */
struct naive {
	bool used;
	port_id_t port;
	uint64_t seen_ms;
};

enum { N_STATIONS = 24, N_PORTS = 5, MODEL_CAPACITY = 16 };

static size_t
naive_count(const struct naive *model, port_id_t port)
{
	size_t n = 0;

	for (int i = 0; i < N_STATIONS; i++)
		n += model[i].used &&
		     (port == PORT_NONE || model[i].port == port);
	return n;
}

static void
assert_same(const struct naive *model, uint64_t now_ms)
{
	ck_assert_uint_eq(fdb_count(fdb), naive_count(model, PORT_NONE));
	for (uint32_t i = 0; i < N_STATIONS; i++) {
		bool known =
		    model[i].used && now_ms - model[i].seen_ms < AGEING_MS;

		ck_assert_uint_eq(lookup_nth(i, now_ms),
				  known ? model[i].port : PORT_NONE);
	}
}

/* Tells the model which entry the table gave up for a new one: it must have
 * been the oldest of a port that held most. */
static void
take_eviction(struct naive *model, uint32_t added, uint64_t now_ms)
{
	size_t most = 0;

	for (port_id_t p = 0; p < N_PORTS; p++) {
		size_t n = naive_count(model, p);

		most = n > most ? n : most;
	}
	for (uint32_t i = 0; i < N_STATIONS; i++) {
		struct naive *m = &model[i];

		if (!m->used || i == added ||
		    now_ms - m->seen_ms >= AGEING_MS ||
		    lookup_nth(i, now_ms) != PORT_NONE)
			continue;
		ck_assert_uint_eq(naive_count(model, m->port), most);
		for (int k = 0; k < N_STATIONS; k++)
			ck_assert(!model[k].used || model[k].port != m->port ||
				  model[k].seen_ms >= m->seen_ms);
		m->used = false;
		return;
	}
	ck_abort_msg("nothing was evicted");
}

static void
model_step(struct naive *model, uint64_t now_ms)
{
	uint32_t i = (uint32_t)random() % N_STATIONS;
	port_id_t port = (port_id_t)random() % N_PORTS;
	uint32_t what = (uint32_t)random() % 100;
	size_t n = 0;

	if (what < 96) {
		enum fdb_result got = learn_nth(i, port, now_ms);

		ck_assert_int_eq(got == FDB_ADDED || got == FDB_EVICTED,
				 !model[i].used);
		ck_assert_int_eq(got == FDB_MOVED,
				 model[i].used && model[i].port != port);
		if (got == FDB_EVICTED)
			take_eviction(model, i, now_ms);
		model[i] = (struct naive){ true, port, now_ms };
	} else if (what < 98) {
		for (int k = 0; k < N_STATIONS; k++) {
			bool hit = model[k].used && model[k].port == port;

			n += hit;
			model[k].used &= !hit;
		}
		ck_assert_uint_eq(fdb_flush_port(fdb, port), n);
	} else {
		for (int k = 0; k < N_STATIONS; k++) {
			bool hit = model[k].used &&
				   now_ms - model[k].seen_ms >= AGEING_MS;

			n += hit;
			model[k].used &= !hit;
		}
		ck_assert_uint_eq(fdb_expire(fdb, now_ms), n);
	}
}

START_TEST(the_table_does_what_a_naive_one_does)
{
	struct naive model[N_STATIONS] = { 0 };
	uint64_t now_ms = 0;

	srandom((unsigned)_i + 1);
	fdb_free(fdb);
	fdb = fdb_new(MODEL_CAPACITY, AGEING_MS, &key);
	for (int step = 0; step < 1000; step++) {
		/* Entries too old to be found are swept before a full table
		 * could give one up: the model cannot see which. */
		now_ms += (uint64_t)random() % 20;
		if (fdb_count(fdb) == MODEL_CAPACITY) {
			fdb_expire(fdb, now_ms);
			for (int k = 0; k < N_STATIONS; k++)
				model[k].used &=
				    now_ms - model[k].seen_ms < AGEING_MS;
		}
		model_step(model, now_ms);
		assert_same(model, now_ms);
	}
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_address_that_moves_is_found_on_its_new_port_at_once, 0 },
		{ the_same_address_on_two_vlans_is_two_stations, 0 },
		{ an_entry_lives_exactly_as_long_as_the_ageing_time,
		  UNIT_ROWS(ageing) },
		{ being_seen_again_starts_the_ageing_time_anew, 0 },
		{ what_is_no_station_is_not_learned, UNIT_ROWS(no_stations) },
		{ flushing_a_port_leaves_the_others, 0 },
		{ a_full_table_takes_a_new_address_for_the_oldest_of_the_same_port,
		  0 },
		{ a_port_that_invents_addresses_pushes_out_its_own, 0 },
		{ a_latecomer_gets_its_share_of_a_full_table, 0 },
		{ a_table_of_one_entry_works, 0 },
		{ the_table_does_what_a_naive_one_does, 8 },
		{ NULL, 0 },
	};

	return unit_run("fdb", tests, setup, teardown);
}
