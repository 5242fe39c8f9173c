/* main: reads the data that the page carries, and shows it. */
const data = JSON.parse(document.getElementById('data').textContent);

document.getElementById('app').append(
	el('h1', {}, visible_line(data.test)),
	el('p.verdict', {}, data.result),
	el('pre', {}, visible(data.error ?? '')));
document.getElementById('app').hidden = false;
document.getElementById('plain').remove();
