#include "config.h"

#include "plugins/dhcp/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/inst.h"

enum { LEASE_S_DEFAULT = 3600 };

/* ---- texts ---- */

int
settings_address(const char *text, uint32_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -EINVAL;
	*address = ntohl(in.s_addr);
	return 0;
}

const char *
settings_address_text(uint32_t address, char *text)
{
	struct in_addr in = { .s_addr = htonl(address) };

	return inet_ntop(AF_INET, &in, text, ADDRESS_TEXT_SIZE);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
settings_mac(const char *text, uint8_t *mac)
{
	if (strlen(text) != MAC_TEXT_SIZE - 1)
		return -EINVAL;
	for (int i = 0; i < DHCP_MAC_LEN; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 ||
		    text[2] != (i < DHCP_MAC_LEN - 1 ? ':' : '\0'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return (mac[0] & 1) == 0 ? 0 : -EINVAL;
}

const char *
settings_mac_text(const uint8_t *mac, char *text)
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

/* ---- the network ---- */

static int
refuse(char *error, size_t error_size, const char *name, const char *value,
       const char *why)
{
	snprintf(error, error_size, "%s=%s: %s", name, value, why);
	return -EINVAL;
}

int
settings_is_host(const struct dhcp_network *net, uint32_t address)
{
	uint32_t hosts = UINT32_MAX >> net->prefix;

	return ((address ^ net->address) & ~hosts) == 0 &&
	       (address & hosts) != 0 && (address & hosts) != hosts;
}

/* "192.168.1.254/24" */
static int
read_own(struct dhcp_network *net, const char *text, char *error, size_t size)
{
	static const uint8_t prefix[] = { 0x02, 'v', 'l' };
	char copy[40], *slash, *end;
	unsigned long bits;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash == NULL || strlen(text) >= sizeof(copy))
		return refuse(error, size, "address", text,
			      "the server's address and the length of the "
			      "network's, such as 192.168.1.254/24");
	*slash = '\0';
	bits = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits < 1 ||
	    bits > 30)
		return refuse(error, size, "address", text,
			      "a network's length is 1 to 30");
	net->prefix = (unsigned)bits;
	if (settings_address(copy, &net->address) < 0)
		return refuse(error, size, "address", text,
			      "no address of IPv4");
	if (!settings_is_host(net, net->address))
		return refuse(error, size, "address", text,
			      "the address of a network, or of all in it");
	memcpy(net->mac, prefix, sizeof(prefix));
	for (int i = 0; i < 3; i++)
		net->mac[3 + i] = (uint8_t)(net->address >> (16 - 8 * i));
	return 0;
}

/* "192.168.1.100-192.168.1.199" */
static int
read_range(struct dhcp_server *s, const char *text, char *error, size_t size)
{
	struct leases *l = &s->leases;
	char copy[40], *dash;

	snprintf(copy, sizeof(copy), "%s", text);
	dash = strchr(copy, '-');
	if (dash == NULL || strlen(text) >= sizeof(copy))
		return refuse(error, size, "range", text,
			      "a range is FIRST-LAST");
	*dash = '\0';
	if (settings_address(copy, &l->first) < 0 ||
	    settings_address(dash + 1, &l->last) < 0)
		return refuse(error, size, "range", text, "no addresses");
	if (l->first > l->last || l->last - l->first >= LEASES_MAX)
		return refuse(error, size, "range", text,
			      "a range has 1 to 4096 addresses");
	if (!settings_is_host(&s->net, l->first) ||
	    !settings_is_host(&s->net, l->last))
		return refuse(error, size, "range", text,
			      "not in the network of the server's address");
	if (s->net.address >= l->first && s->net.address <= l->last)
		return refuse(error, size, "range", text,
			      "the server's own address is in it");
	l->next = l->first;
	return 0;
}

static int
read_dns(struct dhcp_network *net, const char *text, char *error, size_t size)
{
	while (*text != '\0') {
		char one[ADDRESS_TEXT_SIZE];
		size_t len = strcspn(text, ",");

		snprintf(one, sizeof(one), "%.*s", (int)len, text);
		if (net->n_dns == DHCP_DNS_MAX || len >= sizeof(one) ||
		    settings_address(one, &net->dns[net->n_dns]) < 0)
			return refuse(error, size, "dns", text,
				      "one to four addresses, parted by ','");
		net->n_dns++;
		text += len + (text[len] == ',');
	}
	return 0;
}

static int
read_router(struct dhcp_network *net, const char *text, char *error,
	    size_t size)
{
	if (settings_address(text, &net->router) < 0 ||
	    !settings_is_host(net, net->router))
		return refuse(error, size, "router", text,
			      "not an address of the network");
	return 0;
}

static int
read_domain(struct dhcp_network *net, const char *text, char *error,
	    size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

	if (strlen(text) >= sizeof(net->domain) ||
	    strspn(text, letters) != strlen(text))
		return refuse(error, size, "domain", text,
			      "not a domain's name");
	memcpy(net->domain, text, strlen(text) + 1);
	return 0;
}

int
settings_read(struct dhcp_server *s, const json_t *params, char *error,
	      size_t error_size)
{
	const char *range = param_text(params, "range");
	const char *router = param_text(params, "router");
	const char *dns = param_text(params, "dns");
	const char *domain = param_text(params, "domain");
	struct dhcp_network *net = &s->net;
	int ret;

	*s = (struct dhcp_server){ .net.lease_s = (uint32_t)param_number(
				       params, "lease", LEASE_S_DEFAULT) };
	ret = read_own(net, param_text(params, "address"), error, error_size);
	if (ret == 0 && range != NULL)
		ret = read_range(s, range, error, error_size);
	if (ret == 0 && router != NULL)
		ret = read_router(net, router, error, error_size);
	if (ret == 0 && dns != NULL)
		ret = read_dns(net, dns, error, error_size);
	if (ret == 0 && domain != NULL)
		ret = read_domain(net, domain, error, error_size);
	return ret;
}
