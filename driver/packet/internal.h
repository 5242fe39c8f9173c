/* internal: what the files of packet share. */
#ifndef DRIVER_PACKET_INTERNAL_H
#define DRIVER_PACKET_INTERNAL_H

#include "driver/packet/packet.h"

/* How the items of a list lie behind each other. */
enum packet_list_style {
	PACKET_FIXED,	/* all are kinds[0], which has no tail */
	PACKET_OPTIONS, /* code, length, value */
	PACKET_QUESTIONS,
	PACKET_RECORDS,
};

struct packet_list {
	enum packet_list_style style;
	/* Ended by NULL; the last but one, whose code is -1, is any other. */
	const struct packet_protocol *const *kinds;
	/* PACKET_OPTIONS: the octets of an option are its length * unit + plus
	 */
	uint8_t unit, plus;
	uint8_t section; /* of DNS: 0..3 */
};

/* The number by which a header names the next one. */
struct packet_number_of {
	uint16_t number;
	const struct packet_protocol *protocol;
};

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100, /* IEEE 802.1Q customer tag */
	ETHERTYPE_QINQ = 0x88a8, /* IEEE 802.1Q service tag */
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_LOCAL = 0x88b5, /* local experiments, IEEE 802 */
	ETHERTYPE_MIN = 0x0600,	  /* below, it is a length */

	IP_NO_NEXT = 59,     /* RFC 8200, section 4.7 */
	IP_EXPERIMENT = 253, /* RFC 3692 */

	UDP_DNS = 53,
	UDP_MDNS = 5353,
	UDP_DHCP_SERVER = 67,
	UDP_DHCP_CLIENT = 68,
	DHCP_MAGIC = 0x63825363,
};

/* Ended by NULL protocols; where a number has several, the first is what a
 * number means, and where a protocol has, what is written. */
extern const struct packet_number_of packet_ethertypes[];
extern const struct packet_number_of packet_ip_protocols[];

extern const struct packet_protocol packet_eth, packet_vlan, packet_arp,
    packet_ipv4, packet_ipv6, packet_hopopt, packet_routing, packet_fragment,
    packet_destopt, packet_icmp, packet_icmpv6, packet_tcp, packet_udp,
    packet_dhcp, packet_dns;
extern const struct packet_list packet_tcp_options, packet_ipv4_options,
    packet_ipv6_options, packet_nd_options, packet_dhcp_options;
/* Questions, answers, authorities, additionals. */
extern const struct packet_list packet_dns_sections[4];

/** packet_bits() - the number in @bits bits, up to 64, from bit @at of @data */
uint64_t packet_bits(const uint8_t *data, size_t at, size_t bits);
void packet_set_bits(uint8_t *data, size_t at, size_t bits, uint64_t value);

/** packet_variant() - the table for @size octets at @data */
const struct packet_protocol *
packet_variant(const struct packet_protocol *protocol, const uint8_t *data,
	       size_t size);

/* dns.c */
/** dns_name_read() - the name at @at of the message @data
 * @text: NULL: only its size is asked for
 * Return: the octets it takes at @at; 0 when there is no whole one. */
size_t dns_name_read(const uint8_t *data, size_t size, size_t at, char *text);
/** dns_name_write() - Return: octets in @octets, uncompressed; 0 for no name */
enum { DNS_NAME_MAX = 255 };
size_t dns_name_write(const char *text, uint8_t octets[static DNS_NAME_MAX]);
/** dns_next_item() - packet_next_item() of a section */
bool dns_next_item(const struct packet *packet, const struct packet_part *part,
		   const struct packet_list *list, struct packet_part *item);
/** dns_rest() - where what is behind the last whole record begins */
size_t dns_rest(const struct packet *packet, const struct packet_part *part);

#endif /* DRIVER_PACKET_INTERNAL_H */
