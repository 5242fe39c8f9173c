/*
 * slirp-rig: a running vdelab-slirp with a test in the place of QEMU, in a
 * directory of its own.
 */
#ifndef TESTS_SLIRP_RIG_H
#define TESTS_SLIRP_RIG_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tests/integration/slirp-guest.h"

enum { RIG_PORT = 514, RIG_TEXT_SIZE = 8192, RIG_FORWARD_SIZE = PATH_MAX + 32 };

struct rig {
	pid_t pid; /* 0 = none */
	int type;  /* of the socket between us; 0 = SOCK_STREAM */
	struct guest guest;
	int stderr_fd; /* what it says */
	char dir[64];
	char path[PATH_MAX];	  /* of the forward to RIG_PORT */
	char text[RIG_TEXT_SIZE]; /* what it said, after rig_join() */
};

/** rig_init() - make the directory; nothing runs yet */
void rig_init(struct rig *rig);
/**
 * rig_spawn() - start it with `--fd N --ready-fd M` and @args, ended by
 * NULL
 * @fd: a descriptor that it inherits too, or -1
 *
 * Return: did it say that it is ready?
 */
bool rig_spawn(struct rig *rig, const char *const *args, int fd);
/** rig_forward() - what --hostfwd is to be for one from .path to RIG_PORT
 * Return: @text */
const char *rig_forward(const struct rig *rig,
			char text[static RIG_FORWARD_SIZE]);
/** rig_start() - rig_spawn() with a forward and @option (may be NULL), which
 * must succeed */
void rig_start(struct rig *rig, const char *option);
/** rig_start_with() - rig_spawn(), which must succeed */
void rig_start_with(struct rig *rig, const char *const *args);
/** rig_dial() - connect to the forward */
int rig_dial(const struct rig *rig);
/** rig_join() - wait for the end; Return: the exit status, 128 + a signal */
int rig_join(struct rig *rig);
/** rig_fini() - kill what runs, remove the directory */
void rig_fini(struct rig *rig);

/* Bytes of a host's socket, with a deadline. */
void rig_write(int fd, const void *data, size_t len);
/** rig_read() - Return: how many came before the end or @len */
size_t rig_read(int fd, void *data, size_t len);

/**
 * rig_enter_netns() - into a network that holds only what the test starts, and
 * one interface with RIG_OUTSIDE
 * @loopback: and 127.0.0.1
 *
 * Return: false, with errno, where the system does not allow it.
 */
bool rig_enter_netns(bool loopback);
enum { RIG_OUTSIDE = 0x64400001 }; /* 100.64.0.1 */

#endif /* TESTS_SLIRP_RIG_H */
