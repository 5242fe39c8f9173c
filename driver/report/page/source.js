/* source: the test's own text, and what each of its lines came to. */

/* Enough of Lua and Python to tell comments, strings and words apart. */
const KEYWORDS = {
	lua: 'and break do else elseif end false for function goto if in local ' +
		'nil not or repeat return then true until while',
	python: 'and as assert async await break class continue def del elif ' +
		'else except False finally for from global if import in is ' +
		'lambda None nonlocal not or pass raise return True try while ' +
		'with yield',
};

function language_of(file) {
	return /\.py$/.test(file) ? 'python' : 'lua';
}

/** coloured() - a line as elements; a string over several lines is not seen */
function coloured(line, language) {
	const comment = language === 'python' ? '#.*' : '--.*';
	const words = KEYWORDS[language].split(' ').join('|');
	const pattern = new RegExp('("(?:[^"\\\\]|\\\\.)*"|' +
		"'(?:[^'\\\\]|\\\\.)*')|(" + comment + ')|\\b(' + words +
		')\\b', 'g');
	const parts = [];
	let end = 0;

	for (const found of line.matchAll(pattern)) {
		parts.push(line.slice(end, found.index));
		parts.push(el('span.' + (found[1] ? 'string' :
			found[2] ? 'comment' : 'word'), {}, found[0]));
		end = found.index + found[0].length;
	}
	parts.push(line.slice(end));
	return parts;
}

/** source_line() - one line of code with its number; @mark: "bad", "" */
function source_line(number, text, language, mark) {
	return el('div.code-line' + (mark === 'bad' ? '.failing' : ''), {},
		el('span.number', { 'aria-hidden': 'true' }, String(number)),
		el('code', {}, ...coloured(visible_line(text)
			.replace(/ \u23ce $/, ''), language)));
}

/** excerpt() - the lines around one of a source */
function excerpt(run, source, line, before, after) {
	const file = run.sources[source];
	const language = language_of(file.file);
	const lines = file.text.split('\n');
	const first = Math.max(1, line - before);
	const rows = [];

	for (let n = first; n <= Math.min(lines.length, line + after); n++)
		rows.push(source_line(n, lines[n - 1], language,
			n === line ? 'bad' : ''));
	return el('div.code', { role: 'group', tabindex: '0', 'aria-label':
		visible_line(file.file) + ', line ' + line }, ...rows);
}

/* For each line of a source the steps that it called. */
function steps_by_line(run, source) {
	const by_line = new Map();

	run.steps.forEach((row, i) => {
		if (row[STEP.SOURCE] !== source)
			return;
		if (!by_line.has(row[STEP.LINE]))
			by_line.set(row[STEP.LINE], []);
		by_line.get(row[STEP.LINE]).push(i);
	});
	return by_line;
}

/* What stands beside a line: how often it was called, how long it took. */
function line_result(run, steps) {
	if (steps === undefined)
		return el('span.result');
	const failed = steps.find((i) => run.steps[i][STEP.OK] !== 1);
	const [look, sign, words] = step_state(run, failed ?? steps[0]);
	const time = steps.reduce((sum, i) => sum + step_end(run, i) -
		run.steps[i][STEP.T0], 0);

	return el('span.result.' + look, { title: words }, sign + ' ' +
		duration(time) + (steps.length > 1 ? ' \u00d7' + steps.length : ''));
}

function source_section(run) {
	const list = new List('source-list', { label: 'The script, line by line',
		row_px: 21, draw, key, click: (event, i) => open(i) });
	const title = el('span.quiet');
	let source = -1, lines = [], by_line = new Map();

	function draw(i) {
		const steps = by_line.get(i + 1);
		const bad = run.ending !== null && run.ending.source === source &&
			run.ending.line === i + 1;
		const row = source_line(i + 1, lines[i],
			language_of(run.sources[source].file), bad ? 'bad' : '');

		row.append(line_result(run, steps));
		if (steps !== undefined)
			row.classList.add('leads');
		return row;
	}
	function open(i) {
		const steps = by_line.get(i + 1);

		if (steps !== undefined)
			go_to('steps', steps.find((s) => run.steps[s][STEP.OK] !== 1)
				?? steps[0]);
	}
	function key(event, i) {
		if (event.key !== 'Enter' || i < 0)
			return false;
		open(i);
		return true;
	}
	function set(i) {
		source = Number(i);
		lines = run.sources[source].text.split('\n');
		by_line = steps_by_line(run, source);
		title.textContent = count(lines.length, 'line') +
			(run.sources[source].cut ? ', of which the rest is left ' +
			'out' : '') + '. Lines with a time lead to their steps.';
		list.reset(lines.length);
	}
	const files = choice('File', run.sources.map((file, i) =>
		[String(i), visible_line(file.file)]), '0', set);
	const section = section_of('source', 'Script',
		el('div.bar', {}, files, title), list.view);

	set(Math.max(0, run.ending?.source ?? 0));
	files.value = String(source);
	views.lines = { section, list, show: ([i, line]) => {
		files.value = String(i);
		set(i);
		list.choose(line - 1, true);
		list.view.focus({ preventScroll: true });
		look_at('line-' + i + '-' + line);
	} };
	return section;
}
