#include "config.h"

#include "plugins/capture/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "plugins/common/refuse.h"

enum { MAC_SIZE = 6, IPV4_SIZE = 4, IPV6_SIZE = 16, NAMES_STEP = 64 };

struct names {
	struct pcapng_name *list; /* by address; owned, and so are the .name of
				     each */
	size_t n;
	size_t size;
	uint64_t generation;
};

struct names *
names_new(void)
{
	return calloc(1, sizeof(struct names));
}

void
names_free(struct names *names)
{
	if (names == NULL)
		return;
	for (size_t i = 0; i < names->n; i++)
		free((void *)names->list[i].name);
	free(names->list);
	free(names);
}

/* ---- reading ---- */

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	found = c != '\0' ? strchr(digits, c) : NULL;
	return found != NULL ? (int)(found - digits) : -1;
}

/* "52:54:00:12:01:01", two digits each. */
static int
read_mac(const char *text, uint8_t mac[MAC_SIZE])
{
	if (strlen(text) != 3 * MAC_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < MAC_SIZE; i++) {
		int high = hex_digit(text[3 * i]);
		int low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 ||
		    (i < MAC_SIZE - 1 && text[3 * i + 2] != ':'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int
read_address(const char *text, struct pcapng_name *name)
{
	memset(name->address, 0, sizeof(name->address));
	if (read_mac(text, name->address) == 0)
		name->address_size = MAC_SIZE;
	else if (inet_pton(AF_INET, text, name->address) == 1)
		name->address_size = IPV4_SIZE;
	else if (inet_pton(AF_INET6, text, name->address) == 1)
		name->address_size = IPV6_SIZE;
	else
		return -EINVAL;
	return 0;
}

/* A name is a word: Wireshark parts names at white space. */
static int
read_entry(const char *address, const json_t *value, struct pcapng_name *name,
	   char *error, size_t error_size)
{
	if (read_address(address, name) < 0)
		return refuse(error, error_size, -EINVAL,
			      "\"%s\" is no IPv4, IPv6 or MAC address",
			      address);
	if (!json_is_string(value))
		return refuse(error, error_size, -EINVAL,
			      "the name of %s is no text", address);
	name->name = json_string_value(value);
	if (strlen(name->name) > PCAPNG_NAME_MAX)
		return refuse(error, error_size, -EINVAL,
			      "the name of %s is longer than %d octets",
			      address, PCAPNG_NAME_MAX);
	for (const char *c = name->name; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return refuse(error, error_size, -EINVAL,
				      "the name of %s is not one word",
				      address);
	return 0;
}

/* ---- the table ---- */

static int
compare(const struct pcapng_name *a, const struct pcapng_name *b)
{
	if (a->address_size != b->address_size)
		return a->address_size < b->address_size ? -1 : 1;
	return memcmp(a->address, b->address, sizeof(a->address));
}

/* Return: where @wanted stands, or would. */
static size_t
find_place(const struct names *names, const struct pcapng_name *wanted)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&names->list[mid], wanted) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_at(const struct names *names, size_t place, const struct pcapng_name *name)
{
	return place < names->n && compare(&names->list[place], name) == 0;
}

/* All of @object in order?  *@n_added: how many it would add. */
static int
check(const struct names *names, const json_t *object, size_t *n_added,
      char *error, size_t error_size)
{
	const char *address;
	json_t *value;
	size_t n_removed = 0;

	*n_added = 0;
	json_object_foreach((json_t *)object, address, value)
	{
		struct pcapng_name name;
		int ret = read_entry(address, value, &name, error, error_size);
		bool known;

		if (ret < 0)
			return ret;
		known = is_at(names, find_place(names, &name), &name);
		*n_added += !known && name.name[0] != '\0';
		n_removed += known && name.name[0] == '\0';
	}
	if (names->n + *n_added - n_removed > NAMES_MAX)
		return refuse(error, error_size, -ENOSPC,
			      "%d names are the most there can be", NAMES_MAX);
	return 0;
}

static int
reserve(struct names *names, size_t n_more)
{
	size_t size = names->n + n_more + NAMES_STEP;
	struct pcapng_name *list;

	if (names->n + n_more <= names->size)
		return 0;
	list = reallocarray(names->list, size, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	names->list = list;
	names->size = size;
	return 0;
}

/* @copy: of the name, taken; NULL to forget it. */
static void
apply(struct names *names, const struct pcapng_name *name, char *copy)
{
	size_t place = find_place(names, name);
	bool known = is_at(names, place, name);
	struct pcapng_name *at;

	if (!known && copy == NULL)
		return;
	at = &names->list[place];
	if (known)
		free((void *)at->name);
	if (known != (copy != NULL))
		memmove(known ? at : at + 1, known ? at + 1 : at,
			(names->n - place - known) * sizeof(*at));
	names->n = names->n + (copy != NULL) - known;
	if (copy != NULL) {
		*at = *name;
		at->name = copy;
	}
}

/* Copies of the names in @object, in its order; NULL for those to forget.
 * Return: owned, as the copies are; NULL when out of memory. */
static char **
copy_texts(const json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	char **copies = calloc(n + 1, sizeof(*copies));
	const char *address, *text;
	json_t *value;

	if (copies == NULL)
		return NULL;
	json_object_foreach((json_t *)object, address, value)
	{
		text = json_string_value(value);
		if (text[0] != '\0') {
			copies[i] = strdup(text);
			if (copies[i] == NULL)
				goto fail;
		}
		i++;
	}
	return copies;
fail:
	while (i-- > 0)
		free(copies[i]);
	free(copies);
	return NULL;
}

int
names_set(struct names *names, const json_t *object, char *error,
	  size_t error_size)
{
	size_t n_added, i = 0;
	const char *address;
	char **copies;
	json_t *value;
	int ret = check(names, object, &n_added, error, error_size);

	if (ret < 0)
		return ret;
	copies = copy_texts(object);
	if (copies == NULL || reserve(names, n_added) < 0) {
		for (i = 0; copies != NULL && i < json_object_size(object); i++)
			free(copies[i]);
		free(copies);
		return refuse(error, error_size, -ENOMEM, "out of memory");
	}
	json_object_foreach((json_t *)object, address, value)
	{
		struct pcapng_name name;

		read_entry(address, value, &name, error, error_size);
		apply(names, &name, copies[i++]);
	}
	free(copies);
	names->generation++;
	return 0;
}

/* ---- asking ---- */

const struct pcapng_name *
names_list(const struct names *names, size_t *n)
{
	*n = names->n;
	return names->list;
}

uint64_t
names_generation(const struct names *names)
{
	return names->generation;
}

static void
address_text(const struct pcapng_name *name, char *out, size_t size)
{
	const uint8_t *a = name->address;

	if (name->address_size == MAC_SIZE)
		snprintf(out, size, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1],
			 a[2], a[3], a[4], a[5]);
	else
		inet_ntop(name->address_size == IPV4_SIZE ? AF_INET : AF_INET6,
			  a, out, (socklen_t)size);
}

json_t *
names_json(const struct names *names)
{
	json_t *object = json_object();
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < names->n; i++) {
		address_text(&names->list[i], text, sizeof(text));
		json_object_set_new(object, text,
				    json_string(names->list[i].name));
	}
	return object;
}
