/* options: the command line of vde_switch. */
#ifndef FACE_OPTIONS_H
#define FACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/mac.h"

enum {
	FACE_PORTS_DEFAULT = 32,
	FACE_PORTS_MAX = 65536,
	FACE_HASH_SIZE_DEFAULT = 128,
	FACE_HASH_SIZE_MAX = 1 << 20,
	FACE_PRIORITY_DEFAULT = 0x8000,
};

struct face_options {
	bool hub;
	bool fstp;
	bool daemon;
	bool no_stdin;
	bool vlan_transparent;
	struct mac mac; /* the switch's own */
	uint16_t priority;
	uint32_t n_ports;
	uint32_t hash_size;
	const char *dir; /* as given; NULL: the default */
	mode_t dir_mode, mode;
	bool has_group, mgmt_has_group;
	gid_t group, mgmt_group;
	const char *mgmt; /* path of its socket; NULL: none */
	mode_t mgmt_mode;
	const char *control; /* path of the JSON control socket; or NULL */
	const char *pid_file;
	const char *rc_file; /* NULL: the usual ones */
	const char **taps;   /* n_taps names; owned, the strings are not */
	size_t n_taps;
};

/**
 * face_options_read() - understand @argv
 * @options:   out; strings are @argv's
 * @exit_code: out, when the program is to end now
 *
 * Return: true to go on; false after help, version or an error was told.
 */
bool face_options_read(int argc, char **argv, struct face_options *options,
		       int *exit_code);
void face_options_fini(struct face_options *options);

#endif /* FACE_OPTIONS_H */
