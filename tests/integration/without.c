/*
 * without: run a program on a kernel that has no Landlock, or no filters of
 * system calls:
 *
 *	without landlock|seccomp PROGRAM [ARGUMENT...]
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <seccomp.h>

static bool
leave_out(scmp_filter_ctx filter, const char *what)
{
	const uint32_t lacks = SCMP_ACT_ERRNO(ENOSYS);

	if (strcmp(what, "landlock") == 0)
		return seccomp_rule_add(filter, lacks,
					SCMP_SYS(landlock_create_ruleset),
					0) == 0;
	return strcmp(what, "seccomp") == 0 &&
	       seccomp_rule_add(filter, lacks, SCMP_SYS(seccomp), 0) == 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl),
				1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) == 0;
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 3 || filter == NULL || !leave_out(filter, argv[1]) ||
	    seccomp_load(filter) < 0) {
		fprintf(stderr, "usage: without landlock|seccomp PROGRAM\n");
		return 125;
	}
	seccomp_release(filter);
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
