#include "driver/lab/imports.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "driver/lab/reader.h"
#include "lib/xalloc.h"

struct imports {
	plan_line_fn *line; /* of the test file */
	void *line_arg;
	/* Where members of nodes with modules come from: by path, keys parted
	 * by '\n', a list of file and line. */
	json_t *places;
};

/* Something that a node is built from: a module, or what the test file says. */
struct part {
	struct import_module module;
	const char *at; /* path of .module.value in its file */
};

/* One node, being put together. */
struct building {
	struct imports *imports;
	struct plan_problems *problems;
	import_load_fn *load;
	void *load_arg;
	const char *path; /* of the node: "nodes\nclient" */
	struct part *parts;
	size_t n_parts;
	char *seen[IMPORTS_MAX]; /* absolute paths */
	size_t n_seen;
};

/* ---- places ---- */

static char *
join(const char *path, const char *key)
{
	return *path != '\0' ? xasprintf("%s\n%s", path, key) : xstrdup(key);
}

static char *
join_index(const char *path, size_t index)
{
	return xasprintf("%s\n%zu", path, index);
}

int
imports_line(const char *path, const char **file, void *arg)
{
	struct imports *imports = arg;
	char *part = xstrdup(path);
	const json_t *place = NULL;
	char *end;

	for (;;) {
		place = json_object_get(imports->places, part);
		end = strrchr(part, '\n');
		if (place != NULL || end == NULL)
			break;
		*end = '\0';
	}
	free(part);
	if (place == NULL)
		return imports->line(path, file, imports->line_arg);
	if (file != NULL)
		*file = json_string_value(json_array_get(place, 0));
	return (int)json_integer_value(json_array_get(place, 1));
}

/* Where the member at @path of @part is defined, as JSON; returned owned. */
static json_t *
place_in(const struct part *part, const char *path)
{
	const struct import_module *module = &part->module;
	const char *file = module->file;
	int line = module->line(path, &file, module->line_arg);

	return json_pack("[s, i]", file, line);
}

/* @value, at @path in its @part, has become the member at @merged: say so of it
 * and of all that is in it. */
static void
note_places(struct building *b, const struct part *part, const char *path,
	    const char *merged, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_set_new(b->imports->places, merged, place_in(part, path));
	json_object_foreach((json_t *)value, key, member)
	{
		char *below = join(path, key), *to = join(merged, key);

		note_places(b, part, below, to, member);
		free(below);
		free(to);
	}
	json_array_foreach(value, i, member)
	{
		char *below = join_index(path, i + 1);
		char *to = join_index(merged, i + 1);

		note_places(b, part, below, to, member);
		free(below);
		free(to);
	}
}

/* ---- which modules there are ---- */

static void add_part(struct building *b, const struct part *part);

static bool
is_seen(const struct building *b, const char *path)
{
	for (size_t i = 0; i < b->n_seen; i++)
		if (strcmp(b->seen[i], path) == 0)
			return true;
	return false;
}

/* @value is an element of `imports`, which @r stands at. */
static void
add_import(struct building *b, struct reader *r, const json_t *value)
{
	const struct import_module *module;
	struct part part = { .at = "" };
	char *path, *name;

	if (json_is_object(value) || json_is_array(value)) {
		reader_problem(r, "is a module without a name, which could be "
				  "included twice; put it into a file, and "
				  "name that");
		return;
	}
	if (!reader_named_file(r, value, &path, &name))
		return;
	if (is_seen(b, path)) {
		free(path);
	} else if (b->n_seen == IMPORTS_MAX) {
		reader_problem(r, "a node has at most %d modules", IMPORTS_MAX);
		free(path);
	} else {
		b->seen[b->n_seen++] = path;
		module = b->load(path, name, r, b->load_arg);
		if (module != NULL) {
			part.module = *module;
			add_part(b, &part);
		}
	}
	free(name);
}

/* @part with the modules it imports, which come before it. */
static void
add_part(struct building *b, const struct part *part)
{
	const struct import_module *module = &part->module;
	const json_t *list = json_object_get(module->value, "imports");
	struct reader r = {
		.file = module->file,
		.line = module->line,
		.line_arg = module->line_arg,
		.problems = b->problems,
	};
	size_t n;

	reader_enter_path(&r, part->at);
	reader_enter(&r, "imports");
	if (list != NULL &&
	    reader_list(&r, list, "modules, as in { \"./web.lua\" }", &n)) {
		for (size_t i = 0; i < n; i++) {
			reader_enter_index(&r, i + 1);
			add_import(b, &r, json_array_get(list, i));
			reader_leave(&r);
		}
	}
	reader_fini(&r);
	b->parts = xrealloc(b->parts, b->n_parts + 1, sizeof(*b->parts));
	b->parts[b->n_parts++] = *part;
}

/* ---- putting together ---- */

static bool
is_nothing(const json_t *value)
{
	return json_is_null(value) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

/* For a message; returned owned. */
static char *
shown(const json_t *value)
{
	char *text;

	if (json_is_object(value))
		return xstrdup("a table");
	if (json_is_array(value))
		return xstrdup("a list");
	text = json_dumps(value, JSON_ENCODE_ANY);
	return text != NULL ? text : xstrdup("another value");
}

/* @second, at @path of @part, does not go with @first, at @merged. */
static void
conflict(struct building *b, const struct part *part, const char *path,
	 const char *merged, const json_t *first, const json_t *second)
{
	struct reader r = {
		.file = part->module.file,
		.line = part->module.line,
		.line_arg = part->module.line_arg,
		.problems = b->problems,
	};
	const char *file = part->module.file;
	char *one = shown(first), *two = shown(second);
	int line = imports_line(merged, &file, b->imports);

	reader_enter_path(&r, path);
	reader_problem(&r, "%s here, and %s at %s:%d: keep one of the two%s",
		       two, one, file, line,
		       strncmp(path, "defaults", strlen("defaults")) != 0
			   ? ", or put a module's into its `defaults`"
			   : "");
	reader_fini(&r);
	free(one);
	free(two);
}

static void merge(struct building *b, const struct part *part, const char *path,
		  const char *merged, json_t *into, const json_t *value);

/* The member @key of @value, which is at @path, into @into, at @merged. */
static void
merge_member(struct building *b, const struct part *part, const char *path,
	     const char *merged, json_t *into, const char *key, json_t *member)
{
	json_t *had = json_object_get(into, key);
	char *from = join(path, key), *to = join(merged, key);

	if (had == NULL || is_nothing(had)) {
		json_object_set_new(into, key, json_deep_copy(member));
		note_places(b, part, from, to, member);
	} else if (is_nothing(member) || json_equal(had, member)) {
		; /* nothing new */
	} else if (json_is_object(had) && json_is_object(member)) {
		merge(b, part, from, to, had, member);
	} else {
		conflict(b, part, from, to, had, member);
	}
	free(from);
	free(to);
}

/* Lists are not the same for having the same members: they come together. */
static void
append_list(struct building *b, const struct part *part, const char *path,
	    const char *merged, json_t *into, const char *key, json_t *list)
{
	json_t *had = json_object_get(into, key);
	char *from = join(path, key), *to = join(merged, key);
	json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		char *below = join_index(from, i + 1);
		char *at = join_index(to, json_array_size(had) + 1);

		json_array_append_new(had, json_deep_copy(member));
		note_places(b, part, below, at, member);
		free(below);
		free(at);
	}
	free(from);
	free(to);
}

static void
merge(struct building *b, const struct part *part, const char *path,
      const char *merged, json_t *into, const json_t *value)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member)
	{
		if (json_is_array(member) &&
		    json_is_array(json_object_get(into, key)))
			append_list(b, part, path, merged, into, key, member);
		else
			merge_member(b, part, path, merged, into, key, member);
	}
}

/* What @part says by itself: without what is about modules. */
static json_t *
own_members(const struct part *part)
{
	json_t *own = json_copy((json_t *)part->module.value);

	json_object_del(own, "imports");
	if (*part->at == '\0') /* a module */
		json_object_del(own, "defaults");
	return own;
}

/* Defaults come together among themselves, and then count where there is
 * nothing else. */
static void
merge_defaults(struct building *b, json_t *node)
{
	json_t *defaults = json_object();
	const char *key;
	json_t *member;

	for (size_t i = 0; i < b->n_parts; i++) {
		const struct part *part = &b->parts[i];
		json_t *given = json_object_get(part->module.value, "defaults");
		struct reader r = {
			.file = part->module.file,
			.line = part->module.line,
			.line_arg = part->module.line_arg,
			.problems = b->problems,
		};
		json_t *open = json_object();

		if (given == NULL || *part->at != '\0') {
			json_decref(open);
			continue;
		}
		reader_enter(&r, "defaults");
		if (reader_table(&r, given, "what a node can have"))
			json_object_foreach(
			    given, key,
			    member) if (json_object_get(node, key) == NULL)
			    json_object_set(open, key, member);
		reader_fini(&r);
		merge(b, part, "defaults", b->path, defaults, open);
		json_decref(open);
	}
	json_object_update_missing(node, defaults);
	json_decref(defaults);
}

/* Return: the node as it is with its modules; returned owned. */
static json_t *
build(struct building *b)
{
	json_t *node = json_object();

	for (size_t i = 0; i < b->n_parts; i++) {
		const struct part *part = &b->parts[i];
		json_t *own = own_members(part);

		merge(b, part, part->at, b->path, node, own);
		json_decref(own);
	}
	merge_defaults(b, node);
	return node;
}

/* The member @key of @parent, which is a node and has the path @path. */
static void
resolve_node(struct building *b, const char *file, json_t *parent,
	     const char *key, const char *path)
{
	json_t *node = json_object_get(parent, key);
	const struct part own = {
		.module = { .file = file,
			    .value = node,
			    .line = b->imports->line,
			    .line_arg = b->imports->line_arg },
		.at = path,
	};

	if (json_object_get(node, "imports") == NULL)
		return;
	b->path = path;
	add_part(b, &own);
	json_object_set_new(parent, key, build(b));
	for (size_t i = 0; i < b->n_seen; i++)
		free(b->seen[i]);
	b->n_seen = 0;
	free(b->parts);
	b->parts = NULL;
	b->n_parts = 0;
}

struct imports *
imports_resolve(const char *file, json_t *value, plan_line_fn *line,
		void *line_arg, import_load_fn *load, void *load_arg,
		struct plan_problems *problems)
{
	struct imports *imports = XNEW(struct imports);
	struct building *b = XNEW(struct building);
	json_t *nodes = json_object_get(value, "nodes");
	const char *name;
	json_t *node;
	void *next;

	imports->line = line;
	imports->line_arg = line_arg;
	imports->places = json_object();
	b->imports = imports;
	b->problems = problems;
	b->load = load;
	b->load_arg = load_arg;
	resolve_node(b, file, value, "machine", "machine");
	json_object_foreach_safe(nodes, next, name, node)
	{
		char *path = join("nodes", name);

		resolve_node(b, file, nodes, name, path);
		free(path);
	}
	free(b);
	return imports;
}

void
imports_free(struct imports *imports)
{
	if (imports == NULL)
		return;
	json_decref(imports->places);
	free(imports);
}
