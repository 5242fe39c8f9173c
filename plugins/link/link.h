/* link: the methods of the plugin. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "plugins/link/line.h"
#include "vdelab/plugin.h"

extern const struct vl_method link_methods[];

#endif /* LINK_LINK_H */
