/*
 * guest-text: the shell text by which a guest keeps what its programs count, and
 * gives it away.  Pure.
 *
 * libgcov writes the counters of an object, when its process ends, to the path
 * that the compiler noted, NAME.gcda beside NAME.o.  With GCOV_PREFIX in its
 * environment that path begins at another directory.  A file that is there is
 * added to, under a lock.
 *
 * DIR of a guest has p, which GCOV_PREFIX names; r, what processes without it
 * have written to the guest's own root; and k, what the guest's kernel has
 * counted.  Below each of them come the paths of the host's build tree.
 */
#ifndef DRIVER_COVERAGE_GUEST_TEXT_H
#define DRIVER_COVERAGE_GUEST_TEXT_H

struct plan_coverage;

#define COVERAGE_KERNEL_DIR "/sys/kernel/debug/gcov"

enum {
	/* Exit status of coverage_take_text(): something was written while it
	 * read.  What it has given away is of no use, but for the last time. */
	COVERAGE_TOOK_MOVING = 75,
};

/**
 * coverage_prepare_text() - make DIR anew
 * @dir: absolute
 *
 * Its stdin is coverage_list().  Empty files are there then for each object, in
 * directories that everybody may write to: without them the first user whose
 * process ends would own both, and nobody else's counters could be added.
 * systemd, if it runs, is told of the prefix.
 *
 * Return: returned owned.
 */
char *coverage_prepare_text(const struct plan_coverage *coverage,
			    const char *dir);
/**
 * coverage_take_text() - everything that was counted, as a tar archive, or
 * several in a row, on stdout; nothing when there is nothing
 * @kernel: where the guest's kernel shows its counters
 *
 * Its first words go to stderr, at once: whoever waits sees that the guest
 * answers.  Nothing is taken away: what is written later is more of the same.
 *
 * Return: returned owned.
 */
char *coverage_take_text(const struct plan_coverage *coverage, const char *dir,
			 const char *kernel);

#endif /* DRIVER_COVERAGE_GUEST_TEXT_H */
