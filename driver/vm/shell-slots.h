/*
 * shell-slots: the names that a guest-shell gives to commands in the guest,
 * and how many workers they need there.  Pure.
 *
 * A slot is in use from the first line sent for a command until the guest says
 * that the command's worker is idle.  That may be long after the command is
 * done, when a child keeps its output open; after a grace such a slot is held:
 * its worker cannot be counted on.
 */
#ifndef DRIVER_VM_SHELL_SLOTS_H
#define DRIVER_VM_SHELL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHELL_SLOT_GRACE_MS = 250 };

struct shell_slot {
	uint32_t id; /* of its command; 0 = free */
	bool is_done;
	bool is_held;
	uint64_t done_ns;
};

struct shell_slots {
	struct shell_slot *items; /* owned */
	size_t n;
};

/** shell_slots_take() - Return: the lowest free slot, now @id's */
unsigned shell_slots_take(struct shell_slots *slots, uint32_t id);
/** shell_slots_release() - the slot of @id, if it has one, is free */
void shell_slots_release(struct shell_slots *slots, uint32_t id);
/** shell_slots_done() - the slot's command is done, its worker about to be
 * idle */
void shell_slots_done(struct shell_slots *slots, unsigned slot,
		      uint64_t now_ns);
/** shell_slots_next_held() - a slot whose grace has passed, told once; -1 when
 * there is none */
int shell_slots_next_held(struct shell_slots *slots, uint64_t now_ns);
/** shell_slots_deadline_ns() - when a grace ends; UINT64_MAX: none runs */
uint64_t shell_slots_deadline_ns(const struct shell_slots *slots);
/** shell_slots_needed() - workers that are needed, or not free again */
unsigned shell_slots_needed(const struct shell_slots *slots);
/** shell_slots_at_rest() - is each free or held? */
bool shell_slots_at_rest(const struct shell_slots *slots);
/** shell_slots_copy() - into @copy, which is empty */
void shell_slots_copy(struct shell_slots *copy,
		      const struct shell_slots *slots);
void shell_slots_fini(struct shell_slots *slots);

#endif /* DRIVER_VM_SHELL_SLOTS_H */
