#include "driver/lab/start-nics.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 512 }; /* longer ones are none of ours */

#define SOCKET "QEMU_VDE_SOCKET_"
#define BLANKS " \t\r\n"

struct nics {
	struct start_nic *items; /* borrowed */
	size_t max, n;		 /* .n may be more */
};

/* ---- words ---- */

struct text {
	const char *p, *end;
};

/* Past blanks, ends of lines that go on, and comments. */
static void
skip(struct text *text)
{
	bool at_start = true; /* of a word */

	while (text->p < text->end) {
		char c = *text->p;

		if (c == '#' && at_start) {
			while (text->p < text->end && *text->p != '\n')
				text->p++;
		} else if (c == '\\' && text->p + 1 < text->end &&
			   text->p[1] == '\n') {
			text->p += 2;
		} else if (c != '\0' && strchr(BLANKS, c) != NULL) {
			text->p++;
		} else {
			return;
		}
	}
}

/* The next word without its quotes, as a shell would have it that neither
 * expands anything nor lets blanks be quoted.  Return: is there one? */
static bool
next_word(struct text *text, char word[static WORD_SIZE])
{
	size_t len = 0;

	skip(text);
	if (text->p == text->end)
		return false;
	for (; text->p < text->end; text->p++) {
		char c = *text->p;

		if (c != '\0' && strchr(BLANKS, c) != NULL)
			break;
		if (c == '\0' || strchr("\"'\\", c) != NULL)
			continue;
		if (len < WORD_SIZE)
			word[len++] = c;
	}
	word[len < WORD_SIZE ? len : 0] = '\0';
	return true;
}

/* The option @key of "driver,key=value,...": its value, at most @size - 1
 * characters of it; "" when it has none, or a longer one. */
static void
option_of(const char *word, const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key), len;
	const char *p = word;

	*value = '\0';
	while ((p = strchr(p, ',')) != NULL) {
		p++;
		if (strncmp(p, key, key_len) != 0 || p[key_len] != '=')
			continue;
		p += key_len + 1;
		len = strcspn(p, ",");
		if (len >= size)
			return;
		memcpy(value, p, len);
		value[len] = '\0';
		return;
	}
}

static void
mac_of(const char *word, struct mac *mac)
{
	char text[MAC_TEXT_SIZE];

	option_of(word, "mac", text, sizeof(text));
	if (text[0] == '\0')
		option_of(word, "macaddr", text, sizeof(text));
	(void)mac_parse(text, mac); /* unchanged if it is none */
}

/* ---- cards ---- */

/* The card that @vlan and @netdev are of: one that both fit, or a new one; NULL
 * if there is no room. */
static struct start_nic *
nic_for(struct nics *nics, unsigned vlan, const char *netdev)
{
	struct start_nic *nic;

	for (size_t i = 0; i < nics->n && i < nics->max; i++) {
		nic = &nics->items[i];
		if (nic->vlan == vlan &&
		    (*netdev == '\0' || *nic->netdev == '\0' ||
		     strcmp(nic->netdev, netdev) == 0))
			return nic;
	}
	if (nics->n++ >= nics->max)
		return NULL;
	nic = &nics->items[nics->n - 1];
	*nic = (struct start_nic){ .vlan = vlan };
	return nic;
}

/* "$QEMU_VDE_SOCKET_2", or a -netdev or -nic that has it. */
static void
read_socket(const char *word, struct nics *nics)
{
	const char *p = strstr(word, SOCKET);
	char netdev[PLAN_NETDEV_SIZE] = "";
	struct start_nic *nic;
	unsigned long vlan;
	char *end;

	if (p == NULL || strspn(p + strlen(SOCKET), "0123456789") == 0)
		return;
	vlan = strtoul(p + strlen(SOCKET), &end, 10);
	if (vlan < PLAN_VLAN_MIN || vlan > PLAN_VLAN_MAX)
		return;
	if (strncmp(word, "vde,", 4) == 0)
		option_of(word, "id", netdev, sizeof(netdev));
	nic = nic_for(nics, (unsigned)vlan, netdev);
	if (nic == NULL)
		return;
	memcpy(nic->netdev, netdev, *netdev != '\0' ? sizeof(netdev) : 0);
	mac_of(word, &nic->mac); /* of a -nic */
}

/* A -device of a -netdev that is one of ours. */
static void
read_device(const char *word, struct nics *nics)
{
	char netdev[PLAN_NETDEV_SIZE];

	option_of(word, "netdev", netdev, sizeof(netdev));
	for (size_t i = 0; i < nics->n && i < nics->max; i++)
		if (*netdev != '\0' &&
		    strcmp(nics->items[i].netdev, netdev) == 0)
			mac_of(word, &nics->items[i].mac);
}

static void
each_word(const char *text, size_t size,
	  void (*read)(const char *word, struct nics *nics), struct nics *nics)
{
	struct text rest = { text, text + size };
	char word[WORD_SIZE];

	while (next_word(&rest, word))
		read(word, nics);
}

size_t
start_nics_find(const char *text, size_t size, struct start_nic *nics,
		size_t max)
{
	struct nics found = { .items = nics, .max = max };

	each_word(text, size, read_socket, &found);
	each_word(text, size, read_device, &found);
	return found.n;
}

unsigned
start_memory_find(const char *text, size_t size)
{
	struct text rest = { text, text + size };
	char word[WORD_SIZE];
	const char *digits;
	unsigned long n;
	char *end;

	do {
		if (!next_word(&rest, word))
			return 0;
	} while (strcmp(word, "-m") != 0);
	if (!next_word(&rest, word))
		return 0;
	digits = strncmp(word, "size=", 5) == 0 ? word + 5 : word;
	if (strspn(digits, "0123456789") == 0)
		return 0;
	n = strtoul(digits, &end, 10);
	if (n > PLAN_MEMORY_MAX_MIB)
		return 0;
	if (*end == 'G' || *end == 'g')
		n *= 1024;
	else if (*end != '\0' && strchr("Mm,", *end) == NULL)
		return 0;
	return n <= PLAN_MEMORY_MAX_MIB ? (unsigned)n : 0;
}
