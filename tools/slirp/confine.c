#include "config.h"

#include "tools/slirp/confine.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/err.h"
#include "tools/slirp/confine-priv.h"

/* Queues inside libslirp (fragments that never become whole, packets that wait
 * for an ARP answer) have no bound of their own. */
enum { DATA_MAX_BYTES = 512 * 1024 * 1024 };

#ifdef SANITIZED
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* ---- descriptors ---- */

static int
compare_fds(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
confine_fds(const int *keep, size_t n_keep, struct err *err)
{
	int sorted[CONFINE_KEEP_MAX];
	unsigned first = STDERR_FILENO + 1;

	for (size_t i = 0; i < n_keep; i++)
		sorted[i] = keep[i];
	qsort(sorted, n_keep, sizeof(*sorted), compare_fds);
	for (size_t i = 0; i < n_keep; i++) {
		unsigned fd = (unsigned)sorted[i];

		if (sorted[i] < (int)first)
			continue;
		if (fd > first && close_range(first, fd - 1, 0) < 0)
			return err_errno(err, "close_range");
		first = fd + 1;
	}
	if (close_range(first, UINT_MAX, 0) < 0)
		return err_errno(err, "close_range");
	return 0;
}

/* ---- the process ---- */

static int
set_limit(int what, rlim_t value, struct err *err)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) < 0)
		return err_errno(err, "getrlimit");
	if (limit.rlim_max > value)
		limit.rlim_max = value;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	if (setrlimit(what, &limit) < 0)
		return err_errno(err, "setrlimit");
	return 0;
}

int
confine_process(const struct confine_needs *needs, struct err *err)
{
	int ret = set_limit(RLIMIT_CORE, 0, err);

	if (ret < 0)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(err, "prctl");
	if (IS_SANITIZED)
		return 0;
	ret = set_limit(RLIMIT_DATA, DATA_MAX_BYTES, err);
	if (ret == 0)
		ret = confine_files(needs, err);
	return ret < 0 ? ret : confine_calls(needs, err);
}
