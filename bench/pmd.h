/*
 * pmd: DPDK's test program, dpdk-testpmd, with two virtio-user devices: a
 * client of vhost-user ports that is nobody's of ours.  What one device gets
 * the other one sends, to the first one's address, so that the frames it was
 * started with go round through the switch for ever.
 */
#ifndef BENCH_PMD_H
#define BENCH_PMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/child.h"

struct err;

enum { PMD_DEVICES = 2, PMD_SEGMENT_MAX = 15000, PMD_BURST = 32 };

struct pmd_config {
	const char *sockets[PMD_DEVICES];
	bool listens; /* who connects is the switch */
	bool is_packed;
	unsigned frame_len;
	/* One frame under way from each device; else some hundreds. */
	bool is_alone;
	int cpu;
};

/* Of both devices, since the program runs. */
struct pmd_stats {
	uint64_t received[PMD_DEVICES];
	/* A second, since it was asked the last time. */
	uint64_t rate_fps[PMD_DEVICES];
};

struct pmd {
	const struct pmd_config *config; /* borrowed */
	struct child child;
	int input;	  /* what it is told goes here, owned */
	unsigned n_asked; /* for statistics */
};

/**
 * pmd_start() - until it is attached and waits for commands
 *
 * Return: 0; -ENOENT: it is not installed; other -errno; all with @err set and
 *         nothing to clean up.
 */
int pmd_start(struct pmd *pmd, const struct pmd_config *config,
	      struct runner *runner, struct err *err);
/** pmd_forward() - send the first frames, and then what comes; or stop that */
int pmd_forward(struct pmd *pmd, bool on, struct err *err);
/** pmd_ask() - Return: 0; -errno with @err set. */
int pmd_ask(struct pmd *pmd, struct pmd_stats *stats, struct err *err);
void pmd_stop(struct pmd *pmd);

/**
 * pmd_stats_parse() - pure: the last answer of @n in what it has printed
 *
 * Return: false: they are not all there yet.
 */
bool pmd_stats_parse(const char *output, unsigned n, struct pmd_stats *stats);

#endif /* BENCH_PMD_H */
