/* Traffic that waits for its answer: ping-pong between two ports, and one
 * frame under way from each of many ports. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "bench/load.h"
#include "bench/now.h"
#include "lib/err.h"

enum { LOST_AFTER_MS = 500, EVENTS_MAX = 1024, SILENCE_MS = 200 };

/* ---- ping-pong ---- */

struct answer {
	const struct load_station *station;
	uint64_t number; /* of the last frame that came; UINT64_MAX = none */
};

static void
on_answer(void *arg, const uint8_t *frame, size_t len)
{
	struct answer *answer = arg;
	uint64_t number = load_count(answer->station,
				     &answer->station->peers->mac, frame, len);

	if (number != UINT64_MAX)
		answer->number = number;
}

/* Until frame @number is here.  Return: 0; -EAGAIN when it is lost. */
static int
await(struct answer *answer, uint64_t number)
{
	struct peer *peer = answer->station->peers;
	int ret = 0;

	while (ret >= 0 && answer->number != number) {
		ret = peer->ops->recv(peer, 0, on_answer, answer);
		station_add(&answer->station->counters->calls, 1);
	}
	return ret < 0 ? ret : 0;
}

static void
note_round_trip(struct station_shared *shared, uint64_t ns)
{
	uint_fast32_t n = shared->n_samples;

	if (!station_flag(&shared->measuring) || n >= STATION_SAMPLES_MAX)
		return;
	shared->samples_ns[n] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
	shared->n_samples = n + 1;
}

static void
run_pinger(struct station_shared *shared, struct station_counters *counters,
	   void *arg)
{
	static const struct timeval patience = { .tv_usec =
						     LOST_AFTER_MS * 1000 };
	struct answer answer = { .station = arg, .number = UINT64_MAX };
	struct peer *peer = answer.station->peers;
	struct burst burst;
	int ret = burst_init(&burst, &answer.station->to, &peer->mac,
			     answer.station->load->config->frame_len, 1);

	setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	for (uint64_t n = 0; ret == 0 && !station_flag(&shared->stop); n++) {
		uint64_t sent_ns = now_ns();

		burst_number(&burst, n);
		ret = peer->ops->send(peer, &burst);
		if (ret < 0)
			break;
		station_add(&counters->sent, 1);
		ret = await(&answer, n);
		if (ret == 0)
			note_round_trip(shared, now_ns() - sent_ns);
		if (ret == -EAGAIN)
			ret = 0;
	}
	load_fail(answer.station, ret);
	burst_fini(&burst);
}

static void
run_echo(struct station_shared *shared, struct station_counters *counters,
	 void *arg)
{
	struct answer answer = { .station = arg, .number = UINT64_MAX };
	struct peer *peer = answer.station->peers;
	struct burst burst;
	int ret = burst_init(&burst, &answer.station->to, &peer->mac,
			     answer.station->load->config->frame_len, 1);

	(void)shared;
	(void)counters;
	while (ret >= 0) {
		ret = peer->ops->recv(peer, 0, on_answer, &answer);
		if (ret <= 0 || answer.number == UINT64_MAX)
			continue;
		burst_number(&burst, answer.number);
		answer.number = UINT64_MAX;
		ret = peer->ops->send(peer, &burst);
	}
	load_fail(answer.station, ret);
	burst_fini(&burst);
}

static int
start_pingpong(struct load *load, struct err *err)
{
	struct load_station pinger = {
		.peers = &load->peers[0],
		.n_peers = 1,
		.to = load->peers[1].mac,
		.copies = 1,
		.is_sender = true,
	};
	struct load_station echo = {
		.peers = &load->peers[1],
		.n_peers = 1,
		.to = load->peers[0].mac,
		.is_left_out = true, /* one round trip counts once */
	};
	int ret = load_add(load, &echo, run_echo, err);

	return ret == 0 ? load_add(load, &pinger, run_pinger, err) : ret;
}

/* ---- one frame a turn from each of many ports ---- */

struct turns {
	const struct load_station *station;
	unsigned port; /* that is being read */
	unsigned n_arrived;
	struct burst burst;
	uint64_t n_sent;
};

static void
on_turn(void *arg, const uint8_t *frame, size_t len)
{
	struct turns *turns = arg;
	const struct peer *self = &turns->station->peers[turns->port];

	if (load_count(turns->station, &self->mac, frame, len) != UINT64_MAX)
		turns->n_arrived++;
}

/* A frame from @port to its partner. */
static int
take_turn(struct turns *turns, unsigned port)
{
	const struct load_station *station = turns->station;
	struct peer *peer = &station->peers[port];
	int ret;

	burst_address(&turns->burst, &station->peers[port ^ 1].mac, &peer->mac);
	burst_number(&turns->burst, turns->n_sent++);
	ret = peer->ops->send(peer, &turns->burst);
	if (ret == 0)
		station_add(&station->counters->sent, 1);
	return ret;
}

/* Whatever has come is followed by one frame each, back. */
static int
read_port(struct turns *turns, unsigned port, bool stopping)
{
	struct peer *peer = &turns->station->peers[port];
	int ret;

	turns->port = port;
	turns->n_arrived = 0;
	ret = peer->ops->recv(peer, MSG_DONTWAIT, on_turn, turns);
	station_add(&turns->station->counters->calls, 1);
	if (ret == -EAGAIN)
		ret = 0;
	for (unsigned i = 0; ret >= 0 && !stopping && i < turns->n_arrived; i++)
		ret = take_turn(turns, port);
	return ret;
}

static int
all_take_turns(struct turns *turns)
{
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < turns->station->n_peers; i++)
		ret = take_turn(turns, i);
	return ret;
}

static int
watch_all(const struct load_station *station)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	for (unsigned i = 0; fd >= 0 && i < station->n_peers; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

		if (epoll_ctl(fd, EPOLL_CTL_ADD, station->peers[i].fd, &event) <
		    0)
			return -errno;
	}
	return fd >= 0 ? fd : -errno;
}

/* After a silence everything under way is lost: from the beginning.  Ends when
 * it is told to stop and nothing comes any more. */
static int
take_turns(struct turns *turns, struct station_shared *shared, int epoll)
{
	struct epoll_event events[EVENTS_MAX];
	int ret = all_take_turns(turns);

	while (ret >= 0) {
		bool stopping = station_flag(&shared->stop);
		int n = epoll_wait(epoll, events, EVENTS_MAX, SILENCE_MS);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && stopping)
			return 0;
		if (n == 0)
			ret = all_take_turns(turns);
		for (int i = 0; ret >= 0 && i < n; i++)
			ret = read_port(turns, events[i].data.u32, stopping);
	}
	return ret;
}

static void
run_turns(struct station_shared *shared, struct station_counters *counters,
	  void *arg)
{
	const struct load_station *station = arg;
	struct turns turns = { .station = station };
	int ret = burst_init(&turns.burst, &station->peers[0].mac,
			     &station->peers[0].mac,
			     station->load->config->frame_len, 1);
	int epoll = watch_all(station);

	(void)counters;
	if (ret == 0)
		ret = epoll;
	if (ret >= 0)
		ret = take_turns(&turns, shared, epoll);
	load_fail(station, ret);
	burst_fini(&turns.burst);
}

static int
start_turns(struct load *load, struct err *err)
{
	struct load_station all = {
		.peers = load->peers,
		.n_peers = load->config->n_busy,
		.copies = 1,
		.is_sender = true,
	};

	return load_add(load, &all, run_turns, err);
}

const struct load_mode mode_pingpong = {
	.name = "pingpong",
	.busy_min = 2,
	.is_even = true,
	.start = start_pingpong,
};
const struct load_mode mode_turns = {
	.name = "turns", .busy_min = 2, .is_even = true, .start = start_turns
};
