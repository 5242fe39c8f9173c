#include "driver/report/wire-names.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/report/story.h"
#include "lib/xalloc.h"

enum { NAMES_MAX = 4096, LEARNED_MAX = 1024 };

struct known_address {
	struct wire_address address;
	int machine, segment;
};

struct known_mac {
	struct mac mac;
	int machine;
};

struct wire_names {
	const struct story *story;	 /* borrowed */
	struct known_address *addresses; /* NAMES_MAX; owned */
	size_t n_addresses;
	struct known_mac *macs; /* NAMES_MAX; owned: of the machines' cards */
	size_t n_macs;
	struct known_mac learned[LEARNED_MAX];
	size_t n_learned;
};

/* ---- what the story says ---- */

/* "192.168.1.1", perhaps "/24" behind it. */
static void
add_address(struct wire_names *names, const char *text, int family, int machine,
	    int segment)
{
	struct known_address *known = &names->addresses[names->n_addresses];
	char address[INET6_ADDRSTRLEN];
	size_t len;

	if (text == NULL || names->n_addresses == NAMES_MAX)
		return;
	len = strcspn(text, "/");
	if (len >= sizeof(address))
		return;
	memcpy(address, text, len);
	address[len] = '\0';
	memset(known, 0, sizeof(*known));
	if (inet_pton(family, address, known->address.octets) != 1)
		return;
	known->address.size = family == AF_INET ? 4 : 16;
	known->machine = machine;
	known->segment = segment;
	names->n_addresses++;
}

static void
add_nic(struct wire_names *names, const struct story_nic *nic, int machine)
{
	struct mac mac;

	add_address(names, nic->ipv4, AF_INET, machine, nic->segment);
	add_address(names, nic->ipv6, AF_INET6, machine, nic->segment);
	if (mac_parse(nic->mac, &mac) == 0 && names->n_macs < NAMES_MAX)
		names->macs[names->n_macs++] =
		    (struct known_mac){ .mac = mac, .machine = machine };
}

struct wire_names *
wire_names_new(const struct story *story)
{
	struct wire_names *names = XNEW(struct wire_names);

	names->story = story;
	names->addresses = xcalloc(NAMES_MAX, sizeof(*names->addresses));
	names->macs = xcalloc(NAMES_MAX, sizeof(*names->macs));
	for (size_t m = 0; m < story->n_machines; m++)
		for (size_t i = 0; i < story->machines[m].n_nics; i++)
			add_nic(names, &story->machines[m].nics[i], (int)m);
	return names;
}

void
wire_names_free(struct wire_names *names)
{
	if (names == NULL)
		return;
	free(names->addresses);
	free(names->macs);
	free(names);
}

int
wire_names_of_port(const struct wire_names *names, const char *port)
{
	const struct story *story = names->story;

	for (size_t m = 0; m < story->n_machines; m++)
		for (size_t i = 0; i < story->machines[m].n_nics; i++)
			if (strcmp(story->machines[m].nics[i].port, port) == 0)
				return (int)m;
	return -1;
}

/* ---- cards ---- */

static int
find_mac(const struct known_mac *macs, size_t n, const struct mac *mac)
{
	for (size_t i = 0; i < n; i++)
		if (mac_eq(&macs[i].mac, mac))
			return (int)i;
	return -1;
}

void
wire_names_learn(struct wire_names *names, const struct mac *mac, int machine)
{
	int i;

	if (machine < 0 || mac_is_multicast(mac) ||
	    find_mac(names->macs, names->n_macs, mac) >= 0)
		return;
	i = find_mac(names->learned, names->n_learned, mac);
	if (i < 0 && names->n_learned == LEARNED_MAX)
		return;
	if (i < 0)
		i = (int)names->n_learned++;
	names->learned[i] =
	    (struct known_mac){ .mac = *mac, .machine = machine };
}

int
wire_names_of_mac(const struct wire_names *names, const struct mac *mac)
{
	int i = find_mac(names->macs, names->n_macs, mac);

	if (i >= 0)
		return names->macs[i].machine;
	i = find_mac(names->learned, names->n_learned, mac);
	return i >= 0 ? names->learned[i].machine : -1;
}

/* ---- addresses ---- */

static const struct known_address *
find_address(const struct wire_names *names, const struct wire_address *address)
{
	for (size_t i = 0; i < names->n_addresses; i++)
		if (wire_address_eq(&names->addresses[i].address, address))
			return &names->addresses[i];
	return NULL;
}

/* A link-local address that was made of a MAC address: RFC 4291, appendix A. */
static bool
link_local_mac(const struct wire_address *address, struct mac *mac)
{
	const uint8_t *o = address->octets;

	if (address->size != 16 || o[0] != 0xfe || o[1] != 0x80 ||
	    o[11] != 0xff || o[12] != 0xfe)
		return false;
	*mac =
	    (struct mac){ .b = { o[8] ^ 2, o[9], o[10], o[13], o[14], o[15] } };
	return true;
}

int
wire_names_of(const struct wire_names *names,
	      const struct wire_address *address)
{
	const struct known_address *known;
	struct mac mac;

	if (address->size == 0)
		return -1;
	known = find_address(names, address);
	if (known != NULL)
		return known->machine;
	return link_local_mac(address, &mac) ? wire_names_of_mac(names, &mac)
					     : -1;
}

int
wire_names_home(const struct wire_names *names,
		const struct wire_address *address)
{
	const struct known_address *known =
	    address->size > 0 ? find_address(names, address) : NULL;

	return known != NULL ? known->segment : -1;
}

/* ---- texts ---- */

static const char *
address_text(const struct wire_address *address, char *text, size_t size)
{
	snprintf(text, size, "an unknown address");
	if (address->size > 0)
		inet_ntop(address->size == 4 ? AF_INET : AF_INET6,
			  address->octets, text, (socklen_t)size);
	return text;
}

const char *
wire_names_text(const struct wire_names *names,
		const struct wire_address *address,
		char text[static WIRE_NAME_TEXT_SIZE])
{
	int machine = wire_names_of(names, address);

	if (machine < 0)
		return address_text(address, text, WIRE_NAME_TEXT_SIZE);
	snprintf(text, WIRE_NAME_TEXT_SIZE, "%.255s",
		 names->story->machines[machine].name);
	return text;
}

const char *
wire_names_both(const struct wire_names *names,
		const struct wire_address *address,
		char text[static WIRE_NAME_TEXT_SIZE])
{
	int machine = wire_names_of(names, address);
	char number[INET6_ADDRSTRLEN];

	if (machine < 0)
		return address_text(address, text, WIRE_NAME_TEXT_SIZE);
	snprintf(text, WIRE_NAME_TEXT_SIZE, "%.255s (%s)",
		 names->story->machines[machine].name,
		 address_text(address, number, sizeof(number)));
	return text;
}

const char *
wire_names_mac(const struct wire_names *names, const struct mac *mac,
	       char text[static WIRE_NAME_TEXT_SIZE])
{
	int machine = wire_names_of_mac(names, mac);

	if (machine < 0)
		return mac_format(mac, text);
	snprintf(text, WIRE_NAME_TEXT_SIZE, "%.255s",
		 names->story->machines[machine].name);
	return text;
}
