/* arrows: where the machines of a ladder stand, and the arrow of a frame. */

/** ladder_columns() - [{ segment, machine, name }] from left to right; machine -1
 * is whoever is no machine of the test */
function ladder_columns(run, chosen) {
	const columns = [];

	run.segments.forEach((segment, s) => {
		if (chosen !== 'all' && Number(chosen) !== s)
			return;
		run.machines.forEach((machine, m) => {
			if (machine.nics.some((nic) => nic.segment === s))
				columns.push({ segment: s, machine: m,
					name: visible_line(machine.name) });
		});
		if (run.frames.some((row) => row[FRAME.SEGMENT] === s &&
			(row[FRAME.FROM] === -1 || row[FRAME.TO] === -1)))
			columns.push({ segment: s, machine: -1, name: 'others' });
	});
	return columns;
}

/** arrow_of() - where a frame's arrow begins and ends, in parts of the width */
function arrow_of(columns, row) {
	const here = columns.map((column, i) => [column, i])
		.filter(([column]) => column.segment === row[FRAME.SEGMENT]);
	const x_of = (i) => (i + 0.5) / columns.length;
	const place = (machine) => here.find(([column]) =>
		column.machine === machine)?.[1];
	const from = place(row[FRAME.FROM]) ?? place(-1);

	if (from === undefined)
		return null;
	if (row[FRAME.TO] === -2)
		return { from: x_of(from), left: x_of(here[0][1]),
			right: x_of(here.at(-1)[1]), all: true };
	let to = place(row[FRAME.TO]);

	if (to === undefined || to === from)
		to = from + (from === here.at(-1)[1] && here.length > 1 ? -0.5 :
			0.5);
	return { from: x_of(from), to: x_of(to) };
}

function percent(part) {
	return (100 * part).toFixed(3) + '%';
}

/** draw_lifelines() - a machine each, from top to bottom of a row */
function draw_lifelines(columns) {
	return columns.map((column, i) => el('span.life', { style: {
		left: percent((i + 0.5) / columns.length) } }));
}

/* The ends of a line: a head on each side that it reaches. */
function line_between(left, right, classes) {
	return el('span.arrow' + classes, { style: { left: percent(left),
		width: percent(right - left) } });
}

/** draw_arrow() - the elements of a frame's arrow */
function draw_arrow(columns, row, unanswered) {
	const arrow = arrow_of(columns, row);
	const lost = (row[FRAME.FLAGS] & DROPPED) !== 0;
	const looks = (lost ? '.dropped' : '') +
		((row[FRAME.FLAGS] & (IMPAIRED | BAD_SUM)) !== 0 ?
			'.impaired' : '') +
		((row[FRAME.FLAGS] & AGAIN) !== 0 ? '.again' : '') +
		(unanswered ? '.unanswered' : '');

	if (arrow === null)
		return [];
	const dot = el('span.dot' + looks, { style: { left:
		percent(arrow.from) } });

	if (arrow.all) {
		const parts = [dot];

		if (arrow.from > arrow.left)
			parts.push(line_between(arrow.left, arrow.from,
				'.to-left' + looks));
		if (arrow.right > arrow.from)
			parts.push(line_between(arrow.from, arrow.right,
				'.to-right' + looks));
		return parts;
	}
	/* What was dropped comes half the way, what nobody answers ends short
	 * of whom it was for. */
	const reach = lost ? 0.5 : unanswered ? 0.92 : 1;
	const end = arrow.from + (arrow.to - arrow.from) * reach;

	return [dot, line_between(Math.min(arrow.from, end),
		Math.max(arrow.from, end), (end < arrow.from ? '.to-left' :
		'.to-right') + looks)];
}

/** label_place() - where a frame's words stand above its arrow */
function label_place(columns, row) {
	const arrow = arrow_of(columns, row);

	if (arrow === null)
		return { left: '0', maxWidth: '100%' };
	const left = arrow.all ? arrow.left : Math.min(arrow.from, arrow.to);
	const right = arrow.all ? arrow.right : Math.max(arrow.from, arrow.to);

	return left < 0.5 ? { left: percent(left), maxWidth: percent(1 - left) } :
		{ right: percent(1 - right), maxWidth: percent(right) };
}
