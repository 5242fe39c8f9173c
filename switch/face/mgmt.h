/*
 * mgmt: the console on a socket (--mgmt): a session for each who connects.
 *
 * The file system decides who may connect; where the socket's mode is for its
 * owner alone, so does the kernel's word on who has connected.
 */
#ifndef FACE_MGMT_H
#define FACE_MGMT_H

struct err;
struct face;
struct mgmt;

enum {
	MGMT_SESSIONS_MAX = 64,
	MGMT_BACKLOG_MAX = 1024 * 1024, /* octets that wait to be read */
};

/** mgmt_new() - serve on the socket that @face's options name
 * @path: absolute; borrowed
 * Return: NULL with @err set. */
struct mgmt *mgmt_new(struct face *face, const char *path, struct err *err);
/** mgmt_free() - ends all sessions, removes the socket; NULL is a no-op */
void mgmt_free(struct mgmt *mgmt);

#endif /* FACE_MGMT_H */
