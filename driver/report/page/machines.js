/* machines: their addresses, their consoles, their screens. */

function nic_rows(run, machine) {
	return machine.nics.map((nic) => el('tr', {},
		el('td', {}, visible_line(nic.port)),
		el('td', {}, segment_name(run, nic.segment)),
		el('td.mono', {}, visible_line(nic.mac ?? '')),
		el('td.mono', {}, visible_line(nic.ipv4 ?? '')),
		el('td.mono', {}, visible_line(nic.ipv6 ?? ''))));
}

function machine_part(run, machine, i) {
	const name = visible_line(machine.name);
	const console_shown = run.event_types.includes('serial');
	const links = el('p.links', {}, console_shown ? el('button.small', {
		type: 'button', onclick: () => views.events.show_console(i) },
		'Console of ' + name) : null, ' ',
		machine.serial_log ? file_link(machine.serial_log) : null);

	return el('tbody', {}, el('tr', {}, el('th', { scope: 'rowgroup',
		colspan: '5' }, name, ' ', links)), ...nic_rows(run, machine));
}

/** machines_section() - who took part, and where the time went */
function machines_section(run) {
	const columns = ['port', 'segment', 'MAC address', 'IPv4', 'IPv6'];
	const shots = run.screenshots.map((shot) => screenshot(run, shot));

	return section_of('machines', 'Machines',
		el('h3', {}, 'Where the time went'), times(run),
		run.machines.length === 0 ? null : el('h3', {}, 'Addresses'),
		run.machines.length === 0 ? null : el('div.scroll', {
			role: 'group', tabindex: '0', 'aria-label': 'Addresses' },
			el('table.machines', {}, el('caption.away', {}, 'Addresses'),
			el('thead', {}, el('tr', {}, ...columns.map((name) =>
				el('th', { scope: 'col' }, name)))),
			...run.machines.map((machine, i) =>
				machine_part(run, machine, i)))),
		shots.length === 0 ? null : el('h3', {}, 'Screenshots'),
		shots.length === 0 ? null : el('div.shots', {}, ...shots));
}
