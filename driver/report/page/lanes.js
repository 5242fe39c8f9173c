/*
 * lanes: what runs along the time line: for each machine its commands, its
 * console and its events, for each segment its frames.  A lane has items in the
 * order of time, each [from, to, index, class, place (of bars that overlap)].
 */

/* Types of events that are trouble. */
const TROUBLE = /panic|lost|error|trouble|time-out|left-out/;

/* Steps that overlap stand below each other, three deep at most. */
function placed(items) {
	const ends = [];

	for (const item of items) {
		let place = ends.findIndex((end) => end <= item[0] + 1e-9);

		if (place < 0)
			place = Math.min(ends.length, 2);
		ends[place] = item[1];
		item[4] = place;
	}
	return Math.max(1, ends.length);
}

function step_lane(run, name, label, chosen) {
	const items = [];

	run.steps.forEach((row, i) => {
		const which = category(row[STEP.KIND]);

		if (chosen(row, i))
			items.push([row[STEP.T0], step_end(run, i), i,
				row[STEP.OK] === 0 ? 'bad' : which, 0]);
	});
	const depth = placed(items);

	return { view: 'steps', name, label, items, bars: true, depth,
		px: depth * 11 + 5,
		say: ([, , i]) => step_state(run, i)[2] + ' ' +
			step_call(run, i) + ' ' +
			visible_line(run.steps[i][STEP.TEXT]) };
}

function event_lane(run, name, label, types, machine) {
	const items = [];

	run.events.forEach((row, i) => {
		if (row[EVENT.MACHINE] === machine && types[row[EVENT.TYPE]]) {
			const type = run.event_types[row[EVENT.TYPE]];

			items.push([row[EVENT.T], row[EVENT.T], i,
				TROUBLE.test(type) ? 'bad' :
				type === 'serial' ? 'rest' : 'boot', 0]);
		}
	});
	return { view: 'events', name, label, items, bars: false, px: 14,
		say: ([, , i]) => visible_line(run.event_types[
			run.events[i][EVENT.TYPE]]) + ' ' +
			visible_line(event_text(run.events[i])) };
}

function frame_lane(run, segment) {
	const items = [];

	run.frames.forEach((row, i) => {
		if (row[FRAME.SEGMENT] === segment)
			items.push([row[FRAME.T], row[FRAME.T], i,
				(row[FRAME.FLAGS] & (DROPPED | BAD_SUM)) !== 0 ?
				'bad' : row[FRAME.FLAGS] !== 0 ? 'wait' : 'work',
				0]);
	});
	return { view: 'frames', name: segment_name(run, segment),
		label: 'frames', items, bars: false, px: 26, heights: true,
		say: ([, , i]) => run.protocols[run.frames[i][FRAME.PROTOCOL]] +
			' ' + frame_text(run.frames[i]) };
}

/** make_lanes() - all of a run, from top to bottom */
function make_lanes(run) {
	const serial = run.event_types.map((type) => type === 'serial');
	const happens = run.event_types.map((type) =>
		type !== 'serial' && type !== 'attempt' && !OUTPUT.has(type));
	const lanes = [step_lane(run, 'test', 'subtests', (row, i) =>
		row[STEP.MACHINE] < 0 && (run.depth[i] === 0 ||
		row[STEP.KIND] === 'subtest')),
		event_lane(run, '', 'marks, switch', happens, -1)];

	run.machines.forEach((machine, m) => {
		lanes.push(step_lane(run, visible_line(machine.name), 'commands',
			(row) => row[STEP.MACHINE] === m),
			event_lane(run, '', 'console', serial, m),
			event_lane(run, '', 'QMP, state', happens, m));
	});
	run.segments.forEach((segment, s) => lanes.push(frame_lane(run, s)));
	return lanes.filter((lane) => lane.items.length > 0);
}
