/*
 * text: how foreign text and numbers are shown.  What guests print never becomes
 * HTML: it goes through visible(), and into text nodes only (dom.js).
 */

/* What terminals take as commands: CSI, OSC and other strings, two characters. */
const TERMINAL = new RegExp(
	'\\u001b\\[[0-?]*[ -/]*[@-~]' +
	'|\\u001b[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?' +
	'|\\u001b[ -/]*[0-~]' +
	'|\\u009b[0-?]*[ -/]*[@-~]', 'g');

/* Characters that cannot be seen, or that change what others look like. */
const UNSEEN = new RegExp(
	'[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c' +
	'\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff' +
	'\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]|\\p{Cs}', 'gu');

/* Of U+0000 to U+001F. */
const CONTROLS = ('NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE ' +
	'DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US').split(' ');

function unseen_name(character) {
	const code = character.codePointAt(0);

	if (code >= 0xd800 && code <= 0xdfff)
		return '\ufffd';
	return '\u27e8' + (CONTROLS[code] ?? 'U+' + code.toString(16)
		.toUpperCase().padStart(4, '0')) + '\u27e9';
}

/** visible() - foreign text as a person can read it; newlines and tabs stay */
function visible(text) {
	return String(text ?? '').replace(/\r+\n/g, '\n').replace(/\r$/, '')
		.replace(TERMINAL, '').replace(UNSEEN, unseen_name);
}

/** visible_line() - the same on one line */
function visible_line(text) {
	return visible(text).replace(/\n+$/, '').replace(/\n/g, ' \u23ce ')
		.replace(/\t/g, '    ');
}

/** wrapped() - the lines of a text, none longer than so many characters */
function wrapped(text, columns) {
	const lines = [];

	for (const line of visible(text).replace(/\n$/, '').split('\n')) {
		const whole = line.replace(/\t/g, '        ');

		for (let i = 0; i === 0 || i < whole.length; i += columns)
			lines.push(whole.slice(i, i + columns));
	}
	return lines;
}

/** at_time() - a moment of the run: 12.345 */
function at_time(t) {
	return t.toFixed(3);
}

/** duration() - 0.4 ms, 12 ms, 1.23 s, 2 min 05 s */
function duration(s) {
	if (s < 0.00005)
		return '0 ms';
	if (s < 0.001)
		return (s * 1000).toFixed(1) + ' ms';
	if (s < 1)
		return Math.round(s * 1000) + ' ms';
	if (s < 10)
		return s.toFixed(2) + ' s';
	if (s < 120)
		return s.toFixed(1) + ' s';
	const whole = Math.round(s);

	if (whole < 7200)
		return Math.floor(whole / 60) + ' min ' +
			String(whole % 60).padStart(2, '0') + ' s';
	return Math.floor(whole / 3600) + ' h ' +
		String(Math.floor(whole / 60) % 60).padStart(2, '0') + ' min';
}

/** octets() - 812 octets, 12.3 KiB */
function octets(n) {
	if (n < 1024)
		return n + (n === 1 ? ' octet' : ' octets');
	const units = ['KiB', 'MiB', 'GiB', 'TiB'];
	let i = -1;

	do {
		n /= 1024;
		i++;
	} while (n >= 1024 && i < units.length - 1);
	return n.toFixed(n < 10 ? 1 : 0) + ' ' + units[i];
}

/** short_path() - the end of a path, by which people know the file */
function short_path(path) {
	return visible_line(path.split('/').slice(-2).join('/'));
}

/** shell_word() - a text as one word for a shell, and nothing else */
function shell_word(text) {
	const word = visible_line(text);

	return /^[\w.\/:=+,@%][\w.\/:=+,@%-]*$/.test(word) ? word :
		"'" + word.replace(/'/g, "'\\''") + "'";
}

/** count() - 1 frame, 12,345 frames */
function count(n, what) {
	return n.toLocaleString('en') + ' ' + what + (n === 1 ? '' : 's');
}
