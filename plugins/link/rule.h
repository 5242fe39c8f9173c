/*
 * rule: what is to happen to the frames of a port that match a filter: to the
 * n-th, or to some from the n-th on.
 */
#ifndef LINK_RULE_H
#define LINK_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "plugins/link/held.h"
#include "vdelab/plugin.h"

struct bpf;

enum rule_action { RULE_DROP, RULE_HOLD, RULE_DELAY };
extern const char *const rule_action_names[];

/* As seen from the segment: IN is what the port sends into it. */
enum link_direction { LINK_IN, LINK_OUT, LINK_N_DIRECTIONS };

struct rule {
	TAILQ_ENTRY(rule) link;
	uint32_t id;
	enum rule_action action;
	struct bpf *filter; /* owned */
	bool directions[LINK_N_DIRECTIONS];
	uint64_t nth;	   /* acts on matches from this one on, 1.. */
	uint64_t count;	   /* on so many; 0: on all */
	uint64_t delay_ns; /* of RULE_DELAY */
	uint64_t n_seen;   /* matches */
	uint64_t n_acted;
	struct held held; /* RULE_HOLD, RULE_DELAY */
};
TAILQ_HEAD(rule_list, rule);

/** rule_free() - it holds nothing; NULL is a no-op */
void rule_free(struct rule *rule);
/** rule_is_done() - will it never act again? */
bool rule_is_done(const struct rule *rule);
/** rule_wants() - does it act on @frame?  Counts the match. */
bool rule_wants(struct rule *rule, enum link_direction d,
		const struct vl_frame *frame);

#endif /* LINK_RULE_H */
