/* steps: what steps are made of; see stations.c. */
#ifndef TESTS_INTEGRATION_CHURN_STEPS_H
#define TESTS_INTEGRATION_CHURN_STEPS_H

struct churn;

/* A port of a kind, on @segment, with somebody who sends behind it. */
typedef void churn_attach_fn(struct churn *c, const char *segment);
churn_attach_fn churn_attach_stream, churn_attach_vde, churn_attach_pair,
    churn_attach_exec, churn_attach_dummy, churn_attach_plug,
    churn_attach_plugged;

/** churn_kill_station() - kill -9, somebody */
void churn_kill_station(struct churn *c);
/** churn_kill_program() - the same to one that the switch has started */
void churn_kill_program(struct churn *c);

/** churn_pipe_open() - somewhere to capture to, returned owned; its reader is
 * diligent, idle or gone */
int churn_pipe_open(struct churn *c);
void churn_pipe_read(struct churn *c);

#endif /* TESTS_INTEGRATION_CHURN_STEPS_H */
