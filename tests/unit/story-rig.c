#include "tests/unit/story-rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

void
story_rig_init(struct story_rig *rig)
{
	*rig = (struct story_rig){ .dir = "/tmp/test-story-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(rig->dir));
}

void
story_rig_fini(struct story_rig *rig)
{
	story_free(rig->story);
	for (unsigned i = 0; i < rig->n_ports; i++)
		if (rig->captures[i] != NULL)
			fclose(rig->captures[i]);
	sockpath_remove_tree(rig->dir, NULL);
}

static void
add_to(const struct story_rig *rig, const char *name, const char *mode,
       const void *octets, size_t size)
{
	char *path = xasprintf("%s/%s", rig->dir, name);
	FILE *f = fopen(path, mode);

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(octets, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
	free(path);
}

void
rig_octets(struct story_rig *rig, const void *octets, size_t size)
{
	add_to(rig, "log.jsonl", "a", octets, size);
}

void
rig_file(struct story_rig *rig, const char *name, const void *octets,
	 size_t size)
{
	add_to(rig, name, "w", octets, size);
}

void
rig_line(struct story_rig *rig, double t, const char *fmt, ...)
{
	char *members, *line;
	va_list ap;

	va_start(ap, fmt);
	members = xvasprintf(fmt, ap);
	va_end(ap);
	for (char *c = members; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	line = xasprintf("{\"n\":%u,\"t\":%.9g,%s}\n", ++rig->n, t, members);
	rig_octets(rig, line, strlen(line));
	free(line);
	free(members);
}

void
rig_begin(struct story_rig *rig)
{
	rig_line(
	    rig, 0,
	    "'type':'run.begin','schema':1,'test':'nat','file':'nat.lua',"
	    "'attempt':1,'machines':3,'segments':2,'accel':'tcg',"
	    "'accel_reason':'no KVM','timeout_scale':1,'seed':7,"
	    "'version':'0.5','began':'2026-11-23T06:10:00.000000000Z',"
	    "'language':'lua','nodes':["
	    "{'name':'client','nics':[{'port':'client.eth1','segment':'vlan1',"
	    "'mac':'52:54:00:12:01:01','ipv4':'192.168.1.1',"
	    "'ipv6':'2001:db8:1::1'}]},"
	    "{'name':'router','nics':[{'port':'router.eth2','segment':'vlan2',"
	    "'mac':'52:54:00:12:02:02','ipv4':'192.168.2.2',"
	    "'ipv6':'2001:db8:2::2'},"
	    "{'port':'router.eth1','segment':'vlan1',"
	    "'mac':'52:54:00:12:01:02','ipv4':'192.168.1.2',"
	    "'ipv6':'2001:db8:1::2'}]},"
	    "{'name':'server','nics':[{'port':'server.eth1','segment':'vlan2',"
	    "'mac':'52:54:00:12:02:03','ipv4':'192.168.2.3',"
	    "'ipv6':null}]}]");
}

void
rig_step(struct story_rig *rig, double begin_s, double end_s, int id, int in,
	 const char *kind, const char *error)
{
	rig_line(rig, begin_s,
		 "'type':'step.begin','step':%d,'in':%d,'kind':'%s',"
		 "'machine':'client','text':'step %d'",
		 id, in, kind, id);
	if (end_s < 0)
		return;
	rig_line(rig, end_s,
		 "'type':'step.end','step':%d,'ok':%s,'error':%s%s%s", id,
		 error == NULL ? "true" : "false", error != NULL ? "'" : "",
		 error != NULL ? error : "null", error != NULL ? "'" : "");
}

void
rig_end(struct story_rig *rig, double t, int code, const char *error)
{
	rig_line(rig, t,
		 "'type':'run.end','test':'nat','result':'%s','code':%d,"
		 "'error':%s%s%s,'results':'%s'",
		 code == 0 ? "passed" : "failed", code,
		 error != NULL ? "'" : "", error != NULL ? error : "null",
		 error != NULL ? "'" : "", rig->dir);
}

void
rig_flush(struct story_rig *rig)
{
	for (unsigned i = 0; i < rig->n_ports; i++)
		if (rig->captures[i] != NULL)
			fflush(rig->captures[i]);
}

struct story *
rig_read(struct story_rig *rig)
{
	rig_flush(rig);
	rig->story = story_read(rig->dir, &rig->err);
	ck_assert_msg(rig->story != NULL, "%s", rig->err.text);
	return rig->story;
}

const struct story_omission *
rig_omission(const struct story_rig *rig, const char *what)
{
	for (size_t i = 0; i < rig->story->n_omissions; i++)
		if (strstr(rig->story->omissions[i].what, what) != NULL)
			return &rig->story->omissions[i];
	return NULL;
}
