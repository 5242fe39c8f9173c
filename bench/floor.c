#include "config.h"

#include "bench/floor.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/judge.h"
#include "bench/now.h"
#include "lib/xalloc.h"

/* A batch fits the socket's buffer, a batch of 1500 octets included. */
enum { BATCH = 64, BATCHES = 1000, FRAME_MAX = 2048 };

static bool
one_batch(const int fds[2], size_t frame_len, double *send_ns, double *recv_ns)
{
	char frame[FRAME_MAX] = { 0 };
	uint64_t start_ns = now_ns(), sent_ns;

	for (int i = 0; i < BATCH; i++) {
		if (send(fds[0], frame, frame_len, MSG_DONTWAIT) < 0)
			return false;
	}
	sent_ns = now_ns();
	for (int i = 0; i < BATCH; i++) {
		if (recv(fds[1], frame, sizeof(frame), MSG_DONTWAIT) < 0)
			return false;
	}
	*send_ns = (double)(sent_ns - start_ns) / BATCH;
	*recv_ns = (double)(now_ns() - sent_ns) / BATCH;
	return true;
}

static struct floor
measure(size_t frame_len)
{
	double *send_ns, *recv_ns;
	struct floor floor;
	int fds[2];
	size_t n = 0;

	if (frame_len > FRAME_MAX ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) < 0)
		return (struct floor){ NAN, NAN };
	send_ns = xcalloc(BATCHES, sizeof(*send_ns));
	recv_ns = xcalloc(BATCHES, sizeof(*recv_ns));
	while (n < BATCHES &&
	       one_batch(fds, frame_len, &send_ns[n], &recv_ns[n]))
		n++;
	close(fds[0]);
	close(fds[1]);
	floor = (struct floor){ spread_of(send_ns, n).median,
				spread_of(recv_ns, n).median };
	free(send_ns);
	free(recv_ns);
	return floor;
}

struct floor
floor_measure(size_t frame_len, int cpu)
{
	cpu_set_t before, one;
	struct floor floor;

	CPU_ZERO(&one);
	if (cpu >= 0)
		CPU_SET(cpu, &one);
	if (cpu < 0 || sched_getaffinity(0, sizeof(before), &before) < 0)
		return measure(frame_len);
	sched_setaffinity(0, sizeof(one), &one);
	floor = measure(frame_len);
	sched_setaffinity(0, sizeof(before), &before);
	return floor;
}
