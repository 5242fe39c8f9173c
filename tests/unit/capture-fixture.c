#include "config.h"

#include "tests/unit/capture-fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

extern const struct vl_plugin vl_plugin;

struct capture_fixture fx;

void
start_with(const char *options)
{
	char error[256] = "";

	fx.host = fake_host_new();
	fx.vlan1 = fake_segment_add(fx.host, "vlan1");
	fx.vlan2 = fake_segment_add(fx.host, "vlan2");
	fx.client = fake_port_add(fx.host, fx.vlan1, "client.eth1");
	fx.server = fake_port_add(fx.host, fx.vlan1, "server.eth1");
	fx.elsewhere = fake_port_add(fx.host, fx.vlan2, "router.eth1");
	ck_assert_msg(
	    fake_start(fx.host, &vl_plugin, options, error, sizeof(error)) == 0,
	    "%s", error);
}

void
setup(void)
{
	strcpy(fx.dir, "/tmp/test-capture-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fx.dir));
	snprintf(fx.path, sizeof(fx.path), "%s/f", fx.dir);
	start_with(NULL);
}

void
teardown(void)
{
	char command[64];

	if (fx.host != NULL)
		fake_host_free(fx.host);
	snprintf(command, sizeof(command), "rm -r %s", fx.dir);
	ck_assert_int_eq(system(command), 0);
}

uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / MS;
}

/* ---- methods ---- */

const struct fake_reply *
start_fd(const char *more, int fd)
{
	char params[512];

	if (fd >= 0)
		snprintf(params, sizeof(params), "{\"segment\": \"vlan1\"%s}",
			 more);
	else
		snprintf(params, sizeof(params),
			 "{\"segment\": \"vlan1\", \"file\": \"%s\"%s}",
			 fx.path, more);
	return fake_call(fx.host, "start", params, fd);
}

void
start_ok(const char *more, int fd)
{
	const struct fake_reply *reply = start_fd(more, fd);

	ck_assert_msg(reply->code == 0, "%s", reply->text);
}

const struct fake_reply *
stop(const char *id)
{
	const struct fake_reply *reply;
	char params[64];

	snprintf(params, sizeof(params), "{\"id\": \"%s\"}", id);
	reply = fake_call(fx.host, "stop", params, -1);
	await(!reply->deferred);
	return reply;
}

const json_t *
stop_ok(const char *id)
{
	const struct fake_reply *reply = stop(id);

	ck_assert_msg(reply->code == 0, "%s", reply->text);
	ck_assert_str_eq(
	    json_string_value(json_object_get(reply->result, "state")),
	    "finished");
	return reply->result;
}

json_int_t
number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	ck_assert_msg(json_is_integer(value), "no number %s", key);
	return json_integer_value(value);
}

const json_t *
show(const char *id)
{
	const struct fake_reply *reply;
	char params[64];

	snprintf(params, sizeof(params), "{\"id\": \"%s\"}", id);
	reply = fake_call(fx.host, "show", params, -1);
	ck_assert_msg(reply->code == 0, "%s", reply->text);
	ck_assert_uint_eq(json_array_size(reply->result), 1);
	return json_array_get(reply->result, 0);
}

bool
state_is(const char *id, const char *state)
{
	return strcmp(json_string_value(json_object_get(show(id), "state")),
		      state) == 0;
}

/* ---- frames ---- */

struct fake_frame
frame(uint8_t *octets, uint32_t len, uint16_t type, uint8_t tag)
{
	memset(octets, 0, len);
	memset(octets, 0xff, 6);
	octets[6] = 2;
	octets[12] = (uint8_t)(type >> 8);
	octets[13] = (uint8_t)type;
	if (len > 14)
		octets[14] = tag;
	return (struct fake_frame){ octets, len };
}

void
push(uint32_t in, uint32_t out, uint32_t len, uint16_t type, uint8_t tag)
{
	uint8_t *octets = malloc(len);
	struct fake_frame f = frame(octets, len, type, tag);

	ck_assert_int_eq(fake_push(fx.host, in, out, &f).verdict, VL_PASS);
	free(octets);
}

/* ---- reading back ---- */

static uint32_t
u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static uint64_t
time_at(const uint8_t *p)
{
	return (uint64_t)u32(p) << 32 | u32(p + 4);
}

/* The next option with @code, from the one at @at on; NULL: there is none. */
static const uint8_t *
next_option(const uint8_t *at, uint16_t code)
{
	while (u32(at) != 0) {
		if ((uint16_t)u32(at) == code)
			return at;
		at += 4 + ((u32(at) >> 16) + 3) / 4 * 4;
	}
	return NULL;
}

static const uint8_t *
find_option(const uint8_t *at, uint16_t code)
{
	const uint8_t *found = next_option(at, code);

	ck_assert_msg(found != NULL, "no option %u", code);
	return found;
}

static void
append(struct block *b, const uint8_t *text, size_t len, char end)
{
	size_t at = strlen(b->text);

	ck_assert_uint_lt(at + len + 2, sizeof(b->text));
	memcpy(b->text + at, text, len);
	b->text[at + len] = end;
}

static void
read_frame(const uint8_t *p, struct block *b)
{
	const uint8_t *options, *o;

	b->time_ns = time_at(p + 12);
	b->captured = u32(p + 20);
	b->original = u32(p + 24);
	b->tag = p[28 + 14];
	options = p + 28 + (b->captured + 3) / 4 * 4;
	b->direction = u32(find_option(options, 2) + 4) & 3;
	o = next_option(options, 4);
	if (o != NULL)
		b->lost = u32(o + 4);
	for (o = options; (o = next_option(o, 1)) != NULL;
	     o += 4 + ((u32(o) >> 16) + 3) / 4 * 4)
		append(b, o + 4, u32(o) >> 16, '\n');
}

static void
read_names(const uint8_t *p, struct block *b)
{
	static const size_t address_sizes[] = { 0, 4, 16, 6 };

	for (p += 8; u32(p) != 0; p += 4 + ((u32(p) >> 16) + 3) / 4 * 4) {
		const uint8_t *name = p + 4 + address_sizes[p[0]];

		append(b, name, strlen((const char *)name), ' ');
	}
}

static void
read_mark(const uint8_t *p, struct block *b)
{
	const char *text = strstr((const char *)p + 8, "MESSAGE=");

	ck_assert_ptr_nonnull(text);
	append(b, (const uint8_t *)text + 8, strcspn(text + 8, "\n"), '\0');
	b->time_ns = strtoull((const char *)p + 8 + 21, NULL, 10) * 1000;
}

static void
read_block(const uint8_t *p, struct block *b)
{
	const uint8_t *name;

	*b = (struct block){ .type = u32(p), .interface = u32(p + 8) };
	if (b->type == IDB) {
		name = find_option(p + 16, 2);
		append(b, name + 4, u32(name) >> 16, '\0');
	} else if (b->type == EPB) {
		read_frame(p, b);
	} else if (b->type == NRB) {
		read_names(p, b);
	} else if (b->type == MARK) {
		read_mark(p, b);
	} else if (b->type == ISB) {
		b->time_ns = time_at(p + 12);
		b->received = u32(find_option(p + 20, 4) + 4);
		b->dropped = u32(find_option(p + 20, 5) + 4);
		b->accepted = u32(find_option(p + 20, 6) + 4);
		b->delivered = u32(find_option(p + 20, 8) + 4);
	}
}

static uint8_t *
read_all(int fd, size_t *size)
{
	size_t room = 1 << 20;
	uint8_t *data = malloc(room);
	ssize_t n;

	*size = 0;
	while ((n = read(fd, data + *size, room - *size)) > 0)
		*size += (size_t)n;
	ck_assert_int_eq(n, 0);
	ck_assert_uint_lt(*size, room);
	return data;
}

size_t
read_blocks(int fd, struct block *blocks, size_t max)
{
	size_t size, n = 0;
	uint8_t *data = read_all(fd, &size);

	for (size_t at = 0; at < size; n++) {
		uint32_t len;

		ck_assert_uint_le(at + 12, size);
		len = u32(data + at + 4);
		ck_assert_uint_eq(len % 4, 0);
		ck_assert_uint_le(at + len, size);
		ck_assert_uint_eq(u32(data + at + len - 4), len);
		ck_assert_uint_lt(n, max);
		read_block(data + at, &blocks[n]);
		at += len;
	}
	free(data);
	return n;
}

static size_t
read_path(const char *path, struct block *blocks, size_t max)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const u_char *data;
	size_t n, n_frames = 0, n_read = 0;
	int fd = open(path, O_RDONLY);

	ck_assert_msg(pcap != NULL, "%s", error);
	n = read_blocks(fd, blocks, max);
	close(fd);
	while (pcap_next_ex(pcap, &header, &data) == 1)
		n_read++;
	ck_assert_str_eq(pcap_geterr(pcap), "");
	pcap_close(pcap);
	for (size_t i = 0; i < n; i++)
		n_frames += blocks[i].type == EPB;
	ck_assert_uint_eq(n_read, n_frames);
	return n;
}

size_t
read_file(struct block *blocks, size_t max)
{
	return read_path(fx.path, blocks, max);
}

size_t
read_nth_file(unsigned n, struct block *blocks, size_t max)
{
	char path[80];

	snprintf(path, sizeof(path), "%s-%06u", fx.path, n);
	return read_path(path, blocks, max);
}

size_t
count(const struct block *blocks, size_t n, uint32_t type)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += blocks[i].type == type;
	return found;
}
