#include "switch/methods/methods.h"

#include <string.h>

const struct control_event control_events[] = {
	{ .name = "port.added",
	  .data = "id:int name:name segment:name kind:name",
	  .summary = "a peer has attached, or a port was made by hand" },
	{ .name = "port.removed",
	  .data = "id:int name:name segment:name reason:str",
	  .summary = "a peer has gone, or its port was removed",
	  .details = "`reason` is for people." },
	{ .name = "segment.loop-suspected",
	  .data = "segment:name mac:str vid:int port:name? from:name? "
		  "moves:int",
	  .summary = "a station moves between ports all the time",
	  .details =
	      "More than ten times within a second: there is a loop, or two "
	      "stations have the same address. `port` is where it is now, "
	      "`from` where it was, `moves` how often it has moved at all. "
	      "Told at most once a second for each segment." },
	{ .name = "port.carrier",
	  .data = "id:int name:name segment:name carrier:bool",
	  .summary =
	      "the peer of a port that waits for it has gone, or is back",
	  .details = "Addresses learned on a port that loses its carrier are "
		     "forgotten." },
	{ .name = "port.stp",
	  .data = "id:int name:name segment:name role:str state:str",
	  .summary = "a port has another place in the spanning tree",
	  .details = "`role` and `state` are those of `stp.show`. The role of "
		     "a port may change before its state does, so there may "
		     "be several of these in a row." },
	{ .name = "segment.topology-changed",
	  .data = "segment:name port:name",
	  .summary = "the spanning tree goes another way from `port` on",
	  .details = "This bridge has found out itself; a change that it is "
		     "told of by a neighbour, and passes on, is none." },
	{ .name = NULL },
};

const struct control_event *
control_event_find(const char *name)
{
	const struct control_event *event = control_events;

	while (event->name != NULL && strcmp(event->name, name) != 0)
		event++;
	return event->name != NULL ? event : NULL;
}
