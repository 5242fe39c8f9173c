/* files: what else the run has left, and what is not in this page. */

function left_out(run) {
	const lines = run.left_out.map((part) => el('li', {},
		visible_line(part.what) + ': ' + part.shown.toLocaleString('en') +
		(part.of > 0 ? ' of ' + part.of.toLocaleString('en') : '') +
		' are shown',
		part.where ? ', all of them are in ' : '',
		part.where ? file_link(part.where) : ''));

	for (const segment of run.segments) {
		if (segment.left_out > 0)
			lines.push(el('li', {}, visible_line(segment.name) + ': ' +
				count(segment.left_out, 'frame') +
				' could not be kept by the capture'));
	}
	return lines.length === 0 ? null : el('div', { id: 'left-out' },
		el('h3', {}, 'What is not in this page'), el('ul', {}, ...lines));
}

/** files_section() - links to all files */
function files_section(run) {
	const rows = run.files.map((file) => el('tr', {},
		el('td', {}, file_link(file.path)),
		el('td.number', {}, octets(file.octets)),
		el('td', {}, visible_line(file.what ?? ''))));

	return section_of('files', 'Files', left_out(run),
		el('div.scroll', { role: 'group', tabindex: '0',
			'aria-label': 'Files' }, el('table', {},
			el('caption.away', {}, 'Files'),
			el('thead', {}, el('tr', {}, el('th', { scope: 'col' },
				'file'), el('th.number', { scope: 'col' }, 'size'),
				el('th', { scope: 'col' }, ''))),
			el('tbody', {}, ...rows))));
}
