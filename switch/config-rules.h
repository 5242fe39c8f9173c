/*
 * config-rules: which methods configure, and how each is undone.  Pure data.
 *
 * A configuration says what shall be: so only what makes something or sets it
 * has a place in it.  What it no longer says is ended by the rule's .undo: what
 * was made is removed, what was set gets its default.
 */
#ifndef SWITCH_CONFIG_RULES_H
#define SWITCH_CONFIG_RULES_H

#include <stdbool.h>

#include <jansson.h>

struct config_rule {
	const char *method;
	/* Parameters that tell which thing is made, or whose setting is set;
	 * parted by spaces.  NULL: the same command may be given twice, and
	 * does something each time. */
	const char *key;
	/* The method that undoes it, and its parameters: "segment=@name", where
	 * @ takes a parameter of the command or, where it has none of that
	 * name, a member of its result; absent ones are left out. */
	const char *undo;
	const char *undo_params;
	/* A JSON object: what each parameter beside the key is when nothing
	 * sets it.  Each of them is a setting of its own, and undone by the
	 * same method.  NULL with .undo. */
	const char *defaults;
	/* The rule with .defaults of which this method takes the settings, too:
	 * `segment add S mode hub` says what `segment add S` and `segment set S
	 * mode hub` say.  Its key is what .undo_params names.  Or NULL. */
	const char *sets;
	/* A parameter: all commands of one undo method that have it in common
	 * are undone and done again together, for they build on each other;
	 * "": all of that method.  NULL: each is on its own. */
	const char *together;
	/* A parameter, an object of options, and the method that changes some
	 * of those while the rest stands: what .undo takes, and this one with
	 * those that change.  NULL: there is no such method. */
	const char *options, *change;
	/* Is it about the port of its parameter "port", and done again when
	 * that is declared and comes back? */
	bool of_port;
};

/* Ended by a NULL method. */
extern const struct config_rule config_rules[];

/** config_rule_find() - NULL: @method configures nothing */
const struct config_rule *config_rule_find(const char *method);

/**
 * config_rule_identity() - what two commands have in common that are about the
 * same thing
 * @setting: of a rule with .defaults: the parameter; else NULL
 *
 * Return: returned owned.
 */
char *config_rule_identity(const struct config_rule *rule, const json_t *params,
			   const char *setting);
/** config_rule_repeats() - may the same command be given twice? */
bool config_rule_repeats(const struct config_rule *rule, const json_t *params);
/** config_rule_group() - what is the same for all commands that are undone and
 * done again together, returned owned; NULL: it is on its own */
char *config_rule_group(const struct config_rule *rule, const json_t *params);
/** config_rule_is_key() - is @param one of the key's? */
bool config_rule_is_key(const struct config_rule *rule, const char *param);

/**
 * config_rule_change() - the parameters of rule->change that makes @now of what
 * @was gave @result
 *
 * Return: returned owned; NULL when it takes more than that: something else
 * differs, or an option is no longer there, whose default nobody knows.
 */
json_t *config_rule_change(const struct config_rule *rule, const json_t *was,
			   const json_t *now, const json_t *result);

/**
 * config_rule_undo() - the parameters of the method that undoes it
 * @result:  of the command, or NULL
 * @setting: as above; NULL with .defaults: all that @params set
 *
 * Return: returned owned; the method is rule->undo, or the same.
 */
json_t *config_rule_undo(const struct config_rule *rule, const json_t *params,
			 const json_t *result, const char *setting);

#endif /* SWITCH_CONFIG_RULES_H */
