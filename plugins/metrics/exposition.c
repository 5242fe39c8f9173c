#include "config.h"

#include "plugins/metrics/exposition.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const exposition_methods[N_SOURCES] = {
	[SOURCE_SWITCH] = "switch.info",  [SOURCE_SEGMENTS] = "segment.show",
	[SOURCE_BOOKS] = "stats.show",	  [SOURCE_PORTS] = "port.show",
	[SOURCE_PLUGINS] = "plugin.show",
};

/* ---- what there is ---- */

/* A metric by the name of its member, or one for each of the member's own
 * members. */
enum shape {
	VALUE,	      /* a number, or true and false */
	MILLISECONDS, /* a number of them, told in seconds */
	INFO,	      /* a text, told as a label of the value 1 */
	BY_REASON,    /* {"runt": 2}: the label reason="runt" */
	COUNTERS,     /* {"held": {"value": 1, "unit": "frames"}} */
};

static const struct family {
	const char *name, *type, *help;
	enum exposition_source source;
	const char *member;
	enum shape shape;
} families[] = {
	{ "vdelab_switch", "info", "The running switch.", SOURCE_SWITCH,
	  "version", INFO },
	{ "vdelab_uptime_seconds", "gauge", "Since the switch was started.",
	  SOURCE_SWITCH, "uptime_ms", MILLISECONDS },
	{ "vdelab_segments", "gauge", "Segments.", SOURCE_SWITCH, "segments",
	  VALUE },
	{ "vdelab_ports", "gauge", "Ports.", SOURCE_SWITCH, "ports", VALUE },
	{ "vdelab_frames_in_memory", "gauge", "Frames that wait or are held.",
	  SOURCE_SWITCH, "frames_in_use", VALUE },

	{ "vdelab_segment_ports", "gauge", "Ports of the segment.",
	  SOURCE_SEGMENTS, "ports", VALUE },
	{ "vdelab_segment_stations", "gauge", "Addresses that are known.",
	  SOURCE_SEGMENTS, "fdb_count", VALUE },
	{ "vdelab_segment_stations_limit", "gauge",
	  "Addresses that can be known.", SOURCE_SEGMENTS, "fdb_max", VALUE },
	{ "vdelab_segment_station_moves", "counter",
	  "Addresses that went to another port.", SOURCE_SEGMENTS, "moves",
	  VALUE },
	{ "vdelab_segment_stations_refused", "counter",
	  "Addresses that were not learned.", SOURCE_SEGMENTS, "refused",
	  VALUE },

	{ "vdelab_segment_received_frames", "counter",
	  "Frames that came in by ports.", SOURCE_BOOKS, "rx", VALUE },
	{ "vdelab_segment_made_frames", "counter",
	  "Frames made by the switch and its plugins.", SOURCE_BOOKS, "made",
	  VALUE },
	{ "vdelab_segment_copied_frames", "counter",
	  "Copies made for flooding.", SOURCE_BOOKS, "copies", VALUE },
	{ "vdelab_segment_sent_frames", "counter", "Frames that left by ports.",
	  SOURCE_BOOKS, "tx", VALUE },
	{ "vdelab_segment_dropped_frames", "counter",
	  "Frames dropped, by reason.", SOURCE_BOOKS, "drops", BY_REASON },
	{ "vdelab_segment_queued_frames", "gauge",
	  "Frames in the queues of ports.", SOURCE_BOOKS, "queued", VALUE },
	{ "vdelab_segment_held_frames", "gauge", "Frames that plugins hold.",
	  SOURCE_BOOKS, "held", VALUE },
	{ "vdelab_segment_balanced", "gauge",
	  "1: every frame is accounted for.", SOURCE_BOOKS, "balanced", VALUE },

	{ "vdelab_port_carrier", "gauge", "1: there is somebody at the port.",
	  SOURCE_PORTS, "carrier", VALUE },
	{ "vdelab_port_received_frames", "counter",
	  "Frames that the port sent into its segment.", SOURCE_PORTS,
	  "rx_frames", VALUE },
	{ "vdelab_port_received_bytes", "counter", "Octets of those.",
	  SOURCE_PORTS, "rx_bytes", VALUE },
	{ "vdelab_port_sent_frames", "counter",
	  "Frames that the port was sent.", SOURCE_PORTS, "tx_frames", VALUE },
	{ "vdelab_port_sent_bytes", "counter", "Octets of those.", SOURCE_PORTS,
	  "tx_bytes", VALUE },
	{ "vdelab_port_dropped_frames_in", "counter",
	  "Frames from the port that were dropped, by reason.", SOURCE_PORTS,
	  "rx_drops", BY_REASON },
	{ "vdelab_port_dropped_frames_out", "counter",
	  "Frames for the port that were dropped, by reason.", SOURCE_PORTS,
	  "tx_drops", BY_REASON },
	{ "vdelab_port_broadcast_frames", "counter",
	  "Broadcasts that the port sent.", SOURCE_PORTS, "rx_broadcast",
	  VALUE },
	{ "vdelab_port_multicast_frames", "counter",
	  "Multicasts that the port sent.", SOURCE_PORTS, "rx_multicast",
	  VALUE },
	{ "vdelab_port_unknown_unicast_frames", "counter",
	  "Frames for unknown stations that the port sent.", SOURCE_PORTS,
	  "rx_unknown_unicast", VALUE },
	{ "vdelab_port_queued_frames", "gauge", "Frames that wait to be sent.",
	  SOURCE_PORTS, "queued", VALUE },

	{ "vdelab_plugin_dropped_frames", "counter",
	  "Frames that a plugin dropped.", SOURCE_PLUGINS, "dropped", VALUE },
	{ "vdelab_plugin_dropped_frames_by_reason", "counter",
	  "Those of them that have a reason.", SOURCE_PLUGINS, "drops",
	  BY_REASON },
	{ "vdelab_plugin_held_frames", "gauge", "Frames that a plugin holds.",
	  SOURCE_PLUGINS, "held", VALUE },
	{ "vdelab_plugin_counter", "unknown",
	  "What a plugin counts of its own.", SOURCE_PLUGINS, "counters",
	  COUNTERS },
};

/* ---- labels ---- */

static void
put_label(FILE *out, const char *name, const char *value, bool *first)
{
	fprintf(out, "%s%s=\"", *first ? "{" : ",", name);
	*first = false;
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

/* Which member of a row becomes which label. */
static const struct {
	enum exposition_source source;
	const char *label, *member;
} row_labels[] = {
	{ SOURCE_SEGMENTS, "segment", "name" },
	{ SOURCE_BOOKS, "segment", "segment" },
	{ SOURCE_PORTS, "segment", "segment" },
	{ SOURCE_PORTS, "port", "name" },
	{ SOURCE_PORTS, "kind", "kind" },
	{ SOURCE_PLUGINS, "plugin", "id" },
};

static void
put_row_labels(FILE *out, enum exposition_source source, const json_t *row,
	       bool *first)
{
	size_t n = sizeof(row_labels) / sizeof(row_labels[0]);

	for (size_t i = 0; i < n; i++) {
		const char *value = json_string_value(
		    json_object_get(row, row_labels[i].member));

		if (row_labels[i].source == source && value != NULL)
			put_label(out, row_labels[i].label, value, first);
	}
}

/* ---- samples ---- */

static const char *
suffix(const struct family *f)
{
	if (strcmp(f->type, "counter") == 0)
		return "_total";
	return f->shape == INFO ? "_info" : "";
}

static void
put_value(FILE *out, const struct family *f, const json_t *value)
{
	json_int_t n = json_integer_value(value);

	if (f->shape == INFO)
		fputs(" 1\n", out);
	else if (json_is_boolean(value))
		fprintf(out, " %d\n", json_is_true(value));
	else if (f->shape == MILLISECONDS)
		fprintf(out, " %" JSON_INTEGER_FORMAT ".%03d\n", n / 1000,
			(int)(n % 1000));
	else
		fprintf(out, " %" JSON_INTEGER_FORMAT "\n", n);
}

/* One sample; the further labels may be NULL. */
static void
put_sample(FILE *out, const struct family *f, const json_t *row,
	   const char *label, const char *label_value, const char *unit,
	   const json_t *value)
{
	bool first = true;

	fprintf(out, "%s%s", f->name, suffix(f));
	put_row_labels(out, f->source, row, &first);
	if (label != NULL)
		put_label(out, label, label_value, &first);
	if (unit != NULL)
		put_label(out, "unit", unit, &first);
	if (!first)
		fputc('}', out);
	put_value(out, f, value);
}

static void
put_member(FILE *out, const struct family *f, const json_t *row)
{
	json_t *member = json_object_get(row, f->member), *value;
	const char *key;

	switch (f->shape) {
	case VALUE:
	case MILLISECONDS:
		if (json_is_integer(member) || json_is_boolean(member))
			put_sample(out, f, row, NULL, NULL, NULL, member);
		break;
	case INFO:
		if (json_is_string(member))
			put_sample(out, f, row, f->member,
				   json_string_value(member), NULL, member);
		break;
	case BY_REASON:
		json_object_foreach(member, key, value)
		    put_sample(out, f, row, "reason", key, NULL, value);
		break;
	case COUNTERS:
		json_object_foreach(member, key, value) put_sample(
		    out, f, row, "counter", key,
		    json_string_value(json_object_get(value, "unit")),
		    json_object_get(value, "value"));
		break;
	}
}

static void
put_family(FILE *out, const struct family *f, const json_t *result)
{
	const json_t *row;
	size_t i;

	fprintf(out, "# TYPE %s %s\n# HELP %s %s\n", f->name, f->type, f->name,
		f->help);
	if (!json_is_array(result)) {
		put_member(out, f, result);
		return;
	}
	json_array_foreach(result, i, row) put_member(out, f, row);
}

char *
exposition_write(const json_t *const results[N_SOURCES], size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (results[families[i].source] != NULL)
			put_family(out, &families[i],
				   results[families[i].source]);
	}
	fputs("# EOF\n", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
