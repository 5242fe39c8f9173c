#include "config.h"

#include "tests/unit/dhcp-client.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>

#include <check.h>

enum { IP = 14, UDP = 34, BOOTP = 42, OPTIONS = BOOTP + 240 };

static uint16_t
checksum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *octets = data;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)octets[i] << 8 : octets[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

void
client_begin(struct client_frame *f, uint8_t station, uint8_t type)
{
	static const uint8_t magic[] = { 99, 130, 83, 99 };
	const uint8_t mac[] = { 0x52, 0x54, 0, 0, 0, station };
	uint8_t *b = f->octets + BOOTP;

	memset(f, 0, sizeof(*f));
	memset(f->octets, 0xff, 6);
	memcpy(f->octets + 6, mac, sizeof(mac));
	f->octets[12] = 0x08;
	b[0] = 1;
	b[1] = 1;
	b[2] = 6;
	memcpy(b + 4, "xid1", 4);
	memcpy(b + 28, mac, sizeof(mac));
	memcpy(b + 236, magic, sizeof(magic));
	f->options = OPTIONS;
	client_option(f, 53, &type, 1);
}

void
client_option(struct client_frame *f, uint8_t code, const void *value,
	      uint8_t len)
{
	f->octets[f->options++] = code;
	f->octets[f->options++] = len;
	memcpy(f->octets + f->options, value, len);
	f->options += len;
}

void
client_option_ip(struct client_frame *f, uint8_t code, const char *text)
{
	in_addr_t address = inet_addr(text);

	client_option(f, code, &address, sizeof(address));
}

void
client_ciaddr(struct client_frame *f, const char *text)
{
	in_addr_t address = inet_addr(text);

	memcpy(f->octets + BOOTP + 12, &address, sizeof(address));
}

void
client_end(struct client_frame *f)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = 17 };
	struct udphdr udp = { .source = htons(68), .dest = htons(67) };

	f->octets[f->options++] = 255;
	f->len = f->options;
	ip.daddr = INADDR_BROADCAST;
	ip.tot_len = htons((uint16_t)(f->len - IP));
	ip.check = checksum(&ip, sizeof(ip), 0);
	udp.len = htons((uint16_t)(f->len - UDP));
	memcpy(f->octets + IP, &ip, sizeof(ip));
	memcpy(f->octets + UDP, &udp, sizeof(udp));
}

void
client_check(const uint8_t *frame, size_t len)
{
	struct iphdr ip;
	struct udphdr udp;

	ck_assert_uint_ge(len, BOOTP + 300);
	memcpy(&ip, frame + IP, sizeof(ip));
	memcpy(&udp, frame + UDP, sizeof(udp));
	ck_assert_uint_eq(frame[12] << 8 | frame[13], 0x0800);
	ck_assert_uint_eq(checksum(&ip, sizeof(ip), 0), 0);
	ck_assert_uint_eq(ntohs(ip.tot_len), len - IP);
	ck_assert_uint_eq(ntohs(udp.len), len - UDP);
	ck_assert_uint_eq(ntohs(udp.source), 67);
	ck_assert_uint_eq(ntohs(udp.dest), 68);
	ck_assert_uint_ne(udp.check, 0);
	ck_assert_uint_eq(checksum(frame + IP + 12, len - IP - 12,
				   17 + (uint32_t)(len - UDP)),
			  0);
	ck_assert_uint_eq(frame[BOOTP], 2);
	ck_assert_mem_eq(frame + BOOTP + 4, "xid1", 4);
}

const uint8_t *
client_find(const uint8_t *frame, size_t len, uint8_t code, uint8_t *value_len)
{
	size_t at = OPTIONS;

	while (at < len && frame[at] != 255) {
		ck_assert_uint_le(at + 2 + frame[at + 1], len);
		if (frame[at] == code) {
			*value_len = frame[at + 1];
			return frame + at + 2;
		}
		at += 2 + (size_t)frame[at + 1];
	}
	ck_assert_uint_lt(at, len); /* there is an end */
	return NULL;
}

uint8_t
client_type(const uint8_t *frame, size_t len)
{
	uint8_t value_len;
	const uint8_t *type = client_find(frame, len, 53, &value_len);

	ck_assert(type != NULL && value_len == 1);
	return *type;
}

static const char *
dotted(const uint8_t *at)
{
	struct in_addr in;

	memcpy(&in, at, sizeof(in));
	return inet_ntoa(in);
}

const char *
client_yiaddr(const uint8_t *frame)
{
	return dotted(frame + BOOTP + 16);
}

const char *
client_find_ip(const uint8_t *frame, size_t len, uint8_t code)
{
	uint8_t value_len;
	const uint8_t *value = client_find(frame, len, code, &value_len);

	return value != NULL && value_len >= 4 ? dotted(value) : "";
}
