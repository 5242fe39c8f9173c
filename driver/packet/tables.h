/* tables: short words for the rows of tables of fields. */
#ifndef DRIVER_PACKET_TABLES_H
#define DRIVER_PACKET_TABLES_H

#include "driver/packet/internal.h"

/* Behind the name: the first bit, how many for numbers, and more members. */
#define UINT(n, ...)                                                           \
	{                                                                      \
		.name = (n), .type = PACKET_UINT, .at = __VA_ARGS__            \
	}
#define FLAGS(n, first, width, names)                                          \
	{                                                                      \
		.name = (n), .type = PACKET_FLAGS, .at = (first),              \
		.bits = (width), .letters = (names)                            \
	}
#define MAC(n, ...)                                                            \
	{                                                                      \
		.name = (n), .type = PACKET_MAC, .bits = 48, .at = __VA_ARGS__ \
	}
#define IPV4(n, first)                                                         \
	{                                                                      \
		.name = (n), .type = PACKET_IPV4, .at = (first), .bits = 32    \
	}
#define IPV6(n, first)                                                         \
	{                                                                      \
		.name = (n), .type = PACKET_IPV6, .at = (first), .bits = 128   \
	}
#define BYTES(n, first, octets)                                                \
	{                                                                      \
		.name = (n), .type = PACKET_BYTES, .at = (first),              \
		.bits = (octets)*8                                             \
	}
/* The tail, behind @fixed octets. */
#define TAIL(n, fixed)                                                         \
	{                                                                      \
		.name = (n), .type = PACKET_BYTES, .at = (fixed)*8             \
	}
#define LIST(n, fixed, items)                                                  \
	{                                                                      \
		.name = (n), .type = PACKET_LIST, .at = (fixed)*8,             \
		.list = (items)                                                \
	}
#define NAME(n, fixed)                                                         \
	{                                                                      \
		.name = (n), .type = PACKET_NAME, .at = (fixed)*8              \
	}
#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}

#endif /* DRIVER_PACKET_TABLES_H */
