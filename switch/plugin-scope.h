/*
 * plugin-scope: what an instance of a plugin is for, and so on which lane all of
 * it runs.
 */
#ifndef SWITCH_PLUGIN_SCOPE_H
#define SWITCH_PLUGIN_SCOPE_H

struct err;
struct hook_scope;
struct lane;
struct plugin_request;
struct vswitch;

/** plugin_scope_resolve() - the names in @request made numbers
 * Return: 0; -errno with @err set. */
int plugin_scope_resolve(const struct vswitch *sw,
			 const struct plugin_request *request,
			 struct hook_scope *scope, struct err *err);
/** plugin_scope_lane() - where all is that @scope, resolved, takes in
 * Return: borrowed; NULL with @err set: it is on several lanes. */
struct lane *plugin_scope_lane(const struct vswitch *sw,
			       const struct plugin_request *request,
			       const struct hook_scope *scope, struct err *err);

#endif /* SWITCH_PLUGIN_SCOPE_H */
