#include "config.h"

#include "switch/ports/vhost-inflight.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "switch/ports/vring.h"

enum { ALIGN = 64 };

static uint64_t
needed(const struct vhost_inflight_area *area)
{
	return (uint64_t)area->n_queues * vring_inflight_size(area->queue_size);
}

/* Return: owned, or -1 with errno. */
static int
make_file(uint64_t size)
{
	int fd =
	    memfd_create("vdelab-inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int saved;

	if (fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ==
		0)
		return fd;
	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int
vhost_inflight_make(struct vhost_inflight *inflight,
		    struct vhost_inflight_area *area, int *fd,
		    atomic_bool *damaged, struct err *err)
{
	int ret;

	vhost_inflight_close(inflight);
	area->offset = 0;
	area->size = needed(area);
	*fd = make_file(area->size);
	if (*fd < 0)
		return err_errno(err, "an inflight area of %llu octets",
				 (unsigned long long)area->size);
	ret = vhost_inflight_open(inflight, area, *fd, damaged, err);
	if (ret < 0) {
		close(*fd);
		*fd = -1;
	}
	return ret;
}

int
vhost_inflight_open(struct vhost_inflight *inflight,
		    const struct vhost_inflight_area *area, int fd,
		    atomic_bool *damaged, struct err *err)
{
	int ret;

	vhost_inflight_close(inflight);
	if (area->n_queues == 0 || area->queue_size == 0 ||
	    area->size < needed(area))
		return err_set(err, -EPROTO,
			       "an inflight area of %llu octets for %u queues "
			       "of %u descriptors, which take %llu",
			       (unsigned long long)area->size, area->n_queues,
			       area->queue_size,
			       (unsigned long long)needed(area));
	if (area->offset % ALIGN != 0)
		return err_set(err, -EPROTO,
			       "an inflight area at %llu, which is not aligned "
			       "to %d octets",
			       (unsigned long long)area->offset, (int)ALIGN);
	ret = vhost_map_open(&inflight->map, fd, area->offset, area->size,
			     damaged, err);
	if (ret < 0) {
		err_prefix(err, "inflight area");
		return ret;
	}
	inflight->n_queues = area->n_queues;
	inflight->queue_size = area->queue_size;
	return 0;
}

void
vhost_inflight_close(struct vhost_inflight *inflight)
{
	vhost_map_close(&inflight->map);
	inflight->n_queues = 0;
	inflight->queue_size = 0;
}

void *
vhost_inflight_queue(const struct vhost_inflight *inflight, unsigned index,
		     size_t *size)
{
	*size = 0;
	if (index >= inflight->n_queues)
		return NULL;
	*size = vring_inflight_size(inflight->queue_size);
	return inflight->map.at + index * *size;
}
