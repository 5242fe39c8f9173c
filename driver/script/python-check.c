#include "config.h"

#include "driver/script/python-check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/process.h"
#include "lib/xalloc.h"

enum { SAID_MAX = 1024, PATIENCE_MS = 30000 };

/* Says "LINE:what is wrong", or nothing. */
static const char program[] =
    "import sys\n"
    "try:\n"
    "    compile(sys.stdin.buffer.read(), '-', 'exec', dont_inherit=True)\n"
    "except SyntaxError as e:\n"
    "    print(f'{e.lineno or 0}:{e.msg}')\n"
    "except (ValueError, RecursionError, MemoryError) as e:\n"
    "    print(f'0:{e}')\n";

struct check {
	struct process *process;
	char said[SAID_MAX + 1];
	size_t len;
	bool done;
};

int
python_text_fd(const char *text, size_t size, struct err *err)
{
	int fd = memfd_create("script", MFD_CLOEXEC);
	size_t done = 0;

	if (fd < 0)
		return err_errno(err, "cannot keep the text of a script");
	while (done < size) {
		ssize_t n = write(fd, text + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int ret = err_errno(err, "cannot keep a script's text");

			close(fd);
			return ret;
		}
		done += (size_t)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
on_output(struct process *p, int fd, const void *data, size_t size, void *arg)
{
	struct check *check = arg;
	size_t room = SAID_MAX - check->len;

	(void)p;
	if (fd != STDOUT_FILENO)
		return;
	if (size > room)
		size = room;
	memcpy(check->said + check->len, data, size);
	check->len += size;
}

static void
on_exit_(struct process *p, const struct process_status *status, void *arg)
{
	struct check *check = arg;

	(void)p;
	(void)status;
	check->done = true;
}

static void
on_late(void *arg)
{
	struct check *check = arg;

	process_stop(check->process, 0);
}

static void
ask(struct check *check, struct event_base *base, struct clock *clock,
    int text_fd)
{
	/* Isolated: nothing of the user's or of the directory is run. */
	static const char *const argv[] = { "python3", "-I",	"-S",
					    "-c",      program, NULL };
	struct process_spec spec = PROCESS_SPEC_INIT;
	struct timer *timer;

	spec.argv = argv;
	spec.stdin_fd = text_fd;
	spec.on_output = on_output;
	spec.on_exit = on_exit_;
	spec.arg = check;
	check->process = process_spawn(base, clock, &spec, NULL);
	if (check->process == NULL)
		return; /* there is none */
	timer = timer_new(clock, on_late, check);
	timer_set_in(timer, PATIENCE_MS * NS_PER_MS);
	while (!check->done && event_base_loop(base, EVLOOP_ONCE) == 0)
		;
	timer_free(timer);
	process_free(check->process);
}

char *
python_check(const char *text, size_t size, int *line)
{
	struct check check = { .process = NULL };
	struct event_base *base = event_base_new();
	int fd = python_text_fd(text, size, NULL);
	char *end;

	*line = 0;
	if (base != NULL && fd >= 0) {
		struct clock *clock = clock_real_new(base);

		ask(&check, base, clock, fd);
		clock_free(clock);
	}
	if (fd >= 0)
		close(fd);
	if (base != NULL)
		event_base_free(base);
	check.said[strcspn(check.said, "\n")] = '\0';
	*line = (int)strtol(check.said, &end, 10);
	return *end == ':' ? xstrdup(end + 1) : NULL;
}
