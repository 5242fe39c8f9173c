/*
 * bpf: filters in the language of pcap-filter(7), for plugins that choose
 * frames.
 *
 * Compiling runs on the switch's thread and so must not wait: names of hosts
 * and networks, which would be looked up, are refused, addresses are to be
 * written instead.  Names of ports and protocols are those of /etc/services
 * and /etc/protocols.
 *
 * A plugin that uses it adds $(BPF_SOURCES) to its sources and $(PCAP_CFLAGS),
 * $(PCAP_LIBS) to its flags; every plugin has a copy of its own.
 */
#ifndef COMMON_BPF_H
#define COMMON_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of a filter's text.  The time that libpcap takes grows with its cube; the
 * worst of this length take a tenth of a second. */
enum { BPF_TEXT_MAX = 1023 };

struct bpf;

/**
 * bpf_compile() - make a program of @text
 * @text: borrowed; NULL and "" match every frame
 *
 * Return: a program that the caller owns; NULL with errno set and the reason
 * for a person, which names the filter and what is wrong with it, in @error:
 * EINVAL for a mistake in it, ENAMETOOLONG beyond BPF_TEXT_MAX, ENOMEM.
 */
struct bpf *bpf_compile(const char *text, char *error, size_t error_size);

/**
 * bpf_match() - does an Ethernet frame match?
 * @data: the whole frame without FCS, @len octets; borrowed
 */
bool bpf_match(const struct bpf *bpf, const void *data, uint32_t len);

/** bpf_text() - as it was compiled, "" for one that matches everything;
 * borrowed until bpf_free() */
const char *bpf_text(const struct bpf *bpf);

/** bpf_free() - NULL is a no-op */
void bpf_free(struct bpf *bpf);

#endif /* COMMON_BPF_H */
