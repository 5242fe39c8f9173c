#include "config.h"

#include "driver/batch/write-json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

/* Of several that write the same file each has a draft of its own. */
static int
open_draft(const char *path, char *draft, struct err *err)
{
	mode_t mask;
	int fd;

	if (snprintf(draft, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
		return err_set(err, -ENAMETOOLONG, "%s: too long", path);
	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot write %s", path);
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	return fd;
}

int
write_json(const json_t *value, const char *path, struct err *err)
{
	char draft[PATH_MAX];
	int fd = open_draft(path, draft, err);
	int ret = 0;
	FILE *f;

	if (fd < 0)
		return fd;
	f = fdopen(fd, "w");
	if (f == NULL) {
		ret = err_errno(err, "cannot write %s", path);
		close(fd);
		unlink(draft);
		return ret;
	}
	errno = EIO;
	if (json_dumpf(value, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) < 0 ||
	    fputc('\n', f) == EOF)
		ret = err_errno(err, "cannot write %s", path);
	if (fclose(f) != 0 && ret == 0)
		ret = err_errno(err, "cannot write %s", path);
	if (ret == 0 && rename(draft, path) < 0)
		ret = err_errno(err, "cannot replace %s", path);
	if (ret < 0)
		unlink(draft);
	return ret;
}
