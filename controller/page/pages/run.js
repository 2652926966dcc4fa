// #/run/ID : one task. The verdict first, then its streams, then its log.

const streamsPerPage = 25;
const streamOrder = ['FAILED', 'TIME_EXCEEDED', 'PARTIAL', 'CANCELLED',
  'RUNNING', 'PENDING', 'SUCCESS'];

class RunPage {
  constructor(id, query) {
    this.id = id;
    this.title = id;
    this.task = null;
    // The kept sync that it is a run of, once it is known.
    this.sync = null;
    // How many rows each stream had when the row was last written.
    this.before = null;
    this.heading = make('h1', {class: 'value', tabindex: '-1', id: 'title'}, id);
    this.up = make('p', {class: 'small'}, make('a', {href: '#/runs'}, 'All runs'));
    this.cancel = button('Cancel', () => this.askCancel(),
      {class: 'danger', id: 'cancel', hidden: true});
    this.again = button('Start again', () => this.startAgain(),
      {id: 'again', hidden: true});
    this.verdict = new Verdict();
    this.figures = make('div', {class: 'figures', id: 'figures'});
    this.facts = make('dl', {id: 'facts'});
    this.streams = this.makeStreams(query);
    this.asked = make('p', {class: 'value', id: 'asked', hidden: true});
    this.log = new Log(this, query);
    this.loading = make('p', {class: 'soft'}, 'Loading …');
    this.whole = make('div', {class: 'page', hidden: true}, this.verdict.element,
      make('section', {class: 'card page', 'aria-label': 'Figures'},
        this.figures, this.facts),
      this.streams.element, this.asked, this.log.element);
    this.element = make('div', {class: 'page'}, this.up,
      make('div', {class: 'row apart'}, this.heading,
        make('div', {class: 'row'}, this.cancel, this.again)),
      this.loading, this.whole);
    this.repeater = new Repeater('run', signal => this.load(signal));
    this.repeater.now();
  }

  refresh() {
    this.log.wake();
    return this.repeater.now();
  }

  changed(query) {
    this.log.changed(query);
  }

  close() {
    this.repeater.stop();
    this.log.close();
  }

  async load(signal) {
    let answer;
    try {
      answer = await ask(taskPath(this.id), {signal});
    } catch (error) {
      if (!notThere(error))
        throw error;
      // Not asked for again: nothing comes of that.
      this.whole.hidden = true;
      this.loading.hidden = false;
      setText(this.loading, 'There is no such run. It may have been deleted, '
        + 'or the link is not whole.');
      setTitle('No such run');
      return null;
    }
    const {task} = answer;
    // The run of a kept sync, if it is one; without a read that waits, discovers,
    // or ended before it could read.
    const run = isObject(answer.run) ? runTimes(answer.run) : null;
    const isUnread = answer.asked !== undefined;
    const first = this.task === null;
    const standing = isUnread ? run.status : task.status;
    if (!first && this.standing !== standing)
      announce(`The run: ${statusWord(standing)}`);
    // Its log is another one once it reads, and while its discover runs.
    const log = isUnread ? textOf(answer.asked) : idOf(task);
    const isOther = !first && this.logOf !== log;
    if (run?.attempt > 1 && (first || this.standing !== standing))
      this.sync = await this.askSync(syncOf(task), signal);
    Object.assign(this, {task, run, isUnread, standing, logOf: log});
    this.loading.hidden = true;
    this.whole.hidden = false;
    this.show(task);
    this.showAsked(textOf(answer.asked));
    if (first)
      this.log.open();
    else if (isOther)
      this.log.newest();
    return runs(task) ? 1000 : 10000;
  }

  // What a further try is one of, and which run it follows.
  async askSync(id, signal) {
    try {
      return await ask(syncPath(id), {signal});
    } catch (error) {
      if (notThere(error) || error.status === 501)
        return null;
      throw error;
    }
  }

  // Whose log it is that tells of a run without a read.
  showAsked(id) {
    this.asked.hidden = !this.isUnread;
    const key = id + runs(this.task);
    if (!this.isUnread || this.askedKey === key)
      return;
    this.askedKey = key;
    const nothing = runs(this.task) ? 'Nothing was read so far.'
      : 'Nothing was read.';
    const before = waitsForTry(this.run) && this.sync?.lastEndedRun;
    this.asked.replaceChildren(nothing, ...id ? [' The log below is that of its ',
      make('a', {href: link(['run', id])}, 'discover'),
      ', which asks the source what it has; it holds earlier discovers, too.']
      : [], ...before ? [' ', make('a', {href: link(['run', before.taskId])},
      'Look at the run before: verdict, streams and log')] : []);
  }

  show(task) {
    setText(this.heading, nameOf(task));
    setTitle(`${statusWord(this.standing)}: ${nameOf(task)}`);
    this.title = nameOf(task);
    this.cancel.hidden = !runs(task) || !isRead(task);
    // A further try that waits is begun by it.
    this.again.hidden = runs(task) && !waitsForTry(this.run) || !isRead(task);
    setText(this.again, waitsForTry(this.run) ? 'Begin now' : 'Start again');
    const sync = isRead(task) && syncOf(task);
    if (sync && !this.up.sync) {
      this.up.sync = sync;
      this.up.replaceChildren(make('a', {href: link(['sync', sync])},
        `Sync ${sync}`), ' · ', make('a', {href: '#/runs'}, 'All runs'));
    }
    this.verdict.update(task, this);
    facts(this.facts, [
      ['Task', idOf(task)],
      ['Command', isRead(task) ? '' : task.command],
      ['Storage key', textOf(task.storageKey)],
      ['Connector', `${textOf(task.package)}:${textOf(task.version)}`],
      ['Due', waitsForTry(this.run) ? showTime(this.run.dueAt) : ''],
      ['Started', showTime(this.run ? this.run.startedAt : startOf(task))],
      ['Of its time', this.timeWords(task)],
      ['Updated', showTime(updateOf(task))],
      ['Try', tryWords(this.run, this.sync).replace(/^try /, '')],
      ['Started by', showStarter(task.startedBy ?? task.started_by)],
      ['Description', isObject(task.description) ? ''
        : textOf(task.description)]]);
    const streams = this.streamsOf(task);
    this.showFigures(task, streams);
    this.showStreams(streams);
  }

  // How long a run asked before it read; '' where that is too short to tell.
  timeWords(task) {
    const {run} = this;
    if (!run?.startedAt || this.isUnread || runs(task))
      return '';
    const asked = millisecondsOf(startOf(task)) - millisecondsOf(run.startedAt);
    return asked < 1500 ? '' : `${showDuration(asked)} until it could read, `
      + `${showDuration(lifeOf(task))} of reading`;
  }

  // Reads what the task's row says of its streams, whatever that is.
  streamsOf(task) {
    if (!isObject(task.description))
      return [];
    const estimates = member(task.metrics, 'estimated_rows');
    const now = millisecondsOf(updateOf(task));
    const rows = new Map();
    const life = Math.max(1, lifeOf(task)) / 1000;
    const isNew = !this.before || this.before.time !== now;
    const out = Object.entries(task.description).filter(
      ([, stream]) => isObject(stream)).map(([name, stream]) => {
      const events = numberIn(stream, 'events');
      const last = this.before?.rows.get(name);
      // Between two writings of the row; over all its time where there is one
      // only, or where it has ended.
      let rate = events / life;
      if (runs(task) && last !== undefined)
        rate = isNew ? Math.max(0, events - last.events)
          / Math.max(0.001, (now - this.before.time) / 1000) : last.rate;
      rows.set(name, {events, rate});
      return {name, events, rate, bytes: numberIn(stream, 'bytes'),
        status: textOf(stream.status), error: textOf(stream.error),
        estimate: numberIn(estimates, name)};
    });
    if (isNew)
      this.before = {time: now, rows};
    return out;
  }

  showFigures(task, streams) {
    const sum = name => streams.reduce((all, one) => all + one[name], 0);
    // What failed is not done.
    const done = streams.filter(one => one.status === 'SUCCESS').length;
    const bad = streams.filter(one => isBad(one.status)).length;
    const figures = streams.length === 0 ? [] : [
      ['rows read', showNumber(sum('events'))],
      ...this.dataFigures(task, sum('bytes')),
      [runs(task) ? 'rows/s' : 'rows/s on average', showNumber(sum('rate'))],
      ['streams complete', `${showNumber(done)} of ${showNumber(streams.length)}`]];
    if (bad > 0)
      figures.push(['streams not well', showNumber(bad)]);
    const counts = {rejected_rows: 'rows rejected', failed_rows: 'rows failed',
      states_saved: 'states saved'};
    for (const [name, label] of Object.entries(counts))
      if (numberIn(task.metrics, name) > 0)
        figures.push([label, showNumber(task.metrics[name])]);
    const faults = member(task.metrics, 'faults');
    if (isObject(faults))
      for (const [name, count] of Object.entries(faults).slice(0, 20))
        figures.push(['lines: ' + name, plainText(count)]);
    reconcile(this.figures, figures, figure => figure[0], () => {
      const out = make('div');
      out.parts = [make('b', {class: 'value'}),
        make('span', {class: 'soft small value'})];
      out.append(...out.parts);
      return out;
    }, (element, [label, value]) => {
      setText(element.parts[0], value);
      setText(element.parts[1], label);
    });
  }

  // Rows and bytes as the sync's page tells them, and how much of these were
  // rows: lines of log and states come besides.
  dataFigures(task, inRows) {
    const out = [];
    const committed = member(task.metrics, 'committed_rows');
    if (Number.isFinite(committed))
      out.push(['rows committed', showNumber(committed)]);
    const bytes = member(task.metrics, 'bytes');
    if (Number.isFinite(bytes))
      out.push(['data read', showBytes(bytes)]);
    out.push([Number.isFinite(bytes) ? 'of it in rows' : 'of data in rows',
      showBytes(inRows)]);
    return out;
  }

  makeStreams(query) {
    this.table = new Table('Streams', [
      {key: 'name', text: 'Stream', sort: one => one.name.toLowerCase()},
      {key: 'status', text: 'Status',
        sort: one => streamOrder.indexOf(one.status)},
      {key: 'part', text: 'Progress'},
      {key: 'rows', text: 'Rows read', class: 'right', sort: one => one.events},
      {key: 'bytes', text: 'Data in rows', class: 'right', sort: one => one.bytes},
      {key: 'rate', text: 'Rate', class: 'right', sort: one => one.rate}],
    query.sort || 'status');
    this.table.element.id = 'streams';
    this.table.element.querySelector('table').classList.add('stack');
    this.table.onSort = sorted => {
      keepInHash({sort: sorted});
      this.window.first = 0;
      this.window.update(this.table.sort(this.window.items));
    };
    this.window = new LocalPager(streamsPerPage, some => this.fillStreams(some));
    return {element: make('section', {class: 'card'}, make('h2', {}, 'Streams'),
      this.table.element, this.window.element)};
  }

  showStreams(streams) {
    this.streams.element.hidden = streams.length === 0;
    this.largest = Math.max(1, ...streams.map(one => one.events));
    this.window.update(this.table.sort(streams));
  }

  fillStreams(streams) {
    reconcile(this.table.body, streams, one => one.name, () => {
      const row = make('tr', {class: 'stream'});
      const parts = row.parts = {
        name: make('b', {class: 'value'}),
        error: make('div', {class: 'problem value small'}),
        status: statusBadge(), bar: progressBar(),
        estimate: make('span', {class: 'soft small'}),
        rows: make('td', {class: 'right tight', 'data-label': 'Rows read'}),
        bytes: make('td', {class: 'right tight', 'data-label': 'Data in rows'}),
        rate: make('td', {class: 'right tight', 'data-label': 'Rate'})};
      row.append(make('td', {class: 'name'}, parts.name, parts.error),
        make('td', {class: 'tight'}, parts.status),
        make('td', {}, parts.bar, parts.estimate), parts.rows, parts.bytes,
        parts.rate);
      return row;
    }, ({parts}, one) => {
      const ended = one.status === 'SUCCESS';
      const known = one.estimate > 0 || ended;
      const part = ended ? 1
        : Math.min(1, one.events / (one.estimate || this.largest));
      const percent = showNumber(part * 100);
      setText(parts.name, one.name);
      setText(parts.error, one.error);
      setStatus(parts.status, one.status);
      setProgress(parts.bar, part, one.status, known
        ? `${one.name}: ${percent} % done`
        : `${one.name}: ${percent} % of the largest stream`, known);
      setText(parts.estimate, ended ? '' : one.estimate > 0
        ? `${percent} % of ${showNumber(one.estimate)}` : 'no estimate');
      setText(parts.rows, showNumber(one.events));
      setText(parts.bytes, showBytes(one.bytes));
      setText(parts.rate, showRate(one.rate));
    });
  }

  askCancel() {
    const task = this.task;
    confirmThen({title: 'Cancel this run?', no: 'Let it run',
      text: `Task ${idOf(task)} of sync ${syncOf(task)} ends. What it `
        + 'committed stays.', yes: 'Cancel the run',
      send: () => this.isUnread
        ? ask(syncPath(syncOf(task)) + '/cancel', {method: 'POST'})
        : ask('/cancel', {method: 'POST', query: {syncId: syncOf(task),
          taskId: idOf(task), package: task.package}})});
  }

  // A sync that is kept runs by its name; anything else needs its documents.
  async startAgain() {
    const sync = syncOf(this.task);
    try {
      await ask(syncPath(sync));
    } catch (error) {
      if (error.status === 404 || error.status === 501) {
        openAgain(this.task, this.again);
        return;
      }
      tell('action', error);
      return;
    }
    const begun = await act(this.again,
      () => ask(syncPath(sync) + '/run', {method: 'POST'}), 'The run begins');
    if (begun)
      goTo(link(['run', begun.taskId], {sync}));
  }
}

route('/run/:', ([id], query) => new RunPage(id, query));
