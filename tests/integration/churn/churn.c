/* churn: rounds of change under traffic, each of which ends with an account. */
#include "config.h"

#include "tests/integration/churn/churn.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc.h"

enum {
	ROUND_MS = 4000,
	DRAIN_MS = 30 * 1000, /* for what should take a moment */
	CHECK_MS = 20,	      /* between two looks at the books */
	LOOK_STEPS = 4,	      /* between two looks at what is there */
};

struct account {
	size_t n_fds, n_threads;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the books ---- */

/* Return: does every segment's balance?  *@rx: frames received, by all. */
static bool
books_balance(const json_t *stats, uint64_t *rx)
{
	const json_t *row;
	size_t i;

	*rx = 0;
	json_array_foreach(stats, i, row)
	{
		*rx += (uint64_t)json_int_or(row, "rx", 0);
		if (!json_bool_or(row, "balanced", false)) {
			char *text = json_dumps(row, JSON_COMPACT);

			printf("churn: the books do not balance: %s\n", text);
			free(text);
			return false;
		}
	}
	return true;
}

/* A process that asks for the books over and over, on a connection of its own,
 * until the switch is gone. */
static pid_t
start_checker(struct churn *c)
{
	uint64_t rx = 0, before = 0;
	json_t *stats;
	pid_t pid;
	int ctl = churn_connect(c->dir);

	fflush(stdout);
	pid = ctl >= 0 ? fork() : -1;
	if (pid < 0)
		churn_die(c, "the checker: %s", strerror(errno));
	if (pid > 0) {
		close(ctl);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(c->ctl); /* or it would live on when it is closed there */
	while ((stats = rpc_call_sync(ctl, "stats.show", NULL, NULL, 0,
				      DRAIN_MS, NULL)) != NULL) {
		if (!c->books->wrong && !books_balance(stats, &rx)) {
			c->books->wrong = true;
			fflush(stdout);
		}
		/* segments that go take their numbers along */
		c->books->n_frames += rx > before ? rx - before : 0;
		before = rx;
		c->books->n_checks++;
		json_decref(stats);
		poll(NULL, 0, CHECK_MS);
	}
	_exit(0);
}

/* ---- the process ---- */

static size_t
count_entries(const struct churn *c, const char *what)
{
	char path[64];
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)c->switch_pid, what);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* Without what is kept for frames, which is bounded elsewhere. */
static long
rss_kb(struct churn *c)
{
	json_t *info = churn_call(c, "switch.info", NULL, -1);
	int64_t frames = json_int_or(info, "frame_bytes", 0);

	char path[64], line[128];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)c->switch_pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	}
	if (f != NULL)
		fclose(f);
	json_decref(info);
	return kb - (long)(frames / 1024);
}

static void
list_fds(const struct churn *c)
{
	char path[64], target[256];

	for (int fd = 0; fd < 1024; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d",
			 (int)c->switch_pid, fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n >= 0)
			printf("churn: descriptor %d is %.*s\n", fd, (int)n,
			       target);
	}
}

/* ---- the end of a round ---- */

/* Repeats @call for each row of @list. */
static void
end_each(struct churn *c, const json_t *list, const char *method,
	 const char *param, const char *key, const char *but)
{
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		const char *name = json_str_or(row, key, "");

		if (strcmp(name, but) != 0)
			json_decref(churn_call(
			    c, method, json_pack("{s:s}", param, name), -1));
	}
}

static void
undeclare(struct churn *c)
{
	const json_t *row;
	size_t i;

	json_array_foreach(c->ports, i, row)
	{
		if (json_object_get(row, "declared") != NULL)
			json_decref(
			    churn_call(c, "port.undeclare",
				       json_pack("{s:s}", "port",
						 json_str_or(row, "name", "")),
				       -1));
	}
}

static void
end_ports(struct churn *c)
{
	int64_t deadline = now_ms() + DRAIN_MS;

	for (churn_look(c); json_array_size(c->ports) > 0; churn_look(c)) {
		if (now_ms() > deadline)
			churn_die(c, "port %s does not go",
				  churn_pick(c, c->ports, "name"));
		undeclare(c);
		end_each(c, c->ports, "port.del", "port", "name", "");
		poll(NULL, 0, 1);
	}
}

static void
end_plugins(struct churn *c)
{
	churn_look(c);
	end_each(c, c->instances, "plugin.unload", "id", "id", "");
	churn_look(c);
	if (json_array_size(c->instances) > 0)
		churn_die(c, "plugin %s does not go",
			  churn_pick(c, c->instances, "id"));
}

/* The switch's own account of what is in it. */
static void
check_empty(struct churn *c)
{
	int64_t deadline = now_ms() + DRAIN_MS, frames = -1;
	json_t *stats, *info;
	const json_t *row;
	uint64_t rx;
	size_t i;

	while (frames != 0) {
		json_decref(churn_call(c, "switch.sync", NULL, -1));
		info = churn_call(c, "switch.info", NULL, -1);
		frames = json_int_or(info, "frames_in_use", -1);
		json_decref(info);
		if (frames != 0 && now_ms() > deadline)
			churn_die(c, "%" PRId64 " frames are still in use",
				  frames);
		poll(NULL, 0, frames != 0 ? 5 : 0);
	}
	stats = churn_call(c, "stats.show", NULL, -1);
	if (!books_balance(stats, &rx))
		churn_die(c, "at rest the books do not balance");
	json_array_foreach(stats, i, row)
	{
		if (json_int_or(row, "held", -1) != 0 ||
		    json_int_or(row, "queued", -1) != 0)
			churn_die(c, "segment %s holds frames, at rest",
				  json_str_or(row, "segment", "?"));
	}
	json_decref(stats);
}

static void
check_process(struct churn *c, const struct account *begin)
{
	int64_t deadline = now_ms() + DRAIN_MS;
	struct account end;

	for (;;) {
		end = (struct account){ count_entries(c, "fd"),
					count_entries(c, "task") };
		if (memcmp(&end, begin, sizeof(end)) == 0)
			return;
		if (now_ms() > deadline)
			break;
		poll(NULL, 0, 10);
	}
	list_fds(c);
	churn_die(c, "%zu descriptors and %zu threads have become %zu and %zu",
		  begin->n_fds, begin->n_threads, end.n_fds, end.n_threads);
}

static void
settle(struct churn *c, const struct account *begin)
{
	bool plugins_first = churn_chance(c, 50);

	if (c->books->wrong)
		churn_die(c, "the books did not balance amid the traffic");
	churn_quiet(c);
	json_object_clear(c->ids);
	churn_write_config(c, "");
	json_decref(churn_call(c, "switch.reload", NULL, -1));
	if (plugins_first)
		end_plugins(c);
	end_ports(c);
	end_plugins(c);
	check_empty(c);
	end_each(c, c->segments, "segment.del", "segment", "name", CHURN_BASE);
	json_decref(
	    churn_call(c, "segment.set",
		       json_pack("{s:s, s:s, s:s}", "segment", CHURN_BASE,
				 "mode", "bridge", "stp", "off"),
		       -1));
	check_empty(c);
	check_process(c, begin);
}

/* ---- all of it ---- */

static void
run_round(struct churn *c)
{
	int64_t end = now_ms() + ROUND_MS;

	churn_fill(c);
	for (unsigned n = 0; now_ms() < end; n++) {
		if (n % LOOK_STEPS == 0)
			churn_look(c);
		churn_step(c);
	}
}

static void
run(struct churn *c, int64_t seconds)
{
	struct account begin = { 0 };
	int64_t end = now_ms() + seconds * 1000;
	long rss = 0, rss_first = 0, rss_bound = 0;
	pid_t checker = start_checker(c);
	unsigned n_rounds = 0;

	while (c->books->n_checks == 0 && !c->books->wrong)
		poll(NULL, 0, 1); /* its connection is among the descriptors */
	begin = (struct account){ count_entries(c, "fd"),
				  count_entries(c, "task") };
	do {
		run_round(c);
		settle(c, &begin);
		rss = rss_kb(c);
		printf("round %u: %ld KiB\n", n_rounds, rss);
		if (n_rounds++ == 0)
			rss_first = rss;
		rss_bound = rss_first + c->rss_slack_kb;
		if (rss > rss_bound)
			churn_die(c,
				  "at rest it has %ld KiB, %ld after the "
				  "first round",
				  rss, rss_first);
	} while (now_ms() < end);
	kill(checker, SIGKILL);
	waitpid(checker, NULL, 0);
	printf("churn: %u rounds, %" PRIu64 " calls (%" PRIu64
	       " refused), %" PRIu64 " frames received, books checked %" PRIu64
	       " times, %zu descriptors, %ld KiB at first, %ld at last\n",
	       n_rounds, c->n_calls, c->n_refused, c->books->n_frames,
	       c->books->n_checks, begin.n_fds, rss_first, rss);
}

/* Names of the plugins that are installed in @path. */
static void
find_plugins(struct churn *c, const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char *end = strstr(names[i]->d_name, ".so");

		if (end != NULL && end[3] == '\0' && end != names[i]->d_name &&
		    c->n_plugins < CHURN_KINDS_MAX)
			c->plugins[c->n_plugins++] = strndup(
			    names[i]->d_name, (size_t)(end - names[i]->d_name));
		free(names[i]);
	}
	if (n < 0 || c->n_plugins == 0)
		churn_die(c, "%s: there are no plugins", path);
	free(names);
}

static void
clear(struct churn *c)
{
	for (size_t i = 0; i < c->n_plugins; i++)
		free(c->plugins[i]);
	json_decref(c->ports);
	json_decref(c->segments);
	json_decref(c->instances);
	json_decref(c->methods);
	json_decref(c->ids);
	close(c->ctl);
	munmap(c->books, sizeof(*c->books));
}

static int
usage(void)
{
	fprintf(
	    stderr,
	    "usage: churn --dir DIR --pid PID --conf FILE "
	    "--scratch DIR --programs DIR\n"
	    "             --plugins DIR --seed N --seconds N --slack-kb N\n");
	return 2;
}

/* Return: 0; or an exit status. */
static int
parse(struct churn *c, int argc, char **argv, const char **plugins,
      int64_t *seconds)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "pid", required_argument, NULL, 'p' },
		{ "conf", required_argument, NULL, 'c' },
		{ "scratch", required_argument, NULL, 's' },
		{ "programs", required_argument, NULL, 'r' },
		{ "plugins", required_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "slack-kb", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (o == 'd')
			c->dir = optarg;
		else if (o == 'p')
			c->switch_pid = (pid_t)atoi(optarg);
		else if (o == 'c')
			c->conf = optarg;
		else if (o == 's')
			c->scratch = optarg;
		else if (o == 'r')
			c->programs = optarg;
		else if (o == 'l')
			*plugins = optarg;
		else if (o == 'n')
			c->random = strtoull(optarg, NULL, 10);
		else if (o == 'k')
			c->rss_slack_kb = atol(optarg);
		else if (o == 't')
			*seconds = atoll(optarg);
		else
			return usage();
	}
	if (c->dir == NULL || c->switch_pid <= 0 || c->conf == NULL ||
	    c->scratch == NULL || c->programs == NULL || *plugins == NULL ||
	    *seconds <= 0 || optind != argc)
		return usage();
	return 0;
}

int
main(int argc, char **argv)
{
	struct churn c = { .ctl = -1 };
	const char *plugins = NULL;
	int64_t seconds = 0;
	int ret = parse(&c, argc, argv, &plugins, &seconds);

	if (ret != 0)
		return ret;
	for (size_t i = 0; i < CHURN_PIPES; i++)
		c.pipes[i].fd = -1;
	c.ids = json_object();
	c.books = mmap(NULL, sizeof(*c.books), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	c.ctl = churn_connect(c.dir);
	if (c.books == MAP_FAILED || c.ctl < 0)
		churn_die(&c, "%s: %s", c.dir, strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	find_plugins(&c, plugins);
	run(&c, seconds);
	clear(&c);
	return 0;
}
