/* config-check: what is wrong with a command of a configuration that its words
 * and its method's signature do not tell. */
#ifndef SWITCH_CONFIG_CHECK_H
#define SWITCH_CONFIG_CHECK_H

#include <stdbool.h>

#include <jansson.h>

struct config_plan;
struct config_world;
struct err;

/** config_has_kind() - does the switch itself have the kind that @params of
 * port.add name? */
bool config_has_kind(const struct config_world *world, const json_t *params);
/** config_check() - @params have passed json_check()
 * Return: 0; negative with @err set. */
int config_check(const struct config_world *world, const char *method,
		 const json_t *params, struct err *err);

/** config_signature() - what @method takes, one of a plugin that @plan loads;
 * returned owned; NULL: it cannot be known before the plugin runs */
char *config_signature(const struct config_plan *plan, const char *method);

/** config_check_call() - does the plugin that brings @method, if @plan loads it,
 * find fault with @params, which have passed json_check()?
 * Return: 0; negative with @err set. */
int config_check_call(const struct config_plan *plan, const char *method,
		      const json_t *params, struct err *err);

/** config_can_change() - can what @params of @method make be changed while it
 * stands?  A plugin says so in its file. */
bool config_can_change(const char *method, const json_t *params);

#endif /* SWITCH_CONFIG_CHECK_H */
