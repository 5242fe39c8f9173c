/* wire-names: whose an address is: of the machines of a story, and what frames
 * have shown. */
#ifndef DRIVER_REPORT_WIRE_NAMES_H
#define DRIVER_REPORT_WIRE_NAMES_H

#include "driver/report/wire-frame.h"

struct story;
struct wire_names;

enum { WIRE_NAME_TEXT_SIZE = 320 };

/** wire_names_new() - @story: borrowed as long as the names are used */
struct wire_names *wire_names_new(const struct story *story);
void wire_names_free(struct wire_names *names);
/** wire_names_of_port() - the machine that has this interface; -1 */
int wire_names_of_port(const struct wire_names *names, const char *port);
/** wire_names_learn() - frames of @mac come from @machine */
void wire_names_learn(struct wire_names *names, const struct mac *mac,
		      int machine);
/** wire_names_of_mac() - a machine; -1 */
int wire_names_of_mac(const struct wire_names *names, const struct mac *mac);
/** wire_names_of() - the machine that has this IP address; -1 */
int wire_names_of(const struct wire_names *names,
		  const struct wire_address *address);
/** wire_names_home() - the segment on which that is; -1 */
int wire_names_home(const struct wire_names *names,
		    const struct wire_address *address);
/** wire_names_text() - the machine's name, else the address; Return: @text */
const char *wire_names_text(const struct wire_names *names,
			    const struct wire_address *address,
			    char text[static WIRE_NAME_TEXT_SIZE]);
/** wire_names_both() - "server (192.168.2.3)", or the address alone */
const char *wire_names_both(const struct wire_names *names,
			    const struct wire_address *address,
			    char text[static WIRE_NAME_TEXT_SIZE]);
/** wire_names_mac() - "server", else "52:54:00:12:01:02" */
const char *wire_names_mac(const struct wire_names *names,
			   const struct mac *mac,
			   char text[static WIRE_NAME_TEXT_SIZE]);

#endif /* DRIVER_REPORT_WIRE_NAMES_H */
