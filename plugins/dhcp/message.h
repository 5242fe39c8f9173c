/*
 * message: DHCPv4 (RFC 2131, RFC 2132) in Ethernet frames: read what clients
 * send, write what a server answers.  Pure.
 *
 * Addresses of IPv4 are in host byte order.
 */
#ifndef DHCP_MESSAGE_H
#define DHCP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DHCP_MAC_LEN = 6,
	DHCP_NAME_SIZE = 64, /* of a host's name, with its NUL */
	DHCP_DNS_MAX = 4,
	DHCP_DOMAIN_SIZE = 128, /* of a domain's, with its NUL */
	/* The longest frame that is written: Ethernet, IP, UDP, and the 576
	 * octets that every client takes (RFC 2131 section 2). */
	DHCP_FRAME_MAX = 14 + 576,
};

/* RFC 2132 section 9.6 */
enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM,
};

/* What a client sent. */
struct dhcp_message {
	enum dhcp_type type;
	uint32_t xid;
	bool broadcast;	 /* it cannot take unicasts yet */
	uint32_t ciaddr; /* the address it has; 0: none */
	uint32_t giaddr; /* of a relay; 0: none */
	uint8_t mac[DHCP_MAC_LEN];
	uint32_t requested; /* option 50; 0: none */
	uint32_t server;    /* option 54; 0: none */
	/* option 12; "" = none, or not a name (RFC 952: letters, digits and
	 * '-' in labels parted by '.') */
	char name[DHCP_NAME_SIZE];
};

/* What a network's clients are told. */
struct dhcp_network {
	uint8_t mac[DHCP_MAC_LEN]; /* the server's */
	uint32_t address;	   /* likewise */
	unsigned prefix;	   /* 1..30 */
	uint32_t router;	   /* 0: none */
	uint32_t dns[DHCP_DNS_MAX];
	size_t n_dns;
	char domain[DHCP_DOMAIN_SIZE]; /* "": none */
	uint32_t lease_s;
};

/**
 * dhcp_parse() - is this frame a message of a client?
 * @frame: @len octets from the destination address on
 *
 * Return: 0; -ENOMSG it is something else; -EBADMSG it is one, and broken.
 */
int dhcp_parse(struct dhcp_message *m, const uint8_t *frame, size_t len);

/**
 * dhcp_write() - the answer to @m
 * @type:    DHCP_OFFER, DHCP_ACK or DHCP_NAK
 * @address: the client's; 0 for DHCP_NAK, and for the answer to an INFORM
 * @name:    "" = none
 * @frame:   DHCP_FRAME_MAX octets
 *
 * Return: its length.
 */
size_t dhcp_write(const struct dhcp_network *net, const struct dhcp_message *m,
		  enum dhcp_type type, uint32_t address, const char *name,
		  uint8_t *frame);

/**
 * dhcp_answer_arp() - an ARP request for the server's address (RFC 826)
 * @frame: DHCP_FRAME_MAX octets for the reply
 *
 * Return: the reply's length; 0: it is not such a request.
 */
size_t dhcp_answer_arp(const struct dhcp_network *net, const uint8_t *request,
		       size_t len, uint8_t *frame);

#endif /* DHCP_MESSAGE_H */
