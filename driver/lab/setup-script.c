/*
 * setup-script: the shell text that gives a booted guest its identity.
 *
 * Names and addresses come from a plan, so they need no quoting: letters,
 * digits, '-', '.' and ':'.  Only `ip` is called; BusyBox's has no `nodad`, so
 * duplicate address detection, which would keep an address unusable for a
 * second or two, is turned off in /proc.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/lab/plan.h"

/*
 * The kernel counts its interfaces from eth0 and knows nothing of our order,
 * so each is found by its MAC.  Only devices with hardware behind them count:
 * a bridge or bond on top of one has the same MAC.  Names are swapped by way
 * of others, that nobody uses.
 */
static const char prologue[] =
    "set -e\n"
    "vl_find() {\n"
    "	for vl_dir in /sys/class/net/*; do\n"
    "		[ -e \"$vl_dir/device\" ] || continue\n"
    "		read -r vl_mac <\"$vl_dir/address\" || continue\n"
    "		[ \"$vl_mac\" = \"$1\" ] || continue\n"
    "		vl_found=${vl_dir##*/}\n"
    "		return 0\n"
    "	done\n"
    "	echo \"this guest has no interface $2 with the address $1\" >&2\n"
    "	return 1\n"
    "}\n"
    "vl_rename() {\n"
    "	vl_find \"$1\" \"$2\"\n"
    "	[ \"$vl_found\" != \"$2\" ] || return 0\n"
    "	ip link set \"$vl_found\" down\n"
    "	ip link set \"$vl_found\" name \"$3\"\n"
    "}\n"
    "vl_ipv6=/proc/sys/net/ipv6/conf\n";

/* By TCP, the shell has come over eth0, which cannot be touched then. */
static bool
names_eth0(const struct plan_node *node)
{
	return node->has_eth0 && node->shell != PLAN_SHELL_TCP;
}

static void
write_names(FILE *out, const struct plan_node *node)
{
	char mac[MAC_TEXT_SIZE];

	/* away from each other's final names, then home */
	if (names_eth0(node))
		fprintf(out, "vl_rename " PLAN_ETH0_MAC " eth0 vl-eth0\n");
	for (size_t k = 0; k < node->n_nics; k++)
		fprintf(out, "vl_rename %s %s vl-%s\n",
			mac_format(&node->nics[k].mac, mac),
			node->nics[k].ifname, node->nics[k].ifname);
	for (size_t k = 0; k < node->n_nics; k++)
		fprintf(out, "vl_rename %s %s %s\n",
			mac_format(&node->nics[k].mac, mac),
			node->nics[k].ifname, node->nics[k].ifname);
	if (names_eth0(node))
		fprintf(out, "vl_rename " PLAN_ETH0_MAC " eth0 eth0\n");
}

/* eth0 leads to the host; no further, unless there is internet. */
static void
write_eth0(FILE *out, const struct plan_node *node)
{
	if (!node->has_eth0)
		return;
	fprintf(out, "ip link set eth0 up\n"
		     "ip addr replace " PLAN_ETH0_IPV4 "/24 dev eth0\n");
	if (node->internet)
		fprintf(out, "ip route replace default via " PLAN_ETH0_GATEWAY
			     " dev eth0\n"
			     "rm -f /etc/resolv.conf\n"
			     "echo 'nameserver " PLAN_ETH0_DNS
			     "' >/etc/resolv.conf\n");
}

static void
write_addresses(FILE *out, const struct plan_nic *nic)
{
	const char *ifname = nic->ifname;

	fprintf(out,
		"if [ -e $vl_ipv6/%s/accept_dad ]; then\n"
		"	echo 0 >$vl_ipv6/%s/accept_dad\n"
		"fi\n"
		"ip link set %s up\n",
		ifname, ifname, ifname);
	if (nic->ipv4[0] != '\0')
		fprintf(out, "ip addr replace %s/24 dev %s\n", nic->ipv4,
			ifname);
	if (nic->ipv6[0] != '\0')
		fprintf(out,
			"if [ -e $vl_ipv6/%s ]; then\n"
			"	ip addr replace %s/64 dev %s\n"
			"fi\n",
			ifname, nic->ipv6, ifname);
}

/* Every node by the addresses of its first interface; one that has none is
 * known to itself. */
static void
write_hosts(FILE *out, const struct plan *plan, const struct plan_node *self)
{
	fprintf(out, "{\n"
		     "echo '127.0.0.1 localhost'\n"
		     "echo '::1 localhost ip6-localhost ip6-loopback'\n");
	if (self->n_nics == 0)
		fprintf(out, "echo '127.0.1.1 %s'\n", self->name);
	for (size_t i = 0; i < plan->n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];

		if (node->n_nics == 0)
			continue;
		fprintf(out, "echo '%s %s'\necho '%s %s'\n", node->nics[0].ipv4,
			node->name, node->nics[0].ipv6, node->name);
	}
	fprintf(out, "} >/etc/hosts\n");
}

char *
plan_setup_script(const struct plan *plan, const struct plan_node *node)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		abort(); /* out of memory, as in lib/xalloc */
	fputs(prologue, out);
	fprintf(out,
		"echo '%s' >/proc/sys/kernel/hostname\n"
		"echo '%s' >/etc/hostname\n",
		node->name, node->name);
	write_hosts(out, plan, node);
	fprintf(out, "ip link set lo up\n");
	write_names(out, node);
	for (size_t k = 0; k < node->n_nics; k++)
		write_addresses(out, &node->nics[k]);
	write_eth0(out, node);
	if (fclose(out) != 0)
		abort();
	return text;
}
