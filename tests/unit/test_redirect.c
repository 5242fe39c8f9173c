#include "tools/slirp/redirect.h"

#include <string.h>

#include "tests/unit/unit.h"
#include "tools/slirp/net-config.h"

enum {
	ETH_LEN = 14,
	TCP_LEN = 20,
	FRAME_SIZE = 128,
	HOST = 0x0a000202,
	GUEST = 0x0a00020f,
	SERVICE = 0x0a000200, /* the network's own */
};

static const struct net_config config = {
	.network = SERVICE,
	.netmask = 0xffffff00,
	.host = HOST,
	.guestfwds = { { .port = 6000 }, { .port = 80 } },
	.n_guestfwds = 2,
};

/* ---- frames ---- */

static uint16_t
sum_up(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static uint16_t
tcp_sum(const uint8_t *ip, const uint8_t *tcp, size_t tcp_len)
{
	uint32_t pseudo = 6 + (uint32_t)tcp_len;

	for (int i = 12; i < 20; i += 2)
		pseudo += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	return sum_up(pseudo, tcp, tcp_len);
}

struct packet {
	uint16_t type;
	uint8_t n_words; /* of the IPv4 header */
	uint16_t fragment;
	uint8_t protocol;
	uint32_t src, dst;
	uint16_t dport;
};

/* With @n_data octets behind the TCP header; checksums are right. */
static size_t
make_frame(const struct packet *p, size_t n_data, uint8_t *frame)
{
	uint8_t *ip = frame + ETH_LEN, *tcp = ip + p->n_words * 4;
	size_t tcp_len = TCP_LEN + n_data;

	memset(frame, 0x5a, FRAME_SIZE);
	put16(frame + 12, p->type);
	ip[0] = (uint8_t)(0x40 | p->n_words);
	put16(ip + 2, (uint16_t)(p->n_words * 4 + tcp_len));
	put16(ip + 6, p->fragment);
	ip[9] = p->protocol;
	put16(ip + 10, 0);
	put32(ip + 12, p->src);
	put32(ip + 16, p->dst);
	put16(ip + 10, sum_up(0, ip, p->n_words * 4));
	put16(tcp + 2, p->dport);
	put16(tcp + 16, 0);
	put16(tcp + 16, tcp_sum(ip, tcp, tcp_len));
	return ETH_LEN + (size_t)p->n_words * 4 + tcp_len;
}

static void
check_sums(const uint8_t *frame, size_t n_words, size_t tcp_len)
{
	const uint8_t *ip = frame + ETH_LEN;

	ck_assert_uint_eq(sum_up(0, ip, n_words * 4), 0);
	ck_assert_uint_eq(tcp_sum(ip, ip + n_words * 4, tcp_len), 0);
}

static const struct {
	struct packet packet;
	bool in, out;
} packets[] = {
	{ { 0x0800, 5, 0, 6, GUEST, HOST, 6000 }, true, false },
	{ { 0x0800, 5, 0x4000, 6, GUEST, HOST, 80 }, true, false },
	{ { 0x0800, 15, 0, 6, GUEST, HOST, 6000 }, true, false },
	{ { 0x0800, 5, 0, 6, SERVICE, GUEST, 4000 }, false, true },
	{ { 0x0800, 15, 0, 6, SERVICE, GUEST, 4000 }, false, true },
	{ { 0x0800, 5, 0, 6, GUEST, HOST, 6001 }, false, false },
	{ { 0x0800, 5, 0, 6, GUEST, HOST + 1, 6000 }, false, false },
	{ { 0x0800, 5, 0, 17, GUEST, HOST, 6000 }, false, false },
	{ { 0x0800, 5, 0x2000, 6, GUEST, HOST, 6000 }, false, false },
	{ { 0x0800, 5, 0x0001, 6, GUEST, HOST, 6000 }, false, false },
	{ { 0x0800, 4, 0, 6, GUEST, HOST, 6000 }, false, false },
	{ { 0x0806, 5, 0, 6, GUEST, HOST, 6000 }, false, false },
	{ { 0x0800, 5, 0, 17, SERVICE, GUEST, 4000 }, false, false },
	{ { 0x0800, 5, 0, 6, HOST, GUEST, 4000 }, false, false },
};

START_TEST(what_calls_a_service_and_what_answers_is_changed)
{
	enum { DATA = 7 }; /* odd, as checksums have their way with that */
	const struct packet *p = &packets[_i].packet;
	uint8_t frame[FRAME_SIZE], before[FRAME_SIZE];
	size_t len = make_frame(p, DATA, frame);
	const uint8_t *ip = frame + ETH_LEN;

	memcpy(before, frame, sizeof(before));
	ck_assert_int_eq(redirect_is_out(&config, frame, len), packets[_i].out);
	ck_assert_int_eq(redirect_in(&config, frame, len), packets[_i].in);
	if (packets[_i].out)
		redirect_out(&config, frame);
	if (!packets[_i].in && !packets[_i].out) {
		ck_assert_mem_eq(frame, before, sizeof(frame));
		return;
	}
	ck_assert_uint_eq(get32(ip + 12), packets[_i].out ? HOST : p->src);
	ck_assert_uint_eq(get32(ip + 16), packets[_i].in ? SERVICE : p->dst);
	check_sums(frame, p->n_words, TCP_LEN + DATA);
	ck_assert_mem_eq(frame + len - DATA, before + len - DATA, DATA);
}
END_TEST

START_TEST(a_cut_frame_is_left_alone)
{
	uint8_t frame[FRAME_SIZE], before[FRAME_SIZE];
	size_t len = make_frame(&packets[2].packet, 0, frame);

	memcpy(before, frame, sizeof(before));
	for (size_t cut = 0; cut < len; cut++) {
		ck_assert(!redirect_in(&config, frame, cut));
		ck_assert_mem_eq(frame, before, sizeof(frame));
	}
	ck_assert(redirect_in(&config, frame, len));
}
END_TEST

START_TEST(without_services_nothing_is_changed)
{
	const struct net_config none = { .network = SERVICE, .host = HOST };
	uint8_t frame[FRAME_SIZE];
	size_t len = make_frame(&packets[0].packet, 0, frame);

	ck_assert(!redirect_in(&none, frame, len));
	len = make_frame(&packets[3].packet, 0, frame);
	ck_assert(!redirect_is_out(&none, frame, len));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_calls_a_service_and_what_answers_is_changed,
		  UNIT_ROWS(packets) },
		{ a_cut_frame_is_left_alone, 0 },
		{ without_services_nothing_is_changed, 0 },
		{ NULL, 0 },
	};

	return unit_run("redirect", tests, NULL, NULL);
}
