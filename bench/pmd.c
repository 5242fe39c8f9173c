#include "config.h"

#include "bench/pmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/words.h"
#include "lib/err.h"

enum {
	LOOK_MS = 5,
	START_MS = 30000,  /* OVS calls each second, once it is ready */
	ANSWER_MS = 20000, /* of a busy machine */
	QUIT_MS = 2000,
	LINE_SIZE = 256,
	LARGE = 2000, /* frames that take more than one of its buffers */
};

static const char prompt[] = "testpmd> ";

/* ---- what it is started with ---- */

static void
device_words(const struct pmd_config *config, unsigned i, struct words *words)
{
	words_add(words, "--vdev");
	words_add(
	    words,
	    "net_virtio_user%u,path=%s,mac=02:00:00:00:00:0%u,"
	    "queue_size=1024%s%s%s",
	    i, config->sockets[i], i + 1, config->listens ? ",server=1" : "",
	    config->frame_len > LARGE ? ",mrg_rxbuf=1" : "",
	    config->is_packed ? ",packed_vq=1,mrg_rxbuf=0,in_order=1" : "");
}

static void
start_words(const struct pmd_config *config, struct words *words)
{
	bool is_large = config->frame_len > LARGE;

	/* Else it keeps what it prints until there are 4 KiB of it. */
	words_add(words, "stdbuf");
	words_add(words, "-oL");
	words_add(words, "dpdk-testpmd");
	words_add(words, "--lcores=(0,1)@%d", config->cpu);
	words_add(words, "--no-huge");
	words_add(words, "-m");
	words_add(words, "512");
	words_add(words, "--no-pci");
	words_add(words, "--no-telemetry");
	words_add(words, "--iova-mode=va");
	words_add(words, "--file-prefix=load%d", (int)getpid());
	for (unsigned i = 0; i < PMD_DEVICES; i++)
		device_words(config, i, words);
	words_add(words, "--");
	words_add(words, "-i");
	words_add(words, "--nb-cores=1");
	words_add(words, "--forward-mode=mac");
	for (unsigned i = 0; i < PMD_DEVICES; i++)
		words_add(words, "--eth-peer=%u,02:00:00:00:00:0%u", i,
			  PMD_DEVICES - i);
	words_add(words, "--txd=1024");
	words_add(words, "--rxd=1024");
	words_add(words, "--total-num-mbufs=%u", is_large ? 12000 : 16384);
	if (config->is_alone)
		words_add(words, "--burst=1");
	if (!is_large)
		return;
	words_add(words, "--tx-offloads=0x8000"); /* several buffers a frame */
	words_add(words, "--enable-scatter");
	words_add(words, "--mbuf-size=16384");
	if (!config->is_alone)
		words_add(words, "--burst=8");
}

/* ---- talking ---- */

static int tell(struct pmd *pmd, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
tell(struct pmd *pmd, struct err *err, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n >= LINE_SIZE)
		return err_set(err, -ENAMETOOLONG, "dpdk-testpmd: a command");
	if (write(pmd->input, line, (size_t)n) != n)
		return err_errno(err, "dpdk-testpmd");
	return 0;
}

/* Why it has ended, as far as it says. */
static int
has_ended(const struct pmd *pmd, struct err *err)
{
	const char *said = pmd->child.errors;
	size_t len = strlen(said);

	/* The last line is the cause, or nearest to it. */
	while (len > 0 && said[len - 1] == '\n')
		len--;
	while (len > 0 && said[len - 1] != '\n')
		len--;
	return err_set(err, -EIO, "dpdk-testpmd has ended: %.*s",
		       (int)strcspn(said + len, "\n"), said + len);
}

/* Until what it has printed satisfies @is_there.  Return: 0; -errno. */
static int
wait_for(struct pmd *pmd, bool (*is_there)(struct pmd *pmd, void *arg),
	 void *arg, unsigned ms, struct err *err)
{
	for (unsigned waited = 0; !is_there(pmd, arg); waited += LOOK_MS) {
		if (pmd->child.ended)
			return has_ended(pmd, err);
		if (waited >= ms)
			return err_set(err, -ETIMEDOUT,
				       "dpdk-testpmd says nothing");
		if (runner_wait(pmd->child.runner, LOOK_MS) < 0)
			return err_set(err, -EINTR, "stopped");
	}
	return 0;
}

static bool
has_prompt(struct pmd *pmd, void *arg)
{
	(void)arg;
	return strstr(pmd->child.output, prompt) != NULL;
}

static bool
has_stats(struct pmd *pmd, void *stats)
{
	return pmd_stats_parse(pmd->child.output, pmd->n_asked, stats);
}

/* ---- its life ---- */

static int
tell_lengths(struct pmd *pmd, struct err *err)
{
	unsigned left = pmd->config->frame_len;
	char lengths[LINE_SIZE / 2] = "";
	size_t at = 0;

	while (left > 0) {
		unsigned some = left < PMD_SEGMENT_MAX ? left : PMD_SEGMENT_MAX;

		left -= some;
		at += (size_t)snprintf(lengths + at, sizeof(lengths) - at,
				       "%u%s", some, left > 0 ? "," : "");
	}
	return tell(pmd, err, "set txpkts %s\n", lengths);
}

int
pmd_start(struct pmd *pmd, const struct pmd_config *config,
	  struct runner *runner, struct err *err)
{
	struct words words = { .n = 0 };
	int fds[2], ret;

	*pmd = (struct pmd){ .config = config, .input = -1 };
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, "pipe");
	start_words(config, &words);
	ret = child_start(&pmd->child, runner, (const char *const *)words.word,
			  fds[0], err);
	words_fini(&words);
	close(fds[0]);
	pmd->input = fds[1];
	if (ret < 0) {
		close(fds[1]);
		return ret;
	}
	ret = wait_for(pmd, has_prompt, NULL, START_MS, err);
	if (ret == 0)
		ret = tell_lengths(pmd, err);
	if (ret < 0)
		pmd_stop(pmd);
	return ret;
}

int
pmd_forward(struct pmd *pmd, bool on, struct err *err)
{
	unsigned n_bursts = 8; /* a quarter of a ring */

	if (!on)
		return tell(pmd, err, "stop\n");
	if (pmd->config->is_alone)
		n_bursts = 1;
	else if (pmd->config->frame_len > LARGE)
		n_bursts = 2;
	return tell(pmd, err, "start tx_first %u\n", n_bursts);
}

int
pmd_ask(struct pmd *pmd, struct pmd_stats *stats, struct err *err)
{
	int ret = tell(pmd, err, "show port stats all\n");

	pmd->n_asked++;
	return ret < 0 ? ret : wait_for(pmd, has_stats, stats, ANSWER_MS, err);
}

void
pmd_stop(struct pmd *pmd)
{
	/* So it gives back what it has of the switch and of the file system. */
	if (tell(pmd, NULL, "stop\nquit\n") == 0)
		child_wait(&pmd->child, QUIT_MS);
	child_stop(&pmd->child);
	child_free(&pmd->child);
	close(pmd->input);
	pmd->input = -1;
}
