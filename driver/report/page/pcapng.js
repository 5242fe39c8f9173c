/* pcapng: a small capture file, out of frames that the page carries. */

/** from_base64() - octets */
function from_base64(text) {
	return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/* A block: its type, its length around a body, which is padded to words. */
function pcapng_block(type, body) {
	const length = 12 + body.length + (4 - body.length % 4) % 4;
	const block = new Uint8Array(length);
	const view = new DataView(block.buffer);

	view.setUint32(0, type, true);
	view.setUint32(4, length, true);
	block.set(body, 8);
	view.setUint32(length - 4, length, true);
	return block;
}

function pcapng_option(code, octets) {
	const option = new Uint8Array(4 + octets.length + (4 - octets.length % 4) % 4);
	const view = new DataView(option.buffer);

	view.setUint16(0, code, true);
	view.setUint16(2, octets.length, true);
	option.set(octets, 4);
	return option;
}

function joined(...parts) {
	const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
	let at = 0;

	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

function words(...values) {
	const octets = new Uint8Array(4 * values.length);
	const view = new DataView(octets.buffer);

	values.forEach((value, i) => view.setUint32(4 * i, value, true));
	return octets;
}

/* The wall clock at the run's beginning, in nanoseconds. */
function began_ns(run) {
	const found = /^(.*?)(?:\.(\d{1,9}))?Z$/.exec(run.began ?? '');
	const ms = found === null ? NaN : Date.parse(found[1] + 'Z');

	return Number.isNaN(ms) ? 0n : BigInt(ms) * 1000000n +
		BigInt((found[2] ?? '').padEnd(9, '0'));
}

function pcapng_frame(run, row, interface_of, began) {
	const octets = from_base64(run.frame_octets[row.index]);
	const ns = began + BigInt(Math.round(row.frame[FRAME.T] * 1e9));
	const notes = [...frame_marks(row.frame[FRAME.FLAGS])];

	if (row.frame[FRAME.NOTE] !== null)
		notes.push(row.frame[FRAME.NOTE]);
	const padded = new Uint8Array(octets.length + (4 - octets.length % 4) % 4);

	padded.set(octets);
	return pcapng_block(6, joined(
		words(interface_of.get(row.frame[FRAME.PORT]),
			Number(ns >> 32n), Number(ns & 0xffffffffn),
			octets.length, Math.max(octets.length,
			row.frame[FRAME.OCTETS])), padded,
		notes.length === 0 ? words() : joined(pcapng_option(1,
			new TextEncoder().encode(notes.join('; '))), words(0))));
}

/** pcapng_of() - a capture of frames (indexes) whose octets are at hand */
function pcapng_of(run, indexes) {
	const rows = indexes.map((index) => ({ index, frame: run.frames[index] }));
	const ports = [...new Set(rows.map((row) => row.frame[FRAME.PORT]))];
	const interface_of = new Map(ports.map((port, i) => [port, i]));
	const encoder = new TextEncoder();
	const began = began_ns(run);
	const section = new Uint8Array([0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
	const interfaces = ports.map((port) => pcapng_block(1, joined(words(1, 0),
		pcapng_option(2, encoder.encode(run.ports[port] ?? 'not known')),
		pcapng_option(9, new Uint8Array([9])), words(0))));

	return joined(pcapng_block(0x0a0d0d0a, section), ...interfaces,
		...rows.map((row) => pcapng_frame(run, row, interface_of, began)));
}

/** save_file() - offer octets as a file */
function save_file(octets, name) {
	const url = URL.createObjectURL(new Blob([octets],
		{ type: 'application/octet-stream' }));
	const link = el('a', { href: url, download: name });

	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** hex_dump() - octets as lines of sixteen */
function hex_dump(bytes) {
	const lines = [];

	for (let i = 0; i < bytes.length; i += 16) {
		const part = Array.from(bytes.slice(i, i + 16));

		lines.push(i.toString(16).padStart(4, '0') + '  ' +
			part.map((byte) => byte.toString(16).padStart(2, '0'))
				.join(' ').padEnd(49) +
			part.map((byte) => byte >= 0x20 && byte < 0x7f ?
				String.fromCharCode(byte) : '.').join(''));
	}
	return lines.join('\n');
}
