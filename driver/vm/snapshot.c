#include "config.h"

#include "driver/vm/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/lab/plan.h"
#include "driver/vm/qemu-args.h"
#include "driver/vm/snapshot-key.h"
#include "driver/vm/snapshot-text.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum {
	LOOK_AGAIN_MS = 50, /* while another one makes it */
	SETTLE_MS = 20,	    /* until the shell's worker is idle */
	BOOT_MAX_MS = 300 * 1000,
	BEFORE_MAX_MS = 60 * 1000,
};

/* Which states there will not be, in this run. */
struct failure {
	struct failure *next;
	char name[SNAPSHOT_KEY_LEN + 1];
	char *why;
};

struct snapshots {
	const struct machine_host *host; /* borrowed */
	snapshots_log_fn *log;
	void *arg; /* borrowed */
	char *dir; /* NULL: there is no cache, because of .why */
	char *why;
	struct failure *failures;
	TAILQ_HEAD(, request) requests;
};

/* Somebody waits for a state; perhaps one is being made. */
struct request {
	TAILQ_ENTRY(request) entry;
	struct snapshots *snapshots;  /* borrowed */
	const struct plan_node *node; /* borrowed, as the image */
	const struct vm_image *image;
	snapshot_done_fn *done;
	void *arg; /* borrowed */
	char *key;
	char name[SNAPSHOT_KEY_LEN + 1];
	struct timer *timer;	/* the next step */
	struct timer *deadline; /* of all of it */
	/* What is booted, while this one makes it. */
	bool making;
	struct snapshot_draft draft;
	struct snapshot_node anyone;
	struct machine *machine; /* owned */
	struct machine_command *command;
	int nic_fds[2 * PLAN_NICS_MAX]; /* theirs, ours; owned */
	size_t n_nic_fds;
	uint64_t began_ms;
	bool kept;    /* whole, and in the cache */
	char *failed; /* why it came to nothing; owned */
};

/* ---- the end of a request ---- */

static void
stop_making(struct request *r)
{
	machine_free(r->machine);
	r->machine = NULL;
	r->command = NULL;
	for (size_t i = 0; i < r->n_nic_fds; i++)
		close(r->nic_fds[i]);
	r->n_nic_fds = 0;
	if (r->making && !r->kept)
		snapshot_draft_drop(&r->draft);
	r->making = false;
}

static void
request_free(struct request *r)
{
	TAILQ_REMOVE(&r->snapshots->requests, r, entry);
	stop_making(r);
	timer_free(r->timer);
	timer_free(r->deadline);
	free(r->failed);
	free(r->key);
	free(r);
}

static void
request_end(struct request *r, struct snapshot *snapshot, const char *why)
{
	snapshot_done_fn *done = r->done;
	void *arg = r->arg;
	char *text = why != NULL ? xstrdup(why) : NULL;

	request_free(r);
	done(snapshot, text, arg);
	free(text);
}

static void
note_failure(struct snapshots *s, const char *name, const char *why)
{
	struct failure *f = XNEW(struct failure);

	snprintf(f->name, sizeof(f->name), "%s", name);
	f->why = xstrdup(why);
	f->next = s->failures;
	s->failures = f;
}

static const char *
known_failure(const struct snapshots *s, const char *name)
{
	for (const struct failure *f = s->failures; f != NULL; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f->why;
	return NULL;
}

/* ---- making one ---- */

/* From inside the machine's events, so the rest is done from the loop. */
static void make_fails(struct request *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
make_fails(struct request *r, const char *fmt, ...)
{
	va_list ap;

	if (r->failed != NULL || r->kept)
		return;
	va_start(ap, fmt);
	r->failed = xvasprintf(fmt, ap);
	va_end(ap);
	timer_set_in(r->timer, 0);
}

/* Nothing will ever come of it: the next run need not boot one to learn that. */
static void
make_refuses(struct request *r, const char *why)
{
	struct err err = ERR_INIT;

	r->kept = true;
	if (snapshot_draft_keep(&r->draft, r->key, NULL, why, &err) < 0)
		r->snapshots->log(err.text, r->snapshots->arg);
	free(r->failed);
	r->failed = xstrdup(why);
	timer_set_in(r->timer, 0);
}

static void
keep(struct request *r, const struct shell_memory *shell)
{
	struct snapshots *s = r->snapshots;
	struct snapshot made = { .shell = *shell };
	struct err err = ERR_INIT;
	size_t size;
	const char *console = machine_console(r->machine, &size);
	char *text;

	made.console = xasprintf("%.*s", (int)size, console);
	r->kept = true; /* or gone */
	if (snapshot_draft_keep(&r->draft, r->key, &made, NULL, &err) < 0)
		r->failed = xstrdup(err.text);
	free(made.console);
	text = xasprintf(
	    "the state of %s, once booted, kept after %.1f s", r->node->name,
	    (double)(clock_now_ms(s->host->clock) - r->began_ms) / 1e3);
	if (r->failed == NULL)
		s->log(text, s->arg);
	free(text);
	timer_set_in(r->timer, 0);
}

static void
on_saved(const struct shell_memory *shell, const struct err *err, void *arg)
{
	struct request *r = arg;

	if (shell == NULL)
		make_fails(r, "%s", err->text);
	else if (shell->n_workers != 1)
		make_fails(r, "the guest's shell has %u workers, not one",
			   shell->n_workers);
	else
		keep(r, shell);
}

static void
try_save(struct request *r)
{
	int ret = machine_rest(r->machine, false);

	if (ret == 0)
		machine_save(r->machine, r->draft.state_fd, true, on_saved, r);
	else if (ret == -ENOTCONN)
		make_fails(r, "its shell is gone");
	else
		timer_set_in(r->timer, SETTLE_MS * NS_PER_MS);
}

static void
on_before_done(const struct shell_result *result, void *arg)
{
	struct request *r = arg;
	char *said =
	    xasprintf("%.*s", (int)result->err_size,
		      result->err != NULL ? (const char *)result->err : "");

	said[strcspn(said, "\n")] = '\0';
	r->command = NULL;
	if (result->error != NULL)
		make_fails(r, "%s", result->error);
	else if (result->status == SNAPSHOT_STATUS_NEVER)
		make_refuses(r, said);
	else if (result->status != 0)
		make_fails(r, "it cannot be made ready: %s", said);
	else
		timer_set_in(r->timer, 0);
	free(said);
}

static void
on_template(struct machine *m, enum machine_event event, const char *text,
	    const json_t *data, void *arg)
{
	struct request *r = arg;

	(void)data;
	if (event == MACHINE_READY) {
		char *before = snapshot_text_before(r->node->n_nics);
		const struct shell_spec spec = {
			.text = before,
			.timeout_ms = BEFORE_MAX_MS,
			.on_done = on_before_done,
			.arg = r,
		};

		r->command = machine_run(m, &spec);
		free(before);
	} else if (event == MACHINE_PANICKED || event == MACHINE_SHELL_LOST) {
		make_fails(r, "%s", text);
	} else if (event == MACHINE_ENDED) {
		make_fails(r, "%s", machine_ended(m));
	}
}

/* Its interfaces lead nowhere. */
static int
open_nics(struct request *r, struct qemu_nic *theirs, struct err *err)
{
	for (size_t i = 0; i < r->node->n_nics; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
			       r->nic_fds + r->n_nic_fds) < 0)
			return err_errno(err, "socketpair");
		theirs[i].fd = r->nic_fds[r->n_nic_fds];
		r->n_nic_fds += 2;
	}
	return 0;
}

static int
boot(struct request *r, struct err *err)
{
	const struct machine_host *host = r->snapshots->host;
	const struct qemu_ram ram = { .fd = r->draft.ram_fd,
				      .is_shared = true };
	const struct machine_origin origin = { .ram = &ram, .state_fd = -1 };
	struct qemu_nic theirs[PLAN_NICS_MAX] = { 0 };
	int ret = open_nics(r, theirs, err);

	if (ret < 0)
		return ret;
	snapshot_node_init(&r->anyone, r->node);
	r->machine =
	    machine_new(host, &r->anyone.node, r->image, on_template, r);
	r->began_ms = clock_now_ms(host->clock);
	return machine_start_from(r->machine, theirs, false, &origin, err);
}

/* ---- one step after the other ---- */

static void
on_deadline(void *arg)
{
	make_fails(arg, "no state was made within %d s", BOOT_MAX_MS / 1000);
}

/* Return: true when the request has ended. */
static bool
look(struct request *r)
{
	struct snapshots *s = r->snapshots;
	const char *why = known_failure(s, r->name);
	struct snapshot snapshot;
	struct err err = ERR_INIT;
	int ret;

	if (why != NULL) {
		request_end(r, NULL, why);
		return true;
	}
	ret = snapshot_store_find(s->dir, r->name, r->key, &snapshot, &err);
	if (ret == -ENOENT)
		return false;
	request_end(r, ret == 0 ? &snapshot : NULL, ret == 0 ? NULL : err.text);
	return true;
}

static void
begin_making(struct request *r)
{
	struct snapshots *s = r->snapshots;
	struct err err = ERR_INIT;
	int ret = snapshot_draft_begin(
	    &r->draft, s->dir, r->name,
	    (uint64_t)r->node->memory_mib * 1024 * 1024, &err);

	if (ret == -EBUSY) {
		timer_set_in(r->timer, LOOK_AGAIN_MS * NS_PER_MS);
		return;
	}
	r->making = ret == 0;
	if (ret == 0)
		ret = boot(r, &err);
	if (ret < 0)
		make_fails(r, "%s", err.text);
}

static void
on_step(void *arg)
{
	struct request *r = arg;

	if (r->failed != NULL) {
		note_failure(r->snapshots, r->name, r->failed);
		request_end(r, NULL, r->failed);
	} else if (r->making && !r->kept) {
		try_save(r);
	} else if (r->kept) {
		stop_making(r);
		if (!look(r)) /* it has gone again: no room */
			request_end(r, NULL,
				    "the cache did not keep its state");
	} else if (!look(r)) {
		begin_making(r);
	}
}

/* ---- interface ---- */

void
snapshots_get(struct snapshots *s, const struct plan_node *node,
	      const struct vm_image *image, snapshot_done_fn *done, void *arg)
{
	const char *why = snapshot_refusal(node);
	struct err err = ERR_INIT;
	struct request *r;
	char *key;

	if (why == NULL)
		why = s->why;
	if (why != NULL) {
		done(NULL, why, arg);
		return;
	}
	key = snapshot_key(s->host->qemu, s->host->accel, node, image, &err);
	if (key == NULL) {
		done(NULL, err.text, arg);
		return;
	}
	r = XNEW(struct request);
	r->snapshots = s;
	r->node = node;
	r->image = image;
	r->done = done;
	r->arg = arg;
	r->key = key;
	snapshot_key_hash(key, r->name);
	r->timer = timer_new(s->host->clock, on_step, r);
	r->deadline = timer_new(s->host->clock, on_deadline, r);
	timer_set_in(r->deadline, BOOT_MAX_MS * NS_PER_MS);
	TAILQ_INSERT_TAIL(&s->requests, r, entry);
	on_step(r);
}

void
snapshots_reject(struct snapshots *s, const struct plan_node *node,
		 const struct vm_image *image, const char *why)
{
	char name[SNAPSHOT_KEY_LEN + 1];
	char *key =
	    snapshot_key(s->host->qemu, s->host->accel, node, image, NULL);

	if (key == NULL)
		return;
	snapshot_key_hash(key, name);
	free(key);
	snapshot_store_remove(s->dir, name);
	note_failure(s, name, why);
}

struct snapshots *
snapshots_new(const struct machine_host *host, snapshots_log_fn *log, void *arg)
{
	struct snapshots *s = XNEW(struct snapshots);
	struct err err = ERR_INIT;
	char dir[PATH_MAX];

	s->host = host;
	s->log = log;
	s->arg = arg;
	TAILQ_INIT(&s->requests);
	if (snapshot_store_path(dir, sizeof(dir), &err) < 0)
		s->why = xstrdup(err.text);
	else
		s->dir = xstrdup(dir);
	return s;
}

void
snapshots_free(struct snapshots *s)
{
	struct failure *f;

	if (s == NULL)
		return;
	while (!TAILQ_EMPTY(&s->requests))
		request_free(TAILQ_FIRST(&s->requests));
	while ((f = s->failures) != NULL) {
		s->failures = f->next;
		free(f->why);
		free(f);
	}
	free(s->dir);
	free(s->why);
	free(s);
}
