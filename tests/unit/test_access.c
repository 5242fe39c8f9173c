#include "config.h"

#include "switch/access.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "switch/ports/port-provider.h"
#include "tests/unit/unit.h"

static bool
allows(const struct segment_access *access, uid_t uid, gid_t gid)
{
	struct port_peer peer = { .pid = 1, .uid = uid, .gid = gid };

	return access_allows(access, &peer, -1);
}

START_TEST(our_own_user_and_root_are_always_let_in)
{
	struct segment_access access = { .mode = 0 };

	ck_assert(allows(&access, geteuid(), 77));
	ck_assert(allows(&access, 0, 77));
	ck_assert(!allows(&access, geteuid() + 1, 77));
}
END_TEST

START_TEST(a_user_that_is_named_is_let_in_and_no_other)
{
	struct segment_access access = { .mode = 0 };
	uid_t base = geteuid() + 10;
	char text[32];

	snprintf(text, sizeof(text), "%u", (unsigned)base);
	ck_assert_int_eq(access_add_user(&access, text, NULL), 0);
	snprintf(text, sizeof(text), "%u", (unsigned)base + 2);
	ck_assert_int_eq(access_add_user(&access, text, NULL), 0);
	access_set_modes(&access);
	ck_assert(allows(&access, base, 77));
	ck_assert(!allows(&access, base + 1, 77));
	ck_assert(allows(&access, base + 2, 77));
	/* everybody must get as far as to be asked who he is */
	ck_assert_uint_eq(access.mode, 0666);
	ck_assert_uint_eq(access.dir_mode, 0711);
}
END_TEST

START_TEST(a_group_alone_is_the_file_systems_affair)
{
	struct segment_access access = { .mode = 0 };

	ck_assert_int_eq(access_set_group(&access, "4242", NULL), 0);
	access_set_modes(&access);
	ck_assert_uint_eq(access.mode, 0660);
	ck_assert_uint_eq(access.dir_mode, 0710);
	ck_assert_uint_eq(access.group, 4242);
	ck_assert(allows(&access, geteuid() + 1, 77));
}
END_TEST

START_TEST(beside_named_users_members_of_the_group_are_let_in)
{
	struct segment_access access = { .mode = 0 };
	struct port_peer peer = { .uid = geteuid() + 1, .gid = 77 };
	char text[32];
	gid_t groups[64] = { 4711 };
	int fds[2], n;

	if (geteuid() == 0) /* who may have no others than the first */
		ck_assert_int_eq(setgroups(1, groups), 0);
	n = getgroups(64, groups);
	ck_assert_int_eq(access_add_user(&access, "99999", NULL), 0);
	ck_assert_int_eq(access_set_group(&access, "4242", NULL), 0);
	access_set_modes(&access);
	ck_assert(allows(&access, geteuid() + 1, 4242));
	ck_assert(!allows(&access, geteuid() + 1, 4243));
	/* also by a group that is not their first: the kernel tells ours */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert(!access_allows(&access, &peer, fds[0]));
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%u", (unsigned)groups[i]);
		ck_assert_int_eq(access_set_group(&access, text, NULL), 0);
		ck_assert(access_allows(&access, &peer, fds[0]));
	}
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(names_are_known)
{
	struct segment_access access = { .mode = 0 };

	ck_assert_int_eq(access_add_user(&access, "root", NULL), 0);
	ck_assert_uint_eq(access.uids[0], 0);
	ck_assert_int_eq(access_set_group(&access, "root", NULL), 0);
	ck_assert_uint_eq(access.group, 0);
}
END_TEST

static const char *const nobody[] = {
	"",	      "no-such-user",	     "12x", "-1", "4294967295",
	"4294967296", "99999999999999999999"
};

START_TEST(who_is_not_there_is_refused)
{
	struct segment_access access = { .mode = 0 };
	struct err err = ERR_INIT;

	ck_assert_int_eq(access_add_user(&access, nobody[_i], &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, nobody[_i]));
	ck_assert_int_eq(access_set_group(&access, nobody[_i], &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, nobody[_i]));
	ck_assert_uint_eq(access.n_uids, 0);
	ck_assert(!access.has_group);
}
END_TEST

START_TEST(there_is_a_limit)
{
	struct segment_access access = { .mode = 0 };

	for (int i = 0; i < ACCESS_UIDS_MAX; i++)
		ck_assert_int_eq(access_add_user(&access, "7", NULL), 0);
	ck_assert_int_eq(access_add_user(&access, "7", NULL), -ENOSPC);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ our_own_user_and_root_are_always_let_in, 0 },
		{ a_user_that_is_named_is_let_in_and_no_other, 0 },
		{ a_group_alone_is_the_file_systems_affair, 0 },
		{ beside_named_users_members_of_the_group_are_let_in, 0 },
		{ names_are_known, 0 },
		{ who_is_not_there_is_refused, UNIT_ROWS(nobody) },
		{ there_is_a_limit, 0 },
		{ NULL, 0 },
	};

	return unit_run("access", tests, NULL, NULL);
}
