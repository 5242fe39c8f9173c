/*
 * locator: what follows "vdelab://" where VDE clients name a network:
 *
 *   [NET/]SEGMENT[[port=NAME,vid=VID,mtu=OCTETS]]
 *
 * NET is a switch by the name of its directory under $XDG_RUNTIME_DIR/vdelab,
 * "default" if it is left out, or the path of a directory.  Options may be
 * parted by '/', as other modules of libvdeplug have it, or ','.
 */
#ifndef TOOLS_VDEPLUG_LOCATOR_H
#define TOOLS_VDEPLUG_LOCATOR_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	LOCATOR_NAME_SIZE = 64,
	/* What fits into the buffers of VDE clients, VDE_ETHBUFSIZE. */
	LOCATOR_MTU_DEFAULT = 9216,
};

struct locator {
	char net[PATH_MAX]; /* a name, or an absolute path */
	char segment[LOCATOR_NAME_SIZE];
	char port[LOCATOR_NAME_SIZE]; /* "" = the switch gives a name */
	uint16_t vid;		      /* 0 = none */
	uint32_t mtu;		      /* 68..9216 */
};

/** locator_parse() - Return: 0; -EINVAL with @err set, which names what is
 * wrong */
int locator_parse(struct locator *l, const char *text, struct err *err);

/**
 * locator_socket() - the path of the switch's control socket
 * Return: 0; -ENAMETOOLONG, or an error of sockpath_runtime_dir().
 */
int locator_socket(const struct locator *l, char *path, size_t size,
		   struct err *err);

#endif /* TOOLS_VDEPLUG_LOCATOR_H */
