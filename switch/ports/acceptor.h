/*
 * acceptor: a listening unix socket in a segment's directory, and who comes.
 *
 * Every peer has been identified by the kernel and allowed by the segment
 * before its owner hears of it.  Running out of descriptors or memory costs
 * the newcomers their connection, never a loop that spins.
 */
#ifndef PORTS_ACCEPTOR_H
#define PORTS_ACCEPTOR_H

struct acceptor;
struct err;
struct port_peer;
struct port_site;

/* @fd: taken; connected, non-blocking, close on exec.  @peer: borrowed, with
 * an empty description. */
typedef void acceptor_fn(void *arg, int fd, const struct port_peer *peer);

/**
 * acceptor_new() - listen on @path, a stream socket with the mode and
 * group of the segment's sockets
 * @site: borrowed for the acceptor's life
 * @path: borrowed for the call
 *
 * Return: returned owned; NULL with @err set.
 */
struct acceptor *acceptor_new(struct port_site *site, const char *path,
			      acceptor_fn *fn, void *arg, struct err *err);
/** acceptor_free() - removes the socket; not from inside @fn; NULL is a
 * no-op */
void acceptor_free(struct acceptor *acceptor);

/** acceptor_peer_of() - who is at the other end of the unix socket @fd
 *
 * Return: 0; -errno with @peer all zeros, when the kernel does not say.
 */
int acceptor_peer_of(int fd, struct port_peer *peer);

#endif /* PORTS_ACCEPTOR_H */
