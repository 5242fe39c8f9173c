/*
 * wire-settings: what calls have set of ports and segments, so that a switch
 * that takes the place of another one can be told.
 */
#ifndef DRIVER_WIRE_WIRE_SETTINGS_H
#define DRIVER_WIRE_WIRE_SETTINGS_H

#include <jansson.h>

struct wire_settings;

struct wire_settings *wire_settings_new(void);
void wire_settings_free(struct wire_settings *settings);
/** wire_settings_note() - a call that the switch has done: one that sets
 * something (link.set, netem.set) replaces what was set of the same port or
 * segment and direction, one that undoes it forgets it, every other means
 * nothing here; @params is borrowed */
void wire_settings_note(struct wire_settings *settings, const char *method,
			json_t *params);
/** wire_settings_forget() - the port goes, with its settings */
void wire_settings_forget(struct wire_settings *settings, const char *port);
/** wire_settings_each() - every call that has to be made again, in order
 * @port: of which port; NULL: it is of a segment */
void wire_settings_each(const struct wire_settings *settings,
			void (*fn)(const char *method, json_t *params,
				   const char *port, void *arg),
			void *arg);

#endif /* DRIVER_WIRE_WIRE_SETTINGS_H */
