#include "config.h"

#include "driver/screen/screendump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/screen/picture.h"
#include "driver/vm/machine.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

/* Return: *@size octets, returned owned; NULL with @err set. */
static uint8_t *
read_file(const char *path, size_t *size, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t *data = NULL;
	struct stat st;
	size_t done = 0;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(err, "QEMU's picture of the screen, %s", path);
	} else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		err_set(err, -EFBIG, "%s is no picture of a screen", path);
	} else {
		data = xcalloc((size_t)st.st_size + 1, 1);
		while (done < (size_t)st.st_size &&
		       ((n = read(fd, data + done, (size_t)st.st_size - done)) >
			    0 ||
			(n < 0 && errno == EINTR)))
			done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	*size = done;
	return data;
}

static void
on_reply(const json_t *result, const struct err *why, void *arg)
{
	struct screendump *dump = arg;
	struct picture *picture = NULL;
	struct err err = ERR_INIT;
	uint8_t *data;
	size_t size;

	if (result == NULL) {
		dump->done(NULL, why, dump->arg);
		return;
	}
	data = read_file(dump->path, &size, &err);
	unlink(dump->path);
	if (data != NULL)
		picture = picture_from_ppm(data, size, &err);
	free(data);
	dump->done(picture, picture == NULL ? &err : NULL, dump->arg);
}

void
screendump_start(struct screendump *dump, struct machine *machine,
		 const char *dir, unsigned id, screendump_fn *done, void *arg)
{
	struct err err = ERR_INIT;
	int n;

	dump->done = done;
	dump->arg = arg;
	n = snprintf(dump->path, sizeof(dump->path), "%s/%s.screen-%u.ppm", dir,
		     machine_node(machine)->name, id);
	if (n >= (int)sizeof(dump->path)) {
		err_set(&err, -ENAMETOOLONG, "%s: too long", dir);
		done(NULL, &err, arg);
		return;
	}
	/* In PPM, which every QEMU writes, with or without libpng. */
	machine_qmp(machine, "screendump",
		    json_pack("{s:s}", "filename", dump->path), on_reply, dump);
}
