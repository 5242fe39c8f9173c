/*
 * churn: a switch under full traffic of which everything changes at random,
 * and in which no frame, descriptor or octet may get lost.
 *
 * One seed decides what is called in which order; when frames come in between
 * is the machine's affair.
 */
#ifndef TESTS_INTEGRATION_CHURN_CHURN_H
#define TESTS_INTEGRATION_CHURN_CHURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

enum {
	CHURN_PORTS = 16,    /* that are kept attached, more or less */
	CHURN_SEGMENTS = 4,  /* at once */
	CHURN_PLUGINS = 10,  /* started at once */
	CHURN_PIPES = 6,     /* readers of captures, at once */
	CHURN_IDS = 8,	     /* that are remembered, of each plugin */
	CHURN_KINDS_MAX = 64 /* of plugin */
};

/* The segment that is there from the beginning to the end. */
#define CHURN_BASE "base"

/* A process that sends and receives all the time. */
struct churn_station {
	pid_t pid; /* 0 = none */
};

/* What somebody reads, or does not. */
struct churn_pipe {
	int fd; /* -1 = none */
	bool read;
};

/* What the checker, a process of its own, has seen. */
struct churn_books {
	_Atomic uint64_t n_checks;
	_Atomic uint64_t n_frames; /* received by segments */
	_Atomic bool wrong;
};

struct churn {
	const char *dir;      /* of the switch */
	const char *conf;     /* its configuration file */
	const char *scratch;  /* a directory for files */
	const char *programs; /* the directory of rawpeer and pipepeer */
	pid_t switch_pid;
	/* What its memory may grow by, after the first round. */
	long rss_slack_kb;

	int ctl; /* connected to the control socket */
	uint64_t random;
	char *plugins[CHURN_KINDS_MAX + 1]; /* that are installed */
	size_t n_plugins;
	struct churn_station stations[CHURN_PORTS];
	struct churn_pipe pipes[CHURN_PIPES];
	struct churn_books *books; /* shared with the checker */

	/* as it was when they were last asked for */
	json_t *ports, *segments, *instances, *methods;
	json_t *ids; /* {instance: [id]}, of what its methods have made */

	uint64_t n_calls, n_refused;
};

/* ---- dice ---- */

uint64_t churn_random(struct churn *c);
/** churn_below() - 0..n-1; @n > 0 */
size_t churn_below(struct churn *c, size_t n);
/** churn_chance() - true @percent times of a hundred */
bool churn_chance(struct churn *c, unsigned percent);

/* ---- calls ---- */

/** churn_connect() - Return: a descriptor; -1 */
int churn_connect(const char *dir);
/**
 * churn_call() - call a method; a refusal is an answer
 * @params: taken
 * @fd:     goes along, borrowed; or -1
 *
 * Ends the process when the switch does not answer any more.
 * Return: returned owned; NULL when it was refused.
 */
json_t *churn_call(struct churn *c, const char *method, json_t *params, int fd);
/** churn_look() - ask for ports, segments, plugins and methods again */
void churn_look(struct churn *c);
/** churn_die() - say what is wrong, and end */
void churn_die(struct churn *c, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

/* ---- parameters ---- */

/**
 * churn_params() - for @signature: mostly right, sometimes not
 * @owner:    the plugin, or NULL for the switch's own
 * @instance: of it, as plugin.show has it; or NULL
 *
 * Return: returned owned.
 */
json_t *churn_params(struct churn *c, const char *owner, const json_t *instance,
		     const char *signature);
/** churn_options_of() - the signature of a plugin's options; "" where they are
 * not known */
const char *churn_options_of(const char *plugin);
/** churn_pick() - the member @key of one of @list; NULL when it is empty */
const char *churn_pick(struct churn *c, const json_t *list, const char *key);

/* ---- what is done ---- */

/** churn_fill() - as many ports as there should be */
void churn_fill(struct churn *c);
/** churn_step() - something */
void churn_step(struct churn *c);
/** churn_write_config() - @lines become the configuration file */
void churn_write_config(struct churn *c, const char *lines);
/** churn_quiet() - end all stations and readers that were started here */
void churn_quiet(struct churn *c);
void churn_reap(struct churn *c);

#endif /* TESTS_INTEGRATION_CHURN_CHURN_H */
