/* Which machines share a saved state, and the cache of such states. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "driver/vm/image.h"
#include "driver/vm/snapshot-key.h"
#include "driver/vm/snapshot-store.h"
#include "driver/vm/snapshot-text.h"
#include "lib/err.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

#define MIB (1024 * 1024)

static char dir[] = "/tmp/vdelab-test.XXXXXX";
static char qemu[64], kernel[64], root[64];
static char name_a[] = "alice", name_b[] = "bob", option_cpu[] = "-cpu",
	    value_max[] = "max", option_drive[] = "-drive", params[] = "quiet",
	    disk[] = "/d", type[] = "pc", odd[] = "microvm";
static struct vm_image image;
static struct plan_nic nics[2];
static struct plan_node node;

static struct snapshot made = {
	.shell = { .nonce = "0123456789abcdef0123456789abcdef",
		   .has_base64 = true,
		   .last_id = 5,
		   .n_workers = 1 },
};
static char console[] = "Linux version\n";

static void
write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(qemu, sizeof(qemu), "%s/qemu", dir);
	snprintf(kernel, sizeof(kernel), "%s/kernel", dir);
	snprintf(root, sizeof(root), "%s/root", dir);
	write_file(qemu, "q");
	write_file(kernel, "k");
	write_file(root, "r");
	image = (struct vm_image){ .kernel = kernel, .root = root };
	made.console = console;
	nics[0] = (struct plan_nic){ .vlan = 1, .mac = { { 2, 1 } } };
	nics[1] = (struct plan_nic){ .vlan = 2, .mac = { { 2, 2 } } };
	node = (struct plan_node){ .name = name_a,
				   .number = 1,
				   .nics = nics,
				   .n_nics = 1,
				   .memory_mib = 128,
				   .cpus = 1 };
}

static void
teardown(void)
{
	ck_assert_int_eq(sockpath_remove_tree(dir, NULL), 0);
}

/* ---- keys ---- */

static char *
key(void)
{
	struct err err = ERR_INIT;
	char *text = snapshot_key(qemu, ACCEL_TCG, &node, &image, &err);

	ck_assert_msg(text != NULL, "%s", err.text);
	return text;
}

/* Is it the same as @before, which is freed? */
static bool
is_same(char *before)
{
	char *now = key();
	char a[SNAPSHOT_KEY_LEN + 1], b[SNAPSHOT_KEY_LEN + 1];
	bool same = strcmp(before, now) == 0;

	snapshot_key_hash(before, a);
	snapshot_key_hash(now, b);
	ck_assert_uint_eq(strlen(a), SNAPSHOT_KEY_LEN);
	ck_assert_int_eq(strcmp(a, b) == 0, same);
	free(before);
	free(now);
	return same;
}

START_TEST(who_a_machine_is_does_not_count)
{
	char *before = key();

	node.name = name_b;
	node.number = 7;
	nics[0].vlan = 9;
	nics[0].mac.b[1] = 77;
	node.setup = params;
	ck_assert(is_same(before));
}
END_TEST

START_TEST(what_is_behind_its_cards_does_not_count)
{
	char *before = key();

	node.net = PLAN_NET_STREAM;
	ck_assert(is_same(before));
	before = key();
	node.net = PLAN_NET_VDE;
	ck_assert(is_same(before));
}
END_TEST

START_TEST(what_a_machine_is_made_of_counts)
{
	char *options[] = { option_cpu, value_max };
	char *before = key();

	node.memory_mib = 129;
	ck_assert(!is_same(before));
	before = key();
	node.cpus = 2;
	ck_assert(!is_same(before));
	before = key();
	node.n_nics = 2;
	ck_assert(!is_same(before));
	before = key();
	node.kernel_params = params;
	ck_assert(!is_same(before));
	before = key();
	node.machine_type = type;
	ck_assert(!is_same(before));
	before = key();
	node.qemu_options = options;
	node.n_qemu_options = 2;
	ck_assert(!is_same(before));
	before = key();
	image.append = params;
	ck_assert(!is_same(before));
	before = key();
	ck_assert(is_same(before));
}
END_TEST

START_TEST(files_that_have_changed_count)
{
	char *const files[] = { qemu, kernel, root };

	for (size_t i = 0; i < 3; i++) {
		const struct timespec times[2] = { { .tv_sec = 1 },
						   { .tv_sec = 1 } };
		char *before = key();

		ck_assert_int_eq(utimensat(AT_FDCWD, files[i], times, 0), 0);
		ck_assert(!is_same(before));
		before = key();
		write_file(files[i], "longer");
		ck_assert(!is_same(before));
	}
}
END_TEST

START_TEST(a_file_that_is_missing_is_named)
{
	struct err err = ERR_INIT;

	unlink(kernel);
	ck_assert_ptr_null(snapshot_key(qemu, ACCEL_TCG, &node, &image, &err));
	ck_assert_ptr_nonnull(strstr(err.text, kernel));
}
END_TEST

START_TEST(what_cannot_be_shared_boots)
{
	char *harmless[] = { option_cpu, value_max };
	struct plan_disk a_disk = { .n_layers = 0 };
	char *drive[] = { option_cpu, value_max, option_drive, disk };

	ck_assert_ptr_null(snapshot_refusal(&node));
	node.qemu_options = harmless;
	node.n_qemu_options = 2;
	ck_assert_ptr_null(snapshot_refusal(&node));
	node.n_qemu_options = 1;
	ck_assert_ptr_nonnull(snapshot_refusal(&node));
	node.qemu_options = drive;
	node.n_qemu_options = 4;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "qemu_options"));
	node.n_qemu_options = 0;
	node.disk = &a_disk;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "disk"));
	node.disk = NULL;
	node.n_disks = 1;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "disk"));
	node.n_disks = 0;
	node.cdrom = &a_disk;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "disk"));
	node.cdrom = NULL;
	node.has_eth0 = true;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "eth0"));
	node.has_eth0 = false;
	node.shell = PLAN_SHELL_TCP;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "console"));
	node.shell = PLAN_SHELL_VIRTIO;
	node.start_command = disk;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "start_com"));
	node.start_command = NULL;
	node.net = PLAN_NET_VHOST;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "vhost-user"));
	/* But its own state is its own. */
	ck_assert_ptr_null(snapshot_save_refusal(&node));
	node.net = PLAN_NET_DGRAM;
	node.machine_type = odd;
	ck_assert_ptr_nonnull(strstr(snapshot_refusal(&node), "machine_type"));
}
END_TEST

START_TEST(a_guest_that_goes_on_is_told_another_time_and_other_numbers)
{
	char *one = snapshot_text_after(true),
	     *other = snapshot_text_after(true);
	char *same = snapshot_text_after(false);
	const char *seed = strstr(one, "printf '\\");

	ck_assert_ptr_nonnull(seed);
	ck_assert_uint_eq(strcspn(seed, "\n"),
			  strlen("printf '' >/dev/urandom || exit 1") + 4 * 64);
	ck_assert_ptr_nonnull(strstr(one, "vl_pci/bind"));
	ck_assert_ptr_null(strstr(same, "vl_pci/bind"));
	ck_assert_str_ne(one, other);
	free(one);
	free(other);
	free(same);
}
END_TEST

/* ---- the cache ---- */

enum { N_NAMES = 3 };
static const char *const names[N_NAMES] = {
	"00000000000000000000000000000001", "00000000000000000000000000000002",
	"00000000000000000000000000000003"
};

/* Keep a state whose memory is @mib of what is not zero. */
static void
keep(const char *name, const char *its_key, unsigned mib)
{
	struct snapshot_draft draft;
	struct err err = ERR_INIT;
	char *page = malloc(MIB);

	memset(page, 1, MIB);
	ck_assert_int_eq(
	    snapshot_draft_begin(&draft, dir, name, 16 * MIB, &err), 0);
	for (unsigned i = 0; i < mib; i++)
		ck_assert_int_eq(pwrite(draft.ram_fd, page, MIB, i * MIB), MIB);
	ck_assert_int_eq(write(draft.state_fd, "state", 5), 5);
	made.console = console;
	ck_assert_int_eq(
	    snapshot_draft_keep(&draft, its_key, &made, NULL, &err), 0);
	free(page);
}

static int
find(const char *name, const char *its_key, struct err *err)
{
	struct snapshot found;
	int ret = snapshot_store_find(dir, name, its_key, &found, err);

	if (ret == 0)
		snapshot_fini(&found);
	return ret;
}

START_TEST(what_is_kept_is_found_whole)
{
	static const char odd_key[] = "a key with an octet \xff";
	struct snapshot found;
	struct stat st;
	char buf[8] = "", path[128];

	ck_assert_int_eq(find(names[0], odd_key, NULL), -ENOENT);
	keep(names[0], odd_key, 1);
	ck_assert_int_eq(find(names[0], "another key", NULL), -ENOENT);
	ck_assert_int_eq(
	    snapshot_store_find(dir, names[0], odd_key, &found, NULL), 0);
	ck_assert_str_eq(found.shell.nonce, made.shell.nonce);
	ck_assert(found.shell.has_base64);
	ck_assert_uint_eq(found.shell.last_id, 5);
	ck_assert_uint_eq(found.shell.n_workers, 1);
	ck_assert_str_eq(found.console, console);
	ck_assert_int_eq(fstat(found.ram_fd, &st), 0);
	ck_assert_int_eq(st.st_size, 16 * MIB);
	ck_assert_int_lt(st.st_blocks, 4 * MIB / 512);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/%s/about", dir, names[0]);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	/* who has it keeps it */
	snapshot_store_remove(dir, names[0]);
	ck_assert_int_eq(find(names[0], odd_key, NULL), -ENOENT);
	ck_assert_int_eq(read(found.state_fd, buf, sizeof(buf)), 5);
	snapshot_fini(&found);
}
END_TEST

START_TEST(a_refusal_is_kept_with_its_reason)
{
	struct snapshot_draft draft;
	struct err err = ERR_INIT;

	ck_assert_int_eq(snapshot_draft_begin(&draft, dir, names[0], MIB, &err),
			 0);
	ck_assert_int_eq(
	    snapshot_draft_keep(&draft, "k", NULL, "no socat", &err), 0);
	ck_assert_int_eq(find(names[0], "k", &err), -EPERM);
	ck_assert_str_eq(err.text, "no socat");
}
END_TEST

START_TEST(one_makes_it_at_a_time)
{
	struct snapshot_draft draft, other;

	ck_assert_int_eq(snapshot_draft_begin(&draft, dir, names[0], MIB, NULL),
			 0);
	ck_assert_int_eq(snapshot_draft_begin(&other, dir, names[0], MIB, NULL),
			 -EBUSY);
	ck_assert_int_eq(snapshot_draft_begin(&other, dir, names[1], MIB, NULL),
			 0);
	snapshot_draft_drop(&other);
	snapshot_store_prune(dir, 0); /* must not touch what is being made */
	ck_assert_int_eq(snapshot_draft_keep(&draft, "k", &made, NULL, NULL),
			 0);
	ck_assert_int_eq(find(names[0], "k", NULL), 0);
}
END_TEST

START_TEST(what_a_killed_maker_left_goes)
{
	struct snapshot_draft draft;
	char path[128];

	ck_assert_int_eq(snapshot_draft_begin(&draft, dir, names[0], MIB, NULL),
			 0);
	close(draft.lock_fd); /* as the kernel does for one that is killed */
	close(draft.ram_fd);
	close(draft.state_fd);
	snprintf(path, sizeof(path), "%s/%s.new", dir, names[0]);
	ck_assert_int_eq(access(path, F_OK), 0);
	snapshot_store_prune(dir, UINT64_MAX);
	ck_assert_int_ne(access(path, F_OK), 0);
	/* and does not hinder the next */
	ck_assert_int_eq(mkdir(path, 0700), 0);
	keep(names[0], "k", 1);
	ck_assert_int_eq(find(names[0], "k", NULL), 0);
}
END_TEST

START_TEST(what_was_not_used_for_longest_goes_first)
{
	char path[128];

	for (int i = 0; i < N_NAMES; i++)
		keep(names[i], "k", 4);
	ck_assert_int_eq(find(names[0], "k", NULL), 0); /* used last now */
	snapshot_store_prune(dir, 13 * MIB);
	for (int i = 0; i < N_NAMES; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		ck_assert_int_eq(access(path, F_OK), 0);
	}
	snapshot_store_prune(dir, 12 * MIB); /* and three files "about" */
	ck_assert_int_eq(find(names[1], "k", NULL), -ENOENT);
	ck_assert_int_eq(find(names[2], "k", NULL), 0);
	ck_assert_int_eq(find(names[0], "k", NULL), 0);
	snapshot_store_prune(dir, 0);
	ck_assert_int_eq(find(names[0], "k", NULL), -ENOENT);
	ck_assert_int_eq(find(names[2], "k", NULL), -ENOENT);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ who_a_machine_is_does_not_count, 0 },
		{ what_is_behind_its_cards_does_not_count, 0 },
		{ what_a_machine_is_made_of_counts, 0 },
		{ files_that_have_changed_count, 0 },
		{ a_file_that_is_missing_is_named, 0 },
		{ what_cannot_be_shared_boots, 0 },
		{ a_guest_that_goes_on_is_told_another_time_and_other_numbers,
		  0 },
		{ what_is_kept_is_found_whole, 0 },
		{ a_refusal_is_kept_with_its_reason, 0 },
		{ one_makes_it_at_a_time, 0 },
		{ what_a_killed_maker_left_goes, 0 },
		{ what_was_not_used_for_longest_goes_first, 0 },
		{ NULL, 0 },
	};

	return unit_run("snapshot", tests, setup, teardown);
}
