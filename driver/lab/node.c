#include "driver/lab/node.h"

#include <stdlib.h>
#include <string.h>

#include "driver/lab/reader.h"
#include "driver/screen/keyboard.h"
#include "lib/xalloc.h"

enum {
	MEMORY_MIN_MIB = 64,
	MEMORY_DEFAULT_MIB = 256,
	CPUS_MAX = 64,
};

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool
only(const char *text, const char *letters)
{
	return text[strspn(text, letters)] == '\0';
}

void
node_check_name(struct reader *r, const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || strchr(LOWER, name[0]) == NULL ||
	    !only(name, LOWER DIGITS "-") || name[len - 1] == '-')
		reader_problem(r,
			       "a node's name is a host's name: small letters, "
			       "digits and '-', a letter first%s",
			       strchr(name, '_') != NULL
				   ? " (scripts write '_' for '-')"
				   : "");
	else if (len > PLAN_NAME_MAX)
		reader_problem(r, "a node's name has at most %d characters",
			       PLAN_NAME_MAX);
	else if (strcmp(name, "localhost") == 0)
		reader_problem(r, "every node calls itself localhost; choose "
				  "another name");
	else if (strncmp(name, "vlan", 4) == 0 && name[4] != '\0' &&
		 only(name + 4, DIGITS))
		reader_problem(r, "scripts call a segment so; choose another "
				  "name");
}

static void
read_vlans(struct reader *r, const json_t *value, struct plan_node *node)
{
	int64_t vlan;
	size_t n;

	node->n_nics = 0;
	if (!reader_list(r, value, "segment numbers, as in { 1, 2 }", &n))
		return;
	if (n > PLAN_NICS_MAX) {
		reader_problem(r, "a node has at most %d interfaces, not %zu",
			       PLAN_NICS_MAX, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		reader_enter_index(r, i + 1);
		if (reader_int(r, json_array_get(value, i), PLAN_VLAN_MIN,
			       PLAN_VLAN_MAX, &vlan))
			node->nics[node->n_nics++].vlan = (unsigned)vlan;
		reader_leave(r);
	}
}

static void
read_memory(struct reader *r, const json_t *value, struct plan_node *node)
{
	int64_t mib;

	if (reader_int(r, value, MEMORY_MIN_MIB, PLAN_MEMORY_MAX_MIB, &mib))
		node->memory_mib = (unsigned)mib;
}

static void
read_cpus(struct reader *r, const json_t *value, struct plan_node *node)
{
	int64_t cpus;

	if (reader_int(r, value, 1, CPUS_MAX, &cpus))
		node->cpus = (unsigned)cpus;
}

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Debian Policy 5.6.1: lower case letters, digits, '+', '-', '.'; at least two
 * characters, the first a letter or digit. */
static bool
is_package_name(const char *name)
{
	return strlen(name) >= 2 && strchr(LOWER DIGITS, name[0]) != NULL &&
	       only(name, LOWER DIGITS "+-.");
}

static void
read_packages(struct reader *r, const json_t *value, struct plan_node *node)
{
	size_t kept = 0;

	reader_words(r, value, "Debian packages, as in { \"nftables\" }",
		     &node->packages, &node->n_packages);
	for (size_t i = 0; i < node->n_packages; i++)
		if (!is_package_name(node->packages[i]))
			reader_problem(r, "'%s' is no name of a Debian package",
				       node->packages[i]);
	if (node->n_packages == 0)
		return;
	qsort(node->packages, node->n_packages, sizeof(*node->packages),
	      compare_words);
	for (size_t i = 1; i < node->n_packages; i++) {
		if (strcmp(node->packages[kept], node->packages[i]) == 0)
			free(node->packages[i]);
		else
			node->packages[++kept] = node->packages[i];
	}
	node->n_packages = kept + 1;
}

/* Absolute, and the same file however it is put together. */
static bool
is_guest_path(const char *path)
{
	size_t len;

	if (*path != '/')
		return false;
	while (*path == '/') {
		path++;
		len = strcspn(path, "/");
		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
	}
	return true;
}

/* { text = "..." } */
static bool
read_content(struct reader *r, const json_t *value, char **out)
{
	static const char *const known[] = { "text", NULL };
	const char *text, *key;
	json_t *member;
	bool ok = false;

	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		if (strcmp(key, "text") != 0) {
			reader_unknown_key(r, key, known);
		} else if (reader_text(r, member, &text)) {
			*out = xstrdup(text);
			ok = true;
		}
		reader_leave(r);
	}
	if (json_object_get(value, "text") == NULL)
		reader_problem(r, "must be a string, or { text = \"...\" }");
	return ok;
}

static void
read_files(struct reader *r, const json_t *value, struct plan_node *node)
{
	struct plan_file file;
	const char *path, *text;
	json_t *member;

	if (!reader_table(r, value,
			  "guest paths, as in { [\"/etc/x\"] = ... }"))
		return;
	node->files = xcalloc(json_object_size(value) + 1, sizeof(file));
	json_object_foreach((json_t *)value, path, member)
	{
		bool ok;

		file = (struct plan_file){ .guest_path = NULL };
		reader_enter(r, path);
		if (!is_guest_path(path))
			reader_problem(r, "a path in a guest begins with '/', "
					  "has no '.', '..' or empty part, and "
					  "does not end with '/'");
		if (json_is_object(member))
			ok = read_content(r, member, &file.text);
		else if ((ok = reader_text(r, member, &text)) &&
			 reader_is_host_path(text))
			ok = reader_host_file(r, text, &file.host_path);
		else if (ok)
			file.text = xstrdup(text);
		reader_leave(r);
		if (!ok)
			continue;
		file.guest_path = xstrdup(path);
		node->files[node->n_files++] = file;
	}
}

static void
read_cpu(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	if (*text == '\0' || !only(text, LOWER UPPER DIGITS "._-+=,"))
		reader_problem(r,
			       "'%s' is no model of a CPU (list them: "
			       "qemu-system-x86_64 -cpu help)",
			       text);
	node->cpu = xstrdup(text);
}

static void
read_kernel_params(struct reader *r, const json_t *value,
		   struct plan_node *node)
{
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	if (strchr(text, '\n') != NULL)
		reader_problem(r, "a kernel's command line is one line");
	node->kernel_params = xstrdup(text);
}

static void
read_qemu_options(struct reader *r, const json_t *value, struct plan_node *node)
{
	reader_words(r, value,
		     "QEMU's arguments, as in { \"-device\", \"pvpanic\" }",
		     &node->qemu_options, &node->n_qemu_options);
}

static void
read_machine_type(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	if (*text == '\0' || !only(text, LOWER UPPER DIGITS "._-"))
		reader_problem(r,
			       "'%s' is no type of machine (list them: "
			       "qemu-system-x86_64 -machine help)",
			       text);
	node->machine_type = xstrdup(text);
}

static void
read_shell(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	if (strcmp(text, "virtio") == 0)
		node->shell = PLAN_SHELL_VIRTIO;
	else if (strcmp(text, "tcp") == 0)
		node->shell = PLAN_SHELL_TCP;
	else if (strcmp(text, "vsock") == 0)
		node->shell = PLAN_SHELL_VSOCK;
	else
		reader_problem(r,
			       "must be \"virtio\", \"tcp\" or \"vsock\", "
			       "not \"%s\"",
			       text);
}

static const char *const init_names[PLAN_N_INITS] = {
	[PLAN_INIT_BUSYBOX] = "busybox",
	[PLAN_INIT_SYSTEMD] = "systemd",
};

const char *
plan_init_name(enum plan_init init)
{
	return init_names[init];
}

bool
plan_init_find(const char *name, enum plan_init *init)
{
	for (int i = 0; i < PLAN_N_INITS; i++) {
		if (strcmp(init_names[i], name) == 0) {
			*init = (enum plan_init)i;
			return true;
		}
	}
	return false;
}

static void
read_init(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text;

	if (reader_text(r, value, &text) && !plan_init_find(text, &node->init))
		reader_problem(
		    r, "must be \"busybox\" or \"systemd\", not \"%s\"", text);
}

/* Absent, it depends on what the machine boots. */
static void
read_display(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text = json_string_value(value);

	if (json_is_boolean(value))
		node->display =
		    json_is_true(value) ? PLAN_DISPLAY_STD : PLAN_DISPLAY_NONE;
	else if (text != NULL && strcmp(text, "std") == 0)
		node->display = PLAN_DISPLAY_STD;
	else if (text != NULL && strcmp(text, "virtio") == 0)
		node->display = PLAN_DISPLAY_VIRTIO;
	else if (!json_is_null(value))
		reader_problem(r, "must be true, false, \"std\" or \"virtio\"");
}

static void
read_keyboard(struct reader *r, const json_t *value, struct plan_node *node)
{
	const struct keyboard *keyboard;
	const char *text;

	if (!reader_text(r, value, &text))
		return;
	keyboard = keyboard_find(text);
	if (keyboard == NULL)
		reader_problem(r, "\"%s\" is no layout of keyboards: %s", text,
			       keyboard_names());
	else
		node->keyboard = keyboard_name(keyboard);
}

static void
read_setup(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text;

	if (reader_text(r, value, &text))
		node->setup = xstrdup(text);
}

/* imports_resolve() has done what there is to do; it leaves none. */
static void
read_imports(struct reader *r, const json_t *value, struct plan_node *node)
{
	(void)node;
	if (!json_is_null(value))
		reader_problem(r, "modules can be taken in by nodes only");
}

/* Everything a node can say of itself. */
static const struct {
	const char *name;
	void (*read)(struct reader *r, const json_t *value,
		     struct plan_node *node);
} keys[] = {
	{ "vlans", read_vlans },
	{ "memory", read_memory },
	{ "cpus", read_cpus },
	{ "packages", read_packages },
	{ "files", read_files },
	{ "kernel", node_read_kernel },
	{ "initrd", node_read_initrd },
	{ "image", node_read_image },
	{ "disk", node_read_disk },
	{ "disks", node_read_disks },
	{ "cdrom", node_read_cdrom },
	{ "kernel_params", read_kernel_params },
	{ "qemu_options", read_qemu_options },
	{ "arch", node_read_arch },
	{ "machine_type", read_machine_type },
	{ "cpu", read_cpu },
	{ "shell", read_shell },
	{ "net", node_read_net },
	{ "display", read_display },
	{ "keyboard", read_keyboard },
	{ "init", read_init },
	{ "setup", read_setup },
	{ "imports", read_imports },
	{ "forward_ports", node_read_forward_ports },
	{ "internet", node_read_internet },
	{ "start_command", node_read_start_command },
};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static void
read_member(struct reader *r, const char *key, const json_t *value,
	    struct plan_node *node)
{
	const char *known[N_KEYS + 1] = { NULL };

	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, key) == 0) {
			keys[i].read(r, value, node);
			return;
		}
		known[i] = keys[i].name;
	}
	reader_unknown_key(r, key, known);
}

void
node_read(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *key;
	json_t *member;

	node->nics = xcalloc(PLAN_NICS_MAX, sizeof(*node->nics));
	node->nics[0].vlan = PLAN_VLAN_MIN;
	node->n_nics = 1;
	node->memory_mib = MEMORY_DEFAULT_MIB;
	node->cpus = 1;
	node->keyboard = "us";
	node->shell = PLAN_SHELL_VIRTIO;
	node->init = PLAN_INIT_BUSYBOX;
	if (!reader_table(r, value, "what the node has"))
		return;
	json_object_foreach((json_t *)value, key, member)
	{
		reader_enter(r, key);
		read_member(r, key, member, node);
		reader_leave(r);
	}
	node_complete_boot(r, value, node);
	node_complete_ways(r, value, node);
}

static void
free_words(char **words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	free(words);
}

void
node_fini(struct plan_node *node)
{
	free(node->name);
	free(node->nics);
	free_words(node->packages, node->n_packages);
	free_words(node->qemu_options, node->n_qemu_options);
	node_fini_boot(node);
	free(node->cpu);
	free(node->kernel_params);
	free(node->machine_type);
	free(node->setup);
	node_fini_ways(node);
	for (size_t i = 0; i < node->n_files; i++) {
		free(node->files[i].guest_path);
		free(node->files[i].host_path);
		free(node->files[i].text);
	}
	free(node->files);
}
