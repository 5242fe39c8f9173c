/* install: where Wireshark looks for programs like this one. */
#ifndef TOOLS_EXTCAP_INSTALL_H
#define TOOLS_EXTCAP_INSTALL_H

#include <stdio.h>

struct err;

/**
 * install_links() - link the running program into the user's folders for
 * programs that capture: Wireshark 4.0 has one, later ones another
 * @out: is told the names
 *
 * Links that are there are replaced, files are not.  Return: 0; -errno.
 */
int install_links(FILE *out, struct err *err);

#endif /* TOOLS_EXTCAP_INSTALL_H */
