#include "config.h"

#include "driver/wire/capture-file.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "driver/wire/pcapng-read.h"
#include "lib/err.h"

int
capture_file_open(const char *path, bool again, struct err *err)
{
	int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	uint64_t size = 0;
	int fd, ret;

	if (again) {
		ret = pcapng_whole_size(path, &size, err);
		if (ret < 0)
			return ret;
	}
	fd = open(path, flags, 0644);
	if (fd < 0)
		return err_errno(err, "cannot write %s", path);
	if (ftruncate(fd, (off_t)size) == 0 &&
	    lseek(fd, (off_t)size, SEEK_SET) >= 0)
		return fd;
	ret = err_errno(err, "cannot write %s", path);
	close(fd);
	return ret;
}
