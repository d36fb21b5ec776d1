// The live page. It keeps a small model, changes it as events arrive, and draws it at most once per frame.
// Text from the state reaches the document as text only (textContent), never as markup.

const ROWS = 60;
const SAMPLES = 120;
const REMEMBERED = 3000;
const BURST = 500;
const HOLD_SECONDS = 10;
const CLAIM_MS = 1_500;
const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_MS = { first: 1_000, most: 10_000 };

const $ = (id) => document.getElementById(id);
const integers = new Intl.NumberFormat('en');
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Points in time are milliseconds since the epoch with fractions, so that tabs of one browser can compare them. */
const absolute = (timeStamp) => performance.timeOrigin + timeStamp;
const now = () => absolute(performance.now());

/** JSON whose integers beyond 2^53 become BigInt, where the browser tells their digits. */
function parse(text) {
  return JSON.parse(text, (_, value, context) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source
      ? BigInt(context.source)
      : value);
}

const keyOf = (view) => `${view.epoch}-${view.version}`;
const isNewer = (a, b) => a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version);

/** A map that forgets its oldest entries. */
class Recent extends Map {
  set(key, value) {
    super.set(key, value);
    if (this.size > REMEMBERED) {
      this.delete(this.keys().next().value);
    }
    return this;
  }
}

// ---------------------------------------------------------------------------------------------------------- model

const model = {
  connected: false,
  view: null, // the state as the node last told it
  seen: 0, // changes that arrived on this page
  rows: [], // newest first
  samples: [], // latencies in ms, oldest first
  measured: 0, // how many there were
  cluster: null, // the nodes as the node last told them
};
const arrivals = new Recent(); // key -> when the change arrived here
const clicks = new Recent(); // key -> { at, from }: which click made the change

let claiming = 0;

function arrived(view, name, at) {
  const previous = model.view;
  model.view = view;
  if (name === 'snapshot' && previous && keyOf(previous) === keyOf(view)) {
    return;
  }
  if (name !== 'snapshot') {
    model.seen += 1;
    arrivals.set(keyOf(view), at);
    addRow(rowOf(view, previous, name === 'reset'));
    settle(keyOf(view));
    claiming ||= setTimeout(() => {
      claiming = 0;
      draw();
    }, CLAIM_MS + 100);
  }
}

function rowOf(view, before, reset = false) {
  return {
    key: keyOf(view),
    epoch: view.epoch,
    version: view.version,
    present: view.present,
    counter: view.value.counter,
    note: view.value.note,
    what: reset ? skipped(view, before) : whatChanged(view, before),
    latency: null,
    from: null,
  };
}

function skipped(view, before) {
  const count = before && before.epoch === view.epoch ? view.version - before.version - 1 : 0;
  return { kind: 'skip', text: count > 0 ? `${integers.format(count)} skipped` : 'new history' };
}

/** What a change did, told by the state before it. */
function whatChanged(view, before) {
  if (!view.present) {
    return { kind: 'delete', text: 'deleted' };
  }
  if (before && before.epoch === view.epoch && before.version === view.version - 1
      && before.value.note === view.value.note && before.value.counter < view.value.counter
      && typeof before.value.counter === typeof view.value.counter) {
    return { kind: 'add', text: `+${integers.format(view.value.counter - before.value.counter)}` };
  }
  return { kind: 'set', text: 'replaced' };
}

function addRow(row) {
  const at = model.rows.findIndex((other) => !isNewer(other, row));
  if (at >= 0 && model.rows[at].key === row.key) {
    return;
  }
  model.rows.splice(at < 0 ? model.rows.length : at, 0, row);
  model.rows.length = Math.min(model.rows.length, ROWS);
}

/** Once both the click that made a change and its arrival are known, so is its latency. */
function settle(key) {
  const click = clicks.get(key);
  const arrival = arrivals.get(key);
  if (!click || arrival === undefined || click.settled) {
    return;
  }
  click.settled = true;
  const latency = Math.max(0, arrival - click.at);
  model.measured += 1;
  model.samples.push(latency);
  model.samples.splice(0, model.samples.length - SAMPLES);
  const row = model.rows.find((candidate) => candidate.key === key);
  if (row) {
    row.latency = latency;
    row.from = click.from;
  }
}

// ------------------------------------------------------------------------------------------ clicks in other tabs

const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('distsync-sample') : null;

function clicked(keys, at) {
  remember(keys, at, 'this tab');
  tabs?.postMessage({ keys, at });
}

function remember(keys, at, from) {
  for (const key of keys) {
    clicks.set(key, { at, from, settled: false });
    settle(key);
  }
  draw();
}

tabs?.addEventListener('message', ({ data }) => remember(data.keys, data.at, 'other tab'));

// ------------------------------------------------------------------------------------------------------- drawing

let drawing = false;
let naming = 0;

function draw() {
  if (!drawing && !document.hidden) {
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      drawState();
      drawRows();
      drawTiming();
      drawNodes();
      drawLock();
    });
  }
  // Frames pause in the background; the tab's name goes on.
  naming ||= setTimeout(nameTab, 100);
}

function nameTab() {
  naming = 0;
  const { view } = model;
  if (view) {
    document.title = `${view.present ? integers.format(view.value.counter) : 'absent'} · distsync`;
  }
}

document.addEventListener('visibilitychange', draw);

function drawState() {
  const { view } = model;
  if (!view) {
    return;
  }
  countTo(view.value.counter);
  $('presence').textContent = view.present ? 'stored' : 'absent';
  $('presence').dataset.present = view.present;
  $('state').classList.toggle('absent', !view.present);
  $('note').textContent = view.present ? view.value.note || 'no note' : 'nothing is stored; an increment starts from zero';
  $('note').dataset.empty = !view.present || view.value.note === '';
  $('revision').textContent = integers.format(view.version);
  $('epoch').textContent = view.epoch;
  $('seen').textContent = integers.format(model.seen);
  $('node').textContent = view.node;
  drawFeed(view);
  announce();
}

const FEED_LEVELS = { CURRENT: 'good', RESYNCING: 'warn', STALE: 'bad' };

/** What the node said of its view, as long as there is a connection to hear of another status. */
function drawFeed(view) {
  if (model.connected) {
    pill($('feed'), view.status.toLowerCase(), FEED_LEVELS[view.status] ?? 'warn');
  } else {
    pill($('feed'), 'unknown', 'idle');
  }
}

function pill(element, text, level) {
  element.textContent = text;
  element.dataset.level = level;
}

const counting = { shown: 0, target: 0, from: 0, since: 0, running: false };

/** Lets the number run to its new value; at once where motion is unwanted or numbers are too large to calculate with. */
function countTo(target) {
  if (target === counting.target) {
    return;
  }
  const leap = calm.matches || typeof target === 'bigint' || typeof counting.shown === 'bigint';
  counting.target = target;
  counting.from = counting.shown;
  counting.since = performance.now();
  if (leap) {
    showCounter(target);
  } else if (!counting.running) {
    counting.running = true;
    requestAnimationFrame(count);
  }
}

function count(time) {
  const { from, target, since } = counting;
  if (typeof target === 'bigint' || typeof from === 'bigint') {
    counting.running = false;
    return;
  }
  const progress = Math.min(1, Math.max(0, time - since) / 320);
  showCounter(progress === 1 ? target : Math.round(from + (target - from) * (1 - (1 - progress) ** 3)));
  counting.running = progress < 1;
  if (counting.running) {
    requestAnimationFrame(count);
  }
}

function showCounter(value) {
  counting.shown = value;
  const text = integers.format(value);
  $('counter').textContent = text;
  $('counter').dataset.size = text.length > 18 ? 'huge' : text.length > 10 ? 'long' : '';
}

let announcing = 0;

/** Speaks the state, at most once in a while: a burst must not flood a screen reader. */
function announce() {
  if (!announcing) {
    announcing = setTimeout(() => {
      announcing = 0;
      const { view } = model;
      $('announcement').textContent = view.present
        ? `Counter ${view.value.counter}, revision ${view.version}.`
        : `State absent, revision ${view.version}.`;
    }, 1_500);
  }
}

const drawn = new Map(); // key -> table row

function drawRows() {
  const body = $('rows');
  const wanted = new Set(model.rows.map((row) => row.key));
  for (const [key, element] of drawn) {
    if (!wanted.has(key)) {
      element.remove();
      drawn.delete(key);
    }
  }
  model.rows.forEach((row, index) => {
    let element = drawn.get(row.key);
    if (!element) {
      element = tableRow(row);
      element.classList.toggle('fresh', arrivals.has(row.key));
      drawn.set(row.key, element);
    }
    if (body.children[index] !== element) {
      body.insertBefore(element, body.children[index] ?? null);
    }
    drawLatency(element, row);
  });
  $('empty').hidden = model.rows.length > 0;
}

function tableRow(row) {
  const element = document.createElement('tr');
  cell(element, 'revision', integers.format(row.version));
  const what = document.createElement('span');
  what.className = 'kind';
  what.dataset.kind = row.what.kind;
  what.textContent = row.what.text;
  cell(element, 'what').append(what);
  cell(element, 'value', row.present ? integers.format(row.counter) : '–');
  const note = cell(element, 'text', row.present ? row.note : '');
  note.title = row.present ? row.note : '';
  cell(element, 'from');
  cell(element, 'latency');
  return element;
}

function cell(row, className, text = '') {
  const element = document.createElement('td');
  element.className = className;
  element.textContent = text;
  row.append(element);
  return element;
}

function drawLatency(element, row) {
  element.querySelector('.from').textContent = row.from ?? guess(row);
  element.querySelector('.latency').textContent = row.latency === null ? '–' : spoken(row.latency);
}

/** A change nobody has claimed yet: the answer to the click that made it may still be on its way. */
function guess(row) {
  const arrival = arrivals.get(row.key);
  return arrival === undefined ? 'earlier' : now() - arrival < CLAIM_MS ? '' : 'elsewhere';
}

/** A duration as a number and its unit, with three digits or so. */
function measure(ms) {
  if (ms < 1) {
    return [(ms * 1000).toFixed(0), 'µs'];
  }
  return ms < 1000 ? [ms.toFixed(ms < 100 ? 1 : 0), 'ms'] : [(ms / 1000).toFixed(ms < 10_000 ? 2 : 1), 's'];
}

const spoken = (ms) => measure(ms).join(' ');

let charted = 0;

function drawTiming() {
  const { samples, measured } = model;
  if (measured === charted) {
    return;
  }
  charted = measured;
  const sorted = [...samples].sort((a, b) => a - b);
  drawFigure('median', sorted[sorted.length >> 1]);
  drawFigure('fastest', sorted[0]);
  drawFigure('slowest', sorted[sorted.length - 1]);
  $('timing-count').textContent = samples.length === 1 ? 'one change' : `last ${samples.length} changes`;
  const slot = 240 / SAMPLES;
  const first = SAMPLES - samples.length;
  $('chart').replaceChildren(...samples.map((sample, index) => {
    const height = Math.max(1, (sample / sorted[sorted.length - 1]) * 56);
    const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    bar.setAttribute('x', ((first + index) * slot).toFixed(2));
    bar.setAttribute('y', (56 - height).toFixed(2));
    bar.setAttribute('width', (slot * 0.7).toFixed(2));
    bar.setAttribute('height', height.toFixed(2));
    return bar;
  }));
}

function drawFigure(id, ms) {
  const [value, unit] = measure(ms);
  $(id).textContent = value;
  $(`${id}-unit`).textContent = unit;
}

// ------------------------------------------------------------------------------------------------ nodes and lock

const leads = (node) => node.leaderSince !== null;
const byTime = (a, b) => Date.parse(a.lock.at) - Date.parse(b.lock.at);

/** Nodes say one after the other that they have the lock, or had it: the largest token is that of the latest holder. */
const holder = (nodes) => nodes.filter((node) => node.lock?.state === 'HELD')
  .sort((a, b) => (a.lock.token < b.lock.token ? 1 : -1))[0];

/** From or until then, by the clock of this browser. */
const seconds = (ms) => `${Math.max(0, Math.round(ms / 1_000))} s`;

function drawNodes() {
  const { cluster } = model;
  if (!cluster) {
    return;
  }
  const { nodes, node: here, status } = cluster;
  if (model.connected) {
    pill($('nodes-status'), status.toLowerCase(), FEED_LEVELS[status] ?? 'warn');
  } else {
    pill($('nodes-status'), 'unknown', 'idle');
  }
  $('nodes').replaceChildren(...nodes.map((node) => {
    const row = document.createElement('tr');
    const name = cell(row, 'name', node.name === here ? `${node.name} (this page)` : node.name);
    name.title = `${node.host}:${node.port}`;
    cell(row, 'status', node.status.toLowerCase());
    cell(row, 'leads', leads(node) ? seconds(Date.now() - Date.parse(node.leaderSince)) : '–');
    cell(row, 'started', node.startedAt ? new Date(node.startedAt).toLocaleTimeString() : '–');
    cell(row, 'lock', node.lock ? node.lock.state.toLowerCase().replace('_', ' ') : '–');
    return row;
  }));
  const leader = nodes.find(leads);
  tell($('leader'), leader ? `${leader.name} leads.` : 'No leader is known.');
  $('resign').setAttribute('aria-disabled', leader?.name !== here);
}

function drawLock() {
  const nodes = model.cluster?.nodes ?? [];
  const held = holder(nodes);
  const lost = nodes.filter((node) => node.lock?.state === 'LOST').map((node) => ` ${node.name} has lost it.`);
  tell($('lock-holder'), (held ? `${held.name} holds it, with token ${shortened(held.lock.token)}.` : 'It is free.') + lost.join(''));
  $('lock-remaining').textContent = held ? `for ${seconds(Date.parse(held.lock.at) - Date.now())} more` : '';
  const waiting = nodes.filter((node) => node.lock?.state === 'WAITING').sort(byTime).map((node) => node.name);
  $('lock-waiting').textContent = waiting.length ? `In line: ${waiting.join(', ')}.` : 'Nobody waits.';
}

/** What a live region says is spoken again whenever it is set. */
function tell(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** A token without the zeros that both of its numbers begin with. */
const shortened = (token) => token.split('-').map((number) => number.replace(/^0+(?=.)/, '')).join('-');

// Durations go on while nothing else changes.
setInterval(() => {
  if (model.cluster) {
    draw();
  }
}, 1_000);

function say(text, level = 'idle') {
  $('message').textContent = text;
  $('message').dataset.level = level;
}

// --------------------------------------------------------------------------------------------------- the stream

let retryMs = RETRY_MS.first;

function connect() {
  const source = new EventSource('api/events');
  for (const name of ['snapshot', 'change', 'reset']) {
    source.addEventListener(name, (event) => {
      const at = now();
      arrived(parse(event.data), name, at);
      draw();
      if (name === 'snapshot') {
        fillFromHistory();
      }
    });
  }
  source.addEventListener('status', (event) => {
    const { status } = parse(event.data);
    if (model.view) {
      model.view = { ...model.view, status };
      draw();
    }
  });
  source.addEventListener('nodes', (event) => {
    model.cluster = parse(event.data);
    draw();
  });
  source.addEventListener('open', () => {
    retryMs = RETRY_MS.first;
    connection(true, 'live', 'good');
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CONNECTING) {
      connection(false, 'reconnecting', 'warn');
      return;
    }
    // The node refused; the browser gives up then, this page does not.
    source.close();
    connection(false, 'disconnected', 'bad');
    setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(RETRY_MS.most, retryMs * 2);
  });
}

function connection(connected, text, level) {
  model.connected = connected;
  pill($('stream'), text, level);
  draw();
}

/** Changes from before this page was connected; when they arrived is unknown, so they have no latency. */
async function fillFromHistory() {
  try {
    const response = await fetch('api/changes', { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (response.ok) {
      const states = parse(await response.text()).map((entry) => entry.state);
      states.forEach((state, index) => addRow(rowOf(state, states[index + 1])));
      draw();
    }
  } catch {
    // The list stays shorter; the stream reports the connection.
  }
}

// -------------------------------------------------------------------------------------------------------- clicks

/** Sends a request. Resolves to the response and what it says, or to null after saying that there was none. */
async function ask(method, path, body) {
  try {
    const response = await fetch(path, {
      method,
      body,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return { response, answer: parse(await response.text()) };
  } catch {
    say('No answer from the node: the change may or may not have been applied.', 'bad');
    return null;
  }
}

/** Sends a change. Resolves to what the node answered, or to null after saying what went wrong. */
async function change(method, path, body) {
  const asked = await ask(method, path, body);
  if (!asked) {
    return null;
  }
  const { response, answer } = asked;
  if (!response.ok) {
    const marked = (answer.errors ?? []).map(({ field, message }) => mark(field, message)).some(Boolean);
    say(marked ? 'Not sent: please correct the marked field.' : answer.detail ?? answer.title ?? 'The node refused.', 'bad');
    return null;
  }
  const onNode = /dur=([\d.]+)/.exec(response.headers.get('Server-Timing') ?? '');
  return { answer, onNodeMs: onNode ? Number(onNode[1]) : null };
}

function confirmed(what, at, onNodeMs) {
  const share = onNodeMs === null ? '' : `, ${spoken(onNodeMs)} of it in the update on the node`;
  say(`${what}, confirmed ${spoken(now() - at)} after the click${share}.`, 'good');
}

$('increment').addEventListener('click', async (event) => {
  const at = absolute(event.timeStamp);
  const result = await change('POST', 'api/state/increment');
  if (result) {
    clicked([keyOf(result.answer)], at);
    confirmed(`Revision ${integers.format(result.answer.version)}`, at, result.onNodeMs);
  }
});

$('burst').addEventListener('click', async (event) => {
  const button = event.currentTarget;
  if (button.getAttribute('aria-disabled') === 'true') {
    return;
  }
  const at = absolute(event.timeStamp);
  button.setAttribute('aria-disabled', 'true');
  try {
    const result = await change('POST', `api/state/burst?n=${BURST}`);
    if (result) {
      const { increments, threads, micros, medianMicros, slowestMicros, revisions, state } = result.answer;
      clicked(revisions.map((revision) => `${state.epoch}-${revision}`), at);
      say(`${increments} increments by ${threads} threads in ${spoken(micros / 1000)} on ${state.node}: `
        + `${new Set(revisions).size} updates, each with its own revision. `
        + `Median ${spoken(medianMicros / 1000)}, slowest ${spoken(slowestMicros / 1000)}.`, 'good');
    }
  } finally {
    button.removeAttribute('aria-disabled');
  }
});

$('send-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const at = absolute(event.timeStamp);
  ['counter', 'note'].forEach((field) => mark(field, ''));
  const counter = $('send-counter').value.trim();
  if (!/^-?\d{1,19}$/.test(counter)) {
    mark('counter', 'A whole number, please.');
    $('send-counter').focus();
    return;
  }
  // Written by hand, because JSON.stringify knows no integers beyond 2^53.
  const body = `{"counter":${BigInt(counter)},"note":${JSON.stringify($('send-note').value)}}`;
  const result = await change('PUT', 'api/state', body);
  if (result) {
    clicked([keyOf(result.answer)], at);
    confirmed(`Sent as revision ${integers.format(result.answer.version)}`, at, result.onNodeMs);
  }
});

$('delete').addEventListener('click', async (event) => {
  const at = absolute(event.timeStamp);
  const result = await change('DELETE', 'api/state');
  if (result && !result.answer.deleted) {
    say('There was nothing to delete.');
  } else if (result) {
    const { state } = result.answer;
    if (!state.present) {
      clicked([keyOf(state)], at);
    }
    confirmed('Deleted', at, result.onNodeMs);
  }
});

$('resign').addEventListener('click', async (event) => {
  if (event.currentTarget.getAttribute('aria-disabled') === 'true') {
    say('This node does not lead. Only the leader can resign.');
  } else if (await change('POST', 'api/nodes/resign')) {
    say('Resigned: the next candidate leads, or this one again if there is no other.', 'good');
  }
});

$('hold').addEventListener('click', async () => {
  if (await change('POST', `api/lock/hold?seconds=${HOLD_SECONDS}`)) {
    say(`This node holds the lock for ${HOLD_SECONDS} s, as soon as its turn has come.`, 'good');
  }
});

$('fence').addEventListener('click', async () => {
  const past = await change('POST', 'api/guarded/token');
  const written = past && await change('POST', 'api/guarded/write');
  const late = written && await ask('POST', `api/guarded/write?token=${past.answer.token}`);
  if (late) {
    const { response, answer } = late;
    $('fence-result').textContent = `Took the lock with token ${shortened(past.answer.token)} and gave it back. `
      + `The next holder wrote with ${shortened(written.answer.token)}: accepted as revision ${integers.format(written.answer.version)}. `
      + `Then a write with the old token: ${response.ok ? 'accepted' : `refused (${response.status})`}. ${answer.detail ?? ''}`;
  }
});

$('send-note').addEventListener('input', () => {
  $('send-note-length').textContent = `${integers.format($('send-note').value.length)} / 1,000`;
});

/** Shows what is wrong with a field of the form; true if there is such a field. */
function mark(field, message) {
  const input = $(`send-${field}`);
  if (!input) {
    return false;
  }
  $(`send-${field}-error`).textContent = message;
  input.setAttribute('aria-invalid', message !== '');
  return true;
}

connect();
