/*
 * netem: the parts of the plugin that know the switch: what is set of which port
 * (settings.c), frames (netem.c) and methods (methods.c).
 */
#ifndef PLUGINS_NETEM_NETEM_H
#define PLUGINS_NETEM_NETEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "plugins/netem/distribution.h"
#include "plugins/netem/impair.h"
#include "plugins/netem/lane.h"
#include "plugins/netem/spec.h"
#include "vdelab/plugin.h"

/* As seen from the segment: IN is what a port sends into it. */
enum direction { IN, OUT, N_DIRECTIONS };

/* What is set, and the tables that it names. */
struct setup {
	struct spec spec;		     /* its seed is always given */
	struct distribution *delays, *slots; /* a reference each; or NULL */
};

/* What became of frames; of each side, and of all together. */
enum tally {
	TALLY_PASSED,  /* went on, at once or later; copies, too */
	TALLY_DELAYED, /* were held */
	TALLY_LOST,
	TALLY_DUPLICATED, /* copies that were made */
	TALLY_CORRUPTED,
	TALLY_REORDERED, /* did not wait */
	TALLY_LIMITED,	 /* too many were held already */
	N_TALLIES
};

/* One direction of one port for which something is set, or frames are held. */
struct side {
	struct station *station;
	enum direction direction;
	bool on;
	bool own; /* set of the port itself, not of its segment */
	struct setup setup;
	struct impair impair;
	struct lane lane;
	uint32_t n_urgent; /* of its frames in netem.urgent */
	uint64_t tallies[N_TALLIES];
};

/* A port, by its name: here, or absent and remembered. */
struct station {
	char *name;
	uint32_t port;			  /* VL_PORT_NONE while it is absent */
	struct side *sides[N_DIRECTIONS]; /* owned; NULL: nothing */
	TAILQ_ENTRY(station) link;
};
TAILQ_HEAD(station_list, station);

/* What is set of all ports of a segment that have no settings of their own. */
struct group {
	char *segment;
	struct setup *setups[N_DIRECTIONS]; /* owned; NULL: nothing */
	TAILQ_ENTRY(group) link;
};
TAILQ_HEAD(group_list, group);

/* A port in scope. */
struct present {
	uint32_t port;
	struct station *station;
};

struct parcel;

struct netem {
	struct vl_inst *inst;
	struct station_list stations;
	struct group_list groups;
	struct present *present; /* ascending by port; owned */
	size_t n_present, present_size;
	struct lanes lanes;
	/* What would go at once, but has to follow a copy: a hook can send
	 * nothing between two frames of a vector, and how frames fall into
	 * vectors shall make no difference. */
	struct held_list urgent;
	struct vl_timer *timer;
	uint64_t armed_ns;    /* what it is set for; UINT64_MAX: nothing */
	struct parcel *spare; /* a list */
	size_t n_spare;
	struct distribution *tables[N_DISTRIBUTIONS]; /* made when needed */
	uint64_t *totals[N_TALLIES]; /* the host's counters; some are NULL */
	uint8_t loss, limit;	     /* verdicts */
	int delayed, corrupted, duplicated, reordered; /* marks */
};

const char *direction_name(enum direction direction); /* "in" */
const char *tally_name(enum tally tally);	      /* "passed" */

/* ---- settings ---- */

/** setup_init() - @spec with its tables
 * Return: 0; a negative errno with the reason in @error. */
int setup_init(struct netem *n, struct setup *setup, const struct spec *spec,
	       char *error, size_t error_size);
void setup_fini(struct setup *setup);

/** settings_knows() - may something be set of port @name: is it in scope, or
 * declared, or has it settings already?  Return: 0; -ENOENT with the reason in
 * @error. */
int settings_knows(struct netem *n, const char *name, char *error,
		   size_t error_size);
/** settings_find_port() - what is set of the port itself; NULL: nothing */
const struct setup *settings_find_port(const struct netem *n, const char *name,
				       enum direction direction);
const struct setup *settings_find_segment(const struct netem *n,
					  const char *segment,
					  enum direction direction);
/**
 * settings_set_port() - what happens from now on
 * @setup: taken, also on failure; NULL: nothing of the port's own
 * @fresh: throw the dice anew; without, they go on
 *
 * Frames that are held keep their time.  Return: 0; -ENOMEM.
 */
int settings_set_port(struct netem *n, const char *name,
		      enum direction direction, struct setup *setup,
		      bool fresh);
int settings_set_segment(struct netem *n, const char *segment,
			 enum direction direction, struct setup *setup,
			 bool fresh);

vl_port_fn settings_on_port;
/** settings_find() - the side that frames meet; NULL: none does */
struct side *settings_find(const struct netem *n, uint32_t port,
			   enum direction direction);
/** side_n_held() - frames that are on their way */
uint32_t side_n_held(const struct side *side);
/** settings_settle() - a frame of @side is held no more: what is there only for
 * it goes */
void settings_settle(struct netem *n, struct side *side);
/** settings_free() - no frames are held any more */
void settings_free(struct netem *n);

/* ---- methods ---- */

extern const struct vl_method netem_methods[];

#endif /* PLUGINS_NETEM_NETEM_H */
