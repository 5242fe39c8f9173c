/*
 * ctl: what the commands of vdelabctl share: which switch they talk to, calling
 * it, showing what it answers, and the exit code of every way to fail.
 */
#ifndef TOOLS_CTL_H
#define TOOLS_CTL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/cli.h"
#include "lib/rpc.h"

struct err;
struct event_base;
struct verb;

enum { CTL_TIMEOUT_MS = 20000 };

/* What a command that is repeated knows of the time before. */
struct ctl_rates {
	const json_t *before; /* the list; borrowed */
	double seconds;	      /* since then */
};

struct ctl {
	const struct cli *cli; /* borrowed */
	FILE *out;	       /* where to results are shown; borrowed */
	const struct ctl_rates *rates; /* show these instead of counters; or
					  NULL */
	char dir[PATH_MAX];	       /* the switch's */
	int fd;			       /* its control socket */
	json_t *methods; /* rpc.methods; owned; NULL until asked for */
};

/** ctl_open() - connect to the switch that the options name
 * Return: EXIT_OK; another exit code after telling why on stderr. */
int ctl_open(struct ctl *ctl, const struct cli *cli);
/** ctl_try() - the same without a word.  Return: is there a switch? */
bool ctl_try(struct ctl *ctl, const struct cli *cli);
void ctl_close(struct ctl *ctl);

/** ctl_signature() - of @method, borrowed until ctl_close()
 * Return: EXIT_OK; an exit code after telling on stderr. */
int ctl_signature(struct ctl *ctl, const char *method, const char **signature);

/**
 * ctl_call() - call @method
 * @params: taken
 * @fd:     sent along, borrowed; or -1
 * @result: returned owned on success
 *
 * Return: EXIT_OK; an exit code after telling on stderr.
 */
int ctl_call(struct ctl *ctl, const char *method, json_t *params, int fd,
	     json_t **result);
/** ctl_watch() - for a command that waits for events: a loop and, on it, the
 * connection of @ctl, which has no other use from then on
 *
 * Return: EXIT_OK, with *base and *conn owned by the caller; an exit code after
 * telling on stderr. */
int ctl_watch(struct ctl *ctl, struct event_base **base, struct rpc_conn **conn,
	      rpc_notify_fn *notify, rpc_closed_fn *closed, void *arg);
/** ctl_fail() - "vdelabctl: text" of @err; Return: its exit code */
int ctl_fail(const struct err *err);

/* Shows a result to a person; or does nothing. */
typedef void ctl_show_fn(const struct ctl *ctl, const json_t *result);

/** ctl_check_words() - do the words of the command line fit the usage of @verb?
 * To be asked before a switch is looked for.
 * Return: EXIT_OK; an exit code after telling on stderr. */
int ctl_check_words(const struct cli *cli, const struct verb *verb);
/** ctl_params() - the parameters of @verb from the command line, returned owned
 * in *@params.  Return: EXIT_OK; an exit code after telling on stderr. */
int ctl_params(struct ctl *ctl, const struct verb *verb, json_t **params);
/** ctl_params_from() - the same from @words */
int ctl_params_from(struct ctl *ctl, const struct verb *verb,
		    const char *const *words, size_t n, json_t **params);
/** ctl_run() - a command that is one call: the row of lib/verb's table that is
 * its cli_data(); the descriptor of --fd goes along.  Return: exit code. */
int ctl_run(const struct cli *cli);
/** ctl_shower() - what shows results of @method, or NULL */
ctl_show_fn *ctl_shower(const char *method);
/** ctl_time_now() - "2026-11-22T20:15:00.123456Z"; returned owned */
json_t *ctl_time_now(void);
/** ctl_show() - @result as -j, -p ask for it, else by @show */
void ctl_show(const struct ctl *ctl, const json_t *result, ctl_show_fn *show);

/* ---- lists as tables (ctl-show.c) ---- */

struct ctl_column {
	const char *heading;
	const char *key; /* the member it shows */
	/* Or what makes a text of a row, returned owned; NULL for "-". */
	char *(*text)(const json_t *row);
	bool right;
	bool only_statistics; /* shown with -s alone */
	/* What grows as frames pass, parted by spaces: members that are numbers,
	 * or objects of numbers.  `watch` shows their rate instead. */
	const char *counters;
};

/** ctl_rate_text() - by how much the sum of @counters of @row grows in a
 * second; returned owned; NULL when there was no such row */
char *ctl_rate_text(const struct ctl_rates *rates, const json_t *row,
		    const char *counters);

/** ctl_show_list() - @columns end by a NULL heading */
void ctl_show_list(const struct ctl *ctl, const json_t *list,
		   const struct ctl_column *columns);
/** ctl_append() - "@list, @more", returned owned; @list is taken, and may be
 * NULL */
char *ctl_append(char *list, const char *more);
/** ctl_value_text() - a scalar as a person writes it, returned owned; NULL for
 * null and what is no scalar */
char *ctl_value_text(const json_t *value);
/** ctl_counts_text() - {"runt": 2, "oversize": 0} as "runt 2"; zeros are left
 * out; NULL when nothing remains; returned owned */
char *ctl_counts_text(const json_t *object);

ctl_show_fn ctl_show_captures, ctl_show_leases, ctl_show_filter, ctl_show_links,
    ctl_show_marked, ctl_show_mirrors, ctl_show_names, ctl_show_netem,
    ctl_show_netem_set, ctl_show_plugins, ctl_show_portsec, ctl_show_released,
    ctl_show_storm, ctl_show_stp, ctl_show_trace, ctl_show_vlans;

/* ---- commands that are more than one call ---- */

/* A command of vdelabctl that is no row of lib/verb's table, or runs in another
 * way: what it has here replaces what the row says. */
struct ctl_special {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	struct cli_command command;
};

/** ctl_commands_new() - lib/verb's table with @specials (ended by a NULL noun)
 * as commands; returned owned */
struct cli_command *ctl_commands_new(const struct ctl_special *specials);
/** ctl_commands_free() - NULL is a no-op */
void ctl_commands_free(struct cli_command *commands);

/* What words may become (struct cli_command's .complete): of rows of lib/verb's
 * table, of `watch`, and of `call`. */
bool ctl_complete(const struct cli *cli, const char *value);
bool ctl_complete_watch(const struct cli *cli, const char *value);
bool ctl_complete_call(const struct cli *cli, const char *value);
/** ctl_complete_settings() - "KEY=" for each parameter of @method, which the
 * words behind the first @n are for */
void ctl_complete_settings(const struct cli *cli, const char *method, size_t n);

/* `INSTANCE METHOD`: what a plugin brings, without there being a row for it; what
 * takes a first word that is no command (ctl-instance.c). */
extern const struct cli_command ctl_instance;
/** ctl_complete_instances() - plugins that have methods of their own */
void ctl_complete_instances(const struct cli *cli);
/** ctl_run_help() - `help PLUGIN`; and its completion */
int ctl_run_help(const struct cli *cli);
bool ctl_complete_help(const struct cli *cli, const char *value);
/** ctl_show_as_json() - of what there is no telling how it is best shown */
void ctl_show_as_json(const struct ctl *ctl, const json_t *result);

extern const struct cli_option ctl_wireshark_options[]; /* of `wireshark` */
/** ctl_capture_direction() - the direction of capture.start's @params, if they
 * have none: a port is watched in both, as by tcpdump -i */
void ctl_capture_direction(json_t *params);

/** ctl_run_capture() - `capture [SEGMENT]`; ctl_run_capture_start() - `capture
 * start SEGMENT`; ctl_run_wireshark() - `wireshark SEGMENT`; ctl_run_stats() - `stats`; ctl_run_monitor() - `monitor`;
 * ctl_run_watch() - `watch`; ctl_run_call() - `call`.  Return: exit code. */
int ctl_run_capture(const struct cli *cli);
int ctl_run_capture_start(const struct cli *cli);
int ctl_run_wireshark(const struct cli *cli);
int ctl_run_stats(const struct cli *cli);
int ctl_run_monitor(const struct cli *cli);
int ctl_run_watch(const struct cli *cli);
int ctl_run_call(const struct cli *cli);

#endif /* TOOLS_CTL_H */
