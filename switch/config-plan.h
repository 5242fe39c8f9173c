/*
 * config-plan: what a configuration file wants, as calls of methods, checked as
 * far as it can be without a switch; and what differs between two of them.
 *
 * No I/O but for plugins' files, whose options are checked.
 */
#ifndef SWITCH_CONFIG_PLAN_H
#define SWITCH_CONFIG_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "switch/config-file.h"
#include "switch/sandbox.h"

struct config_rule;
struct err;
struct port_kind;
struct verb;

/* One call, or one setting of a call that makes several. */
struct config_entry {
	unsigned line;
	const struct config_line *source; /* borrowed from the plan's file */
	const struct verb *verb;
	const struct config_rule *rule;
	json_t *params;	     /* owned */
	const char *setting; /* which of .params; or NULL; borrowed from them */
	char *identity;	     /* owned */
	json_t *result;	     /* once it has been done; owned; or NULL */
	/* Instead of doing it: what rule->change is called with, and what the
	 * entry was; owned; set by config_plan_compare(); or NULL */
	json_t *change, *was;
	bool typed; /* .params have been checked against the signature */
	/* Set by config_plan_compare(): of the old one, must it be undone; of
	 * the new one, must it be done? */
	bool differs;
};

struct config_plan {
	struct config_file file;
	char *dir; /* where relative names of files begin */
	struct config_entry *entries;
	size_t n;
};

/* What must be known of the world around the file. */
struct config_world {
	const char *path;		      /* of the file, absolute */
	const struct port_kind *const *kinds; /* NULL-ended */
	/* Is there a segment @name that the file does not make?  NULL: no */
	bool (*has_segment)(const char *name, void *arg);
	void *arg;
	enum sandbox sandbox; /* that plugins are loaded in, to be checked */
};

/**
 * config_plan_new() - what @text wants; returned owned
 * @mistake: called for each mistake; what it is about is left out
 */
struct config_plan *config_plan_new(const char *text, size_t size,
				    const struct config_world *world,
				    config_mistake_fn *mistake, void *arg);
/** config_plan_empty() - that of no file; returned owned */
struct config_plan *config_plan_empty(void);
/** config_plan_free() - NULL is a no-op */
void config_plan_free(struct config_plan *plan);
/** config_plan_drop() - entry @i is forgotten */
void config_plan_drop(struct config_plan *plan, size_t i);

/**
 * config_plan_compare() - sets .differs everywhere
 *
 * What differs in @old takes with it all that stands on it: the settings of a
 * port that goes, the ports of a segment.  Results go from entries of @old to
 * those of @now that are the same.
 */
void config_plan_compare(struct config_plan *old, struct config_plan *now);

/**
 * config_entry_params() - what its method is called with
 * @signature: of the method as it is now
 *
 * Return: returned owned; NULL with @err set.
 */
json_t *config_entry_params(const struct config_plan *plan,
			    const struct config_entry *entry,
			    const char *signature, struct err *err);

#endif /* SWITCH_CONFIG_PLAN_H */
