#include "config.h"

#include "plugins/capture/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plugins/capture/series.h"

enum {
	/* The most that one call writes: room comes back to the ring that
	 * often. */
	WRITE_MAX = 256 * 1024,
	CUTS_MAX = 256, /* files that wait to be begun; a power of two */
};

/*
 * Positions count octets since the start and never wrap; position p lies at
 * data[p % ring_bytes].
 *
 * Invariant: tail <= written <= head <= put <= tail + ring_bytes; tail, head,
 * put and cuts are block boundaries (put: between two calls of
 * writer_publish()).  Cuts are numbered likewise; those from n_begun to n_cuts
 * are still to come, and .cuts has them.
 */
struct writer {
	uint8_t *data;
	size_t ring_bytes;
	struct writer_format format;
	struct series *series; /* owned; or NULL */
	uint64_t cuts[CUTS_MAX];
	_Atomic uint64_t n_cuts;  /* set by the owner */
	_Atomic uint64_t n_begun; /* set by the thread */
	uint64_t file_at;	  /* the thread's: where the file began */
	pthread_t thread;
	int fd;
	int wake_fd; /* eventfd: the thread looks again */
	int done_fd; /* eventfd: readable once the thread is done */
	bool regular;
	uint64_t put;	       /* the owner's: includes what is not published */
	_Atomic uint64_t head; /* published; set by the owner */
	_Atomic uint64_t tail; /* free to overwrite; set by the thread */
	_Atomic uint64_t written;
	atomic_bool asleep; /* the thread must be woken for news */
	atomic_bool finishing;
	atomic_bool abandoned;
	atomic_bool done;
	atomic_int error; /* valid once done */
	atomic_int refs;  /* the owner and the thread */
};

/* An eventfd refuses only when it is readable anyway. */
static void
ring(int event_fd)
{
	uint64_t one = 1;

	while (write(event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

static void
writer_unref(struct writer *w)
{
	if (atomic_fetch_sub(&w->refs, 1) != 1)
		return;
	close(w->wake_fd);
	close(w->done_fd);
	series_free(w->series);
	free(w->data);
	free(w);
}

/* ---- the writing thread ---- */

/* Octets of the block at @at, or all that is there of it when its length has
 * not been written yet. */
static uint64_t
block_size(const struct writer *w, uint64_t at, uint64_t written)
{
	const struct writer_format *format = &w->format;
	uint32_t len = 0;

	if (at == w->file_at && format->first_size > 0)
		return format->first_size;
	if (written - at < format->len_at + sizeof(len))
		return written - at + 1;
	for (size_t i = 0; i < sizeof(len); i++)
		len |=
		    (uint32_t)w->data[(at + format->len_at + i) % w->ring_bytes]
		    << (8 * i);
	return len + format->len_extra;
}

/* Room comes back by whole blocks: should the descriptor fail within one, the
 * length of the block is still there to tell where it began. */
static void
advance(struct writer *w, size_t n)
{
	uint64_t written = atomic_load(&w->written) + n;
	uint64_t tail = atomic_load(&w->tail);
	uint64_t next = tail;

	atomic_store(&w->written, written);
	while (next <= written) {
		tail = next;
		if (tail == written)
			break;
		next = tail + block_size(w, tail, written);
	}
	atomic_store(&w->tail, tail);
}

/* What of the ring belongs to the file being written: up to @head, or to where
 * the next file begins. */
static uint64_t
file_end(const struct writer *w, uint64_t head)
{
	uint64_t n_begun = atomic_load(&w->n_begun);
	uint64_t cut;

	if (n_begun == atomic_load(&w->n_cuts))
		return head;
	cut = w->cuts[n_begun % CUTS_MAX];
	return cut < head ? cut : head;
}

/* The file is complete, and the next one begins. */
static int
begin_file(struct writer *w)
{
	int fd;

	/* NFS tells of a full disk here. */
	if (close(w->fd) < 0) {
		w->fd = -1;
		return -errno;
	}
	w->fd = -1;
	fd = series_next(w->series);
	if (fd < 0)
		return fd;
	w->fd = fd;
	w->file_at = atomic_load(&w->written);
	atomic_fetch_add(&w->n_begun, 1);
	return 0;
}

/* Return: 0; -EAGAIN when the descriptor takes nothing now; -errno. */
static int
write_some(struct writer *w, uint64_t end)
{
	uint64_t from = atomic_load(&w->written);
	size_t at = from % w->ring_bytes;
	size_t len = end - from;
	size_t to_end = w->ring_bytes - at;
	struct iovec iov[2] = { { .iov_base = &w->data[at] },
				{ .iov_base = w->data } };
	ssize_t n;

	if (len > WRITE_MAX)
		len = WRITE_MAX;
	iov[0].iov_len = len < to_end ? len : to_end;
	iov[1].iov_len = len - iov[0].iov_len;
	n = writev(w->fd, iov, iov[1].iov_len > 0 ? 2 : 1);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	advance(w, (size_t)n);
	return 0;
}

/* Until the owner rings, the descriptor is gone or, if *@blocked, takes more.
 * Return: 0; -EPIPE when nobody reads any longer; -errno. */
static int
sleep_on(struct writer *w, bool *blocked)
{
	struct pollfd pfd[2] = { { .fd = w->wake_fd, .events = POLLIN },
				 { .fd = w->regular ? -1 : w->fd,
				   .events = *blocked ? POLLOUT : 0 } };
	uint64_t n;

	if (poll(pfd, 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if ((pfd[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		return -EPIPE;
	if (pfd[1].revents != 0)
		*blocked = false;
	if (pfd[0].revents != 0 && read(w->wake_fd, &n, sizeof(n)) < 0 &&
	    errno != EAGAIN)
		return -errno;
	return 0;
}

/* A step: write what there is, or sleep.  Return: 0; 1 when everything is
 * written; -errno. */
static int
step(struct writer *w, bool *blocked)
{
	/* In this order: nothing is published once .finishing is set. */
	bool finishing = atomic_load(&w->finishing);
	uint64_t head = atomic_load(&w->head);
	uint64_t end = file_end(w, head);
	int ret;

	if (*blocked)
		return sleep_on(w, blocked);
	if (head != end && end == atomic_load(&w->written))
		return begin_file(w);
	if (end != atomic_load(&w->written)) {
		ret = write_some(w, end);
		*blocked = ret == -EAGAIN;
		return *blocked ? 0 : ret;
	}
	if (finishing)
		return 1;
	atomic_store(&w->asleep, true);
	/* What was published before .asleep could be seen rang no bell;
	 * finishing and abandoning always ring. */
	if (head != atomic_load(&w->head))
		return 0;
	return sleep_on(w, blocked);
}

/* Half a block at the end of a file is of no use to a reader. */
static void
cut_to_whole_blocks(struct writer *w)
{
	uint64_t tail = atomic_load(&w->tail);
	uint64_t part = atomic_load(&w->written) - tail;
	off_t end;

	if (!w->regular || part == 0 || w->fd < 0)
		return;
	end = lseek(w->fd, 0, SEEK_CUR);
	if (end < (off_t)part)
		return;
	if (ftruncate(w->fd, end - (off_t)part) == 0)
		atomic_store(&w->written, tail);
}

static void *
writer_run(void *arg)
{
	struct writer *w = arg;
	bool blocked = false;
	int ret = 0;

	while (ret == 0)
		ret =
		    atomic_load(&w->abandoned) ? -ECANCELED : step(w, &blocked);
	if (ret < 0)
		cut_to_whole_blocks(w);
	if (w->fd >= 0 && close(w->fd) < 0 && ret > 0)
		ret = -errno;
	atomic_store(&w->error, ret < 0 ? ret : 0);
	atomic_store(&w->done, true);
	ring(w->done_fd);
	writer_unref(w);
	return NULL;
}

/* ---- the owner's side ---- */

/* With every signal blocked, SIGPIPE and SIGXFSZ become errors of the call,
 * and the process's own handlers stay on its main thread. */
static int
start_thread(struct writer *w)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	ret = pthread_sigmask(SIG_SETMASK, &all, &old);
	if (ret != 0)
		return ret;
	atomic_store(&w->refs, 2);
	ret = pthread_create(&w->thread, NULL, writer_run, w);
	if (ret != 0)
		atomic_store(&w->refs, 1);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

static int
prepare_fd(struct writer *w)
{
	struct stat st;
	int flags = fcntl(w->fd, F_GETFL);

	if (flags < 0 || fstat(w->fd, &st) < 0)
		return errno;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return EBADF;
	w->regular = S_ISREG(st.st_mode);
	if (!w->regular && fcntl(w->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return errno;
	return 0;
}

struct writer *
writer_new(const struct writer_spec *spec)
{
	struct writer *w = calloc(1, sizeof(*w));
	int ret;

	if (w == NULL)
		return NULL;
	w->fd = spec->fd;
	w->format = spec->format;
	w->ring_bytes = spec->ring_bytes;
	w->data = malloc(w->ring_bytes);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	atomic_store(&w->refs, 1);
	if (w->data == NULL || w->wake_fd < 0 || w->done_fd < 0)
		ret = errno;
	else
		ret = prepare_fd(w);
	w->series = spec->series;
	if (ret == 0)
		ret = start_thread(w);
	if (ret != 0) {
		w->series = NULL; /* stays the caller's */
		writer_unref(w);
		errno = ret;
		return NULL;
	}
	return w;
}

size_t
writer_room(const struct writer *w)
{
	return w->ring_bytes - (size_t)(w->put - atomic_load(&w->tail));
}

void
writer_put(struct writer *w, const void *data, size_t size)
{
	size_t at = w->put % w->ring_bytes;
	size_t to_end = w->ring_bytes - at;
	size_t first = size < to_end ? size : to_end;

	memcpy(&w->data[at], data, first);
	memcpy(w->data, (const uint8_t *)data + first, size - first);
	w->put += size;
}

void
writer_publish(struct writer *w)
{
	if (w->put == atomic_load_explicit(&w->head, memory_order_relaxed))
		return;
	atomic_store(&w->head, w->put);
	if (atomic_exchange(&w->asleep, false))
		ring(w->wake_fd);
}

bool
writer_can_cut(const struct writer *w)
{
	return atomic_load(&w->n_cuts) - atomic_load(&w->n_begun) < CUTS_MAX;
}

void
writer_cut(struct writer *w)
{
	uint64_t n = atomic_load(&w->n_cuts);

	w->cuts[n % CUTS_MAX] = w->put;
	atomic_store(&w->n_cuts, n + 1);
}

void
writer_finish(struct writer *w)
{
	writer_publish(w);
	atomic_store(&w->finishing, true);
	ring(w->wake_fd);
}

void
writer_status(const struct writer *w, struct writer_status *status)
{
	status->done =
	    atomic_load(&w->done); /* first: then the rest is final */
	status->error = atomic_load(&w->error);
	status->written_bytes = atomic_load(&w->written);
	status->accepted_bytes = atomic_load(&w->head);
}

bool
writer_wait(const struct writer *w, int timeout_ms)
{
	struct pollfd pfd = { .fd = w->done_fd, .events = POLLIN };

	/* A signal may cut the wait short; the caller looks at the result. */
	return poll(&pfd, 1, timeout_ms) > 0 || atomic_load(&w->done);
}

void
writer_path(const struct writer *w, char path[PATH_MAX])
{
	path[0] = '\0';
	if (w->series != NULL)
		series_path(w->series, path);
}

void
writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	atomic_store(&w->abandoned, true);
	ring(w->wake_fd);
	if (atomic_load(&w->done))
		pthread_join(w->thread, NULL);
	else
		pthread_detach(w->thread);
	writer_unref(w);
}
