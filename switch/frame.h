/*
 * frame: one Ethernet frame on its way through the switch, and the memory it
 * lives in.
 *
 * A frame is a small descriptor that refers to a counted buffer.  Several
 * frames may lie in one buffer (a 64 KiB read from a stream), several
 * references may share one frame (a flood).  Nothing hands out a pointer past
 * data + len, except to whoever just allocated the frame.
 *
 * Lengths are without the FCS.  14 <= len <= FRAME_LEN_MAX once a port has
 * handed the frame in.
 */
#ifndef SWITCH_FRAME_H
#define SWITCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

typedef uint32_t port_id_t;
#define PORT_NONE UINT32_MAX
#define PORT_FLOOD (UINT32_MAX - 1)

enum {
	FRAME_LEN_MIN = 14,    /* an Ethernet header */
	FRAME_LEN_PADDED = 60, /* IEEE 802.3 minimum, without FCS */
	FRAME_LEN_MAX = 65550, /* 65,536 octets of payload and a header */
	FRAME_HEADROOM = 16,   /* for tags, or a length in front */
	FRAME_SMALL = 2048,    /* capacity of the usual buffer */
	FRAME_BATCH = 64,      /* frames handled together */
	FRAME_MARKS = 4,       /* that a frame carries */
};

struct frame_buf;
struct frame_pool;

/* Whose a frame is while a plugin has it. */
enum frame_holder {
	FRAME_FREE,   /* not a plugin's */
	FRAME_STOLEN, /* by a hook: on its segment's books */
	FRAME_MADE,   /* by a plugin: on nobody's books yet */
};

struct frame {
	uint8_t *data; /* first octet of the destination address */
	uint32_t len;  /* octets, as received */
	uint32_t refs;
	port_id_t in_port;
	port_id_t out_port; /* from the lookup; PORT_FLOOD */
	uint16_t vid;	    /* under VLAN rules: its VLAN */
	uint8_t tagging;    /* enum vid_tagging */
	bool edited;	    /* by a plugin: .tagging may be wrong */
	uint8_t n_marks;
	uint8_t n_injects;	 /* with those of what it was cloned from */
	uint64_t time_ns;	 /* wall clock at reception, for captures */
	struct frame_buf *buf;	 /* counted */
	struct frame_pool *pool; /* borrowed; outlives the frame */
	struct frame *settled;	 /* made by frame_settle(); counted; or NULL */
	/* While a plugin holds it: whose list it is on, and where it goes on:
	 * behind the hook with this order and number. */
	TAILQ_ENTRY(frame) link;
	uint32_t segment;
	port_id_t resume_port;
	uint32_t resume_hook;
	uint16_t resume_order;
	uint8_t resume_stage;
	uint8_t holder; /* enum frame_holder */
	bool injected;	/* it begins there, and did not come that far */
	uint16_t marks[FRAME_MARKS]; /* of .n_marks plugins, oldest first */
};
TAILQ_HEAD(frame_list, frame);

/**
 * frame_pool_new() - where frames come from
 * @max_bytes: of memory, what lies on free lists included; beyond it
 *             frame_alloc() gives NULL
 */
struct frame_pool *frame_pool_new(size_t max_bytes);
/** frame_pool_free() - every frame must be back; NULL is a no-op */
void frame_pool_free(struct frame_pool *pool);
/** frame_pool_in_use() - frames not returned, for tests and statistics */
size_t frame_pool_in_use(const struct frame_pool *pool);
/** frame_pool_bytes() - memory taken, in use or not */
size_t frame_pool_bytes(const struct frame_pool *pool);

/** frame_pool_trim() - give back memory that has not been needed since the last
 * time; to be called now and then */
void frame_pool_trim(struct frame_pool *pool);

/**
 * frame_alloc() - a frame with room for @capacity octets at .data and
 * FRAME_HEADROOM before; .len is 0
 * @capacity: 0..FRAME_LEN_MAX; at least FRAME_SMALL is given
 *
 * Return: one reference; NULL when the pool is exhausted (count it as
 *         DROP_NO_BUFFER).
 */
struct frame *frame_alloc(struct frame_pool *pool, size_t capacity);

/** frame_ref() - one more reference; Return: @frame */
static inline struct frame *
frame_ref(struct frame *frame)
{
	frame->refs++;
	return frame;
}

void frame_unref(struct frame *frame);

/** frame_headroom() - octets before .data that belong to its buffer; those of
 * a frame that nobody else sees may be used */
size_t frame_headroom(const struct frame *frame);

/**
 * frame_writable() - a frame with the same content that nobody else sees
 * @frame: one reference, taken
 *
 * Return: @frame itself when it was not shared, else a copy; NULL when the
 *         pool is exhausted (@frame's reference is gone then).
 */
struct frame *frame_writable(struct frame *frame);

/**
 * frame_share() - a second descriptor of the same octets, for whoever must
 * write into a descriptor that others see
 *
 * Return: one reference, owned; NULL when the pool is exhausted.
 */
struct frame *frame_share(const struct frame *frame);

/**
 * frame_settle() - the frame is going to stay for a while: give back memory
 * that it holds without needing it, e.g. the block it was cut from
 * @frame: one reference, taken
 *
 * A frame that nobody else refers to may have its octets moved: .data changes.
 * Return: a frame with the same content, often @frame itself (also when the
 *         pool is exhausted); the same one for everybody who settles @frame.
 */
struct frame *frame_settle(struct frame *frame);

/**
 * frame_resize() - octets that may be written to, @len of them
 * @frame: nobody else's; their buffer may be
 * @len:   FRAME_LEN_MIN..FRAME_LEN_MAX
 *
 * Those up to the shorter of both lengths stay, what is new is zero.  .data may
 * change; there is a full headroom when it does.
 * Return: false when the pool is exhausted, and nothing has changed.
 */
bool frame_resize(struct frame *frame, uint32_t len);

/** frame_add_mark() - @mark is the newest one; a frame that is full of them
 * loses the oldest */
void frame_add_mark(struct frame *frame, uint16_t mark);

/**
 * frame_pad() - make the octets up to frame_wire_len() exist and be zero
 * @frame: one reference, taken; nobody else's
 *
 * Return: @frame or a copy; NULL when the pool is exhausted (@frame's
 *         reference is gone then).
 */
struct frame *frame_pad(struct frame *frame);

/* Octets to put on a wire: runts are padded to FRAME_LEN_PADDED.  The octets
 * between len and this are readable and zero: port_input() sees to it. */
static inline uint32_t
frame_wire_len(const struct frame *frame)
{
	return frame->len < FRAME_LEN_PADDED ? FRAME_LEN_PADDED : frame->len;
}

/* Memory for one batch of reads, FRAME_BATCH slots of FRAME_LEN_MAX octets.
 * Successive slots begin in different lines of a cache. */
enum { FRAME_SCRATCH_STRIDE = 65600 };
/** frame_pool_scratch() - borrowed until anybody else asks for it; what is in
 * it is not kept.  Only what is written to takes memory. */
uint8_t *frame_pool_scratch(struct frame_pool *pool);

/*
 * Large reads of several frames: a block is a buffer to read into, frames are
 * cut from it without copying.
 */
enum { FRAME_BLOCK_SIZE = 256 * 1024 };
struct frame_block;

/** frame_block_new() - an empty block; NULL when the pool is exhausted */
struct frame_block *frame_block_new(struct frame_pool *pool);
/** frame_block_data() - its first octet; FRAME_BLOCK_SIZE are there */
uint8_t *frame_block_data(struct frame_block *block);
/** frame_block_cut() - a frame of the @len octets at @offset, sharing the
 * block's memory; NULL when the pool is exhausted */
struct frame *frame_block_cut(struct frame_block *block, size_t offset,
			      size_t len);
/** frame_block_shared() - does a frame cut from it still live? */
bool frame_block_shared(const struct frame_block *block);
/** frame_block_free() - frames cut from it stay valid; NULL is a no-op */
void frame_block_free(struct frame_block *block);

#endif /* SWITCH_FRAME_H */
