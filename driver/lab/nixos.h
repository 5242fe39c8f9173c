/*
 * nixos: a test that Nix has built, from the file that describes it to its
 * driver (driverConfiguration.json):
 *
 *	{ "vms": { "client": { "name": "client",
 *			       "start_script": "/nix/store/.../run-client-vm" } },
 *	  "containers": {}, "vlans": [1], "global_timeout": 3600,
 *	  "enable_ssh_backdoor": false, "test_script": "/nix/store/..." }
 *
 * Only `vms` and `test_script` must be there.  test_script may also be the text
 * of the script itself: what has a newline or a '(' in it.  A `name` is the
 * test's, otherwise the file has it.  Other members are passed over, as Nix's
 * own driver does.
 */
#ifndef DRIVER_LAB_NIXOS_H
#define DRIVER_LAB_NIXOS_H

#include <stdbool.h>
#include <stddef.h>

struct plan;
struct plan_problems;
struct reader;

/* Owned, but for what somebody has taken: that is NULL. */
struct nixos {
	struct plan *plan; /* machines with start commands; owned */
	char *script_path; /* as messages call it */
	char *script;	   /* of .script_size octets */
	size_t script_size;
	bool wants_ssh_backdoor; /* which is not there */
};

/** nixos_is() - is @text, a file's, such a description rather than Lua? */
bool nixos_is(const char *text, size_t size);

/**
 * nixos_read() - a description, and what its start scripts tell of network
 * cards; nothing is started
 * @path: as the user gave it; names the file in messages, and relative paths in
 *        it start from its directory
 *
 * Return: owned by the caller; NULL with at least one problem added.
 */
struct nixos *nixos_read(const char *path, const char *text, size_t size,
			 struct plan_problems *problems);
void nixos_free(struct nixos *nixos);

/* Inside of nixos only. */

/** nixos_complete() - order, segments, names of ports, addresses; each nic has
 * its segment, and its MAC address if its script tells it */
void nixos_complete(struct plan *plan);
/** nixos_check_macs() - a problem for each two cards that are alike */
void nixos_check_macs(struct reader *r, const struct plan *plan);

#endif /* DRIVER_LAB_NIXOS_H */
