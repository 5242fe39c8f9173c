/* console: a stream socket joined to a machine's serial console. */
#ifndef DRIVER_CONTROL_CONSOLE_H
#define DRIVER_CONTROL_CONSOLE_H

struct console;
struct err;
struct event_base;
struct machine;

/* It is over, and @why; free it here. */
typedef void console_over_fn(const char *why, void *arg);

/**
 * console_new() - join @fd
 * @fd: taken, also on failure
 *
 * Who does not read what the console shows loses some of it, not the machine.
 * Return: owned by the caller; NULL with @err set: the machine is off, or
 * somebody has its console.
 */
struct console *console_new(struct event_base *base, struct machine *machine,
			    int fd, console_over_fn *over, void *arg,
			    struct err *err);
/** console_free() - NULL is a no-op */
void console_free(struct console *console);

#endif /* DRIVER_CONTROL_CONSOLE_H */
