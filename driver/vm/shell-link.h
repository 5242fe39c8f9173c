/*
 * shell-link: from a byte stream with some POSIX shell at its far end, which
 * may still be booting, to our functions loaded into that shell.
 *
 * Until the guest answers, a probe is sent again and again.  The shell is then
 * replaced by one that is not interactive and whose output goes nowhere, the
 * terminal, if it is one, is made transparent, and guest-shell.sh is sent.
 * From "ready" on, frames are handed up and text is sent as it comes.
 */
#ifndef DRIVER_VM_SHELL_LINK_H
#define DRIVER_VM_SHELL_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct clock;
struct evbuffer;
struct event_base;
struct shell_frame;
struct shell_link;

/* None of these may free the link, but .lost. */
struct shell_link_events {
	void (*ready)(bool guest_has_base64, void *arg);
	void (*frame)(const struct shell_frame *frame, void *arg);
	void (*drained)(void *arg); /* little is left to be sent */
	/* Once, from the loop, as the last thing that happens. */
	void (*lost)(const char *reason, void *arg);
};

enum { SHELL_LINK_LOW_BYTES = 64 * 1024 };

/** shell_link_new() - over @fd, connected; taken
 * @events: borrowed for the life of the link */
struct shell_link *shell_link_new(struct event_base *base, struct clock *clock,
				  int fd,
				  const struct shell_link_events *events,
				  void *arg);
/** shell_link_resume() - the same, to a shell that has our functions already:
 * in the guest's memory when that was saved, with all it has started
 * @nonce: of the link that loaded them
 * @anew:  the guest is a copy: it gets a nonce of its own */
struct shell_link *shell_link_resume(struct event_base *base,
				     struct clock *clock, int fd,
				     const char *nonce, bool anew,
				     const struct shell_link_events *events,
				     void *arg);
/** shell_link_nonce() - what frames begin with; borrowed */
const char *shell_link_nonce(const struct shell_link *link);
bool shell_link_ready(const struct shell_link *link);
/** shell_link_output() - where text for the guest is to be added; borrowed */
struct evbuffer *shell_link_output(struct shell_link *link);
/** shell_link_full() - more than SHELL_LINK_LOW_BYTES wait to be sent */
bool shell_link_full(const struct shell_link *link);
/** shell_link_is_drained() - has the far end taken all that was sent? */
bool shell_link_is_drained(struct shell_link *link);
/** shell_link_seen() - what came last before the shell was ready, printable;
 * borrowed until the next event */
const char *shell_link_seen(struct shell_link *link);
/** shell_link_fail() - as if the connection had ended for @reason */
void shell_link_fail(struct shell_link *link, const char *reason);
void shell_link_free(struct shell_link *link);

/** shell_link_bundle() - guest-shell.sh as it is sent; static */
const char *shell_link_bundle(void);
/** shell_random_hex() - SHELL_NONCE_LEN digits and a NUL */
void shell_random_hex(char *text);

#endif /* DRIVER_VM_SHELL_LINK_H */
