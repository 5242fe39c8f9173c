/* ctl-params: words of a command line as parameters of a method. */
#ifndef TOOLS_CTL_PARAMS_H
#define TOOLS_CTL_PARAMS_H

#include <jansson.h>

struct err;

/** ctl_param_set() - set @params' member @name to what @text means by
 * @signature (lib/json.h)
 * Return: 0; -EINVAL with @err set. */
int ctl_param_set(json_t *params, const char *signature, const char *name,
		  const char *text, struct err *err);

/**
 * ctl_param_setting() - the same for @text of the form "key=value"
 * @into: a member of @params, made if it is missing, that takes the keys that
 *        @signature does not have (options of a plugin); NULL: @params itself
 *        does (a kind of port has parameters of its own)
 *
 * Of a value of such a key only the looks are known: a JSON number, true, false
 * or a quoted string is that, everything else is text.
 */
int ctl_param_setting(json_t *params, const char *signature, const char *into,
		      const char *text, struct err *err);

#endif /* TOOLS_CTL_PARAMS_H */
