// #/sync/ID : one sync, with a tab each for its runs, streams, rows, changes of
// its schema, and settings.

const syncTabs = [['', 'Runs'], ['streams', 'Streams'], ['data', 'Data'],
  ['changes', 'Schema changes'], ['settings', 'Settings']];

// What syncctl said of a sync that was just changed, until its page was seen.
const changeNotes = new Map();

class SyncPage {
  constructor(id, tab, query) {
    this.id = id;
    this.tab = tab;
    this.title = id;
    this.query = query;
    this.sync = null;
    this.actions = new SyncActions();
    this.verdict = make('section', {class: 'verdict', 'aria-label': 'Standing'});
    this.parts = {title: make('h2'), message: make('p', {class: 'message value'}),
      next: make('p', {class: 'value'})};
    this.look = make('p', {class: 'row links'});
    this.verdict.append(this.parts.title, this.parts.message, this.parts.next,
      this.look);
    this.loading = make('p', {class: 'soft'}, 'Loading …');
    const View = {'': SyncRuns, streams: SyncStreams, data: SyncData,
      changes: SyncChanges, settings: SyncSettings}[tab];
    this.view = new View(this);
    this.whole = make('div', {class: 'page', hidden: true}, this.verdict,
      make('nav', {class: 'tabs', 'aria-label': 'Of this sync'},
        syncTabs.map(([key, text]) => make('a', {
          href: link(['sync', id, key].filter(Boolean)),
          'aria-current': key === tab ? 'page' : null}, text))),
      this.view.element);
    this.element = make('div', {class: 'page'},
      make('p', {class: 'small'}, make('a', {href: '#/'}, 'All syncs')),
      make('div', {class: 'row apart'},
        make('div', {}, make('h1', {class: 'value', tabindex: '-1'}, id),
          this.image = make('p', {class: 'soft value'})),
        this.actions.element),
      this.loading, ...(changeNotes.get(id) ?? []).map(note => make('p',
        {class: 'card value note', role: 'status'}, note)), this.whole);
    this.actions.element.hidden = true;
    this.repeater = new Repeater('sync', signal => this.load(signal));
    this.repeater.now();
  }

  refresh() {
    return this.repeater.now();
  }

  changed(query) {
    this.query = query;
    this.view.changed?.();
    this.refresh();
  }

  close() {
    changeNotes.delete(this.id);
    this.repeater.stop();
    this.view.close?.();
  }

  async load(signal) {
    let sync;
    try {
      sync = await ask(syncPath(this.id), {signal});
    } catch (error) {
      if (!notThere(error))
        throw error;
      this.whole.hidden = true;
      this.loading.hidden = false;
      setText(this.loading, 'There is no such sync.');
      setTitle('No such sync');
      return null;
    }
    if (this.sync && standingOf(this.sync) !== standingOf(sync))
      announce(`${this.id}: ${statusWord(standingOf(sync))}`);
    this.sync = sync;
    this.loading.hidden = true;
    this.whole.hidden = false;
    this.actions.element.hidden = false;
    this.actions.update(sync);
    const tab = syncTabs.find(([key]) => key === this.tab)[1];
    setTitle(this.tab ? `${tab} of ${this.id}`
      : `${statusWord(standingOf(sync))}: ${this.id}`);
    setText(this.image, imageOf(sync));
    this.showStanding(sync);
    await this.view.load(sync, signal);
    return isActive(sync.lastRun) ? 2000 : 5000;
  }

  showStanding(sync) {
    const {title, message, next} = this.parts;
    const run = sync.lastRun && runTimes(sync.lastRun);
    const last = sync.lastEndedRun;
    const standing = standingOf(sync);
    setClass(this.verdict, 'verdict ' + statusClass(standing));
    let words = !run ? statusWord(standing)
      : isActive(run) ? activeWords(run, sync)
        : `${statusWord(standing)} ${ago(run.endedAt || run.createdAt)}`;
    if (run && isBad((last || run).status) && sync.lastSuccessAt)
      words += `; it last succeeded ${ago(sync.lastSuccessAt)}`;
    setText(title, words);
    // Of a run that goes on it says what it waits for; a further try is there
    // for the error of the run before.
    const errors = [sync.trouble, run?.error,
      isActive(run) && run.attempt > 1 && last && last.error];
    const error = errors.filter(Boolean).join('\n');
    message.hidden = !error;
    setText(message, error);
    const paused = textOf(sync.pausedReason || sync.paused);
    setText(next, isPaused(sync)
      ? `It is paused (${paused}): it does not run by itself. Resume lets it.`
      : sync.nextRunAt ? `The next run ${waitsForTry(run) ? 'of its schedule '
        : ''}is ${fromNow(sync.nextRunAt)}, at `
        + `${showTime(sync.nextRunAt, 'short')} (${zones.name()}).`
        : waitsForTry(run) ? 'It has no schedule besides.'
          : 'It has no schedule: it begins only by hand.');
    this.showLinks(run, last);
  }

  // To the runs that are spoken of, and to where a wrong config is mended.
  showLinks(run, last) {
    const links = [];
    const add = (one, text) => links.push({key: text + one.taskId, text,
      href: link(['run', one.taskId], {sync: this.id})});
    if (isActive(run) && run.attempt > 1 && last)
      add(last, 'Look at the run before: verdict, streams and log');
    if (run)
      add(run, waitsForTry(run) ? 'Look at the try that waits'
        : 'Look at this run: verdict, streams and log');
    const failed = run && !isActive(run) ? run : last;
    if (isBad(failed?.status) && failed.errorKind === 'config_error')
      links.push({key: 'edit', text: 'Edit the sync',
        href: link(['sync', this.id, 'edit'])});
    reconcile(this.look, links, one => one.key,
      one => make('a', {href: one.href}, one.text), () => {});
  }
}

// -- its runs -----------------------------------------------------------------

const ranges = [['24', 'the last day'], ['168', 'the last 7 days'],
  ['720', 'the last 30 days'], ['8760', 'the last year'], ['', 'all']];
const runsPerPage = 50;

class SyncRuns {
  constructor(page) {
    this.page = page;
    const {query} = page;
    this.range = choice(ranges, query.hours ?? '720', {id: 'range',
      change: () => this.setRange()});
    this.charts = [
      new RunChart('Rows committed', run => run.rows, showNumber, showShort),
      new RunChart('Data read', run => run.bytes, showBytes),
      new RunChart('Duration', secondsOf, n => showDuration(n * 1000),
        n => showAge(n * 1000))];
    this.pager = new Pager('after', query.after, () => page.refresh(),
      ['Newer', 'Older']);
    this.table = new Table('Runs', [{key: 'status', text: 'Status'},
      {key: 'start', text: 'Started'},
      {key: 'life', text: 'Took', class: 'right'},
      {key: 'rows', text: 'Rows committed', class: 'right'},
      {key: 'bytes', text: 'Data read', class: 'right'},
      {key: 'why', text: 'Why it ran'}, {key: 'error', text: 'Error'}]);
    this.table.element.querySelector('table').classList.add('stack');
    this.none = make('p', {class: 'soft', hidden: true},
      'No run in this time.');
    this.element = make('section', {class: 'card page', 'aria-label': 'Runs'},
      make('div', {class: 'filters'}, labelled('Begun within', this.range)),
      make('div', {class: 'charts'}, this.charts.map(one => one.element)),
      this.table.element, this.none, this.pager.element);
  }

  setRange() {
    // '' would be the usual range at the next load.
    keepInHash({hours: this.range.value || 'all'});
    this.page.query = open.query;
    this.pager.reset();
    this.page.refresh();
  }

  changed() {
    const hours = this.page.query.hours;
    this.range.value = hours === 'all' ? '' : hours ?? '720';
    this.pager.place = this.page.query.after || '';
  }

  async load(sync, signal) {
    const {hours = '720'} = this.page.query;
    const from = hours === 'all' || !Number(hours) ? null
      : Date.now() - Number(hours) * 3600000;
    if (hours === 'all')
      this.range.value = '';
    const query = {from: from === null ? '' : timeText(from)};
    const get = more => ask(syncPath(this.page.id) + '/runs',
      {signal, query: {...query, ...more}});
    const list = await get({limit: runsPerPage, after: this.pager.place});
    // What is charted is asked for again once it is another.
    const key = [hours, sync.lastRun?.taskId, sync.lastRun?.status].join();
    if (this.key !== key || !this.pager.place && !list.next)
      this.charted = this.pager.place || list.next
        ? await get({limit: runsInChart}) : list;
    this.key = key;
    const {charted} = this;
    const runs = charted.runs.map(runTimes).reverse();
    const begun = runs.find(placeOfRun);
    const first = begun ? millisecondsOf(placeOfRun(begun)) : 0;
    const cut = Boolean(charted.next);
    const begin = from === null || cut ? first || Date.now() - 86400000 : from;
    for (const chart of this.charts)
      chart.update(runs, begin, Date.now());
    reconcile(this.table.body, list.runs.map(runTimes), run => run.taskId,
      () => this.makeRow(), (row, run) => this.fillRow(row, run));
    this.none.hidden = list.runs.length > 0;
    this.table.element.hidden = list.runs.length === 0;
    this.pager.show(list.next, cut
      ? `The charts show the newest ${runsInChart} runs.` : '');
  }

  makeRow() {
    const row = make('tr');
    const parts = row.parts = {link: make('a', {href: '#/'}, statusBadge()),
      start: make('td', {class: 'tight', 'data-label': 'Started'}),
      life: make('td', {class: 'right tight', 'data-label': 'Took'}),
      rows: make('td', {class: 'right tight', 'data-label': 'Rows committed'}),
      bytes: make('td', {class: 'right tight', 'data-label': 'Data read'}),
      why: make('td', {class: 'soft'}),
      error: make('span', {class: 'cut value soft'})};
    row.append(make('td', {class: 'tight'}, parts.link), parts.start, parts.life,
      parts.rows, parts.bytes, parts.why, make('td', {}, parts.error));
    return row;
  }

  fillRow({parts}, run) {
    setAttribute(parts.link, 'href',
      link(['run', run.taskId], {sync: this.page.id}));
    setStatus(parts.link.firstChild, run.status);
    setText(parts.start, waitsForTry(run)
      ? `due ${showTime(run.dueAt, 'short')}`
      : showTime(run.startedAt, 'short'));
    const seconds = secondsOf(run);
    setText(parts.life, seconds === null ? '' : showDuration(seconds * 1000));
    const known = value => Number.isFinite(value);
    setText(parts.rows, known(run.rows) ? showNumber(run.rows) : '');
    setText(parts.bytes, known(run.bytes) ? showBytes(run.bytes) : '');
    const further = tryWords(run, this.page.sync);
    setText(parts.why, triggerWord(run.trigger) + (further && `, ${further}`));
    setText(parts.error, firstLine(run.error));
    setAttribute(parts.error, 'title', run.error
      ? (run.errorKind ? textOf(run.errorKind) + ': ' : '')
        + firstLine(run.error, 500) : null);
  }
}

for (const [key] of syncTabs)
  route('/sync/:' + (key ? '/' + key : ''),
    ([id], query) => new SyncPage(id, key, query));
