#include "config.h"

#include "switch/service-manager.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

/* What the manager could not take at once. */
struct message {
	STAILQ_ENTRY(message) link;
	char *text;
	int fd; /* goes with it; owned; or -1 */
};

struct service_manager {
	struct sockaddr_un addr;
	socklen_t addr_size;
	int fd;		      /* -1: there is nobody */
	uint64_t watchdog_ns; /* between pings; 0 = none wanted */
	STAILQ_HEAD(, message) waiting;
	unsigned n_waiting;
	struct timer *retry, *ping; /* NULL before service_manager_start() */
};

/* ---- the environment ---- */

/* Return: @name's value, returned owned, or NULL; no child shall see it. */
static char *
take_env(const char *name)
{
	const char *value = getenv(name);
	char *copy = value != NULL ? xstrdup(value) : NULL;

	unsetenv(name);
	return copy;
}

static void
read_socket(struct service_manager *sm)
{
	char *path = take_env("NOTIFY_SOCKET");

	if (path == NULL)
		return;
	if ((path[0] != '/' && path[0] != '@') ||
	    sockpath_fill(&sm->addr, path, NULL) < 0) {
		log_warn("NOTIFY_SOCKET is no address of a socket: %s", path);
		free(path);
		return;
	}
	sm->addr_size =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (path[0] == '@')
		sm->addr.sun_path[0] = '\0'; /* an abstract address */
	free(path);
	sm->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sm->fd < 0)
		log_warn("cannot make a socket for the service manager: %m");
}

static bool
read_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return end != text && *end == '\0' && errno == 0 && text[0] != '-';
}

static void
read_watchdog(struct service_manager *sm)
{
	char *usec = take_env("WATCHDOG_USEC"), *pid = take_env("WATCHDOG_PID");
	uint64_t number;

	if (usec != NULL && (pid == NULL || (read_number(pid, &number) &&
					     number == (uint64_t)getpid()))) {
		if (read_number(usec, &number) &&
		    number < UINT64_MAX / NS_PER_US)
			sm->watchdog_ns = number * NS_PER_US / 2;
		else
			log_warn("WATCHDOG_USEC is no number: %s", usec);
	}
	free(usec);
	free(pid);
}

struct service_manager *
service_manager_new(void)
{
	struct service_manager *sm = XNEW(struct service_manager);

	sm->fd = -1;
	STAILQ_INIT(&sm->waiting);
	read_socket(sm);
	read_watchdog(sm);
	return sm;
}

static void
drop_first(struct service_manager *sm)
{
	struct message *m = STAILQ_FIRST(&sm->waiting);

	STAILQ_REMOVE_HEAD(&sm->waiting, link);
	sm->n_waiting--;
	if (m->fd >= 0)
		close(m->fd);
	free(m->text);
	free(m);
}

void
service_manager_free(struct service_manager *sm)
{
	if (sm == NULL)
		return;
	while (!STAILQ_EMPTY(&sm->waiting))
		drop_first(sm);
	timer_free(sm->retry);
	timer_free(sm->ping);
	if (sm->fd >= 0)
		close(sm->fd);
	free(sm);
}

bool
service_manager_there(const struct service_manager *sm)
{
	return sm->fd >= 0;
}

/* ---- sending ---- */

/* @fd: goes along; borrowed; or -1.  Return: 0; -errno. */
static int
send_now(const struct service_manager *sm, const char *text, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr msg = {
		.msg_name = (struct sockaddr_un *)&sm->addr,
		.msg_namelen = sm->addr_size,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n;

	if (fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	do
		n = sendmsg(sm->fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static bool
must_wait(int ret)
{
	return ret == -EAGAIN || ret == -ENOBUFS;
}

static void
complain(int ret)
{
	if (ret < 0)
		LOG_LIMITED(LOG_WARN, "cannot tell the service manager: %s",
			    strerror(-ret));
}

static void
try_later(struct service_manager *sm)
{
	if (sm->retry != NULL && !timer_is_set(sm->retry))
		timer_set_in(sm->retry, SERVICE_RETRY_MS * NS_PER_MS);
}

/* @text, @fd: taken */
static void
wait_in_line(struct service_manager *sm, char *text, int fd)
{
	struct message *m;

	if (sm->n_waiting == SERVICE_WAITING_MAX) {
		complain(-ENOBUFS);
		free(text);
		if (fd >= 0)
			close(fd);
		return;
	}
	m = XNEW(struct message);
	m->text = text;
	m->fd = fd;
	STAILQ_INSERT_TAIL(&sm->waiting, m, link);
	sm->n_waiting++;
	try_later(sm);
}

static void
on_retry(void *arg)
{
	struct service_manager *sm = arg;
	const struct message *m;

	while ((m = STAILQ_FIRST(&sm->waiting)) != NULL) {
		int ret = send_now(sm, m->text, m->fd);

		if (must_wait(ret)) {
			try_later(sm);
			return;
		}
		complain(ret);
		drop_first(sm);
	}
}

/* @text: taken; @fd: borrowed, or -1 */
static void
tell(struct service_manager *sm, char *text, int fd)
{
	int ret = -EAGAIN;

	if (sm->fd < 0) {
		free(text);
		return;
	}
	if (STAILQ_EMPTY(&sm->waiting))
		ret = send_now(sm, text, fd);
	if (must_wait(ret)) {
		/* The owner may close his before it is sent. */
		int own = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;

		if (fd < 0 || own >= 0) {
			wait_in_line(sm, text, own);
			return;
		}
		ret = -errno;
	}
	complain(ret);
	free(text);
}

/* ---- watchdog ---- */

/* Pings are not kept: a late one is worth nothing. */
static void
on_ping(void *arg)
{
	struct service_manager *sm = arg;
	int ret = send_now(sm, "WATCHDOG=1", -1);

	if (!must_wait(ret))
		complain(ret);
	timer_set_in(sm->ping, sm->watchdog_ns);
}

void
service_manager_start(struct service_manager *sm, struct clock *clock)
{
	if (sm->fd < 0)
		return;
	assert(sm->retry == NULL);
	sm->retry = timer_new(clock, on_retry, sm);
	sm->ping = timer_new(clock, on_ping, sm);
	if (!STAILQ_EMPTY(&sm->waiting))
		try_later(sm);
	if (sm->watchdog_ns > 0)
		on_ping(sm);
}

/* ---- what is told ---- */

/* A status with a line feed in it would be two assignments. */
static char *
one_line(char *text)
{
	for (char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ')
			*p = ' ';
	}
	return text;
}

void
service_manager_ready(struct service_manager *sm, const char *fmt, ...)
{
	va_list ap;
	char *status;

	va_start(ap, fmt);
	status = one_line(xvasprintf(fmt, ap));
	va_end(ap);
	tell(sm, xasprintf("READY=1\nSTATUS=%s", status), -1);
	free(status);
}

void
service_manager_status(struct service_manager *sm, const char *fmt, ...)
{
	va_list ap;
	char *status;

	va_start(ap, fmt);
	status = one_line(xvasprintf(fmt, ap));
	va_end(ap);
	tell(sm, xasprintf("STATUS=%s", status), -1);
	free(status);
}

void
service_manager_reloading(struct service_manager *sm)
{
	struct clock *clock = clock_real_new(NULL);

	/* The manager compares it with its own clock, so no virtual one. */
	tell(sm,
	     xasprintf("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		       clock_now_ns(clock) / NS_PER_US),
	     -1);
	clock_free(clock);
}

void
service_manager_stopping(struct service_manager *sm)
{
	tell(sm, xstrdup("STOPPING=1"), -1);
}

void
service_manager_store(struct service_manager *sm, const char *name, int fd)
{
	assert(strlen(name) <= SERVICE_NAME_MAX);
	tell(sm, xasprintf("FDSTORE=1\nFDNAME=%s", name), fd);
}

void
service_manager_unstore(struct service_manager *sm, const char *name)
{
	tell(sm, xasprintf("FDSTOREREMOVE=1\nFDNAME=%s", name), -1);
}
