/*
 * port-settings: what was set of declared ports, remembered.  A command about a
 * declared port that is absent waits for it; all of them are done again each
 * time it comes, before its first frame is forwarded.
 */
#ifndef SWITCH_PORT_SETTINGS_H
#define SWITCH_PORT_SETTINGS_H

#include <jansson.h>

#include "lib/rpc.h"

struct control;
struct declared_port;
struct port_settings;

enum { PORT_SETTINGS_MAX = 4096 }; /* of one port */

/** port_settings_new() - before others observe ports: they shall see them with
 * their settings
 * @control: borrowed; control_call() must work when ports come */
struct port_settings *port_settings_new(struct control *control);
/** port_settings_free() - before the switch; forgets all settings; NULL is a
 * no-op */
void port_settings_free(struct port_settings *ps);

/**
 * port_settings_wrap() - for an rpc_find_fn: the row to be called in place of
 * @method, so that what it sets of declared ports is remembered
 * @arg: of the method; replaced
 *
 * Return: borrowed until the next call.
 */
const struct rpc_method *port_settings_wrap(struct port_settings *ps,
					    const struct rpc_method *method,
					    void **arg);
/** port_settings_undo() - @d is declared no more: the defaults for the port, if
 * it is there, and nothing is remembered */
void port_settings_undo(struct port_settings *ps, struct declared_port *d);
/** port_settings_show() - `[{method, params}]`, returned owned */
json_t *port_settings_show(const struct declared_port *d);

#endif /* SWITCH_PORT_SETTINGS_H */
