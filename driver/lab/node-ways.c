/*
 * node-ways: how a node is reached from the host and how it reaches the host's
 * network; and the script that starts it, when another one does.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/lab/node.h"
#include "driver/lab/reader.h"
#include "lib/xalloc.h"

enum { TEXT_MAX = 64 * 1024 };

/* ---- forward_ports ---- */

static void
read_host(struct reader *r, const json_t *value, struct plan_forward *forward)
{
	const char *text;
	int64_t port;

	if (!json_is_string(value)) {
		if (reader_int(r, value, 0, PLAN_PORT_MAX, &port))
			forward->port = (unsigned)port;
		forward->is_socket = false;
		return;
	}
	if (!reader_text(r, value, &text))
		return;
	if (!reader_is_host_path(text))
		reader_problem(r, "must be a port, or the path of a unix "
				  "socket that begins with '/', './' or '../'");
	else
		forward->path = reader_beside_file(r, text);
}

static void
read_guest(struct reader *r, const json_t *value, struct plan_forward *forward)
{
	int64_t port;

	if (reader_int(r, value, 1, PLAN_PORT_MAX, &port))
		forward->guest = (unsigned)port;
}

static void
read_proto(struct reader *r, const json_t *value, struct plan_forward *forward)
{
	const char *text;

	(void)forward;
	if (!reader_text(r, value, &text) || strcmp(text, "tcp") == 0)
		return;
	reader_problem(r, "must be \"tcp\", not \"%s\"%s", text,
		       strcmp(text, "udp") == 0
			   ? ": nobody can say whose a datagram is before it "
			     "is passed on; give the guest a way out with "
			     "`internet`, or a second node to send from"
			   : "");
}

static void
read_public(struct reader *r, const json_t *value, struct plan_forward *forward)
{
	reader_bool(r, value, &forward->is_public);
}

static const struct {
	const char *name;
	void (*read)(struct reader *r, const json_t *value,
		     struct plan_forward *forward);
} forward_keys[] = {
	{ "host", read_host },
	{ "guest", read_guest },
	{ "proto", read_proto },
	{ "public", read_public },
};
enum { N_FORWARD_KEYS = sizeof(forward_keys) / sizeof(forward_keys[0]) };

static void
read_forward_member(struct reader *r, const char *key, const json_t *value,
		    struct plan_forward *forward)
{
	const char *known[N_FORWARD_KEYS + 1] = { NULL };

	for (size_t i = 0; i < N_FORWARD_KEYS; i++) {
		if (strcmp(forward_keys[i].name, key) == 0) {
			forward_keys[i].read(r, value, forward);
			return;
		}
		known[i] = forward_keys[i].name;
	}
	reader_unknown_key(r, key, known);
}

static void
read_forward(struct reader *r, const json_t *value,
	     struct plan_forward *forward)
{
	const char *key;
	json_t *member;

	*forward = (struct plan_forward){ .is_socket = true };
	if (!reader_table(r, value, "ports, as in { host = 8080, guest = 80 }"))
		return;
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		read_forward_member(r, key, member, forward);
		reader_leave(r);
	}
	if (json_object_get(value, "guest") == NULL)
		reader_problem(r, "which port of the guest? add `guest`");
	if (forward->is_public && forward->is_socket)
		reader_problem(r, "a unix socket is never public; `host` can "
				  "be a port instead");
}

void
node_read_forward_ports(struct reader *r, const json_t *value,
			struct plan_node *node)
{
	size_t n;

	node->has_forwards = true;
	if (!reader_list(r, value, "forwards, as in { { guest = 80 } }", &n))
		return;
	if (n > PLAN_FORWARDS_MAX) {
		reader_problem(r, "a node has at most %d forwards, not %zu",
			       PLAN_FORWARDS_MAX, n);
		return;
	}
	node->forwards = xcalloc(n + 1, sizeof(*node->forwards));
	for (size_t i = 0; i < n; i++) {
		reader_enter_index(r, i + 1);
		read_forward(r, json_array_get(value, i),
			     &node->forwards[node->n_forwards++]);
		reader_leave(r);
	}
}

/* ---- internet ---- */

void
node_read_internet(struct reader *r, const json_t *value,
		   struct plan_node *node)
{
	static const char *const known[] = { "host_loopback", NULL };
	const char *key;
	json_t *member;

	if (!json_is_object(value)) {
		reader_bool(r, value, &node->internet);
		return;
	}
	node->internet = true;
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		if (strcmp(key, known[0]) == 0)
			reader_bool(r, member, &node->host_loopback);
		else
			reader_unknown_key(r, key, known);
		reader_leave(r);
	}
}

/* ---- start_command ---- */

char *
node_quote(const char *text)
{
	char *quoted = xcalloc(1, 4 * strlen(text) + 3);
	char *p = quoted;

	*p++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			p += strlen(strcpy(p, "'\\'"));
		*p++ = *text;
	}
	*p = '\'';
	return quoted;
}

/* A script beside the test file is found from wherever it is started, and must
 * be one now. */
void
node_read_start_command(struct reader *r, const json_t *value,
			struct plan_node *node)
{
	const char *text, *rest;
	char *word, *path, *quoted;

	if (!reader_text(r, value, &text))
		return;
	text += strspn(text, " \t\n");
	if (*text == '\0' || strlen(text) > TEXT_MAX) {
		reader_problem(r,
			       "must be shell text that starts QEMU, of at "
			       "most %d bytes",
			       TEXT_MAX);
		return;
	}
	free(node->start_command);
	rest = text + strcspn(text, " \t\n;&|<>()$`\\\"'*?[");
	if (!reader_is_host_path(text) ||
	    (*rest != '\0' && strchr(" \t\n", *rest) == NULL)) {
		node->start_command = xstrdup(text);
		return;
	}
	word = xasprintf("%.*s", (int)(rest - text), text);
	path = reader_beside_file(r, word);
	if (access(path, X_OK) < 0)
		reader_problem(r, "cannot start '%s': %m", path);
	quoted = node_quote(path);
	node->start_command = xasprintf("%s%s", quoted, rest);
	free(quoted);
	free(word);
	free(path);
}

void
node_read_net(struct reader *r, const json_t *value, struct plan_node *node)
{
	static const char *const names[PLAN_N_NETS] = {
		[PLAN_NET_AUTO] = "auto",	 [PLAN_NET_DGRAM] = "dgram",
		[PLAN_NET_STREAM] = "stream",	 [PLAN_NET_VDE] = "vde",
		[PLAN_NET_VHOST] = "vhost-user",
	};
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	for (int i = 0; i < PLAN_N_NETS; i++) {
		if (strcmp(names[i], text) == 0) {
			node->net = (enum plan_net)i;
			return;
		}
	}
	reader_problem(
	    r,
	    "must be \"auto\", \"vhost-user\", \"dgram\", \"stream\" "
	    "or \"vde\", not \"%s\"",
	    text);
}

/* Options with which QEMU's memory is made in another way than we do. */
const char *
plan_vhost_refusal(const struct plan_node *node)
{
	static const char *const own[] = { "-m", "-mem-path", "-numa" };
	const char *option = "";

	for (size_t i = 0; i < node->n_qemu_options; i++) {
		const char *word = node->qemu_options[i];

		for (size_t k = 0; k < sizeof(own) / sizeof(own[0]); k++)
			if (strcmp(word, own[k]) == 0)
				return "its qemu_options have -m, -mem-path or "
				       "-numa";
		if ((strcmp(option, "-machine") == 0 ||
		     strcmp(option, "-M") == 0) &&
		    strstr(word, "memory-backend=") != NULL)
			return "its qemu_options have a memory-backend";
		option = word;
	}
	return NULL;
}

/* What says of our own command line, which is not used then. */
static const char *const start_command_excludes[] = {
	"memory",  "cpus", "packages", "image",	       "kernel",
	"initrd",  "disk", "disks",    "cdrom",	       "kernel_params",
	"init",	   "arch", "shell",    "machine_type", "forward_ports",
	"display", "cpu",  "internet", "net",	       NULL
};

static void
check_start_command(struct reader *r, const json_t *value)
{
	for (const char *const *key = start_command_excludes; *key != NULL;
	     key++) {
		if (json_object_get(value, *key) == NULL)
			continue;
		reader_enter(r, *key);
		reader_problem(r,
			       "a machine with a `start_command` is what that "
			       "makes it");
		reader_leave(r);
	}
}

void
node_complete_ways(struct reader *r, const json_t *value,
		   struct plan_node *node)
{
	const char *why = plan_vhost_refusal(node);

	if (node->start_command != NULL)
		check_start_command(r, value);
	if (node->net == PLAN_NET_VHOST && why != NULL) {
		reader_enter(r, "net");
		reader_problem(r,
			       "with \"vhost-user\" the switch has the "
			       "machine's memory, too, but %s",
			       why);
		reader_leave(r);
	}
	node->has_eth0 = node->shell == PLAN_SHELL_TCP || node->internet ||
			 node->has_forwards;
	for (size_t i = 0; i < node->n_forwards; i++)
		if (node->shell == PLAN_SHELL_TCP &&
		    node->forwards[i].guest == PLAN_SHELL_PORT)
			reader_problem(r,
				       "forward_ports: port %d of the guest is "
				       "its shell's",
				       PLAN_SHELL_PORT);
}

void
node_fini_ways(struct plan_node *node)
{
	for (size_t i = 0; i < node->n_forwards; i++)
		free(node->forwards[i].path);
	free(node->forwards);
	free(node->start_command);
	free(node->told_vlans);
}

/* ---- one beside the others ---- */

static bool
same_place(const struct plan_forward *a, const struct plan_forward *b)
{
	if (a->is_socket != b->is_socket)
		return false;
	if (a->is_socket)
		return a->path != NULL && b->path != NULL &&
		       strcmp(a->path, b->path) == 0;
	return a->port != 0 && a->port == b->port;
}

static bool
is_taken(const struct plan_node *node, size_t n,
	 const struct plan_forward *forward)
{
	for (size_t i = 0; i < n; i++)
		if (same_place(&node->forwards[i], forward))
			return true;
	return false;
}

static void
place_taken(struct reader *r, const struct plan_forward *forward,
	    const char *by)
{
	if (forward->is_socket)
		reader_problem(r, "forward_ports: %s is taken by %s",
			       forward->path, by);
	else
		reader_problem(r, "forward_ports: port %u is taken by %s",
			       forward->port, by);
}

void
node_check_ways(struct reader *r, const struct plan_node *nodes, size_t n)
{
	const struct plan_node *mine = &nodes[n];

	for (size_t f = 0; f < mine->n_forwards; f++) {
		const struct plan_forward *forward = &mine->forwards[f];

		if (is_taken(mine, f, forward))
			place_taken(r, forward, "another forward");
		for (size_t i = 0; i < n; i++)
			if (is_taken(&nodes[i], nodes[i].n_forwards, forward))
				place_taken(r, forward, nodes[i].name);
	}
}
