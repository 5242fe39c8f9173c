#include "config.h"

#include "lib/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/err.h"

/* Of Linux 5.19 and 6.2: newer than some headers. */
#define ACCESS_REFER ((uint64_t)1 << 13)
#define ACCESS_TRUNCATE ((uint64_t)1 << 14)
enum { ABI_REFER = 2, ABI_TRUNCATE = 3 };

static const uint64_t for_files =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE;

/* All that this kernel can refuse, of what is known here. */
static uint64_t
handled(void)
{
	uint64_t access =
	    LANDLOCK_READING | LANDLOCK_WRITING | LANDLOCK_ACCESS_FS_EXECUTE |
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
	    LANDLOCK_ACCESS_FS_MAKE_SYM;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	if (abi >= ABI_REFER)
		access |= ACCESS_REFER;
	if (abi >= ABI_TRUNCATE)
		access |= ACCESS_TRUNCATE;
	return access;
}

int
landlock_new(struct err *err)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs =
							handled() };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr,
				 sizeof(attr.handled_access_fs), 0);

	return rules >= 0
		   ? rules
		   : err_errno(err, "the kernel has no Landlock "
				    "(5.13, CONFIG_SECURITY_LANDLOCK, "
				    "and lsm=landlock,... at its start)");
}

int
landlock_allow(int rules, const char *path, uint64_t access, struct err *err)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	struct stat st;
	int ret = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return err_errno(err, "cannot confine access to %s", path);
	if ((access & LANDLOCK_ACCESS_FS_WRITE_FILE) != 0)
		rule.allowed_access |= ACCESS_TRUNCATE;
	if ((access & LANDLOCK_ACCESS_FS_MAKE_REG) != 0)
		rule.allowed_access |= ACCESS_REFER;
	rule.allowed_access &= handled();
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= for_files;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) < 0)
		ret = err_errno(err, "cannot confine access to %s", path);
	close(rule.parent_fd);
	return ret;
}

int
landlock_enforce(int rules, struct err *err)
{
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return err_errno(err, "landlock_restrict_self");
	return 0;
}
