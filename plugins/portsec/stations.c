#include "config.h"

#include "plugins/portsec/stations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
station_parse(const char *text, uint8_t *mac)
{
	unsigned v[STATION_LEN];
	int end = 0;

	/* sscanf() alone would take " 0" and "-1", too */
	if (strspn(text, "0123456789abcdefABCDEF:") != STATION_TEXT_SIZE - 1 ||
	    text[STATION_TEXT_SIZE - 1] != '\0' ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &v[0], &v[1], &v[2],
		   &v[3], &v[4], &v[5], &end) != STATION_LEN ||
	    end != STATION_TEXT_SIZE - 1 || (v[0] & 1) != 0)
		return false;
	for (int i = 0; i < STATION_LEN; i++)
		mac[i] = (uint8_t)v[i];
	return true;
}

void
station_format(char text[static STATION_TEXT_SIZE], const uint8_t *mac)
{
	snprintf(text, STATION_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void
stations_fini(struct stations *s)
{
	free(s->list);
}

/* The first that is not below @mac. */
static size_t
index_of(const struct stations *s, const uint8_t *mac)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(s->list[mid].mac, mac, STATION_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct station *
stations_find(const struct stations *s, const uint8_t *mac)
{
	size_t i = index_of(s, mac);

	if (i == s->n || memcmp(s->list[i].mac, mac, STATION_LEN) != 0)
		return NULL;
	return &s->list[i];
}

int
stations_add(struct stations *s, const uint8_t *mac, bool fixed,
	     uint64_t now_ns)
{
	size_t i = index_of(s, mac);

	if (s->n == STATIONS_MAX)
		return -ENOSPC;
	if (s->n == s->size) {
		size_t size = s->size > 0 ? 2 * s->size : 4;
		struct station *list =
		    reallocarray(s->list, size, sizeof(*list));

		if (list == NULL)
			return -ENOMEM;
		s->list = list;
		s->size = size;
	}
	memmove(s->list + i + 1, s->list + i, (s->n - i) * sizeof(*s->list));
	s->list[i] = (struct station){ .fixed = fixed, .seen_ns = now_ns };
	memcpy(s->list[i].mac, mac, STATION_LEN);
	s->n++;
	return 0;
}

void
stations_remove(struct stations *s, struct station *station)
{
	size_t i = (size_t)(station - s->list);

	s->n--;
	memmove(station, station + 1, (s->n - i) * sizeof(*s->list));
}

void
stations_expire(struct stations *s, uint64_t since_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->list[i].fixed || s->list[i].seen_ns >= since_ns)
			s->list[n++] = s->list[i];
	}
	s->n = n;
}

void
stations_forget(struct stations *s)
{
	stations_expire(s, UINT64_MAX);
}
