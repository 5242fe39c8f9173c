/*
 * peer: one station's attachment to a switch, as QEMU and libvdeplug do it:
 * plain blocking calls, default socket buffers, one call of the kernel a
 * frame.  Shares no code with the switch on purpose.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/mac.h"

struct err;

enum {
	PEER_LENGTH_SIZE = 4, /* in front of each frame of a stream */
	PEER_FRAME_MIN = 60,
	PEER_FRAME_MAX = 65550,
	PEER_BURST_MAX = 64,
	PEER_ADDRESSES_MAX = 1 << 10, /* of a station with several */
	PEER_READ_SIZE = 69632, /* what QEMU reads from a stream at once */
};

/* Frames to one destination, laid out as a stream carries them. */
struct burst {
	uint8_t *wire; /* n_frames * (PEER_LENGTH_SIZE + frame_len), owned */
	size_t frame_len;
	size_t n_frames;
};

struct peer {
	const struct peer_ops *ops;
	int fd;	 /* frames; -1 = not attached */
	int ctl; /* its end of file tells that the switch is gone; may be fd */
	struct mac mac;
	uint8_t *in;		  /* what has been read, owned */
	size_t n_in;		  /* octets of a frame that is not whole yet */
	struct peer_guest *guest; /* of a vhost peer, owned */
};

#define PEER_DETACHED                                                          \
	(struct peer)                                                          \
	{                                                                      \
		.fd = -1, .ctl = -1                                            \
	}

/* Each frame that has come, borrowed. */
typedef void peer_frame_fn(void *arg, const uint8_t *frame, size_t len);

struct peer_ops {
	const char *name;
	size_t burst_max; /* frames that one call can send */
	/* @dir: where the segment's sockets are.  Return: 0; -errno. */
	int (*attach)(struct peer *peer, const char *dir, unsigned number,
		      struct err *err);
	void (*detach)(struct peer *peer); /* what is its own; or NULL */
	/* One call that blocks until everything is sent.  Return: 0; -errno. */
	int (*send)(struct peer *peer, const struct burst *burst);
	/* One receive call with @flags.  Return: how many frames came (0 when
	 * a part of one came); -errno, -EAGAIN included; -EPIPE when the switch
	 * is gone. */
	int (*recv)(struct peer *peer, int flags, peer_frame_fn *fn, void *arg);
};

extern const struct peer_ops peer_vde, peer_stream, peer_vhost;

/** peer_kind() - Return: the kind called @name; NULL when there is none */
const struct peer_ops *peer_kind(const char *name);

/**
 * peer_attach() - attach to the segment in @dir, waiting some seconds for a
 * switch that is just starting
 * @number: unique among this process's peers; the address is made from it
 *
 * Return: 0; -errno with @peer detached.
 */
int peer_attach(struct peer *peer, const struct peer_ops *ops, const char *dir,
		unsigned number, struct err *err);
/** peer_is_cut_off() - has the switch closed the connection? */
int peer_is_cut_off(const struct peer *peer);
void peer_detach(struct peer *peer);

/** peer_address() - number @i of a station's addresses; 0: its own */
struct mac peer_address(const struct mac *own, unsigned i);
/** peer_owns() - is @to one of the station's addresses? */
bool peer_owns(const struct mac *own, const uint8_t *to);

/** peer_connect() - for peer_ops.attach: a stream socket on @path; -errno */
int peer_connect(const char *path, struct err *err);

/**
 * burst_init() - @n_frames equal frames of @frame_len octets
 *
 * Return: 0; -ENOMEM.
 */
int burst_init(struct burst *burst, const struct mac *to,
	       const struct mac *from, size_t frame_len, size_t n_frames);
void burst_fini(struct burst *burst);
/** burst_address_each() - the frames go from and to the addresses number
 * @first, @first + 1, ... of the @n_addresses of both stations */
void burst_address_each(struct burst *burst, const struct mac *to,
			const struct mac *from, uint64_t first,
			unsigned n_addresses);
/** burst_number() - the frames get the numbers @first, @first + 1, ... */
void burst_number(struct burst *burst, uint64_t first);
/** burst_address() - to whom the frames go from now on */
void burst_address(struct burst *burst, const struct mac *to,
		   const struct mac *from);
/** frame_number() - Return: the number of one of our frames; UINT64_MAX for
 * somebody else's */
uint64_t frame_number(const uint8_t *frame, size_t len);

#endif /* BENCH_PEER_H */
