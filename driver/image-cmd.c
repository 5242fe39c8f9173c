#include "config.h"

#include "driver/image-cmd.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/vm/image.h"
#include "driver/vm/snapshot-store.h"
#include "lib/cli.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/xalloc.h"

/* "a,b,c" into @words, which points into @text.  Return: how many. */
static size_t
split(char *text, char **words, size_t max)
{
	size_t n = 0;
	char *save;

	for (char *word = strtok_r(text, ", ", &save); word != NULL && n < max;
	     word = strtok_r(NULL, ", ", &save))
		words[n++] = word;
	return n;
}

static int
build(const struct cli *cli)
{
	enum { PACKAGES_MAX = 256 };
	const char *option = cli_opt(cli, "packages");
	const char *init = cli_opt(cli, "init");
	const char *arch = cli_opt(cli, "arch");
	char *text = xstrdup(option != NULL ? option : "");
	char *packages[PACKAGES_MAX];
	struct vm_image_spec spec = { .packages = packages,
				      .n_packages =
					  split(text, packages, PACKAGES_MAX) };
	struct vm_image image = { 0 };
	struct err err = ERR_INIT;
	int code = EXIT_OK, signo;

	if (init != NULL && !plan_init_find(init, &spec.init)) {
		log_error("--init is \"busybox\" or \"systemd\", not \"%s\"",
			  init);
		code = EXIT_USAGE;
	} else if (arch != NULL && !plan_arch_find(arch, &spec.arch)) {
		log_error("--arch is \"x86_64\" or \"aarch64\", not \"%s\"",
			  arch);
		code = EXIT_USAGE;
	} else if (vm_image_build(&spec, &image, &signo, &err) < 0) {
		log_error("%s", err.text);
		code = signo != 0 ? 128 + signo : EXIT_INFRA;
	} else {
		printf("kernel  %s\ninitrd  %s\nroot    %s\nappend  %s\n",
		       image.kernel, image.initrd != NULL ? image.initrd : "",
		       image.root != NULL ? image.root : "",
		       image.append != NULL ? image.append : "");
	}
	vm_image_fini(&image);
	free(text);
	return code;
}

static int
run_builder(const char *option)
{
	char path[PATH_MAX];
	struct err err = ERR_INIT;

	if (paths_find(PATHS_LIBEXEC, "build-image", path, sizeof(path),
		       &err) == 0) {
		fflush(stdout);
		execl(path, path, option, (char *)NULL);
		err_errno(&err, "%s", path);
	}
	log_error("%s", err.text);
	return EXIT_INFRA;
}

/* Saved states of booted machines are of no use without the images. */
static bool
find_store(char *store, size_t size)
{
	struct err err = ERR_INIT;

	if (snapshot_store_path(store, size, &err) == 0)
		return true;
	log_error("%s", err.text);
	return false;
}

static int
list(const struct cli *cli)
{
	char store[PATH_MAX];

	(void)cli;
	if (!find_store(store, sizeof(store)))
		return EXIT_INFRA;
	snapshot_store_list(store, stdout);
	return run_builder("--list");
}

static int
clean(const struct cli *cli)
{
	char store[PATH_MAX];

	(void)cli;
	if (!find_store(store, sizeof(store)))
		return EXIT_INFRA;
	snapshot_store_prune(store, 0);
	return run_builder("--clean");
}

static const struct cli_option build_options[] = {
	{ "packages", 'p', "A,B,...",
	  "Debian packages beside those every image has" },
	{ "arch", 0, "x86_64|aarch64",
	  "for which machines; x86_64 unless given" },
	{ "init", 0, "busybox|systemd",
	  "what runs as process 1; busybox unless given" },
	{ NULL, 0, NULL, NULL },
};

const struct cli_command image_commands[] = {
	{ .name = "build",
	  .args = "",
	  .help = "make a guest image, or find it in the cache",
	  .options = build_options,
	  .run = build },
	{ .name = "list",
	  .args = "",
	  .help = "show the images in the cache, and saved states of machines",
	  .run = list },
	{ .name = "clean", .args = "", .help = "remove them", .run = clean },
	{ .name = NULL },
};
