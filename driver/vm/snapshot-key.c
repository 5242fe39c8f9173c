#include "config.h"

#include "driver/vm/snapshot-key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "driver/vm/image.h"
#include "driver/vm/qemu-args.h"
#include "driver/vm/shell-link.h"
#include "driver/vm/snapshot-text.h"
#include "lib/err.h"
#include "lib/siphash.h"
#include "lib/xalloc.h"

enum { FORMAT = 1 };

/* ---- who can ---- */

/* Options that add nothing outside of the guest: a state saved by one QEMU is
 * true for the next, and two of them may have the same at once. */
static bool
is_harmless(const char *option)
{
	static const char *const harmless[] = { "-cpu", "-global", "-smbios" };

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(option, harmless[i]) == 0)
			return true;
	return false;
}

static bool
has_harmless_options(const struct plan_node *node)
{
	size_t i = 0;

	while (i + 1 < node->n_qemu_options &&
	       is_harmless(node->qemu_options[i]))
		i += 2;
	return i == node->n_qemu_options;
}

const char *
snapshot_save_refusal(const struct plan_node *node)
{
	if (node->start_command != NULL)
		return "it is started by a start_command";
	if (node->disk != NULL || node->n_disks > 0 || node->cdrom != NULL)
		return "it has disks, whose state is not in its memory";
	if (node->has_eth0)
		return "it has an eth0 to the host, whose other end's state is "
		       "not in its memory";
	if (node->shell != PLAN_SHELL_VIRTIO)
		return "its shell is not on the virtio console";
	if (!has_harmless_options(node))
		return "it has qemu_options other than -cpu, -global and "
		       "-smbios: what they add may exist only once";
	return NULL;
}

const char *
snapshot_refusal(const struct plan_node *node)
{
	const char *why = snapshot_save_refusal(node);

	if (why != NULL)
		return why;
	if (qemu_ram_id(node) == NULL)
		return "its machine_type is not q35 or pc";
	/* A copy of it would have to be made first. */
	if (node->net == PLAN_NET_VHOST)
		return "with net = \"vhost-user\" the switch has its memory, "
		       "too, and a saved one is nobody's to write to";
	return NULL;
}

void
snapshot_node_init(struct snapshot_node *anyone, const struct plan_node *node)
{
	static char nobody[] = "vdelab";

	anyone->node = *node;
	anyone->node.name = nobody;
	/* What is behind a card is not in its state. */
	anyone->node.net = PLAN_NET_DGRAM;
	anyone->node.nics = anyone->nics;
	for (size_t i = 0; i < node->n_nics; i++) {
		anyone->nics[i] = node->nics[i];
		/* Of segment 0, which is none. */
		anyone->nics[i].mac =
		    (struct mac){ { 0x52, 0x54, 0x00, 0x12, 0x00,
				    (uint8_t)(i + 1) } };
	}
}

/* ---- the key ---- */

static int
add_file(FILE *out, const char *path, struct err *err)
{
	struct stat st;

	if (path == NULL)
		return 0;
	if (stat(path, &st) < 0)
		return err_errno(err, "%s", path);
	fprintf(out, "%s %ju %ju %ju %ju.%09ld\n", path, (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino, (uintmax_t)st.st_size,
		(uintmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return 0;
}

static void
add_lines_of(FILE *out, const char *path, const char *const *beginnings)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	while (in != NULL && getline(&line, &size, in) > 0) {
		if (line[0] == '\n')
			break; /* the next CPU */
		for (const char *const *b = beginnings; *b != NULL; b++)
			if (strncmp(line, *b, strlen(*b)) == 0)
				fputs(line, out);
	}
	free(line);
	if (in != NULL)
		fclose(in);
}

/* This boot: what is in the cache need not survive a crash then. */
static void
add_host(FILE *out, enum accel accel)
{
	static const char *const all[] = { "", NULL };
	static const char *const cpu[] = { "vendor_id", "cpu family", "model",
					   "stepping",	"microcode",  "flags",
					   "vmx flags", NULL };
	struct utsname un;

	add_lines_of(out, "/proc/sys/kernel/random/boot_id", all);
	if (accel != ACCEL_KVM)
		return;
	if (uname(&un) == 0)
		fprintf(out, "%s %s\n", un.release, un.version);
	add_lines_of(out, "/proc/cpuinfo", cpu);
}

static void
add_arguments(FILE *out, const char *qemu, enum accel accel,
	      const struct plan_node *node, const struct vm_image *image)
{
	static const struct qemu_nic nics[PLAN_NICS_MAX];
	static const struct qemu_ram ram = { .is_shared = false };
	const struct qemu_fds fds = {
		.control = -1, .nics = nics, .ram = &ram, .incoming = true
	};
	struct snapshot_node anyone;
	char **args;

	snapshot_node_init(&anyone, node);
	args = qemu_args(qemu, accel, &anyone.node, image, &fds, false);
	for (size_t i = 0; args[i] != NULL; i++)
		fprintf(out, "%s\n", args[i]);
	qemu_args_free(args);
}

char *
snapshot_key(const char *qemu, enum accel accel, const struct plan_node *node,
	     const struct vm_image *image, struct err *err)
{
	const char *const files[] = {
		qemu,	     image->kernel, image->initrd,
		image->root, node->kernel,  node->initrd,
	};
	char *text = NULL, *before = snapshot_text_before(node->n_nics);
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int ret = 0;

	if (out == NULL)
		abort(); /* out of memory, as in lib/xalloc */
	fprintf(out, "format %d, %s\n", FORMAT, PACKAGE_STRING);
	for (size_t i = 0; ret == 0 && i < sizeof(files) / sizeof(files[0]);
	     i++)
		ret = add_file(out, files[i], err);
	add_arguments(out, qemu, accel, node, image);
	add_host(out, accel);
	fprintf(out, "%s%s", before, shell_link_bundle());
	free(before);
	if (fclose(out) != 0)
		abort();
	if (ret == 0)
		return text;
	free(text);
	return NULL;
}

void
snapshot_key_hash(const char *key, char name[static SNAPSHOT_KEY_LEN + 1])
{
	/* Two results of one function with different keys, for a longer one;
	 * who finds a state compares the whole text. */
	static const struct siphash_key low = { 1, 2 }, high = { 3, 4 };
	size_t size = strlen(key);

	snprintf(name, SNAPSHOT_KEY_LEN + 1, "%016" PRIx64 "%016" PRIx64,
		 siphash(&high, key, size), siphash(&low, key, size));
}
