// #/ : all syncs, what fails and what runs now above them.

const syncsPerPage = 50;
const mostUrgent = 5;
const syncFilters = [['', 'All'], ['failing', 'Failing'], ['running', 'Running'],
  ['paused', 'Paused']];

// Run or Cancel, and Pause or Resume, of one sync. The buttons stay the same
// elements, so that the focus does.
class SyncActions {
  constructor(small = false) {
    const style = {class: small ? 'small' : ''};
    this.run = button('Run', () => this.runOrCancel(), style);
    this.pause = button('Pause', () => this.pauseOrResume(), style);
    this.element = make('div', {class: 'row'}, this.run, this.pause);
  }

  update(sync) {
    this.sync = sync;
    // A further try that waits is not cancelled but begun.
    this.active = isActive(sync.lastRun) && !waitsForTry(sync.lastRun);
    setText(this.run, this.active ? 'Cancel' : 'Run');
    setAttribute(this.run, 'aria-label',
      `${this.active ? 'Cancel the run of' : 'Run'} ${sync.syncId}`);
    setText(this.pause, isPaused(sync) ? 'Resume' : 'Pause');
    setAttribute(this.pause, 'aria-label',
      `${isPaused(sync) ? 'Resume' : 'Pause'} ${sync.syncId}`);
  }

  post(what) {
    return ask(`${syncPath(this.sync.syncId)}/${what}`, {method: 'POST'});
  }

  runOrCancel() {
    if (!this.active)
      return act(this.run, () => this.post('run'), 'The run begins');
    return confirmThen({title: 'Cancel this run?', no: 'Let it run',
      text: `The run of ${this.sync.syncId} ends. What it committed stays.`,
      yes: 'Cancel the run', send: () => this.post('cancel')});
  }

  pauseOrResume() {
    return isPaused(this.sync)
      ? act(this.pause, () => this.post('resume'), 'Resumed')
      : act(this.pause, () => this.post('pause'), 'Paused');
  }
}

// When the run by which a sync stands ended or began, and what comes after it.
function whenWords(sync, run) {
  if (!run)
    return '';
  if (isActive(run))
    return activeWords(run, sync).replace(/^\w+ /, '');
  const next = waitsForTry(sync.lastRun) && run.taskId !== sync.lastRun.taskId
    ? `, ${tryWords(sync.lastRun, sync) || 'a further try'} `
      + fromNow(sync.lastRun.dueAt) : '';
  return ago(run.endedAt || run.createdAt) + next;
}

class SyncsPage {
  constructor(query) {
    this.title = 'Syncs';
    this.query = query;
    this.words = make('input', {type: 'search', autocomplete: 'off',
      spellcheck: 'false', maxlength: '200', id: 'sync-words',
      input: later(300, () => this.filter())});
    this.words.value = query.q || '';
    this.chips = make('div', {class: 'chips', role: 'group',
      'aria-label': 'Show'});
    this.urgent = make('section', {'aria-label': 'What to look at',
      hidden: true});
    this.urgentRows = make('div', {class: 'urgent'});
    this.urgent.append(this.urgentRows);
    this.pager = new Pager('after', query.after, () => this.refresh());
    this.table = this.makeTable();
    this.none = make('p', {class: 'soft', hidden: true}, 'No sync fits.');
    this.list = make('section', {class: 'card', 'aria-label': 'Syncs'},
      make('div', {class: 'filters'},
        labelled('Search ids, connectors and labels', this.words), this.chips),
      this.table.element, this.none, this.pager.element);
    this.empty = make('section', {class: 'card page', hidden: true});
    this.element = make('div', {class: 'page'},
      make('div', {class: 'row apart'}, make('h1', {tabindex: '-1'}, 'Syncs'),
        make('a', {class: 'button main', href: '#/new'}, 'New sync')),
      this.urgent, this.empty, this.list);
    this.repeater = new Repeater('syncs', signal => this.load(signal));
    this.repeater.now();
  }

  makeTable() {
    const out = new Table('Syncs', [
      {key: 'sync', text: 'Sync'}, {key: 'last', text: 'Last run'},
      {key: 'runs', text: 'Last 30 runs'},
      {key: 'good', text: 'Last success'}, {key: 'next', text: 'Next run'},
      {key: 'do', text: 'Actions', hidden: true}]);
    out.element.querySelector('table').classList.add('stack');
    return out;
  }

  filter() {
    keepInHash({q: this.words.value.trim()});
    this.query = open.query;
    this.pager.reset();
    this.refresh();
  }

  changed(query) {
    this.query = query;
    if (document.activeElement !== this.words)
      this.words.value = query.q || '';
    this.pager.place = query.after || '';
    this.refresh();
  }

  refresh() {
    return this.repeater.now();
  }

  async load(signal) {
    const get = query => ask('/syncs', {signal, query});
    let page;
    try {
      page = await get({q: this.query.q, status: this.query.status, runs: 30,
        limit: syncsPerPage, after: this.pager.place});
    } catch (error) {
      if (error.status !== 501)
        throw error;
      this.showUnkept(error);
      return null;
    }
    if (page.counts)
      this.counts = page.counts;
    const urgent = [];
    if (!this.query.status && !this.query.q && this.pager.place === '')
      for (const [status, kind] of [['failing', 'failing'], ['running', 'running']])
        if (this.counts?.[kind] > 0)
          urgent.push({kind, syncs: (await get({status, limit: mostUrgent})).syncs});
    this.show(page, urgent);
    return this.counts?.running > 0 || page.syncs.some(
      sync => isActive(sync.lastRun)) ? 2000 : 5000;
  }

  show(page, urgent) {
    const filtered = this.query.q || this.query.status || this.pager.place;
    const empty = page.syncs.length === 0 && !filtered
      && !(this.counts?.all > 0);
    this.list.hidden = empty;
    if (empty && this.empty.hidden)
      this.showEmpty();
    this.empty.hidden = !empty;
    this.showChips();
    this.showUrgent(urgent);
    reconcile(this.table.body, page.syncs, sync => sync.syncId,
      () => this.makeRow(), (row, sync) => this.fillRow(row, sync));
    this.none.hidden = page.syncs.length > 0;
    this.table.element.hidden = page.syncs.length === 0;
    this.pager.show(page.next);
  }

  showChips() {
    const all = syncFilters.map(([key, text]) => ({key, text,
      count: this.counts?.[key || 'all']}));
    reconcile(this.chips, all, one => one.key, one => make('a',
      {class: 'chip', href: '#/'}), (chip, one) => {
      setText(chip, one.count === undefined ? one.text
        : `${one.text} ${showNumber(one.count)}`);
      setAttribute(chip, 'href',
        link([''], {status: one.key, q: this.query.q}));
      setAttribute(chip, 'aria-current',
        (this.query.status || '') === one.key ? 'true' : null);
    });
  }

  showUrgent(groups) {
    this.urgent.hidden = groups.length === 0;
    reconcile(this.urgentRows, groups, one => one.kind, one => {
      const out = make('div', {
        class: 'verdict ' + (one.kind === 'failing' ? 'FAILED' : 'RUNNING')});
      out.parts = {title: make('h2'), rows: make('div'),
        more: make('p', {class: 'small'})};
      out.append(out.parts.title, out.parts.rows, out.parts.more);
      return out;
    }, ({parts}, one) => {
      const count = this.counts[one.kind];
      setText(parts.title, one.kind === 'failing'
        ? `${plural(count, 'sync')} fail${count === 1 ? 's' : ''}`
        : `${plural(count, 'sync')} run${count === 1 ? 's' : ''} now`);
      reconcile(parts.rows, one.syncs, sync => sync.syncId, () => {
        const row = make('div', {class: 'value cut'});
        row.parts = [make('a', {href: '#/'}), make('span')];
        row.append(row.parts[0], ' ', row.parts[1]);
        return row;
      }, (row, sync) => {
        const [name, why] = row.parts;
        setText(name, sync.syncId);
        const run = (one.kind === 'failing' && sync.lastEndedRun)
          || sync.lastRun || {};
        setAttribute(name, 'href', run.taskId ? link(['run', run.taskId],
          {sync: sync.syncId}) : link(['sync', sync.syncId]));
        setText(why, one.kind === 'failing'
          ? firstLine(run.error || sync.trouble || statusWord(run.status))
          : activeWords(runTimes(run), sync));
      });
      const more = count - one.syncs.length;
      parts.more.hidden = more <= 0;
      const all = link([''], {status: one.kind});
      if (more > 0 && parts.more.textContent !== `and ${showNumber(more)} more`)
        parts.more.replaceChildren(
          make('a', {href: all}, `and ${showNumber(more)} more`));
    });
  }

  makeRow() {
    const row = make('tr');
    const parts = row.parts = {
      name: make('a', {class: 'value', href: '#/'}),
      image: make('span', {class: 'soft small value'}),
      status: make('a', {href: '#/'}, statusBadge()),
      when: make('span', {class: 'soft small'}), runs: sparkline(),
      good: make('td', {class: 'tight', 'data-label': 'Last success'}),
      next: make('td', {class: 'tight', 'data-label': 'Next run'}),
      actions: new SyncActions(true)};
    parts.name.style.fontWeight = '600';
    row.append(make('td', {class: 'name'}, parts.name, make('br'), parts.image),
      make('td', {'data-label': 'Last run'}, parts.status, ' ', parts.when),
      make('td', {}, parts.runs), parts.good, parts.next,
      make('td', {class: 'actions'}, parts.actions.element));
    return row;
  }

  fillRow({parts}, sync) {
    setText(parts.name, sync.syncId);
    setAttribute(parts.name, 'href', link(['sync', sync.syncId]));
    setText(parts.image, imageOf(sync));
    const run = standingRun(sync) && runTimes(standingRun(sync));
    setStatus(parts.status.firstChild, standingOf(sync));
    setAttribute(parts.status, 'href', run ? link(['run', run.taskId],
      {sync: sync.syncId}) : link(['sync', sync.syncId]));
    setText(parts.when, whenWords(sync, run));
    const runs = listOf(sync.runs);
    parts.runs.toggleAttribute('hidden', runs.length === 0);
    setSparkline(parts.runs, runs);
    setText(parts.good, sync.lastSuccessAt ? ago(sync.lastSuccessAt) : '');
    setAttribute(parts.good, 'title', showTime(sync.lastSuccessAt) || null);
    setText(parts.next, whenNext(sync));
    setAttribute(parts.next, 'title',
      textOf(sync.pausedReason || sync.paused) || showTime(sync.nextRunAt) || null);
    parts.actions.update(sync);
  }

  // Nothing is there yet: what one can begin with.
  async showEmpty() {
    const there = make('div', {class: 'tiles'});
    this.empty.replaceChildren(
      make('h2', {}, 'No syncs yet'),
      make('p', {}, 'A sync reads from a source, by a connector, into tables, '
        + 'as often as you like.'),
      make('div', {class: 'row'},
        make('a', {class: 'button main', href: link(['new'], {demo: 1})},
          'Try the demo'),
        make('a', {class: 'button', href: '#/new'}, 'New sync')),
      there);
    try {
      const {connectors} = await ask('/connectors');
      there.replaceChildren(...connectors.filter(one => one.installed).slice(0, 12)
        .map(one => make('a', {class: 'tile', href: link(['new'],
          {package: one.package, version: versionOf(one)})},
        make('b', {class: 'value'}, one.title || one.package),
        make('span', {class: 'soft small value'}, imageText(one)))));
    } catch (error) {
      if (!notThere(error))
        tell('connectors', error);
    }
  }

  showUnkept(error) {
    this.list.hidden = true;
    this.empty.hidden = false;
    this.empty.replaceChildren(make('h2', {}, 'Syncs are not kept here'),
      make('p', {class: 'value'}, error.message),
      make('p', {}, 'Tasks that other programs started are among the ',
        make('a', {href: '#/runs'}, 'runs'), '.'));
  }

  close() {
    this.repeater.stop();
  }
}

route('/', (_, query) => new SyncsPage(query));
