#include "switch/ports/vde-proto.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "tests/unit/unit.h"

enum { MAGIC = 0xfeedface, PATH_SPACE = 108, WIRE_MAX = 512 };

#define PATH "/run/user/1000/net/.00042-00000"
#define PATH_27 "/aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PATH_108 PATH_27 PATH_27 PATH_27 PATH_27

/* A request to lay out on the wire; version 0 puts no version word. */
struct sample {
	uint32_t magic;
	uint32_t version;
	uint32_t type;
	uint16_t family;
	const char *path; /* PATH_SPACE octets are taken if it is that long */
	const char *description;
};

static const struct sample good_v3 = {
	MAGIC, 3, 0, AF_UNIX, PATH, "QEMU pid=7"
};
static const struct sample good_v1 = {
	MAGIC, 1, 0, AF_UNIX, PATH, "QEMU pid=7"
};

static uint8_t *
put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

/* Return: octets written to @wire. */
static size_t
lay_out(const struct sample *s, uint8_t wire[static WIRE_MAX])
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
	char path[PATH_SPACE] = "";
	uint8_t *at = wire;

	memcpy(path, s->path, strnlen(s->path, sizeof(path)));
	at = put(at, &s->magic, 4);
	if (s->version != 1)
		at = put(at, &s->version, 4);
	at = put(at, &s->type, 4);
	if (s->version == 1)
		at = put(at, mac, sizeof(mac));
	at = put(at, &s->family, 2);
	at = put(at, path, sizeof(path));
	at = put(at, s->description, strlen(s->description));
	return (size_t)(at - wire);
}

/* Parses exactly @len octets, from memory that ends where they end. */
static int
parse(const uint8_t *wire, size_t len, struct vde_request *req, struct err *err)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	int ret;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, wire, len);
	memset(req, 0xa5, sizeof(*req));
	ret = vde_proto_parse(exact, len, req, err);
	free(exact);
	return ret;
}

static const struct {
	struct sample sample;
	unsigned version;
	uint32_t port;
	const char *path;
	const char *description;
} accepted[] = {
	{ { MAGIC, 3, 0, AF_UNIX, PATH, "x" }, 3, 0, PATH, "x" },
	{ { MAGIC, 3, 0, AF_UNIX, PATH, "" }, 3, 0, PATH, "" },
	{ { MAGIC, 1, 0, AF_UNIX, PATH, "x" }, 1, 0, PATH, "x" },
	{ { MAGIC, 1, 1, AF_UNIX, PATH, "x" }, 1, 0, PATH, "x" },
	{ { MAGIC, 1, 0, AF_UNIX, PATH, "" }, 1, 0, PATH, "" },
	/* a port number, its smallest and largest */
	{ { MAGIC, 3, 1 << 8, AF_UNIX, PATH, "" }, 3, 1, PATH, "" },
	{ { MAGIC, 3, 0xffffff00, AF_UNIX, PATH, "" }, 3, 0xffffff, PATH, "" },
	/* the switch's own port 0: any */
	{ { MAGIC, 3, 1, AF_UNIX, PATH, "" }, 3, 0, PATH, "" },
	{ { MAGIC, 3, 5 << 8 | 1, AF_UNIX, PATH, "" }, 3, 0, PATH, "" },
	/* the shortest and the longest path; 108 leave no room for a NUL */
	{ { MAGIC, 3, 0, AF_UNIX, "/", "x" }, 3, 0, "/", "x" },
	{ { MAGIC, 3, 0, AF_UNIX, PATH_108, "x" }, 3, 0, PATH_108, "x" },
	{ { MAGIC, 1, 0, AF_UNIX, PATH_108, "" }, 1, 0, PATH_108, "" },
	/* nothing that could forge a line or drive a terminal */
	{ { MAGIC, 3, 0, AF_UNIX, PATH, "a\nb\033[2J\x7f\xc3\xa9 ~" },
	  3,
	  0,
	  PATH,
	  "a?b?[2J??? ~" },
};

START_TEST(a_request_is_read)
{
	uint8_t wire[WIRE_MAX];
	struct vde_request req;
	struct err err = ERR_INIT;
	size_t len = lay_out(&accepted[_i].sample, wire);

	ck_assert_msg(parse(wire, len, &req, &err) == 1, "%s", err.text);
	ck_assert_uint_eq(req.version, accepted[_i].version);
	ck_assert_uint_eq(req.port, accepted[_i].port);
	ck_assert_str_eq(req.path, accepted[_i].path);
	ck_assert_str_eq(req.description, accepted[_i].description);
}
END_TEST

static const struct {
	struct sample sample;
	const char *why; /* part of the message */
} refused[] = {
	{ { 0xfeedfacd, 3, 0, AF_UNIX, PATH, "" }, "does not speak VDE" },
	{ { 0xcefaedfe, 3, 0, AF_UNIX, PATH, "" }, "does not speak VDE" },
	{ { 0, 3, 0, AF_UNIX, PATH, "" }, "does not speak VDE" },
	{ { MAGIC, 2, 0, AF_UNIX, PATH, "" }, "version 2 is unknown" },
	{ { MAGIC, 4, 0, AF_UNIX, PATH, "" }, "version 4 is unknown" },
	{ { MAGIC, 0x80000000, 0, AF_UNIX, PATH, "" }, "version 2147483648" },
	{ { MAGIC, 3, 2, AF_UNIX, PATH, "" }, "type 2 is unknown" },
	{ { MAGIC, 3, 7, AF_UNIX, PATH, "" }, "type 7 is unknown" },
	{ { MAGIC, 3, 3 << 8 | 0xff, AF_UNIX, PATH, "" }, "type 255" },
	{ { MAGIC, 1, 7, AF_UNIX, PATH, "" }, "version 7 is unknown" },
	{ { MAGIC, 3, 0, AF_UNSPEC, PATH, "" }, "address family 0" },
	{ { MAGIC, 3, 0, AF_INET, PATH, "" }, "address family 2" },
	{ { MAGIC, 1, 0, AF_INET, PATH, "" }, "address family 2" },
	{ { MAGIC, 3, 0, AF_UNIX, "", "" }, "abstract" },
	{ { MAGIC, 1, 0, AF_UNIX, "", "" }, "abstract" },
	{ { MAGIC, 3, 0, AF_UNIX, "net/.1-0", "" }, "relative" },
	{ { MAGIC, 3, 0, AF_UNIX, "./x", "" }, "relative" },
};

START_TEST(a_request_is_refused_with_the_reason)
{
	uint8_t wire[WIRE_MAX];
	struct vde_request req;
	struct err err = ERR_INIT;
	size_t len = lay_out(&refused[_i].sample, wire);

	ck_assert_int_eq(parse(wire, len, &req, &err), -EPROTO);
	ck_assert_int_eq(err.code, -EPROTO);
	ck_assert_msg(strstr(err.text, refused[_i].why) != NULL, "%s",
		      err.text);
}
END_TEST

START_TEST(an_abstract_name_is_not_a_path)
{
	struct sample s = good_v3;
	uint8_t wire[WIRE_MAX];
	struct vde_request req;
	struct err err = ERR_INIT;
	size_t len = lay_out(&s, wire);

	wire[14] = '\0'; /* the first octet of sun_path; the rest stays */
	ck_assert_int_eq(parse(wire, len, &req, &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "abstract"));
}
END_TEST

START_TEST(a_cut_request_waits_for_its_fixed_part)
{
	const struct sample *s = _i == 0 ? &good_v3 : &good_v1;
	size_t fixed = _i == 0 ? VDE_V3_FIXED : VDE_V1_FIXED;
	uint8_t wire[WIRE_MAX];
	struct vde_request req;
	size_t len = lay_out(s, wire);

	ck_assert_uint_eq(len, fixed + strlen(s->description));
	for (size_t cut = 0; cut < fixed; cut++)
		ck_assert_int_eq(parse(wire, cut, &req, NULL), 0);
	for (size_t cut = fixed; cut <= len; cut++) {
		ck_assert_int_eq(parse(wire, cut, &req, NULL), 1);
		ck_assert_str_eq(req.path, PATH);
		ck_assert_uint_eq(strlen(req.description), cut - fixed);
		ck_assert_int_eq(
		    strncmp(req.description, s->description, cut - fixed), 0);
	}
}
END_TEST

/* The first octet that makes a request hopeless, at the latest. */
static const struct {
	struct sample sample;
	size_t known_at;
} hopeless[] = {
	{ { 0, 3, 0, AF_UNIX, PATH, "" }, 4 },
	{ { MAGIC, 2, 0, AF_UNIX, PATH, "" }, 8 },
	{ { MAGIC, 3, 7, AF_UNIX, PATH, "" }, 12 },
	{ { MAGIC, 3, 0, AF_INET, PATH, "" }, VDE_V3_FIXED },
	{ { MAGIC, 1, 0, AF_UNIX, "rel", "" }, VDE_V1_FIXED },
};

START_TEST(a_hopeless_request_is_refused_as_soon_as_it_shows)
{
	uint8_t wire[WIRE_MAX];
	struct vde_request req;
	size_t len = lay_out(&hopeless[_i].sample, wire);

	for (size_t cut = 0; cut <= len; cut++)
		ck_assert_int_eq(parse(wire, cut, &req, NULL),
				 cut < hopeless[_i].known_at ? 0 : -EPROTO);
}
END_TEST

START_TEST(a_long_description_is_cut)
{
	uint8_t wire[VDE_V3_FIXED + 2 * VDE_DESCRIPTION_SIZE];
	struct vde_request req;
	struct sample s = good_v3;
	uint8_t head[WIRE_MAX];

	s.description = "";
	lay_out(&s, head);
	memset(wire, 'd', sizeof(wire));
	memcpy(wire, head, VDE_V3_FIXED);
	for (int extra = -1; extra <= VDE_DESCRIPTION_SIZE; extra++) {
		size_t n = (size_t)(VDE_DESCRIPTION_SIZE - 1 + extra);

		ck_assert_int_eq(parse(wire, VDE_V3_FIXED + n, &req, NULL), 1);
		ck_assert_uint_eq(strlen(req.description),
				  extra < 0 ? n : VDE_DESCRIPTION_SIZE - 1);
	}
}
END_TEST

START_TEST(what_follows_a_nul_in_the_description_is_not_shown)
{
	uint8_t wire[WIRE_MAX];
	struct vde_request req;
	size_t len = lay_out(&good_v3, wire);

	wire[VDE_V3_FIXED + 4] = '\0';
	ck_assert_int_eq(parse(wire, len, &req, NULL), 1);
	ck_assert_str_eq(req.description, "QEMU");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_request_is_read, UNIT_ROWS(accepted) },
		{ a_request_is_refused_with_the_reason, UNIT_ROWS(refused) },
		{ an_abstract_name_is_not_a_path, 0 },
		{ a_cut_request_waits_for_its_fixed_part, 2 },
		{ a_hopeless_request_is_refused_as_soon_as_it_shows,
		  UNIT_ROWS(hopeless) },
		{ a_long_description_is_cut, 0 },
		{ what_follows_a_nul_in_the_description_is_not_shown, 0 },
		{ NULL, 0 },
	};

	return unit_run("vde_proto", tests, NULL, NULL);
}
