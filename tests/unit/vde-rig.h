/*
 * vde-rig: VDE clients made by hand, on a switch that has two of them, alice
 * and bob, when a test begins.
 */
#ifndef TESTS_VDE_RIG_H
#define TESTS_VDE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include "switch/ports/vde-proto.h"
#include "tests/unit/port-rig.h"

struct client {
	int ctl;
	int data;
	char path[108];	       /* of .data */
	struct sockaddr_un at; /* of the switch's data socket */
};

extern struct rig rig;
extern struct client alice, bob;

void vde_setup(void);
void vde_teardown(void);

int connect_ctl(void);
/** client_init() - it has a data socket and has connected, no more */
void client_init(struct client *c);
/** request() - of wire version @version, for port number @port
 * Return: its octets in @wire. */
size_t request(const struct client *c, unsigned version, uint32_t port,
	       uint8_t wire[static VDE_REQUEST_MAX]);
void client_ask(struct client *c, unsigned version, uint32_t port);
/** client_hear() - wait for the answer
 * Return: was the client accepted?  Those who are not see the end. */
bool client_hear(struct client *c);
/** client_attach() - all of it; fails the test when the client is refused */
void client_attach(struct client *c, unsigned version, uint32_t port);
void client_leave(struct client *c);

bool has_ended(int fd);
void send_frame(struct client *c, const void *frame, size_t len);
/** expect_frame() - the next one is @want, padded as on a wire */
void expect_frame(struct client *c, const uint8_t *want, size_t len);

#endif /* TESTS_VDE_RIG_H */
