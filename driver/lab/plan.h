/*
 * plan: what a test file describes, checked and completed: nodes with their
 * numbers, interfaces, addresses and files, and the segments between them.
 *
 * Pure: made from the file's value (as JSON) before anything starts; knows
 * nothing of Lua, QEMU processes or sockets.  Every mistake is reported, each
 * with the place in the test file, not just the first.
 */
#ifndef DRIVER_LAB_PLAN_H
#define DRIVER_LAB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/mac.h"

struct err;

enum {
	PLAN_NODES_MAX = 254, /* the last octet of an address */
	PLAN_VLAN_MIN = 1,
	PLAN_VLAN_MAX = 254, /* the third octet */
	PLAN_NICS_MAX = 8,   /* of one node, the control interface apart */
	PLAN_NAME_MAX = 58,  /* of a node: "NAME.eth8" names a switch port, and
			      * those have at most 63 characters */
	PLAN_TIMEOUT_MAX_S = 7 * 24 * 3600,
	PLAN_DISKS_MAX = 8,	 /* of one node, beside `disk` */
	PLAN_DISK_NAME_MAX = 20, /* a serial number of a virtio disk */
	PLAN_MEMORY_MAX_MIB = 1024 * 1024,
	PLAN_NETDEV_SIZE = 32, /* with its NUL */
};

/*
 * One interface of a node on a segment: eth1, eth2, ... in the order of the
 * node's `vlans`.
 *
 * Node i has on segment N: 192.168.N.i, 2001:db8:N::i (N and i are written in
 * decimal, so that both look alike) and the MAC 52:54:00:12:N:i (in hex).  A
 * node that is on one segment more than once, for bonding, say, gets addresses
 * on the first of these interfaces only: the same network on two interfaces
 * answers ARP on either, which no test wants unasked.  The MACs of the others
 * count up in the third octet: 52:54:01:12:N:i, ...
 */
struct plan_nic {
	char ifname[16]; /* "eth1", in the guest */
	char port[80];	 /* "client.eth1", in the switch */
	unsigned vlan;	 /* PLAN_VLAN_MIN..PLAN_VLAN_MAX */
	struct mac mac;	 /* of no other interface in the plan */
	char ipv4[16];	 /* "192.168.1.3", a /24; "" for none */
	char ipv6[40];	 /* "2001:db8:1::3", a /64; "" for none */
	/* What a start_command calls what is behind it: the id of its -netdev;
	 * "": unknown. */
	char netdev[PLAN_NETDEV_SIZE];
};

/* eth0, where there is one; the same in every guest, each in a network of its
 * own. */
#define PLAN_ETH0_MAC "52:54:00:12:00:00"
#define PLAN_ETH0_IPV4 "10.0.2.15" /* a /24 */
#define PLAN_ETH0_GATEWAY "10.0.2.2"
#define PLAN_ETH0_DNS "10.0.2.3"

enum { PLAN_SHELL_PORT = 514 }; /* as the NixOS driver once used */

enum plan_shell {
	PLAN_SHELL_VIRTIO, /* virtio console, hvc0 in the guest */
	PLAN_SHELL_TCP,	   /* TCP port 514 on eth0, the control interface */
	PLAN_SHELL_VSOCK,  /* vsock port 514 */
};

/* What is behind a node's interfaces: QEMU's -netdev. */
enum plan_net {
	PLAN_NET_AUTO,	 /* one of the others: driver/vm/net-choice.h */
	PLAN_NET_DGRAM,	 /* a pair of datagram sockets, a frame a datagram */
	PLAN_NET_STREAM, /* QEMU listens, the switch connects */
	PLAN_NET_VDE,	 /* a socket of the segment's, as of any VDE switch */
	PLAN_NET_VHOST,	 /* vhost-user: rings in memory that it shares */
	PLAN_N_NETS,
};

/* What runs as process 1 of the image. */
enum plan_init {
	PLAN_INIT_BUSYBOX, /* a shell and nothing else: quick to boot */
	PLAN_INIT_SYSTEMD,
	PLAN_N_INITS,
};

/* Its screen. */
enum plan_display {
	PLAN_DISPLAY_NONE,
	PLAN_DISPLAY_STD,    /* VGA, which every system can draw on */
	PLAN_DISPLAY_VIRTIO, /* the same, and virtio-gpu */
};

enum plan_arch {
	PLAN_ARCH_X86_64,
	PLAN_ARCH_AARCH64,
	PLAN_N_ARCHS,
};

/* A file to be put into the guest before the test starts.  In the test file a
 * text that begins with "/", "./" or "../" is a path on the host, any other is
 * the content itself; { text = "..." } is always content. */
struct plan_file {
	char *guest_path; /* absolute */
	char *host_path;  /* absolute; or NULL when .text is the content */
	char *text;
};

enum plan_disk_format { PLAN_DISK_RAW, PLAN_DISK_QCOW2 };

/* A file that a disk lies on; is never written to. */
struct plan_disk_layer {
	char *path; /* absolute */
	enum plan_disk_format format;
	bool is_device; /* a block device of the host */
};

/* A disk; what a guest writes is kept for the run, and goes with it. */
struct plan_disk {
	char *name; /* its serial number; of no other disk of the node */
	struct plan_disk_layer *layers; /* the top first; none: it is empty */
	size_t n_layers;
	uint64_t size_bytes; /* a multiple of 512 */
};

/*
 * A TCP port of the guest that the host reaches: at a unix socket, or at a port
 * of 127.0.0.1.  Whatever it is, only processes of the user who runs the test
 * get through, unless .is_public.
 */
struct plan_forward {
	unsigned guest; /* the guest's port */
	bool is_socket; /* a unix socket; else a port */
	char *path;    /* where it is: absolute; NULL: in the run's directory */
	unsigned port; /* of the host; 0: any that is free */
	bool is_public;
};

enum {
	PLAN_FORWARDS_MAX = 32, /* of one node */
	PLAN_PORT_MAX = 65535,
};

struct plan_node {
	char *name;	 /* [a-z][a-z0-9-]*; with '-' as '_' in scripts */
	unsigned number; /* 1-based rank in alphabetical order */
	struct plan_nic *nics;
	size_t n_nics;
	enum plan_net net;   /* of all nics; not with a start_command */
	unsigned memory_mib; /* 64..1048576; default 256 */
	unsigned cpus;	     /* 1..64; default 1 */
	char **packages;     /* Debian packages added to the image, sorted */
	size_t n_packages;
	enum plan_arch arch;
	bool no_image;		 /* `image = false` */
	char *kernel, *initrd;	 /* absolute paths; or NULL: the image's */
	struct plan_disk *disk;	 /* to boot from; or NULL */
	struct plan_disk *disks; /* others, in order; PLAN_DISKS_MAX at most */
	size_t n_disks;
	struct plan_disk *cdrom; /* of one layer; or NULL: there is no drive */
	char *kernel_params;	 /* added to the command line; or NULL */
	char **qemu_options;	 /* appended to QEMU's arguments */
	size_t n_qemu_options;
	char *machine_type; /* or NULL: that of the architecture */
	char *cpu; /* QEMU's -cpu; or NULL: as the accelerator has it */
	enum plan_shell shell;
	enum plan_display display;
	const char *keyboard; /* the layout that keys are typed for; static */
	enum plan_init init;  /* of the image */
	bool has_eth0; /* the control interface: shell, forwards, internet */
	bool has_forwards; /* forward_ports is there, if only as {} */
	struct plan_forward *forwards;
	size_t n_forwards;
	bool internet;	    /* eth0 leads to the host's network */
	bool host_loopback; /* and 10.0.2.2 to the host's 127.0.0.1 */
	/* Shell text that starts QEMU in place of our own command line, the
	 * way scripts of NixOS do; or NULL. */
	char *start_command;
	/* More segments whose sockets it is told; owned. */
	unsigned *told_vlans;
	size_t n_told_vlans;
	char *setup; /* shell text run once the node is configured; or NULL */
	struct plan_file *files;
	size_t n_files;
	bool is_covered; /* what its programs count is collected */
	/* Shell text before each command, ended as one; static; or NULL. */
	const char *exports;
};

/* What is known of programs that were built to count which of their lines run:
 * doc/coverage.md. */
struct plan_coverage {
	char *source;	   /* a directory, absolute, without symbolic links */
	char *build;	   /* likewise */
	char *build_named; /* the same as the test file has it, absolute */
	char **exclude;	   /* regular expressions */
	size_t n_exclude;
	double fail_under; /* percent of lines; 0: whatever there is */
	char *flush;	   /* shell text, before counters are taken; or NULL */
};

/* Where they are in a guest; see guest-text.h of driver/coverage. */
#define PLAN_COVERAGE_DIR "/run/vdelab-coverage"

struct plan {
	char *name;		 /* of the test: [A-Za-z0-9][A-Za-z0-9._-]* */
	char *file;		 /* where it came from */
	uint64_t timeout_ms;	 /* of the whole test; default one hour */
	struct plan_node *nodes; /* in alphabetical order */
	size_t n_nodes;
	unsigned *vlans; /* every one in use, ascending, once */
	size_t n_vlans;
	struct plan_coverage *coverage; /* NULL: none is asked for */
};

/* Mistakes found, in the order of their lines. */
struct plan_problem {
	char *file;
	int line; /* 0: the file as a whole */
	char *text;
};

struct plan_problems {
	struct plan_problem *items;
	size_t n;
};

void plan_problems_add(struct plan_problems *problems, const char *file,
		       int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/** plan_problems_sort() - by file and line, doubles removed */
void plan_problems_sort(struct plan_problems *problems);
/** plan_problems_print() - one "FILE:LINE: text" a line; no line where it is 0 */
void plan_problems_print(const struct plan_problems *problems, FILE *out);
void plan_problems_fini(struct plan_problems *problems);

/**
 * plan_line_fn - where is the member at @path defined?
 * @path: keys parted by '\n', e.g. "nodes\nclient\nvlans"; an array's elements
 *        are "1", "2", ...
 * @file: set to the file, borrowed, when it is another than the one asked for,
 *        and left alone when it is not; NULL: nobody wants to know
 *
 * Return: the line of the nearest enclosing definition that is known, or 0.
 */
typedef int plan_line_fn(const char *path, const char **file, void *arg);

/**
 * plan_new() - turn a test file's value into a plan
 * @file:  the test file's path; relative paths are relative to the directory of
 *         the file that has them
 * @value: the file's table without its functions, borrowed; an empty array
 *         and an empty object are the same, as they are in Lua; null is a
 *         member of which a problem has been added already
 *
 * Files named in @value must exist and be readable.
 * Return: a plan the caller owns; NULL with at least one problem added.
 */
struct plan *plan_new(const char *file, const json_t *value, plan_line_fn *line,
		      void *line_arg, struct plan_problems *problems);
void plan_free(struct plan *plan);

/** plan_find_node() - by name, or by its name in scripts; NULL if unknown */
const struct plan_node *plan_find_node(const struct plan *plan,
				       const char *name);

/** plan_script_name() - @name as scripts write it: '-' as '_'; returned owned */
char *plan_script_name(const char *name);

/**
 * plan_assign_addresses() - number the nodes of @plan, which stand in order,
 * and give their nics names, MACs and addresses; .vlan is set
 */
void plan_assign_addresses(struct plan *plan);

/** plan_boots_image() - does @node boot the image, or something of its own? */
bool plan_boots_image(const struct plan_node *node);

/** plan_vhost_refusal() - why the switch cannot have @node's memory, too; NULL:
 * its keys are no hindrance */
const char *plan_vhost_refusal(const struct plan_node *node);

/** plan_arch_name() - "x86_64", "aarch64" */
const char *plan_arch_name(enum plan_arch arch);
/** plan_arch_find() - also by Debian's names; false: nothing is called so */
bool plan_arch_find(const char *name, enum plan_arch *arch);

/** plan_init_name() - "busybox", "systemd" */
const char *plan_init_name(enum plan_init init);
/** plan_init_find() - false: nothing is called so */
bool plan_init_find(const char *name, enum plan_init *init);

/** plan_names() - whose each address is, {"192.168.1.1": "client"}; of MACs the
 * port ("client.eth1"); returned owned */
json_t *plan_names(const struct plan *plan);

/**
 * plan_setup_script() - the shell text that gives a booted guest its identity:
 * host name, /etc/hosts, names of interfaces, addresses and links; node->setup
 * is not in it, and comes after it
 *
 * Needs /bin/sh, `ip`, /proc and /sys, and an /etc that can be written; can be
 * run again.  Its status tells success, its stderr why not.
 *
 * Return: returned owned.
 */
char *plan_setup_script(const struct plan *plan, const struct plan_node *node);

#endif /* DRIVER_LAB_PLAN_H */
