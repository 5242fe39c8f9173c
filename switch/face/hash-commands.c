/* hash-commands: the forwarding table. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/face/command.h"
#include "switch/face/face.h"
#include "switch/face/numbers.h"
#include "switch/face/session.h"
#include "switch/fdb.h"
#include "switch/segment.h"

enum { SECONDS_MAX = 1000000 };

static uint64_t
now_ms(const struct face *face)
{
	return clock_now_ms(face->sw->config.clock);
}

/* ---- settings ---- */

static int
hash_showinfo(struct session *s, const char *arg, struct evbuffer *out)
{
	const struct face_hash *hash = &s->face->hash;

	(void)arg;
	command_print(out, "Hash size %" PRIu32, hash->size);
	command_print(out, "GC interval %u secs", hash->gc_interval_s);
	command_print(out, "GC expire %u secs", hash->expire_s);
	command_print(out, "Min persistence %u secs", hash->min_persistence_s);
	return 0;
}

/* What was learned is forgotten, as it has always been. */
static int
hash_setsize(struct session *s, const char *arg, struct evbuffer *out)
{
	int n;

	(void)out;
	if (!command_number(arg, &n) || n < 1 || n > FACE_HASH_SIZE_MAX)
		return EINVAL;
	s->face->hash.size = face_hash_size((uint32_t)n);
	fdb_flush(s->face->segment->fdb);
	return 0;
}

/* Return: false when @arg is no time of @min seconds or more. */
static bool
read_seconds(const char *arg, int min, unsigned *seconds)
{
	int n;

	if (!command_number(arg, &n) || n < min || n > SECONDS_MAX)
		return false;
	*seconds = (unsigned)n;
	return true;
}

static int
hash_setgcint(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)out;
	if (!read_seconds(arg, 1, &s->face->hash.gc_interval_s))
		return EINVAL;
	face_apply_hash(s->face);
	return 0;
}

static int
hash_setexpire(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)out;
	if (!read_seconds(arg, 1, &s->face->hash.expire_s))
		return EINVAL;
	face_apply_hash(s->face);
	return 0;
}

static int
hash_setminper(struct session *s, const char *arg, struct evbuffer *out)
{
	(void)out;
	if (!read_seconds(arg, 0, &s->face->hash.min_persistence_s))
		return EINVAL;
	face_apply_hash(s->face);
	return 0;
}

/* ---- entries ---- */

/* A place between 0 and the size, as stable as the original's. */
static unsigned
place_of(const struct face *face, const struct fdb_entry *entry)
{
	uint64_t key = mac_to_u64(&entry->mac) ^ (uint64_t)entry->vid << 48;

	key ^= key >> 24;
	return (unsigned)(key % face->hash.size);
}

static void
print_entry(const struct face *face, struct evbuffer *out,
	    const struct fdb_entry *entry)
{
	char mac[MAC_TEXT_SIZE];

	command_print(out,
		      "Hash: %04u Addr: %s VLAN %04u to port: %03" PRIu32
		      "  age %" PRIu64 " secs",
		      place_of(face, entry), mac_format(&entry->mac, mac),
		      entry->vid, numbers_of(face->numbers, entry->port),
		      entry->age_ms / 1000);
}

struct entries {
	struct fdb_entry *list; /* owned */
	size_t n;
};

static void
collect(const struct fdb_entry *entry, void *arg)
{
	struct entries *entries = arg;

	entries->list[entries->n++] = *entry;
}

static int
compare(const void *a, const void *b)
{
	const struct fdb_entry *x = a, *y = b;
	uint64_t mac_x = mac_to_u64(&x->mac), mac_y = mac_to_u64(&y->mac);

	if (x->vid != y->vid)
		return x->vid < y->vid ? -1 : 1;
	return mac_x < mac_y ? -1 : mac_x > mac_y;
}

static int
hash_print(struct session *s, const char *arg, struct evbuffer *out)
{
	const struct fdb *fdb = s->face->segment->fdb;
	struct entries entries = {
		.list = xcalloc(fdb_count(fdb) + 1, sizeof(*entries.list)),
	};

	(void)arg;
	fdb_each(fdb, now_ms(s->face), collect, &entries);
	qsort(entries.list, entries.n, sizeof(*entries.list), compare);
	for (size_t i = 0; i < entries.n; i++)
		print_entry(s->face, out, &entries.list[i]);
	free(entries.list);
	return 0;
}

/* "00:11:22:33:44:55 7" or with dots; without a VLAN it is 0. */
static bool
read_address(const char *arg, struct mac *mac, unsigned *vid)
{
	unsigned b[MAC_LEN];
	int end = 0;
	char more;

	*vid = 0;
	if (sscanf(arg, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3],
		   &b[4], &b[5], &end) != MAC_LEN &&
	    sscanf(arg, "%2x.%2x.%2x.%2x.%2x.%2x%n", &b[0], &b[1], &b[2], &b[3],
		   &b[4], &b[5], &end) != MAC_LEN)
		return false;
	for (int i = 0; i < MAC_LEN; i++)
		mac->b[i] = (uint8_t)b[i];
	if (arg[end] == '\0')
		return true;
	return sscanf(arg + end, " %5u %c", vid, &more) == 1 &&
	       *vid <= FDB_VID_MAX;
}

static int
hash_find(struct session *s, const char *arg, struct evbuffer *out)
{
	struct fdb_entry entry;
	struct mac mac;
	unsigned vid;

	if (!read_address(arg, &mac, &vid))
		return EINVAL;
	if (!fdb_find(s->face->segment->fdb, &mac, (uint16_t)vid,
		      now_ms(s->face), &entry))
		return ENODEV;
	print_entry(s->face, out, &entry);
	return 0;
}

const struct command hash_commands[] = {
	{ "hash", "============", "HASH TABLE MENU", NULL, 0 },
	{ "hash/showinfo", "", "show hash info", hash_showinfo, COMMAND_DATA },
	{ "hash/setsize", "N", "change hash size", hash_setsize, 0 },
	{ "hash/setgcint", "N", "change garbage collector interval",
	  hash_setgcint, 0 },
	{ "hash/setexpire", "N", "change hash entries expire time",
	  hash_setexpire, 0 },
	{ "hash/setminper", "N", "minimum persistence time", hash_setminper,
	  0 },
	{ "hash/print", "", "print the hash table", hash_print, COMMAND_DATA },
	{ "hash/find", "MAC [VLAN]", "MAC lookup", hash_find, COMMAND_DATA },
	{ NULL, NULL, NULL, NULL, 0 },
};
