/*
 * cable: the programs that attach something to a VDE switch: a switch of two
 * ports, a plug in the other switch and that thing.
 *
 * It ends when the other switch lets go of it, or the thing goes.
 */
#ifndef FACE_CABLE_H
#define FACE_CABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct port;
struct segment;

struct cable_config {
	const char *sock; /* as libvdeplug understands it; NULL: the default */
	uint32_t number;  /* of the port there; 0 = any */
	mode_t mode;	  /* of our data socket; 0 = 0600 */
	bool has_group;
	gid_t group;
	bool daemon;
	const char *pid_file; /* or NULL */
	/* Attaches the thing.  Return: borrowed; NULL with @err set. */
	struct port *(*attach)(struct segment *segment, void *arg,
			       struct err *err);
	void (*detach)(void *arg); /* what is left of it at the end; or NULL */
	void *arg;
};

/** cable_run() - Return: the exit code: 0 after an orderly end, 1 when it could
 * not begin */
int cable_run(const struct cable_config *config);

/**
 * cable_parse_sock() - "DIR", "DIR[7]", "vde://DIR", or NULL for where switches
 * usually are
 * @number: set when the text has one
 *
 * Return: an absolute path, returned owned; NULL with @err set.
 */
char *cable_parse_sock(const char *text, uint32_t *number, struct err *err);

#endif /* FACE_CABLE_H */
