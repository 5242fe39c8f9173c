/*
 * landlock: the kernel's Landlock (5.13), which leaves of the file system what
 * is named, to this thread and all that it starts, for ever.
 *
 * It looks at opening, making, removing and moving files.  What is open already
 * stays so; stat(), chmod() and connecting to sockets are not its affair.
 */
#ifndef LIB_LANDLOCK_H
#define LIB_LANDLOCK_H

#include <stdint.h>

#include <linux/landlock.h>

struct err;

/* As of Linux 5.13.  What is named below is handled where the kernel can. */
#define LANDLOCK_WRITING                                                       \
	((uint64_t)LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |      \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |           \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO)
#define LANDLOCK_READING                                                       \
	((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/** landlock_new() - a set of rules that allows nothing
 * Return: a descriptor the caller owns; -ENOSYS, -EOPNOTSUPP (or what a
 *         filter of system calls answers) where there is no Landlock, other
 *         -errno; with @err set. */
int landlock_new(struct err *err);
/**
 * landlock_allow() - @access to what lies in @path, or to the file @path
 * @access: LANDLOCK_ACCESS_FS_*; what makes no sense for a file is left out of
 *          a file's.  Writing includes truncation.
 *
 * Return: 0; -errno with @err set, -ENOENT when there is no @path.
 */
int landlock_allow(int rules, const char *path, uint64_t access,
		   struct err *err);
/** landlock_enforce() - from now on; needs PR_SET_NO_NEW_PRIVS
 * Return: 0; -errno with @err set. */
int landlock_enforce(int rules, struct err *err);

#endif /* LIB_LANDLOCK_H */
