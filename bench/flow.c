/* One-way traffic: senders and receivers in pairs, or one sender to all. */
#include <errno.h>
#include <time.h>

#include "bench/load.h"
#include "bench/now.h"
#include "lib/err.h"

static const struct mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* ---- senders ---- */

/* Until it is time for frame @number; who is late goes on at once. */
static void
pace(uint64_t start_ns, uint64_t rate_fps, uint64_t number)
{
	uint64_t due_ns = start_ns + number / rate_fps * NS_PER_S +
			  number % rate_fps * NS_PER_S / rate_fps;
	struct timespec due = { .tv_sec = (time_t)(due_ns / NS_PER_S),
				.tv_nsec = (long)(due_ns % NS_PER_S) };

	if (due_ns > now_ns())
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void
run_sender(struct station_shared *shared, struct station_counters *counters,
	   void *arg)
{
	const struct load_station *station = arg;
	const struct load_config *config = station->load->config;
	struct peer *peer = station->peers;
	uint64_t start_ns = now_ns(), n_sent = 0;
	struct burst burst;
	int ret = burst_init(&burst, &station->to, &peer->mac,
			     config->frame_len, config->burst);

	while (ret == 0 && !station_flag(&shared->stop)) {
		if (config->rate_fps > 0)
			pace(start_ns, config->rate_fps, n_sent);
		burst_number(&burst, n_sent);
		if (config->n_addresses > 1)
			burst_address_each(&burst, &station->to, &peer->mac,
					   n_sent, config->n_addresses);
		ret = peer->ops->send(peer, &burst);
		n_sent += burst.n_frames;
		if (ret == 0)
			station_add(&counters->sent, burst.n_frames);
	}
	load_fail(station, ret);
	burst_fini(&burst);
}

/* ---- receivers ---- */

struct receiver {
	const struct load_station *station;
	uint64_t next; /* the number that should come, at least */
};

static void
on_frame(void *arg, const uint8_t *frame, size_t len)
{
	struct receiver *receiver = arg;
	const struct load_station *station = receiver->station;
	uint64_t number = load_count(station, &station->peers->mac, frame, len);

	if (number == UINT64_MAX)
		return;
	if (number < receiver->next)
		station_add(&station->counters->disordered, 1);
	receiver->next = number + 1;
}

static void
run_receiver(struct station_shared *shared, struct station_counters *counters,
	     void *arg)
{
	struct receiver receiver = { .station = arg };
	struct peer *peer = receiver.station->peers;
	int ret;

	(void)shared;
	do {
		ret = peer->ops->recv(peer, 0, on_frame, &receiver);
		station_add(&counters->calls, 1);
	} while (ret >= 0);
	load_fail(receiver.station, ret);
}

/* ---- who is who ---- */

static int
add_receiver(struct load *load, unsigned port, bool is_left_out,
	     struct err *err)
{
	struct load_station receiver = { .peers = &load->peers[port],
					 .n_peers = 1,
					 .is_left_out = is_left_out };

	return load_add(load, &receiver, run_receiver, err);
}

/* Ports 0, 2, 4, ... send to 1, 3, 5, ...; the first receivers are those that
 * never read. */
static int
start_flow(struct load *load, struct err *err)
{
	const struct load_config *config = load->config;
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < config->n_busy / 2; i++) {
		struct load_station sender = {
			.peers = &load->peers[2 * i],
			.n_peers = 1,
			.to = load->peers[2 * i + 1].mac,
			.copies = 1,
			.is_sender = true,
			.is_left_out = i < config->n_left_out,
		};

		if (i >= config->n_stalled)
			ret = add_receiver(load, 2 * i + 1, sender.is_left_out,
					   err);
		if (ret == 0)
			ret = load_add(load, &sender, run_sender, err);
	}
	return ret;
}

static int
start_broadcast(struct load *load, struct err *err)
{
	struct load_station sender = {
		.peers = load->peers,
		.n_peers = 1,
		.to = everybody,
		.copies = load->config->n_busy - 1,
		.is_sender = true,
	};
	int ret = 0;

	for (unsigned i = 1; ret == 0 && i < load->config->n_busy; i++)
		ret = add_receiver(load, i, false, err);
	return ret == 0 ? load_add(load, &sender, run_sender, err) : ret;
}

static int
start_nothing(struct load *load, struct err *err)
{
	(void)load;
	(void)err;
	return 0;
}

const struct load_mode mode_flow = {
	.name = "flow", .busy_min = 2, .is_even = true, .start = start_flow
};
const struct load_mode mode_broadcast = { .name = "broadcast",
					  .busy_min = 2,
					  .start = start_broadcast };
const struct load_mode mode_idle = { .name = "idle", .start = start_nothing };
