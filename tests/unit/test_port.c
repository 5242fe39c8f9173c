/* What a port lets in, and what happens when its peer does not read. */
#include "switch/port.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

static struct rig rig;

static void
setup(void)
{
	rig_init(&rig, 3);
	rig_learn_all(&rig);
}

static void
teardown(void)
{
	rig_fini(&rig);
}

/* ---- lengths ---- */

static const struct {
	size_t len;
	bool good;
	enum drop_reason reason;
} lengths[] = {
	{ 0, false, DROP_RUNT },
	{ 13, false, DROP_RUNT },
	{ 14, true, 0 },
	{ 15, true, 0 },
	{ 59, true, 0 },
	{ 60, true, 0 },
	{ 61, true, 0 },
	{ 1514, true, 0 },
	{ 2048, true, 0 },
	{ 2049, true, 0 },
	{ FRAME_LEN_MAX, true, 0 },
	{ FRAME_LEN_MAX + 1, false, DROP_OVERSIZE },
	{ FRAME_BLOCK_SIZE, false, DROP_OVERSIZE },
};

START_TEST(frames_of_14_to_65550_octets_cross_whole_and_no_others)
{
	size_t len = lengths[_i].len;
	const struct port_counters *c = &rig.ports[0]->counters;
	uint64_t rx_before = c->rx_frames;
	uint8_t *data = malloc(len + 1);

	rig_send(&rig, 0, 1, 0, len);
	ck_assert_uint_eq(c->rx_frames, rx_before + 1);
	ck_assert_uint_eq(rig_sent(&rig, 1), lengths[_i].good);
	if (lengths[_i].good) {
		const struct frame *frame = dummy_sent(rig.ports[1], 0);

		rig_fill(data, len, 1, 0);
		ck_assert_uint_eq(frame->len, len);
		ck_assert_mem_eq(frame->data, data, len);
		for (size_t i = len; i < frame_wire_len(frame); i++)
			ck_assert_uint_eq(frame->data[i], 0);
	} else {
		ck_assert_uint_eq(c->rx_drops[lengths[_i].reason], 1);
	}
	free(data);
}
END_TEST

/* mtu + 14, and 4 more for each of at most two tags */
static const struct {
	uint32_t mtu;
	int n_tags;
	size_t max;
} mtus[] = {
	{ 68, 0, 82 },	     { 1500, 0, 1514 },	  { 1500, 1, 1518 },
	{ 1500, 2, 1522 },   { 1500, 3, 1522 },	  { 9000, 0, 9014 },
	{ 65535, 0, 65549 }, { 65535, 1, 65550 }, { 65536, 2, 65550 },
};

static void
send_with_tags(size_t len, int n_tags)
{
	uint8_t *data = malloc(len);

	rig_fill(data, len, 1, 0);
	for (int i = 0; i < n_tags; i++) {
		data[12 + 4 * i] = i == 0 && n_tags > 1 ? 0x88 : 0x81;
		data[13 + 4 * i] = i == 0 && n_tags > 1 ? 0xa8 : 0x00;
	}
	dummy_inject(rig.ports[0], data, len);
	rig_assert_books(&rig);
	free(data);
}

START_TEST(the_mtu_bounds_a_frame_without_its_tags)
{
	rig.ports[0]->mtu = mtus[_i].mtu;
	send_with_tags(mtus[_i].max, mtus[_i].n_tags);
	ck_assert_uint_eq(rig_drops(&rig, DROP_OVERSIZE), 0);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	send_with_tags(mtus[_i].max + 1, mtus[_i].n_tags);
	ck_assert_uint_eq(rig_drops(&rig, DROP_OVERSIZE), 1);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
}
END_TEST

START_TEST(runts_cut_from_a_block_are_padded_without_harm)
{
	struct frame_block *block = frame_block_new(rig.sw->lane->pool);
	uint8_t *data = frame_block_data(block);
	struct frame *frames[2];

	rig_fill(data, 20, 1, 0);
	rig_fill(data + 20, 100, 1, 0);
	frames[0] = frame_block_cut(block, 0, 20);
	frames[1] = frame_block_cut(block, 20, 100);
	port_input(rig.ports[0], frames, 2);
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_sent(&rig, 1), 2);
	ck_assert_uint_eq(dummy_sent(rig.ports[1], 0)->data[20], 0);
	ck_assert_uint_eq(dummy_sent(rig.ports[1], 1)->data[0], 2);
	frame_block_free(block);
}
END_TEST

START_TEST(drops_that_a_kind_reports_are_in_the_books)
{
	const struct port_counters *c = &rig.ports[0]->counters;
	uint64_t rx_before = c->rx_frames, bytes_before = c->rx_bytes;

	port_rx_drop(rig.ports[0], DROP_NO_BUFFER, 3, 300);
	rig_assert_books(&rig);
	ck_assert_uint_eq(c->rx_frames, rx_before + 3);
	ck_assert_uint_eq(c->rx_bytes, bytes_before + 300);
	ck_assert_uint_eq(c->rx_drops[DROP_NO_BUFFER], 3);
}
END_TEST

/* ---- the queue ---- */

static void
send_n(size_t len, size_t n)
{
	for (; n >= FRAME_BATCH; n -= FRAME_BATCH)
		rig_send_batch(&rig, 0, 1, 0, len, FRAME_BATCH);
	if (n > 0)
		rig_send_batch(&rig, 0, 1, 0, len, n);
}

/* The frame limit and the octet limit, both sides of each. */
static const struct {
	size_t len, n, n_queued;
} queues[] = {
	{ 60, 511, 511 },   { 60, 512, 512 },	{ 60, 513, 512 },
	{ 60, 2000, 512 },  { 2048, 512, 512 }, /* just 1 MiB */
	{ 2049, 512, 511 }, { 65536, 16, 16 },	/* just 1 MiB */
	{ 65536, 17, 16 },  { 65550, 16, 15 },
};

START_TEST(a_port_queues_512_frames_and_one_mib)
{
	dummy_set_credit(rig.ports[1], 0);
	send_n(queues[_i].len, queues[_i].n);
	ck_assert_uint_eq(port_queued(rig.ports[1]), queues[_i].n_queued);
	ck_assert_uint_eq(rig.ports[1]->counters.tx_drops[DROP_QUEUE_FULL],
			  queues[_i].n - queues[_i].n_queued);
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	rig_assert_books(&rig);
	ck_assert_uint_eq(port_queued(rig.ports[1]), 0);
	ck_assert_uint_eq(rig_sent(&rig, 1), queues[_i].n_queued);
}
END_TEST

START_TEST(a_full_queue_drops_its_newest_frames)
{
	dummy_set_credit(rig.ports[1], 0);
	send_n(60, 512);
	send_n(61, 100);
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	ck_assert_uint_eq(rig_sent(&rig, 1), 512);
	for (size_t i = 0; i < 512; i++)
		ck_assert_uint_eq(dummy_sent(rig.ports[1], i)->len, 60);
}
END_TEST

START_TEST(a_burst_of_large_frames_to_a_fast_reader_loses_nothing)
{
	rig_send_batch(&rig, 0, 1, 0, FRAME_LEN_MAX, FRAME_BATCH); /* 4 MiB */
	ck_assert_uint_eq(rig_sent(&rig, 1), FRAME_BATCH);
}
END_TEST

START_TEST(what_comes_in_one_turn_leaves_at_its_end)
{
	size_t n_before = dummy_n_transmits(rig.ports[1]);

	port_turn_begin(rig.ports[0]);
	for (int i = 0; i < PORT_TURN_FRAMES / FRAME_BATCH; i++)
		rig_send_batch(&rig, 0, 1, 0, 60, FRAME_BATCH);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[1]), n_before);
	port_turn_end(rig.ports[0]);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[1]), n_before + 1);
	ck_assert_uint_eq(rig_sent(&rig, 1), PORT_TURN_FRAMES);
	rig_assert_books(&rig);
}
END_TEST

START_TEST(a_slow_reader_hurts_only_itself)
{
	dummy_set_credit(rig.ports[1], 0);
	for (int i = 0; i < 20; i++)
		rig_send_batch(&rig, 0, RIG_BROADCAST, 0, 60, FRAME_BATCH);
	ck_assert_uint_eq(rig_sent(&rig, 2), 20 * FRAME_BATCH);
	ck_assert_uint_eq(rig.ports[1]->counters.tx_drops[DROP_QUEUE_FULL],
			  20 * FRAME_BATCH - PORT_QUEUE_FRAMES);
	ck_assert_uint_eq(rig.ports[2]->counters.tx_drops[DROP_QUEUE_FULL], 0);
}
END_TEST

START_TEST(a_blocked_port_is_left_alone_until_it_says_that_it_can_write)
{
	dummy_set_credit(rig.ports[1], 0);
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[1]), 1);
	rig_send(&rig, 0, 1, 0, 60);
	ck_assert_uint_eq(dummy_n_transmits(rig.ports[1]), 1);
	dummy_set_credit(rig.ports[1], 1);
	ck_assert_uint_eq(rig_sent(&rig, 1), 1);
	ck_assert_uint_eq(port_queued(rig.ports[1]), 1);
	rig_assert_books(&rig);
	dummy_set_credit(rig.ports[1], 5);
	ck_assert_uint_eq(rig_sent(&rig, 1), 2);
	rig_assert_books(&rig);
}
END_TEST

START_TEST(the_order_of_frames_survives_the_ring)
{
	size_t len = 60, want = 60;

	for (int round = 0; round < 40; round++) {
		size_t n = 1 + (size_t)round % FRAME_BATCH;

		dummy_set_credit(rig.ports[1], 0);
		for (size_t i = 0; i < n; i++, len++)
			rig_send(&rig, 0, 1, 0, len);
		dummy_set_credit(rig.ports[1], n);
	}
	for (size_t i = 0; i < rig_sent(&rig, 1); i++, want++)
		ck_assert_uint_eq(dummy_sent(rig.ports[1], i)->len, want);
	ck_assert_uint_eq(want, len);
}
END_TEST

START_TEST(what_waits_does_not_pin_the_block_it_was_cut_from)
{
	struct frame_block *block = frame_block_new(rig.sw->lane->pool);
	struct frame *frames[2];

	dummy_set_credit(rig.ports[1], 0);
	rig_fill(frame_block_data(block), 200, 1, 0);
	rig_fill(frame_block_data(block) + 100, 100, 1, 0);
	frames[0] = frame_block_cut(block, 0, 100);
	frames[1] = frame_block_cut(block, 100, 100);
	port_input(rig.ports[0], frames, 2); /* finds the port full */
	ck_assert(!frame_block_shared(block));
	frames[0] = frame_block_cut(block, 0, 100);
	port_input(rig.ports[0], frames, 1); /* knows that it is */
	ck_assert(!frame_block_shared(block));
	frame_block_free(block);
	dummy_set_credit(rig.ports[1], SIZE_MAX);
	ck_assert_uint_eq(rig_sent(&rig, 1), 3);
	ck_assert_uint_eq(dummy_sent(rig.ports[1], 2)->data[99],
			  (uint8_t)(99 * 7));
}
END_TEST

START_TEST(what_waits_is_finished_when_its_peer_cannot_any_more)
{
	struct port *port = rig.ports[1];
	struct frame *frame;

	port->takes = FRAME_TAKES_CHECKSUM;
	dummy_set_credit(port, 0);
	for (size_t len = 60; len < 64; len++) {
		frame = frame_alloc(rig.sw->lane->pool, len);
		rig_fill(frame->data, len, 1, 0);
		frame->len = (uint32_t)len;
		if (len % 2 == 0)
			frame->offload = (struct frame_offload){
				.needs_checksum = true,
				.checksum_start = 14,
				.checksum_offset = 16,
			};
		port_input(rig.ports[0], &frame, 1);
	}
	ck_assert_uint_eq(port_queued(port), 4);
	port_offloads_changed(port);
	ck_assert_uint_eq(port_queued(port), 4);
	rig_assert_books(&rig);
	dummy_set_credit(port, SIZE_MAX);
	ck_assert_uint_eq(rig_sent(&rig, 1), 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(dummy_sent(port, i)->len, 60 + i);
		ck_assert(frame_is_finished(dummy_sent(port, i)));
	}
	rig_assert_books(&rig);
}
END_TEST

START_TEST(frames_that_the_peer_refuses_are_drops_not_sent)
{
	const struct port_counters *c = &rig.ports[1]->counters;
	uint64_t tx_before = c->tx_frames, bytes_before = c->tx_bytes;

	dummy_set_broken(rig.ports[1], true);
	rig_send_batch(&rig, 0, 1, 0, 100, 5);
	dummy_set_broken(rig.ports[1], false);
	rig_send_batch(&rig, 0, 1, 0, 200, 2);
	ck_assert_uint_eq(c->tx_drops[DROP_SEND_ERROR], 5);
	ck_assert_uint_eq(c->tx_frames, tx_before + 2);
	ck_assert_uint_eq(c->tx_bytes, bytes_before + 400);
}
END_TEST

START_TEST(a_frame_sent_in_part_counts_as_queued)
{
	uint64_t before = port_read_counters(rig.ports[1]).tx_frames;

	rig_send_batch(&rig, 0, 1, 0, 100, 5);
	dummy_set_pending(rig.ports[1], 1);
	ck_assert_uint_eq(port_queued(rig.ports[1]), 1);
	ck_assert_uint_eq(port_read_counters(rig.ports[1]).tx_frames,
			  before + 4);
	rig_assert_books(&rig);
	dummy_set_pending(rig.ports[1], 0);
	ck_assert_uint_eq(port_read_counters(rig.ports[1]).tx_frames,
			  before + 5);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ frames_of_14_to_65550_octets_cross_whole_and_no_others,
		  UNIT_ROWS(lengths) },
		{ the_mtu_bounds_a_frame_without_its_tags, UNIT_ROWS(mtus) },
		{ runts_cut_from_a_block_are_padded_without_harm, 0 },
		{ drops_that_a_kind_reports_are_in_the_books, 0 },
		{ a_port_queues_512_frames_and_one_mib, UNIT_ROWS(queues) },
		{ a_full_queue_drops_its_newest_frames, 0 },
		{ a_burst_of_large_frames_to_a_fast_reader_loses_nothing, 0 },
		{ what_comes_in_one_turn_leaves_at_its_end, 0 },
		{ a_slow_reader_hurts_only_itself, 0 },
		{ a_blocked_port_is_left_alone_until_it_says_that_it_can_write,
		  0 },
		{ the_order_of_frames_survives_the_ring, 0 },
		{ what_waits_does_not_pin_the_block_it_was_cut_from, 0 },
		{ what_waits_is_finished_when_its_peer_cannot_any_more, 0 },
		{ frames_that_the_peer_refuses_are_drops_not_sent, 0 },
		{ a_frame_sent_in_part_counts_as_queued, 0 },
		{ NULL, 0 },
	};

	return unit_run("port", tests, setup, teardown);
}
