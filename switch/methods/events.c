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
