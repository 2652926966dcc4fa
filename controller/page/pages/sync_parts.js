// The tabs of a sync for streams, rows and changes of its schema.

const keyOfStream = stream => stream.namespace
  ? `${stream.namespace}.${stream.name}` : textOf(stream.name);
const pathText = path => Array.isArray(path) ? path.map(textOf).join('.')
  : textOf(path);

// A stream of the source's catalog, as the sync reads it. `chosen` is what the
// sync says of it, if it names it.
function plannedStream(stream, chosen) {
  const modes = listOf(stream.supported_sync_modes);
  const cursor = chosen?.cursorField ?? stream.default_cursor_field;
  const mode = chosen?.syncMode || (modes.includes('incremental')
    && (stream.source_defined_cursor || listOf(stream.default_cursor_field).length
      || chosen?.cursorField) ? 'incremental' : modes[0] || 'full_refresh');
  const columns = Object.keys(member(stream.json_schema, 'properties') || {});
  return {key: keyOfStream(stream), name: textOf(stream.name),
    namespace: textOf(stream.namespace), mode,
    cursor: mode === 'incremental' ? pathText(cursor) : '',
    primaryKey: listOf(chosen?.primaryKey ?? stream.source_defined_primary_key)
      .map(pathText).join(', '),
    columns: chosen?.columns ? chosen.columns.length : columns.length,
    allColumns: columns.length};
}

// What becomes of streams that the source has anew.
function newStreamWords(definition) {
  const policy = member(member(definition, 'schemaChanges'), 'policy');
  return {ignore: '; new ones are not', follow_columns: '; new ones are not, but '
    + 'reported under Schema changes', follow_all: ', and new ones as well',
  pause: '; a new one pauses the sync'}[policy] || '';
}

class SyncStreams {
  constructor(page) {
    this.page = page;
    this.table = new Table('Streams', [
      {key: 'name', text: 'Stream', sort: one => one.key.toLowerCase()},
      {key: 'mode', text: 'Mode', sort: one => one.mode},
      {key: 'cursor', text: 'Cursor'}, {key: 'key', text: 'Key'},
      {key: 'columns', text: 'Columns', class: 'right'},
      {key: 'state', text: 'Saved state', sort: one => one.savedAt || ''},
      {key: 'do', text: 'Actions', hidden: true}]);
    this.table.element.querySelector('table').classList.add('stack');
    this.table.onSort = () => this.show();
    this.window = new LocalPager(100, some => this.fill(some));
    this.words = make('input', {type: 'search', id: 'stream-words',
      autocomplete: 'off', spellcheck: 'false', input: () => this.show()});
    this.note = make('p', {class: 'soft small value', role: 'status'});
    this.element = make('section', {class: 'card page', 'aria-label': 'Streams'},
      make('div', {class: 'filters'}, labelled('Search streams', this.words)),
      this.note, this.table.element, this.window.element);
    this.streams = [];
  }

  async load(sync, signal) {
    // Asked for again once a run has moved on: a catalog may be large.
    const key = JSON.stringify([sync.catalogKey, sync.version, sync.lastRun]);
    if (this.key === key)
      return;
    const states = await this.states(signal);
    let catalog = null;
    if (sync.catalogKey)
      try {
        const answer = await ask('/catalogs/'
          + encodeURIComponent(sync.catalogKey), {signal});
        catalog = answer.catalog;
      } catch (error) {
        if (!notThere(error))
          throw error;
      }
    const wanted = member(sync.definition, 'streams');
    const named = new Map(listOf(wanted).map(one => [keyOfStream(one), one]));
    const rows = new Map();
    for (const stream of listOf(catalog?.streams))
      if (!Array.isArray(wanted) || named.has(keyOfStream(stream)))
        rows.set(keyOfStream(stream),
          plannedStream(stream, named.get(keyOfStream(stream))));
    for (const [key, one] of named)
      if (!rows.has(key))
        rows.set(key, {...plannedStream(one, one), unknown: catalog !== null});
    for (const state of states) {
      const row = rows.get(state.stream) || {key: state.stream,
        name: state.stream, mode: '', cursor: '', primaryKey: '', only: true};
      rows.set(state.stream, {...row, state, savedAt: state.timestamp});
    }
    this.key = key;
    this.streams = [...rows.values()];
    setText(this.note, this.streams.length === 0
      ? 'Not known yet: the first run asks the source what it has.'
      : `${plural(this.streams.length, 'stream')}. `
        + (Array.isArray(wanted) ? 'Chosen by name.'
          : 'All that the source had at the first run are read'
            + newStreamWords(sync.definition) + '.'));
    this.show();
  }

  async states(signal) {
    const out = [];
    for (let after = ''; out.length < 5000;) {
      const page = await ask('/states',
        {signal, query: {syncId: this.page.id, limit: 1000, after}});
      out.push(...page.states);
      if (!page.next)
        break;
      after = page.next;
    }
    return out;
  }

  show() {
    const wanted = this.words.value.trim().toLowerCase();
    this.window.update(this.table.sort(this.streams.filter(
      one => one.key.toLowerCase().includes(wanted))));
    this.table.element.hidden = this.streams.length === 0;
  }

  fill(streams) {
    reconcile(this.table.body, streams, one => one.key, one => {
      const row = make('tr', {class: 'stream'});
      const parts = row.parts = {name: make('b', {class: 'value'}),
        note: make('div', {class: 'problem small'}),
        mode: make('td', {'data-label': 'Mode'}),
        cursor: make('td', {class: 'value', 'data-label': 'Cursor'}),
        key: make('td', {class: 'value', 'data-label': 'Key'}),
        columns: make('td', {class: 'right', 'data-label': 'Columns'}),
        time: make('span'), text: make('pre', {tabindex: '0',
          'aria-label': `State of ${one.key}`}),
        reset: button('Reset', () => this.reset(one.key),
          {class: 'small danger', 'aria-label': `Reset ${one.key}`})};
      parts.state = make('details', {class: 'state'},
        make('summary', {}, parts.time), parts.text);
      row.append(make('td', {class: 'name'}, parts.name, parts.note), parts.mode,
        parts.cursor, parts.key, parts.columns, make('td', {}, parts.state),
        make('td', {}, parts.reset));
      return row;
    }, ({parts}, one) => {
      setText(parts.name, one.key);
      setText(parts.note, one.unknown ? 'The source no longer has it.' : '');
      setText(parts.mode, modeNames[one.mode] || one.mode);
      setText(parts.cursor, one.cursor);
      setText(parts.key, one.primaryKey);
      setText(parts.columns, one.allColumns === undefined
        || one.allColumns === 0 ? '' : one.columns === one.allColumns
        ? showNumber(one.columns)
        : `${showNumber(one.columns)} of ${showNumber(one.allColumns)}`);
      parts.state.hidden = !one.state;
      parts.reset.hidden = !one.state;
      if (!one.state)
        return;
      setText(parts.time, one.state.timestamp === null ? 'saved'
        : showTime(one.state.timestamp, 'short'));
      setText(parts.text, one.state.omitted ? 'Too long to be shown.'
        : textOf(one.state.state));
    });
  }

  reset(stream) {
    confirmThen({title: `Reset ${stream}?`, yes: 'Reset it',
      text: 'Its saved state is forgotten: the next run reads the stream from '
        + 'the beginning. Rows that are in its table are replaced, or come '
        + 'again where it has no key.',
      send: async () => {
        await ask(syncPath(this.page.id) + '/reset',
          {method: 'POST', query: {stream}});
        this.key = '';
      },
      // The button goes with the state.
      then: () => focusOn(this.table.body.known?.get(stream)?.parts.name
        || at('main').querySelector('h1'))});
  }
}

// -- rows ---------------------------------------------------------------------

class SyncData {
  constructor(page) {
    this.page = page;
    this.table = choice([], '', {id: 'table', change: () => {
      keepInHash({table: this.table.value});
      page.query = open.query;
      this.showRows();
    }});
    this.note = make('p', {class: 'soft small value', role: 'status'});
    this.head = make('tr');
    this.body = make('tbody');
    this.rows = make('div', {class: 'scroll', tabindex: '0', role: 'region',
      'aria-label': 'Table: Rows', hidden: true},
    make('table', {}, make('thead', {}, this.head), this.body));
    this.again = button('Look again', () => this.showRows());
    this.element = make('section', {class: 'card page', 'aria-label': 'Data'},
      make('div', {class: 'filters'}, labelled('Table', this.table), this.again),
      this.note, this.rows);
  }

  async load() {
    // Looked at once: a destination is not asked every other second.
    if (this.known)
      return;
    this.known = true;
    try {
      const {tables} = await ask('/tables/' + encodeURIComponent(this.page.id));
      this.tables = tables;
    } catch (error) {
      if (!notThere(error))
        this.known = false;
      setText(this.note, notThere(error) ? 'No tables are known yet.'
        : wordsOf(error));
      return;
    }
    this.table.replaceChildren(...this.tables.map(one =>
      make('option', {value: one.name}, one.name)));
    const wanted = this.page.query.table;
    if (this.tables.some(one => one.name === wanted))
      this.table.value = wanted;
    await this.showRows();
  }

  changed() {
    this.table.value = this.page.query.table || this.table.value;
    this.showRows();
  }

  async showRows() {
    const one = listOf(this.tables).find(
      table => table.name === this.table.value);
    this.rows.hidden = true;
    if (!one) {
      setText(this.note, 'No tables are there yet: the first run makes them.');
      return;
    }
    const where = one.location ? ` It lies in ${textOf(one.location)}.` : '';
    if (!one.readable) {
      setText(this.note, `Its rows cannot be shown here: `
        + `${textOf(one.reason) || 'this kind of destination is not read'}.`
        + where);
      return;
    }
    setText(this.note, 'Loading …');
    try {
      const answer = await ask('/tables/' + encodeURIComponent(this.page.id)
        + '/' + encodeURIComponent(one.name) + '/rows', {query: {limit: 50}});
      if (this.table.value !== one.name)
        return;
      this.head.replaceChildren(...answer.columns.map(name =>
        make('th', {scope: 'col', class: 'value'}, textOf(name))));
      this.body.replaceChildren(...answer.rows.map(row => make('tr', {},
        row.map(value => make('td', {class: 'value'}, value === null
          ? make('span', {class: 'soft'}, 'null')
          : make('span', {class: 'cut', title: textOf(value).length > 40
            ? textOf(value) : null}, textOf(value)))))));
      this.rows.hidden = answer.columns.length === 0;
      setText(this.note, (answer.rows.length === 0 ? 'It is empty.'
        : (answer.order === 'none' ? `${plural(answer.rows.length, 'row')} of it`
          : `The newest ${plural(answer.rows.length, 'row')}`)
          + (answer.more ? '; there are more.' : ', which are all.')) + where);
    } catch (error) {
      setText(this.note, wordsOf(error));
    }
  }
}

// -- changes of the schema ----------------------------------------------------

class SyncChanges {
  constructor(page) {
    this.page = page;
    this.note = make('p', {class: 'soft', role: 'status'});
    this.list = make('div', {class: 'page'});
    this.element = make('section', {class: 'card page',
      'aria-label': 'Schema changes'}, this.note, this.list);
  }

  async load(sync, signal) {
    let changes;
    try {
      ({changes} = await ask(syncPath(this.page.id) + '/changes',
        {signal, query: {limit: 100}}));
    } catch (error) {
      if (!notThere(error))
        throw error;
      changes = [];
    }
    setText(this.note, changes.length === 0 ? 'The source has not changed its '
      + 'streams or columns since the first run.' : '');
    this.note.hidden = changes.length > 0;
    reconcile(this.list, changes, one => one.at + JSON.stringify(one).length,
      one => this.entry(one), () => {});
  }

  entry(one) {
    const rows = [];
    const add = (what, list, text) => {
      for (const item of listOf(list))
        rows.push(make('li', {class: 'value'}, `${what} ${text(item)}`));
    };
    const column = item => `${textOf(item.stream)}.${textOf(item.column)}`;
    add('New stream', one.newStreams, textOf);
    add('Gone stream', one.goneStreams, textOf);
    add('New column', one.newColumns, item => column(item)
      + (item.type ? ` (${textOf(item.type)})` : ''));
    add('Gone column', one.goneColumns, item => column(item));
    add('Changed type', one.changedTypes, item =>
      `${column(item)}: ${textOf(item.from)} → ${textOf(item.to)}`);
    const actions = {ignore: 'nothing was done', followed: 'they are read now',
      paused: 'the sync was paused'};
    const action = textOf(one.action);
    return make('article', {},
      make('h3', {}, showTime(one.at),
        action ? ` · ${actions[action] || action}` : ''),
      make('ul', {}, rows.slice(0, 500), rows.length > 500
        ? make('li', {}, `and ${showNumber(rows.length - 500)} more`) : null));
  }
}
