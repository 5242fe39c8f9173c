/*
 * script-rig: a script of two nodes `a` and `b` that run nowhere, in virtual
 * time, for tests.  One a process.
 */
#ifndef TESTS_UNIT_SCRIPT_RIG_H
#define TESTS_UNIT_SCRIPT_RIG_H

struct clock;
struct event_base;
struct event_log;
struct script;
struct test_file;

struct script_rig {
	struct event_base *base;
	struct clock *clock;
	struct event_log *log;
	struct test_file *file;
	struct script *script;
	int n_done;
	char died_of[1024]; /* "": it did not */
	char logged[1024];  /* what it logged, each ended by ';' */
	char steps[1024];   /* "+kind " and "- " or "! " */
};

extern struct script_rig rig;

void script_rig_setup(void);
void script_rig_teardown(void);
/** script_rig_load() - start a script of @body, whose first line is line 4;
 * `id` there returns its arguments, behind the checker's back */
void script_rig_load(const char *body);
/** script_rig_run() - the same to its end; time stands still unless it waits */
void script_rig_run(const char *body);

#endif /* TESTS_UNIT_SCRIPT_RIG_H */
