#include "switch/kinds.h"

#include <stddef.h>

#include "switch/ports/port-provider.h"

const struct port_kind *const port_kinds[] = {
	&port_kind_vde,
	&port_kind_stream,
	&port_kind_dgram,
	&port_kind_vhost,
	&port_kind_tap,
	&port_kind_packet,
	&port_kind_mcast,
	&port_kind_plug,
	&port_kind_exec,
	&port_kind_slirp,
	&port_kind_vdeplug,
	&port_kind_dummy,
	NULL,
};
