/* kinds: the kinds of port that this program has. */
#ifndef SWITCH_KINDS_H
#define SWITCH_KINDS_H

struct port_kind;

extern const struct port_kind *const port_kinds[]; /* NULL-ended */

#endif /* SWITCH_KINDS_H */
