// Statuses in words, colours and signs that do without colour.

const statuses = [
  'RUNNING', 'SUCCESS', 'PARTIAL', 'FAILED', 'CANCELLED', 'TIME_EXCEEDED'];
const activeStages = ['WAITING', 'DISCOVERING', 'READING'];
const signs = {
  RUNNING: '▶', DISCOVERING: '▶', READING: '▶', WAITING: '◷', PENDING: '◷',
  SUCCESS: '✓', PARTIAL: '◐', FAILED: '✕', TIME_EXCEEDED: '✕',
  CANCELLED: '■', PAUSED: '❚❚', NEVER: '–'};
const words = {
  RUNNING: 'Running', DISCOVERING: 'Discovering', READING: 'Reading',
  WAITING: 'Waiting', PENDING: 'Not begun', SUCCESS: 'Succeeded',
  PARTIAL: 'Partial', FAILED: 'Failed', TIME_EXCEEDED: 'Out of time',
  CANCELLED: 'Cancelled', PAUSED: 'Paused', NEVER: 'Never ran'};

// A class name comes from our own list, never from the API.
const statusClass = status => Object.hasOwn(words, status) ? status : '';
const statusWord = status => Object.hasOwn(words, status) ? words[status]
  : String(status);
const isActive = run => isObject(run)
  && (run.status === 'RUNNING' || activeStages.includes(run.status));
const isBad = status => ['FAILED', 'PARTIAL', 'TIME_EXCEEDED'].includes(status);

function statusBadge(status = '') {
  const out = make('span', {class: 'status'},
    make('span', {class: 'sign', 'aria-hidden': 'true'}), make('span'));
  setStatus(out, status);
  return out;
}

function setStatus(badge, status) {
  setClass(badge, ('status ' + statusClass(status)).trim());
  setText(badge.firstChild, Object.hasOwn(signs, status) ? signs[status] : '●');
  setText(badge.lastChild, statusWord(status));
}

// A bar that tells how far something is. Without a known end it compares.
function progressBar() {
  const fill = make('div', {class: 'fill'});
  const out = make('div', {class: 'track', role: 'progressbar',
    'aria-valuemin': '0', 'aria-valuemax': '100'}, fill);
  out.fill = fill;
  return out;
}

function setProgress(bar, part, status, label, isKnown = true) {
  setClass(bar, ('track ' + statusClass(status) + (isKnown ? '' : ' compared'))
    .trim());
  const width = (part * 100).toFixed(1) + '%';
  if (bar.fill.style.width !== width)
    bar.fill.style.width = width;
  // Without a value the end is unknown.
  setAttribute(bar, 'aria-valuenow', isKnown ? Math.round(part * 100) : null);
  setAttribute(bar, 'aria-label', label);
}
