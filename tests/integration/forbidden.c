/*
 * forbidden: a plugin that has been taken over: it tries what a sandbox is
 * there to refuse, and tells what came of it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "vdelab/plugin.h"

static int
try_program(const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return -1;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

/* Without a new process: when it works, the switch is gone. */
static int
try_exec(const char *path)
{
	return execl(path, path, (char *)NULL);
}

static int
try_trace(const char *path)
{
	(void)path;
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int
try_namespace(const char *path)
{
	(void)path;
	return unshare(CLONE_NEWUSER);
}

static int
try_code(const char *path)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)path;
	return p != MAP_FAILED ? munmap(p, 4096) : -1;
}

static int
try_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? close(fd) : -1;
}

static const struct {
	const char *name;
	int (*fn)(const char *path);
} trials[] = {
	{ "program", try_program }, { "exec", try_exec },
	{ "trace", try_trace },	    { "namespace", try_namespace },
	{ "code", try_code },	    { "read", try_read },
};

static int
method_try(void *priv, struct vl_inst *inst, const struct json_t *params,
	   struct json_t **result, char *error, size_t error_size)
{
	const char *what = json_string_value(json_object_get(params, "what"));
	const char *path = json_string_value(json_object_get(params, "path"));

	(void)priv;
	(void)inst;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		if (strcmp(trials[i].name, what) != 0)
			continue;
		errno = 0;
		if (trials[i].fn(path) < 0) {
			int code = errno;

			snprintf(error, error_size, "%s", strerror(code));
			return -code;
		}
		*result = json_true();
		return 0;
	}
	snprintf(error, error_size, "there is no trial %s", what);
	return -EINVAL;
}

static int
forbidden_start(struct vl_inst *inst, const struct json_t *options, char *error,
		size_t error_size)
{
	int ret = vl_method_add(inst, "try", "what:str path:str",
				"try what is forbidden", method_try);

	(void)options;
	if (ret < 0)
		snprintf(error, error_size, "%s", strerror(-ret));
	return ret;
}

static void
forbidden_stop(struct vl_inst *inst)
{
	(void)inst;
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "forbidden",
	.summary = "tries what is forbidden",
	.options = "",
	.start = forbidden_start,
	.stop = forbidden_stop,
};
