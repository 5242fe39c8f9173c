/* dhcp-client: frames as DHCP clients send them, and what is in the answers;
 * shares no code with the server on purpose. */
#ifndef TESTS_DHCP_CLIENT_H
#define TESTS_DHCP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLIENT_FRAME_MAX = 700 };

struct client_frame {
	uint8_t octets[CLIENT_FRAME_MAX];
	size_t len;
	size_t options; /* where the next option goes */
};

/** client_begin() - a message of station 52:54:00:00:00:@station */
void client_begin(struct client_frame *f, uint8_t station, uint8_t type);
void client_option(struct client_frame *f, uint8_t code, const void *value,
		   uint8_t len);
/** client_option_ip() - dotted */
void client_option_ip(struct client_frame *f, uint8_t code, const char *text);
void client_ciaddr(struct client_frame *f, const char *text);
/** client_end() - lengths and checksums are right then */
void client_end(struct client_frame *f);

/* Of an answer; the test fails when it is not a whole one. */
void client_check(const uint8_t *frame, size_t len);
uint8_t client_type(const uint8_t *frame, size_t len);
const char *client_yiaddr(const uint8_t *frame); /* dotted; borrowed */
/** client_find() - the value of an option, NULL if it is not there */
const uint8_t *client_find(const uint8_t *frame, size_t len, uint8_t code,
			   uint8_t *value_len);
/** client_find_ip() - the first address of an option, dotted; "" */
const char *client_find_ip(const uint8_t *frame, size_t len, uint8_t code);

#endif /* TESTS_DHCP_CLIENT_H */
