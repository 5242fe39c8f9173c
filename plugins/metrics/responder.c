#include "config.h"

#include "plugins/metrics/responder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugins/metrics/exposition.h"

#define NS_PER_MS UINT64_C(1000000)

/* Until the next try when there was no descriptor for a client. */
enum { PAUSE_MS = 100 };

enum client_state {
	READING, /* its request */
	WAITING, /* for the text */
	WRITING, /* the answer to it */
};

struct client {
	TAILQ_ENTRY(client) link;
	struct responder *responder; /* borrowed */
	enum client_state state;
	int fd;
	struct vl_watch *watch;
	struct vl_timer *timer; /* its patience ends */
	bool head;		/* it wants no body */
	char request[RESPONDER_REQUEST_MAX + 1];
	size_t n_read;
	char *answer; /* owned */
	size_t len, n_written;
};

struct responder {
	struct vl_inst *inst;
	char *path;
	int fd;
	struct vl_watch *watch;
	struct vl_timer *pause; /* set: .watch waits for it */
	responder_fn *fn;
	void *arg;
	TAILQ_HEAD(, client) clients;
	size_t n_clients;
};

/* ---- clients ---- */

static void
free_client(struct client *c)
{
	struct responder *r = c->responder;

	TAILQ_REMOVE(&r->clients, c, link);
	r->n_clients--;
	vl_watch_free(c->watch);
	vl_timer_free(c->timer);
	close(c->fd);
	free(c->answer);
	free(c);
	if (r->n_clients < RESPONDER_CLIENTS_MAX)
		vl_watch_set(r->watch, VL_READ);
}

static void
on_impatience(void *priv)
{
	free_client(priv);
}

/* As much as it takes. */
static void
write_answer(struct client *c)
{
	while (c->n_written < c->len) {
		ssize_t n =
		    send(c->fd, c->answer + c->n_written, c->len - c->n_written,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			vl_watch_set(c->watch, VL_WRITE);
			return;
		}
		if (n < 0)
			break;
		c->n_written += (size_t)n;
	}
	free_client(c);
}

static void
answer(struct client *c, const char *status, const char *type, const char *text,
       size_t len)
{
	FILE *out = open_memstream(&c->answer, &c->len);

	if (out != NULL) {
		fprintf(out,
			"HTTP/1.1 %s\r\nContent-Type: %s\r\n"
			"Content-Length: %zu\r\nConnection: close\r\n\r\n",
			status, type, len);
		if (!c->head)
			fwrite(text, 1, len, out);
	}
	if (out == NULL || fclose(out) != 0) {
		free_client(c);
		return;
	}
	c->state = WRITING;
	write_answer(c);
}

static void
refuse(struct client *c, const char *status)
{
	char text[64];

	snprintf(text, sizeof(text), "%s\n", status);
	answer(c, status, "text/plain", text, strlen(text));
}

void
responder_answer(struct responder *r, const char *text, size_t len)
{
	struct client *c = TAILQ_FIRST(&r->clients);

	while (c != NULL) {
		struct client *next = TAILQ_NEXT(c, link);

		if (c->state == WAITING && text == NULL)
			refuse(c, "500 Internal Server Error");
		else if (c->state == WAITING)
			answer(c, "200 OK", EXPOSITION_CONTENT_TYPE, text, len);
		c = next;
	}
}

/* ---- requests ---- */

/* Takes the word at *@text, which ends it there.  Return: the word. */
static char *
take_word(char **text)
{
	char *word = *text + strspn(*text, " ");
	size_t len = strcspn(word, " \r\n");

	*text = word + len;
	if (**text != '\0')
		*(*text)++ = '\0';
	return word;
}

/* The request is whole. */
static void
obey(struct client *c)
{
	char *rest = c->request;
	const char *method = take_word(&rest);
	char *target = take_word(&rest);

	target[strcspn(target, "?")] = '\0';
	c->head = strcmp(method, "HEAD") == 0;
	if (!c->head && strcmp(method, "GET") != 0) {
		refuse(c, "405 Method Not Allowed");
		return;
	}
	if (strcmp(target, "/metrics") != 0 && strcmp(target, "/") != 0) {
		refuse(c, "404 Not Found");
		return;
	}
	c->state = WAITING;
	vl_watch_set(c->watch, 0);
	c->responder->fn(c->responder->arg);
}

static bool
is_whole(const char *request)
{
	return strstr(request, "\r\n\r\n") != NULL ||
	       strstr(request, "\n\n") != NULL;
}

static void
read_request(struct client *c)
{
	ssize_t n = recv(c->fd, c->request + c->n_read,
			 RESPONDER_REQUEST_MAX - c->n_read, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		free_client(c);
		return;
	}
	c->n_read += (size_t)n;
	c->request[c->n_read] = '\0';
	if (strlen(c->request) < c->n_read)
		refuse(c, "400 Bad Request"); /* a NUL */
	else if (is_whole(c->request))
		obey(c);
	else if (c->n_read == RESPONDER_REQUEST_MAX)
		refuse(c, "431 Request Header Fields Too Large");
}

static void
on_client(void *priv, int fd, unsigned events)
{
	struct client *c = priv;

	(void)fd, (void)events;
	if (c->state == READING)
		read_request(c);
	else if (c->state == WRITING)
		write_answer(c);
}

static void
add_client(struct responder *r, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return;
	}
	c->responder = r;
	c->fd = fd;
	TAILQ_INSERT_TAIL(&r->clients, c, link);
	r->n_clients++;
	c->watch = vl_watch_add(r->inst, fd, VL_READ, on_client, c);
	c->timer = vl_timer_add(r->inst, on_impatience, c);
	if (c->watch == NULL || c->timer == NULL) {
		free_client(c);
		return;
	}
	vl_timer_set(c->timer,
		     vl_now_ns(r->inst) + RESPONDER_PATIENCE_MS * NS_PER_MS);
	if (r->n_clients == RESPONDER_CLIENTS_MAX)
		vl_watch_set(r->watch, 0);
}

static void
on_pause_over(void *priv)
{
	struct responder *r = priv;

	if (r->n_clients < RESPONDER_CLIENTS_MAX)
		vl_watch_set(r->watch, VL_READ);
}

static void
on_connection(void *priv, int fd, unsigned events)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	struct responder *r = priv;

	(void)events;
	if (client >= 0) {
		add_client(r, client);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		   errno == ENOMEM) {
		/* it goes on waiting: asking at once again would be all that
		 * the switch does */
		vl_watch_set(r->watch, 0);
		vl_timer_set(r->pause,
			     vl_now_ns(r->inst) + PAUSE_MS * NS_PER_MS);
	}
}

/* ---- the socket ---- */

/* A socket on which nobody listens any more is out of the way. */
static void
remove_stale(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (lstat(addr->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
	    errno == ECONNREFUSED)
		unlink(addr->sun_path);
	close(fd);
}

/* Return: a listening socket; -errno. */
static int
listen_on(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret = 0;
	mode_t umask_before;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	remove_stale(&addr);
	umask_before = umask(0177);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, RESPONDER_CLIENTS_MAX) < 0)
		ret = -errno;
	umask(umask_before);
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

struct responder *
responder_new(struct vl_inst *inst, const char *path, responder_fn *fn,
	      void *arg, char *error, size_t error_size)
{
	int fd = listen_on(path);
	struct responder *r;

	if (fd < 0) {
		snprintf(error, error_size, "cannot listen on %s: %s", path,
			 strerror(-fd));
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (r != NULL) {
		TAILQ_INIT(&r->clients);
		r->inst = inst;
		r->fd = fd;
		r->fn = fn;
		r->arg = arg;
		r->path = strdup(path);
		r->watch = vl_watch_add(inst, fd, VL_READ, on_connection, r);
		r->pause = vl_timer_add(inst, on_pause_over, r);
	}
	if (r != NULL && r->path != NULL && r->watch != NULL &&
	    r->pause != NULL)
		return r;
	snprintf(error, error_size, "out of memory");
	unlink(path);
	if (r != NULL) {
		vl_watch_free(r->watch);
		vl_timer_free(r->pause);
		free(r->path);
	}
	close(fd);
	free(r);
	return NULL;
}

void
responder_free(struct responder *r)
{
	struct client *c;

	if (r == NULL)
		return;
	while ((c = TAILQ_FIRST(&r->clients)) != NULL)
		free_client(c);
	vl_watch_free(r->watch);
	vl_timer_free(r->pause);
	unlink(r->path);
	close(r->fd);
	free(r->path);
	free(r);
}
