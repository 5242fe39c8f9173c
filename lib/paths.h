/*
 * paths: where the project's own files are, found from where the running
 * program is: PREFIX/bin/vdelab finds PREFIX/lib/vdelab and so on; the build
 * tree has the same shape under out/.  So nothing needs an environment
 * variable, and an installed tree may be moved.
 *
 * Searched in this order: beside the running program (programs only); at its
 * place under the prefix that the program's directory stands in (the others);
 * in the out/ of the build tree, when the first directory of that name in one
 * of three levels above the program belongs to the program's owner, which is
 * how test programs in BUILD/tests/unit find it; where configure would install
 * it.
 */
#ifndef LIB_PATHS_H
#define LIB_PATHS_H

#include <stddef.h>

struct err;

enum paths_kind {
	PATHS_BIN,     /* programs users run */
	PATHS_LIBEXEC, /* helpers programs run */
	PATHS_PLUGINS, /* NAME.so */
	PATHS_DATA,    /* read-only data */
};

/**
 * paths_find() - the absolute path of file @name of @kind
 * @name: a file's name, without a slash
 *
 * Return: 0; -ENOENT with the directories searched in @err; -ENAMETOOLONG.
 */
int paths_find(enum paths_kind kind, const char *name, char *path, size_t size,
	       struct err *err);

/**
 * paths_xdg() - "$VAR/vdelab", else "$HOME/@fallback/vdelab"
 * @var:      "XDG_CACHE_HOME"; a relative value is ignored
 * @fallback: ".cache"
 *
 * Return: 0; -ENOENT when HOME is not set either; -ENAMETOOLONG.  Nothing is
 *         made.
 */
int paths_xdg(const char *var, const char *fallback, char *path, size_t size,
	      struct err *err);

#endif /* LIB_PATHS_H */
