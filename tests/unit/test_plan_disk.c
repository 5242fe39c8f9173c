/* `disk`, `disks`, `cdrom` and `image` of a node. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/vm/qcow2.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct plan_problems problems;
static struct plan *plan;
static char dir[] = "/tmp/test_plan_disk.XXXXXX"; /* holds the test file */

static int
no_line(const char *path, const char **file, void *arg)
{
	(void)path;
	(void)file;
	(void)arg;
	return 1;
}

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void
write_octets(const char *name, const void *octets, size_t size, off_t at)
{
	char *path = path_of(name);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, octets, size, at), (ssize_t)size);
	close(fd);
	free(path);
}

static void
write_raw(const char *name, size_t size)
{
	write_octets(name, "", 1, (off_t)size - 1);
}

/* An image that lies on @below, "": on nothing. */
static void
write_qcow2(const char *name, uint64_t size_bytes, const char *below,
	    const char *format)
{
	unsigned char names[0x400] = { 0 };
	unsigned char at[12] = { 0, 0, 0, 0, 0, 0, 0x02, 0 };
	char *path = path_of(name);
	int fd = open(path, O_CREAT | O_RDWR, 0600);

	ck_assert_int_eq(qcow2_create(fd, size_bytes), 0);
	close(fd);
	free(path);
	if (*below == '\0')
		return;
	if (*format != '\0') {
		memcpy(names, "\xe2\x79\x2a\xca", 4);
		names[7] = (unsigned char)strlen(format);
		memcpy(names + 8, format, strlen(format));
	}
	memcpy(names + 0x200 - 104, below, strlen(below));
	write_octets(name, names, sizeof(names), 104);
	at[11] = (unsigned char)strlen(below);
	write_octets(name, at, sizeof(at), 8);
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_raw("a.raw", 3 * 1024);
	write_raw("odd.raw", 513);
	write_octets("empty.raw", "", 0, 0);
	write_octets("disguised.img", "QFI\xfb", 4, 0);
	write_octets("x.vmdk", "KDMV    ", 8, 0);
	write_octets("x.raw.xz",
		     "\xfd"
		     "7zXZ",
		     5, 0);
	write_qcow2("a.qcow2", 1 << 20, "", "");
	write_qcow2("top.qcow2", 2 << 20, "a.qcow2", "qcow2");
	write_qcow2("on-raw.qcow2", 1 << 20, "a.raw", "raw");
	write_qcow2("silent.qcow2", 1 << 20, "a.raw", "");
	write_qcow2("vmdk.qcow2", 1 << 20, "x.vmdk", "vmdk");
	write_qcow2("gone.qcow2", 1 << 20, "none.raw", "raw");
	write_qcow2("loop.qcow2", 1 << 20, "loop.qcow2", "qcow2");
	write_qcow2("net.qcow2", 1 << 20, "nbd:host:1", "raw");
	write_qcow2("json.qcow2", 1 << 20, "json:{}", "raw");
	write_qcow2("dir.qcow2", 1 << 20, "/tmp", "raw");
}

static void
teardown(void)
{
	char *command = xasprintf("rm -rf '%s'", dir);

	plan_free(plan);
	plan_problems_fini(&problems);
	ck_assert_int_eq(system(command), 0);
	free(command);
}

/* Return: the node of these members, JSON with ' for ", or NULL. */
static const struct plan_node *
node_with(const char *members)
{
	char *text = xasprintf("{'name':'t','nodes':{'a':{%s}}}", members);
	char *file = path_of("test.lua");
	json_t *value;

	for (char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	value = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(value);
	plan = plan_new(file, value, no_line, NULL, &problems);
	json_decref(value);
	free(file);
	free(text);
	ck_assert((plan == NULL) == (problems.n > 0));
	return plan != NULL ? &plan->nodes[0] : NULL;
}

static const struct plan_node *
good_node(const char *members)
{
	const struct plan_node *node = node_with(members);

	ck_assert_msg(node != NULL, "%s", problems.items[0].text);
	return node;
}

static void
is_layer(const struct plan_disk *disk, size_t i, const char *name,
	 enum plan_disk_format format)
{
	char *path = path_of(name);

	ck_assert_uint_lt(i, disk->n_layers);
	ck_assert_str_eq(disk->layers[i].path, path);
	ck_assert_int_eq(disk->layers[i].format, format);
	ck_assert(!disk->layers[i].is_device);
	free(path);
}

START_TEST(without_a_word_the_image_boots_and_has_no_other_disk)
{
	const struct plan_node *node = good_node("");

	ck_assert(plan_boots_image(node));
	ck_assert_ptr_null(node->disk);
	ck_assert_ptr_null(node->cdrom);
	ck_assert_uint_eq(node->n_disks, 0);
}
END_TEST

START_TEST(a_disk_is_booted_instead_of_the_image)
{
	const struct plan_node *node = good_node("'disk':'a.raw'");

	ck_assert(!plan_boots_image(node));
	ck_assert_str_eq(node->disk->name, "root");
	ck_assert_uint_eq(node->disk->n_layers, 1);
	ck_assert_uint_eq(node->disk->size_bytes, 3 * 1024);
	is_layer(node->disk, 0, "a.raw", PLAN_DISK_RAW);
}
END_TEST

START_TEST(disks_are_files_or_empty_and_have_names)
{
	const struct plan_node *node =
	    good_node("'disks':[{'size':'1G','name':'data'},7,'odd.raw',"
		      "{'file':'a.qcow2','size':'1T'}]");

	ck_assert(plan_boots_image(node));
	ck_assert_uint_eq(node->n_disks, 4);
	ck_assert_str_eq(node->disks[0].name, "data");
	ck_assert_uint_eq(node->disks[0].size_bytes, UINT64_C(1) << 30);
	ck_assert_uint_eq(node->disks[0].n_layers, 0);
	ck_assert_str_eq(node->disks[1].name, "disk2");
	ck_assert_uint_eq(node->disks[1].size_bytes, 7 << 20);
	ck_assert_str_eq(node->disks[2].name, "disk3");
	/* whole sectors */
	ck_assert_uint_eq(node->disks[2].size_bytes, 1024);
	ck_assert_uint_eq(node->disks[3].size_bytes, UINT64_C(1) << 40);
	is_layer(&node->disks[3], 0, "a.qcow2", PLAN_DISK_QCOW2);
}
END_TEST

START_TEST(what_an_image_lies_on_is_found)
{
	const struct plan_node *node =
	    good_node("'disks':['top.qcow2','on-raw.qcow2']");

	ck_assert_uint_eq(node->disks[0].n_layers, 2);
	ck_assert_uint_eq(node->disks[0].size_bytes, 2 << 20);
	is_layer(&node->disks[0], 0, "top.qcow2", PLAN_DISK_QCOW2);
	is_layer(&node->disks[0], 1, "a.qcow2", PLAN_DISK_QCOW2);
	ck_assert_uint_eq(node->disks[1].n_layers, 2);
	is_layer(&node->disks[1], 1, "a.raw", PLAN_DISK_RAW);
}
END_TEST

START_TEST(a_format_that_is_given_holds)
{
	const struct plan_node *node =
	    good_node("'disks':[{'file':'disguised.img','format':'raw'},"
		      "{'file':'x.vmdk','format':'raw'},"
		      "{'file':'a.qcow2','format':'raw'}]");

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(node->disks[i].layers[0].format,
				 PLAN_DISK_RAW);
}
END_TEST

START_TEST(a_cd_is_raw_and_is_booted_if_nothing_else_is)
{
	const struct plan_node *node =
	    good_node("'cdrom':'disguised.img','image':false");

	ck_assert(!plan_boots_image(node));
	ck_assert_uint_eq(node->cdrom->n_layers, 1);
	is_layer(node->cdrom, 0, "disguised.img", PLAN_DISK_RAW);
}
END_TEST

START_TEST(an_architecture_has_two_names)
{
	ck_assert_int_eq(good_node("'arch':'arm64'")->arch, PLAN_ARCH_AARCH64);
	plan_free(plan);
	ck_assert_int_eq(good_node("'arch':'aarch64'")->arch,
			 PLAN_ARCH_AARCH64);
	plan_free(plan);
	ck_assert_int_eq(good_node("'arch':'amd64'")->arch, PLAN_ARCH_X86_64);
}
END_TEST

static const struct {
	const char *members;
	const char *text; /* a part of the first problem's */
} mistakes[] = {
	{ "'disk':'none.raw'", "No such file" },
	{ "'disk':''", "not empty" },
	{ "'disk':true", "must be a table of a disk" },
	{ "'disk':{}", "a disk has a `file`, or a `size`" },
	{ "'disk':{'size':'1G','format':'raw'}", "`format` is that of a" },
	{ "'disk':{'fil':'a.raw'}", "did you mean 'file'?" },
	{ "'disk':'empty.raw'", "it is empty" },
	{ "'disk':'disguised.img'", "its name does not say so" },
	{ "'disk':'x.vmdk'", "looks like a VMDK file" },
	{ "'disk':'x.raw.xz'", "looks like a xz file" },
	{ "'disk':{'file':'a.raw','format':'qcow2'}", "is no qcow2 image" },
	{ "'disk':{'file':'a.raw','format':'vmdk'}",
	  "must be \"raw\" or \"qcow2\", not \"vmdk\"" },
	{ "'disk':{'file':'a.raw','size':'2K'}", "cannot be smaller" },
	{ "'disk':'silent.qcow2'", "does not say in which format" },
	{ "'disk':'vmdk.qcow2'", "not known, vmdk: say" },
	{ "'disk':'gone.qcow2'", "none.raw', which '" },
	{ "'disk':'loop.qcow2'", "or on itself" },
	{ "'disk':'net.qcow2'", "it is not on a file" },
	{ "'disk':'json.qcow2'", "it is not on a file" },
	{ "'disk':'dir.qcow2'", "Is a directory" },
	{ "'disks':7", "must be a list of disks" },
	{ "'disks':[1,1,1,1,1,1,1,1,1]", "at most 8 disks" },
	{ "'disks':[{'size':'0K'}]", "is no size of a disk" },
	{ "'disks':[{'size':'1'}]", "is no size of a disk" },
	{ "'disks':[{'size':'G'}]", "is no size of a disk" },
	{ "'disks':[{'size':'1GB'}]", "is no size of a disk" },
	{ "'disks':[{'size':'-1G'}]", "is no size of a disk" },
	{ "'disks':[{'size':'65T'}]", "is no size of a disk" },
	{ "'disks':[{'size':'999999999T'}]", "is no size of a disk" },
	{ "'disks':[0]", "must be a number from 1" },
	{ "'disks':[67108865]", "must be a number from 1 to 67108864" },
	{ "'disks':[{'size':1,'name':''}]", "a disk's name" },
	{ "'disks':[{'size':1,'name':'.x'}]", "a disk's name" },
	{ "'disks':[{'size':1,'name':'a,b'}]", "a disk's name" },
	{ "'disks':[{'size':1,'name':'aaaaaaaaaaaaaaaaaaaaa'}]",
	  "a disk's name" },
	{ "'disks':[{'size':1,'name':'vdelab-root'}]", "another name" },
	{ "'disks':[{'size':1,'name':'x'},{'size':1,'name':'x'}]",
	  "two disks are named 'x'" },
	{ "'disk':{'size':1},'disks':[{'size':1,'name':'root'}]",
	  "two disks are named 'root'" },
	{ "'cdrom':'none.iso'", "No such file" },
	{ "'cdrom':'empty.raw'", "it is empty" },
	{ "'image':false", "nothing to boot" },
	{ "'image':'x'", "must be false" },
	{ "'image':false,'cdrom':'a.raw','init':'systemd'", "`init` is what" },
	{ "'disk':'a.raw','init':'systemd'", "`init` is what" },
	{ "'arch':'aarch64','display':'std'", "has no screen" },
	{ "'cpu':''", "is no model of a CPU" },
	{ "'cpu':'max;x'", "is no model of a CPU" },
};

START_TEST(a_mistake_is_told)
{
	ck_assert_ptr_null(node_with(mistakes[_i].members));
	ck_assert_uint_eq(problems.n, 1);
	ck_assert_msg(strstr(problems.items[0].text, mistakes[_i].text) != NULL,
		      "%s: %s", mistakes[_i].members, problems.items[0].text);
}
END_TEST

static const struct {
	const char *members;
} rights[] = {
	{ "'disks':[1,1,1,1,1,1,1,1]" },
	{ "'disks':[67108864,{'size':'64T'}]" },
	{ "'disks':[{'size':1,'name':'aaaaaaaaaaaaaaaaaaaa'}]" },
	{ "'disk':{'size':'1K'},'cdrom':'a.raw'" },
	{ "'disk':{'file':'a.raw','size':'3K'}" },
	{ "'image':true" },
	{ "'arch':'aarch64','disk':'a.raw'" },
	{ "'arch':'aarch64','display':false" },
	{ "'image':false,'disk':'a.raw'" },
	{ "'cpu':'max,pauth=off,+sve'" },
};

START_TEST(the_other_side_of_each_limit_is_right)
{
	good_node(rights[_i].members);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ without_a_word_the_image_boots_and_has_no_other_disk, 0 },
		{ a_disk_is_booted_instead_of_the_image, 0 },
		{ disks_are_files_or_empty_and_have_names, 0 },
		{ what_an_image_lies_on_is_found, 0 },
		{ a_format_that_is_given_holds, 0 },
		{ a_cd_is_raw_and_is_booted_if_nothing_else_is, 0 },
		{ an_architecture_has_two_names, 0 },
		{ a_mistake_is_told, UNIT_ROWS(mistakes) },
		{ the_other_side_of_each_limit_is_right, UNIT_ROWS(rights) },
		{ NULL, 0 },
	};

	return unit_run("plan_disk", tests, setup, teardown);
}
