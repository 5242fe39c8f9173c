#include "config.h"

#include "tools/slirp/confine-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "tools/slirp/confine.h"

/* All that the first version of Landlock knows.  What later ones add needs a
 * file open for writing, or a system call that the filter refuses. */
static const uint64_t handled =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;

/* Allow @access to what lies in @dir. */
static int
allow_below(int ruleset, const char *dir, uint64_t access, struct err *err)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	int ret = 0;

	rule.parent_fd = open(dir, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0 ||
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) < 0)
		ret = err_errno(err, "cannot confine access to %s", dir);
	if (rule.parent_fd >= 0)
		close(rule.parent_fd);
	return ret;
}

/* Likewise in the directory that holds @path. */
static int
allow_beside(int ruleset, const char *path, uint64_t access, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL
			? xstrdup(".")
			: xasprintf("%.*s", (int)(slash - path) + 1, path);
	int ret = allow_below(ruleset, dir, access, err);

	free(dir);
	return ret;
}

/* The list of name servers is often a link into /run, and replaced with its
 * directory entry when it changes. */
static int
allow_name_servers(int ruleset, struct err *err)
{
	static const char list[] = "/etc/resolv.conf";
	char real[PATH_MAX];
	int ret =
	    allow_beside(ruleset, list, LANDLOCK_ACCESS_FS_READ_FILE, err);

	if (ret == 0 && realpath(list, real) != NULL)
		ret = allow_beside(ruleset, real, LANDLOCK_ACCESS_FS_READ_FILE,
				   err);
	return ret;
}

int
confine_files(const struct confine_needs *needs, struct err *err)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs =
							handled };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
				   sizeof(attr.handled_access_fs), 0);
	int ret = 0;

	if (ruleset < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return 0;
	if (ruleset < 0)
		return err_errno(err, "landlock_create_ruleset");
	for (size_t i = 0; i < needs->n_sockets && ret == 0; i++)
		ret = allow_beside(ruleset, needs->sockets[i],
				   LANDLOCK_ACCESS_FS_REMOVE_FILE, err);
	if (ret == 0 && needs->tftp != NULL)
		ret = allow_below(ruleset, needs->tftp,
				  LANDLOCK_ACCESS_FS_READ_FILE, err);
	if (ret == 0 && !needs->restricted)
		ret = allow_name_servers(ruleset, err);
	if (ret == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		ret = err_errno(err, "landlock_restrict_self");
	close(ruleset);
	return ret;
}
