/* options-file: options that stand in the configuration file, `option spin 50`.
 * They count from the start; what the command line says beats them. */
#ifndef SWITCH_OPTIONS_FILE_H
#define SWITCH_OPTIONS_FILE_H

#include <stdbool.h>

struct cli;
struct err;
struct options;
struct words;

/** options_is_line() - does a line of words set an option? */
bool options_is_line(const struct words *words);
/**
 * options_set_line() - set what such a line says
 * @cli: options given there are left as they are; or NULL
 *
 * Return: 0; -EINVAL with @err set.
 */
int options_set_line(struct options *options, const struct words *words,
		     const struct cli *cli, struct err *err);
/**
 * options_read_file() - set all that the file options->config says
 *
 * Lines that cannot be read are left to who reads the rest of the file.
 * Return: 0; negative with @err set, by line.
 */
int options_read_file(struct options *options, const char *path,
		      const struct cli *cli, struct err *err);

#endif /* SWITCH_OPTIONS_FILE_H */
