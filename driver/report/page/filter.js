/* filter: what of a long list is to be seen. */

/** Filter - the controls above a list; changed() is called when they change */
class Filter {
	/** @choices: { name: [label, [[value, text], ...]] } */
	constructor(label, choices, changed) {
		this.changed = changed;
		this.values = { from: '', to: '', text: '' };
		this.controls = {};
		this.bar = el('div.bar', { role: 'search', 'aria-label': label });
		this.add('text', el('input', { type: 'search', placeholder:
			'Search', 'aria-label': 'Search ' + label,
			spellcheck: 'false', autocomplete: 'off' }), 'input');
		for (const [name, [words, options]] of Object.entries(choices)) {
			this.values[name] = options[0][0];
			this.add(name, choice(words, options, options[0][0],
				() => {}), 'change');
		}
		for (const [name, words] of [['from', 'From second'],
			['to', 'To second']])
			this.add(name, el('input.time', { type: 'text', inputmode:
				'decimal', placeholder: name, size: '6',
				'aria-label': words }), 'input');
	}

	add(name, control, happens) {
		control.addEventListener(happens, () => {
			this.values[name] = control.value;
			this.soon();
		});
		this.controls[name] = control;
		this.bar.append(control);
	}

	/** set() - some of the values; the others are as at the beginning */
	set(values) {
		for (const [name, control] of Object.entries(this.controls)) {
			if (control.tagName === 'SELECT')
				control.selectedIndex = 0;
			else
				control.value = '';
			if (values[name] !== undefined)
				control.value = values[name];
			this.values[name] = control.value;
		}
		clearTimeout(this.timer);
		this.changed();
	}

	/* A person who types is not answered at each letter. */
	soon() {
		clearTimeout(this.timer);
		this.timer = setTimeout(this.changed, 120);
	}

	/** span() - [from, to] in seconds */
	span() {
		const number = (text, otherwise) => {
			const value = parseFloat(text.replace(',', '.'));

			return Number.isFinite(value) ? value : otherwise;
		};

		return [number(this.values.from, -Infinity),
			number(this.values.to, Infinity)];
	}

	/** words() - what is searched: every word must be there, in any case */
	words() {
		return this.values.text.toLowerCase().split(/\s+/)
			.filter((word) => word !== '');
	}
}

/** chosen_rows() - indexes of @rows within @span for which @wanted(row, i) */
function chosen_rows(rows, [from, to], wanted) {
	const indexes = [];

	for (let i = first_at(rows, from); i < rows.length; i++) {
		if (rows[i][0] > to)
			break;
		if (wanted(rows[i], i))
			indexes.push(i);
	}
	return indexes;
}

/** nearest() - where in @indexes the row is that is nearest to @t */
function nearest(indexes, rows, t) {
	let best = 0;

	indexes.forEach((i, at) => {
		if (Math.abs(rows[i][0] - t) < Math.abs(rows[indexes[best]][0] - t))
			best = at;
	});
	return best;
}

/** set_place() - show row @i of a list that may have it filtered away */
function set_place(list, indexes, i, clear) {
	let at = indexes().indexOf(i);

	if (at < 0) {
		clear();
		at = indexes().indexOf(i);
	}
	list.choose(at, true);
	list.view.focus({ preventScroll: true });
}
