/* floor: what the kernel alone takes for a frame. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>

struct floor {
	double send_ns, recv_ns; /* of one datagram; NAN = not measured */
};

/**
 * floor_measure() - one thread sends datagrams to itself and takes them back:
 * no switch that forwards frames of @frame_len octets between VDE ports can do
 * with less CPU time
 * @cpu: where; -1 = anywhere
 */
struct floor floor_measure(size_t frame_len, int cpu);

#endif /* BENCH_FLOOR_H */
