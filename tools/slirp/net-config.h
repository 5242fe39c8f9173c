/*
 * net-config: what the user network of slirp-net.h is to be like.  Pure.
 *
 * All addresses and ports are in host byte order.
 */
#ifndef TOOLS_SLIRP_NET_CONFIG_H
#define TOOLS_SLIRP_NET_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum hostfwd_kind { HOSTFWD_TCP, HOSTFWD_UDP, HOSTFWD_UNIX };

/* Who calls at that socket of the host talks to that port of that guest. */
struct hostfwd {
	enum hostfwd_kind kind;
	char *path;    /* owned; of HOSTFWD_UNIX */
	uint32_t addr; /* of the others */
	uint16_t port;
	uint32_t guest; /* 0 = the first address that DHCP gives */
	uint16_t guest_port;
};

/* A guest that calls the host's side at that TCP port talks to that socket. */
struct guestfwd {
	uint16_t port;
	char *path; /* owned */
};

enum {
	FORWARDS_MAX = 64, /* of each sort */
	MTU_DEFAULT = 1500,
	MTU_MIN = 576,
	MTU_MAX = 65521, /* libslirp's */
	MTU_MIN_IPV6 = 1280,
	DHCP_ADDRS = 16, /* that libslirp gives, one behind the other */
};

struct net_config {
	uint32_t network, netmask;
	uint32_t host;	     /* the host's side: the way out */
	uint32_t dns;	     /* what DHCP says; answered there if inside */
	uint32_t dhcp_start; /* the first address that DHCP gives */
	bool restricted;     /* nothing leads out, nor to the host */
	bool no_dhcp;
	bool host_loopback; /* .host leads to 127.0.0.1 */
	bool ipv6;
	unsigned mtu;
	char *tftp; /* owned; a directory, or NULL */
	/* More forwards come there, each with its socket in that directory. */
	bool takes_more;
	int more_fd;	/* borrowed; of datagrams */
	char *more_dir; /* owned; or NULL */
	struct hostfwd hostfwds[FORWARDS_MAX];
	size_t n_hostfwds;
	struct guestfwd guestfwds[FORWARDS_MAX];
	size_t n_guestfwds;
};

/** addr_parse() - four numbers and dots; Return: is it an address? */
bool addr_parse(const char *text, uint32_t *addr);

/** number_parse() - digits, at most @max; Return: is it that? */
bool number_parse(const char *text, unsigned long max, unsigned long *value);

/* What of the addresses is given, as texts; NULL: what is usual. */
struct net_words {
	const char *network, *host, *dns, *dhcp_start;
};

/**
 * net_config_addresses() - fill in the addresses
 *
 * The network is 10.0.2.0/24, the host its second address, DNS its third, and
 * DHCP begins with the fifteenth.
 *
 * Return: 0; -EINVAL with @err set.
 */
int net_config_addresses(struct net_config *config,
			 const struct net_words *words, struct err *err);

/**
 * net_config_check() - do the forwards and the rest go together?
 *
 * Addresses of guests that were left out are filled in.
 * Return: 0; -EINVAL with @err set.
 */
int net_config_check(struct net_config *config, struct err *err);

void net_config_fini(struct net_config *config);

/**
 * hostfwd_parse() - "tcp:[ADDR]:PORT-[GUEST]:PORT", likewise "udp:", or
 * "unix:PATH-[GUEST]:PORT"
 *
 * ADDR left out is 127.0.0.1.  PATH may hold both signs itself.
 * Return: 0 with @forward->path for the caller to free; -EINVAL.
 */
int hostfwd_parse(const char *text, struct hostfwd *forward, struct err *err);

/** guestfwd_parse() - "PORT-unix:PATH"; Return: as hostfwd_parse() */
int guestfwd_parse(const char *text, struct guestfwd *forward, struct err *err);

#endif /* TOOLS_SLIRP_NET_CONFIG_H */
