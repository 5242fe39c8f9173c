#include "config.h"

#include "tools/extcap/install.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"

static const char name[] = "vdelab-extcap";

/* With those above it.  Return: 0; -errno. */
static int
make_folders(const char *path, struct err *err)
{
	char *part = xstrdup(path);
	int ret = 0;

	for (char *slash = strchr(part + 1, '/'); ret == 0;
	     slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			ret = err_errno(err, "cannot make the folder %s", part);
		if (slash == NULL)
			break;
		*slash = '/';
	}
	free(part);
	return ret;
}

/* Return: 0; -errno. */
static int
link_into(const char *folder, const char *program, FILE *out, struct err *err)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct stat st;
	int ret = make_folders(folder, err);

	if (ret == 0 && lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
		ret =
		    err_set(err, -EEXIST, "%s is there, and is no link", path);
	if (ret == 0 && unlink(path) < 0 && errno != ENOENT)
		ret = err_errno(err, "cannot replace %s", path);
	if (ret == 0 && symlink(program, path) < 0)
		ret = err_errno(err, "cannot make %s", path);
	if (ret == 0)
		fprintf(out, "%s\n", path);
	free(path);
	return ret;
}

int
install_links(FILE *out, struct err *err)
{
	const char *home = getenv("HOME");
	const char *config = getenv("XDG_CONFIG_HOME");
	char program[PATH_MAX];
	char *folders[2];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int ret = 0;

	if (n < 0)
		return err_errno(err, "cannot tell where this program is");
	program[n] = '\0';
	if (home == NULL || home[0] != '/')
		return err_set(err, -ENOENT, "HOME is not set");
	folders[0] = config != NULL && config[0] == '/'
			 ? xasprintf("%s/wireshark/extcap", config)
			 : xasprintf("%s/.config/wireshark/extcap", home);
	folders[1] = xasprintf("%s/.local/lib/wireshark/extcap", home);
	for (size_t i = 0; i < 2; i++) {
		if (ret == 0)
			ret = link_into(folders[i], program, out, err);
		free(folders[i]);
	}
	return ret;
}
