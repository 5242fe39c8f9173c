/*
 * merge: the results of several runs as those of one.
 *
 * A test that two runs have is tried again when both are the same shard, I of N,
 * as a CI system runs a job again: its tries come together, by the time of
 * their runs.  All other runs stand side by side, and tests of one name are
 * told apart by where they come from.
 */
#ifndef DRIVER_MERGE_MERGE_H
#define DRIVER_MERGE_MERGE_H

struct batch_record;
struct inputs;

/**
 * merge_records() - @inputs, one at least, as one record
 * @root:   the directory that it is for, as realpath(3) has it
 * @merged: to be given to batch_record_fini()
 *
 * Its exit code is what one run of all would have had: a signal that ended one
 * of them, else that of the first test that failed, in the order of the inputs
 * and, of shards, in theirs; else EXIT_INFRA when a shard is missing or has not
 * come to its end.
 */
void merge_records(const struct inputs *inputs, const char *root,
		   struct batch_record *merged);

#endif /* DRIVER_MERGE_MERGE_H */
