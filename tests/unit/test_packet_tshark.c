/* What we write and read, tshark reads the same way. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "driver/packet/packet.h"
#include "lib/err.h"
#include "tests/unit/packet-text.h"
#include "tests/unit/unit.h"

#define ETH "eth dst=52:54:00:12:01:02 src=52:54:00:12:01:01 / "
#define IP4 ETH "ipv4 src=192.168.1.1 dst=192.168.1.2 / "
#define IP6 ETH "ipv6 src=fe80::1 dst=2001:db8:1::2 / "

static const char *const frames[] = {
	ETH "arp op=2 sender_mac=52:54:00:12:01:01 sender_ip=192.168.1.1 "
	    "target_mac=52:54:00:12:01:02 target_ip=192.168.1.2",
	IP4 "icmp type=8 id=4660 seq=7 / raw data=abcdefgh",
	IP4 "icmp type=3 code=4 mtu=1400 / raw data=quoted",
	IP4 "icmp type=5 code=1 gateway=192.168.1.9 / raw data=quoted",
	ETH "ipv4 dscp=46 ecn=1 id=77 df=1 ttl=3 src=1.2.3.4 dst=5.6.7.8 "
	    "options[ nop ; router_alert value=0 ] / udp src_port=1 dst_port=9 "
	    "/ raw data=odd",
	IP4 "tcp src_port=40000 dst_port=80 seq=4000000000 ack=5 flags=SAE "
	    "window=1000 options[ mss value=1460 ; sack_ok ; timestamps "
	    "value=7 echo=9 ; nop ; wscale value=7 ]",
	IP4 "tcp src_port=1 dst_port=2 flags=PAU urgent=3 options[ nop ; nop ; "
	    "sack blocks[ block left=5 right=9 ; block left=20 right=30 ] ] "
	    "/ raw data=xyz",
	"eth type=0x8100 / vlan vid=7 pcp=5 dei=1 / vlan vid=4094 / ipv4 "
	"src=10.0.0.1 "
	"dst=10.0.0.2 / udp src_port=5 dst_port=6 / raw data=x",
	IP6 "tcp src_port=1025 dst_port=443 flags=S",
	ETH "ipv6 traffic_class=184 flow_label=0x12345 hop_limit=9 src=fe80::1 "
	    "dst=ff02::16 / hopopt options[ router_alert value=0 ] / icmpv6 "
	    "type=128 id=3 seq=4 / raw data=ping",
	IP6 "destopt options[ padn data=\\00\\00\\00\\00 ] / routing type=0 "
	    "segments_left=0 data=\\00\\00\\00\\00 / udp src_port=7 dst_port=8 "
	    "/ raw data=0123",
	IP6 "fragment offset=0 more=0 id=305419896 / udp src_port=7 dst_port=9 "
	    "/ raw data=01234567",
	ETH "ipv6 hop_limit=255 src=fe80::1 dst=ff02::1:ff00:2 / icmpv6 "
	    "type=135 target=fe80::2 options[ source_mac "
	    "value=52:54:00:12:01:01 ]",
	ETH "ipv6 hop_limit=255 src=fe80::2 dst=fe80::1 / icmpv6 type=136 "
	    "solicited=1 override=1 target=fe80::2 options[ target_mac "
	    "value=52:54:00:12:01:02 ]",
	ETH "ipv6 hop_limit=255 src=fe80::2 dst=ff02::1 / icmpv6 type=134 "
	    "managed=1 lifetime=1800 options[ prefix prefix_length=64 "
	    "on_link=1 autonomous=1 valid_lifetime=86400 "
	    "preferred_lifetime=14400 prefix=2001:db8:1:: ; mtu value=1500 ; "
	    "rdnss lifetime=60 addresses[ address address=2001:db8::53 ] ]",
	IP6 "icmpv6 type=2 mtu=1280 / raw data=quoted",
	ETH "ipv4 src=0.0.0.0 dst=255.255.255.255 / udp src_port=68 "
	    "dst_port=67 / dhcp xid=0xdeadbeef chaddr=52:54:00:12:01:01 "
	    "flags=0x8000 options[ message_type value=1 ; client_id "
	    "value=\\01RT\\00\\12\\01\\01 ; requested_address "
	    "value=192.168.1.77 ; host_name value=client ; end ]",
	ETH "ipv4 src=192.168.1.2 dst=192.168.1.77 / udp src_port=67 "
	    "dst_port=68 / dhcp op=2 xid=1 yiaddr=192.168.1.77 options[ "
	    "message_type value=5 ; server_id value=192.168.1.2 ; lease_time "
	    "value=3600 ; subnet_mask value=255.255.255.0 ; routers "
	    "addresses[ address address=192.168.1.3 ] ; end ]",
	IP4 "udp src_port=5000 dst_port=53 / dns id=99 rd=1 questions[ "
	    "question name=www.example.org type=28 ]",
	IP4 "udp src_port=53 dst_port=5000 / dns id=99 qr=1 aa=1 rcode=0 "
	    "questions[ question name=example.org type=1 ] answers[ a "
	    "name=example.org ttl=300 address=1.2.3.4 ; cname name=b.org "
	    "target=c.org ; mx name=d.org preference=10 target=e.org ] "
	    "authorities[ ns name=org target=ns.org ] additionals[ aaaa "
	    "name=ns.org address=2001:db8::1 ; srv name=s.org priority=1 "
	    "weight=2 port=3 target=t.org ]",
};

/* A field of ours, and tshark's name for it; numbers are compared as numbers,
 * everything else as text. */
static const struct {
	const char *layer, *field, *tshark;
} fields[] = {
	{ "eth", "dst", "eth.dst" },
	{ "eth", "src", "eth.src" },
	{ "eth", "type", "eth.type" },
	{ "vlan", "vid", "vlan.id" },
	{ "vlan", "pcp", "vlan.priority" },
	{ "vlan", "dei", "vlan.dei" },
	{ "arp", "op", "arp.opcode" },
	{ "arp", "sender_mac", "arp.src.hw_mac" },
	{ "arp", "sender_ip", "arp.src.proto_ipv4" },
	{ "arp", "target_mac", "arp.dst.hw_mac" },
	{ "arp", "target_ip", "arp.dst.proto_ipv4" },
	{ "ipv4", "dscp", "ip.dsfield.dscp" },
	{ "ipv4", "ecn", "ip.dsfield.ecn" },
	{ "ipv4", "total_length", "ip.len" },
	{ "ipv4", "id", "ip.id" },
	{ "ipv4", "df", "ip.flags.df" },
	{ "ipv4", "ttl", "ip.ttl" },
	{ "ipv4", "protocol", "ip.proto" },
	{ "ipv4", "checksum", "ip.checksum" },
	{ "ipv4", "src", "ip.src" },
	{ "ipv4", "dst", "ip.dst" },
	{ "ipv6", "traffic_class", "ipv6.tclass" },
	{ "ipv6", "flow_label", "ipv6.flow" },
	{ "ipv6", "payload_length", "ipv6.plen" },
	{ "ipv6", "next_header", "ipv6.nxt" },
	{ "ipv6", "hop_limit", "ipv6.hlim" },
	{ "ipv6", "src", "ipv6.src" },
	{ "ipv6", "dst", "ipv6.dst" },
	{ "fragment", "more", "ipv6.fraghdr.more" },
	{ "fragment", "id", "ipv6.fraghdr.ident" },
	{ "icmp", "type", "icmp.type" },
	{ "icmp", "code", "icmp.code" },
	{ "icmp", "checksum", "icmp.checksum" },
	{ "icmp", "gateway", "icmp.redir_gw" },
	{ "icmp", "mtu", "icmp.mtu" },
	{ "icmpv6", "type", "icmpv6.type" },
	{ "icmpv6", "checksum", "icmpv6.checksum" },
	{ "icmpv6", "mtu", "icmpv6.mtu" },
	{ "icmpv6", "solicited", "icmpv6.nd.na.flag.s" },
	{ "icmpv6", "override", "icmpv6.nd.na.flag.o" },
	{ "icmpv6", "managed", "icmpv6.nd.ra.flag.m" },
	{ "icmpv6", "lifetime", "icmpv6.nd.ra.router_lifetime" },
	{ "tcp", "src_port", "tcp.srcport" },
	{ "tcp", "dst_port", "tcp.dstport" },
	{ "tcp", "seq", "tcp.seq_raw" },
	{ "tcp", "ack", "tcp.ack_raw" },
	{ "tcp", "flags", "tcp.flags" },
	{ "tcp", "window", "tcp.window_size_value" },
	{ "tcp", "checksum", "tcp.checksum" },
	{ "tcp", "urgent", "tcp.urgent_pointer" },
	{ "tcp options mss", "value", "tcp.options.mss_val" },
	{ "tcp options wscale", "value", "tcp.options.wscale.shift" },
	{ "tcp options timestamps", "value", "tcp.options.timestamp.tsval" },
	{ "tcp options timestamps", "echo", "tcp.options.timestamp.tsecr" },
	{ "udp", "src_port", "udp.srcport" },
	{ "udp", "dst_port", "udp.dstport" },
	{ "udp", "length", "udp.length" },
	{ "udp", "checksum", "udp.checksum" },
	{ "dhcp", "op", "dhcp.type" },
	{ "dhcp", "xid", "dhcp.id" },
	{ "dhcp", "flags", "dhcp.flags" },
	{ "dhcp", "yiaddr", "dhcp.ip.your" },
	{ "dhcp", "chaddr", "dhcp.hw.mac_addr" },
	{ "dhcp options message_type", "value", "dhcp.option.dhcp" },
	{ "dhcp options lease_time", "value",
	  "dhcp.option.ip_address_lease_time" },
	{ "dhcp options server_id", "value", "dhcp.option.dhcp_server_id" },
	{ "dhcp options host_name", "value", "dhcp.option.hostname" },
	{ "dns", "id", "dns.id" },
	{ "dns", "qr", "dns.flags.response" },
	{ "dns", "rd", "dns.flags.recdesired" },
	{ "dns", "n_questions", "dns.count.queries" },
	{ "dns", "n_answers", "dns.count.answers" },
	{ "dns", "n_authorities", "dns.count.auth_rr" },
	{ "dns", "n_additionals", "dns.count.add_rr" },
	{ "dns questions question", "name", "dns.qry.name" },
	{ "dns questions question", "type", "dns.qry.type" },
	{ "dns answers a", "address", "dns.a" },
	{ "dns answers a", "ttl", "dns.resp.ttl" },
	{ "dns answers cname", "target", "dns.cname" },
	{ "dns answers mx", "target", "dns.mx.mail_exchange" },
	{ "dns authorities ns", "target", "dns.ns" },
	{ "dns additionals aaaa", "address", "dns.aaaa" },
	{ "dns additionals srv", "target", "dns.srv.target" },
	{ "dns additionals srv", "port", "dns.srv.port" },
};
enum {
	N_FRAMES = sizeof(frames) / sizeof(frames[0]),
	N_FIELDS = sizeof(fields) / sizeof(fields[0]),
	/* of every frame: what is wrong with it, by tshark */
	N_VERDICTS = 4,
	LINE_SIZE = 8192,
};

/* 1 is "good"; the last is there only when something is wrong. */
static const char *const verdicts[N_VERDICTS] = {
	"ip.checksum.status",
	"tcp.checksum.status",
	"udp.checksum.status",
	"_ws.malformed",
};

static char path[] = "/tmp/test-packet-XXXXXX";
static struct packet_builder *builders[N_FRAMES];
static struct packet packets[N_FRAMES];

static void
write_frames(void)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, PACKET_SIZE_MAX);
	pcap_dumper_t *dumper;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	dumper = pcap_dump_fopen(pcap, fdopen(fd, "w"));
	ck_assert_ptr_nonnull(dumper);
	for (size_t i = 0; i < N_FRAMES; i++) {
		struct pcap_pkthdr header = { .caplen = 0 };
		struct err err = ERR_INIT;
		const uint8_t *octets;
		size_t size;

		builders[i] = packet_builder_new();
		ck_assert_msg(packet_text_make(frames[i], builders[i], &octets,
					       &size, &err) == 0,
			      "%s: %s", frames[i], err.text);
		packet_dissect(octets, size, &packets[i]);
		header.caplen = header.len = (bpf_u_int32)size;
		pcap_dump((u_char *)dumper, &header, octets);
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

static FILE *
start_tshark(void)
{
	char command[LINE_SIZE];
	size_t n = (size_t)snprintf(
	    command, sizeof(command),
	    "tshark -r %s -n -T fields -E occurrence=f "
	    "-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
	    "-o udp.check_checksum:TRUE -o tcp.relative_sequence_numbers:FALSE",
	    path);

	for (size_t i = 0; i < N_VERDICTS; i++)
		n += (size_t)snprintf(command + n, sizeof(command) - n,
				      " -e %s", verdicts[i]);
	for (size_t i = 0; i < N_FIELDS; i++)
		n += (size_t)snprintf(command + n, sizeof(command) - n,
				      " -e %s", fields[i].tshark);
	ck_assert_uint_lt(n + 16, sizeof(command));
	strcat(command, " 2>/dev/null");
	return popen(command, "r");
}

/* "tcp options mss": an item of a list of a layer; "tcp": the layer. */
static bool
find_part(const struct packet *packet, const char *where,
	  struct packet_part *part)
{
	char layer[32], list[32], kind[32];
	int n = sscanf(where, "%31s %31s %31s", layer, list, kind);
	const struct packet_part *found = packet_layer(packet, layer);
	const struct packet_field *field;

	if (found == NULL)
		return false;
	*part = *found;
	if (n == 1)
		return true;
	field = packet_field_find(found->protocol, list);
	ck_assert_ptr_nonnull(field);
	part->protocol = NULL;
	while (packet_next_item(packet, found, field, part))
		if (strcmp(part->protocol->name, kind) == 0)
			return true;
	return false;
}

static void
compare(size_t frame, size_t row, const char *theirs)
{
	const struct packet *packet = &packets[frame];
	const struct packet_field *field;
	struct packet_value value;
	struct packet_part part;
	char text[PACKET_TEXT_SIZE];

	if (!find_part(packet, fields[row].layer, &part))
		return;
	field = packet_field_find(part.protocol, fields[row].field);
	if (field == NULL)
		return; /* another variant has it */
	packet_get(packet, &part, field, &value);
	ck_assert_msg(theirs[0] != '\0', "%s\n%s: tshark sees none",
		      frames[frame], fields[row].tshark);
	if (field->type == PACKET_UINT || field->type == PACKET_FLAGS) {
		unsigned long long number = strtoull(theirs, NULL, 0);

		if (strcmp(theirs, "True") == 0)
			number = 1;
		ck_assert_msg(number == value.number,
			      "%s\n%s: %" PRIu64 " here, %s there",
			      frames[frame], fields[row].tshark, value.number,
			      theirs);
		return;
	}
	if (field->type == PACKET_BYTES)
		snprintf(text, sizeof(text), "%.*s", (int)value.size,
			 (const char *)value.data);
	else
		packet_value_text(field, &value, text);
	ck_assert_msg(strcmp(text, theirs) == 0, "%s\n%s: %s here, %s there",
		      frames[frame], fields[row].tshark, text, theirs);
}

static const char *
next_column(char **at)
{
	char *word = strsep(at, "\t\n");

	return word != NULL ? word : "";
}

static void
compare_line(size_t frame, char *line)
{
	char *at = line;

	for (size_t i = 0; i < N_VERDICTS; i++) {
		const char *word = next_column(&at);

		ck_assert_msg(*word == '\0' ||
				  (i < 3 && strcmp(word, "1") == 0),
			      "%s\n%s: %s", frames[frame], verdicts[i], word);
	}
	for (size_t i = 0; i < N_FIELDS; i++)
		compare(frame, i, next_column(&at));
}

START_TEST(tshark_reads_what_we_write_as_we_do)
{
	static char line[LINE_SIZE];
	size_t n = 0;
	FILE *f;

	if (system("command -v tshark >/dev/null") != 0) {
		fprintf(stderr, "tshark is not installed: not compared\n");
		return;
	}
	write_frames();
	f = start_tshark();
	ck_assert_ptr_nonnull(f);
	while (n < N_FRAMES && fgets(line, sizeof(line), f) != NULL)
		compare_line(n++, line);
	pclose(f);
	unlink(path);
	ck_assert_uint_eq(n, N_FRAMES);
	for (size_t i = 0; i < N_FRAMES; i++)
		packet_builder_free(builders[i]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ tshark_reads_what_we_write_as_we_do, 0 },
		{ NULL, 0 },
	};

	return unit_run("packet_tshark", tests, NULL, NULL);
}
