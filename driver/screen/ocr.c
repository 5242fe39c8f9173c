#include "config.h"

#include "driver/screen/ocr.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver/screen/filter.h"
#include "driver/screen/picture.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum {
	TEXT_MAX = 1024 * 1024, /* of one screen */
	SAID_MAX = 300,		/* of what went wrong */
};

/* Measured with consoles and small fonts: twice as large is read best, and dark
 * on bright is read faster.  A page of --psm 6 is one block, and keeps its
 * lines; 11 is text here and there, as on a desktop. */
static const struct way {
	struct filter filter;
	const char *psm;
} ways[OCR_WAYS] = {
	{ { .scale = 2 }, "6" },
	{ { .scale = 1 }, "11" },
	{ { .scale = 3, .two_tone = true, .light_text = true }, "11" },
};

struct reader {
	struct ocr *ocr;
	size_t way;
	struct process *process; /* owned; NULL when it has ended */
	struct timer *deadline;	 /* owned */
	bool timed_out;
	char *text; /* owned */
	size_t len, room;
	char said[SAID_MAX + 1];
	size_t n_said;
};

struct ocr {
	struct reader readers[OCR_WAYS];
	uint64_t timeout_ms;
	void (*on_text)(size_t way, const char *text, const struct err *err,
			void *arg);
	void *arg; /* borrowed */
};

/* ---- what tesseract says ---- */

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct reader *r = arg;

	(void)p;
	if (fd == 2) {
		size_t n = SAID_MAX - r->n_said;

		if (n > size)
			n = size;
		memcpy(r->said + r->n_said, data, n);
		r->n_said += n;
		return;
	}
	if (r->len + size > TEXT_MAX)
		size = TEXT_MAX - r->len;
	if (r->len + size + 2 > r->room) { /* and what text_of() adds */
		r->room = 2 * (r->len + size + 2);
		r->text = xrealloc(r->text, r->room, 1);
	}
	memcpy(r->text + r->len, data, size);
	r->len += size;
}

static void
on_deadline(void *arg)
{
	struct reader *r = arg;

	r->timed_out = true;
	process_stop(r->process, 0);
}

/* tesseract ends a page with a form feed. */
static const char *
text_of(struct reader *r)
{
	if (r->text == NULL)
		return "";
	while (r->len > 0 && strchr("\f\n ", r->text[r->len - 1]) != NULL)
		r->len--;
	if (r->len > 0)
		r->text[r->len++] = '\n';
	r->text[r->len] = '\0';
	return r->text;
}

static void
on_exit_of_reader(struct process *p, const struct process_status *status,
		  void *arg)
{
	struct reader *r = arg;
	struct ocr *ocr = r->ocr;
	struct err err = ERR_INIT;
	char how[64];

	timer_cancel(r->deadline);
	if (r->timed_out)
		err_set(&err, -ETIMEDOUT,
			"tesseract has not read the screen within %g s",
			(double)ocr->timeout_ms / 1e3);
	else if (status->signaled || status->code != 0)
		err_set(&err, -EIO, "tesseract cannot read the screen: %s%s%s",
			process_status_text(status, how, sizeof(how)),
			r->n_said > 0 ? ": " : "", r->said);
	process_free(p); /* takes @status along */
	r->process = NULL;
	ocr->on_text(r->way, err.code == 0 ? text_of(r) : NULL,
		     err.code == 0 ? NULL : &err, ocr->arg);
}

/* ---- starting it ---- */

/* Return: a descriptor to read the picture from; -errno with @err set. */
static int
picture_fd(const struct picture *picture, const struct filter *filter,
	   struct err *err)
{
	struct picture *filtered = filter_apply(picture, filter);
	int fd = memfd_create("vdelab-screen", MFD_CLOEXEC);
	size_t size, done = 0;
	uint8_t *data = picture_to_pnm(filtered, &size);

	picture_free(filtered);
	if (fd < 0)
		err_errno(err, "memfd_create");
	while (fd >= 0 && done < size) {
		ssize_t n = write(fd, data + done, size - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			err_errno(err, "keeping a picture in memory");
			close(fd);
			fd = -1;
		}
	}
	free(data);
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd >= 0 ? fd : -EIO;
}

static int
start_reader(struct reader *r, const struct ocr_spec *spec, struct err *err)
{
	const struct way *way = &ways[r->way];
	const char *const argv[] = {
		"tesseract",
		"stdin",
		"stdout",
		"-l",
		"eng",
		"--oem",
		"1",
		"--psm",
		way->psm,
		"-c",
		"debug_file=/dev/null",
		NULL,
	};
	/* Its threads get into each other's way, and into the guests'. */
	static const char *const env[] = { "OMP_THREAD_LIMIT=1", NULL };
	struct process_spec child = PROCESS_SPEC_INIT;
	int fd = picture_fd(spec->picture, &way->filter, err);
	struct err why = ERR_INIT;

	if (fd < 0)
		return fd;
	child.argv = argv;
	child.env = env;
	child.stdin_fd = fd;
	child.on_output = on_output;
	child.on_exit = on_exit_of_reader;
	child.arg = r;
	r->process = process_spawn(spec->base, spec->clock, &child, &why);
	close(fd);
	if (r->process == NULL)
		return why.code == -ENOENT
			   ? err_set(err, why.code,
				     "reading a screen that shows no plain "
				     "text needs the program tesseract (Debian "
				     "package: tesseract-ocr)")
			   : err_set(err, why.code, "%s", why.text);
	r->deadline = timer_new(spec->clock, on_deadline, r);
	timer_set_in(r->deadline, spec->timeout_ms * NS_PER_MS);
	return 0;
}

struct ocr *
ocr_start(const struct ocr_spec *spec, struct err *err)
{
	struct ocr *ocr = XNEW(struct ocr);

	ocr->timeout_ms = spec->timeout_ms;
	ocr->on_text = spec->on_text;
	ocr->arg = spec->arg;
	for (size_t i = 0; i < spec->n_ways; i++) {
		struct reader *r = &ocr->readers[i];

		r->ocr = ocr;
		r->way = i;
		if (start_reader(r, spec, err) < 0) {
			ocr_free(ocr);
			return NULL;
		}
	}
	return ocr;
}

void
ocr_free(struct ocr *ocr)
{
	if (ocr == NULL)
		return;
	for (size_t i = 0; i < OCR_WAYS; i++) {
		process_free(ocr->readers[i].process);
		timer_free(ocr->readers[i].deadline);
		free(ocr->readers[i].text);
	}
	free(ocr);
}
