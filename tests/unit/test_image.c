/* The driver's side of the image builder, with a builder of our own: this
 * program runs a copy of itself beneath an out/ in which that stands. */
#include "driver/vm/image.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sockpath.h"
#include "tests/unit/unit.h"

/* What it does is said by the last of the packages. */
static const char builder[] =
    "#!/bin/sh\n"
    "packages= init=\n"
    "while [ $# -gt 0 ]; do\n"
    "	case $1 in\n"
    "	--packages) packages=$2 ;;\n"
    "	--init) init=$2 ;;\n"
    "	esac\n"
    "	shift\n"
    "done\n"
    "case ${packages##*,} in\n"
    "fails) echo 'no such package' >&2; exit 4 ;;\n"
    "garbage) echo 'not JSON' ;;\n"
    "no-kernel) echo '{\"initrd\": \"/i\"}' ;;\n"
    "large) head -c 200000 /dev/zero | tr '\\0' x ;;\n"
    "slow) trap 'rm -f \"$0.begun\"; exit 143' TERM; : >\"$0.begun\"\n"
    "	kill -INT $PPID; while :; do sleep 0.1; done ;;\n"
    "*) printf '{\"kernel\": \"/k\", \"root\": \"%s:%s\", \"extra\": 1}' \\\n"
    "	\"$init\" \"$packages\" ;;\n"
    "esac\n";

static struct vm_image image;
static struct err err;
static int signo = -1;

static int
build(const char *a, const char *b)
{
	char *packages[] = { (char *)a, (char *)b };
	struct vm_image_spec spec = {
		.packages = packages,
		.n_packages = (size_t)(a != NULL) + (b != NULL),
	};

	return vm_image_build(&spec, &image, &signo, &err);
}

START_TEST(the_manifest_says_where_the_parts_are)
{
	ck_assert_msg(build("tcpdump", "nginx") == 0, "%s", err.text);
	ck_assert_str_eq(image.kernel, "/k");
	ck_assert_str_eq(image.root, "busybox:tcpdump,nginx");
	ck_assert_ptr_null(image.initrd);
	ck_assert_ptr_null(image.append);
	ck_assert_int_eq(signo, 0);
	vm_image_fini(&image);
	ck_assert_ptr_null(image.kernel);
}
END_TEST

START_TEST(another_process_1_is_asked_for)
{
	struct vm_image_spec spec = { .init = PLAN_INIT_SYSTEMD };

	ck_assert_int_eq(vm_image_build(&spec, &image, &signo, &err), 0);
	ck_assert_str_eq(image.root, "systemd:");
	vm_image_fini(&image);
}
END_TEST

static const struct {
	const char *package;
	int want;
	const char *want_text;
} bad[] = {
	{ "fails", -EIO, "exit status 4" },
	{ "garbage", -EPROTO, "no kernel" },
	{ "no-kernel", -EPROTO, "no kernel" },
	{ "large", -EPROTO, "no kernel" },
};

START_TEST(a_builder_that_fails_is_told)
{
	ck_assert_int_eq(build(bad[_i].package, NULL), bad[_i].want);
	ck_assert_msg(strstr(err.text, bad[_i].want_text) != NULL, "%s",
		      err.text);
	ck_assert_ptr_null(image.kernel);
	ck_assert_ptr_null(image.initrd);
	ck_assert_int_eq(signo, 0);
}
END_TEST

START_TEST(an_interrupted_builder_may_tidy_up_first)
{
	char begun[256];

	ck_assert_int_eq(build("slow", NULL), -EINTR);
	ck_assert_int_eq(signo, SIGINT);
	ck_assert_ptr_nonnull(strstr(err.text, "interrupted"));
	snprintf(begun, sizeof(begun),
		 "%s/out/libexec/vdelab/build-image.begun",
		 getenv("TEST_IMAGE_TOP"));
	ck_assert_int_eq(access(begun, F_OK), -1);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child left */
}
END_TEST

/* Runs a copy of this program in a tree with the builder. */
static int
run_copy(const char *top)
{
	char path[256], command[512];
	FILE *f;
	int status;

	snprintf(command, sizeof(command),
		 "mkdir -p %s/tests/unit %s/out/libexec/vdelab && "
		 "cp /proc/%ld/exe %s/tests/unit/test_image",
		 top, top, (long)getpid(), top);
	if (system(command) != 0)
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/out/libexec/vdelab/build-image", top);
	f = fopen(path, "w");
	if (f == NULL || fputs(builder, f) < 0 || fclose(f) != 0 ||
	    chmod(path, 0755) < 0)
		return EXIT_FAILURE;
	setenv("TEST_IMAGE_TOP", top, 1);
	snprintf(path, sizeof(path), "%s/tests/unit/test_image", top);
	status = system(path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int
main(void)
{
	const struct unit_test tests[] = {
		{ the_manifest_says_where_the_parts_are, 0 },
		{ another_process_1_is_asked_for, 0 },
		{ a_builder_that_fails_is_told, UNIT_ROWS(bad) },
		{ an_interrupted_builder_may_tidy_up_first, 0 },
		{ NULL, 0 },
	};
	char top[] = "/tmp/test-image-XXXXXX";
	int code;

	if (getenv("TEST_IMAGE_TOP") != NULL)
		return unit_run("image", tests, NULL, NULL);
	if (mkdtemp(top) == NULL)
		return EXIT_FAILURE;
	code = run_copy(top);
	sockpath_remove_tree(top, NULL);
	return code;
}
