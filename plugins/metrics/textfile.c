#include "config.h"

#include "plugins/metrics/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct textfile {
	char *path, *beside; /* owned */
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wanted;
	char *text; /* to be written; owned; NULL: nothing */
	size_t len;
	bool busy; /* one is being written */
	bool ends;
	int error;
};

/* ---- in the thread ---- */

static int
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Readers are others: a node exporter under a user of its own. */
static int
replace(const struct textfile *f, const char *text, size_t len)
{
	int fd =
	    open(f->beside,
		 O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, text, len);
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret == 0 && rename(f->beside, f->path) < 0)
		ret = -errno;
	if (ret < 0)
		unlink(f->beside);
	return ret;
}

static void *
run(void *arg)
{
	struct textfile *f = arg;

	pthread_mutex_lock(&f->lock);
	while (!f->ends || f->text != NULL) {
		char *text = f->text;
		size_t len = f->len;
		int error;

		if (text == NULL) {
			pthread_cond_wait(&f->wanted, &f->lock);
			continue;
		}
		f->text = NULL;
		f->busy = true;
		pthread_mutex_unlock(&f->lock);
		error = replace(f, text, len);
		free(text);
		pthread_mutex_lock(&f->lock);
		f->busy = false;
		f->error = error;
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* ---- in the switch's ---- */

/* Signals are the switch's business, and none of the thread's. */
static int
start_thread(struct textfile *f)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&f->thread, NULL, run, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

struct textfile *
textfile_new(const char *path)
{
	struct textfile *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->wanted, NULL);
	f->path = strdup(path);
	if (asprintf(&f->beside, "%s.new", path) < 0)
		f->beside = NULL;
	if (f->path != NULL && f->beside != NULL && start_thread(f) == 0)
		return f;
	free(f->path);
	free(f->beside);
	free(f);
	return NULL;
}

void
textfile_free(struct textfile *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	f->ends = true;
	pthread_cond_signal(&f->wanted);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	pthread_cond_destroy(&f->wanted);
	pthread_mutex_destroy(&f->lock);
	free(f->path);
	free(f->beside);
	free(f);
}

bool
textfile_put(struct textfile *f, char *text, size_t len)
{
	bool free_for_it;

	pthread_mutex_lock(&f->lock);
	free_for_it = f->text == NULL && !f->busy;
	if (free_for_it) {
		f->text = text;
		f->len = len;
		pthread_cond_signal(&f->wanted);
	}
	pthread_mutex_unlock(&f->lock);
	if (!free_for_it)
		free(text);
	return free_for_it;
}

int
textfile_error(struct textfile *f)
{
	int error;

	pthread_mutex_lock(&f->lock);
	error = f->error;
	pthread_mutex_unlock(&f->lock);
	return error;
}
