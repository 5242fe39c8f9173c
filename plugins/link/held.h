/* held: frames that wait in the order in which they came. */
#ifndef LINK_HELD_H
#define LINK_HELD_H

#include <stddef.h>
#include <stdint.h>

#include "vdelab/plugin.h"

struct held_frame {
	struct vl_frame *frame;
	uint64_t due_ns; /* UINT64_MAX: not before somebody says so */
};

/* All zeros: empty. */
struct held {
	struct held_frame *ring; /* owned */
	size_t size, first, n;
};

/** held_fini() - it must be empty */
void held_fini(struct held *h);
/** held_push() - Return: 0; -ENOBUFS there are @limit already; -ENOMEM */
int held_push(struct held *h, struct vl_frame *frame, uint64_t due_ns,
	      size_t limit);
/** held_due_ns() - of the first; UINT64_MAX: none is due by itself */
uint64_t held_due_ns(const struct held *h);
/** held_pop() - the first; NULL: there is none */
struct vl_frame *held_pop(struct held *h);

#endif /* LINK_HELD_H */
