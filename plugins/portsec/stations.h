/* stations: a small set of MAC addresses, in order, and what is known of
 * each. */
#ifndef PORTSEC_STATIONS_H
#define PORTSEC_STATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATIONS_MAX = 4096, STATION_LEN = 6, STATION_TEXT_SIZE = 18 };

struct station {
	uint8_t mac[STATION_LEN];
	bool fixed;	  /* never forgotten by itself */
	uint64_t seen_ns; /* the last time */
};

/* All zeros: empty. */
struct stations {
	struct station *list; /* owned, ascending */
	size_t n, size;
};

/** station_parse() - "52:54:00:12:01:02" as six octets at @mac
 * Return: false: it is not the address of one station. */
bool station_parse(const char *text, uint8_t *mac);
void station_format(char text[static STATION_TEXT_SIZE], const uint8_t *mac);

void stations_fini(struct stations *s);
/** stations_find() - NULL: it is not there */
struct station *stations_find(const struct stations *s, const uint8_t *mac);
/** stations_add() - @mac, which is not there
 * Return: 0; -ENOSPC beyond STATIONS_MAX; -ENOMEM. */
int stations_add(struct stations *s, const uint8_t *mac, bool fixed,
		 uint64_t now_ns);
void stations_remove(struct stations *s, struct station *station);
/** stations_expire() - forgets those that are not fixed and were last seen
 * before @since_ns */
void stations_expire(struct stations *s, uint64_t since_ns);
/** stations_forget() - all that are not fixed */
void stations_forget(struct stations *s);

#endif /* PORTSEC_STATIONS_H */
