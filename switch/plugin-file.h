/*
 * plugin-file: from a plugin's name to its loaded object: finding it, making
 * sure that nobody else could have written it, checking its ABI.
 */
#ifndef SWITCH_PLUGIN_FILE_H
#define SWITCH_PLUGIN_FILE_H

#include <stdbool.h>

#include <jansson.h>

struct err;
struct vl_plugin;

struct plugin_file {
	void *handle; /* dlopen()'s */
	const struct vl_plugin *plugin;
};

/** plugin_name_is_valid() - [a-z][a-z0-9-]*, and not the first word of the
 * switch's own methods */
bool plugin_name_is_valid(const char *name);

/**
 * plugin_file_open() - load a plugin
 * @name: a name; or a path, which contains a '/'
 *
 * The file and its directory must belong to us or to root, and be writable by
 * nobody else.
 * Return: 0; -errno with @err set.
 */
int plugin_file_open(struct plugin_file *file, const char *name,
		     struct err *err);
/** plugin_file_options() - @given as the plugin is to have them: checked, texts
 * read as what they are to be; returned owned; NULL with @err set */
json_t *plugin_file_options(const struct plugin_file *file, const json_t *given,
			    struct err *err);
/** plugin_file_some_options() - the same of those that are to change */
json_t *plugin_file_some_options(const struct plugin_file *file,
				 const json_t *given, struct err *err);
/** plugin_file_preload() - plugin_file_open() of this plugin needs nothing from
 * outside the process any more, however often it is closed
 * Return: 0; -errno with @err set. */
int plugin_file_preload(const char *name, struct err *err);
void plugin_file_close(struct plugin_file *file);

#endif /* SWITCH_PLUGIN_FILE_H */
