/* state: what is looked at.  It stands in the address, so that links lead there:
 * #step-12 (its number in the log), #event-40, #frame-vlan1-57, #line-0-12,
 * #t=12.3, and the sections. */
const views = {};  /* by name: { show(i) } of steps, events, frames, lines, time */

/** look_at() - remember a place in the address, without going there */
function look_at(hash) {
	try {
		history.replaceState(null, '', '#' + hash);
	} catch {
		/* Some browsers refuse it for files: then without. */
	}
}

/** go_to() - to a section, and in it to a thing */
function go_to(view, i) {
	views[view].section.scrollIntoView({ block: 'start' });
	views[view].show(i);
}

/** follow() - where the address leads.  Return: whether it is ours */
function follow(run) {
	let hash = location.hash.slice(1);

	try {
		hash = decodeURIComponent(hash);
	} catch {
		/* then as it is */
	}
	const number = (pattern) => {
		const found = hash.match(pattern);

		return found === null ? null : Number(found[1]);
	};
	const step = number(/^step-(\d+)$/);
	const event = number(/^event-(\d+)$/);
	const t = number(/^t=(\d+(?:\.\d+)?)$/);
	const frame = hash.match(/^frame-(.+)-(\d+)$/s);
	const line = hash.match(/^line-(\d+)-(\d+)$/);

	if (step !== null && run.step_of_id.has(step)) {
		go_to('steps', run.step_of_id.get(step));
	} else if (event !== null && event < run.events.length) {
		go_to('events', event);
	} else if (t !== null) {
		go_to('time', t);
	} else if (line !== null && run.sources[line[1]] !== undefined) {
		go_to('lines', [Number(line[1]), Number(line[2])]);
	} else if (frame !== null) {
		const i = run.frames.findIndex((row) =>
			row[FRAME.NUMBER] === Number(frame[2]) &&
			run.segments[row[FRAME.SEGMENT]]?.name === frame[1]);

		if (i >= 0)
			go_to('frames', i);
		return i >= 0;
	} else {
		return false;
	}
	return true;
}

/* Light, dark, or as the system has it. */
function theme_button() {
	const order = ['auto', 'light', 'dark'];
	const button = el('button.small', { type: 'button', id: 'theme',
		onclick: () => set(order[(order.indexOf(now) + 1) % 3]) });
	let now = 'auto';

	function set(theme) {
		now = order.includes(theme) ? theme : 'auto';
		document.documentElement.dataset.theme = now;
		button.textContent = { auto: '\u25d0 Auto', light: '\u25cb Light',
			dark: '\u25cf Dark' }[now];
		button.setAttribute('aria-label', 'Colours: ' + now);
		try {
			localStorage.setItem('vdelab.theme', now);
		} catch {
			/* Nothing can be kept for files here. */
		}
		document.dispatchEvent(new Event('theme'));
	}
	try {
		set(localStorage.getItem('vdelab.theme'));
	} catch {
		set('auto');
	}
	return button;
}
