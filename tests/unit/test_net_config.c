#include "tools/slirp/net-config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct net_config config;
static struct err err;

static void
set_up(void)
{
	config = (struct net_config){ .mtu = MTU_DEFAULT };
	err = (struct err)ERR_INIT;
}

static void
tear_down(void)
{
	net_config_fini(&config);
}

/* ---- the text of a forward ---- */

#define LOOPBACK 0x7f000001
#define GUEST 0x0a00020f

static const struct {
	const char *text;
	enum hostfwd_kind kind;
	const char *path;
	uint32_t addr;
	uint16_t port;
	uint32_t guest;
	uint16_t guest_port;
} forwards[] = {
	{ "tcp:127.0.0.1:8080-10.0.2.15:80", HOSTFWD_TCP, NULL, LOOPBACK, 8080,
	  GUEST, 80 },
	{ "tcp::1-:65535", HOSTFWD_TCP, NULL, LOOPBACK, 1, 0, 65535 },
	{ "udp:0.0.0.0:53-:053", HOSTFWD_UDP, NULL, 0, 53, 0, 53 },
	{ "unix:/run/x/shell-:514", HOSTFWD_UNIX, "/run/x/shell", LOOPBACK, 0,
	  0, 514 },
	{ "unix:a-b:c-d-10.0.2.15:22", HOSTFWD_UNIX, "a-b:c-d", LOOPBACK, 0,
	  GUEST, 22 },
};

START_TEST(a_forward_says_from_where_and_to_where)
{
	struct hostfwd forward;

	ck_assert_int_eq(hostfwd_parse(forwards[_i].text, &forward, &err), 0);
	ck_assert_int_eq(forward.kind, forwards[_i].kind);
	ck_assert_pstr_eq(forward.path, forwards[_i].path);
	ck_assert_uint_eq(forward.addr, forwards[_i].addr);
	ck_assert_uint_eq(forward.port, forwards[_i].port);
	ck_assert_uint_eq(forward.guest, forwards[_i].guest);
	ck_assert_uint_eq(forward.guest_port, forwards[_i].guest_port);
	free(forward.path);
}
END_TEST

static const char *const no_forwards[] = {
	"",
	"tcp:",
	"tcp::1",
	"tcp::1-",
	"tcp::1-1",
	"tcp:1-:1",
	"tcp::0-:1",
	"tcp::1-:0",
	"tcp::65536-:1",
	"tcp::1-:65536",
	"tcp::1-:99999999999999999999",
	"tcp::+1-:1",
	"tcp:: 1-:1",
	"tcp::1 -:1",
	"tcp::0x10-:1",
	"tcp:localhost:1-:1",
	"tcp:1.2.3:1-:1",
	"tcp:1.2.3.4:1-1.2.3.256:1",
	"tcp:1.2.3.4:1-1.2.3.4:1:1",
	"sctp::1-:1",
	"unix:-:1",
	"unix:x",
	"unix:x-",
	"unix:x-1",
	"unix:x:514",
};

START_TEST(a_text_that_is_no_forward_is_named)
{
	struct hostfwd forward;
	char quoted[128];

	ck_assert_int_eq(hostfwd_parse(no_forwards[_i], &forward, &err),
			 -EINVAL);
	snprintf(quoted, sizeof(quoted), "\"%s\"", no_forwards[_i]);
	ck_assert_ptr_nonnull(strstr(err.text, quoted));
	ck_assert_ptr_null(forward.path);
}
END_TEST

static const struct {
	const char *text;
	uint16_t port; /* 0: refused */
	const char *path;
} services[] = {
	{ "6000-unix:/tmp/.X11-unix/X0", 6000, "/tmp/.X11-unix/X0" },
	{ "1-unix:a-unix:b", 1, "a-unix:b" },
	{ "0-unix:x", 0, NULL },
	{ "65536-unix:x", 0, NULL },
	{ "-unix:x", 0, NULL },
	{ "1-unix:", 0, NULL },
	{ "1-tcp:x", 0, NULL },
	{ "6000:/tmp/x", 0, NULL },
};

START_TEST(a_service_is_a_port_and_a_path)
{
	struct guestfwd forward = { .port = 0 };
	int ret = guestfwd_parse(services[_i].text, &forward, &err);

	ck_assert_int_eq(ret, services[_i].port != 0 ? 0 : -EINVAL);
	if (ret < 0) {
		ck_assert_ptr_nonnull(strstr(err.text, services[_i].text));
		return;
	}
	ck_assert_uint_eq(forward.port, services[_i].port);
	ck_assert_str_eq(forward.path, services[_i].path);
	free(forward.path);
}
END_TEST

/* ---- addresses ---- */

static const struct {
	struct net_words words;
	const char *want; /* network mask host dns dhcp, in hexadecimal */
	const char *wrong;
} networks[] = {
	{ { NULL, NULL, NULL, NULL },
	  "0a000200 ffffff00 0a000202 0a000203 0a00020f",
	  NULL },
	{ { "10.1.0.0/16", NULL, NULL, NULL },
	  "0a010000 ffff0000 0a010002 0a010003 0a01000f",
	  NULL },
	{ { "192.168.55.0", "192.168.55.1", "192.168.55.254",
	    "192.168.55.100" },
	  "c0a83700 ffffff00 c0a83701 c0a837fe c0a83764",
	  NULL },
	/* DNS elsewhere is DNS elsewhere */
	{ { NULL, NULL, "9.9.9.9", NULL },
	  "0a000200 ffffff00 0a000202 09090909 0a00020f",
	  NULL },
	{ { "10.0.0.0/27", NULL, NULL, NULL },
	  "0a000000 ffffffe0 0a000002 0a000003 0a00000f",
	  NULL },
	{ { "16.0.0.0/4", NULL, NULL, NULL },
	  "10000000 f0000000 10000002 10000003 1000000f",
	  NULL },
	/* the last sixteen of a network */
	{ { NULL, NULL, NULL, "10.0.2.239" },
	  "0a000200 ffffff00 0a000202 0a000203 0a0002ef",
	  NULL },
	{ { NULL, NULL, NULL, "10.0.2.240" }, NULL, "10.0.2.240" },
	{ { NULL, "10.0.2.14", NULL, NULL },
	  "0a000200 ffffff00 0a00020e 0a000203 0a00020f",
	  NULL },
	{ { NULL, "10.0.2.15", NULL, NULL }, NULL, "10.0.2.15" },
	{ { NULL, "10.0.2.30", NULL, NULL }, NULL, "10.0.2.15" },
	{ { NULL, "10.0.2.31", NULL, NULL },
	  "0a000200 ffffff00 0a00021f 0a000203 0a00020f",
	  NULL },
	{ { NULL, NULL, "10.0.2.20", NULL }, NULL, "10.0.2.15" },
	{ { NULL, NULL, "10.0.2.2", NULL }, NULL, "10.0.2.2" },
	{ { NULL, "10.0.2.0", NULL, NULL }, NULL, "\"10.0.2.0\"" },
	{ { NULL, "10.0.2.255", NULL, NULL }, NULL, "\"10.0.2.255\"" },
	{ { NULL, "10.0.3.2", NULL, NULL }, NULL, "no address in 10.0.2.0" },
	{ { NULL, "x", NULL, NULL }, NULL, "\"x\"" },
	{ { NULL, NULL, "127.0.0.1", NULL }, NULL, "\"127.0.0.1\"" },
	{ { NULL, NULL, "10.0.2.255", NULL }, NULL, "\"10.0.2.255\"" },
	{ { NULL, NULL, NULL, "10.0.9.1" }, NULL, "--dhcp-start" },
	{ { "10.0.2.0/28", NULL, NULL, NULL }, NULL, "\"10.0.2.0/28\"" },
	{ { "10.0.2.0/3", NULL, NULL, NULL }, NULL, "\"10.0.2.0/3\"" },
	{ { "10.0.2.0/", NULL, NULL, NULL }, NULL, "\"10.0.2.0/\"" },
	{ { "10.0.2.1/24", NULL, NULL, NULL }, NULL, "\"10.0.2.1/24\"" },
	{ { "0.0.0.0/8", NULL, NULL, NULL }, NULL, "\"0.0.0.0/8\"" },
	{ { "127.0.0.0/8", NULL, NULL, NULL }, NULL, "\"127.0.0.0/8\"" },
	{ { "224.0.0.0/8", NULL, NULL, NULL }, NULL, "\"224.0.0.0/8\"" },
};

START_TEST(addresses_are_taken_or_refused_by_name)
{
	int ret = net_config_addresses(&config, &networks[_i].words, &err);
	char got[64];

	if (networks[_i].want == NULL) {
		ck_assert_int_eq(ret, -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, networks[_i].wrong));
		return;
	}
	ck_assert_msg(ret == 0, "%s", err.text);
	snprintf(got, sizeof(got), "%08x %08x %08x %08x %08x", config.network,
		 config.netmask, config.host, config.dns, config.dhcp_start);
	ck_assert_str_eq(got, networks[_i].want);
}
END_TEST

/* ---- the whole ---- */

static const struct {
	const char *forward;
	bool good;
} guests[] = {
	{ "tcp::1-:1", true },
	{ "tcp::1-10.0.2.15:1", true },
	{ "tcp::1-10.0.2.254:1", true },
	{ "tcp::1-10.0.2.2:1", false },
	{ "tcp::1-10.0.2.3:1", false },
	{ "tcp::1-10.0.2.0:1", false },
	{ "tcp::1-10.0.2.255:1", false },
	{ "tcp::1-10.0.3.15:1", false },
};

START_TEST(forwards_lead_to_guests)
{
	const struct net_words usual = { .network = NULL };

	ck_assert_int_eq(net_config_addresses(&config, &usual, &err), 0);
	ck_assert_int_eq(
	    hostfwd_parse(guests[_i].forward, &config.hostfwds[0], &err), 0);
	config.n_hostfwds = 1;
	ck_assert_int_eq(net_config_check(&config, &err),
			 guests[_i].good ? 0 : -EINVAL);
	ck_assert(!guests[_i].good || config.hostfwds[0].guest != 0);
}
END_TEST

START_TEST(services_have_a_port_each_and_a_path_that_fits)
{
	const struct net_words usual = { .network = NULL };
	const char *const texts[] = { "1-unix:a", "2-unix:a", "1-unix:b" };

	ck_assert_int_eq(net_config_addresses(&config, &usual, &err), 0);
	for (int i = 0; i < UNIT_ROWS(texts); i++) {
		ck_assert_int_eq(
		    guestfwd_parse(texts[i], &config.guestfwds[i], &err), 0);
		config.n_guestfwds++;
		ck_assert_int_eq(net_config_check(&config, &err),
				 i < 2 ? 0 : -EINVAL);
	}
	ck_assert_ptr_nonnull(strstr(err.text, "port 1 is given twice"));
	config.guestfwds[2].port = 3;
	free(config.guestfwds[2].path);
	config.guestfwds[2].path = xasprintf("%0107d", 0);
	ck_assert_int_eq(net_config_check(&config, &err), 0);
	free(config.guestfwds[2].path);
	config.guestfwds[2].path = xasprintf("%0108d", 0);
	ck_assert_int_eq(net_config_check(&config, &err), -EINVAL);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_forward_says_from_where_and_to_where, UNIT_ROWS(forwards) },
		{ a_text_that_is_no_forward_is_named, UNIT_ROWS(no_forwards) },
		{ a_service_is_a_port_and_a_path, UNIT_ROWS(services) },
		{ addresses_are_taken_or_refused_by_name, UNIT_ROWS(networks) },
		{ forwards_lead_to_guests, UNIT_ROWS(guests) },
		{ services_have_a_port_each_and_a_path_that_fits, 0 },
		{ NULL, 0 },
	};

	return unit_run("net_config", tests, set_up, tear_down);
}
