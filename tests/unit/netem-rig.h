/* netem-rig: the plugin netem in a fake host, with a client and a server on
 * segment vlan1; for its tests. */
#ifndef TESTS_NETEM_RIG_H
#define TESTS_NETEM_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tests/unit/fake-host.h"

#define MS UINT64_C(1000000)

extern const struct vl_plugin vl_plugin; /* netem */

struct netem_rig {
	struct fake_host *host;
	uint32_t vlan1;
	uint32_t client, server; /* client.eth1, server.eth1; may be changed */
};
extern struct netem_rig rig;

/* Around each test. */
void netem_rig_setup(void);
void netem_rig_teardown(void);

/** rig_call() - any method; @fmt: JSON */
const struct fake_reply *rig_call(const char *method, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** rig_set() - netem.set or netem.change with a spec, which must work */
const json_t *rig_set(const char *method, const char *port, const char *dir,
		      const char *spec);
/** rig_show() - the row of netem.show for @port and @dir; NULL: there is none */
const json_t *rig_show(const char *port, const char *dir);
/** rig_number() - member @key of that */
json_int_t rig_number(const char *port, const char *dir, const char *key);
/** rig_string() - member @key of @row */
const char *rig_string(const json_t *row, const char *key);

/** rig_push() - frame @i, of 100 octets of which the last is @i, from the client
 * to the server */
struct fake_fate rig_push(int i);
/** rig_outs() - what has left the plugin so far, as "012"; until the next */
const char *rig_outs(void);
/** rig_fates() - which of @n further frames are lost, as "x..x" */
const char *rig_fates(int n);

#endif /* TESTS_NETEM_RIG_H */
