#include "config.h"

#include "lib/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

int
draft_open(struct draft *draft, const char *path, struct err *err)
{
	mode_t mask;
	int fd;

	if (snprintf(draft->path, PATH_MAX, "%s", path) >= PATH_MAX ||
	    snprintf(draft->draft_path, PATH_MAX, "%s.XXXXXX", path) >=
		PATH_MAX)
		return err_set(err, -ENAMETOOLONG, "%s: too long", path);
	/* Of several that write the same file each has a draft of its own. */
	fd = mkostemp(draft->draft_path, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot write %s", path);
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	draft->file = fdopen(fd, "w");
	if (draft->file == NULL) {
		err_errno(err, "cannot write %s", path);
		close(fd);
		unlink(draft->draft_path);
		return -EIO;
	}
	return 0;
}

int
draft_finish(struct draft *draft, struct err *err)
{
	int ret = 0;

	errno = EIO;
	if (ferror(draft->file) || fflush(draft->file) == EOF)
		ret = err_errno(err, "cannot write %s", draft->path);
	if (fclose(draft->file) != 0 && ret == 0)
		ret = err_errno(err, "cannot write %s", draft->path);
	if (ret == 0 && rename(draft->draft_path, draft->path) < 0)
		ret = err_errno(err, "cannot replace %s", draft->path);
	if (ret < 0)
		unlink(draft->draft_path);
	return ret;
}

void
draft_drop(struct draft *draft)
{
	fclose(draft->file);
	unlink(draft->draft_path);
}
