/*
 * log-follow: the events of a run in another process, read from its log.jsonl
 * while that grows, as far as they tell where the run is.
 */
#ifndef DRIVER_BATCH_LOG_FOLLOW_H
#define DRIVER_BATCH_LOG_FOLLOW_H

#include <stddef.h>

struct log_follow;
struct progress;

enum {
	/* What one log_follow_read() reads at most: a run that floods its log
	 * is followed later. */
	LOG_FOLLOW_BYTES = 1024 * 1024,
	/* A longer line is left out. */
	LOG_FOLLOW_LINE_MAX = 256 * 1024,
};

/** log_follow_new() - @path need not be there yet; returned owned */
struct log_follow *log_follow_new(const char *path);
/** log_follow_read() - what has come since, into @progress */
void log_follow_read(struct log_follow *follow, struct progress *progress);
/** log_follow_free() - NULL is a no-op */
void log_follow_free(struct log_follow *follow);

#endif /* DRIVER_BATCH_LOG_FOLLOW_H */
