#include "config.h"

#include "lib/call-rules.h"

#include <sys/mman.h>
#include <unistd.h>

int
call_rules_add(scmp_filter_ctx filter, uint32_t action, const int *calls,
	       size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret == 0; i++)
		ret = seccomp_rule_add(filter, action, calls[i], 0);
	return ret;
}

int
call_rules_add_some(scmp_filter_ctx filter, uint32_t action,
		    const struct call_rule *rules, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret == 0; i++)
		ret = seccomp_rule_add_array(filter, action, rules[i].call,
					     rules[i].n, rules[i].conditions);
	return ret;
}

int
call_rules_add_own(scmp_filter_ctx filter)
{
	const struct call_rule rules[] = {
		{ SCMP_SYS(mmap), 1, { ARG_BITS_ARE(2, PROT_EXEC, 0) } },
		{ SCMP_SYS(mmap2), 1, { ARG_BITS_ARE(2, PROT_EXEC, 0) } },
		{ SCMP_SYS(mprotect), 1, { ARG_BITS_ARE(2, PROT_EXEC, 0) } },
		{ SCMP_SYS(tgkill), 1, { ARG_IS(0, (uint64_t)getpid()) } },
	};

	return call_rules_add_some(filter, SCMP_ACT_ALLOW, rules,
				   CALL_ROWS(rules));
}
