#include "config.h"

#include "tools/slirp/confine-priv.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/landlock.h"
#include "lib/xalloc.h"
#include "tools/slirp/confine.h"

/* Allow @access to what lies in the directory that holds @path. */
static int
allow_beside(int rules, const char *path, uint64_t access, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL
			? xstrdup(".")
			: xasprintf("%.*s", (int)(slash - path) + 1, path);
	int ret = landlock_allow(rules, dir, access, err);

	free(dir);
	return ret;
}

/* The list of name servers is often a link into /run, and replaced with its
 * directory entry when it changes. */
static int
allow_name_servers(int rules, struct err *err)
{
	static const char list[] = "/etc/resolv.conf";
	char real[PATH_MAX];
	int ret = allow_beside(rules, list, LANDLOCK_ACCESS_FS_READ_FILE, err);

	if (ret == 0 && realpath(list, real) != NULL)
		ret = allow_beside(rules, real, LANDLOCK_ACCESS_FS_READ_FILE,
				   err);
	return ret;
}

int
confine_files(const struct confine_needs *needs, struct err *err)
{
	int rules = landlock_new(err);
	int ret = 0;

	if (rules == -ENOSYS || rules == -EOPNOTSUPP)
		return 0;
	if (rules < 0)
		return rules;
	for (size_t i = 0; i < needs->n_sockets && ret == 0; i++)
		ret = allow_beside(rules, needs->sockets[i],
				   LANDLOCK_ACCESS_FS_REMOVE_FILE, err);
	if (ret == 0 && needs->more != NULL)
		ret = landlock_allow(rules, needs->more,
				     LANDLOCK_ACCESS_FS_MAKE_SOCK |
					 LANDLOCK_ACCESS_FS_REMOVE_FILE,
				     err);
	if (ret == 0 && needs->tftp != NULL)
		ret = landlock_allow(rules, needs->tftp,
				     LANDLOCK_ACCESS_FS_READ_FILE, err);
	if (ret == 0 && !needs->restricted)
		ret = allow_name_servers(rules, err);
	if (ret == 0)
		ret = landlock_enforce(rules, err);
	close(rules);
	return ret;
}
