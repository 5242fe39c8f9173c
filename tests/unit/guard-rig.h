/*
 * guard-rig: a fake host with three ports, for tests of plugins that watch
 * what ports send and receive.
 *
 * JSON is written with ' for ", which C likes better.
 */
#ifndef TESTS_GUARD_RIG_H
#define TESTS_GUARD_RIG_H

#include <stdint.h>

#include <jansson.h>

#include "tests/unit/fake-host.h"

struct guard_rig {
	struct fake_host *host;
	uint32_t vlan1;
	uint32_t client, server, third; /* "client.eth1", ... on vlan1 */
};

extern const struct vl_plugin vl_plugin; /* the one under test */

/* Frames, 60 octets: to whom, from whom, and what. */
enum guard_frame {
	FRAME_ARP,     /* broadcast from station 1 */
	FRAME_SYN,     /* TCP SYN to port 80, from station 1 to station 2 */
	FRAME_ACK,     /* likewise, ACK only */
	FRAME_ANSWER,  /* TCP from port 80, from station 2 to station 1 */
	FRAME_GROUP,   /* IPv4 multicast from station 1 */
	FRAME_STRANGER /* like FRAME_ACK, from station 3 */
};

/** guard_init() - not started */
void guard_init(struct guard_rig *rig);
void guard_fini(struct guard_rig *rig);
/** guard_start() - @options: JSON, or NULL */
void guard_start(struct guard_rig *rig, const char *options);

/** guard_call() - Return: the result, borrowed until the third call from this
 * one; the test fails when the method does */
const json_t *guard_call(struct guard_rig *rig, const char *method,
			 const char *params);
/** guard_refuse() - the method must fail with @code, for a reason that says
 * @what */
void guard_refuse(struct guard_rig *rig, const char *method, const char *params,
		  int code, const char *what);
/** rig_member() - of the first element of a list: its number @key */
json_int_t guard_number(const json_t *list, const char *key);
const char *guard_text(const json_t *list, const char *key);

/** guard_octets() - borrowed, 60 of them; what tells it from others of its kind
 * is the last one, @tag */
const uint8_t *guard_octets(enum guard_frame kind, uint8_t tag);
/** guard_push() - Return: the verdict on it in the end */
unsigned guard_push(struct guard_rig *rig, uint32_t in, uint32_t out,
		    enum guard_frame kind);
/** guard_push_tagged() - likewise, with a tag */
unsigned guard_push_tagged(struct guard_rig *rig, uint32_t in, uint32_t out,
			   enum guard_frame kind, uint8_t tag);
/** guard_tags() - of the frames that left by resuming, in order, as text:
 * "1 2 3"; borrowed until the next call */
const char *guard_tags(const struct guard_rig *rig);

#endif /* TESTS_GUARD_RIG_H */
