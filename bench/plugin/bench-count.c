/* bench-count: a plugin that does as little as a plugin can, for each frame: it
 * counts.  What five of them cost is what plugins cost. */
#include <stdlib.h>

#include <vdelab/plugin.h>

static void
on_forward(void *priv, const struct vl_vector *v)
{
	uint64_t *counter = priv;

	for (uint32_t i = 0; i < v->n; i++)
		*counter += v->verdicts[i] == VL_PASS;
}

static int
count_start(struct vl_inst *inst, const struct json_t *options, char *error,
	    size_t error_size)
{
	uint64_t *counter;
	int ret = vl_counter_add(inst, "frames", "frames", &counter);

	(void)options;
	(void)error;
	(void)error_size;
	if (ret < 0)
		return ret;
	vl_set_priv(inst, counter); /* the host's, as long as we are there */
	return vl_hook_add(inst, VL_STAGE_FORWARD, 500, on_forward);
}

static void
count_stop(struct vl_inst *inst)
{
	(void)inst;
}

VL_EXPORT const struct vl_plugin vl_plugin = {
	.abi = VL_PLUGIN_ABI,
	.name = "bench-count",
	.summary = "count frames, for benchmarks",
	.options = "",
	.start = count_start,
	.stop = count_stop,
};
