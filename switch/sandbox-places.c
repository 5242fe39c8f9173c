#include "switch/sandbox-places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/xalloc.h"

struct sandbox_places {
	char **paths; /* owned, as the texts are */
	size_t n;
	char *parent; /* owned; or NULL */
};

struct sandbox_places *
sandbox_places_new(void)
{
	return XNEW(struct sandbox_places);
}

void
sandbox_places_free(struct sandbox_places *places)
{
	if (places == NULL)
		return;
	for (size_t i = 0; i < places->n; i++)
		free(places->paths[i]);
	free(places->paths);
	free(places->parent);
	free(places);
}

static bool
has(const struct sandbox_places *places, const char *path)
{
	for (size_t i = 0; i < places->n; i++) {
		if (strcmp(places->paths[i], path) == 0)
			return true;
	}
	return false;
}

int
sandbox_places_add(struct sandbox_places *places, const char *path,
		   struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, "%s", path);
	if (has(places, path))
		return 0;
	if (places->n == SANDBOX_PLACES_MAX)
		return err_set(err, -ENOSPC,
			       "at most %d places can be left open",
			       SANDBOX_PLACES_MAX);
	places->paths =
	    xrealloc(places->paths, places->n + 1, sizeof(*places->paths));
	places->paths[places->n++] = xstrdup(path);
	return 0;
}

void
sandbox_places_add_named(struct sandbox_places *places, const char *path)
{
	struct stat st;
	char *dir;

	if (path[0] != '/')
		return;
	/* A place that is not there, or too many: who uses it is told. */
	if (stat(path, &st) == 0 &&
	    (S_ISDIR(st.st_mode) || S_ISCHR(st.st_mode))) {
		(void)sandbox_places_add(places, path, NULL);
		return;
	}
	dir = xasprintf("%.*s", (int)(strrchr(path, '/') - path), path);
	if (dir[0] != '\0')
		(void)sandbox_places_add(places, dir, NULL);
	free(dir);
}

void
sandbox_places_add_values(struct sandbox_places *places, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_string(value)) {
		sandbox_places_add_named(places, json_string_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, member)
		    sandbox_places_add_values(places, member);
	} else {
		json_object_foreach((json_t *)value, name, member)
		{
			sandbox_places_add_values(places, member);
		}
	}
}

void
sandbox_places_add_parent(struct sandbox_places *places, const char *path)
{
	free(places->parent);
	places->parent =
	    xasprintf("%.*s/", (int)(strrchr(path, '/') - path), path);
}

int
sandbox_places_each(const struct sandbox_places *places, sandbox_place_fn *fn,
		    void *arg)
{
	int ret = 0;

	for (size_t i = 0; i < places->n && ret == 0; i++)
		ret = fn(places->paths[i], false, arg);
	if (ret == 0 && places->parent != NULL)
		ret = fn(places->parent, true, arg);
	return ret;
}
