#include "config.h"

#include "switch/ports/vhost-map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "lib/err.h"
#include "switch/ports/vhost-sigbus.h"

/* Pages of other files come from a disk, a network or another process, which
 * may let who touches them wait as long as it likes. */
static bool
is_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == TMPFS_MAGIC ||
		fs.f_type == (typeof(fs.f_type))HUGETLBFS_MAGIC ||
		fs.f_type == (typeof(fs.f_type))RAMFS_MAGIC);
}

static bool
has_octets(const struct stat *st, uint64_t offset, uint64_t size)
{
	uint64_t there = st->st_size > 0 ? (uint64_t)st->st_size : 0;

	return size <= there && offset <= there - size;
}

static int
check_file(int fd, uint64_t offset, uint64_t size, struct stat *st,
	   struct err *err)
{
	if (fstat(fd, st) < 0)
		return err_errno(err, "a file of the front-end");
	if (!S_ISREG(st->st_mode) || !is_memory(fd))
		return err_set(err, -EPROTO,
			       "a file that is no shared memory: only those of "
			       "memfd_create(), tmpfs or hugetlbfs are");
	if (size > VHOST_MAP_MAX_BYTES)
		return err_set(err, -EPROTO,
			       "%llu octets of memory: more than %llu",
			       (unsigned long long)size,
			       (unsigned long long)VHOST_MAP_MAX_BYTES);
	if (!has_octets(st, offset, size))
		return err_set(err, -EPROTO,
			       "octets %llu and %llu more of a file that has "
			       "only %llu",
			       (unsigned long long)offset,
			       (unsigned long long)size,
			       (unsigned long long)st->st_size);
	return 0;
}

/* What mappings of it begin and end with: huge pages are munmap()ed whole. */
static uint64_t
page_size(const struct stat *st)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t block = st->st_blksize > 0 ? (uint64_t)st->st_blksize : 0;

	return block > page && (block & (block - 1)) == 0 ? block : page;
}

int
vhost_map_open(struct vhost_map *map, int fd, uint64_t offset, uint64_t size,
	       atomic_bool *damaged, struct err *err)
{
	uint64_t page, before, all;
	struct stat st;
	int ret = check_file(fd, offset, size, &st, err);

	memset(map, 0, sizeof(*map));
	if (ret < 0)
		return ret;
	page = page_size(&st);
	before = offset & (page - 1);
	all = (before + size + page - 1) & ~(page - 1);
	if ((size_t)all != all)
		return err_set(err, -ENOMEM,
			       "%llu octets of memory: more than this machine "
			       "has addresses for",
			       (unsigned long long)size);
	map->base =
	    mmap(NULL, (size_t)all, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_NORESERVE, fd, (off_t)(offset - before));
	if (map->base == MAP_FAILED) {
		map->base = NULL;
		return err_errno(err, "mapping %llu octets of memory",
				 (unsigned long long)size);
	}
	map->base_size = (size_t)all;
	map->guard = vhost_sigbus_add(map->base, map->base_size, damaged);
	if (map->guard == NULL) {
		ret = err_errno(err, "guarding %llu octets of memory",
				(unsigned long long)size);
		vhost_map_close(map);
		return ret;
	}
	/* what is the guest's is not for a core file of ours */
	(void)madvise(map->base, map->base_size, MADV_DONTDUMP);
	map->at = (uint8_t *)map->base + before;
	map->size = size;
	map->offset = offset;
	map->dev = st.st_dev;
	map->ino = st.st_ino;
	return 0;
}

bool
vhost_map_is(const struct vhost_map *map, int fd, uint64_t offset,
	     uint64_t size)
{
	struct stat st;

	return map->at != NULL && map->offset == offset && map->size == size &&
	       fstat(fd, &st) == 0 && map->dev == st.st_dev &&
	       map->ino == st.st_ino && has_octets(&st, offset, size);
}

void
vhost_map_close(struct vhost_map *map)
{
	vhost_sigbus_remove(map->guard);
	if (map->base != NULL)
		munmap(map->base, map->base_size);
	memset(map, 0, sizeof(*map));
}
