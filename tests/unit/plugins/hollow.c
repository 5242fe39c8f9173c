/* hollow: a shared object that is no plugin. */
#include "vdelab/plugin.h"

VL_EXPORT int hollow(void);

int
hollow(void)
{
	return VL_PLUGIN_ABI;
}
