// Numbers, sizes and times as people read them.

const wholeNumber = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const oneDigit = new Intl.NumberFormat('en', {
  minimumFractionDigits: 1, maximumFractionDigits: 1});
const showNumber = n => wholeNumber.format(n);
const plural = (n, what) => `${showNumber(n)} ${what}${n === 1 ? '' : 's'}`;
const showRate = n => (n < 10 && n > 0 ? oneDigit : wholeNumber).format(n)
  + ' rows/s';

// Never "0.0 MB": what is small is told in its own unit.
function showBytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  while (n >= 999.5 && unit + 1 < units.length) {
    n /= 1000;
    ++unit;
  }
  const format = unit === 0 || n >= 99.95 ? wholeNumber : oneDigit;
  return format.format(n) + ' ' + units[unit];
}

// Large numbers on the axis of a chart.
function showShort(n) {
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']])
    if (n >= size)
      return (n / size < 10 ? oneDigit : wholeNumber).format(n / size) + unit;
  return showNumber(n);
}

function showDuration(milliseconds) {
  const all = Math.max(0, Math.round(milliseconds / 1000));
  const seconds = all % 60;
  const minutes = Math.floor(all / 60) % 60;
  const hours = Math.floor(all / 3600) % 24;
  const days = Math.floor(all / 86400);
  if (days > 0)
    return `${days} d ${hours} h`;
  if (hours > 0)
    return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds} s` : `${seconds} s`;
}

// The largest unit alone: "3 h".
function showAge(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  for (const [size, unit] of [[86400, 'd'], [3600, 'h'], [60, 'min']])
    if (seconds >= size)
      return `${Math.floor(seconds / size)} ${unit}`;
  return `${seconds} s`;
}

const ago = text => text ? showAge(Date.now() - millisecondsOf(text)) + ' ago'
  : '';

function fromNow(text) {
  const wait = millisecondsOf(text) - Date.now();
  return wait <= 1000 ? 'now' : 'in ' + showAge(wait);
}

// Times are shown in the browser's zone or in UTC, which is kept for the tab.
const zones = {
  utc: sessionStorage.getItem('zone') === 'UTC',
  formats: new Map(),

  set(utc) {
    this.utc = utc;
    sessionStorage.setItem('zone', utc ? 'UTC' : 'local');
    this.formats.clear();
  },

  name() {
    return this.utc ? 'UTC'
      : Intl.DateTimeFormat().resolvedOptions().timeZone || 'local time';
  },

  format(kind) {
    if (!this.formats.has(kind)) {
      const options = {
        long: {dateStyle: 'medium', timeStyle: 'medium'},
        short: {month: 'short', day: 'numeric', hour: '2-digit',
          minute: '2-digit', hourCycle: 'h23'},
        line: {hour: '2-digit', minute: '2-digit', second: '2-digit',
          fractionalSecondDigits: 3, hourCycle: 'h23'}};
      this.formats.set(kind, new Intl.DateTimeFormat('en-GB',
        {...options[kind], ...this.utc ? {timeZone: 'UTC'} : {}}));
    }
    return this.formats.get(kind);
  }
};

function showTime(text, kind = 'long') {
  if (text === null || text === undefined)
    return '';
  const time = new Date(text);
  return isNaN(time) ? String(text) : zones.format(kind).format(time);
}

// Why a run began, by `trigger` of what started it.
const triggerWord = trigger => ({schedule: 'its time', manual: 'by hand',
  retry: 'tried again'}[trigger] || textOf(trigger));

// What `startedBy` of a task says; of a run that syncctl began, in words.
function showStarter(startedBy) {
  const trigger = member(startedBy, 'trigger');
  if (typeof trigger !== 'string')
    return textOf(startedBy);
  const due = member(startedBy, 'dueAt');
  return triggerWord(trigger) + (due ? `, due ${showTime(due)}` : '');
}

const timeText = milliseconds =>
  new Date(Math.max(0, milliseconds)).toISOString();
const millisecondsOf = text => Date.parse(text) || 0;

// -- reading what others wrote ------------------------------------------------

const plainText = value => typeof value === 'string' ? value
  : JSON.stringify(value);
const isObject = value => typeof value === 'object' && value !== null
  && !Array.isArray(value);
const member = (object, name) => isObject(object) && Object.hasOwn(object, name)
  ? object[name] : undefined;
const listOf = value => Array.isArray(value) ? value : [];
const textOf = value => typeof value === 'string' ? value
  : value === null || value === undefined ? '' : JSON.stringify(value);

function numberIn(object, name) {
  const value = member(object, name);
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

function firstLine(text, most = 200) {
  const line = String(text || '').split('\n', 1)[0];
  return line.length > most ? line.slice(0, most) + '…' : line;
}
