/*
 * method-tables: the rows of the table of methods, a file an area; inside of
 * methods only.  To add a method, add a row to one of them and its function to
 * the prelude.  Each is ended by a row whose name is NULL.
 */
#ifndef DRIVER_SCRIPT_METHOD_TABLES_H
#define DRIVER_SCRIPT_METHOD_TABLES_H

#include "driver/script/methods.h"

/* Names and defaults are those of the NixOS test driver, which most authors
 * of such tests know. */
enum {
	METHODS_WAIT_MS = 900 * 1000,
	METHODS_STOP_MS = 300 * 1000, /* for a guest to shut down or come up */
};

/* The words of the plugin netem, as in `tc`. */
#define METHODS_NETEM                                                          \
	"dir:str spec:str delay:any distribution:any loss:any duplicate:any "  \
	"corrupt:any reorder:any gap:any rate:any limit:any slot:any seed:any"

extern const struct method methods_machine[];
extern const struct method methods_unit[]; /* systemd in a machine */
extern const struct method methods_ways[];
extern const struct method methods_command[]; /* in the background */
extern const struct method methods_network[]; /* segments, ports, watches */
extern const struct method methods_screen[];
extern const struct method methods_lab[];
extern const struct method methods_global[];

#endif /* DRIVER_SCRIPT_METHOD_TABLES_H */
