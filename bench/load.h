/*
 * load: who sends what to whom, and what came of it.
 *
 * A load attaches its ports, starts its stations, lets them warm up, and then
 * looks twice at counters and clock: everything is measured between the two
 * looks, at the receivers.  Loss is counted over the whole life of the load,
 * when the last frame under way has arrived.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "bench/peer.h"
#include "bench/station.h"

struct err;

struct load_config {
	const struct load_mode *mode;
	const struct peer_ops *kind;
	const struct peer_ops *receiver_kind;
	const char **dirs; /* of segments, used in turn by idle ports */
	size_t n_dirs;
	unsigned n_busy;      /* ports that take part */
	unsigned n_idle;      /* ports that are attached and never read */
	unsigned n_stalled;   /* receivers that never read */
	unsigned n_left_out;  /* pairs that do not count; >= n_stalled */
	unsigned n_addresses; /* of each busy port, at least 1 */
	size_t frame_len;
	size_t burst;	   /* frames a call */
	uint64_t rate_fps; /* of each sender; 0 = as fast as it goes */
	unsigned warmup_ms, window_ms;
	int cpu;	  /* of the stations; -1 = any */
	pid_t switch_pid; /* whose CPU time is asked for; 0 = nobody's */
};

struct load {
	const struct load_config *config;
	struct peer *peers; /* n_busy, then n_idle */
	size_t n_peers;
	struct station_shared *shared;
	struct load_station *stations;
	size_t n_stations;
};

/* What one process of the load has been given. */
struct load_station {
	const struct load *load;
	struct station_counters *counters;
	struct peer *peers; /* borrowed */
	unsigned n_peers;
	struct mac to;	  /* of a sender */
	unsigned copies;  /* of each frame that it sends should arrive */
	bool is_sender;	  /* it ends by itself when it is told to stop */
	bool is_left_out; /* does not count: its receiver is stalled */
	pid_t pid;
};

struct load_mode {
	const char *name;
	unsigned busy_min;
	bool is_even; /* takes pairs of ports */
	/* Start the stations, by load_add(). */
	int (*start)(struct load *load, struct err *err);
};

extern const struct load_mode mode_flow, mode_broadcast, mode_pingpong,
    mode_turns, mode_idle;

/** load_run() - Return: what was measured, an object that the caller owns; NULL
 * with @err set */
json_t *load_run(const struct load_config *config, struct err *err);

/**
 * load_add() - for load_mode.start: one more process
 * @station: copied
 *
 * Return: 0; -errno with @err set.
 */
int load_add(struct load *load, const struct load_station *station,
	     station_fn *fn, struct err *err);

/** load_count() - a frame came: into the counters of @station
 *
 * Return: its number; UINT64_MAX for one that is not for @self. */
uint64_t load_count(const struct load_station *station, const struct mac *self,
		    const uint8_t *frame, size_t len);

/** load_fail() - the station ends for @error, -errno */
void load_fail(const struct load_station *station, int error);

#endif /* BENCH_LOAD_H */
