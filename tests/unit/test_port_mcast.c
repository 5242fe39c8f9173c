#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch/ports/dummy.h"
#include "tests/unit/kind-rig.h"

#define GROUP "230.0.0.1:1234"
#define LOOPBACK "{'addr':'" GROUP "','local':'127.0.0.1'}"

static void
setup(void)
{
	ck_assert(kind_own_network());
	kind_setup();
}

static struct sockaddr_in
group_address(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(1234) };

	inet_pton(AF_INET, "230.0.0.1", &addr.sin_addr);
	return addr;
}

/* As QEMU: bound to the group, sends from there, hears itself. */
static int
member(void)
{
	struct sockaddr_in addr = group_address();
	struct ip_mreqn mreq = { .imr_multiaddr = addr.sin_addr };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;

	inet_pton(AF_INET, "127.0.0.1", &mreq.imr_address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)),
	    0);
	ck_assert_int_eq(
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)),
	    0);
	return fd;
}

static void
say(int fd, const void *frame, size_t len)
{
	struct sockaddr_in addr = group_address();

	ck_assert_int_eq(
	    sendto(fd, frame, len, 0, (struct sockaddr *)&addr, sizeof(addr)),
	    (ssize_t)len);
}

static void
expect_frame(int fd, size_t len, unsigned seed)
{
	static uint8_t got[FRAME_LEN_MAX + 1], want[FRAME_LEN_MAX];
	size_t wire_len = len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : len;

	memset(want, 0, sizeof(want));
	rig_fill(want, len, 0, 1, seed);
	RIG_UNTIL(&rig, rig_readable(fd));
	ck_assert_int_eq(recv(fd, got, sizeof(got), MSG_DONTWAIT),
			 (ssize_t)wire_len);
	ck_assert_int_eq(memcmp(got, want, wire_len), 0);
}

static const size_t crossing[] = { 14, 60, 1514, 9014, 65507 };

START_TEST(a_frame_crosses_whole_both_ways)
{
	static uint8_t frame[FRAME_LEN_MAX];
	size_t len = crossing[_i];
	int peer = member();
	uint8_t own[FRAME_LEN_MAX];

	kind_add("mcast", LOOPBACK, -1);
	rig_fill(frame, len, 0, 2, 3);
	say(peer, frame, len);
	kind_hear(frame, len);
	RIG_UNTIL(&rig, rig_readable(peer));
	ck_assert_int_eq(recv(peer, own, sizeof(own), 0), (ssize_t)len);
	kind_say(len, 9);
	expect_frame(peer, len, 9);
	close(peer);
}
END_TEST

START_TEST(what_the_port_sent_does_not_come_back)
{
	uint8_t frame[60];
	int peer = member();

	kind_add("mcast", LOOPBACK, -1);
	for (unsigned i = 0; i < 10; i++)
		kind_say(60, i);
	for (unsigned i = 0; i < 10; i++)
		expect_frame(peer, 60, i);
	/* in order: what came before this has been dealt with */
	rig_fill(frame, sizeof(frame), 0, 2, 3);
	say(peer, frame, sizeof(frame));
	kind_hear(frame, sizeof(frame));
	ck_assert_uint_eq(kind_n_heard(), 0);
	ck_assert(kind_shows(rig_port(&rig, "p"),
			     "{'own_heard':10,'addr':'" GROUP "'}"));
	close(peer);
}
END_TEST

/* Two ports that send alike: neither takes the other's frames for its own. */
START_TEST(members_of_our_kind_hear_each_other)
{
	struct segment *other = switch_add_segment(rig.sw, "other", NULL);
	json_t *params =
	    json_pack("{s:s, s:s}", "addr", GROUP, "local", "127.0.0.1");
	struct port *port;
	uint8_t frame[60];

	kind_add("mcast", LOOPBACK, -1);
	port = switch_add_port(other, &port_kind_mcast, "q", PORT_MTU_DEFAULT,
			       params, -1, NULL);
	json_decref(params);
	ck_assert_ptr_nonnull(port);
	rig_fill(frame, sizeof(frame), 0, 7, 3);
	port = switch_add_port(other, &port_kind_dummy, "far", PORT_MTU_DEFAULT,
			       NULL, -1, NULL);
	dummy_inject(port, frame, sizeof(frame));
	kind_hear(frame, sizeof(frame));
	rig_settle(&rig);
	ck_assert_uint_eq(kind_n_heard(), 0);
	ck_assert_uint_eq(dummy_n_sent(port), 0);
}
END_TEST

START_TEST(what_udp_cannot_carry_is_counted)
{
	int peer = member();

	kind_add("mcast", LOOPBACK, -1);
	kind_say(65508, 1);
	kind_say(65507, 2);
	expect_frame(peer, 65507, 2);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	close(peer);
}
END_TEST

START_TEST(a_runt_is_counted_and_nothing_means_nothing)
{
	uint8_t frame[60];
	int peer = member();

	kind_add("mcast", LOOPBACK, -1);
	rig_fill(frame, sizeof(frame), 0, 2, 3);
	say(peer, frame, 13);
	say(peer, "", 0);
	say(peer, frame, sizeof(frame));
	kind_hear(frame, sizeof(frame));
	ck_assert_uint_eq(rig_drops(&rig, DROP_RUNT), 1);
	close(peer);
}
END_TEST

static const struct {
	const char *params;
	const char *want;
} unusable[] = {
	{ "{}", "addr" },
	{ "{'addr':''}", "group and a port" },
	{ "{'addr':'230.0.0.1'}", "group and a port" },
	{ "{'addr':'230.0.0.1:'}", "group and a port" },
	{ "{'addr':'230.0.0.1:0'}", "group and a port" },
	{ "{'addr':'230.0.0.1:65536'}", "group and a port" },
	{ "{'addr':'230.0.0.1:1x'}", "group and a port" },
	{ "{'addr':'230.0.0.1:-1'}", "group and a port" },
	{ "{'addr':'127.0.0.1:1234'}", "group and a port" },
	{ "{'addr':'example.org:1234'}", "group and a port" },
	{ "{'addr':'230.0.0.1230.0.0.1:1234'}", "group and a port" },
	{ "{'addr':'" GROUP "','local':'lo'}", "not an IPv4 address" },
	{ "{'addr':'" GROUP "','local':'10.1.2.3'}", "join the group" },
	{ "{'addr':'" GROUP "'}", "local=" },
};

START_TEST(what_cannot_be_used_is_refused_with_the_reason)
{
	int n_fds = rig_count_fds();

	kind_refuse("mcast", unusable[_i].params, -1, unusable[_i].want);
	ck_assert_int_eq(rig_count_fds(), n_fds);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_frame_crosses_whole_both_ways, UNIT_ROWS(crossing) },
		{ what_the_port_sent_does_not_come_back, 0 },
		{ members_of_our_kind_hear_each_other, 0 },
		{ what_udp_cannot_carry_is_counted, 0 },
		{ a_runt_is_counted_and_nothing_means_nothing, 0 },
		{ what_cannot_be_used_is_refused_with_the_reason,
		  UNIT_ROWS(unusable) },
		{ NULL, 0 },
	};

	if (!kind_may_own_network()) {
		puts("1..0 # SKIP user and network namespaces are not allowed");
		return 0;
	}
	return unit_run("port_mcast", tests, setup, kind_teardown);
}
