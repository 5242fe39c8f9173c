/*
 * port-rig: a switch with one segment in a directory of its own, for tests of
 * real kinds of port: peers live in the same process and the test turns the
 * loop by hand.  Everything runs as an ordinary user also when root runs it.
 */
#ifndef TESTS_PORT_RIG_H
#define TESTS_PORT_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "switch/counters.h"
#include "switch/segment.h"
#include "switch/switch.h"
#include "tests/unit/unit.h"

enum { RIG_REASON_SIZE = 256, RIG_ORDINARY_UID = 65534 };

struct rig {
	struct event_base *base;
	struct clock *clock; /* virtual */
	struct vswitch *sw;
	struct segment *segment;
	char top[64]; /* the switch's directory */
	char dir[80]; /* the segment's: ctl and stream are here */
	int n_fds;    /* open before everything */
	struct event *heartbeat;
	bool idle; /* only the heartbeat ended the last turn */
	struct switch_observer observer;
	unsigned n_added, n_removed;
	char last_name[64];
	char last_reason[RIG_REASON_SIZE]; /* of the last port removed */
	uint64_t deadline_ms;		   /* real time */
};

/** rig_up() - @pool_bytes: 0 for the default */
void rig_up(struct rig *rig, size_t pool_bytes);
/** rig_down() - fails the test when the books do not balance, a descriptor has
 * leaked, or a file is left in the segment's directory */
void rig_down(struct rig *rig);
/** rig_has_root() - was the test started by root, who may act as others? */
bool rig_has_root(void);
/** rig_be_root() - again; no-op in a test that was not started by root */
void rig_be_root(void);
void rig_be_ordinary(void);

/** rig_turn() - one turn of the loop, waiting a few milliseconds at most;
 * Return: false when the test has waited too long altogether */
bool rig_turn(struct rig *rig);
#define RIG_UNTIL(rig, condition)                                              \
	while (!(condition))                                                   \
	ck_assert_msg(rig_turn(rig), "waited too long for " #condition)
/** rig_settle() - turn until nothing happens any more */
void rig_settle(struct rig *rig);

int rig_count_files(const char *dir);
int rig_count_fds(void);
/** rig_port() - the port of this name; fails the test if there is none */
struct port *rig_port(struct rig *rig, const char *name);
uint64_t rig_drops(struct rig *rig, enum drop_reason reason);

/** rig_fill() - a frame from station @from to station @to (0 = broadcast),
 * its content made of @seed */
void rig_fill(uint8_t *frame, size_t len, unsigned to, unsigned from,
	      unsigned seed);
/** rig_readable() - has @fd something, or its end? */
bool rig_readable(int fd);
/** rig_writable() - has @fd room? */
bool rig_writable(int fd);

#endif /* TESTS_PORT_RIG_H */
