/* qmp-record: the latest QMP events of a machine, so that who asks for one may
 * come later than it did. */
#include "driver/vm/machine-internal.h"

#include <stdlib.h>

#include "lib/xalloc.h"

struct recorded {
	uint64_t at_ns;
	char *name;   /* owned */
	json_t *data; /* owned; or NULL */
};

struct qmp_record {
	struct recorded ring[MACHINE_QMP_EVENTS_KEPT];
	uint64_t first; /* the number of the oldest that is kept */
	uint64_t next;	/* of the next to come; number n is at n % KEPT */
};

struct qmp_record *
qmp_record_new(void)
{
	struct qmp_record *record = XNEW(struct qmp_record);

	record->first = record->next = 1;
	return record;
}

static void
drop_first(struct qmp_record *record)
{
	struct recorded *r =
	    &record->ring[record->first++ % MACHINE_QMP_EVENTS_KEPT];

	free(r->name);
	json_decref(r->data);
}

void
qmp_record_clear(struct qmp_record *record)
{
	while (record->first < record->next)
		drop_first(record);
}

void
qmp_record_add(struct qmp_record *record, uint64_t at_ns, const char *name,
	       const json_t *data)
{
	if (record->next - record->first == MACHINE_QMP_EVENTS_KEPT)
		drop_first(record);
	record->ring[record->next++ % MACHINE_QMP_EVENTS_KEPT] =
	    (struct recorded){ .at_ns = at_ns,
			       .name = xstrdup(name),
			       .data = json_incref((json_t *)data) };
}

bool
machine_qmp_event(const struct machine *machine, uint64_t from,
		  struct machine_qmp_event *event)
{
	const struct qmp_record *record = machine->qmp_events;
	const struct recorded *r;

	if (from < record->first)
		from = record->first;
	if (from >= record->next)
		return false;
	r = &record->ring[from % MACHINE_QMP_EVENTS_KEPT];
	*event = (struct machine_qmp_event){ .number = from,
					     .at_ns = r->at_ns,
					     .name = r->name,
					     .data = r->data };
	return true;
}

void
qmp_record_free(struct qmp_record *record)
{
	if (record == NULL)
		return;
	qmp_record_clear(record);
	free(record);
}
