// #/connectors : what is there to read with, and how often it failed.

class ConnectorsPage {
  constructor(query) {
    this.title = 'Connectors';
    this.connectors = [];
    this.words = make('input', {type: 'search', autocomplete: 'off',
      spellcheck: 'false', id: 'connector-words', input: () => {
        keepInHash({q: this.words.value.trim()});
        this.show();
      }});
    this.words.value = query.q || '';
    this.table = new Table('Connectors', [
      {key: 'name', text: 'Connector', sort: one => one.package},
      {key: 'version', text: 'Version'},
      {key: 'installed', text: 'Installed', sort: one => one.installed ? 0 : 1},
      {key: 'runs', text: 'Runs in 30 days', class: 'right',
        sort: one => one.runs || 0},
      {key: 'rate', text: 'Failed', class: 'right', sort: failureRate},
      {key: 'used', text: 'Last used', sort: one => one.lastUsedAt || ''},
      {key: 'spec', text: 'What it takes'},
      {key: 'do', text: 'Actions', hidden: true}]);
    this.table.element.querySelector('table').classList.add('stack');
    this.table.onSort = () => this.show();
    this.window = new LocalPager(50, some => this.fill(some));
    this.note = make('p', {class: 'soft', role: 'status'}, 'Loading …');
    this.element = make('div', {class: 'page'},
      make('h1', {tabindex: '-1'}, 'Connectors'),
      make('section', {class: 'card page', 'aria-label': 'Connectors'},
        make('div', {class: 'filters'}, labelled('Search', this.words)),
        this.note, this.table.element, this.window.element));
    this.repeater = new Repeater('connectors', signal => this.load(signal));
    this.repeater.now();
  }

  refresh() {
    return this.repeater.now();
  }

  changed(query) {
    if (document.activeElement !== this.words)
      this.words.value = query.q || '';
    this.show();
  }

  close() {
    this.repeater.stop();
  }

  async load(signal) {
    try {
      const {connectors} = await ask('/connectors', {signal});
      this.connectors = connectors;
    } catch (error) {
      if (!notThere(error))
        throw error;
      setText(this.note, 'This syncctl does not list its connectors.');
      return null;
    }
    this.show();
    return 30000;
  }

  show() {
    const wanted = this.words.value.trim().toLowerCase();
    const found = this.connectors.filter(one =>
      `${one.package} ${one.title || ''}`.toLowerCase().includes(wanted));
    setText(this.note, this.connectors.length === 0
      ? 'None is known. On one machine they lie in SYNCCTL_CONNECTORS_DIR; any '
        + 'image can be named in a new sync.'
      : found.length === 0 ? 'None fits.' : '');
    this.note.hidden = this.note.textContent === '';
    this.table.element.hidden = found.length === 0;
    this.window.update(this.table.sort(found));
  }

  fill(some) {
    reconcile(this.table.body, some, imageText,
      one => this.makeRow(one), (row, one) => this.fillRow(row, one));
  }

  makeRow(one) {
    const row = make('tr');
    const parts = row.parts = {
      title: make('span', {class: 'soft small value'}),
      installed: make('td', {'data-label': 'Installed'}),
      runs: make('td', {class: 'right', 'data-label': 'Runs in 30 days'}),
      rate: make('a', {href: link(['runs'],
        {package: one.package, status: 'FAILED'})}), used: make('td', {class: 'tight',
        'data-label': 'Last used'}),
      spec: make('pre', {tabindex: '0',
        'aria-label': `Specification of ${one.package}`}),
      summary: make('summary', {}, 'Specification')};
    parts.details = make('details', {toggle: () => this.showSpec(one, parts)},
      parts.summary, parts.spec);
    row.append(make('td', {class: 'name'}, make('b', {class: 'value'},
      one.package), make('br'), parts.title),
    make('td', {class: 'value', 'data-label': 'Version'}, textOf(one.version)),
    parts.installed, parts.runs,
    make('td', {class: 'right', 'data-label': 'Failed'}, parts.rate),
    parts.used, make('td', {}, parts.details),
    make('td', {}, make('a', {class: 'button small', href: link(['new'],
      {package: one.package, version: versionOf(one)})}, 'New sync')));
    return row;
  }

  fillRow({parts}, one) {
    setText(parts.title, textOf(one.title));
    setText(parts.installed, one.installed === true ? 'yes'
      : one.installed === false ? 'no' : '');
    setText(parts.runs, showNumber(one.runs || 0));
    parts.rate.hidden = !(one.runs > 0);
    setText(parts.rate, `${showNumber(100 * failureRate(one))} %`);
    setText(parts.used, one.lastUsedAt ? ago(one.lastUsedAt) : 'never');
    setText(parts.summary, one.specKnown ? 'Specification'
      : 'Ask for its specification');
  }

  // Asked for when somebody looks.
  async showSpec(one, parts) {
    if (!parts.details.open || parts.asked)
      return;
    parts.asked = true;
    setText(parts.spec, 'Asking the connector …');
    try {
      const answer = await askForSpec({package: one.package,
        version: versionOf(one)}, AbortSignal.timeout(300000), false,
      one.specKnown !== false);
      setText(parts.spec, answer.spec ? JSON.stringify(answer.spec, null, 2)
        : textOf(answer.error) || 'It gave no specification.');
      parts.asked = Boolean(answer.spec);
    } catch (error) {
      setText(parts.spec, wordsOf(error));
      parts.asked = false;
    }
  }
}

const failureRate = one => one.runs > 0 ? (one.failures || 0) / one.runs : 0;

route('/connectors', (_, query) => new ConnectorsPage(query));
