// #/runs : all tasks, whoever started them: reads, specs, checks, discovers.

const tasksPerPage = 50;
// The most names that are shown in place of a part of one.
const mostNamed = 20;

const runs = task => task.status === 'RUNNING';
// Specs, checks and discovers have no row of their own, and cannot be cancelled.
const isRead = task => task.command === 'read' || task.command === undefined;
const syncOf = task => textOf(task.syncId ?? task.sync_id);
const idOf = task => textOf(task.taskId ?? task.task_id);
const startOf = task => task.startedAt ?? task.started_at;
const updateOf = task => task.updatedAt ?? task.updated_at;
const nameOf = task => isRead(task) ? syncOf(task) || idOf(task)
  : task.command + (task.storageKey ? ' ' + task.storageKey : '');
const lifeOf = task => (runs(task) ? Date.now() : millisecondsOf(updateOf(task)))
  - millisecondsOf(startOf(task));

class RunsPage {
  constructor(query) {
    this.title = 'Runs';
    this.query = query;
    const text = (key, most, name) => {
      const field = make('input', {autocomplete: 'off', spellcheck: 'false',
        maxlength: most, id: 'by-' + key, input: later(300,
          () => this.filter({[key]: field.value.trim()}))});
      field.value = query[key] || '';
      return [field, labelled(name, field)];
    };
    const [sync, syncLabel] = text('sync', 200, 'Sync');
    const [image, imageLabel] = text('package', 500, 'Package');
    this.fields = {sync, package: image};
    this.kind = choice([['', 'all'], ['read', 'reads'],
      ['spec', 'specs: what connectors take'], ['check', 'checks of a config'],
      ['discover', 'discovers: what sources have']], query.kind || '',
    {id: 'by-kind', change: () => this.filter({kind: this.kind.value})});
    this.range = choice([['', 'any time'], ['1', 'the last hour'],
      ['24', 'the last day'], ['168', 'the last 7 days'],
      ['720', 'the last 30 days']], query.hours || '',
    {id: 'by-time', change: () => this.filter({hours: this.range.value})});
    const chosen = (query.status || '').split(',');
    this.boxes = statuses.map(status => {
      const {box, label} = checkbox('', {value: status,
        change: () => this.filter({status: this.chosenStatuses()})});
      box.checked = chosen.includes(status);
      label.append(statusBadge(status), make('span', {class: 'soft count'}));
      return {box, label};
    });
    this.pager = new Pager('before', query.before, () => this.refresh(),
      ['Newer', 'Older']);
    this.table = this.makeTable();
    this.none = make('p', {class: 'soft value', hidden: true, role: 'status'});
    this.element = make('div', {class: 'page'},
      make('h1', {tabindex: '-1'}, 'Runs'),
      make('section', {class: 'card', 'aria-label': 'Runs'},
        make('fieldset', {class: 'bare row', id: 'statuses'},
          make('legend', {class: 'away'}, 'Status'),
          this.boxes.map(one => one.label)),
        make('div', {class: 'filters'}, syncLabel, imageLabel,
          labelled('What', this.kind), labelled('Begun within', this.range)),
        this.table.element, this.none, this.pager.element));
    this.repeater = new Repeater('runs', signal => this.load(signal));
    this.repeater.now();
  }

  makeTable() {
    const out = new Table('Runs', [{key: 'status', text: 'Status'},
      {key: 'name', text: 'Sync'}, {key: 'image', text: 'Connector'},
      {key: 'start', text: 'Started'},
      {key: 'life', text: 'Took', class: 'right'},
      {key: 'error', text: 'Error'}]);
    out.element.id = 'tasks';
    out.element.querySelector('table').classList.add('stack');
    return out;
  }

  chosenStatuses() {
    return this.boxes.filter(one => one.box.checked).map(one => one.box.value)
      .join(',');
  }

  filter(changes) {
    keepInHash(changes);
    this.query = open.query;
    this.pager.reset();
    this.refresh();
  }

  changed(query) {
    this.query = query;
    for (const [key, field] of Object.entries(this.fields))
      if (document.activeElement !== field)
        field.value = query[key] || '';
    this.kind.value = query.kind || '';
    this.range.value = query.hours || '';
    for (const {box} of this.boxes)
      box.checked = (query.status || '').split(',').includes(box.value);
    this.pager.place = query.before || '';
    this.refresh();
  }

  refresh() {
    return this.repeater.now();
  }

  async load(signal) {
    const query = this.query;
    const page = await ask('/tasks', {signal, query: {
      status: query.status, syncId: query.sync, package: query.package,
      kind: query.kind, limit: tasksPerPage, before: this.pager.place,
      counts: this.pager.place ? '' : 'true',
      from: query.hours
        ? timeText(Date.now() - Number(query.hours) * 3600000 || 0) : ''}});
    reconcile(this.table.body, page.tasks, idOf, () => this.makeRow(),
      (row, task) => this.fillRow(row, task));
    if (page.tasks.length === 0)
      await this.showNone(signal);
    this.none.hidden = page.tasks.length > 0;
    this.table.element.hidden = page.tasks.length === 0;
    this.pager.show(page.next);
    if (isObject(page.counts))
      for (const {box, label} of this.boxes)
        setText(label.querySelector('.count'),
          showNumber(numberIn(page.counts, box.value)));
    return 3000;
  }

  // Names count as a whole; of what was meant by a part, links are shown.
  async showNone(signal) {
    const {sync, package: image} = this.query;
    const key = JSON.stringify([sync, image]);
    if (this.noneOf === key)
      return;
    const found = [];
    const add = (name, text) => found.push(make('a', {href: link(['runs'],
      {...this.query, before: '', [name]: text})}, text));
    if (sync)
      for (const one of await this.named('/syncs', {q: sync, limit: mostNamed},
        signal, 'syncs'))
        if (one.syncId !== sync)
          add('sync', one.syncId);
    if (image) {
      const all = await this.named('/connectors', {}, signal, 'connectors');
      for (const name of [...new Set(all.map(one => one.package))].filter(one =>
        one !== image && one.includes(image.toLowerCase())).slice(0, mostNamed))
        add('package', name);
    }
    this.noneOf = key;
    this.none.replaceChildren(sync || image ? 'No run fits; a name counts as a '
      + 'whole.' : 'No run fits.', ...found.length > 0 ? [' There are: ',
      ...found.flatMap((one, i) => i > 0 ? [', ', one] : [one])] : []);
  }

  // What of a list fits; nothing where there is no such list.
  async named(path, query, signal, list) {
    try {
      return listOf((await ask(path, {signal, query}))[list]);
    } catch (error) {
      if (notThere(error) || error.status === 501)
        return [];
      throw error;
    }
  }

  makeRow() {
    const row = make('tr');
    const parts = row.parts = {status: statusBadge(),
      name: make('a', {class: 'value name', href: '#/'}),
      image: make('td', {class: 'value soft image'}),
      start: make('td', {class: 'tight', 'data-label': 'Started'}),
      life: make('td', {class: 'tight right', 'data-label': 'Took'}),
      error: make('span', {class: 'value cut soft'})};
    row.append(make('td', {class: 'tight'}, parts.status),
      make('td', {}, parts.name), parts.image, parts.start, parts.life,
      make('td', {}, parts.error));
    return row;
  }

  fillRow({parts}, task) {
    setStatus(parts.status, task.status);
    setText(parts.name, nameOf(task));
    setAttribute(parts.name, 'href', link(['run', idOf(task)]));
    setText(parts.image, `${textOf(task.package)}:${textOf(task.version)}`);
    setText(parts.start, showTime(startOf(task), 'short'));
    setText(parts.life, showDuration(lifeOf(task)));
    setText(parts.error, firstLine(task.error));
    setAttribute(parts.error, 'title', task.error ? firstLine(task.error, 2000)
      : null);
  }

  close() {
    this.repeater.stop();
  }
}

route('/runs', (_, query) => new RunsPage(query));
