#include "config.h"

#include "plugins/dhcp/message.h"

#include <errno.h>
#include <string.h>

/* Octets from the beginning of the frame. */
enum {
	AT_TYPE = 12,
	AT_IP = 14,
	ETHERTYPE_IP = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ARP_LEN = 28,
	IP_LEN_MIN = 20,
	UDP_LEN = 8,
	PROTOCOL_UDP = 17,
	TTL = 64,
	SERVER_PORT = 67,
	CLIENT_PORT = 68,
	FRAME_LEN_MIN = 60,
};

/* Octets from the beginning of the message (RFC 2131 section 2). */
enum {
	AT_OP = 0,
	AT_HTYPE = 1,
	AT_HLEN = 2,
	AT_XID = 4,
	AT_FLAGS = 10,
	AT_CIADDR = 12,
	AT_YIADDR = 16,
	AT_GIADDR = 24,
	AT_CHADDR = 28,
	AT_SNAME = 44,
	SNAME_LEN = 64,
	AT_FILE = 108,
	FILE_LEN = 128,
	AT_COOKIE = 236,
	AT_OPTIONS = 240,
	BOOTREQUEST = 1,
	BOOTREPLY = 2,
	FLAG_BROADCAST = 0x8000,
};
/* Some clients take nothing shorter: the size of BOOTP (RFC 951). */
enum { MESSAGE_LEN_MIN = 300 };
/* All options there are, the longest of each, and the end. */
enum {
	OPTIONS_LEN_MAX = 3 + 7 * 6 + 2 + 4 * DHCP_DNS_MAX + 2 +
			  DHCP_DOMAIN_SIZE + 2 + DHCP_NAME_SIZE + 1,
};
_Static_assert(AT_IP + IP_LEN_MIN + UDP_LEN + AT_OPTIONS + OPTIONS_LEN_MAX <=
		   DHCP_FRAME_MAX,
	       "what is written fits what every client takes");
static const uint8_t cookie[] = { 99, 130, 83, 99 };

/* RFC 2132 */
enum option {
	OPTION_PAD = 0,
	OPTION_NETMASK = 1,
	OPTION_ROUTER = 3,
	OPTION_DNS = 6,
	OPTION_NAME = 12,
	OPTION_DOMAIN = 15,
	OPTION_BROADCAST = 28,
	OPTION_REQUESTED = 50,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_RENEWAL = 58,
	OPTION_REBINDING = 59,
	OPTION_END = 255,
};
enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* ---- checksums ---- */

static uint32_t
add_up(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(data + i);
	if (len % 2 == 1)
		sum += (uint32_t)data[len - 1] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* ---- reading ---- */

/* The UDP payload of a frame to the server's port.  Return: NULL: it is
 * something else, and *@broken if it only should have been one. */
static const uint8_t *
find_payload(const uint8_t *frame, size_t len, size_t *payload_len,
	     bool *broken)
{
	const uint8_t *ip = frame + AT_IP, *udp;
	size_t ip_len, total, udp_len;

	*broken = false;
	if (len < AT_IP + IP_LEN_MIN || get16(frame + AT_TYPE) != ETHERTYPE_IP)
		return NULL;
	ip_len = (size_t)(ip[0] & 0x0f) * 4;
	total = get16(ip + 2);
	if (ip[0] >> 4 != 4 || ip[9] != PROTOCOL_UDP || ip_len < IP_LEN_MIN ||
	    total < ip_len + UDP_LEN || total > len - AT_IP)
		return NULL;
	/* no fragments: what is in the first would have to be trusted */
	if ((get16(ip + 6) & 0x3fff) != 0)
		return NULL;
	udp = ip + ip_len;
	if (get16(udp + 2) != SERVER_PORT)
		return NULL;
	udp_len = get16(udp + 4);
	*broken = udp_len < UDP_LEN || udp_len > total - ip_len ||
		  fold(add_up(0, ip, ip_len)) != 0;
	if (*broken)
		return NULL;
	*payload_len = udp_len - UDP_LEN;
	return udp + UDP_LEN;
}

static bool
is_name_octet(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static void
read_name(struct dhcp_message *m, const uint8_t *value, size_t len)
{
	/* some clients send the NUL along */
	while (len > 0 && value[len - 1] == '\0')
		len--;
	if (len >= sizeof(m->name))
		return;
	for (size_t i = 0; i < len; i++) {
		if (!is_name_octet(value[i]))
			return;
	}
	memcpy(m->name, value, len);
	m->name[len] = '\0';
}

/* Return: 0; -EBADMSG for an option of another length than it has. */
static int
read_option(struct dhcp_message *m, uint8_t code, const uint8_t *value,
	    size_t len, unsigned *overload)
{
	switch (code) {
	case OPTION_TYPE:
		if (len != 1 || value[0] < DHCP_DISCOVER ||
		    value[0] > DHCP_INFORM)
			return -EBADMSG;
		m->type = value[0];
		return 0;
	case OPTION_OVERLOAD:
		if (len != 1)
			return -EBADMSG;
		*overload = value[0];
		return 0;
	case OPTION_REQUESTED:
	case OPTION_SERVER:
		if (len != 4)
			return -EBADMSG;
		if (code == OPTION_SERVER)
			m->server = get32(value);
		else
			m->requested = get32(value);
		return 0;
	case OPTION_NAME:
		read_name(m, value, len);
		return 0;
	default:
		return 0;
	}
}

static int
read_options(struct dhcp_message *m, const uint8_t *at, size_t len,
	     unsigned *overload)
{
	while (len > 0 && at[0] != OPTION_END) {
		size_t size;
		int ret;

		if (at[0] == OPTION_PAD) {
			at++;
			len--;
			continue;
		}
		if (len < 2 || len < (size_t)at[1] + 2)
			return -EBADMSG;
		size = at[1];
		ret = read_option(m, at[0], at + 2, size, overload);
		if (ret < 0)
			return ret;
		at += 2 + size;
		len -= 2 + size;
	}
	return 0;
}

static int
read_all_options(struct dhcp_message *m, const uint8_t *data, size_t len)
{
	unsigned overload = 0, ignored = 0;
	int ret;

	ret = read_options(m, data + AT_OPTIONS, len - AT_OPTIONS, &overload);
	if (ret == 0 && (overload & OVERLOAD_FILE) != 0)
		ret = read_options(m, data + AT_FILE, FILE_LEN, &ignored);
	if (ret == 0 && (overload & OVERLOAD_SNAME) != 0)
		ret = read_options(m, data + AT_SNAME, SNAME_LEN, &ignored);
	return ret;
}

int
dhcp_parse(struct dhcp_message *m, const uint8_t *frame, size_t len)
{
	const uint8_t *data;
	size_t size = 0;
	bool broken;

	*m = (struct dhcp_message){ .type = 0 };
	data = find_payload(frame, len, &size, &broken);
	if (data == NULL)
		return broken ? -EBADMSG : -ENOMSG;
	if (size < AT_OPTIONS || data[AT_OP] != BOOTREQUEST ||
	    data[AT_HTYPE] != 1 || data[AT_HLEN] != DHCP_MAC_LEN ||
	    memcmp(data + AT_COOKIE, cookie, sizeof(cookie)) != 0)
		return -EBADMSG;
	m->xid = get32(data + AT_XID);
	m->broadcast = (get16(data + AT_FLAGS) & FLAG_BROADCAST) != 0;
	m->ciaddr = get32(data + AT_CIADDR);
	m->giaddr = get32(data + AT_GIADDR);
	memcpy(m->mac, data + AT_CHADDR, DHCP_MAC_LEN);
	if (read_all_options(m, data, size) < 0)
		return -EBADMSG;
	/* without a type it is BOOTP; a group has no address of its own */
	return m->type != 0 && (m->mac[0] & 1) == 0 ? 0 : -EBADMSG;
}

/* ---- writing ---- */

static uint8_t *
put_option(uint8_t *at, enum option code, const void *value, size_t len)
{
	at[0] = (uint8_t)code;
	at[1] = (uint8_t)len;
	memcpy(at + 2, value, len);
	return at + 2 + len;
}

static uint8_t *
put_option32(uint8_t *at, enum option code, uint32_t value)
{
	uint8_t octets[4];

	put32(octets, value);
	return put_option(at, code, octets, sizeof(octets));
}

static uint32_t
netmask(const struct dhcp_network *net)
{
	return UINT32_MAX << (32 - net->prefix);
}

/* What every client of the network is told. */
static uint8_t *
put_network(uint8_t *at, const struct dhcp_network *net)
{
	uint32_t mask = netmask(net);
	uint8_t dns[4 * DHCP_DNS_MAX];

	at = put_option32(at, OPTION_NETMASK, mask);
	at = put_option32(at, OPTION_BROADCAST, net->address | ~mask);
	if (net->router != 0)
		at = put_option32(at, OPTION_ROUTER, net->router);
	for (size_t i = 0; i < net->n_dns; i++)
		put32(dns + 4 * i, net->dns[i]);
	if (net->n_dns > 0)
		at = put_option(at, OPTION_DNS, dns, 4 * net->n_dns);
	if (net->domain[0] != '\0')
		at = put_option(at, OPTION_DOMAIN, net->domain,
				strlen(net->domain));
	return at;
}

/* RFC 2131 section 4.3.1, table 3.  Return: the end. */
static uint8_t *
put_options(uint8_t *at, const struct dhcp_network *net,
	    const struct dhcp_message *m, enum dhcp_type type, const char *name)
{
	uint8_t type_octet = (uint8_t)type;

	at = put_option(at, OPTION_TYPE, &type_octet, 1);
	at = put_option32(at, OPTION_SERVER, net->address);
	if (type != DHCP_NAK) {
		if (m->type != DHCP_INFORM) {
			uint32_t lease_s = net->lease_s;

			at = put_option32(at, OPTION_LEASE, lease_s);
			at = put_option32(at, OPTION_RENEWAL, lease_s / 2);
			at = put_option32(at, OPTION_REBINDING,
					  lease_s - lease_s / 8);
		}
		at = put_network(at, net);
		if (name[0] != '\0')
			at = put_option(at, OPTION_NAME, name, strlen(name));
	}
	*at++ = OPTION_END;
	return at;
}

static size_t
put_message(uint8_t *data, const struct dhcp_network *net,
	    const struct dhcp_message *m, enum dhcp_type type, uint32_t address,
	    const char *name)
{
	size_t len;

	data[AT_OP] = BOOTREPLY;
	data[AT_HTYPE] = 1;
	data[AT_HLEN] = DHCP_MAC_LEN;
	put32(data + AT_XID, m->xid);
	put16(data + AT_FLAGS, m->broadcast ? FLAG_BROADCAST : 0);
	if (type == DHCP_ACK)
		put32(data + AT_CIADDR, m->ciaddr);
	put32(data + AT_YIADDR, address);
	memcpy(data + AT_CHADDR, m->mac, DHCP_MAC_LEN);
	memcpy(data + AT_COOKIE, cookie, sizeof(cookie));
	len =
	    (size_t)(put_options(data + AT_OPTIONS, net, m, type, name) - data);
	return len < MESSAGE_LEN_MIN ? MESSAGE_LEN_MIN : len;
}

/* Where an answer goes to (RFC 2131 section 4.1).  *@address: by IP */
static void
put_destination(uint8_t *frame, const struct dhcp_message *m,
		enum dhcp_type type, uint32_t address, uint32_t *to)
{
	bool everybody = type == DHCP_NAK || (m->ciaddr == 0 && m->broadcast);

	if (everybody) {
		memset(frame, 0xff, DHCP_MAC_LEN);
		*to = UINT32_MAX;
		return;
	}
	memcpy(frame, m->mac, DHCP_MAC_LEN);
	*to = m->ciaddr != 0 ? m->ciaddr : address;
}

static void
put_udp(uint8_t *ip, uint32_t from, uint32_t to, size_t payload_len)
{
	uint8_t *udp = ip + IP_LEN_MIN;
	size_t udp_len = UDP_LEN + payload_len;
	uint32_t sum;
	uint16_t check;

	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(IP_LEN_MIN + udp_len));
	ip[8] = TTL;
	ip[9] = PROTOCOL_UDP;
	put32(ip + 12, from);
	put32(ip + 16, to);
	put16(ip + 10, fold(add_up(0, ip, IP_LEN_MIN)));
	put16(udp, SERVER_PORT);
	put16(udp + 2, CLIENT_PORT);
	put16(udp + 4, (uint32_t)udp_len);
	sum = add_up(PROTOCOL_UDP + (uint32_t)udp_len, ip + 12, 8);
	check = fold(add_up(sum, udp, udp_len));
	put16(udp + 6, check != 0 ? check : 0xffff);
}

size_t
dhcp_write(const struct dhcp_network *net, const struct dhcp_message *m,
	   enum dhcp_type type, uint32_t address, const char *name,
	   uint8_t *frame)
{
	uint8_t *ip = frame + AT_IP;
	uint32_t to;
	size_t len;

	memset(frame, 0, DHCP_FRAME_MAX);
	put_destination(frame, m, type, address, &to);
	memcpy(frame + DHCP_MAC_LEN, net->mac, DHCP_MAC_LEN);
	put16(frame + AT_TYPE, ETHERTYPE_IP);
	len =
	    put_message(ip + IP_LEN_MIN + UDP_LEN, net, m, type, address, name);
	put_udp(ip, net->address, to, len);
	return AT_IP + IP_LEN_MIN + UDP_LEN + len;
}

/* ---- ARP ---- */

size_t
dhcp_answer_arp(const struct dhcp_network *net, const uint8_t *request,
		size_t len, uint8_t *frame)
{
	/* Ethernet, IPv4, their lengths, request */
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const uint8_t *arp = request + AT_IP;

	if (len < AT_IP + ARP_LEN ||
	    get16(request + AT_TYPE) != ETHERTYPE_ARP ||
	    memcmp(arp, head, sizeof(head)) != 0 ||
	    get32(arp + 24) != net->address)
		return 0;
	memset(frame, 0, FRAME_LEN_MIN);
	memcpy(frame, arp + 8, DHCP_MAC_LEN);
	memcpy(frame + DHCP_MAC_LEN, net->mac, DHCP_MAC_LEN);
	memcpy(frame + AT_TYPE, request + AT_TYPE, 2);
	memcpy(frame + AT_IP, head, sizeof(head));
	frame[AT_IP + 7] = 2; /* reply */
	memcpy(frame + AT_IP + 8, net->mac, DHCP_MAC_LEN);
	put32(frame + AT_IP + 14, net->address);
	memcpy(frame + AT_IP + 18, arp + 8, DHCP_MAC_LEN + 4);
	return FRAME_LEN_MIN;
}
