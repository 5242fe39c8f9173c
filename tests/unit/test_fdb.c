#include "switch/fdb.h"

#include <errno.h>
#include <stdio.h>
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

/* ---- growth ---- */

START_TEST(a_table_that_grows_keeps_what_it_knows)
{
	enum { N = 5000 };
	struct fdb *big = fdb_new(N, AGEING_MS, &key);
	struct mac m;

	for (uint32_t i = 0; i < N; i++) {
		m = nth(i);
		ck_assert_int_eq(fdb_learn(big, &m, i % 4096, i % 7, i / 10),
				 FDB_ADDED);
	}
	for (uint32_t i = 0; i < N; i++) {
		m = nth(i);
		ck_assert_uint_eq(fdb_lookup(big, &m, i % 4096, 500), i % 7);
	}
	m = nth(N);
	ck_assert_int_eq(fdb_learn(big, &m, 0, 3, 500), FDB_EVICTED);
	ck_assert_uint_eq(fdb_count(big), N);
	ck_assert_uint_eq(fdb_flush_port(big, 3), N / 7 + 1);
	ck_assert_uint_eq(fdb_expire(big, 500 + AGEING_MS), N - N / 7 - 1);
	ck_assert_uint_eq(fdb_count(big), 0);
	fdb_free(big);
}
END_TEST

/* ---- hints ---- */

START_TEST(a_hint_never_changes_the_answer)
{
	fdb_hint_t hints[] = { 0, 1, 7, 8, 12345, UINT32_MAX };

	learn_nth(1, 1, 0);
	learn_nth(2, 2, 0);
	for (size_t k = 0; k < sizeof(hints) / sizeof(hints[0]); k++) {
		fdb_hint_t hint = hints[k];
		struct mac one = nth(1), two = nth(2), none = nth(3);

		ck_assert_uint_eq(fdb_lookup_hinted(fdb, &one, 0, 1, &hint), 1);
		ck_assert_uint_eq(fdb_lookup_hinted(fdb, &one, 0, 1, &hint), 1);
		ck_assert_uint_eq(fdb_lookup_hinted(fdb, &one, 5, 1, &hint),
				  PORT_NONE);
		ck_assert_uint_eq(fdb_lookup_hinted(fdb, &two, 0, 1, &hint), 2);
		ck_assert_uint_eq(fdb_lookup_hinted(fdb, &none, 0, 1, &hint),
				  PORT_NONE);
		ck_assert_int_eq(fdb_learn_hinted(fdb, &two, 0, 2, 1, &hint),
				 FDB_REFRESHED);
	}
}
END_TEST

START_TEST(a_hint_to_an_entry_that_is_gone_finds_nothing)
{
	struct mac one = nth(1), other = nth(9);
	fdb_hint_t hint = 0;

	learn_nth(1, 1, 0);
	ck_assert_uint_eq(fdb_lookup_hinted(fdb, &one, 0, 0, &hint), 1);
	fdb_flush(fdb);
	ck_assert_uint_eq(fdb_lookup_hinted(fdb, &one, 0, 0, &hint), PORT_NONE);
	fdb_learn(fdb, &other, 0, 2, 0); /* in the same place */
	ck_assert_uint_eq(fdb_lookup_hinted(fdb, &one, 0, 0, &hint), PORT_NONE);
}
END_TEST

/* ---- static entries ---- */

START_TEST(a_static_entry_neither_ages_nor_moves_nor_is_flushed)
{
	struct fdb_entry entry;

	learn_nth(1, 1, 0);
	ck_assert_int_eq(fdb_set_static(fdb, &A, 7, 2), 0);
	ck_assert_int_eq(fdb_learn(fdb, &A, 7, 3, 5), FDB_STATIC);
	ck_assert_int_eq(fdb_learn(fdb, &A, 7, 2, 5), FDB_STATIC);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 7, 100 * AGEING_MS), 2);
	fdb_expire(fdb, 100 * AGEING_MS);
	fdb_flush(fdb);
	fdb_flush_port(fdb, 2);
	ck_assert(fdb_find(fdb, &A, 7, 100 * AGEING_MS, &entry));
	ck_assert(entry.is_static);
	ck_assert_uint_eq(entry.port, 2);
	ck_assert_uint_eq(entry.age_ms, 0);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 5), PORT_NONE);
}
END_TEST

START_TEST(a_static_entry_takes_the_place_of_a_learned_one)
{
	fdb_learn(fdb, &A, 0, 1, 0);
	fdb_learn(fdb, &B, 0, 1, 0);
	ck_assert_int_eq(fdb_set_static(fdb, &A, 0, 2), 0);
	ck_assert_uint_eq(fdb_count(fdb), 2);
	ck_assert_uint_eq(fdb_n_static(fdb), 1);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 0), 2);
	ck_assert_int_eq(fdb_set_static(fdb, &A, 0, 3), 0); /* again */
	ck_assert_uint_eq(fdb_n_static(fdb), 1);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 0), 3);
	ck_assert_uint_eq(fdb_flush_port(fdb, 1), 1);
	ck_assert_uint_eq(fdb_flush_port(fdb, 3), 0);
	fdb_drop_port(fdb, 3);
	ck_assert_uint_eq(fdb_count(fdb), 0);
	ck_assert_uint_eq(fdb_n_static(fdb), 0);
}
END_TEST

START_TEST(half_of_a_table_may_be_static_and_learning_goes_on)
{
	struct mac m;

	for (uint32_t i = 0; i < CAPACITY; i++)
		learn_nth(100 + i, 1, i);
	for (uint32_t i = 0; i < CAPACITY / 2; i++) {
		m = nth(i);
		ck_assert_int_eq(fdb_set_static(fdb, &m, 0, 5), 0);
	}
	m = nth(CAPACITY);
	ck_assert_int_eq(fdb_set_static(fdb, &m, 0, 5), -ENOSPC);
	ck_assert_uint_eq(fdb_count(fdb), CAPACITY);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_int_eq(learn_nth(1000 + i, 2, 100), FDB_EVICTED);
	for (uint32_t i = 0; i < CAPACITY / 2; i++)
		ck_assert_uint_eq(lookup_nth(i, 100), 5);
	ck_assert_uint_eq(lookup_nth(1099, 100), 2);
}
END_TEST

START_TEST(a_table_of_one_has_no_room_for_static_entries)
{
	struct fdb *one = fdb_new(1, AGEING_MS, &key);

	ck_assert_int_eq(fdb_set_static(one, &A, 0, 1), -ENOSPC);
	ck_assert_int_eq(fdb_learn(one, &A, 0, 1, 0), FDB_ADDED);
	fdb_free(one);
}
END_TEST

START_TEST(what_is_no_station_is_not_set_either)
{
	ck_assert_int_eq(fdb_set_static(fdb, &no_stations[_i], 0, 1), -EINVAL);
	ck_assert_uint_eq(fdb_count(fdb), 0);
}
END_TEST

START_TEST(any_entry_can_be_deleted_by_its_name)
{
	fdb_learn(fdb, &A, 0, 1, 0);
	fdb_set_static(fdb, &B, 3, 1);
	ck_assert_int_eq(fdb_del(fdb, &A, 3), -ENOENT);
	ck_assert_int_eq(fdb_del(fdb, &B, 0), -ENOENT);
	ck_assert_int_eq(fdb_del(fdb, &A, 0), 0);
	ck_assert_int_eq(fdb_del(fdb, &B, 3), 0);
	ck_assert_int_eq(fdb_del(fdb, &B, 3), -ENOENT);
	ck_assert_uint_eq(fdb_count(fdb), 0);
	ck_assert_uint_eq(fdb_n_static(fdb), 0);
}
END_TEST

/* ---- moves ---- */

static enum fdb_result
move_once(uint32_t i, uint64_t now_ms)
{
	enum fdb_result would = fdb_would_learn(fdb, &A, 0, 1 + i % 2, now_ms);
	enum fdb_result did = fdb_learn(fdb, &A, 0, 1 + i % 2, now_ms);

	ck_assert_int_eq(would, did);
	return did;
}

START_TEST(an_address_flaps_when_it_moves_more_than_ten_times_a_second)
{
	struct fdb_entry entry;
	uint32_t i;

	fdb_learn(fdb, &A, 0, 1, 0);
	for (i = 1; i <= FDB_FLAP_MOVES; i++)
		ck_assert_int_eq(move_once(i, 100), FDB_MOVED);
	ck_assert_int_eq(move_once(i++, 100 + FDB_FLAP_MS - 1), FDB_FLAPPING);
	ck_assert_int_eq(move_once(i++, 100 + FDB_FLAP_MS - 1), FDB_FLAPPING);
	ck_assert_int_eq(move_once(i++, 100 + FDB_FLAP_MS), FDB_MOVED);
	ck_assert(fdb_find(fdb, &A, 0, 100 + FDB_FLAP_MS, &entry));
	ck_assert_uint_eq(entry.n_moves, FDB_FLAP_MOVES + 3);
	ck_assert_uint_eq(entry.port, 2);
	ck_assert_uint_eq(entry.moved_from, 1);
}
END_TEST

START_TEST(an_address_that_moves_ten_times_a_second_does_not_flap)
{
	fdb_learn(fdb, &A, 0, 1, 0);
	for (uint32_t i = 1; i <= 100; i++)
		ck_assert_int_eq(move_once(i, 100 * i), FDB_MOVED);
}
END_TEST

START_TEST(asking_what_would_be_learned_changes_nothing)
{
	struct fdb_entry entry;

	ck_assert_int_eq(fdb_would_learn(fdb, &A, 0, 1, 0), FDB_ADDED);
	ck_assert_uint_eq(fdb_count(fdb), 0);
	fdb_learn(fdb, &A, 0, 1, 0);
	ck_assert_int_eq(fdb_would_learn(fdb, &A, 0, 1, 50), FDB_REFRESHED);
	ck_assert_int_eq(fdb_would_learn(fdb, &A, 0, 2, 50), FDB_MOVED);
	ck_assert(fdb_find(fdb, &A, 0, 50, &entry));
	ck_assert_uint_eq(entry.age_ms, 50);
	ck_assert_uint_eq(entry.port, 1);
	ck_assert_int_eq(fdb_would_learn(fdb, &no_stations[0], 0, 1, 0),
			 FDB_REFUSED);
	for (uint32_t i = 1; i < CAPACITY; i++)
		learn_nth(i, 1, 50);
	ck_assert_int_eq(fdb_would_learn(fdb, &B, 0, 1, 50), FDB_EVICTED);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 50), 1);
}
END_TEST

START_TEST(a_new_ageing_time_holds_for_what_is_known_already)
{
	fdb_learn(fdb, &A, 0, 1, 0);
	fdb_set_ageing(fdb, 10);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 9), 1);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 10), PORT_NONE);
	fdb_set_ageing(fdb, 5000);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 4999), 1);
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
		ck_assert_int_eq(got == FDB_MOVED || got == FDB_FLAPPING,
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

START_TEST(an_address_stays_while_it_is_held)
{
	fdb_set_hold(fdb, 3000);
	fdb_set_ageing(fdb, 10000);
	fdb_learn(fdb, &A, 0, 1, 1000);
	ck_assert_int_eq(fdb_would_learn(fdb, &A, 0, 2, 3999), FDB_KEPT);
	ck_assert_int_eq(fdb_learn(fdb, &A, 0, 2, 3999), FDB_KEPT);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 3999), 1);
	/* That somebody else has its address does not keep it there. */
	ck_assert_int_eq(fdb_learn(fdb, &A, 0, 2, 4000), FDB_MOVED);
	ck_assert_uint_eq(fdb_lookup(fdb, &A, 0, 4000), 2);
}
END_TEST

static char watched[256];

static void
watch(const struct fdb_entry *entry, bool added, void *arg)
{
	size_t len = strlen(watched);

	ck_assert_ptr_eq(arg, watched);
	snprintf(watched + len, sizeof(watched) - len, "%c%02x@%u ",
		 added ? '+' : '-', entry->mac.b[MAC_LEN - 1], entry->port);
}

START_TEST(who_watches_hears_of_all_that_come_and_go)
{
	watched[0] = '\0';
	fdb_watch(fdb, watch, watched);
	fdb_learn(fdb, &A, 0, 1, 0);
	fdb_learn(fdb, &A, 0, 1, 1);
	fdb_learn(fdb, &A, 0, 2, 2); /* a move */
	fdb_learn(fdb, &B, 0, 1, 3);
	fdb_flush_port(fdb, 2);
	fdb_set_static(fdb, &A, 0, 3);
	fdb_set_static(fdb, &B, 0, 3);
	fdb_del(fdb, &A, 0);
	ck_assert_str_eq(watched, "+0a@1 +0b@1 -0a@2 +0a@3 -0a@3 ");
	fdb_watch(fdb, NULL, NULL);
	fdb_del(fdb, &B, 0);
	ck_assert_str_eq(watched, "+0a@1 +0b@1 -0a@2 +0a@3 -0a@3 ");
}
END_TEST

static void
learn_many(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		learn_nth(i, 1, i);
}

START_TEST(a_table_can_grow_and_shrink_to_what_it_holds)
{
	fdb_free(fdb);
	fdb = fdb_new(20, 1000 * 1000, &(struct siphash_key){ 1, 2 });
	learn_many(0, 30);
	ck_assert_uint_eq(fdb_count(fdb), 20);
	ck_assert_int_eq(fdb_set_max(fdb, 19), -ENOSPC);
	ck_assert_uint_eq(fdb_max(fdb), 20);
	ck_assert_int_eq(fdb_set_max(fdb, 300), 0);
	learn_many(30, 1000);
	ck_assert_uint_eq(fdb_count(fdb), 300);
	fdb_flush(fdb);
	ck_assert_int_eq(fdb_set_max(fdb, 10), 0);
	learn_many(0, 300);
	ck_assert_uint_eq(fdb_count(fdb), 10);
	for (uint32_t i = 0; i < 300; i++)
		ck_assert_uint_eq(lookup_nth(i, 300), i < 290 ? PORT_NONE : 1);
}
END_TEST

START_TEST(half_of_a_smaller_table_must_hold_what_is_static)
{
	fdb_set_max(fdb, 100);
	for (uint32_t i = 0; i < 10; i++) {
		struct mac mac = nth(i);

		ck_assert_int_eq(fdb_set_static(fdb, &mac, 0, 1), 0);
	}
	ck_assert_int_eq(fdb_set_max(fdb, 19), -ENOSPC);
	ck_assert_int_eq(fdb_set_max(fdb, 20), 0);
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
		{ a_table_that_grows_keeps_what_it_knows, 0 },
		{ a_hint_never_changes_the_answer, 0 },
		{ a_hint_to_an_entry_that_is_gone_finds_nothing, 0 },
		{ a_static_entry_neither_ages_nor_moves_nor_is_flushed, 0 },
		{ a_static_entry_takes_the_place_of_a_learned_one, 0 },
		{ half_of_a_table_may_be_static_and_learning_goes_on, 0 },
		{ a_table_of_one_has_no_room_for_static_entries, 0 },
		{ what_is_no_station_is_not_set_either,
		  UNIT_ROWS(no_stations) },
		{ any_entry_can_be_deleted_by_its_name, 0 },
		{ an_address_flaps_when_it_moves_more_than_ten_times_a_second,
		  0 },
		{ an_address_that_moves_ten_times_a_second_does_not_flap, 0 },
		{ asking_what_would_be_learned_changes_nothing, 0 },
		{ a_new_ageing_time_holds_for_what_is_known_already, 0 },
		{ an_address_stays_while_it_is_held, 0 },
		{ who_watches_hears_of_all_that_come_and_go, 0 },
		{ the_table_does_what_a_naive_one_does, 8 },
		{ a_table_can_grow_and_shrink_to_what_it_holds, 0 },
		{ half_of_a_smaller_table_must_hold_what_is_static, 0 },
		{ NULL, 0 },
	};

	return unit_run("fdb", tests, setup, teardown);
}
