/* contestant: who takes part in a comparison, and how it is started. */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include <stdbool.h>
#include <sys/types.h>

enum contestant {
	OURS,
	PEER,  /* vde_switch */
	BASE,  /* ours, with nobody idle, nobody stalled and no plugin */
	FLOOR, /* bench/relay, which does nothing that can be left out */
	OVS,   /* Open vSwitch on DPDK, a learning switch that never sleeps */
	DPDK,  /* DPDK's vhost back-end: what comes into one port leaves
		  through the other, without a look at it */
	N_CONTESTANTS
};

struct bench;
struct bench_case;
struct words;

/** contestant_name() - "vde_switch" */
const char *contestant_name(enum contestant who);
/** contestant_is_there() - is it installed? */
bool contestant_is_there(const struct bench *bench, enum contestant who);
/** contestant_takes_part() - is it there, and wanted in @one? */
bool contestant_takes_part(const struct bench *bench,
			   const struct bench_case *one, enum contestant who);

/** contestant_config_path() - where our switch finds a case's configuration;
 * the caller's */
char *contestant_config_path(const struct bench *bench);
/** contestant_switch_words() - the switch's argument list */
void contestant_switch_words(const struct bench *bench,
			     const struct bench_case *one, enum contestant who,
			     struct words *words);
/** contestant_load_words() - that of the load on it */
void contestant_load_words(const struct bench *bench,
			   const struct bench_case *one, enum contestant who,
			   pid_t switch_pid, struct words *words);

#endif /* BENCH_CONTESTANT_H */
