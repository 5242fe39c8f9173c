/*
 * attacks: what hostile front-ends and guests do to a vhost-user back-end, one
 * by one, with what it is to come to.
 */
#ifndef TESTS_INTEGRATION_VHOSTFRONT_ATTACKS_H
#define TESTS_INTEGRATION_VHOSTFRONT_ATTACKS_H

/* Prints "NAME OUTCOME" of each. */
void attacks_list(void);

/**
 * attacks_run() - attack the back-end at @path, and look at what it comes to
 * @words: of -o, besides those that the attack needs
 * @mac, @peer: as for `ping`; there is an echo, for what must go on
 *
 * Return: exit status: 0 as it is to be, 1 not, 2 there is no such attack.
 */
int attacks_run(const char *name, const char *words, const char *path,
		const char *mac, const char *peer);

#endif /* TESTS_INTEGRATION_VHOSTFRONT_ATTACKS_H */
