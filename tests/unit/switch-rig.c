#include "tests/unit/switch-rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <event2/event.h>

#include "lib/clock.h"

static const struct port_kind *const kinds[] = { &port_kind_dummy, NULL };

void
rig_init_config(struct rig *rig, size_t n_ports,
		const struct switch_config *config)
{
	struct switch_config c = *config;

	ck_assert_uint_le(n_ports, RIG_PORTS_MAX);
	*rig = (struct rig){ .n_ports = n_ports };
	rig->base = switch_base_new();
	rig->clock = clock_virtual_new(RIG_START_MS * NS_PER_MS);
	c.base = rig->base;
	c.clock = rig->clock;
	c.kinds = kinds;
	rig->sw = switch_new(&c);
	rig->segment = switch_add_segment(rig->sw, "lab", NULL);
	ck_assert_ptr_nonnull(rig->segment);
	for (size_t i = 0; i < n_ports; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%zu", i);
		rig->ports[i] =
		    switch_add_port(rig->segment, &port_kind_dummy, name,
				    PORT_MTU_DEFAULT, NULL, -1, NULL);
		ck_assert_ptr_nonnull(rig->ports[i]);
		dummy_record(rig->ports[i]);
	}
}

void
rig_init(struct rig *rig, size_t n_ports)
{
	static const struct switch_config none;

	rig_init_config(rig, n_ports, &none);
}

void
rig_fini(struct rig *rig)
{
	if (switch_find_segment(rig->sw, "lab") != NULL)
		rig_assert_books(rig);
	switch_free(rig->sw); /* asserts that every frame is back */
	clock_free(rig->clock);
	event_base_free(rig->base);
}

void
rig_fill(uint8_t *data, size_t len, uint8_t dst, uint8_t src)
{
	uint8_t header[14] = { 0x02, 0, 0, 0, 0,   dst,	 0x02,
			       0,    0, 0, 0, src, 0x88, 0xb5 };

	if (dst == RIG_BROADCAST)
		memset(header, 0xff, 6);
	for (size_t i = 0; i < len; i++)
		data[i] = i < sizeof(header) ? header[i] : (uint8_t)(i * 7);
}

void
rig_send_batch(struct rig *rig, size_t in, uint8_t dst, uint8_t src, size_t len,
	       size_t n)
{
	uint8_t *data = malloc(len > 0 ? len : 1); /* exact: ASan sees more */

	ck_assert_ptr_nonnull(data);
	rig_fill(data, len, dst, src);
	dummy_inject_batch(rig->ports[in], data, len, n);
	free(data);
	rig_assert_books(rig);
}

void
rig_send(struct rig *rig, size_t in, uint8_t dst, uint8_t src, size_t len)
{
	rig_send_batch(rig, in, dst, src, len, 1);
}

void
rig_learn_all(struct rig *rig)
{
	for (size_t i = 0; i < rig->n_ports; i++)
		rig_send(rig, i, RIG_BROADCAST, (uint8_t)i, 60);
	for (size_t i = 0; i < rig->n_ports; i++)
		dummy_record(rig->ports[i]);
}

size_t
rig_sent(const struct rig *rig, size_t i)
{
	return dummy_n_sent(rig->ports[i]);
}

uint64_t
rig_drops(const struct rig *rig, enum drop_reason reason)
{
	struct segment_stats stats;

	segment_read_stats(rig->segment, &stats);
	return stats.drops[reason];
}

uint64_t
rig_held(const struct rig *rig)
{
	struct segment_stats stats;

	segment_read_stats(rig->segment, &stats);
	return stats.held;
}

void
rig_assert_books(const struct rig *rig)
{
	struct segment_stats s;
	uint64_t drops = 0;

	segment_read_stats(rig->segment, &s);
	for (int i = 0; i < N_DROP_REASONS; i++)
		drops += s.drops[i];
	ck_assert_uint_eq(s.rx + s.made + s.copies,
			  s.tx + drops + s.queued + s.held);
	ck_assert(segment_stats_balance(&s));
}

void
rig_loop(struct rig *rig)
{
	event_base_loop(rig->base, EVLOOP_NONBLOCK);
	rig_assert_books(rig);
}

void
rig_remove(struct rig *rig, size_t i)
{
	switch_remove_port(rig->ports[i], "a test says so");
	rig->ports[i] = NULL;
	rig_assert_books(rig);
}
