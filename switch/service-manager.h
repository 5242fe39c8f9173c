/*
 * service-manager: what the process that started us wants to hear, in the
 * protocol of sd_notify(3), without its library: readiness, a status line,
 * watchdog pings, and descriptors to keep while we are restarted.
 *
 * Without a manager (no NOTIFY_SOCKET) every function does nothing.  Nothing
 * here ever blocks: what the manager cannot take at once waits in order and is
 * sent again from a timer.
 */
#ifndef SWITCH_SERVICE_MANAGER_H
#define SWITCH_SERVICE_MANAGER_H

#include <stdbool.h>

struct clock;
struct service_manager;

enum {
	SERVICE_WAITING_MAX = 8192, /* messages; later ones are dropped */
	SERVICE_RETRY_MS = 50,
	SERVICE_NAME_MAX = 255, /* of a descriptor; printable, no ':' */
};

/** service_manager_new() - as NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID in
 * the environment say, which are removed from it; returned owned */
struct service_manager *service_manager_new(void);
/** service_manager_free() - NULL is a no-op */
void service_manager_free(struct service_manager *sm);

/** service_manager_start() - messages that wait and watchdog pings go from now
 * on by timers of @clock, borrowed: a loop that hangs is not pinged for */
void service_manager_start(struct service_manager *sm, struct clock *clock);
/** service_manager_there() - is there anybody to tell? */
bool service_manager_there(const struct service_manager *sm);

/** service_manager_ready() - everything is up, or a reload has ended
 * @fmt: status, one line, for `systemctl status` */
void service_manager_ready(struct service_manager *sm, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void service_manager_status(struct service_manager *sm, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void service_manager_reloading(struct service_manager *sm);
void service_manager_stopping(struct service_manager *sm);

/** service_manager_store() - keep a duplicate of @fd (borrowed) under @name,
 * until service_manager_unstore() or its peer goes; the next process gets it
 * among its LISTEN_FDS */
void service_manager_store(struct service_manager *sm, const char *name,
			   int fd);
void service_manager_unstore(struct service_manager *sm, const char *name);

#endif /* SWITCH_SERVICE_MANAGER_H */
