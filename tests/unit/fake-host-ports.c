/* The fake host's ports of kinds that the plugin brings: the test opens them and
 * sends by them. */
#include "config.h"

#include "tests/unit/fake-host-priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"

static const struct vl_port_kind *
find_kind(const struct fake_host *h, const char *name)
{
	for (size_t i = 0; i < h->inst->n_kinds; i++)
		if (strcmp(h->inst->kinds[i]->name, name) == 0)
			return h->inst->kinds[i];
	ck_abort_msg("no kind %s", name);
	return NULL;
}

uint32_t
fake_port_open(struct fake_host *h, uint32_t segment, const char *kind,
	       const char *name, const char *params, int fd, char *error,
	       size_t error_size)
{
	uint32_t id = fake_port_add(h, segment, name);
	struct fake_port *port = &h->ports[id];
	json_t *parsed = json_loads(params, 0, NULL);
	struct err err = ERR_INIT;
	int ret;

	port->kind = find_kind(h, kind);
	ck_assert_msg(json_check(parsed, port->kind->params, &err) == 0, "%s",
		      err.text);
	ret = port->kind->open(h->inst, id, parsed, fd, &port->priv, error,
			       error_size);
	json_decref(parsed);
	if (ret == 0)
		return id;
	ck_assert_msg(ret < 0 && error[0] != '\0', "refused without a reason");
	port->kind = NULL;
	fake_port_del(h, id);
	return VL_PORT_NONE;
}

uint32_t
fake_port_send(struct fake_host *h, uint32_t id,
	       const struct fake_frame *frames, uint32_t n)
{
	struct vl_frame *list[FAKE_BATCH_MAX];
	struct fake_port *port = &h->ports[id];
	uint32_t n_taken;

	ck_assert(port->kind != NULL && n <= FAKE_BATCH_MAX);
	for (uint32_t i = 0; i < n; i++) {
		list[i] = XNEW(struct vl_frame);
		list[i]->len = frames[i].len;
		list[i]->data = xcalloc(1, frames[i].len);
		memcpy(list[i]->data, frames[i].data, frames[i].len);
	}
	n_taken = port->kind->transmit(port->priv, list, n);
	ck_assert_uint_le(n_taken, n);
	for (uint32_t i = 0; i < n; i++)
		fake_frame_free(list[i]);
	port->writable = false;
	return n_taken;
}

bool
fake_port_is_writable(const struct fake_host *h, uint32_t id)
{
	return h->ports[id].writable;
}

const char *
fake_port_lost_reason(const struct fake_host *h, uint32_t id)
{
	return h->ports[id].lost_reason;
}

size_t
fake_port_n_tx_drops(const struct fake_host *h, uint32_t id)
{
	return h->ports[id].n_tx_drops;
}

json_t *
fake_port_describe(const struct fake_host *h, uint32_t id)
{
	const struct fake_port *port = &h->ports[id];
	json_t *obj = json_object();

	if (port->kind->describe != NULL)
		port->kind->describe(port->priv, obj);
	return obj;
}

void
fake_port_close(struct fake_host *h, uint32_t id)
{
	struct fake_port *port = &h->ports[id];

	if (port->kind != NULL)
		port->kind->close(port->priv);
	port->kind = NULL;
	free(port->lost_reason);
	port->lost_reason = NULL;
	fake_port_del(h, id);
}

void
fake_ports_close_all(struct fake_host *h)
{
	for (uint32_t i = 0; i < h->n_ports; i++)
		if (h->ports[i].kind != NULL)
			fake_port_close(h, i);
}

/* ---- what the plugin calls ---- */

int
vl_port_kind_add(struct vl_inst *inst, const struct vl_port_kind *kind)
{
	for (size_t i = 0; i < inst->n_kinds; i++)
		if (strcmp(inst->kinds[i]->name, kind->name) == 0)
			return -EEXIST;
	ck_assert_uint_lt(inst->n_kinds, FAKE_KINDS_MAX);
	ck_assert_msg(json_signature_valid(kind->params),
		      "\"%s\" is no signature", kind->params);
	inst->kinds[inst->n_kinds++] = kind;
	return 0;
}

void
vl_port_input(struct vl_inst *inst, uint32_t port,
	      struct vl_frame *const *frames, uint32_t n)
{
	struct fake_host *h = inst->host;

	for (uint32_t i = 0; i < n; i++) {
		ck_assert_msg(frames[i]->holder == FAKE_MADE,
			      "frames that come in are made");
		h->n_held--;
		fake_note_out(h, FAKE_INPUT, VL_STAGE_INGRESS, port, frames[i],
			      VL_PASS);
		fake_frame_free(frames[i]);
	}
}

void
vl_port_writable(struct vl_inst *inst, uint32_t port)
{
	inst->host->ports[port].writable = true;
}

void
vl_port_lost(struct vl_inst *inst, uint32_t port, const char *reason)
{
	struct fake_port *p = &inst->host->ports[port];

	if (p->lost_reason == NULL)
		p->lost_reason = xstrdup(reason);
}

void
vl_port_tx_drop(struct vl_inst *inst, uint32_t port,
		const struct vl_frame *frame)
{
	(void)frame;
	inst->host->ports[port].n_tx_drops++;
}
