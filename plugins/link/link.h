/* link: the methods of the plugin. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "plugins/link/line.h"

/** link_add_methods() - Return: 0; a negative errno */
int link_add_methods(struct link *link);

#endif /* LINK_LINK_H */
