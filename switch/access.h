/*
 * access: who may attach to a segment beside our own user and root.
 *
 * The modes of directory and sockets decide who can reach them, and what the
 * kernel says of whoever connects (SO_PEERCRED, SO_PEERGROUPS) whether he is
 * let in.  The control socket is nobody's but the owner's, whatever stands
 * here.
 */
#ifndef SWITCH_ACCESS_H
#define SWITCH_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct port_peer;

enum { ACCESS_UIDS_MAX = 32 };

/* All zeros: our own user alone. */
struct segment_access {
	mode_t dir_mode; /* of the directory; 0 = 0700 */
	mode_t mode;	 /* of the sockets in it; 0 = 0600 */
	bool has_group;
	gid_t group; /* of both */
	/* Where there are any, the modes let everybody through, and these and
	 * members of the group are let in. */
	uid_t uids[ACCESS_UIDS_MAX];
	size_t n_uids;
};

/** access_add_user() - @text: a user's name or number
 * Return: 0; -EINVAL, -ENOSPC with @err set. */
int access_add_user(struct segment_access *access, const char *text,
		    struct err *err);
/** access_set_group() - @text: a group's name or number
 * Return: 0; -EINVAL with @err set. */
int access_set_group(struct segment_access *access, const char *text,
		     struct err *err);
/** access_set_modes() - those that the users and the group need */
void access_set_modes(struct segment_access *access);

/**
 * access_allows() - may @peer attach?
 * @fd: its connection; -1: its groups do not count
 */
bool access_allows(const struct segment_access *access,
		   const struct port_peer *peer, int fd);

#endif /* SWITCH_ACCESS_H */
