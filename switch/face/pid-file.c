#include "config.h"

#include "switch/face/pid-file.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

int
pid_file_write(const char *path, int *fd, struct err *err)
{
	int ret;

	*fd = -1;
	if (path == NULL)
		return 0;
	ret = sockpath_lock(path, err);
	if (ret < 0)
		return ret;
	*fd = ret;
	/* Others want to read it. */
	if (fchmod(*fd, 0644) < 0)
		log_warn("cannot make %s readable: %m", path);
	return 0;
}

void
pid_file_remove(const char *path, int fd)
{
	if (fd < 0)
		return;
	unlink(path);
	close(fd);
}

char *
absolute_path(const char *path)
{
	char cwd[PATH_MAX];

	if (path == NULL)
		return NULL;
	if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
		return xstrdup(path);
	return xasprintf("%s/%s", cwd, path);
}
