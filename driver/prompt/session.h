/*
 * session: a client of a run's control socket, for a person: calls that can be
 * waited for and interrupted, and what happens in the run, printed as it comes.
 */
#ifndef DRIVER_PROMPT_SESSION_H
#define DRIVER_PROMPT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct event_base;
struct look;
struct session;

/* Makes room on the screen.  Return: false: not now; it is asked again when
 * session_flush() is called. */
typedef bool session_hide_fn(void *arg);

/** session_new() - connect to @socket; SIGINT interrupts waits from now on
 * @look: of what is printed; borrowed for the call
 * Return: owned by the caller; NULL with @err set. */
struct session *session_new(struct event_base *base, const char *socket,
			    const struct look *look, struct err *err);
/** session_on_hide() - ask @hide before something is printed */
void session_on_hide(struct session *session, session_hide_fn *hide, void *arg);
/** session_flush() - print what could not be printed so far */
void session_flush(struct session *session);
void session_free(struct session *session);

/**
 * session_call() - a call, and its end; runs the loop
 * @params: taken; NULL for none
 * @result: out: returned owned
 * @error:  out: what it failed with, returned owned
 *
 * Ctrl-C cancels the call; again, it is not waited for any more.
 * Return: 0; -EIO with @error set; -ECONNRESET with @error set: the run is gone;
 *         -EINPROGRESS: the run stands still meanwhile, see session_resume().
 */
int session_call(struct session *session, const char *method, json_t *params,
		 json_t **result, char **error);
/** session_call_with_fd() - the same with a descriptor, which is taken */
int session_call_with_fd(struct session *session, const char *method,
			 json_t *params, int fd, json_t **result, char **error);
/** session_interrupt() - as Ctrl-C does */
void session_interrupt(struct session *session);
/** session_quiet() - what happens is printed afterwards */
void session_quiet(struct session *session, bool quiet);
struct event_base *session_base(const struct session *session);
/** session_resume() - go on to wait for the call that stood still last
 * Return: as session_call(); -ENOENT: there is none */
int session_resume(struct session *session, json_t **result, char **error);
/** session_wait_input() - a line_wait_fn */
int session_wait_input(void *session);
/** session_sleep() - runs the loop; Return: false when interrupted, or the run
 * is gone */
bool session_sleep(struct session *session, uint64_t ms);
/** session_is_over() - is the run gone? */
bool session_is_over(const struct session *session);
/** session_wait_over() - until it is, for @ms at most */
void session_wait_over(struct session *session, uint64_t ms);

#endif /* DRIVER_PROMPT_SESSION_H */
