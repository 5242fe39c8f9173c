/*
 * config-apply: a configuration file at work: applied at the start, and again by
 * difference.  What did not change in it is not touched.
 */
#ifndef SWITCH_CONFIG_APPLY_H
#define SWITCH_CONFIG_APPLY_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct control;
struct err;
struct port_kind;
struct vswitch;

enum { CONFIG_TOLD_MAX = 50 }; /* mistakes that are told; others are counted */

struct config_report {
	bool refused;	 /* the file has mistakes: nothing was changed */
	unsigned n_kept; /* commands */
	unsigned n_done, n_undone;
	unsigned n_failed; /* or mistakes */
	const char *text;  /* each on its line, "FILE:LINE: ..."; "" = none */
};
typedef void config_done_fn(const struct config_report *report, void *arg);

/**
 * config_new() - nothing has been read yet
 * @path:          of the file, absolute
 * @control, @sw:  borrowed
 */
struct config *config_new(const char *path, struct control *control,
			  const struct vswitch *sw);
/** config_stop() - no more calls: the control socket goes; before config_free();
 * NULL is a no-op */
void config_stop(struct config *config);
/** config_free() - what was applied stays; not from a config_done_fn, nor
 * before control_free(); NULL is a no-op */
void config_free(struct config *config);

/**
 * config_apply() - read the file, and make the switch what it says
 * @done: runs once, often before this returns
 *
 * A file with a mistake changes nothing.  What cannot be done is told by line,
 * the rest is done; the next time it is tried again.
 * Return: 0; -EBUSY with @err set while an earlier one is at work.
 */
int config_apply(struct config *config, config_done_fn *done, void *arg,
		 struct err *err);

/**
 * config_check_file() - what is wrong with a file, without a switch
 * @segments: those there will be before the file is read; NULL-ended
 * @report:   .text is returned owned
 *
 * Return: is it good?
 */
bool config_check_file(const char *path, const struct port_kind *const *kinds,
		       const char *const *segments,
		       struct config_report *report);

#endif /* SWITCH_CONFIG_APPLY_H */
