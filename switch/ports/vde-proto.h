/*
 * vde-proto: what a VDE client says when it attaches (wire versions 1 and 3).
 * Pure parser: no descriptor, no clock, no log.
 *
 * All integers are in the host's byte order, all members packed:
 *
 *   v3: u32 magic, u32 version = 3, u32 type, sockaddr_un, description
 *   v1: u32 magic, u32 type (0 or 1), u8 mac[6], sockaddr_un, description
 *
 * so the second word tells them apart.  type is port << 8 | request.  The
 * description has neither a length nor a terminator: it is what came along.
 * The answer is one sockaddr_un, the path of the switch's data socket; there
 * is no way to say no but to close.
 */
#ifndef PORTS_VDE_PROTO_H
#define PORTS_VDE_PROTO_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	VDE_PATH_SIZE = 109,	    /* sun_path may be full: 108 and a NUL */
	VDE_DESCRIPTION_SIZE = 128, /* longer ones are cut */
	VDE_V3_FIXED = 122,	    /* octets before the description */
	VDE_V1_FIXED = 124,
	VDE_REQUEST_MAX = VDE_V1_FIXED + VDE_DESCRIPTION_SIZE,
	VDE_REPLY_SIZE = 110,
};

struct vde_request {
	unsigned version;	  /* 1 or 3 */
	uint32_t port;		  /* wanted number; 0 = any */
	char path[VDE_PATH_SIZE]; /* absolute: the client's data socket */
	char description[VDE_DESCRIPTION_SIZE]; /* printable */
};

/**
 * vde_proto_parse() - look at what has arrived on a control connection
 * @data: borrowed, everything received so far, @len octets
 * @req:  out; valid only when 1 is returned
 *
 * Return: 1 when it is a request, with the description as far as it is there;
 *         0 when it may become one with more octets;
 *         -EPROTO when it never will.
 */
int vde_proto_parse(const void *data, size_t len, struct vde_request *req,
		    struct err *err);

#endif /* PORTS_VDE_PROTO_H */
