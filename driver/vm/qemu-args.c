#include "driver/vm/qemu-args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/plan.h"
#include "driver/vm/arch.h"
#include "driver/vm/disk-set.h"
#include "driver/vm/image.h"
#include "lib/xalloc.h"

/* A growing, NULL-ended argument list. */
struct args {
	char **items;
	size_t n;
};

static void
add_taken(struct args *args, char *text)
{
	args->items = xrealloc(args->items, args->n + 2, sizeof(char *));
	args->items[args->n++] = text;
	args->items[args->n] = NULL;
}

static void
add(struct args *args, const char *text)
{
	add_taken(args, xstrdup(text));
}

static void __attribute__((format(printf, 3, 4)))
addf(struct args *args, const char *option, const char *fmt, ...)
{
	va_list ap;

	add(args, option);
	va_start(ap, fmt);
	add_taken(args, xvasprintf(fmt, ap));
	va_end(ap);
}

/* A file name inside of a QEMU option: commas are doubled. */
static char *
escaped(const char *text)
{
	char *out = xcalloc(2 * strlen(text) + 1, 1);
	char *p = out;

	for (; *text != '\0'; text++) {
		*p++ = *text;
		if (*text == ',')
			*p++ = ',';
	}
	return out;
}

const char *
qemu_ram_id(const struct plan_node *node)
{
	const char *type = node->machine_type;

	if (node->arch != PLAN_ARCH_X86_64)
		return NULL;
	/* "pc-q35-7.2" and "pc-i440fx-7.2", too. */
	if (type == NULL || strcmp(type, "q35") == 0 ||
	    strcmp(type, "pc") == 0 || strncmp(type, "pc-", 3) == 0)
		return "pc.ram";
	return NULL;
}

/* Is it in a file, so that the switch can have it, too? */
static bool
has_file(const struct plan_node *node, const struct qemu_ram *ram)
{
	return ram != NULL || node->net == PLAN_NET_VHOST;
}

/* Called what QEMU would call it, so that a state saved with a file can be taken
 * up without one and the other way round. */
static const char *
file_id(const struct plan_node *node)
{
	const char *id = qemu_ram_id(node);

	return id != NULL ? id : "ram";
}

static void
add_memory(struct args *args, const struct plan_node *node,
	   const struct qemu_ram *ram)
{
	addf(args, "-m", "%u", node->memory_mib);
	if (ram != NULL)
		addf(args, "-object",
		     "memory-backend-file,id=%s,size=%uM,"
		     "mem-path=/proc/self/fd/%d,share=%s,"
		     "x-use-canonical-path-for-ramblock-id=off",
		     file_id(node), node->memory_mib, ram->fd,
		     ram->is_shared ? "on" : "off");
	else if (has_file(node, ram))
		addf(args, "-object",
		     "memory-backend-memfd,id=%s,size=%uM,share=on,"
		     "x-use-canonical-path-for-ramblock-id=off",
		     file_id(node), node->memory_mib);
}

static void
add_base(struct args *args, enum accel accel, const struct plan_node *node,
	 const struct qemu_fds *fds, bool allow_reboot)
{
	const struct vm_arch *arch = vm_arch(node->arch);
	bool in_file = has_file(node, fds->ram);

	/* Nothing but what is asked for below, and no file of the user's. */
	add(args, "-nodefaults");
	add(args, "-no-user-config");
	addf(args, "-display", "none");
	addf(args, "-name", "guest=%s", node->name);
	addf(args, "-machine", "%s%s%s",
	     node->machine_type != NULL ? node->machine_type : arch->machine,
	     in_file ? ",memory-backend=" : "", in_file ? file_id(node) : "");
	addf(args, "-accel", "%s", accel_name(accel));
	if (node->cpu != NULL)
		addf(args, "-cpu", "%s", node->cpu);
	else if (accel == ACCEL_KVM)
		addf(args, "-cpu", "host");
	else if (arch->cpu != NULL)
		addf(args, "-cpu", "%s", arch->cpu);
	addf(args, "-smp", "%u", node->cpus);
	add_memory(args, node, fds->ram);
	/* QEMU runs what guests do to it: it may start nothing itself. */
	addf(args, "-sandbox",
	     "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
	     "resourcecontrol=deny");
	if (!allow_reboot)
		add(args, "-no-reboot");
	/* A panic is an event, and the guest stands still: what it has said
	 * can still be read. */
	addf(args, "-device", "pvpanic-pci");
	addf(args, "-action", "panic=pause");
	addf(args, "-device", "virtio-rng-pci");
}

static void
add_channels(struct args *args, const struct qemu_fds *fds)
{
	addf(args, "-chardev", "socket,id=qmp,fd=%d", fds->qmp);
	addf(args, "-mon", "chardev=qmp,mode=control");
	addf(args, "-chardev", "socket,id=serial,fd=%d", fds->serial);
	addf(args, "-serial", "chardev:serial");
	if (fds->vsock_cid != 0)
		addf(args, "-device", "vhost-vsock-pci,guest-cid=%u,vhostfd=%d",
		     fds->vsock_cid, fds->vsock);
	if (fds->shell < 0)
		return;
	addf(args, "-chardev", "socket,id=shell,fd=%d", fds->shell);
	addf(args, "-device", "virtio-serial-pci");
	addf(args, "-device", "virtconsole,chardev=shell");
}

/* Every PC has a keyboard. */
static void
add_display(struct args *args, const struct plan_node *node)
{
	static const char *const devices[] = {
		[PLAN_DISPLAY_STD] = "VGA",
		[PLAN_DISPLAY_VIRTIO] = "virtio-vga",
	};

	if (node->display != PLAN_DISPLAY_NONE)
		addf(args, "-device", "%s", devices[node->display]);
}

/* @id: "n1"; the interface names in the guest follow the order. */
static void
add_card(struct args *args, const char *id, const char *mac, bool has_msix)
{
	addf(args, "-device",
	     "virtio-net-pci,id=%s-dev,netdev=%s,mac=%s,romfile=%s", id, id,
	     mac, has_msix ? "" : ",vectors=0");
}

/* QEMU takes no descriptor here.  As the one that listens it goes on when there
 * is another switch; at its own start it waits for the first one. */
static void
add_vhost(struct args *args, const char *id, const char *path)
{
	char *name = escaped(path);

	addf(args, "-chardev", "socket,id=%s-peer,path=%s,server=on,wait=off",
	     id, name);
	addf(args, "-netdev", "vhost-user,id=%s,chardev=%s-peer", id, id);
	free(name);
}

/* What is behind the @i-th. */
static void
add_netdev(struct args *args, const char *id, const struct plan_node *node,
	   size_t i, const struct qemu_fds *fds)
{
	char *dir;

	switch (node->net) {
	case PLAN_NET_STREAM:
		/* As the one that listens, QEMU takes the next switch, too. */
		addf(args, "-netdev",
		     "stream,id=%s,server=on,addr.type=fd,addr.str=%d", id,
		     fds->nics[i].fd);
		return;
	case PLAN_NET_VDE:
		dir = escaped(fds->switch_dir);
		addf(args, "-netdev", "vde,id=%s,sock=%s/vlan%u", id, dir,
		     node->nics[i].vlan);
		free(dir);
		return;
	case PLAN_NET_VHOST:
		add_vhost(args, id, fds->nics[i].path);
		return;
	default:
		addf(args, "-netdev", "dgram,id=%s,local.type=fd,local.str=%d",
		     id, fds->nics[i].fd);
	}
}

static void
add_nics(struct args *args, enum accel accel, const struct plan_node *node,
	 const struct qemu_fds *fds)
{
	/* Without KVM, QEMU 7.2 takes the address of an interrupt of KVM's for
	 * each MSI-X vector of vhost-user, and falls over it. */
	bool has_msix = node->net != PLAN_NET_VHOST || accel == ACCEL_KVM;
	char id[32], mac[MAC_TEXT_SIZE];

	if (fds->control >= 0) {
		addf(args, "-netdev",
		     "stream,id=control,addr.type=fd,addr.str=%d",
		     fds->control);
		add_card(args, "control", PLAN_ETH0_MAC, true);
	}
	for (size_t i = 0; i < node->n_nics; i++) {
		snprintf(id, sizeof(id), "n%zu", i + 1);
		add_netdev(args, id, node, i, fds);
		add_card(args, id, mac_format(&node->nics[i].mac, mac),
			 has_msix);
	}
}

/* Every guest has the same root at once, and changes nothing. */
static void
add_root(struct args *args, const char *path)
{
	char *name = escaped(path);

	addf(args, "-drive",
	     "file=%s,if=none,id=image,format=raw,readonly=on,"
	     "file.locking=off",
	     name);
	addf(args, "-device", "virtio-blk-pci,drive=image,serial=vdelab-root");
	free(name);
}

static void
add_disks(struct args *args, const struct plan_node *node,
	  const struct disk_set *disks)
{
	char **words = disk_set_args(disks, node);

	for (size_t i = 0; words[i] != NULL; i++)
		add_taken(args, words[i]);
	free(words);
}

/* The kernel's command line: what the image needs, what we need, what the
 * test wants; the last word wins.  TCG keeps what it has translated by virtual
 * address: with those of programs and libraries at random, it translates them
 * for each process anew, which then takes three times as long to start. */
static void
add_append(struct args *args, enum accel accel, const struct plan_node *node,
	   const char *image_append)
{
	static const char *const shell_words[] = {
		[PLAN_SHELL_VIRTIO] = "",
		[PLAN_SHELL_TCP] = " vdelab.shell=tcp",
		[PLAN_SHELL_VSOCK] = " vdelab.shell=vsock",
	};

	addf(args, "-append",
	     "%s%sconsole=%s panic=-1 net.ifnames=0 %s"
	     "vdelab.host=%s%s%s%s",
	     image_append != NULL ? image_append : "",
	     image_append != NULL ? " " : "", vm_arch(node->arch)->console,
	     accel == ACCEL_TCG ? "norandmaps " : "", node->name,
	     shell_words[node->shell], node->kernel_params != NULL ? " " : "",
	     node->kernel_params != NULL ? node->kernel_params : "");
}

static void
add_boot(struct args *args, enum accel accel, const struct plan_node *node,
	 const struct vm_image *image, const struct disk_set *disks)
{
	bool own = !plan_boots_image(node);
	const char *kernel =
	    own ? node->kernel
	    : node->display != PLAN_DISPLAY_NONE && image->bios_kernel != NULL
		? image->bios_kernel
		: image->kernel;
	const char *initrd = node->initrd != NULL ? node->initrd
			     : own		  ? NULL
						  : image->initrd;

	if (!own && image->root != NULL)
		add_root(args, image->root);
	add_disks(args, node, disks);
	if (kernel == NULL)
		return;
	addf(args, "-kernel", "%s", kernel);
	if (initrd != NULL)
		addf(args, "-initrd", "%s", initrd);
	add_append(args, accel, node, own ? NULL : image->append);
}

char **
qemu_args(const char *qemu, enum accel accel, const struct plan_node *node,
	  const struct vm_image *image, const struct qemu_fds *fds,
	  bool allow_reboot)
{
	struct args args = { 0 };

	add(&args, qemu);
	add_base(&args, accel, node, fds, allow_reboot);
	add_channels(&args, fds);
	add_display(&args, node);
	add_nics(&args, accel, node, fds);
	add_boot(&args, accel, node, image, fds->disks);
	if (fds->incoming)
		addf(&args, "-incoming", "defer");
	for (size_t i = 0; i < node->n_qemu_options; i++)
		add(&args, node->qemu_options[i]);
	return args.items;
}

void
qemu_args_free(char **args)
{
	if (args == NULL)
		return;
	for (size_t i = 0; args[i] != NULL; i++)
		free(args[i]);
	free(args);
}
