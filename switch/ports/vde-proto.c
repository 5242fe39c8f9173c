#include "switch/ports/vde-proto.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/cursor.h"
#include "lib/err.h"

#define VDE_MAGIC UINT32_C(0xfeedface)

enum { REQ_NEW_CONTROL = 0, REQ_NEW_PORT0 = 1 };

/* The layout as its inventors wrote it down, to check our offsets against. */
struct wire_v3 {
	uint32_t magic;
	uint32_t version;
	uint32_t type;
	struct sockaddr_un sock;
} __attribute__((packed));

struct wire_v1 {
	uint32_t magic;
	uint32_t type;
	uint8_t mac[6];
	struct sockaddr_un sock;
} __attribute__((packed));

static_assert(sizeof(struct wire_v3) == VDE_V3_FIXED, "v3 request");
static_assert(sizeof(struct wire_v1) == VDE_V1_FIXED, "v1 request");
static_assert(sizeof(struct sockaddr_un) == VDE_REPLY_SIZE, "reply");
static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) + 1 == VDE_PATH_SIZE,
	      "path");

static int
parse_type(uint32_t type, struct vde_request *req, struct err *err)
{
	uint32_t request = type & 0xff;

	if (request != REQ_NEW_CONTROL && request != REQ_NEW_PORT0)
		return err_set(err, -EPROTO, "request type %u is unknown",
			       (unsigned)request);
	/* Port 0 was the switch's own; its clients get any other. */
	req->port = request == REQ_NEW_PORT0 ? 0 : type >> 8;
	return 0;
}

static int
parse_sock(struct cursor *c, struct vde_request *req, struct err *err)
{
	uint16_t family = cursor_host16(c);
	const uint8_t *path = cursor_bytes(c, VDE_PATH_SIZE - 1);

	if (family != AF_UNIX)
		return err_set(err, -EPROTO,
			       "data socket of address family %u, not unix",
			       (unsigned)family);
	if (path[0] == '\0')
		return err_set(err, -EPROTO,
			       "data socket without a path: abstract sockets "
			       "have no owner and are refused");
	if (path[0] != '/')
		return err_set(err, -EPROTO,
			       "data socket with a relative path");
	memset(req->path, 0, sizeof(req->path));
	for (size_t i = 0; i < VDE_PATH_SIZE - 1 && path[i] != '\0'; i++)
		req->path[i] = (char)path[i];
	return 0;
}

static void
parse_description(struct cursor *c, struct vde_request *req)
{
	size_t n = 0;

	while (c->left > 0 && n < sizeof(req->description) - 1) {
		uint8_t ch = cursor_u8(c);

		if (ch == '\0')
			break;
		req->description[n++] = ch >= ' ' && ch <= '~' ? (char)ch : '?';
	}
	req->description[n] = '\0';
}

/* The words in front of the address.  Return: as vde_proto_parse(). */
static int
parse_head(struct cursor *c, struct vde_request *req, struct err *err)
{
	uint32_t magic, word, type;

	if (c->left < sizeof(magic))
		return 0;
	magic = cursor_host32(c);
	if (magic != VDE_MAGIC)
		return err_set(err, -EPROTO, "does not speak VDE (magic %08x)",
			       (unsigned)magic);
	if (c->left < sizeof(word))
		return 0;
	word = cursor_host32(c);
	switch (word) {
	case REQ_NEW_CONTROL:
	case REQ_NEW_PORT0:
		req->version = 1;
		type = word;
		cursor_skip(c, sizeof(((struct wire_v1 *)0)->mac));
		break;
	case 3:
		req->version = 3;
		if (c->left < sizeof(type))
			return 0;
		type = cursor_host32(c);
		break;
	default:
		return err_set(err, -EPROTO,
			       "VDE version %u is unknown (1 and 3 are known)",
			       (unsigned)word);
	}
	return parse_type(type, req, err) < 0 ? -EPROTO : cursor_ok(c);
}

int
vde_proto_parse(const void *data, size_t len, struct vde_request *req,
		struct err *err)
{
	struct cursor c = cursor_over(data, len);
	int ret = parse_head(&c, req, err);

	if (ret <= 0)
		return ret;
	if (c.left < sizeof(struct sockaddr_un))
		return 0;
	ret = parse_sock(&c, req, err);
	if (ret < 0)
		return ret;
	parse_description(&c, req);
	return 1;
}
