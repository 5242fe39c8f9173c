/* node-boot: what a node boots: image, kernel, disks and CD, and for which
 * architecture. */
#include "driver/lab/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/disk.h"
#include "driver/lab/reader.h"
#include "lib/xalloc.h"

void
node_read_kernel(struct reader *r, const json_t *value, struct plan_node *node)
{
	reader_file(r, value, &node->kernel);
}

void
node_read_initrd(struct reader *r, const json_t *value, struct plan_node *node)
{
	reader_file(r, value, &node->initrd);
}

/* NixOS's name for the disk that a machine boots from. */
void
node_read_disk(struct reader *r, const json_t *value, struct plan_node *node)
{
	node->disk = XNEW(struct plan_disk);
	disk_read(r, value, "root", node->disk);
}

void
node_read_disks(struct reader *r, const json_t *value, struct plan_node *node)
{
	char name[32];
	size_t n;

	if (!reader_list(r, value, "disks, as in { { size = \"1G\" } }", &n))
		return;
	if (n > PLAN_DISKS_MAX) {
		reader_problem(r, "a node has at most %d disks here, not %zu",
			       PLAN_DISKS_MAX, n);
		return;
	}
	node->disks = xcalloc(n + 1, sizeof(*node->disks));
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "disk%zu", i + 1);
		reader_enter_index(r, i + 1);
		disk_read(r, json_array_get(value, i), name,
			  &node->disks[node->n_disks++]);
		reader_leave(r);
	}
}

void
node_read_cdrom(struct reader *r, const json_t *value, struct plan_node *node)
{
	node->cdrom = XNEW(struct plan_disk);
	disk_read_cdrom(r, value, node->cdrom);
}

void
node_read_image(struct reader *r, const json_t *value, struct plan_node *node)
{
	if (json_is_false(value))
		node->no_image = true;
	else if (!json_is_null(value) && !json_is_true(value))
		reader_problem(r, "must be false: boot `disk` or `cdrom`, and "
				  "not the image");
}

const char *
plan_arch_name(enum plan_arch arch)
{
	return arch == PLAN_ARCH_AARCH64 ? "aarch64" : "x86_64";
}

bool
plan_arch_find(const char *name, enum plan_arch *arch)
{
	if (strcmp(name, "x86_64") == 0 || strcmp(name, "amd64") == 0)
		*arch = PLAN_ARCH_X86_64;
	else if (strcmp(name, "aarch64") == 0 || strcmp(name, "arm64") == 0)
		*arch = PLAN_ARCH_AARCH64;
	else
		return false;
	return true;
}

void
node_read_arch(struct reader *r, const json_t *value, struct plan_node *node)
{
	const char *text;

	if (reader_text(r, value, &text) && !plan_arch_find(text, &node->arch))
		reader_problem(
		    r, "must be \"x86_64\" or \"aarch64\", not \"%s\"", text);
}

bool
plan_boots_image(const struct plan_node *node)
{
	return node->kernel == NULL && node->disk == NULL &&
	       node->start_command == NULL && !node->no_image;
}

/* Members that need, or exclude, each other. */
static void
check_boot(struct reader *r, const json_t *value, const struct plan_node *node)
{
	bool own_kernel = json_object_get(value, "kernel") != NULL;

	if (node->initrd != NULL && node->kernel == NULL && !own_kernel)
		reader_problem(r, "an initrd needs a kernel that loads it: "
				  "give `kernel` too");
	if (json_object_get(value, "init") != NULL && !plan_boots_image(node))
		reader_problem(r, "`init` is what the image boots: a node that "
				  "boots something of its own has its own");
	if (node->no_image && !own_kernel &&
	    json_object_get(value, "disk") == NULL &&
	    json_object_get(value, "cdrom") == NULL)
		reader_problem(r, "with `image = false` there is nothing to "
				  "boot: give `disk`, `cdrom` or `kernel`");
}

void
node_complete_boot(struct reader *r, const json_t *value,
		   struct plan_node *node)
{
	bool says_display = json_object_get(value, "display") != NULL;
	bool is_pc = node->arch == PLAN_ARCH_X86_64;

	/* A disk may hold anything, such as a desktop; and its boot is not
	 * slower for it.  What a start_command makes, QEMU knows. */
	if (node->start_command != NULL ||
	    (!says_display && is_pc && !plan_boots_image(node) &&
	     node->kernel == NULL))
		node->display = PLAN_DISPLAY_STD;
	if (says_display && !is_pc && node->display != PLAN_DISPLAY_NONE)
		reader_problem(r,
			       "a machine of %s has no screen and keyboard "
			       "here: give devices of QEMU's in "
			       "`qemu_options`",
			       plan_arch_name(node->arch));
	check_boot(r, value, node);
	disk_check_names(r, node);
}

static void
free_disks(struct plan_disk *disks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		disk_fini(&disks[i]);
	free(disks);
}

void
node_fini_boot(struct plan_node *node)
{
	free(node->kernel);
	free(node->initrd);
	free_disks(node->disk, node->disk != NULL);
	free_disks(node->disks, node->n_disks);
	free_disks(node->cdrom, node->cdrom != NULL);
}
