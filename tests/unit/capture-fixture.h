/*
 * capture-fixture: a fake host with the capture plugin, two segments, three
 * ports and a file to record into; and a reader of what was recorded that
 * knows nothing of the plugin's code.
 */
#ifndef TESTS_CAPTURE_FIXTURE_H
#define TESTS_CAPTURE_FIXTURE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tests/unit/fake-host.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 120000, MS = 1000000 };

struct capture_fixture {
	struct fake_host *host;
	uint32_t vlan1, vlan2;
	uint32_t client, server; /* ports of vlan1 */
	uint32_t elsewhere;	 /* a port of vlan2 */
	char dir[32];
	char path[64]; /* of a file in it */
};

extern struct capture_fixture fx;

/* Real time. */
uint64_t now_ms(void);

/* Real time passes for the writing thread, the host's time by a millisecond a
 * turn, until @condition holds. */
#define await(condition)                                                       \
	do {                                                                   \
		uint64_t deadline_ms = now_ms() + PATIENCE_MS;                 \
		while (!(condition)) {                                         \
			ck_assert_msg(now_ms() < deadline_ms,                  \
				      "never: " #condition);                   \
			poll(NULL, 0, 1);                                      \
			fake_advance(fx.host, MS);                             \
		}                                                              \
	} while (0)

/* ---- the plugin ---- */

/* A fresh host, with these options of the plugin (JSON text or NULL). */
void start_with(const char *options);
/* Around each test. */
void setup(void);
void teardown(void);

/* capture.start on vlan1 with further members @more, into @fd (taken), or
 * into the file when it is -1. */
const struct fake_reply *start_fd(const char *more, int fd);
/* The same; it must succeed. */
void start_ok(const char *more, int fd);
/* capture.stop, answered. */
const struct fake_reply *stop(const char *id);
/* The same; everything must have been written.  Return: what it tells. */
const json_t *stop_ok(const char *id);
json_int_t number(const json_t *object, const char *key);
/* What capture.show tells of @id; borrowed until the third call from this one. */
const json_t *show(const char *id);
bool state_is(const char *id, const char *state);
/* A broadcast of @len octets of type @type, whose payload begins with @tag, in
 * @octets. */
struct fake_frame frame(uint8_t *octets, uint32_t len, uint16_t type,
			uint8_t tag);
/* The same, sent; it must pass. */
void push(uint32_t in, uint32_t out, uint32_t len, uint16_t type, uint8_t tag);

/* ---- what was recorded ---- */

enum { SHB = 0x0a0d0d0a, IDB = 1, NRB = 4, ISB = 5, EPB = 6, MARK = 9 };

struct block {
	uint32_t type;
	uint32_t interface; /* of EPB, ISB */
	uint32_t captured, original;
	uint64_t time_ns;
	uint32_t direction;
	uint8_t tag;	/* first octet of the payload */
	uint64_t lost;	/* before it */
	char text[256]; /* of IDB: the name; of MARK: the message; of NRB: the
			   names, with a space behind each; of EPB: the
			   comments, likewise with a newline */
	uint64_t received, accepted, dropped, delivered; /* of ISB */
};

/* The blocks of @fd up to its end; fails on half a block.  Return: how many. */
size_t read_blocks(int fd, struct block *blocks, size_t max);
/* Those of the file; libpcap must agree that it is one. */
size_t read_file(struct block *blocks, size_t max);
/* Those of the @n-th file of the series that fx.path names. */
size_t read_nth_file(unsigned n, struct block *blocks, size_t max);
/* How many of them are of @type? */
size_t count(const struct block *blocks, size_t n, uint32_t type);

#endif /* TESTS_CAPTURE_FIXTURE_H */
