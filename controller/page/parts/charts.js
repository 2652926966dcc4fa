// Small charts of runs, drawn as SVG. What they show stands in a table, too.

const runsInChart = 400;

// Thirty runs as bars: their height is the rows, their colour and form how they
// ended.
function sparkline() {
  const out = draw('svg', {class: 'sparkline', viewBox: '0 0 120 24', role: 'img',
    preserveAspectRatio: 'none'});
  return out;
}

function setSparkline(out, runs) {
  const known = runs.slice(-30);
  const key = known.map(run => run.status[0] + (run.rows ?? '')).join();
  if (out.key === key)
    return;
  out.key = key;
  const most = Math.max(1, ...known.map(run => run.rows || 0));
  const bad = known.filter(run => isBad(run.status)).length;
  const last = known.at(-1)?.rows;
  setAttribute(out, 'aria-label', known.length === 0 ? 'No runs yet'
    : `The last ${plural(known.length, 'run')}: ${bad} not well, `
      + `${last == null ? 'not known how many' : showNumber(last)} rows at last`);
  const shift = 30 - known.length;
  out.replaceChildren(
    draw('line', {x1: 0, x2: 120, y1: 23.5, y2: 23.5, class: 'axis'}),
    ...known.map((run, i) => {
      // One that failed shows even without rows.
      const height = isBad(run.status) || run.rows > 0
        ? Math.max(isBad(run.status) ? 8 : 2, 22 * (run.rows || 0) / most) : 1;
      return draw('rect', {x: (shift + i) * 4 + .5, y: 23 - height, width: 3,
        height, class: 'bar ' + statusClass(run.status)});
    }));
}

// Where a run stands on the axis of time: at its begin. One that failed before it
// could begin stands at its end, one that has not begun nowhere.
const placeOfRun = run => run.startedAt
  || (isBad(run.status) ? run.endedAt : null);

// Bars of one figure over a range of time. A bar is a link to its run; with the
// pointer on it, it is told in words.
class RunChart {
  // `valueOf` gives null where the figure is not known: such a run does not count.
  constructor(name, valueOf, show, short = show) {
    this.name = name;
    this.valueOf = run => valueOf(run) ?? null;
    this.show = show;
    this.short = short;
    this.drawing = draw('svg', {class: 'chart', viewBox: '0 0 640 110',
      role: 'group'});
    this.words = make('p', {class: 'soft small value'});
    this.element = make('figure', {}, make('figcaption', {}, name), this.drawing,
      this.words);
  }

  // `runs` are the oldest first; `from` and `to` are milliseconds.
  update(runs, from, to) {
    const shown = runs.filter(placeOfRun).slice(-runsInChart);
    // Drawn anew only for other runs, or once a minute: it may be looked at.
    const key = shown.map(run => run.taskId + run.status).join()
      + Math.floor(from / 60000) + zones.utc;
    if (this.key === key)
      return;
    this.key = key;
    const known = shown.map(this.valueOf).filter(value => value !== null);
    const most = Math.max(0, ...known);
    const total = known.reduce((all, value) => all + value, 0);
    setAttribute(this.drawing, 'aria-label', `${this.name} of `
      + `${plural(shown.length, 'run')}, ${this.show(most)} at most`);
    this.rest = shown.length === 0 ? 'No runs in this time.'
      : known.length === 0 ? 'Not known.'
        : `${this.show(most)} at most, ${this.show(total / known.length)} `
          + 'on average';
    setText(this.words, this.rest);
    const span = Math.max(1, to - from);
    const width = Math.max(2, Math.min(14, 560 / Math.max(1, shown.length) - 1));
    const bars = shown.map(run => {
      const value = this.valueOf(run);
      const height = most > 0 ? Math.max(value > 0 ? 2 : 0,
        80 * (value || 0) / most) : 0;
      const x = 50 + (580 - width) * Math.max(0, Math.min(1,
        (millisecondsOf(placeOfRun(run)) - from) / span));
      const bad = isBad(run.status);
      const tell = () => setText(this.words, `${showTime(placeOfRun(run))}: `
        + `${value === null ? 'not known' : this.show(value)}, `
        + statusWord(run.status).toLowerCase());
      const anchor = draw('a', {href: link(['run', run.taskId]), tabindex: -1,
        'aria-hidden': 'true', pointerenter: tell,
        pointerleave: () => setText(this.words, this.rest)},
      draw('rect', {x, y: 0, width, height: 90, class: 'hit'}),
      draw('rect', {x, y: 88 - height, width, height,
        class: 'bar ' + statusClass(run.status)}));
      // A sign besides the colour.
      if (bad)
        anchor.append(draw('path', {class: 'bar ' + statusClass(run.status),
          d: `M${x + width / 2 - 3} 96 l3 -6 l3 6 z`}));
      return anchor;
    });
    // A space in a text of SVG may be drawn as none.
    const top = most > 0 ? this.short(most).replace(' ', '\u00a0') : '';
    const axis = [
      draw('line', {x1: 50, x2: 630, y1: 88, y2: 88, class: 'axis'}),
      draw('line', {x1: 50, x2: 630, y1: 8, y2: 8, class: 'grid'}),
      this.label(46, 12, top, 'end'),
      this.label(46, 91, '0', 'end'),
      this.label(50, 107, showTime(timeText(from), 'short'), 'start'),
      this.label(630, 107, showTime(timeText(to), 'short'), 'end')];
    this.drawing.replaceChildren(...axis, ...bars);
  }

  label(x, y, text, anchor) {
    const out = draw('text', {x, y, 'text-anchor': anchor});
    out.textContent = text;
    return out;
  }
}
