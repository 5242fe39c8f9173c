/*
 * relay: bytes between two connections, both ways, bounded, each end of file
 * passed on by itself.
 */
#ifndef DRIVER_VM_RELAY_H
#define DRIVER_VM_RELAY_H

struct event_base;
struct relay;

/* Both ways have ended, or a connection broke; from the loop.  relay_free() is
 * allowed inside. */
typedef void relay_done_fn(struct relay *relay, void *arg);

/** relay_new() - between @a and @b, connected stream sockets; taken */
struct relay *relay_new(struct event_base *base, int a, int b,
			relay_done_fn *done, void *arg);
/** relay_free() - closes both; NULL is a no-op */
void relay_free(struct relay *relay);

#endif /* DRIVER_VM_RELAY_H */
