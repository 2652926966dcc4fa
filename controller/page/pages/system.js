// #/system : how syncctl itself is.

class SystemPage {
  constructor() {
    this.title = 'System';
    this.verdict = make('section', {class: 'verdict', 'aria-label': 'Health'},
      this.words = make('h2', {}, 'Loading …'),
      this.why = make('p', {class: 'value', hidden: true}));
    this.facts = make('dl');
    this.disks = make('tbody');
    this.diskTable = make('section', {class: 'card', hidden: true,
      'aria-label': 'Disk'}, make('h2', {}, 'Disk'),
    make('div', {class: 'scroll', tabindex: '0', role: 'region',
      'aria-label': 'Table: Disk'}, make('table', {}, make('thead', {},
      make('tr', {}, ['Folder', 'Free', 'Of', 'Used'].map(text =>
        make('th', {scope: 'col'}, text)))), this.disks)));
    this.element = make('div', {class: 'page'},
      make('h1', {tabindex: '-1'}, 'System'), this.verdict,
      make('section', {class: 'card', 'aria-label': 'Facts'}, this.facts),
      this.diskTable,
      make('section', {class: 'card page', 'aria-label': 'API'},
        make('h2', {}, 'API'),
        make('p', {}, 'All that this page does goes through the API. ',
          make('a', {href: '/openapi.json'}, 'Its description (OpenAPI 3.1)'),
          ' and ', make('a', {href: '/metrics'}, 'metrics for Prometheus'),
          '; the latter want the token, if there is one, as a header.')));
    this.repeater = new Repeater('system', signal => this.load(signal));
    this.repeater.now();
  }

  refresh() {
    return this.repeater.now();
  }

  close() {
    this.repeater.stop();
  }

  // /health answers without {ok:true}, and 503 with a reason.
  async health(signal) {
    const answer = await fetch('/health', {signal, cache: 'no-store'});
    return answer.json();
  }

  async load(signal) {
    const [health, system] = await Promise.all([this.health(signal),
      ask('/system', {signal}).catch(error => {
        if (!notThere(error))
          throw error;
      })]);
    const good = health.status === 'pass';
    setClass(this.verdict, `verdict ${good ? 'SUCCESS' : 'FAILED'}`);
    setText(this.words, good ? 'It works' : 'It does not work');
    setText(this.why, textOf(health.reason || health.warning));
    this.why.hidden = this.why.textContent === '';
    this.show(system || {}, health);
    return 5000;
  }

  show(system, health) {
    const database = member(system, 'database') || {};
    const tasks = member(system, 'tasks') || {};
    const syncs = member(system, 'syncs');
    const replicas = listOf(system.replicas).map(one => isObject(one)
      ? textOf(one.instance ?? one.name ?? one) : textOf(one));
    facts(this.facts, [
      ['Version', textOf(system.version)],
      ['This instance', textOf(system.instance)],
      ['Leader', system.isLeader ?? health.leader
        ? 'this instance' : textOf(system.leader) || 'another instance'],
      ['Replicas', replicas.join(', ')],
      ['Connectors run as', {process: 'processes on this machine',
        kubernetes: 'Pods in Kubernetes'}[system.runtime]
        || textOf(system.runtime)],
      ['Up since', system.startedAt ? `${showTime(system.startedAt)}, for `
        + showAge(Date.now() - millisecondsOf(system.startedAt)) : ''],
      ['Database', database.kind === undefined ? ''
        : `${textOf(database.kind)}, ${database.ok ? 'answers in '
          + `${oneDigit.format(database.milliseconds || 0)} ms`
          : `does not answer: ${textOf(database.reason)}`}`,
      database.ok === false ? 'FAILED' : ''],
      ['Tasks that run', !Number.isFinite(tasks.running) ? ''
        : showNumber(tasks.running) + (Number.isFinite(tasks.most)
          ? ` of ${showNumber(tasks.most)} at most` : '')],
      ['Starts that wait', !Number.isFinite(tasks.waitingStarts) ? ''
        : showNumber(tasks.waitingStarts)],
      ['Syncs', !isObject(syncs) ? '' : syncs.kept ? 'are kept here'
        : `are not kept: ${textOf(syncs.reason)}`]]);
    const disks = listOf(system.disk);
    this.diskTable.hidden = disks.length === 0;
    reconcile(this.disks, disks, one => textOf(one.folder), one => {
      const row = make('tr');
      row.parts = [make('td'), make('td'), progressBar()];
      row.append(make('td', {class: 'value'}, textOf(one.folder)),
        row.parts[0], row.parts[1], make('td', {}, row.parts[2]));
      return row;
    }, ({parts}, one) => {
      const used = one.totalBytes > 0 ? 1 - one.freeBytes / one.totalBytes : 0;
      setText(parts[0], showBytes(one.freeBytes || 0));
      setText(parts[1], showBytes(one.totalBytes || 0));
      setProgress(parts[2], used, used > .95 ? 'FAILED' : used > .85
        ? 'PARTIAL' : '', `${showNumber(used * 100)} % of ${textOf(one.folder)} `
        + 'is used');
    });
  }
}

route('/system', () => new SystemPage());
