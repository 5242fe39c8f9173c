/* procfs: what the system says about processes. */
#ifndef BENCH_PROCFS_H
#define BENCH_PROCFS_H

#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

/** procfs_cpu_ns() - time that all threads of @pid have been on a CPU
 *
 * Return: nanoseconds; -errno, -ENOENT when the process is gone or the kernel
 *         was built without scheduler statistics.
 */
int64_t procfs_cpu_ns(pid_t pid);

/** procfs_rss_kib() - resident memory of @pid; -errno */
int64_t procfs_rss_kib(pid_t pid);

/**
 * procfs_foreign_ms() - CPU time that all processes have had so far, those
 * that have been waited for included, but for @own and all who were started
 * by them
 * @own:   process group leaders whose groups do not count
 *
 * Return: milliseconds, to be compared with a later answer; -errno.
 */
int64_t procfs_foreign_ms(const pid_t *own, size_t n_own);

/** procfs_steal_ms() - time the hypervisor has kept from us; -errno */
int64_t procfs_steal_ms(void);

#endif /* BENCH_PROCFS_H */
