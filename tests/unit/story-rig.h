/* story-rig: a run's directory, written by hand, and what becomes of it. */
#ifndef TESTS_UNIT_STORY_RIG_H
#define TESTS_UNIT_STORY_RIG_H

#include <stddef.h>
#include <stdio.h>

#include "driver/report/story.h"
#include "lib/err.h"

struct story_rig {
	char dir[64];
	unsigned n; /* lines of the log */
	/* Of wire-rig: ports of captures, in the order of their interfaces. */
	char ports[8][32];
	char segments[8][16];
	FILE *captures[8]; /* of the first port of each segment */
	unsigned n_ports;
	struct story *story;
	struct err err;
};

void story_rig_init(struct story_rig *rig);
void story_rig_fini(struct story_rig *rig);
/** rig_line() - an event: its members behind "t", in printf()'s words, with ' in
 * place of " */
void rig_line(struct story_rig *rig, double t, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** rig_octets() - whatever, at the end of the log */
void rig_octets(struct story_rig *rig, const void *octets, size_t size);
/** rig_begin() - run.begin with machines client (vlan1), router (both) and server
 * (vlan2); 0 is 2026-11-23T06:10:00Z */
void rig_begin(struct story_rig *rig);
void rig_step(struct story_rig *rig, double begin_s, double end_s, int id,
	      int in, const char *kind, const char *error);
void rig_end(struct story_rig *rig, double t, int code, const char *error);
/** rig_file() - in the directory */
void rig_file(struct story_rig *rig, const char *name, const void *octets,
	      size_t size);
/** rig_flush() - captures are in the directory, as far as they go */
void rig_flush(struct story_rig *rig);
/** rig_read() - fails the test when there is no story */
struct story *rig_read(struct story_rig *rig);
/** rig_omission() - the one whose text has @what, or NULL */
const struct story_omission *rig_omission(const struct story_rig *rig,
					  const char *what);

enum { RIG_BEGAN_S = 1795414200 };

#endif /* TESTS_UNIT_STORY_RIG_H */
