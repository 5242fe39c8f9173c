/* durations: how long tests took the last time they passed; in a small file
 * beside their results, by which the next run begins with the longest. */
#ifndef DRIVER_BATCH_DURATIONS_H
#define DRIVER_BATCH_DURATIONS_H

#include <stdint.h>

struct durations;
struct err;

enum { DURATIONS_MAX = 4096 }; /* tests; those not run for longest go first */

/** durations_load() - @path; what cannot be read is as good as nothing.
 * Return: owned by the caller. */
struct durations *durations_load(const char *path);
/** durations_get_ms() - 0: unknown */
uint64_t durations_get_ms(const struct durations *durations, const char *test);
/** durations_set() - @test took @ms; @at_s: when, seconds since 1970 */
void durations_set(struct durations *durations, const char *test, uint64_t ms,
		   int64_t at_s);
/** durations_save() - in place of @path, whole or not at all; Return: 0;
 * -errno with @err set */
int durations_save(struct durations *durations, const char *path,
		   struct err *err);
void durations_free(struct durations *durations);

#endif /* DRIVER_BATCH_DURATIONS_H */
