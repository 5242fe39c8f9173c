#include "config.h"

#include "switch/plugin-file.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/paths.h"
#include "vdelab/plugin.h"

enum { NAME_MAX_LEN = 32 };

bool
plugin_name_is_valid(const char *name)
{
	static const char *const taken[] = {
		"rpc", "switch", "segment", "port", "fdb", "stats", "plugin",
	};
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (strcmp(name, taken[i]) == 0)
			return false;
	}
	return len <= NAME_MAX_LEN && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, rest) == len;
}

static int
find(const char *name, char path[static PATH_MAX], struct err *err)
{
	char file[NAME_MAX_LEN + sizeof(".so")], found[PATH_MAX];
	int ret;

	if (strchr(name, '/') == NULL) {
		if (!plugin_name_is_valid(name))
			return err_set(err, -EINVAL,
				       "\"%s\" is no name for a plugin", name);
		snprintf(file, sizeof(file), "%s.so", name);
		ret =
		    paths_find(PATHS_PLUGINS, file, found, sizeof(found), err);
		if (ret < 0) {
			err_prefix(err, "plugin %s", name);
			return ret;
		}
		name = found;
	}
	if (realpath(name, path) == NULL)
		return err_errno(err, "plugin %s", name);
	return 0;
}

/* The group of @uid alone, as distributions make one for each user: then what
 * the group may write nobody else may. */
static bool
is_private_group(uid_t uid, gid_t gid)
{
	const struct passwd *user = getpwuid(uid);
	const struct group *group = getgrgid(gid);

	return user != NULL && group != NULL && user->pw_gid == gid &&
	       strcmp(user->pw_name, group->gr_name) == 0 &&
	       group->gr_mem[0] == NULL;
}

/* Code that others may write is code that others run as us. */
static int
check_trust(const char *path, struct err *err)
{
	struct stat st;
	mode_t others;

	if (stat(path, &st) < 0)
		return err_errno(err, "%s", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(err, -EPERM,
			       "%s belongs to user %u; only what belongs to "
			       "user %u or to root is loaded",
			       path, (unsigned)st.st_uid, (unsigned)geteuid());
	others = st.st_mode & (S_IWGRP | S_IWOTH);
	if (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX))
		others = 0; /* they cannot replace what is ours, as in /tmp */
	if (others == S_IWGRP && is_private_group(st.st_uid, st.st_gid))
		others = 0;
	if (others != 0)
		return err_set(err, -EPERM,
			       "%s can be written by others, so it is not "
			       "loaded (chmod go-w %s)",
			       path, path);
	return 0;
}

static int
check_file_and_dir(const char *path, struct err *err)
{
	char dir[PATH_MAX];
	char *slash;
	int ret;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	slash[slash == dir ? 1 : 0] = '\0';
	ret = check_trust(dir, err);
	return ret == 0 ? check_trust(path, err) : ret;
}

/* @path: .../NAME.so; is the plugin in it NAME? */
static bool
is_named_after(const char *path, const char *name)
{
	const char *base = strrchr(path, '/') + 1;
	size_t len = strlen(name);

	return strncmp(base, name, len) == 0 && strcmp(base + len, ".so") == 0;
}

static int
check_abi(const struct vl_plugin *plugin, const char *path, struct err *err)
{
	if (plugin == NULL)
		return err_set(err, -ENOEXEC,
			       "%s is no plugin: it exports no vl_plugin",
			       path);
	if (plugin->abi != VL_PLUGIN_ABI)
		return err_set(err, -ENOEXEC,
			       "%s was built for plugin ABI %u, this switch "
			       "has %u: build it again",
			       path, plugin->abi, VL_PLUGIN_ABI);
	if (plugin->name == NULL || !plugin_name_is_valid(plugin->name) ||
	    plugin->start == NULL || plugin->stop == NULL)
		return err_set(err, -ENOEXEC,
			       "%s: its vl_plugin lacks a valid name, start "
			       "or stop",
			       path);
	if (plugin->options != NULL && !json_signature_valid(plugin->options))
		return err_set(err, -ENOEXEC,
			       "%s: \"%s\" is no signature of options", path,
			       plugin->options);
	if (!is_named_after(path, plugin->name))
		return err_set(err, -ENOEXEC,
			       "%s contains the plugin \"%s\": the file must "
			       "be called %s.so",
			       path, plugin->name, plugin->name);
	return 0;
}

/* Why could the file @fd not become code?  dlerror() tells people only.
 * Return: -errno when nothing can; -ENOEXEC when it is the file's fault. */
static int
reason(int fd)
{
	void *code = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (code == MAP_FAILED)
		return -errno;
	munmap(code, 1);
	return -ENOEXEC;
}

/* @flags: beside the usual ones, for dlopen() */
static void *
load(const char *path, int flags, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *handle;

	if (fd < 0) {
		err_errno(err, "cannot load plugin %s", path);
		return NULL;
	}
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | flags);
	if (handle == NULL)
		err_set(err, reason(fd), "cannot load a plugin: %s", dlerror());
	close(fd);
	return handle;
}

int
plugin_file_preload(const char *name, struct err *err)
{
	char path[PATH_MAX];
	int ret = find(name, path, err);
	void *handle;

	if (ret == 0)
		ret = check_file_and_dir(path, err);
	if (ret < 0)
		return ret;
	handle = load(path, RTLD_NODELETE, err);
	if (handle == NULL)
		return -ENOEXEC;
	dlclose(handle);
	return 0;
}

int
plugin_file_open(struct plugin_file *file, const char *name, struct err *err)
{
	char path[PATH_MAX];
	int ret = find(name, path, err);

	if (ret < 0)
		return ret;
	file->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
	if (file->handle == NULL)
		ret = check_file_and_dir(path, err);
	if (ret == 0 && file->handle == NULL)
		file->handle = load(path, 0, err);
	if (file->handle == NULL)
		return ret < 0 ? ret : -ENOEXEC;
	file->plugin = dlsym(file->handle, "vl_plugin");
	ret = check_abi(file->plugin, path, err);
	if (ret < 0)
		plugin_file_close(file);
	return ret;
}

static json_t *
read_options(const json_t *given, const char *signature, struct err *err)
{
	json_t *options = json_read_texts(given, signature, err), *value;
	const char *key;
	void *next;

	if (options == NULL)
		return NULL;
	json_object_foreach_safe(options, next, key, value)
	{
		if (json_is_null(value)) /* as if absent */
			json_object_del(options, key);
	}
	if (json_check(options, signature, err) == 0)
		return options;
	json_decref(options);
	return NULL;
}

static const char *
signature_of(const struct plugin_file *file)
{
	return file->plugin->options != NULL ? file->plugin->options : "";
}

json_t *
plugin_file_options(const struct plugin_file *file, const json_t *given,
		    struct err *err)
{
	return read_options(given, signature_of(file), err);
}

json_t *
plugin_file_some_options(const struct plugin_file *file, const json_t *given,
			 struct err *err)
{
	char *signature = json_all_optional(signature_of(file));
	json_t *options = read_options(given, signature, err);

	free(signature);
	return options;
}

void
plugin_file_close(struct plugin_file *file)
{
	if (file->handle != NULL)
		dlclose(file->handle);
	*file = (struct plugin_file){ NULL, NULL };
}
