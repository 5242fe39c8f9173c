#include "config.h"

#include "switch/sandbox.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/landlock.h"
#include "lib/log.h"
#include "switch/sandbox-places.h"

#ifdef SANITIZED
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* ---- auto ---- */

static int
enter_auto(void)
{
	int ret;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		log_debug("no sandbox: PR_SET_NO_NEW_PRIVS: %m");
		return SANDBOX_OFF;
	}
	if (IS_SANITIZED)
		return SANDBOX_OFF; /* leaks are looked for by ptrace() */
	ret = sandbox_filter_calls(SANDBOX_AUTO);
	if (ret == 0)
		return SANDBOX_AUTO;
	log_debug("no sandbox: the kernel takes no filter of system calls: %s",
		  strerror(-ret));
	return SANDBOX_OFF;
}

/* ---- strict ---- */

/* What is read after the start beside what users name: whom an interface's
 * identifier comes from, names in capture filters, who may write to a
 * configuration file.  What of it is missing is not needed. */
static const char *const readable[] = {
	"/etc/machine-id", "/etc/nsswitch.conf", "/etc/passwd",
	"/etc/group",	   "/etc/services",	 "/etc/protocols",
};

static const char *const devices[] = { "/dev/null", "/dev/net/tun" };

enum {
	N_READABLE = sizeof(readable) / sizeof(readable[0]),
	N_DEVICES = sizeof(devices) / sizeof(devices[0]),
};

struct rules {
	int fd;
	struct err *err;
};

static int
allow_place(const char *path, bool removal, void *arg)
{
	const struct rules *rules = arg;

	return landlock_allow(rules->fd, path,
			      removal ? LANDLOCK_ACCESS_FS_REMOVE_DIR
				      : LANDLOCK_READING | LANDLOCK_WRITING,
			      rules->err);
}

static int
allow_if_there(const struct rules *rules, const char *const *paths, size_t n,
	       uint64_t rights)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret == 0; i++) {
		if (access(paths[i], F_OK) == 0)
			ret = landlock_allow(rules->fd, paths[i], rights,
					     rules->err);
	}
	return ret;
}

static int
confine_files(const struct sandbox_places *places, struct err *err)
{
	struct rules rules = { .fd = landlock_new(err), .err = err };
	int ret;

	if (rules.fd < 0)
		return rules.fd;
	ret = sandbox_places_each(places, allow_place, &rules);
	if (ret == 0)
		ret = allow_if_there(&rules, readable, N_READABLE,
				     LANDLOCK_ACCESS_FS_READ_FILE);
	if (ret == 0)
		ret = allow_if_there(&rules, devices, N_DEVICES,
				     LANDLOCK_ACCESS_FS_READ_FILE |
					 LANDLOCK_ACCESS_FS_WRITE_FILE);
	if (ret == 0)
		ret = landlock_enforce(rules.fd, err);
	close(rules.fd);
	return ret;
}

/* A core holds what others have sent. */
static int
hide(struct err *err)
{
	const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return err_errno(err, "RLIMIT_CORE");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(err, "PR_SET_DUMPABLE");
	return 0;
}

static int
enter_strict(const struct sandbox_places *places, struct err *err)
{
	int ret;

	if (IS_SANITIZED)
		return err_set(err, -ENOTSUP,
			       "this program was built with sanitizers, which "
			       "do what it forbids");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "PR_SET_NO_NEW_PRIVS");
	ret = hide(err);
	if (ret == 0)
		ret = confine_files(places, err);
	if (ret < 0)
		return ret;
	ret = sandbox_filter_calls(SANDBOX_STRICT);
	if (ret == 0)
		return SANDBOX_STRICT;
	return err_set(err, ret,
		       "the kernel takes no filter of system calls "
		       "(CONFIG_SECCOMP_FILTER): %s",
		       strerror(-ret));
}

/* ---- all ---- */

int
sandbox_enter(enum sandbox wanted, const struct sandbox_places *places,
	      struct err *err)
{
	int ret;

	if (wanted == SANDBOX_OFF)
		return SANDBOX_OFF;
	if (wanted == SANDBOX_AUTO)
		return enter_auto();
	ret = enter_strict(places, err);
	if (ret < 0)
		err_prefix(err, "--sandbox=strict");
	return ret;
}
