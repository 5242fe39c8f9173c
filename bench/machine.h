/* machine: what the figures were measured on, and with. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>

#include <jansson.h>

struct bench;

/** machine_choose_cpus() - the first CPUs we may use: the switch's, and the
 * stations' (-1 when there is only one) */
void machine_choose_cpus(int *switch_cpu, int *station_cpu);

/** machine_version() - the first line of what "@path --version" says
 * @is_vdelab: out, may be NULL: does it say that it is one of ours?
 *
 * Return: a text the caller owns; NULL when it does not run.
 */
char *machine_version(struct bench *bench, const char *path, bool *is_vdelab);

/** machine_dpdk_version() - Return: "DPDK 22.11.11", the caller's; NULL when
 * there is no dpdk-testpmd */
char *machine_dpdk_version(struct bench *bench);

/** machine_describe() - Return: members that are texts and numbers, the
 * caller's */
json_t *machine_describe(struct bench *bench);

#endif /* BENCH_MACHINE_H */
