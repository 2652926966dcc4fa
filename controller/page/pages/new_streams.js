// The streams of a new sync: all, or those chosen with mode, cursor, key and
// columns.

const modeNames = {full_refresh: 'full refresh', incremental: 'incremental'};

// The path of a column as a person writes it: its steps are separated by dots,
// but for columns whose own names have some. `schema` is that of a stream.
function columnPath(text, schema) {
  const columns = member(schema, 'properties');
  if (member(columns, text) !== undefined)
    return [text];
  for (let at = text.indexOf('.'); at >= 0; at = text.indexOf('.', at + 1)) {
    const column = member(columns, text.slice(0, at));
    if (column !== undefined)
      return [text.slice(0, at), ...columnPath(text.slice(at + 1), column)];
  }
  return text.split('.');
}

// As a definition has it: a path of one step is a text.
function columnOf(text, schema) {
  const path = columnPath(text, schema);
  return path.length === 1 ? path[0] : path;
}

class StreamChooser {
  constructor(changed) {
    this.fault = make('p', {class: 'problem small', id: newName()});
    this.changed = () => {
      setText(this.fault, '');
      changed();
    };
    this.streams = [];
    // How often the source has told what it has.
    this.told = 0;
    // By key: what was chosen, in the words of a sync's definition.
    this.chosen = new Map();
    const group = newName();
    const radio = (value, text) => {
      const box = make('input', {type: 'radio', name: group, value,
        change: () => this.pick()});
      return {box, label: make('label', {class: 'check'}, box, ' ' + text)};
    };
    this.all = radio('all', 'All that the source has at the first run');
    this.some = radio('some', 'Only those chosen below');
    this.all.box.checked = true;
    this.words = make('input', {type: 'search', autocomplete: 'off',
      spellcheck: 'false', id: 'choose-words', input: () => this.show()});
    this.count = make('span', {class: 'soft small', role: 'status'});
    this.table = new Table('Streams to read', [
      {key: 'on', text: 'Read'}, {key: 'name', text: 'Stream'},
      {key: 'mode', text: 'Mode'}, {key: 'cursor', text: 'Cursor'},
      {key: 'key', text: 'Key'}, {key: 'columns', text: 'Columns'}]);
    this.table.element.querySelector('table').classList.add('stack');
    this.window = new LocalPager(50, some => this.fill(some));
    this.list = make('div', {class: 'page', hidden: true},
      make('div', {class: 'filters'}, labelled('Search streams', this.words),
        button('Choose all found', () => this.chooseFound(true)),
        button('Choose none', () => this.chooseFound(false)), this.count),
      this.table.element, this.window.element);
    this.element = make('div', {class: 'page'},
      make('fieldset', {class: 'bare', 'aria-describedby': this.fault.id},
        make('legend', {}, 'Which streams'),
        make('div', {class: 'row'}, this.all.label, this.some.label), this.fault),
      this.list);
  }

  pick() {
    this.list.hidden = this.all.box.checked;
    this.show();
    this.changed();
  }

  // `streams` are those of an AirbyteCatalog.
  setCatalog(streams) {
    this.streams = streams.map(stream => ({stream, key: keyOfStream(stream),
      columns: Object.keys(member(stream.json_schema, 'properties') || {}),
      modes: listOf(stream.supported_sync_modes).filter(
        mode => ['full_refresh', 'incremental'].includes(mode))}));
    ++this.told;
    this.show();
  }

  // Says what is wrong with what is chosen, if something is, and moves there.
  // @returns whether all is well.
  expect(text = this.all.box.checked || this.chosen.size > 0 ? ''
    : 'Choose a stream, or all.') {
    setText(this.fault, text);
    if (text)
      reveal(this.all.box.checked ? this.all.box : this.some.box);
    return text === '';
  }

  // As in a definition: 'all' or a list.
  get() {
    if (this.all.box.checked)
      return 'all';
    return [...this.chosen.values()];
  }

  set(streams) {
    const some = Array.isArray(streams);
    this.all.box.checked = !some;
    this.some.box.checked = some;
    this.chosen = new Map(listOf(streams).map(one => [keyOfStream(one), one]));
    this.list.hidden = !some;
    this.show();
  }

  found() {
    const wanted = this.words.value.trim().toLowerCase();
    const known = new Set(this.streams.map(one => one.key));
    // What was chosen and the source does not have is shown as well.
    const gone = [...this.chosen.values()].filter(
      one => !known.has(keyOfStream(one))).map(one => ({stream: one,
      key: keyOfStream(one), columns: [], modes: [], gone: true}));
    return [...gone, ...this.streams].filter(
      one => one.key.toLowerCase().includes(wanted));
  }

  chooseFound(on) {
    for (const one of this.found())
      if (!on)
        this.chosen.delete(one.key);
      else if (!this.chosen.has(one.key))
        this.chosen.set(one.key, this.usual(one));
    this.show();
    this.changed();
  }

  usual({stream}) {
    const out = {name: stream.name};
    if (stream.namespace)
      out.namespace = stream.namespace;
    return out;
  }

  show() {
    if (this.all.box.checked)
      return;
    const found = this.found();
    setText(this.count, `${plural(this.chosen.size, 'stream')} chosen, `
      + `${showNumber(found.length)} found`);
    this.window.update(found);
  }

  fill(some) {
    // Rows show what the source has told last.
    reconcile(this.table.body, some, one => `${this.told} ${one.key}`,
      one => this.makeRow(one), (row, one) => this.fillRow(row, one));
  }

  makeRow(one) {
    const row = make('tr');
    const parts = row.parts = {};
    parts.on = make('input', {type: 'checkbox', 'aria-label': `Read ${one.key}`,
      change: () => {
        if (parts.on.checked)
          this.chosen.set(one.key, this.usual(one));
        else
          this.chosen.delete(one.key);
        this.show();
        this.changed();
      }});
    const edit = (name, value) => {
      const now = {...this.chosen.get(one.key)};
      if (value === '' || value.length === 0)
        delete now[name];
      else
        now[name] = value;
      this.chosen.set(one.key, now);
      this.show();
      this.changed();
    };
    parts.mode = choice([['', 'the usual one'],
      ...one.modes.map(mode => [mode, modeNames[mode]])], '',
    {'aria-label': `Mode of ${one.key}`,
      change: () => edit('syncMode', parts.mode.value)});
    const list = newName();
    parts.cursor = make('input', {list, autocomplete: 'off', spellcheck: 'false',
      'aria-label': `Cursor of ${one.key}`,
      placeholder: pathText(one.stream.default_cursor_field) || 'a column',
      change: () => edit('cursorField', columnOf(parts.cursor.value.trim(),
        one.stream.json_schema))});
    parts.key = make('input', {autocomplete: 'off', spellcheck: 'false',
      'aria-label': `Key of ${one.key}, columns separated by commas`,
      placeholder: listOf(one.stream.source_defined_primary_key).map(pathText)
        .join(', ') || 'columns',
      change: () => edit('primaryKey', parts.key.value.split(',')
        .map(text => text.trim()).filter(Boolean)
        .map(text => columnOf(text, one.stream.json_schema)))});
    parts.count = make('summary');
    parts.columns = make('details', {toggle: () => this.showColumns(row, one,
      edit)}, parts.count);
    row.append(make('td', {}, parts.on),
      make('td', {class: 'name'}, make('b', {class: 'value'}, one.key),
        one.gone && this.told > 0 ? make('div', {class: 'problem small'},
          'the source does not have this stream') : null),
      make('td', {'data-label': 'Mode'}, parts.mode),
      make('td', {'data-label': 'Cursor'}, parts.cursor,
        make('datalist', {id: list}, one.columns.slice(0, 500).map(
          name => make('option', {value: name})))),
      make('td', {'data-label': 'Key'}, parts.key),
      make('td', {}, parts.columns));
    return row;
  }

  // Made once somebody looks: there may be hundreds.
  showColumns(row, one, edit) {
    const {columns} = row.parts;
    if (!columns.open || columns.boxes)
      return;
    const fault = make('p', {class: 'problem small', role: 'alert',
      id: newName()});
    columns.append(fault);
    columns.boxes = one.columns.map(name => {
      const {box, label} = checkbox('', {value: name,
        'aria-describedby': fault.id, change: () => {
        const on = columns.boxes.filter(each => each.checked)
          .map(each => each.value);
        // A choice of none would be one of all.
        setText(fault, on.length > 0 ? '' : 'One column must stay. To read '
          + 'none, do not choose the stream.');
        if (on.length === 0) {
          box.checked = true;
          return;
        }
        edit('columns', on.length === one.columns.length ? '' : on);
      }});
      label.append(make('span', {class: 'value'}, name));
      columns.append(make('div', {}, label));
      return box;
    });
    this.fillRow(row, one);
  }

  fillRow({parts}, one) {
    const now = this.chosen.get(one.key);
    parts.on.checked = now !== undefined;
    for (const control of [parts.mode, parts.cursor, parts.key])
      control.disabled = now === undefined;
    parts.mode.value = now?.syncMode || '';
    if (!one.gone)
      setText(parts.mode.options[0], 'usual: ' + modeNames[plannedStream(
        one.stream, {...now, syncMode: undefined}).mode]);
    parts.cursor.hidden = parts.mode.value === 'full_refresh';
    if (document.activeElement !== parts.cursor)
      parts.cursor.value = pathText(now?.cursorField);
    if (document.activeElement !== parts.key)
      parts.key.value = listOf(now?.primaryKey).map(pathText).join(', ');
    parts.columns.hidden = now === undefined || one.columns.length === 0;
    const some = now?.columns;
    setText(parts.count, some ? `${some.length} of ${one.columns.length}`
      : `all ${one.columns.length}`);
    for (const box of parts.columns.boxes || [])
      box.checked = !some || some.includes(box.value);
  }
}
