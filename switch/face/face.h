/*
 * face: the switch as those know it who have used vde_switch: under that name
 * the program takes its options, lets people attach in its directory, numbers
 * its ports, and speaks its console on the terminal and on a socket.
 *
 * One segment, whose ports are numbered (numbers.h).  Everything here stands
 * on the model in switch/; nothing in switch/ but main.c knows of it.
 */
#ifndef FACE_FACE_H
#define FACE_FACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "switch/face/options.h"
#include "switch/switch.h"

struct numbers;
struct plugin_host;
struct session;
struct timer;

/* The program whose console this is; scripts read it from the greeting. */
#define FACE_VDE_VERSION "2.3.2"
#define FACE_PROGRAM "vde_switch"

enum {
	FACE_GC_INTERVAL_S = 2,
	FACE_EXPIRE_S = 100,
};

/* What hash/... sets.  Times in seconds. */
struct face_hash {
	/* Of the original's table; ours has another bound, see fdb.h. */
	uint32_t size;
	unsigned gc_interval_s;	    /* how often old addresses are removed */
	unsigned expire_s;	    /* how old they get */
	unsigned min_persistence_s; /* before they move; 0 = at once */
};

struct face {
	const struct face_options *options; /* borrowed */
	struct vswitch *sw;		    /* borrowed */
	struct segment *segment;	    /* borrowed: the only one */
	struct plugin_host *host;	    /* borrowed; NULL: no plugins */
	struct numbers *numbers;
	struct face_hash hash; /* face_apply_hash() follows a change */
	struct timer *gc;
	struct face_bonus {
		uint32_t port, cost; /* which link is better by how much */
	} bonus;
	uint64_t last_root; /* that was told of */
	uint32_t last_root_port;
	struct vid_set vlans; /* those that exist; 0 always did */
	TAILQ_HEAD(, session) sessions;
	/* What shutdown does; NULL in tests that do without. */
	void (*stop)(void *arg);
	void *stop_arg;
};

/**
 * face_new() - the ports of @sw's first segment are numbered from now on
 * @options: borrowed
 * @host:    borrowed, or NULL
 */
struct face *face_new(const struct face_options *options, struct vswitch *sw,
		      struct plugin_host *host);
/** face_free() - its sessions must be gone; NULL is a no-op */
void face_free(struct face *face);

/** face_set_hub() - or a switch, of VLANs unless --vlan-transparent */
void face_set_hub(struct face *face, bool hub);

/** face_hash_size() - @wanted, or the next power of 2 */
uint32_t face_hash_size(uint32_t wanted);
void face_apply_hash(struct face *face);

/* Return: the exit code. */
typedef int face_main_fn(int argc, char **argv);
/** face_find() - what the program is when called by the name @program; NULL:
 * itself */
face_main_fn *face_find(const char *program);
face_main_fn face_main, plug2tap_main, slirpvde_main;

#endif /* FACE_FACE_H */
