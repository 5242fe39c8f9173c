/* settings: what `port add SEGMENT dhcp ...` says, as a network and its
 * range. */
#ifndef DHCP_SETTINGS_H
#define DHCP_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "plugins/dhcp/server.h"

#define SETTINGS_PARAMS                                                        \
	"address:str range:str? router:str? dns:str? domain:str? "             \
	"lease:int(60..31536000)?"

/** settings_read() - @params: checked against SETTINGS_PARAMS
 * Return: 0; -EINVAL with the reason in @error. */
int settings_read(struct dhcp_server *server, const json_t *params, char *error,
		  size_t error_size);
/** settings_address() - dotted @text.  Return: 0; -EINVAL. */
int settings_address(const char *text, uint32_t *address);
/** settings_mac() - Return: 0; -EINVAL for what is no station's */
int settings_mac(const char *text, uint8_t *mac);
/** settings_is_host() - may a station of the network have @address? */
int settings_is_host(const struct dhcp_network *net, uint32_t address);

enum { ADDRESS_TEXT_SIZE = 16, MAC_TEXT_SIZE = 18 };
/* Return: @text. */
const char *settings_address_text(uint32_t address, char *text);
const char *settings_mac_text(const uint8_t *mac, char *text);

#endif /* DHCP_SETTINGS_H */
