/*
 * qmp: QEMU Machine Protocol client (docs/interop/qmp-spec.txt of QEMU).
 *
 * QEMU is not trusted to speak well: lines are bounded, unknown keys and
 * events are ignored, a reply with an unknown id is ignored, garbage ends the
 * connection with a reason.  Commands may be issued before the greeting has
 * come; they wait.
 */
#ifndef DRIVER_VM_QMP_H
#define DRIVER_VM_QMP_H

#include <jansson.h>

struct err;
struct event_base;
struct qmp;

/* @result is borrowed; NULL on failure with @err telling why (also, with
 * -ECONNRESET, when the connection ends first). */
typedef void qmp_done_fn(const json_t *result, const struct err *err,
			 void *arg);
typedef void qmp_event_fn(const char *event, const json_t *data, void *arg);
/* Once, from the loop; qmp_free() is allowed inside. */
typedef void qmp_closed_fn(const char *reason, void *arg);

/** qmp_new() - talk over @fd, a connected socket; taken */
struct qmp *qmp_new(struct event_base *base, int fd, qmp_event_fn *event,
		    qmp_closed_fn *closed, void *arg);
/** qmp_command() - @arguments taken, may be NULL; @done may be NULL, and runs
 * at once when the connection has ended */
void qmp_command(struct qmp *qmp, const char *command, json_t *arguments,
		 qmp_done_fn *done, void *arg);
/** qmp_command_fd() - the same with a descriptor, which "getfd" names; @fd is
 * borrowed */
void qmp_command_fd(struct qmp *qmp, const char *command, json_t *arguments,
		    int fd, qmp_done_fn *done, void *arg);
/** qmp_end() - QEMU is known to have ended: outstanding commands fail with
 * @why at once; .closed does not run any more; NULL is a no-op */
void qmp_end(struct qmp *qmp, const char *why);
/** qmp_free() - outstanding commands are forgotten; NULL is a no-op */
void qmp_free(struct qmp *qmp);

#endif /* DRIVER_VM_QMP_H */
