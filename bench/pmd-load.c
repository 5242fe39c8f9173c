#include "bench/pmd-load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/now.h"
#include "bench/procfs.h"
#include "lib/err.h"
#include "lib/rpc.h"
#include "lib/sockpath.h"

enum {
	SOCKET_MS = 10000,
	LOOK_MS = 10,
	CALL_MS = 5000,
	/* A switch that has just seen a device may not forward yet: what is
	 * sent to it then is lost, and nothing goes round. */
	START_TRIES = 20,
	START_MS = 400,
};

/* Counters at one moment. */
struct look {
	uint64_t at_ns;
	int64_t cpu_ns;
	struct pmd_stats stats;
};

/* Until the switch has made them.  Its connections are ports: nobody may try
 * by connecting. */
static int
wait_for_sockets(const struct pmd_load_config *config, struct runner *runner,
		 struct err *err)
{
	unsigned waited_ms = 0;

	for (int i = 0; i < PMD_DEVICES && !config->pmd.listens;) {
		struct stat st;

		if (stat(config->pmd.sockets[i], &st) == 0) {
			i++;
			continue;
		}
		if (waited_ms >= SOCKET_MS)
			return err_set(err, -ETIMEDOUT, "%s is not there",
				       config->pmd.sockets[i]);
		if (runner_wait(runner, LOOK_MS) < 0)
			return err_set(err, -EINTR, "stopped");
		waited_ms += LOOK_MS;
	}
	return 0;
}

/* ---- what our switch is told ---- */

static int
set_spin(int fd, unsigned spin_us, struct err *err)
{
	json_t *ports =
	    rpc_call_sync(fd, "port.show", NULL, NULL, 0, CALL_MS, err);
	json_t *port, *done;
	size_t i;
	int ret = ports != NULL ? 0 : -EIO;

	json_array_foreach(ports, i, port)
	{
		if (ret < 0)
			break;
		done = rpc_call_sync(fd, "port.set",
				     json_pack("{s:O, s:i}", "port",
					       json_object_get(port, "name"),
					       "spin", (int)spin_us),
				     NULL, 0, CALL_MS, err);
		if (done == NULL)
			ret = -EIO;
		json_decref(done);
	}
	json_decref(ports);
	return ret;
}

static int
tell_switch(const struct pmd_load_config *config, struct err *err)
{
	int fd, ret;

	if (config->spin_us == 0)
		return 0;
	fd = sockpath_connect(config->control, SOCK_STREAM, err);
	if (fd < 0)
		return fd;
	ret = set_spin(fd, config->spin_us, err);
	close(fd);
	return ret;
}

/* ---- measuring ---- */

static int
look(const struct pmd_load_config *config, struct pmd *pmd, struct look *look,
     struct err *err)
{
	int ret = pmd_ask(pmd, &look->stats, err);

	look->at_ns = now_ns();
	look->cpu_ns = config->switch_pid > 0
			   ? procfs_cpu_ns(config->switch_pid)
			   : -ENOENT;
	return ret;
}

static int
let_pass(struct pmd *pmd, unsigned ms, struct err *err)
{
	return runner_wait(pmd->child.runner, ms) < 0
		   ? err_set(err, -EINTR, "stopped")
		   : 0;
}

static bool
has_moved(const struct look *from, const struct look *to)
{
	for (int i = 0; i < PMD_DEVICES; i++) {
		if (to->stats.received[i] <= from->stats.received[i])
			return false;
	}
	return true;
}

/* Until frames go round.  Return: 0; -errno. */
static int
get_going(const struct pmd_load_config *config, struct pmd *pmd,
	  struct err *err)
{
	struct look from, to;
	int ret = 0;

	for (int i = 0; i < START_TRIES && ret == 0; i++) {
		ret = pmd_forward(pmd, true, err);
		if (ret == 0)
			ret = let_pass(pmd, START_MS / 2, err);
		if (ret == 0)
			ret = look(config, pmd, &from, err);
		if (ret == 0)
			ret = let_pass(pmd, START_MS / 2, err);
		if (ret == 0)
			ret = look(config, pmd, &to, err);
		if (ret == 0 && has_moved(&from, &to))
			return 0;
		if (ret == 0)
			ret = pmd_forward(pmd, false, err);
	}
	return ret < 0 ? ret
		       : err_set(err, -ETIMEDOUT, "no frame comes through");
}

static json_t *
answer(const struct pmd_load_config *config, const struct look *from,
       const struct look *to)
{
	double seconds = (double)(to->at_ns - from->at_ns) / NS_PER_S;
	double fps = (double)(to->stats.rate_fps[0] + to->stats.rate_fps[1]);
	double cpu = (double)(to->cpu_ns - from->cpu_ns) / 1e9 / seconds;
	bool knows_cpu = from->cpu_ns >= 0 && to->cpu_ns >= 0 && fps > 0;
	int64_t rss_kib = config->switch_pid > 0
			      ? procfs_rss_kib(config->switch_pid)
			      : -ENOENT;

	return json_pack(
	    "{s:s, s:f, s:f, s:f, s:o, s:o, s:o, s:I}", "mode",
	    config->pmd.is_alone ? "hop" : "flow", "seconds", seconds, "fps",
	    fps, "gbps", fps * config->pmd.frame_len * 8 / 1e9, "switch_cpu",
	    knows_cpu ? json_real(cpu) : json_null(), "switch_ns_per_frame",
	    knows_cpu ? json_real(cpu * 1e9 / fps) : json_null(), "hop_ns",
	    config->pmd.is_alone && fps > 0 ? json_real(PMD_DEVICES * 1e9 / fps)
					    : json_null(),
	    "switch_rss_kib", (json_int_t)(rss_kib > 0 ? rss_kib : 0));
}

/* A window in which nobody had a turn, on a busy machine, says nothing: then
 * there is another one.  Return: 0; -errno. */
static int
pass_window(const struct pmd_load_config *config, struct pmd *pmd,
	    struct look *from, struct look *to, struct err *err)
{
	for (int i = 0; i < START_TRIES; i++) {
		int ret = look(config, pmd, from, err);

		if (ret == 0)
			ret = let_pass(pmd, config->window_ms, err);
		if (ret == 0)
			ret = look(config, pmd, to, err);
		if (ret < 0 || has_moved(from, to))
			return ret;
	}
	return err_set(err, -EIO, "frames no longer come through");
}

static json_t *
measure(const struct pmd_load_config *config, struct pmd *pmd, struct err *err)
{
	struct look from, to;

	if (tell_switch(config, err) < 0 || get_going(config, pmd, err) < 0 ||
	    let_pass(pmd, config->warmup_ms, err) < 0 ||
	    pass_window(config, pmd, &from, &to, err) < 0)
		return NULL;
	return answer(config, &from, &to);
}

json_t *
pmd_load_run(const struct pmd_load_config *config, struct runner *runner,
	     struct err *err)
{
	struct pmd pmd;
	json_t *result;

	if (wait_for_sockets(config, runner, err) < 0 ||
	    pmd_start(&pmd, &config->pmd, runner, err) < 0)
		return NULL;
	result = measure(config, &pmd, err);
	pmd_stop(&pmd);
	return result;
}
