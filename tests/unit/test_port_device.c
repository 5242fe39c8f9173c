/* Ports of kinds tap and packet: what is refused, and why.  What they do with
 * real devices is tests/integration/test-device.sh's affair. */
#include "config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "switch/ports/dummy.h"
#include "tests/unit/kind-rig.h"

/* In a network of its own, so that packet sockets can be had. */
static void
setup(void)
{
	ck_assert(kind_own_network());
	kind_setup();
}

static int
make_none(void)
{
	return -1;
}

static int
make_file(void)
{
	return open("/dev/null", O_RDWR);
}

static int
make_unix(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static int
make_cooked(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
}

static int
make_unbound(void)
{
	return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
}

/* For one protocol of many: it would miss frames. */
static int
make_deaf(void)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_IP),
				    .sll_ifindex = 1 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static const struct {
	const char *kind;
	int (*fd)(void);
	const char *params;
	const char *want;
} unusable[] = {
	{ "tap", make_file, "{}", "not that of a tap" },
	{ "tap", make_unix, "{}", "not that of a tap" },
	{ "tap", make_file, "{'dev':'x'}", "dev is too much" },
	{ "tap", make_none, "{'dev':''}", "no name for an interface" },
	{ "tap", make_none, "{'dev':'a/b'}", "no name for an interface" },
	{ "tap", make_none, "{'dev':'tap%d'}", "no name for an interface" },
	{ "tap", make_none, "{'dev':'sixteen-octets-x'}",
	  "no name for an interface" },
	{ "packet", make_none, "{}", "one of the two" },
	{ "packet", make_unbound, "{'dev':'lo'}", "one of the two" },
	{ "packet", make_none, "{'dev':'nowhere0'}", "no interface nowhere0" },
	{ "packet", make_none, "{'dev':'longer-than-any-name'}",
	  "no interface longer-than-any-name" },
	{ "packet", make_file, "{}", "not a packet socket" },
	{ "packet", make_unix, "{}", "not a packet socket" },
	{ "packet", make_cooked, "{}", "SOCK_RAW" },
	{ "packet", make_unbound, "{}", "must be bound" },
	{ "packet", make_deaf, "{}", "ETH_P_ALL" },
};

START_TEST(what_cannot_be_used_is_refused_with_the_reason)
{
	int n_fds = rig_count_fds();

	kind_refuse(unusable[_i].kind, unusable[_i].params, unusable[_i].fd(),
		    unusable[_i].want);
	ck_assert_int_eq(rig_count_fds(), n_fds);
}
END_TEST

/* The loopback gives back what it is sent: enough to see a frame go through. */
START_TEST(a_bound_socket_becomes_a_port)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL),
				    .sll_ifindex = 1 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	uint8_t frame[100];

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	kind_add("packet", "{}", fd);
	ck_assert(kind_shows(rig_port(&rig, "p"), "{'dev':'lo','missed':0}"));
	kind_say(sizeof(frame), 7);
	rig_fill(frame, sizeof(frame), 0, 1, 7);
	kind_hear(frame, sizeof(frame));
}
END_TEST

/* ---- a veth: v0 is the port's, v1 the peer's ---- */

struct request {
	struct nlmsghdr header;
	struct ifinfomsg info;
	char attributes[256];
};

/* Return: where it begins, for end() when it holds others. */
static struct rtattr *
add(struct request *r, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a =
	    (struct rtattr *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len > 0)
		memcpy(RTA_DATA(a), data, len);
	r->header.nlmsg_len =
	    NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void
end(struct request *r, struct rtattr *a)
{
	a->rta_len =
	    (unsigned short)((char *)r + r->header.nlmsg_len - (char *)a);
}

static void
set_up(const char *dev)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
}

static void
make_veth(void)
{
	struct request r = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.info)),
			    .nlmsg_type = RTM_NEWLINK,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE |
					   NLM_F_EXCL | NLM_F_ACK },
	};
	struct rtattr *info, *data, *peer;
	struct {
		struct nlmsghdr header;
		struct nlmsgerr err;
		char rest[512];
	} reply;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	add(&r, IFLA_IFNAME, "v0", 3);
	info = add(&r, IFLA_LINKINFO, NULL, 0);
	add(&r, IFLA_INFO_KIND, "veth", 4);
	data = add(&r, IFLA_INFO_DATA, NULL, 0);
	peer = add(&r, VETH_INFO_PEER, &(struct ifinfomsg){ 0 },
		   sizeof(struct ifinfomsg));
	add(&r, IFLA_IFNAME, "v1", 3);
	end(&r, peer);
	end(&r, data);
	end(&r, info);
	ck_assert_int_gt(send(fd, &r, r.header.nlmsg_len, 0), 0);
	ck_assert_int_gt(recv(fd, &reply, sizeof(reply), 0), 0);
	ck_assert_int_eq(reply.header.nlmsg_type, NLMSG_ERROR);
	ck_assert_int_eq(reply.err.error, 0);
	close(fd);
}

static int
index_of(const char *dev)
{
	struct ifreq ifr = { .ifr_ifindex = 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	ck_assert_int_eq(ioctl(fd, SIOCGIFINDEX, &ifr), 0);
	close(fd);
	return ifr.ifr_ifindex;
}

/* Hears what comes out of v1, and can say something there. */
static int
open_peer(void)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL),
				    .sll_ifindex = index_of("v1") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	return fd;
}

/* The end that is set up last can send at once, the other one only when the
 * kernel has got round to it. */
enum sender { PEER_SENDS, PORT_SENDS };

static int
add_veth(enum sender sender)
{
	make_veth();
	if (sender == PORT_SENDS)
		set_up("v1");
	kind_add("packet", "{'dev':'v0'}", -1); /* sets it up */
	if (sender == PEER_SENDS)
		set_up("v1");
	/* What the kernel has to say on a new link (IPv6) is not for us. */
	kind_ignore(0x86dd);
	return open_peer();
}

static const struct {
	size_t len;
	uint16_t tags[3]; /* 0 = no more */
} shapes[] = {
	{ 60, { 0 } },
	{ 61, { 0 } },
	{ 1514, { 0 } },
	{ 64, { 0x8100 } },
	{ 1518, { 0x8100 } },
	{ 64, { 0x88a8 } },
	{ 68, { 0x88a8, 0x8100 } },
	{ 68, { 0x8100, 0x8100 } },
	{ 1514, { 0x88a8, 0x8100 } },
	{ 72, { 0x88a8, 0x8100, 0x8100 } },
};

enum { TAGGED_SHAPE = 3 };

static void
make_tagged(uint8_t *frame, int row, unsigned from)
{
	rig_fill(frame, shapes[row].len, 0, from, 3);
	for (size_t i = 0; i < 3 && shapes[row].tags[i] != 0; i++) {
		frame[12 + 4 * i] = (uint8_t)(shapes[row].tags[i] >> 8);
		frame[13 + 4 * i] = (uint8_t)shapes[row].tags[i];
		frame[14 + 4 * i] = (uint8_t)(0x60 + i); /* priority 3 */
		frame[15 + 4 * i] = (uint8_t)(i * 77);	 /* VID 0 first */
	}
}

START_TEST(tags_come_in_as_they_were_sent)
{
	uint8_t frame[2000];
	int peer = add_veth(PEER_SENDS);

	make_tagged(frame, _i, 2);
	ck_assert_int_eq(send(peer, frame, shapes[_i].len, 0),
			 (ssize_t)shapes[_i].len);
	kind_hear(frame, shapes[_i].len);
	close(peer);
}
END_TEST

/* Whoever made the socket may have asked for more than a tag needs. */
START_TEST(a_tag_is_found_among_other_remarks)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, peer;
	uint8_t frame[2000];

	make_veth();
	set_up("v0");
	set_up("v1");
	addr.sll_ifindex = index_of("v0");
	ck_assert_int_eq(
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	kind_add("packet", "{}", fd);
	kind_ignore(0x86dd);
	peer = open_peer();
	make_tagged(frame, TAGGED_SHAPE, 2);
	ck_assert_int_eq(send(peer, frame, shapes[TAGGED_SHAPE].len, 0),
			 (ssize_t)shapes[TAGGED_SHAPE].len);
	kind_hear(frame, shapes[TAGGED_SHAPE].len);
	close(peer);
}
END_TEST

/* Return: the next frame that is ours, its outer tag as it came. */
static size_t
hear_tagged(int peer, uint8_t *frame, size_t size)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { .iov_base = frame + 4, .iov_len = size - 4 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct tpacket_auxdata aux;
	ssize_t len;

	RIG_UNTIL(&rig, rig_readable(peer));
	len = recvmsg(peer, &msg, MSG_DONTWAIT);
	ck_assert_int_gt(len, 0);
	memcpy(&aux, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(aux));
	if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0) {
		memmove(frame, frame + 4, (size_t)len);
		return (size_t)len;
	}
	memmove(frame, frame + 4, 12);
	frame[12] = (uint8_t)(aux.tp_vlan_tpid >> 8);
	frame[13] = (uint8_t)aux.tp_vlan_tpid;
	frame[14] = (uint8_t)(aux.tp_vlan_tci >> 8);
	frame[15] = (uint8_t)aux.tp_vlan_tci;
	return (size_t)len + 4;
}

START_TEST(and_leave_as_they_came)
{
	uint8_t frame[2000], got[2000];
	int peer = add_veth(PORT_SENDS);
	size_t len;

	make_tagged(frame, _i, 1);
	dummy_inject(watch, frame, shapes[_i].len);
	do
		len = hear_tagged(peer, got, sizeof(got));
	while (memcmp(got, frame, 12) != 0);
	ck_assert_uint_eq(len, shapes[_i].len);
	ck_assert_int_eq(memcmp(got, frame, len), 0);
	close(peer);
}
END_TEST

START_TEST(a_frame_longer_than_the_device_takes_is_counted)
{
	int peer = add_veth(PORT_SENDS);

	kind_say(1515, 1); /* its MTU is 1500 */
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	kind_say(1514, 1);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	close(peer);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ what_cannot_be_used_is_refused_with_the_reason,
		  UNIT_ROWS(unusable) },
		{ a_bound_socket_becomes_a_port, 0 },
		{ tags_come_in_as_they_were_sent, UNIT_ROWS(shapes) },
		{ a_tag_is_found_among_other_remarks, 0 },
		{ and_leave_as_they_came, UNIT_ROWS(shapes) },
		{ a_frame_longer_than_the_device_takes_is_counted, 0 },
		{ NULL, 0 },
	};

	if (!kind_may_own_network()) {
		puts("1..0 # SKIP user and network namespaces are not allowed");
		return 0;
	}
	return unit_run("port_device", tests, setup, kind_teardown);
}
