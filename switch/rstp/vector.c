#include "switch/rstp/vector.h"

#include "switch/rstp/bpdu.h"

#define ADDRESS_MASK UINT64_C(0xffffffffffff)
#define PORT_NUMBER_MASK 0x0fff

static int
cmp(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int
vector_cmp(const struct vector *a, const struct vector *b)
{
	int ret = cmp(a->root, b->root);

	if (ret == 0)
		ret = cmp(a->cost, b->cost);
	if (ret == 0)
		ret = cmp(a->bridge, b->bridge);
	if (ret == 0)
		ret = cmp(a->port, b->port);
	return ret;
}

bool
vector_same_bridge(uint64_t a, uint64_t b)
{
	return ((a ^ b) & ADDRESS_MASK) == 0;
}

bool
vector_same_port(const struct vector *a, const struct vector *b)
{
	return vector_same_bridge(a->bridge, b->bridge) &&
	       ((a->port ^ b->port) & PORT_NUMBER_MASK) == 0;
}

bool
vector_is_superior(const struct vector *msg, const struct vector *held)
{
	if (vector_cmp(msg, held) < 0)
		return true;
	return vector_same_port(msg, held);
}

uint32_t
vector_add_cost(uint32_t a, uint32_t b)
{
	return a <= UINT32_MAX - b ? a + b : UINT32_MAX;
}

bool
times_eq(const struct times *a, const struct times *b)
{
	return a->message_age == b->message_age && a->max_age == b->max_age &&
	       a->hello_time == b->hello_time &&
	       a->forward_delay == b->forward_delay;
}

struct vector
vector_of_bpdu(const struct bpdu *bpdu)
{
	return (struct vector){
		.root = bpdu->root,
		.cost = bpdu->root_path_cost,
		.bridge = bpdu->bridge,
		.port = bpdu->port,
	};
}

static uint16_t
seconds(uint16_t units)
{
	return (uint16_t)((units + BPDU_TIME_UNIT / 2) / BPDU_TIME_UNIT);
}

struct times
times_of_bpdu(const struct bpdu *bpdu)
{
	return (struct times){
		.message_age = seconds(bpdu->message_age),
		.max_age = seconds(bpdu->max_age),
		.hello_time = seconds(bpdu->hello_time),
		.forward_delay = seconds(bpdu->forward_delay),
	};
}
