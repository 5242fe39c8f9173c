/* main: the page out of its data. */

/* Sections that this run has, and what their links are called. */
function navigation(sections) {
	return el('nav', { 'aria-label': 'Sections' }, ...sections.map((section) =>
		el('a', { href: '#' + section.id }, section.querySelector('h1, h2')
			.textContent)));
}

function show(run) {
	const top = summary(run);
	const sections = [];
	const [look, words] = verdict_of(run);

	document.title = words + ': ' + visible_line(run.test);
	if (run.steps.length > 0) {
		views.steps = new Steps(run);
		sections.push(views.steps.section);
	}
	views.time = new Timeline(run);
	sections.push(views.time.section);
	if (run.frames.length > 0) {
		views.frames = new Ladder(run);
		sections.push(views.frames.section);
	}
	views.events = new Events(run);
	sections.push(views.events.section);
	sections.push(machines_section(run));
	if (run.sources.length > 0)
		sections.push(source_section(run));
	sections.push(files_section(run));

	const app = document.getElementById('app');

	app.append(el('a.skip', { href: '#summary' }, 'To the summary'),
		el('header', {}, el('span.brand', { 'aria-hidden': 'true' },
			visible_line(run.test)),
			el('span.verdict.' + look, {}, words),
			navigation(sections), theme_button()),
		el('main', { id: 'main' }, top, ...sections),
		el('div.away', { id: 'announced', role: 'status' }));
	app.hidden = false;
	document.getElementById('plain').remove();
	print_lists(run);
	/* Now that they have a size: where lists begin. */
	for (const output of document.querySelectorAll('pre.output'))
		output.scrollTop = output.scrollHeight;
	if (views.steps?.failed >= 0)
		views.steps.list.reveal(views.steps.failed, true);
	views.frames?.reveal_bad();
	for (const view of [views.steps, views.frames, views.events, views.lines])
		view?.list.draw();
	addEventListener('hashchange', () => follow(run));
	follow(run);
	/* What tests measure: everything is there, and painted. */
	requestAnimationFrame(() => setTimeout(() =>
		performance.mark('vdelab-ready')));
}

show(read_run(document.getElementById('data').textContent));
