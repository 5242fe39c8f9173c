#include "driver/vm/qemu-args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/plan.h"
#include "driver/vm/disk-set.h"
#include "driver/vm/image.h"
#include "tests/unit/unit.h"

static char name[] = "client", kernel[] = "/i/vmlinuz", initrd[] = "/i/initrd",
	    root[] = "/i/ro,ot", append[] = "quiet";
static struct vm_image image = {
	.kernel = kernel, .initrd = initrd, .root = root, .append = append
};
static struct plan_nic nics[2] = {
	{ .vlan = 1, .mac = { { 0x52, 0x54, 0, 0x12, 1, 1 } } },
	{ .vlan = 2, .mac = { { 0x52, 0x54, 0, 0x12, 2, 1 } } },
};
static const struct qemu_nic qemu_nics[] = {
	{ .fd = 11, .path = "/r,un/nic1" },
	{ .fd = 12, .path = "/r,un/nic2" },
};
static struct plan_node node;
static struct qemu_fds fds;
static enum accel accel;
static bool allow_reboot;
static char text[8192]; /* the arguments, each in '' */

static void
setup(void)
{
	node = (struct plan_node){ .name = name,
				   .number = 1,
				   .nics = nics,
				   .n_nics = 2,
				   .memory_mib = 256,
				   .cpus = 1 };
	fds = (struct qemu_fds){ .qmp = 5,
				 .serial = 6,
				 .shell = 7,
				 .control = -1,
				 .nics = qemu_nics };
	accel = ACCEL_TCG;
	allow_reboot = false;
}

static const char *
args(void)
{
	char **argv =
	    qemu_args("qemu", accel, &node, &image, &fds, allow_reboot);
	size_t n = 0;

	for (size_t i = 0; argv[i] != NULL; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "'%s' ",
				      argv[i]);
	qemu_args_free(argv);
	return text;
}

static void
has(const char *want)
{
	ck_assert_msg(strstr(args(), want) != NULL, "no %s in %s", want, text);
}

static void
has_not(const char *what)
{
	ck_assert_msg(strstr(args(), what) == NULL, "%s in %s", what, text);
}

START_TEST(a_plain_node_boots_the_image)
{
	has("'qemu' '-nodefaults' '-no-user-config' ");
	has("'-accel' 'tcg' ");
	has("'-machine' 'q35' ");
	has("'-smp' '1' '-m' '256' ");
	has("'-no-reboot' ");
	has("'-kernel' '/i/vmlinuz' '-initrd' '/i/initrd' ");
	has("'quiet console=ttyS0 panic=-1 net.ifnames=0 norandmaps "
	    "vdelab.host=client' ");
	has_not("'-cpu'");
	/* A comma in a file name does not end the option. */
	has("'file=/i/ro,,ot,if=none,id=image,format=raw,readonly=on,"
	    "file.locking=off' ");
	has("'virtio-blk-pci,drive=image,serial=vdelab-root' ");
}
END_TEST

START_TEST(every_socket_is_an_inherited_descriptor)
{
	has("'socket,id=qmp,fd=5' '-mon' 'chardev=qmp,mode=control' ");
	has("'socket,id=serial,fd=6' '-serial' 'chardev:serial' ");
	has("'socket,id=shell,fd=7' ");
	has("'virtconsole,chardev=shell' ");
	has("'dgram,id=n1,local.type=fd,local.str=11' ");
	has("netdev=n1,mac=52:54:00:12:01:01,romfile=' ");
	has("'dgram,id=n2,local.type=fd,local.str=12' ");
	has_not("unix");
	has_not("hostfwd");
	has_not("id=control");
}
END_TEST

START_TEST(interfaces_are_wired_as_the_node_wants)
{
	node.net = PLAN_NET_STREAM;
	has("'stream,id=n1,server=on,addr.type=fd,addr.str=11' ");
	has("'stream,id=n2,server=on,addr.type=fd,addr.str=12' ");
	has("netdev=n2,mac=52:54:00:12:02:01,romfile=' ");
	node.net = PLAN_NET_VDE;
	fds.switch_dir = "/r,un/switch";
	has("'vde,id=n1,sock=/r,,un/switch/vlan1' ");
	has("'vde,id=n2,sock=/r,,un/switch/vlan2' ");
	has("netdev=n1,mac=52:54:00:12:01:01,romfile=' ");
	has_not("fd,");
	node.net = PLAN_NET_VHOST;
	has("'socket,id=n1-peer,path=/r,,un/nic1,server=on,wait=off' "
	    "'-netdev' 'vhost-user,id=n1,chardev=n1-peer' ");
	has("'vhost-user,id=n2,chardev=n2-peer' ");
	/* The other end of eth0 is ours. */
	fds.control = 9;
	has("'stream,id=control,addr.type=fd,addr.str=9' ");
}
END_TEST

START_TEST(with_vhost_user_the_switch_shares_the_memory)
{
	const struct qemu_ram ram = { .fd = 13, .is_shared = true };

	has_not("memory-backend");
	node.net = PLAN_NET_VHOST;
	has("'-machine' 'q35,memory-backend=pc.ram' ");
	has("'memory-backend-memfd,id=pc.ram,size=256M,share=on,"
	    "x-use-canonical-path-for-ramblock-id=off' ");
	/* Which it could as well if that is a file already. */
	fds.ram = &ram;
	has("'memory-backend-file,id=pc.ram,size=256M,"
	    "mem-path=/proc/self/fd/13,share=on,");
	has_not("memfd");
	fds.ram = NULL;
	node.arch = PLAN_ARCH_AARCH64;
	has("'virt,memory-backend=ram' ");
	has("'memory-backend-memfd,id=ram,size=256M,share=on,");
}
END_TEST

START_TEST(without_kvm_a_card_of_vhost_user_has_no_msix)
{
	fds.control = 9;
	node.net = PLAN_NET_VHOST;
	has("mac=52:54:00:12:01:01,romfile=,vectors=0' ");
	has("mac=52:54:00:12:02:01,romfile=,vectors=0' ");
	/* Another netdev is behind eth0. */
	has("mac=" PLAN_ETH0_MAC ",romfile=' ");
	accel = ACCEL_KVM;
	has("mac=52:54:00:12:01:01,romfile=' ");
	has_not("vectors");
	accel = ACCEL_TCG;
	node.net = PLAN_NET_DGRAM;
	has_not("vectors");
}
END_TEST

START_TEST(a_tcp_shell_has_a_control_interface_before_the_others)
{
	node.shell = PLAN_SHELL_TCP;
	fds.shell = -1;
	fds.control = 9;
	has(" vdelab.shell=tcp' ");
	has_not("virtconsole");
	has("'stream,id=control,addr.type=fd,addr.str=9' ");
	ck_assert(strstr(args(), "id=control") < strstr(text, "id=n1"));
}
END_TEST

START_TEST(a_vsock_shell_has_an_address_that_is_held_already)
{
	node.shell = PLAN_SHELL_VSOCK;
	fds.shell = -1;
	fds.vsock = 9;
	fds.vsock_cid = 4000000000;
	has("'vhost-vsock-pci,guest-cid=4000000000,vhostfd=9' ");
	has(" vdelab.shell=vsock' ");
	has_not("virtconsole");
}
END_TEST

START_TEST(a_nodes_own_kernel_replaces_the_image)
{
	char own[] = "/own/bzImage", params[] = "debug";

	node.kernel = own;
	node.kernel_params = params;
	has("'-kernel' '/own/bzImage' ");
	has("'-append' 'console=ttyS0 panic=-1 net.ifnames=0 norandmaps "
	    "vdelab.host=client debug' ");
	has_not("/i/");
	has_not("quiet");
}
END_TEST

START_TEST(a_screen_comes_with_the_kernel_that_the_bios_starts)
{
	char own[] = "/own/bzImage", bios[] = "/i/bios-kernel";

	has_not("VGA");
	image.bios_kernel = bios;
	has("'-kernel' '/i/vmlinuz' ");
	node.display = PLAN_DISPLAY_STD;
	has("'-device' 'VGA' ");
	has("'-kernel' '/i/bios-kernel' '-initrd' '/i/initrd' ");
	node.display = PLAN_DISPLAY_VIRTIO;
	has("'-device' 'virtio-vga' ");
	has_not("'VGA'");
	node.kernel = own;
	has("'-kernel' '/own/bzImage' ");
	node.kernel = NULL;
	image.bios_kernel = NULL; /* the only one is that already */
	has("'-kernel' '/i/vmlinuz' ");
}
END_TEST

START_TEST(a_disk_of_its_own_is_booted_instead_of_the_image)
{
	char disk_name[] = "root";
	struct plan_disk disk = { .name = disk_name, .size_bytes = 512 };
	struct disk_set *set;

	node.disk = &disk;
	set = disk_set_new(&node, NULL);
	fds.disks = set;
	has("drive=disk-root,serial=root,");
	has_not("'-kernel'");
	has_not("/i/");
	disk_set_free(set);
}
END_TEST

START_TEST(other_disks_come_behind_that_of_the_image)
{
	char disk_name[] = "data";
	struct plan_disk disk = { .name = disk_name, .size_bytes = 512 };
	struct disk_set *set;

	node.disks = &disk;
	node.n_disks = 1;
	set = disk_set_new(&node, NULL);
	fds.disks = set;
	has("drive=disk-data,serial=data,");
	ck_assert(strstr(text, "serial=vdelab-root") <
		  strstr(text, "serial=data"));
	has("'-kernel' '/i/vmlinuz' ");
	disk_set_free(set);
}
END_TEST

START_TEST(a_cpu_of_its_own_goes_before_the_accelerators)
{
	char cpu[] = "max,+x";

	node.cpu = cpu;
	has("'-cpu' 'max,+x' ");
	accel = ACCEL_KVM;
	has("'-cpu' 'max,+x' ");
	has_not("'host'");
}
END_TEST

START_TEST(kvm_and_reboot_and_options_are_as_asked_for)
{
	char one[] = "-rtc", two[] = "base=2020-01-01", machine[] = "pc";
	char *options[] = { one, two };

	accel = ACCEL_KVM;
	allow_reboot = true;
	node.machine_type = machine;
	node.qemu_options = options;
	node.n_qemu_options = 2;
	has("'-accel' 'kvm' '-cpu' 'host' ");
	has_not("norandmaps");
	has("'-machine' 'pc' ");
	has_not("'-no-reboot'");
	ck_assert_str_eq(args() + strlen(args()) -
			     strlen("'-rtc' 'base=2020-01-01' "),
			 "'-rtc' 'base=2020-01-01' ");
}
END_TEST

START_TEST(memory_in_a_file_has_the_name_it_would_have_without)
{
	static char types[][16] = { "q35", "pc", "pc-q35-7.2", "virt" };
	struct qemu_ram ram = { .fd = 9, .is_shared = true };

	args();
	ck_assert_ptr_null(strstr(text, "memory-backend"));
	ck_assert_ptr_null(strstr(text, "-incoming"));
	fds.ram = &ram;
	args();
	ck_assert_ptr_nonnull(
	    strstr(text, "'-machine' 'q35,memory-backend=pc.ram'"));
	ck_assert_ptr_nonnull(
	    strstr(text, "'-object' 'memory-backend-file,id=pc.ram,size=256M,"
			 "mem-path=/proc/self/fd/9,share=on,"
			 "x-use-canonical-path-for-ramblock-id=off'"));
	ram.is_shared = false;
	fds.incoming = true;
	args();
	ck_assert_ptr_nonnull(strstr(text, ",share=off,"));
	ck_assert_ptr_nonnull(strstr(text, "'-incoming' 'defer'"));
	for (int i = 0; i < 4; i++) {
		node.machine_type = types[i];
		ck_assert_int_eq(qemu_ram_id(&node) != NULL, i < 3);
	}
}
END_TEST

START_TEST(a_machine_of_another_architecture_is_started_as_one)
{
	node.arch = PLAN_ARCH_AARCH64;
	has("'-machine' 'virt' '-accel' 'tcg' '-cpu' 'cortex-a57' ");
	has("quiet console=ttyAMA0 panic=-1 ");
	has_not("ttyS0");
	has_not("q35");
	ck_assert_ptr_null(qemu_ram_id(&node));
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_plain_node_boots_the_image, 0 },
		{ every_socket_is_an_inherited_descriptor, 0 },
		{ interfaces_are_wired_as_the_node_wants, 0 },
		{ with_vhost_user_the_switch_shares_the_memory, 0 },
		{ without_kvm_a_card_of_vhost_user_has_no_msix, 0 },
		{ a_tcp_shell_has_a_control_interface_before_the_others, 0 },
		{ a_vsock_shell_has_an_address_that_is_held_already, 0 },
		{ a_nodes_own_kernel_replaces_the_image, 0 },
		{ a_screen_comes_with_the_kernel_that_the_bios_starts, 0 },
		{ a_disk_of_its_own_is_booted_instead_of_the_image, 0 },
		{ other_disks_come_behind_that_of_the_image, 0 },
		{ a_cpu_of_its_own_goes_before_the_accelerators, 0 },
		{ a_machine_of_another_architecture_is_started_as_one, 0 },
		{ kvm_and_reboot_and_options_are_as_asked_for, 0 },
		{ memory_in_a_file_has_the_name_it_would_have_without, 0 },
		{ NULL, 0 },
	};

	return unit_run("qemu_args", tests, setup, NULL);
}
