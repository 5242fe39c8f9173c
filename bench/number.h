/* number: options that take one. */
#ifndef BENCH_NUMBER_H
#define BENCH_NUMBER_H

struct cli;
struct err;

/**
 * number_option() - the value of option @name
 * @value: out; it keeps its default when the option is missing
 *
 * Return: 0; -EINVAL when it is no number, or not within @min..@max.
 */
int number_option(const struct cli *cli, const char *name, long min, long max,
		  long *value, struct err *err);

#endif /* BENCH_NUMBER_H */
