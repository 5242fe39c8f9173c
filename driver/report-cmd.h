/* report-cmd: `vdelab report DIR...`, reports of what runs have left behind,
 * made anew. */
#ifndef DRIVER_REPORT_CMD_H
#define DRIVER_REPORT_CMD_H

struct cli;

/** report_command() - a cli_command's .run: every word is a directory of results,
 * of one test or of several
 *
 * Return: EXIT_OK; EXIT_USAGE when there is nothing to report of in one of them;
 *         EXIT_INFRA when a report cannot be written.
 */
int report_command(const struct cli *cli);

#endif /* DRIVER_REPORT_CMD_H */
