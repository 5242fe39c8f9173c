/*
 * control-rig: a rig with a control socket and a client on it.
 *
 * JSON is written with ' for " here.
 */
#ifndef TESTS_CONTROL_RIG_H
#define TESTS_CONTROL_RIG_H

#include <limits.h>
#include <stdbool.h>

#include <jansson.h>

#include "lib/err.h"
#include "lib/rpc.h"
#include "switch/control.h"
#include "switch/plugin-host.h"
#include "tests/unit/switch-rig.h"

enum { CONTROL_PORTS = 3, CONTROL_TURNS_MAX = 2000 };

struct control_rig {
	struct rig rig;
	struct plugin_host *host;
	struct control *control;
	struct rpc_conn *conn;
	char dir[PATH_MAX];
	bool stopped;	   /* switch.stop was called */
	char events[2048]; /* "name {params}\n"..., that the client got */
};

struct answer {
	bool here;
	json_t *result; /* owned; or NULL: */
	struct err err;
};

void control_rig_init(struct control_rig *r);
void control_rig_fini(struct control_rig *r);
/** control_rig_reconnect() - the client hangs up and comes back */
void control_rig_reconnect(struct control_rig *r);

/** control_rig_start_call() - without waiting for the answer */
void control_rig_start_call(struct control_rig *r, const char *method,
			    const char *params, int fd, struct answer *answer);
void control_rig_wait(struct control_rig *r, const struct answer *answer);
/** control_rig_call() - @params may be NULL; @fd: sent along, or -1 */
struct answer control_rig_call(struct control_rig *r, const char *method,
			       const char *params, int fd);
/** control_rig_expect() - @want: the result, members left out may be anything;
 * or "!words of the error" */
void control_rig_expect(struct control_rig *r, const char *method,
			const char *params, int fd, const char *want);
/** control_rig_parse() - JSON with ' for ", returned owned */
json_t *control_rig_parse(const char *text);

#endif /* TESTS_CONTROL_RIG_H */
