/*
 * vdeplug: the port kind for whatever libvdeplug can open: vxvde://, udp://,
 * slirp://, a cable to another VDE switch.
 *
 * vde_plug runs beside us, between its module for descriptors and that network:
 * modules, which anybody may write, stay out of our process.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/xalloc.h"
#include "switch/ports/exec.h"
#include "switch/ports/port-provider.h"

enum { VDE_PLUG_LEN_MAX = 9216 + 18 }; /* VDE_ETHBUFSIZE */

struct vdeplug {
	struct port *port; /* borrowed */
	void *program;	   /* priv of exec's functions; owned */
};

static void *
vdeplug_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	const char *vnl = json_str_or(params, "vnl", "");
	const char *const argv[] = { "vde_plug", "seqpacket://3", vnl, NULL };
	const struct exec_spec spec = { .argv = argv,
					.restart = PROGRAM_ALWAYS,
					.shown = params };
	struct vdeplug *v;
	void *program;

	if (fd >= 0) {
		close(fd);
		err_set(err, -EINVAL,
			"a port of kind vdeplug takes no descriptor");
		return NULL;
	}
	/* vde_plug would take it for one of its options */
	if (vnl[0] == '\0' || vnl[0] == '-') {
		err_set(err, -EINVAL,
			"vnl=\"%s\" is not the name of a network, such as "
			"vxvde://239.0.0.1",
			vnl);
		return NULL;
	}
	program = exec_start(port, &spec, err);
	if (program == NULL) {
		err_prefix(err, "vde_plug (Debian: vdeplug)");
		return NULL;
	}
	v = XNEW(struct vdeplug);
	v->port = port;
	v->program = program;
	return v;
}

/* The first of them that are no longer than vde_plug's buffer. */
static size_t
fitting(struct frame *const *frames, size_t n)
{
	size_t i = 0;

	while (i < n && frame_wire_len(frames[i]) <= VDE_PLUG_LEN_MAX)
		i++;
	return i;
}

/* A frame that vde_plug would cut is dropped whole. */
static size_t
vdeplug_transmit(void *priv, struct frame *const *frames, size_t n)
{
	struct vdeplug *v = priv;
	size_t done = 0;

	while (done < n) {
		size_t run = fitting(frames + done, n - done);
		size_t taken = 0;

		if (run > 0)
			taken = exec_transmit(v->program, frames + done, run);
		done += taken;
		if (taken < run)
			break;
		if (done < n)
			port_tx_drop(v->port, DROP_OVERSIZE, frames[done++]);
	}
	return done;
}

static void
vdeplug_pause(void *priv, bool paused)
{
	exec_pause(((struct vdeplug *)priv)->program, paused);
}

static void
vdeplug_describe(const void *priv, json_t *into)
{
	const struct vdeplug *v = priv;

	exec_describe(v->program, into);
}

static void
vdeplug_close(void *priv)
{
	struct vdeplug *v = priv;

	exec_close(v->program);
	free(v);
}

const struct port_kind port_kind_vdeplug = {
	.name = "vdeplug",
	.summary = "a network that libvdeplug can open, such as vxvde://",
	.params = "vnl:str",
	.details =
	    "Runs vde_plug (Debian: vdeplug) between the port and the network "
	    "`vnl`, as programs of libvdeplug 4 name it: `vxvde://239.0.0.1`, "
	    "`udp://9000->host:9000`, `vde:///run/vde.ctl`. When it ends it is "
	    "started again, as those of kind `exec` are; until it runs, frames "
	    "for it are dropped and counted, and so are those longer than "
	    "9,234 octets, which vde_plug would cut. `port.show` has also "
	    "`vnl`, `pid`, "
	    "`restarts` and `last_end`.",
	.shared = true,
	.open = vdeplug_open,
	.transmit = vdeplug_transmit,
	.pause = vdeplug_pause,
	.describe = vdeplug_describe,
	.close = vdeplug_close,
};
