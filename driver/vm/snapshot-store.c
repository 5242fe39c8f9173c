#include "config.h"

#include "driver/vm/snapshot-store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "driver/vm/snapshot-key.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/paths.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

/* ---- paths ---- */

/* "DIR/NAMESUFFIX/FILE", or without the last; returned owned. */
static char *
path_of(const char *dir, const char *name, const char *suffix, const char *file)
{
	return xasprintf("%s/%s%s%s%s", dir, name, suffix,
			 file != NULL ? "/" : "", file != NULL ? file : "");
}

int
snapshot_store_path(char *dir, size_t size, struct err *err)
{
	char cache[PATH_MAX];
	int ret =
	    paths_xdg("XDG_CACHE_HOME", ".cache", cache, sizeof(cache), err);

	if (ret < 0)
		return ret;
	if (snprintf(dir, size, "%s/snapshots", cache) >= (int)size)
		return err_set(err, -ENAMETOOLONG, "%s: too long", cache);
	ret = sockpath_make_dir(dir, 0700, err);
	return ret < 0 ? ret : 0;
}

static int
open_in(const char *dir, const char *name, const char *suffix, const char *file,
	int flags, struct err *err)
{
	char *path = path_of(dir, name, suffix, file);
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = err_errno(err, "%s", path);
	free(path);
	return fd;
}

/* ---- about ---- */

static json_t *
about_load(const char *dir, const char *name)
{
	char *path = path_of(dir, name, "", "about");
	json_t *about = json_load_file(path, 0, NULL);

	free(path);
	return about;
}

/* Paths in it may be any octets. */
static json_t *
key_json(const char *key)
{
	return json_text(key, strlen(key));
}

static int
about_write(const struct snapshot_draft *draft, const char *key,
	    const struct snapshot *made, const char *refusal, struct err *err)
{
	json_t *about =
	    json_pack("{s:o, s:s*}", "key", key_json(key), "refusal", refusal);
	int ret = open_in(draft->dir, draft->name, ".new", "about",
			  O_WRONLY | O_CREAT | O_EXCL, err);
	int fd = ret;

	if (fd < 0) {
		json_decref(about);
		return fd;
	}
	if (made != NULL) {
		json_t *more = json_pack(
		    "{s:s, s:b, s:I, s:I, s:o}", "nonce", made->shell.nonce,
		    "base64", made->shell.has_base64, "last_id",
		    (json_int_t)made->shell.last_id, "workers",
		    (json_int_t)made->shell.n_workers, "console",
		    json_text(made->console, strlen(made->console)));

		json_object_update(about, more);
		json_decref(more);
	}
	ret = json_dumpfd(about, fd, JSON_INDENT(2)) < 0
		  ? err_set(err, -EIO, "cannot write in %s; is the disk full?",
			    draft->dir)
		  : 0;
	close(fd);
	json_decref(about);
	return ret;
}

static void
about_read(const json_t *about, struct snapshot *snapshot)
{
	struct shell_memory *shell = &snapshot->shell;

	snapshot->console = xstrdup(json_str_or(about, "console", ""));
	snprintf(shell->nonce, sizeof(shell->nonce), "%s",
		 json_str_or(about, "nonce", ""));
	shell->has_base64 = json_bool_or(about, "base64", false);
	shell->last_id = (uint32_t)json_int_or(about, "last_id", 0);
	shell->n_workers = (unsigned)json_int_or(about, "workers", 0);
}

/* ---- finding ---- */

void
snapshot_fini(struct snapshot *snapshot)
{
	if (snapshot->ram_fd >= 0)
		close(snapshot->ram_fd);
	if (snapshot->state_fd >= 0)
		close(snapshot->state_fd);
	snapshot->ram_fd = snapshot->state_fd = -1;
	free(snapshot->console);
	snapshot->console = NULL;
	shell_memory_fini(&snapshot->shell);
}

static void
touch(const char *dir, const char *name)
{
	char *path = path_of(dir, name, "", NULL);

	/* That it was used now is only for who comes to remove things. */
	(void)utimensat(AT_FDCWD, path, NULL, 0);
	free(path);
}

static int
find(const char *dir, const char *name, const char *key, const json_t *about,
     struct snapshot *snapshot, struct err *err)
{
	const char *refusal = json_str_or(about, "refusal", NULL);

	json_t *wanted = key_json(key);
	bool same = json_equal(json_object_get(about, "key"), wanted);

	json_decref(wanted);
	if (!same)
		return -ENOENT;
	touch(dir, name);
	if (refusal != NULL)
		return err_set(err, -EPERM, "%s", refusal);
	about_read(about, snapshot);
	/* QEMU wants to be able to write, though its mapping is private. */
	snapshot->ram_fd = open_in(dir, name, "", "ram", O_RDWR, err);
	if (snapshot->ram_fd < 0)
		return snapshot->ram_fd;
	snapshot->state_fd = open_in(dir, name, "", "state", O_RDONLY, err);
	return snapshot->state_fd < 0 ? snapshot->state_fd : 0;
}

int
snapshot_store_find(const char *dir, const char *name, const char *key,
		    struct snapshot *snapshot, struct err *err)
{
	json_t *about = about_load(dir, name);
	int ret;

	*snapshot = (struct snapshot){ .ram_fd = -1, .state_fd = -1 };
	ret = find(dir, name, key, about, snapshot, err);
	json_decref(about);
	if (ret < 0)
		snapshot_fini(snapshot);
	return ret;
}

static void
remove_dir(const char *dir, const char *name, const char *suffix)
{
	char *path = path_of(dir, name, suffix, NULL);

	(void)sockpath_remove_tree(path, NULL); /* as good as it goes */
	free(path);
}

void
snapshot_store_remove(const char *dir, const char *name)
{
	remove_dir(dir, name, "");
}

/* ---- making ---- */

/* Return: a descriptor that holds the lock; -EBUSY; -errno. */
static int
take_lock(const char *dir, const char *name, struct err *err)
{
	int fd = open_in(dir, name, ".lock", NULL, O_RDWR | O_CREAT, err);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return err_set(err, -EBUSY, "%s: another process makes it", name);
}

static void
end_draft(struct snapshot_draft *draft)
{
	char *lock = path_of(draft->dir, draft->name, ".lock", NULL);

	if (draft->ram_fd >= 0)
		close(draft->ram_fd);
	if (draft->state_fd >= 0)
		close(draft->state_fd);
	/* Who waits with the old file finds what we have made. */
	unlink(lock);
	close(draft->lock_fd);
	free(lock);
}

static int
make_files(struct snapshot_draft *draft, uint64_t ram_bytes, struct err *err)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL;
	char *path = path_of(draft->dir, draft->name, ".new", NULL);
	int ret = 0;

	/* Of a maker that was killed. */
	remove_dir(draft->dir, draft->name, ".new");
	if (mkdir(path, 0700) < 0)
		ret = err_errno(err, "%s", path);
	free(path);
	if (ret < 0)
		return ret;
	draft->ram_fd =
	    open_in(draft->dir, draft->name, ".new", "ram", flags, err);
	if (draft->ram_fd < 0)
		return draft->ram_fd;
	draft->state_fd =
	    open_in(draft->dir, draft->name, ".new", "state", flags, err);
	if (draft->state_fd < 0)
		return draft->state_fd;
	if (ftruncate(draft->ram_fd, (off_t)ram_bytes) < 0)
		return err_errno(err, "%s: %ju bytes", draft->dir,
				 (uintmax_t)ram_bytes);
	return 0;
}

int
snapshot_draft_begin(struct snapshot_draft *draft, const char *dir,
		     const char *name, uint64_t ram_bytes, struct err *err)
{
	int ret;

	*draft = (struct snapshot_draft){ .ram_fd = -1, .state_fd = -1 };
	snprintf(draft->dir, sizeof(draft->dir), "%s", dir);
	snprintf(draft->name, sizeof(draft->name), "%s", name);
	draft->lock_fd = take_lock(dir, name, err);
	if (draft->lock_fd < 0)
		return draft->lock_fd;
	ret = make_files(draft, ram_bytes, err);
	if (ret < 0)
		snapshot_draft_drop(draft);
	return ret;
}

void
snapshot_draft_drop(struct snapshot_draft *draft)
{
	remove_dir(draft->dir, draft->name, ".new");
	end_draft(draft);
}

int
snapshot_draft_keep(struct snapshot_draft *draft, const char *key,
		    const struct snapshot *made, const char *refusal,
		    struct err *err)
{
	char *from = path_of(draft->dir, draft->name, ".new", NULL);
	char *to = path_of(draft->dir, draft->name, "", NULL);
	int ret = about_write(draft, key, made, refusal, err);

	if (ret == 0 && made == NULL) {
		char *ram = path_of(draft->dir, draft->name, ".new", "ram");

		unlink(ram); /* nobody needs it */
		free(ram);
	}
	if (ret == 0) {
		remove_dir(draft->dir, draft->name, "");
		if (rename(from, to) < 0)
			ret = err_errno(err, "%s", to);
	}
	free(from);
	free(to);
	if (ret < 0) {
		snapshot_draft_drop(draft);
		return ret;
	}
	end_draft(draft);
	snapshot_store_prune(draft->dir, SNAPSHOT_STORE_MAX_BYTES);
	return 0;
}

/* ---- all of them ---- */

struct entry {
	char *name;
	uint64_t bytes; /* on the disk; memory that is all zero is not */
	struct timespec used;
};

struct entries {
	struct entry *items; /* owned; who was used last comes last */
	size_t n;
};

static uint64_t
bytes_of(const char *dir, const char *name, const char *file)
{
	char *path = path_of(dir, name, "", file);
	struct stat st;
	uint64_t bytes = 0;

	if (stat(path, &st) == 0)
		bytes = (uint64_t)st.st_blocks * 512;
	free(path);
	return bytes;
}

static int
compare_used(const void *a, const void *b)
{
	const struct timespec *x = &((const struct entry *)a)->used;
	const struct timespec *y = &((const struct entry *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

static void
add_entry(struct entries *entries, const char *dir, const char *name)
{
	struct entry *e;
	char *path = path_of(dir, name, "", NULL);
	struct stat st;

	if (strlen(name) == SNAPSHOT_KEY_LEN && stat(path, &st) == 0) {
		entries->items = xrealloc(entries->items, entries->n + 1,
					  sizeof(*entries->items));
		e = &entries->items[entries->n++];
		e->name = xstrdup(name);
		e->used = st.st_mtim;
		e->bytes = bytes_of(dir, name, "ram") +
			   bytes_of(dir, name, "state") +
			   bytes_of(dir, name, "about");
	}
	free(path);
}

/* What a maker left that was killed: nobody has its lock. */
static void
remove_left(const char *dir, const char *file)
{
	struct snapshot_draft draft = { .ram_fd = -1, .state_fd = -1 };
	size_t len = strlen(file);

	if (len < 4 || strcmp(file + len - 4, ".new") != 0 ||
	    len - 4 >= sizeof(draft.name))
		return;
	snprintf(draft.dir, sizeof(draft.dir), "%s", dir);
	snprintf(draft.name, sizeof(draft.name), "%.*s", (int)len - 4, file);
	draft.lock_fd = take_lock(dir, draft.name, NULL);
	if (draft.lock_fd >= 0)
		snapshot_draft_drop(&draft);
}

static void
entries_read(struct entries *entries, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *file;

	*entries = (struct entries){ .n = 0 };
	while (d != NULL && (file = readdir(d)) != NULL) {
		remove_left(dir, file->d_name);
		add_entry(entries, dir, file->d_name);
	}
	if (d != NULL)
		closedir(d);
	if (entries->n > 0)
		qsort(entries->items, entries->n, sizeof(*entries->items),
		      compare_used);
}

static void
entries_fini(struct entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		free(entries->items[i].name);
	free(entries->items);
}

void
snapshot_store_prune(const char *dir, uint64_t max_bytes)
{
	struct entries entries;
	uint64_t total = 0;

	entries_read(&entries, dir);
	for (size_t i = 0; i < entries.n; i++)
		total += entries.items[i].bytes;
	for (size_t i = 0; i < entries.n && total > max_bytes; i++) {
		snapshot_store_remove(dir, entries.items[i].name);
		total -= entries.items[i].bytes;
	}
	entries_fini(&entries);
}

void
snapshot_store_list(const char *dir, FILE *out)
{
	struct entries entries;

	entries_read(&entries, dir);
	for (size_t i = 0; i < entries.n; i++) {
		const struct entry *e = &entries.items[i];
		json_t *about = about_load(dir, e->name);
		const char *refusal = json_str_or(about, "refusal", NULL);
		char day[16] = "";
		struct tm tm;

		if (localtime_r(&e->used.tv_sec, &tm) != NULL)
			strftime(day, sizeof(day), "%Y-%m-%d", &tm);
		fprintf(out, "%s  %ju MiB  last used %s  state%s%s\n", e->name,
			(uintmax_t)(e->bytes >> 20), day,
			refusal != NULL ? ": none: " : "",
			refusal != NULL ? refusal : "");
		json_decref(about);
	}
	entries_fini(&entries);
}
