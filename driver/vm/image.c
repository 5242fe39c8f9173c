#include "config.h"

#include "driver/vm/image.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "driver/vm/arch.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum {
	MANIFEST_MAX = 64 * 1024,
	STOP_MS = 3000, /* for the builder to remove what it has begun */
	N_SIGNALS = 3,
};

static const int signals[N_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };

/* The builder under way. */
struct build {
	struct event_base *base;
	char manifest[MANIFEST_MAX]; /* its stdout */
	size_t manifest_len;
	bool done;
	struct process_status status;
	struct process *process; /* owned */
	struct event *on_signals[N_SIGNALS];
	int signo; /* that interrupts it; 0: none */
};

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct build *build = arg;
	size_t room = sizeof(build->manifest) - build->manifest_len;

	(void)p;
	if (fd != 1)
		return;
	if (size > room)
		size = room;
	memcpy(build->manifest + build->manifest_len, data, size);
	build->manifest_len += size;
}

static void
on_exit_of_builder(struct process *p, const struct process_status *status,
		   void *arg)
{
	struct build *build = arg;

	(void)p;
	build->status = *status;
	build->done = true;
	event_base_loopbreak(build->base);
}

/* The builder and what it has started go first, then we. */
static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct build *build = arg;

	(void)what;
	build->signo = (int)signo;
	process_stop(build->process, STOP_MS);
}

static void
watch_signals(struct build *build)
{
	for (int i = 0; i < N_SIGNALS; i++) {
		build->on_signals[i] =
		    evsignal_new(build->base, signals[i], on_signal, build);
		if (build->on_signals[i] == NULL)
			abort(); /* out of memory */
		event_add(build->on_signals[i], NULL);
	}
}

static void
unwatch_signals(struct build *build)
{
	for (int i = 0; i < N_SIGNALS; i++)
		event_free(build->on_signals[i]);
}

static char *
join(char *const *words, size_t n)
{
	size_t size = 1;
	char *text;

	for (size_t i = 0; i < n; i++)
		size += strlen(words[i]) + 1;
	text = xcalloc(size, 1);
	for (size_t i = 0; i < n; i++) {
		strcat(text, words[i]);
		if (i + 1 < n)
			strcat(text, ",");
	}
	return text;
}

static int
run_builder(struct build *build, const struct vm_image_spec *image,
	    const char *packages, struct err *err)
{
	char program[PATH_MAX];
	const char *argv[] = {
		program,
		"--arch",
		vm_arch(image->arch)->debian,
		"--init",
		plan_init_name(image->init),
		"--packages",
		packages,
		NULL,
	};
	struct process_spec spec = PROCESS_SPEC_INIT;
	struct clock *clock;
	bool started;
	int ret = paths_find(PATHS_LIBEXEC, "build-image", program,
			     sizeof(program), err);

	if (ret < 0)
		return ret;
	spec.name = "build-image";
	spec.argv = argv;
	spec.stderr_fd = -2; /* its progress, and why it failed */
	spec.on_output = on_output;
	spec.on_exit = on_exit_of_builder;
	spec.arg = build;
	clock = clock_real_new(build->base);
	/* From here on a signal ends the builder first, however early it
	 * comes. */
	watch_signals(build);
	build->process = process_spawn(build->base, clock, &spec, err);
	started = build->process != NULL;
	while (started && !build->done && event_base_dispatch(build->base) == 0)
		;
	unwatch_signals(build);
	process_free(build->process);
	clock_free(clock);
	return started ? 0 : -ENOENT;
}

static char *
member(const json_t *manifest, const char *key)
{
	const char *value = json_str_or(manifest, key, NULL);

	return value != NULL ? xstrdup(value) : NULL;
}

static int
read_manifest(const struct build *build, struct vm_image *image,
	      struct err *err)
{
	json_t *manifest =
	    json_loadb(build->manifest, build->manifest_len, 0, NULL);
	char how[64];

	if (build->status.signaled || build->status.code != 0) {
		json_decref(manifest);
		process_status_text(&build->status, how, sizeof(how));
		return err_set(err, -EIO,
			       "the image could not be made (%s); see above",
			       how);
	}
	*image = (struct vm_image){
		.kernel = member(manifest, "kernel"),
		.bios_kernel = member(manifest, "bios_kernel"),
		.initrd = member(manifest, "initrd"),
		.root = member(manifest, "root"),
		.append = member(manifest, "append"),
	};
	json_decref(manifest);
	if (image->kernel != NULL)
		return 0;
	vm_image_fini(image);
	return err_set(err, -EPROTO, "the image builder named no kernel");
}

int
vm_image_build(const struct vm_image_spec *spec, struct vm_image *image,
	       int *signo, struct err *err)
{
	struct build *build = XNEW(struct build);
	char *list = join(spec->packages, spec->n_packages);
	int ret;

	*image = (struct vm_image){ 0 };
	*signo = 0;
	build->base = event_base_new();
	if (build->base == NULL) {
		ret = err_set(err, -ENOMEM, "cannot make an event loop");
	} else {
		ret = run_builder(build, spec, list, err);
		*signo = build->signo;
		if (*signo != 0)
			ret = err_set(err, -EINTR, "interrupted by %s",
				      strsignal(*signo));
		if (ret == 0)
			ret = read_manifest(build, image, err);
		event_base_free(build->base);
	}
	free(list);
	free(build);
	return ret;
}

void
vm_image_fini(struct vm_image *image)
{
	free(image->kernel);
	free(image->bios_kernel);
	free(image->initrd);
	free(image->root);
	free(image->append);
	*image = (struct vm_image){ 0 };
}
