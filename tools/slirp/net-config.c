#include "tools/slirp/net-config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

enum {
	PREFIX_MIN = 4,
	PREFIX_MAX = 27, /* room for us, DNS and what DHCP gives */
	HOST_NUMBER = 2,
	DNS_NUMBER = 3,
	DHCP_NUMBER = 15,
	ADDR_TEXT = INET_ADDRSTRLEN,
};

bool
addr_parse(const char *text, uint32_t *addr)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*addr = ntohl(in.s_addr);
	return true;
}

bool
number_parse(const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && *value <= max;
}

/* ---- addresses ---- */

static const char *
addr_text(uint32_t addr, char text[static ADDR_TEXT])
{
	const struct in_addr in = { .s_addr = htonl(addr) };

	inet_ntop(AF_INET, &in, text, ADDR_TEXT);
	return text;
}

/* Can a station of the network have it? */
static bool
is_stations(const struct net_config *config, uint32_t addr)
{
	uint32_t number = addr & ~config->netmask;

	return (addr & config->netmask) == config->network && number != 0 &&
	       number != ~config->netmask;
}

/* 0.0.0.0/8, loopback, multicast and above lead to no network. */
static bool
is_network(uint32_t addr)
{
	uint32_t first = addr >> 24;

	return first != 0 && first != 127 && first < 224;
}

static int
read_network(struct net_config *config, const char *text, struct err *err)
{
	const char *slash = strchr(text, '/');
	char *copy = slash != NULL
			 ? xasprintf("%.*s", (int)(slash - text), text)
			 : xstrdup(text);
	unsigned long prefix = 24;
	uint32_t addr = 0;
	bool good = addr_parse(copy, &addr) && is_network(addr);

	free(copy);
	if (slash != NULL)
		good = good && number_parse(slash + 1, PREFIX_MAX, &prefix) &&
		       prefix >= PREFIX_MIN;
	config->netmask = UINT32_MAX << (32 - prefix);
	config->network = addr;
	if (good && (addr & ~config->netmask) == 0)
		return 0;
	return err_set(err, -EINVAL,
		       "--network takes ADDRESS/LENGTH, the LENGTH being %d to "
		       "%d and 24 if left out, and nothing of the ADDRESS "
		       "behind it, not \"%s\"",
		       PREFIX_MIN, PREFIX_MAX, text);
}

/* @text, or that number of the network. */
static int
read_station(const struct net_config *config, const char *option,
	     const char *text, uint32_t number, uint32_t *addr, struct err *err)
{
	char network[ADDR_TEXT];

	*addr = config->network + number;
	if (text == NULL)
		return 0;
	if (addr_parse(text, addr) && is_stations(config, *addr))
		return 0;
	return err_set(err, -EINVAL, "--%s: \"%s\" is no address in %s", option,
		       text, addr_text(config->network, network));
}

/* One that is outside the network is the guests' own affair. */
static int
read_dns(struct net_config *config, const char *text, struct err *err)
{
	config->dns = config->network + DNS_NUMBER;
	if (text == NULL)
		return 0;
	if (!addr_parse(text, &config->dns) || !is_network(config->dns) ||
	    ((config->dns & config->netmask) == config->network &&
	     !is_stations(config, config->dns)))
		return err_set(err, -EINVAL, "--dns: \"%s\" is no address",
			       text);
	return 0;
}

/* libslirp goes up from the first one, whatever is there. */
static int
check_dhcp(const struct net_config *config, struct err *err)
{
	uint32_t first = config->dhcp_start, last = first + DHCP_ADDRS - 1;
	char text[ADDR_TEXT];

	if (is_stations(config, last) &&
	    (config->host < first || config->host > last) &&
	    (config->dns < first || config->dns > last))
		return 0;
	return err_set(err, -EINVAL,
		       "--dhcp-start %s: of the %d addresses from there on, "
		       "each must be in the network and neither the host's nor "
		       "that of DNS",
		       addr_text(first, text), DHCP_ADDRS);
}

int
net_config_addresses(struct net_config *config, const struct net_words *words,
		     struct err *err)
{
	const char *network =
	    words->network != NULL ? words->network : "10.0.2.0/24";
	char text[ADDR_TEXT];
	int ret = read_network(config, network, err);

	if (ret == 0)
		ret = read_station(config, "host", words->host, HOST_NUMBER,
				   &config->host, err);
	if (ret == 0)
		ret = read_dns(config, words->dns, err);
	if (ret == 0)
		ret = read_station(config, "dhcp-start", words->dhcp_start,
				   DHCP_NUMBER, &config->dhcp_start, err);
	if (ret == 0 && config->host == config->dns)
		ret =
		    err_set(err, -EINVAL, "%s cannot be both the host and DNS",
			    addr_text(config->host, text));
	return ret < 0 ? ret : check_dhcp(config, err);
}

/* ---- the whole ---- */

static int
check_hostfwd(const struct net_config *config, struct hostfwd *forward,
	      struct err *err)
{
	char text[ADDR_TEXT];

	if (forward->guest == 0)
		forward->guest = config->dhcp_start;
	if (!is_stations(config, forward->guest) ||
	    forward->guest == config->host || forward->guest == config->dns)
		return err_set(err, -EINVAL,
			       "--hostfwd: %s is no guest's address",
			       addr_text(forward->guest, text));
	if (forward->kind == HOSTFWD_UDP && !config->host_loopback &&
	    forward->addr >> 24 == 127)
		return err_set(err, -EINVAL,
			       "--hostfwd udp: to callers at 127.0.0.1 only "
			       "--host-loopback lets answers through");
	if (forward->kind == HOSTFWD_UDP && config->restricted)
		return err_set(err, -EINVAL,
			       "--hostfwd udp: no answer would come out of a "
			       "network with --restrict");
	return 0;
}

static int
check_guestfwd(const struct net_config *config, size_t i, struct err *err)
{
	const struct guestfwd *forward = &config->guestfwds[i];

	if (strlen(forward->path) > SOCKPATH_MAX)
		return err_set(err, -EINVAL,
			       "--guestfwd: %s is too long for a unix socket, "
			       "by %zu octets",
			       forward->path,
			       strlen(forward->path) - SOCKPATH_MAX);
	for (size_t j = 0; j < i; j++) {
		if (config->guestfwds[j].port == forward->port)
			return err_set(err, -EINVAL,
				       "--guestfwd: port %u is given twice",
				       forward->port);
	}
	return 0;
}

int
net_config_check(struct net_config *config, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < config->n_hostfwds && ret == 0; i++)
		ret = check_hostfwd(config, &config->hostfwds[i], err);
	for (size_t i = 0; i < config->n_guestfwds && ret == 0; i++)
		ret = check_guestfwd(config, i, err);
	if (ret < 0)
		return ret;
	if (config->restricted &&
	    (config->n_guestfwds > 0 || config->host_loopback || config->ipv6))
		return err_set(err, -EINVAL,
			       "--restrict: --guestfwd, --host-loopback and "
			       "--ipv6 lead out of the network");
	if (config->ipv6 && config->mtu < MTU_MIN_IPV6)
		return err_set(err, -EINVAL,
			       "--mtu %u is too small for --ipv6, which needs "
			       "%d",
			       config->mtu, MTU_MIN_IPV6);
	return 0;
}

void
net_config_fini(struct net_config *config)
{
	for (size_t i = 0; i < config->n_hostfwds; i++)
		free(config->hostfwds[i].path);
	for (size_t i = 0; i < config->n_guestfwds; i++)
		free(config->guestfwds[i].path);
	free(config->tftp);
	free(config->more_dir);
	*config = (struct net_config){ .network = 0 };
}
